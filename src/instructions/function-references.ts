// The proposal function-references. https://github.com/WebAssembly/function-references

import { nonNull, refType } from '../syntax/types.ts'
import { ruled, type Instruction } from './define.ts'
import { checkReturn } from './tail-call.ts'

// prettier-ignore
export const functionReferences: readonly Instruction[] = [
  ruled(0x14, 'call_ref', ['typeidx'], (C, { x }) => {
    const type = C.type(x)
    C.pop(refType(true, x))
    C.popAll(type.params)
    C.pushAll(type.results)
  }, { transfer: 'call' }),
  ruled(0x15, 'return_call_ref', ['typeidx'], (C, { x }) => {
    const type = C.type(x)
    C.pop(refType(true, x))
    checkReturn(C, type)
  }, { diverges: true }),
  ruled(0xd4, 'ref.as_non_null', [], (C) => C.push(nonNull(C.popRef()))),
  ruled(0xd5, 'br_on_null', ['labelidx'], (C, { x }) => {
    const type = C.popRef()
    const label = C.label(x)
    C.popAll(label)
    C.pushAll(label)
    C.push(nonNull(type))
  }),
  ruled(0xd6, 'br_on_non_null', ['labelidx'], (C, { x }) => {
    const label = C.label(x)
    const last = label.at(-1)
    if (last === undefined) C.invalid('type mismatch: the label of br_on_non_null takes a reference')
    else C.matches(nonNull(C.popRef()), last)
    const others = label.slice(0, -1)
    C.popAll(others)
    C.pushAll(others)
  }),
]
