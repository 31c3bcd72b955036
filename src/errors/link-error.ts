// An import that is missing or does not match: the `assert_unlinkable` of the script language.

import { HeddleError } from './heddle-error.ts'

/** One import that could not be satisfied, and why. */
export interface UnlinkedImport {
  readonly module: string
  readonly name: string
  /** `unknown import` or `incompatible import type`. */
  readonly reason: string
  /** What was asked for and what was given, for people. */
  readonly detail: string
}

/** Lists every import that failed, not just the first. */
export class LinkError extends HeddleError {
  override readonly name: string = 'LinkError'
  readonly imports: readonly UnlinkedImport[]

  constructor(imports: readonly UnlinkedImport[]) {
    const lines = imports.map((i) => `${i.reason}: "${i.module}" "${i.name}"${i.detail === '' ? '' : `: ${i.detail}`}`)
    super('UNLINKABLE', lines.join('\n'))
    this.imports = imports
  }
}
