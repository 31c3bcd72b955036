// The proposal bulk-memory-operations. https://github.com/WebAssembly/bulk-memory-operations

import { I32 } from '../syntax/types.ts'
import { prefixed, ruled, type Facts, type Instruction } from './define.ts'

// The length is always the last operand; bytes are charged in eights, table elements singly.
const BY_BYTES: Facts = { charge: { operand: 2, per: 8 } }
const BY_ELEMENTS: Facts = { charge: { operand: 2, per: 1 } }

// prettier-ignore
export const bulkMemory: readonly Instruction[] = [
  ruled(prefixed(0xfc, 8), 'memory.init', ['dataidx', 'memidx'], (C, { x, y }) => {
    const { addrType } = C.memory(y)
    C.data(x)
    C.popAll([C.addr(addrType), I32, I32])
  }, BY_BYTES),
  ruled(prefixed(0xfc, 9), 'data.drop', ['dataidx'], (C, { x }) => C.data(x)),
  ruled(prefixed(0xfc, 10), 'memory.copy', ['memidx', 'memidx'], (C, { x, y }) => {
    const to = C.memory(x).addrType
    const from = C.memory(y).addrType
    C.popAll([C.addr(to), C.addr(from), C.addr(to === 'i64' ? from : to)])
  }, BY_BYTES),
  ruled(prefixed(0xfc, 11), 'memory.fill', ['memidx'], (C, { x }) => {
    const address = C.addr(C.memory(x).addrType)
    C.popAll([address, I32, address])
  }, BY_BYTES),
  ruled(prefixed(0xfc, 12), 'table.init', ['elemidx', 'tableidx'], (C, { x, y }) => {
    const { addrType, elem } = C.table(y)
    C.matches(C.elem(x), elem)
    C.popAll([C.addr(addrType), I32, I32])
  }, BY_ELEMENTS),
  ruled(prefixed(0xfc, 13), 'elem.drop', ['elemidx'], (C, { x }) => void C.elem(x)),
  ruled(prefixed(0xfc, 14), 'table.copy', ['tableidx', 'tableidx'], (C, { x, y }) => {
    const to = C.table(x)
    const from = C.table(y)
    C.matches(from.elem, to.elem)
    C.popAll([C.addr(to.addrType), C.addr(from.addrType), C.addr(to.addrType === 'i64' ? from.addrType : to.addrType)])
  }, BY_ELEMENTS),
]
