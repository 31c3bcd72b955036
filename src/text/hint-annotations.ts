// `(@metadata.code.branch_hint "\00")`: hints for the instruction that follows. The parser of instructions takes them as it meets
// instructions, in the order of the text; what it doesn't take stands where no hint may.
// https://webassembly.github.io/spec/metadata/code/text.html

import { BRANCH_HINT } from '../instructions/branch-hints.ts'
import type { ModuleError } from '../errors/module-error.ts'
import { textError } from './text-error.ts'
import { TokenCursor } from './token-cursor.ts'
import { EOF, type Annotation } from './tokens.ts'

export class HintAnnotations {
  private readonly annotations: readonly Annotation[]
  private next = 0

  /** In the order of the text. */
  constructor(annotations: readonly Annotation[]) {
    this.annotations = annotations
  }

  /** Refuses those that stand before a function, whose field begins with that token. */
  enter(field: number): void {
    if (this.atOrBefore(field)) throw this.complain('not in a function')
  }

  /** The hint for the instruction that begins with a token, if it has one: whether it is likely. */
  take(token: number): boolean | undefined {
    if (!this.atOrBefore(token)) return undefined
    const likely = readHint(this.annotations[this.next++]!)
    if (this.atOrBefore(token)) throw this.complain('duplicate annotation')
    return likely
  }

  /** Refuses those behind the last instruction of the function that ends with a token. */
  leave(token: number): void {
    if (this.atOrBefore(token)) throw this.complain('invalid placement')
  }

  /** Refuses those behind the last function. */
  finish(): void {
    this.enter(Infinity)
  }

  private atOrBefore(token: number): boolean {
    return this.next < this.annotations.length && this.annotations[this.next]!.before <= token
  }

  private complain(reason: string): ModuleError {
    return complain(this.annotations[this.next]!, reason)
  }
}

function readHint(annotation: Annotation): boolean {
  const cursor = new TokenCursor(annotation.tokens)
  const bytes = cursor.readStrings()
  if (cursor.kind !== EOF) throw complain(annotation, 'unexpected token')
  const [value] = bytes
  if (bytes.length !== 1 || value === undefined || value > 1) throw complain(annotation, 'invalid hint value')
  return value === 1
}

function complain({ tokens, start, idEnd }: Annotation, reason: string): ModuleError {
  return textError(tokens.source, start, idEnd, `@${BRANCH_HINT} annotation: ${reason}`)
}
