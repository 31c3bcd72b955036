// The proposal threads: atomic accesses, waiting and notifying. https://github.com/WebAssembly/threads
//
// What each does to the bytes at its address is a fact of its row (`atomic`), which tiers look up in `runtime/atomics.ts`.

import { parseSignature, prefixed, ruled, type Access, type AtomicOp, type Instruction } from './define.ts'
import { checkMemarg } from './memory.ts'
import type { Typing } from './typing.ts'

/** The type is without the address, as with every access. */
function atomic(number: number, name: string, type: string, bytes: Access['bytes'], op: AtomicOp): Instruction {
  const signature = parseSignature(type)
  const natural = Math.log2(bytes)
  const rule: Instruction['rule'] = (C: Typing, im) => {
    C.memory(im.x)
    if (im.align !== natural) C.invalid('atomic alignment must be natural')
    const address = checkMemarg(C, im, natural)
    C.popAll(signature.params)
    C.pop(address)
    C.pushAll(signature.results)
  }
  const facts = { access: { kind: 'atomic', bytes }, atomic: op } as const
  return { ...ruled(prefixed(0xfe, number), name, ['memarg'], rule, facts), signature }
}

function load(number: number, name: string, result: string, bytes: Access['bytes']): Instruction {
  return atomic(number, name, `-> ${result}`, bytes, 'load')
}

function store(number: number, name: string, operand: string, bytes: Access['bytes']): Instruction {
  return atomic(number, name, `${operand} ->`, bytes, 'store')
}

/** Reads, modifies and writes; the result is what was there before. */
function rmw(number: number, name: string, type: string, bytes: Access['bytes'], op: AtomicOp): Instruction {
  return atomic(number, name, `${type} -> ${type}`, bytes, op)
}

// prettier-ignore
export const threads: readonly Instruction[] = [
  atomic(0x00, 'memory.atomic.notify', 'i32 -> i32', 4, 'notify'),
  atomic(0x01, 'memory.atomic.wait32', 'i32 i64 -> i32', 4, 'wait'),
  atomic(0x02, 'memory.atomic.wait64', 'i64 i64 -> i32', 8, 'wait'),
  ruled(prefixed(0xfe, 0x03), 'atomic.fence', ['reserved'], () => undefined, { atomic: 'fence' }),

  load(0x10, 'i32.atomic.load', 'i32', 4),
  load(0x11, 'i64.atomic.load', 'i64', 8),
  load(0x12, 'i32.atomic.load8_u', 'i32', 1),
  load(0x13, 'i32.atomic.load16_u', 'i32', 2),
  load(0x14, 'i64.atomic.load8_u', 'i64', 1),
  load(0x15, 'i64.atomic.load16_u', 'i64', 2),
  load(0x16, 'i64.atomic.load32_u', 'i64', 4),
  store(0x17, 'i32.atomic.store', 'i32', 4),
  store(0x18, 'i64.atomic.store', 'i64', 8),
  store(0x19, 'i32.atomic.store8', 'i32', 1),
  store(0x1a, 'i32.atomic.store16', 'i32', 2),
  store(0x1b, 'i64.atomic.store8', 'i64', 1),
  store(0x1c, 'i64.atomic.store16', 'i64', 2),
  store(0x1d, 'i64.atomic.store32', 'i64', 4),
  rmw(0x1e, 'i32.atomic.rmw.add', 'i32', 4, 'add'),
  rmw(0x1f, 'i64.atomic.rmw.add', 'i64', 8, 'add'),
  rmw(0x20, 'i32.atomic.rmw8.add_u', 'i32', 1, 'add'),
  rmw(0x21, 'i32.atomic.rmw16.add_u', 'i32', 2, 'add'),
  rmw(0x22, 'i64.atomic.rmw8.add_u', 'i64', 1, 'add'),
  rmw(0x23, 'i64.atomic.rmw16.add_u', 'i64', 2, 'add'),
  rmw(0x24, 'i64.atomic.rmw32.add_u', 'i64', 4, 'add'),
  rmw(0x25, 'i32.atomic.rmw.sub', 'i32', 4, 'sub'),
  rmw(0x26, 'i64.atomic.rmw.sub', 'i64', 8, 'sub'),
  rmw(0x27, 'i32.atomic.rmw8.sub_u', 'i32', 1, 'sub'),
  rmw(0x28, 'i32.atomic.rmw16.sub_u', 'i32', 2, 'sub'),
  rmw(0x29, 'i64.atomic.rmw8.sub_u', 'i64', 1, 'sub'),
  rmw(0x2a, 'i64.atomic.rmw16.sub_u', 'i64', 2, 'sub'),
  rmw(0x2b, 'i64.atomic.rmw32.sub_u', 'i64', 4, 'sub'),
  rmw(0x2c, 'i32.atomic.rmw.and', 'i32', 4, 'and'),
  rmw(0x2d, 'i64.atomic.rmw.and', 'i64', 8, 'and'),
  rmw(0x2e, 'i32.atomic.rmw8.and_u', 'i32', 1, 'and'),
  rmw(0x2f, 'i32.atomic.rmw16.and_u', 'i32', 2, 'and'),
  rmw(0x30, 'i64.atomic.rmw8.and_u', 'i64', 1, 'and'),
  rmw(0x31, 'i64.atomic.rmw16.and_u', 'i64', 2, 'and'),
  rmw(0x32, 'i64.atomic.rmw32.and_u', 'i64', 4, 'and'),
  rmw(0x33, 'i32.atomic.rmw.or', 'i32', 4, 'or'),
  rmw(0x34, 'i64.atomic.rmw.or', 'i64', 8, 'or'),
  rmw(0x35, 'i32.atomic.rmw8.or_u', 'i32', 1, 'or'),
  rmw(0x36, 'i32.atomic.rmw16.or_u', 'i32', 2, 'or'),
  rmw(0x37, 'i64.atomic.rmw8.or_u', 'i64', 1, 'or'),
  rmw(0x38, 'i64.atomic.rmw16.or_u', 'i64', 2, 'or'),
  rmw(0x39, 'i64.atomic.rmw32.or_u', 'i64', 4, 'or'),
  rmw(0x3a, 'i32.atomic.rmw.xor', 'i32', 4, 'xor'),
  rmw(0x3b, 'i64.atomic.rmw.xor', 'i64', 8, 'xor'),
  rmw(0x3c, 'i32.atomic.rmw8.xor_u', 'i32', 1, 'xor'),
  rmw(0x3d, 'i32.atomic.rmw16.xor_u', 'i32', 2, 'xor'),
  rmw(0x3e, 'i64.atomic.rmw8.xor_u', 'i64', 1, 'xor'),
  rmw(0x3f, 'i64.atomic.rmw16.xor_u', 'i64', 2, 'xor'),
  rmw(0x40, 'i64.atomic.rmw32.xor_u', 'i64', 4, 'xor'),
  rmw(0x41, 'i32.atomic.rmw.xchg', 'i32', 4, 'xchg'),
  rmw(0x42, 'i64.atomic.rmw.xchg', 'i64', 8, 'xchg'),
  rmw(0x43, 'i32.atomic.rmw8.xchg_u', 'i32', 1, 'xchg'),
  rmw(0x44, 'i32.atomic.rmw16.xchg_u', 'i32', 2, 'xchg'),
  rmw(0x45, 'i64.atomic.rmw8.xchg_u', 'i64', 1, 'xchg'),
  rmw(0x46, 'i64.atomic.rmw16.xchg_u', 'i64', 2, 'xchg'),
  rmw(0x47, 'i64.atomic.rmw32.xchg_u', 'i64', 4, 'xchg'),
  atomic(0x48, 'i32.atomic.rmw.cmpxchg', 'i32 i32 -> i32', 4, 'cmpxchg'),
  atomic(0x49, 'i64.atomic.rmw.cmpxchg', 'i64 i64 -> i64', 8, 'cmpxchg'),
  atomic(0x4a, 'i32.atomic.rmw8.cmpxchg_u', 'i32 i32 -> i32', 1, 'cmpxchg'),
  atomic(0x4b, 'i32.atomic.rmw16.cmpxchg_u', 'i32 i32 -> i32', 2, 'cmpxchg'),
  atomic(0x4c, 'i64.atomic.rmw8.cmpxchg_u', 'i64 i64 -> i64', 1, 'cmpxchg'),
  atomic(0x4d, 'i64.atomic.rmw16.cmpxchg_u', 'i64 i64 -> i64', 2, 'cmpxchg'),
  atomic(0x4e, 'i64.atomic.rmw32.cmpxchg_u', 'i64 i64 -> i64', 4, 'cmpxchg'),
]
