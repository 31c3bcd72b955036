// Where in a text the code at an offset of the parsed module comes from. Nothing is kept for it while parsing: the text is parsed once
// more, taking notes.

import type { ModulePlace } from '../errors/module-error.ts'
import { valueAt } from '../syntax/ascending-pairs.ts'
import type { SourceText } from './source-text.ts'
import { textError } from './text-error.ts'
import type { TokenTable } from './tokens.ts'

/** Notes of a parse: pairs of the offset of an instruction in the code and the token that it was written by, ascending. */
export type Marks = number[]

/** Line, column and excerpt of the instruction that the byte at `offset` belongs to. */
export function placeOf(marks: Marks, offset: number, source: SourceText, tokens: TokenTable): ModulePlace | undefined {
  const token = valueAt(marks, offset)
  if (token === undefined) return undefined
  return textError(source, tokens.start(token), tokens.end(token), '').place
}
