// The proposal reference-types. https://github.com/WebAssembly/reference-types

import { I32, exactly, refType } from '../syntax/types.ts'
import { prefixed, ruled, type Facts, type Instruction } from './define.ts'

const byElements = (operand: number): Facts => ({ charge: { operand, per: 1 } })

// prettier-ignore
export const referenceTypes: readonly Instruction[] = [
  ruled(0x1c, 'select', ['valtypes'], (C, { list, count }) => {
    if (count !== 1) C.invalid('invalid result arity')
    const type = C.valType(list[0]!)
    C.popAll([type, type, I32])
    C.push(type)
  }),
  ruled(0x25, 'table.get', ['tableidx'], (C, { x }) => {
    const { addrType, elem } = C.table(x)
    C.pop(C.addr(addrType))
    C.push(elem)
  }),
  ruled(0x26, 'table.set', ['tableidx'], (C, { x }) => {
    const { addrType, elem } = C.table(x)
    C.pop(elem)
    C.pop(C.addr(addrType))
  }),
  ruled(0xd0, 'ref.null', ['heaptype'], (C, { x }) => C.push(refType(true, C.heapType(x))), { constant: true }),
  ruled(0xd1, 'ref.is_null', [], (C) => {
    C.popRef()
    C.push(I32)
  }),
  ruled(0xd2, 'ref.func', ['funcidx'], (C, { x }) => {
    const typeIdx = C.funcTypeIdx(x)
    C.declaredFunc(x)
    C.push(refType(false, C.isExactFunc(x) ? exactly(typeIdx) : typeIdx))
  }, { constant: true }),
  ruled(prefixed(0xfc, 15), 'table.grow', ['tableidx'], (C, { x }) => {
    const { addrType, elem } = C.table(x)
    C.pop(C.addr(addrType))
    C.pop(elem)
    C.push(C.addr(addrType))
  }, byElements(1)),
  ruled(prefixed(0xfc, 16), 'table.size', ['tableidx'], (C, { x }) => C.push(C.addr(C.table(x).addrType))),
  ruled(prefixed(0xfc, 17), 'table.fill', ['tableidx'], (C, { x }) => {
    const { addrType, elem } = C.table(x)
    C.popAll([C.addr(addrType), elem, C.addr(addrType)])
  }, byElements(2)),
]
