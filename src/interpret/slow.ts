// Rare and long operations, kept out of the loop so that it stays small enough for the host to optimise (61,440 bytes of bytecode).

import { INSTRUCTIONS, instructionByName } from '../instructions/table.ts'
import type { Instruction } from '../instructions/define.ts'
import type { Instance } from '../runtime/instance.ts'
import { isRefType, type AddrType } from '../syntax/types.ts'
import { ATOMIC_HANDLERS } from './atomics.ts'
import { GC_HANDLERS } from './slow-gc.ts'
import { copyRefs, spend, trap, type SlowHandler, type Slots } from './slow-handler.ts'
import { slotWords } from './slots.ts'

/** Growing may copy all that there is. */
const GROWTH = 1000

const MEMORY_TRAP = trap('TRAP_OUT_OF_BOUNDS')
const TABLE_TRAP = trap('TRAP_TABLE_OUT_OF_BOUNDS')

type Addressed = { readonly addrType: AddrType }

/** An address, index or length of the type's own width; exact below 2^53, beyond which it is outside of everything. */
function address(I32: Int32Array, slot: number, { addrType }: Addressed): number {
  const low = I32[slot]! >>> 0
  return addrType === 'i32' ? low : (I32[slot + 1]! >>> 0) * 2 ** 32 + low
}

/** A size, or −1. */
function putAddress(I32: Int32Array, slot: number, value: number, { addrType }: Addressed): void {
  I32[slot] = value
  if (addrType === 'i64') I32[slot + 1] = Math.floor(value / 2 ** 32)
}

/** The type of lengths between the two. */
function narrower(a: Addressed, b: Addressed): Addressed {
  return a.addrType === 'i32' ? a : b
}

// prettier-ignore
const HANDLERS: Readonly<Record<string, SlowHandler>> = {
  'global.get': ({ I32, R }, { globals }, base, x) => {
    const global = globals[x]!
    if (isRefType(global.type.type)) R[base >> 1] = global.ref
    else for (let i = 0; i < slotWords(global.type.type); i++) I32[base + i] = global.words[global.offset + i]!
    return 0
  },
  'global.set': ({ I32, R }, { globals }, base, x) => {
    const global = globals[x]!
    if (isRefType(global.type.type)) global.ref = R[base >> 1]
    else for (let i = 0; i < slotWords(global.type.type); i++) global.words[global.offset + i] = I32[base + i]!
    return 0
  },
  'memory.size': ({ I32 }, { memories }, base, x) => {
    const memory = memories[x]!
    putAddress(I32, base, memory.pages, memory.type)
    return 0
  },
  'memory.grow': ({ I32, S }, { memories }, base, x) => {
    const memory = memories[x]!
    spend(S, GROWTH)
    putAddress(I32, base, memory.grow(address(I32, base, memory.type)), memory.type)
    return 0
  },
  'memory.fill': ({ I32, S }, { memories }, base, x) => {
    const memory = memories[x]!
    const [to, value, length] = [address(I32, base, memory.type), I32[base + 2]!, address(I32, base + 4, memory.type)]
    if (!memory.contains(to, length)) return MEMORY_TRAP
    memory.bytes.fill(value, to, to + length)
    memory.mark(to, length)
    spend(S, length / 1024)
    return 0
  },
  'memory.copy': ({ I32, S }, { memories }, base, x, y) => {
    const target = memories[x]!
    const source = memories[y]!
    const [to, from] = [address(I32, base, target.type), address(I32, base + 2, source.type)]
    const length = address(I32, base + 4, narrower(target.type, source.type))
    if (!target.contains(to, length) || !source.contains(from, length)) return MEMORY_TRAP
    target.bytes.set(source.bytes.subarray(from, from + length), to)
    target.mark(to, length)
    spend(S, length / 1024)
    return 0
  },
  'memory.init': ({ I32, S }, { memories, datas }, base, x, y) => {
    const memory = memories[y]!
    const [to, from, length] = [address(I32, base, memory.type), I32[base + 2]! >>> 0, I32[base + 4]! >>> 0]
    const bytes = datas[x]
    if (!memory.contains(to, length) || from + length > (bytes?.length ?? 0)) return MEMORY_TRAP
    if (bytes !== undefined) memory.bytes.set(bytes.subarray(from, from + length), to)
    memory.mark(to, length)
    spend(S, length / 1024)
    return 0
  },
  'data.drop': (_, { datas }, _base, x) => {
    datas[x] = undefined
    return 0
  },
  'table.get': ({ I32, R }, { tables }, base, x) => {
    const { elems, type } = tables[x]!
    const index = address(I32, base, type)
    if (index >= elems.length) return TABLE_TRAP
    R[base >> 1] = elems[index]
    return 0
  },
  'table.set': ({ I32, R }, { tables }, base, x) => {
    const { elems, type } = tables[x]!
    const index = address(I32, base, type)
    if (index >= elems.length) return TABLE_TRAP
    elems[index] = R[(base + 2) >> 1]
    return 0
  },
  'table.size': ({ I32 }, { tables }, base, x) => {
    const { elems, type } = tables[x]!
    putAddress(I32, base, elems.length, type)
    return 0
  },
  'table.grow': ({ I32, R, S }, { tables }, base, x) => {
    const table = tables[x]!
    spend(S, GROWTH)
    putAddress(I32, base, table.grow(address(I32, base + 2, table.type), R[base >> 1]), table.type)
    return 0
  },
  'table.fill': ({ I32, R, S }, { tables }, base, x) => {
    const table = tables[x]!
    const [to, length] = [address(I32, base, table.type), address(I32, base + 4, table.type)]
    if (!table.contains(to, length)) return TABLE_TRAP
    table.elems.fill(R[(base + 2) >> 1], to, to + length)
    spend(S, length >>> 4)
    return 0
  },
  'table.copy': ({ I32, S }, { tables }, base, x, y) => {
    const target = tables[x]!
    const source = tables[y]!
    const [to, from] = [address(I32, base, target.type), address(I32, base + 2, source.type)]
    const length = address(I32, base + 4, narrower(target.type, source.type))
    if (!target.contains(to, length) || !source.contains(from, length)) return TABLE_TRAP
    copyRefs(target.elems, to, source.elems, from, length)
    spend(S, length >>> 4)
    return 0
  },
  'table.init': ({ I32, S }, { tables, elems }, base, x, y) => {
    const table = tables[y]!
    const [to, from, length] = [address(I32, base, table.type), I32[base + 2]! >>> 0, I32[base + 4]! >>> 0]
    const refs = elems[x]
    if (!table.contains(to, length) || from + length > (refs?.length ?? 0)) return TABLE_TRAP
    if (refs !== undefined) copyRefs(table.elems, to, refs, from, length)
    spend(S, length >>> 4)
    return 0
  },
  'elem.drop': (_, { elems }, _base, x) => {
    elems[x] = undefined
    return 0
  },
  'ref.func': ({ R }, instance, base, x) => {
    R[base >> 1] = instance.func(x)
    return 0
  },
  'ref.is_null': ({ I32, R }, _, base) => {
    I32[base] = R[base >> 1] === null ? 1 : 0
    return 0
  },
}

const ALL_HANDLERS = { ...HANDLERS, ...GC_HANDLERS, ...ATOMIC_HANDLERS }
const names = Object.keys(ALL_HANDLERS)
const handlers = Object.values(ALL_HANDLERS)
const numbers: ReadonlyMap<Instruction, number> = new Map(
  INSTRUCTIONS.flatMap((row) => (names.includes(row.name) ? [[row, names.indexOf(row.name)] as const] : [])),
)

/** The number by which the operation `slow` names the instruction; undefined where it is not one of these. */
export function slowNumber(row: Instruction): number | undefined {
  return numbers.get(row)
}

/** The instruction that the number names. */
export function slowRow(number: number): Instruction {
  return instructionByName(names[number]!)!
}

export type Slow = (instance: Instance, number: number, base: number, x: number, y: number) => number

/** The second function of the loop, over the same arrays. */
export function createSlow(slots: Slots): Slow {
  return (instance, number, base, x, y) => handlers[number]!(slots, instance, base, x, y)
}
