// The proposal tail-call. https://github.com/WebAssembly/tail-call

import { FUNCREF, type FuncType } from '../syntax/types.ts'
import { ruled, type Instruction } from './define.ts'
import type { Typing } from './typing.ts'

export function checkReturn(C: Typing, type: FuncType): void {
  C.popAll(type.params)
  const returns = C.returns()
  if (returns.length !== type.results.length)
    C.invalid("type mismatch: the results of a tail call are not the function's")
  type.results.forEach((result, i) => C.matches(result, returns[i]!))
  C.unreachable()
}

// prettier-ignore
export const tailCall: readonly Instruction[] = [
  ruled(0x12, 'return_call', ['funcidx'], (C, { x }) => checkReturn(C, C.func(x)), { diverges: true }),
  ruled(0x13, 'return_call_indirect', ['typeidx', 'tableidx'], (C, { x, y }) => {
    const table = C.table(y)
    C.matches(table.elem, FUNCREF)
    C.pop(C.addr(table.addrType))
    checkReturn(C, C.type(x))
  }, { diverges: true }),
]
