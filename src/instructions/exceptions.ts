// The proposal exception-handling. https://github.com/WebAssembly/exception-handling

import { EXN, EXNREF, refType, type RefType, type ValType } from '../syntax/types.ts'
import { ruled, type Instruction } from './define.ts'
import { CATCHES, CLAUSE_NUMBERS } from './immediates.ts'
import type { Typing } from './typing.ts'

/** An exception that was caught is there. */
const CAUGHT: RefType = refType(false, EXN)

/** What a clause of a try_table hands to its label. https://webassembly.github.io/spec/core/valid/instructions.html#valid-catch */
function caughtTypes(C: Typing, code: number, tag: number): readonly ValType[] {
  const { tagged, ref } = CATCHES[code]!
  const values = tagged ? C.tag(tag).params : []
  return ref ? [...values, CAUGHT] : values
}

// prettier-ignore
export const exceptionHandling: readonly Instruction[] = [
  ruled(0x08, 'throw', ['tagidx'], (C, { x }) => {
    C.popAll(C.tag(x).params)
    C.unreachable()
  }, { diverges: true }),
  ruled(0x0a, 'throw_ref', [], (C) => {
    C.pop(EXNREF)
    C.unreachable()
  }, { diverges: true }),
  ruled(0x1f, 'try_table', ['blocktype', 'catches'], (C, { x, list, count }) => {
    const type = C.blockType(x)
    for (let i = 0; i < count * CLAUSE_NUMBERS; i += CLAUSE_NUMBERS) {
      C.matchAll(caughtTypes(C, list[i]!, list[i + 1]!), C.label(list[i + 2]!))
    }
    C.popAll(type.params)
    C.pushControl('block', type)
  }, { structure: 'open', cost: 0 }),
]
