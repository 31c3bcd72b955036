// Every instruction that writes to memory, at the borders of the pages that are marked: what it changed is found by its marks, and nothing
// else is. The instructions come from the table, so that none is forgotten.

import { describe, expect, it } from 'vitest'
import type { Instruction } from '../../../src/instructions/define.ts'
import { INSTRUCTIONS } from '../../../src/instructions/table.ts'
import type { Instance } from '../../../src/runtime/instance.ts'
import { F32, F64, I32, V128, type ValType } from '../../../src/syntax/types.ts'
import { call, finish, instance, start } from '../interpret/wat-instance.ts'
import { PAGE, changedPages, countMarks, differingPages } from './memory-state.ts'

const WRITERS = INSTRUCTIONS.filter(
  ({ access, atomic }) =>
    access?.kind === 'store' || (atomic !== undefined && !['load', 'wait', 'notify', 'fence'].includes(atomic)),
)

/** Where the memory holds 0x55 in the beginning: on both sides of a border. */
const BORDER = 3 * PAGE
const AROUND = 32

/** A value that changes every byte of 0x55, whatever an instruction makes of the two. */
function operand(type: ValType): string {
  if (type === V128) return '(v128.const i32x4 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f 0x0f0f0f0f)'
  if (type === F32) return '(f32.reinterpret_i32 (i32.const 0x0f0f0f0f))'
  if (type === F64) return '(f64.reinterpret_i64 (i64.const 0x0f0f0f0f0f0f0f0f))'
  return type === I32 ? '(i32.const 0x0f0f0f0f)' : '(i64.const 0x0f0f0f0f0f0f0f0f)'
}

/** What a comparison expects: all that is there, so that it holds. */
function there(type: ValType, bytes: number): string {
  return `(${type === I32 ? 'i32' : 'i64'}.const 0x${'55'.repeat(bytes)})`
}

/** Ways in which an instruction reaches its memory and its operands, each with operations of its own in the interpreter. */
const FORMS = {
  'with constants': { memory: '$first', local: false },
  'with locals': { memory: '$first', local: true },
  'of a second memory': { memory: '$other', local: true },
  'of a 64-bit memory': { memory: '$wide', local: true },
} as const
type Form = keyof typeof FORMS

function writer(row: Instruction, form: Form): Instance {
  const { params, results } = row.signature!
  const { memory, local } = FORMS[form]
  const address = memory === '$wide' ? 'i64' : 'i32'
  const values = params.map((type, i) =>
    row.atomic === 'cmpxchg' && i === 0 ? there(type, row.access!.bytes) : operand(type),
  )
  const operands = values.map((value, i) => (local ? `(local.get ${i + 1})` : value))
  const set = local ? values.map((value, i) => `(local.set ${i + 1} ${value})`) : []
  const lane = row.immediates.includes('laneidx') ? '0' : ''
  const locals = params.map((type) => TYPE_NAMES.get(type) ?? 'i64').join(' ')
  const data = '\\55'.repeat(2 * AROUND)
  return instance(`(module (memory $first 1) (memory $other 1) (memory $wide i64 1)
    (data (memory ${memory}) (${address}.const ${BORDER - AROUND}) "${data}")
    (func (export "write") (param ${address}) (local ${locals}) ${set.join(' ')}
      (${row.name} ${memory} ${lane} (local.get 0) ${operands.join(' ')}) ${results.map(() => 'drop').join(' ')}))`)
}

const TYPE_NAMES: ReadonlyMap<ValType, string> = new Map([
  [I32, 'i32'],
  [F32, 'f32'],
  [F64, 'f64'],
  [V128, 'v128'],
])

function writtenMemory(own: Instance, form: Form): Instance['memory'] {
  return own.memories[{ $first: 0, $other: 1, $wide: 2 }[FORMS[form].memory]]!
}

/** From all of its bytes before the border to all of them behind it; atomic accesses are aligned. */
function addressesOf({ access, atomic }: Instruction): number[] {
  const bytes = access!.bytes
  const all = Array.from({ length: bytes + 1 }, (_, i) => BORDER - bytes + i)
  return atomic === undefined ? all : all.filter((address) => address % bytes === 0)
}

describe('an instruction that writes', () => {
  it('has a row: stores, stores of vectors and lanes, atomic ones', () => {
    expect(WRITERS).toHaveLength(9 + 5 + 56)
  })

  const cases = WRITERS.flatMap((row) => (Object.keys(FORMS) as Form[]).map((form) => [row.name, form, row] as const))

  it.each(cases)('%s %s: its changes are found wherever it writes', (_, form, row) => {
    for (const address of addressesOf(row)) {
      const own = writer(row, form)
      const memory = writtenMemory(own, form)
      call(own, 'write', form === 'of a 64-bit memory' ? BigInt(address) : address)
      const first = Math.floor(address / PAGE)
      const last = Math.floor((address + row.access!.bytes - 1) / PAGE)
      expect(differingPages(memory)).toEqual(first === last ? [first] : [first, last])
      expect(changedPages(memory)).toEqual(differingPages(memory))
      expect(countMarks(memory)).toBe(1)
      expect(own.memories.filter((other) => countMarks(other) > 0)).toEqual([memory])
    }
  })

  it.each(WRITERS.map((row) => [row.name, row] as const))('%s leaves its mark in a run that is stepped', (_, row) => {
    const own = writer(row, 'with constants')
    finish(start(own, 'write', BORDER), 1)
    expect(changedPages(own.memory)).toEqual([BORDER / PAGE])
  })

  it('leaves no mark where it traps', () => {
    for (const row of WRITERS) {
      const own = writer(row, 'with constants')
      expect(() => call(own, 'write', 0x10000)).toThrow('out of bounds')
      expect(countMarks(own.memory)).toBe(0)
    }
  })
})

const BULK = `(module (memory $m 1) (memory $n 1) (memory $w i64 1) (data $d "${'\\aa'.repeat(10_000)}")
  (data (memory $n) (i32.const 0) "${'\\bb'.repeat(10_000)}")
  (func (export "fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 0xee) (local.get 1)))
  (func (export "fill other") (param i32 i32) (memory.fill $w (i64.extend_i32_u (local.get 0)) (i32.const 0xee) (i64.extend_i32_u (local.get 1))))
  (func (export "init") (param i32 i32) (memory.init $d (local.get 0) (i32.const 0) (local.get 1)))
  (func (export "copy") (param i32 i32) (memory.copy $m $n (local.get 0) (i32.const 0) (local.get 1))))`

describe('a bulk operation', () => {
  const RANGES = [
    [0, 1, [0]],
    [PAGE - 1, 1, [0]],
    [PAGE - 1, 2, [0, 1]],
    [PAGE, PAGE, [1]],
    [PAGE, PAGE + 1, [1, 2]],
    [PAGE - 1, PAGE + 2, [0, 1, 2]],
    [0x10000 - 1, 1, [15]],
    [0x10000 - PAGE - 5, PAGE + 5, [14, 15]],
    [0x10000, 0, []],
    [0, 0, []],
    [5, 9_000, [0, 1, 2]],
  ] as const

  it.each(['fill', 'fill other', 'init', 'copy'])(
    'memory.%s marks the pages that it writes to, and no other',
    (name) => {
      for (const [address, length, pages] of RANGES) {
        const own = instance(BULK)
        const memory = own.memories[name === 'fill other' ? 2 : 0]!
        call(own, name, address, length)
        expect(changedPages(memory)).toEqual(pages)
        expect(countMarks(memory)).toBe(pages.length)
        expect(own.memories.filter((other) => other !== memory && countMarks(other) > 0)).toEqual([])
      }
    },
  )
})
