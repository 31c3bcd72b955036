// Handlers of the atomic instructions, made from their rows: the address in the first slot, operands behind it, the memory's index and the
// offset as words of the operation. Waiting and notifying are checked here and done outside of the loop, where a run can suspend.

import type { AtomicOp, Instruction } from '../instructions/define.ts'
import { INSTRUCTIONS } from '../instructions/table.ts'
import { fromBigInt, hi, toBigInt } from '../numeric/i64.ts'
import { NARROW_ACCESS, WIDE_ACCESS, fence } from '../runtime/atomics.ts'
import type { Instance } from '../runtime/instance.ts'
import type { Memory } from '../runtime/memory.ts'
import { I64 } from '../syntax/types.ts'
import type { WaitRequest } from '../runtime/waits.ts'
import { REASON } from './ops.ts'
import { trap, type SlowHandler } from './slow-handler.ts'

const UNALIGNED = trap('TRAP_UNALIGNED_ATOMIC')
const OUT_OF_BOUNDS = trap('TRAP_OUT_OF_BOUNDS')
const UNSHARED = trap('TRAP_UNSHARED_MEMORY')

/** Where operands and results lie: the address, then two more. A slot is two words. */
const SECOND = 2
const THIRD = 4

function effectiveAddress(I32: Int32Array, base: number, offset: number): number {
  return (I32[base]! >>> 0) + (offset >>> 0)
}

/** The reason for which an access is impossible; 0 where it is not. Addresses are exact integers, so that a remainder is, too. */
function faultOf(memory: Memory, address: number, bytes: number): number {
  if (address % bytes !== 0) return UNALIGNED
  return memory.contains(address, bytes) ? 0 : OUT_OF_BOUNDS
}

type Making = (row: Instruction, bytes: number) => SlowHandler

const makeAccess =
  (op: keyof typeof NARROW_ACCESS): Making =>
  (row, bytes) =>
    bytes === 8 ? wideHandler(op) : narrowHandler(op, row, bytes as 1 | 2 | 4)

function narrowHandler(op: keyof typeof NARROW_ACCESS, row: Instruction, bytes: 1 | 2 | 4): SlowHandler {
  const access = NARROW_ACCESS[op]
  const writes = op !== 'load'
  const [result] = row.signature!.results
  return ({ I32 }, { memories }, base, x, offset) => {
    const memory = memories[x]!
    const address = effectiveAddress(I32, base, offset)
    const fault = faultOf(memory, address, bytes)
    if (fault !== 0) return fault
    const value = access(memory.cells.narrow(bytes), address / bytes, I32[base + SECOND]!, I32[base + THIRD]!)
    if (writes) memory.mark(address, bytes)
    if (result !== undefined) I32[base] = value
    if (result === I64) I32[base + 1] = 0
    return 0
  }
}

function wideHandler(op: keyof typeof WIDE_ACCESS): SlowHandler {
  const access = WIDE_ACCESS[op]
  const operand = (I32: Int32Array, at: number): bigint => toBigInt(I32[at]!, I32[at + 1]!)
  const gives = op !== 'store'
  const writes = op !== 'load'
  return ({ I32 }, { memories }, base, x, offset) => {
    const memory = memories[x]!
    const address = effectiveAddress(I32, base, offset)
    const fault = faultOf(memory, address, 8)
    if (fault !== 0) return fault
    const value = access(memory.cells.doubles, address / 8, operand(I32, base + SECOND), operand(I32, base + THIRD))
    if (writes) memory.mark(address, 8)
    if (gives) {
      I32[base] = fromBigInt(value)
      I32[base + 1] = hi
    }
    return 0
  }
}

const MAKERS: Readonly<Record<AtomicOp, Making>> = {
  load: makeAccess('load'),
  store: makeAccess('store'),
  add: makeAccess('add'),
  sub: makeAccess('sub'),
  and: makeAccess('and'),
  or: makeAccess('or'),
  xor: makeAccess('xor'),
  xchg: makeAccess('xchg'),
  cmpxchg: makeAccess('cmpxchg'),
  wait:
    (_, bytes) =>
    ({ I32 }, { memories }, base, x, offset) => {
      const memory = memories[x]!
      const fault = faultOf(memory, effectiveAddress(I32, base, offset), bytes)
      if (fault === UNALIGNED) return fault
      if (!memory.type.shared) return UNSHARED
      return fault === 0 ? REASON.wait : fault
    },
  notify:
    (_, bytes) =>
    ({ I32 }, { memories }, base, x, offset) => {
      const fault = faultOf(memories[x]!, effectiveAddress(I32, base, offset), bytes)
      return fault === 0 ? REASON.notify : fault
    },
  fence: () => () => {
    fence()
    return 0
  },
}

/** A handler for each atomic instruction, by its name. */
export const ATOMIC_HANDLERS: Readonly<Record<string, SlowHandler>> = Object.fromEntries(
  INSTRUCTIONS.flatMap((row) =>
    row.atomic === undefined ? [] : [[row.name, MAKERS[row.atomic](row, row.access?.bytes ?? 0)]],
  ),
)

/** What a wait asks for whose operands were checked. `I32` are the slots. */
export function waitRequest(
  row: Instruction,
  I32: Int32Array,
  instance: Instance,
  base: number,
  x: number,
  offset: number,
): WaitRequest {
  const bytes = row.access!.bytes as 4 | 8
  const word = (slot: number): number => I32[base + slot]!
  return {
    memory: instance.memories[x]!,
    address: effectiveAddress(I32, base, offset),
    bytes,
    expected: bytes === 8 ? toBigInt(word(SECOND), word(SECOND + 1)) : BigInt(word(SECOND)),
    timeout: toBigInt(word(THIRD), word(THIRD + 1)),
  }
}

/** The operands of a notification that were checked. */
export function notification(
  I32: Int32Array,
  instance: Instance,
  base: number,
  x: number,
  offset: number,
): readonly [memory: Memory, address: number, count: number] {
  return [instance.memories[x]!, effectiveAddress(I32, base, offset), I32[base + SECOND]! >>> 0]
}
