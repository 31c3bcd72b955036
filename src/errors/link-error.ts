// An import that is missing or does not match: the `assert_unlinkable` of the script language.

import { HeddleError } from './heddle-error.ts'
import { listed, quoted } from './quote.ts'

/** One import that could not be satisfied, and why. */
export interface UnlinkedImport {
  readonly module: string
  readonly name: string
  /** `unknown import` or `incompatible import type`. */
  readonly reason: string
  /** What was asked for and what was given, for people. */
  readonly detail: string
}

/** `imports` are all that failed, not just the first; the message lists as many as people read. */
export class LinkError extends HeddleError {
  override readonly name: string = 'LinkError'
  readonly imports: readonly UnlinkedImport[]

  constructor(imports: readonly UnlinkedImport[]) {
    super('UNLINKABLE', listed(imports, lineOf, '\n'))
    this.imports = imports
  }
}

function lineOf({ module, name, reason, detail }: UnlinkedImport): string {
  return `${reason}: ${quoted(module)} ${quoted(name)}${detail === '' ? '' : `: ${detail}`}`
}
