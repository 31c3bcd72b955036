// Addresses at the edges: every access of the instruction table, on the first memory and on another, with sums beyond 2^32.

import { describe, expect, it } from 'vitest'
import { Trap } from '../../../src/errors/trap.ts'
import { INSTRUCTIONS } from '../../../src/instructions/table.ts'
import type { Instruction } from '../../../src/instructions/define.ts'
import { valTypeName } from '../../../src/syntax/types.ts'
import { call, finish, instance, start, thrownBy } from './wat-instance.ts'
import type { Instance } from '../../../src/runtime/instance.ts'

const ACCESSES = INSTRUCTIONS.filter((row) => row.access !== undefined && row.signature !== undefined)

/** An instance whose `f` performs the access at an address that it is given, with all operands zero. */
function accessing({ name, access, signature, immediates }: Instruction, memory: number, offset: number): Instance {
  const zeros = signature!.params.map((type) => {
    const typeName = valTypeName(type)
    return `(${typeName}.const ${typeName === 'v128' ? 'i64x2 0 0' : 0})`
  })
  const lane = immediates.includes('laneidx') ? ' 0' : ''
  const instruction = `(${name} ${memory} offset=${offset}${lane} (local.get 0) ${zeros.join(' ')})`
  const body = signature!.results.length > 0 ? `(drop ${instruction})` : instruction
  const shared = access!.kind === 'atomic' ? '1 shared' : ''
  return instance(`(module (memory 1 ${shared}) (memory 1 ${shared}) (func (export "f") (param i32) ${body}))`)
}

describe('an access (adversarial.md 36)', () => {
  it('has a row for every load and store there is', () => {
    expect(ACCESSES.length).toBeGreaterThan(40)
  })

  it.each(ACCESSES.map((row) => [row.name, row] as const))(
    '%s is in bounds up to the last byte, and beyond it a trap',
    (_, row) => {
      const last = 0x10000 - row.access!.bytes
      for (const memory of [0, 1]) {
        for (const [address, offset, fits] of [
          [last, 0, true],
          [0, last, true],
          [last + 1, 0, false],
          [0, last + 1, false],
          [last, 1, false],
          [0x10000, 0, false],
          [-1, 0, false],
          [-1, 1, false],
          [0, 0xffffffff, false],
          [1, 0xffffffff, false],
          [-1, 0xffffffff, false],
          [-0x80000000, 0x80000000, false],
          [0x7fffffff, 0x7fffffff, false],
        ] as const) {
          const own = accessing(row, memory, offset)
          const isAligned = row.atomic === undefined || ((address >>> 0) + offset) % row.access!.bytes === 0
          const what = `${row.name} of memory ${memory} at ${address} + ${offset}`
          if (fits) expect(call(own, 'f', address), what).toEqual([])
          else
            expect(
              thrownBy(() => call(own, 'f', address)),
              what,
            ).toMatchObject({ code: isAligned ? 'TRAP_OUT_OF_BOUNDS' : 'TRAP_UNALIGNED_ATOMIC' })
        }
      }
    },
  )

  it('that does not fit writes nothing', () => {
    const own = instance(
      '(module (memory 1) (func (export "f") (i64.store offset=0xfffc (i32.const 0) (i64.const -1))))',
    )
    expect(thrownBy(() => call(own, 'f'))).toBeInstanceOf(Trap)
    expect([...own.memory.bytes.subarray(0xfff0)]).toEqual(Array.from({ length: 16 }, () => 0))
  })

  it('of a module without a memory’s first page is out of bounds', () => {
    const own = instance('(module (memory 0) (func (export "f") (result i32) (i32.load8_u (i32.const 0))))')
    expect(thrownBy(() => call(own, 'f'))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
  })
})

describe('growing (adversarial.md 25)', () => {
  it('in a loop keeps what is there, and gives the new pages to loads and stores at once', () => {
    const own = instance(`(module (memory 1 40)
      (func (export "f") (result i32) (local $page i32) (local $sum i32)
        (loop
          (i32.store (i32.sub (i32.mul (memory.size) (i32.const 0x10000)) (i32.const 4)) (memory.size))
          (br_if 0 (i32.ge_s (memory.grow (i32.const 1)) (i32.const 0))))
        (loop
          (local.set $page (i32.add (local.get $page) (i32.const 1)))
          (local.set $sum (i32.add (local.get $sum) (i32.load (i32.sub (i32.mul (local.get $page) (i32.const 0x10000)) (i32.const 4)))))
          (br_if 0 (i32.lt_u (local.get $page) (memory.size))))
        (local.get $sum)))`)
    expect(call(own, 'f')).toEqual([820])
    expect(own.memory.pages).toBe(40)
  })

  it('a memory that another instance exports shows in the instance that called it', () => {
    const inner = instance(
      '(module (memory (export "m") 1 2) (func (export "grow") (drop (memory.grow (i32.const 1)))))',
    )
    const own = instance(
      `(module (import "" "m" (memory 1 2)) (import "" "grow" (func $grow))
        (func (export "f") (result i32)
          (i32.store8 (i32.const 0) (i32.const 1))
          (call $grow)
          (i32.store8 offset=0x1ffff (i32.const 0) (i32.const 9))
          (i32.add (i32.load8_u (i32.const 0)) (i32.load8_u (i32.const 0x1ffff)))))`,
      { imports: { m: inner.exports.get('m')!, grow: inner.exports.get('grow')! } },
    )
    expect(call(own, 'f')).toEqual([10])
  })

  it('a table in a loop of indirect calls gives its new elements to them', () => {
    const own = instance(`(module (type $t (func (result i32))) (table 1 30 funcref) (elem (i32.const 0) $one)
      (func $one (type $t) (i32.const 1))
      (func (export "f") (result i32) (local $i i32) (local $sum i32)
        (loop
          (drop (table.grow (ref.func $one) (i32.const 1)))
          (local.set $sum (i32.add (local.get $sum) (call_indirect (type $t) (local.tee $i (i32.add (local.get $i) (i32.const 1))))))
          (br_if 0 (i32.lt_u (local.get $i) (i32.const 29))))
        (local.get $sum)))`)
    expect(call(own, 'f')).toEqual([29])
    expect(call(own, 'f').length).toBe(1)
  })

  it.each([0xffff, 0x7fffffff, -1, 0x10000])('by %i pages fails with -1 and changes nothing', (pages) => {
    const own = instance(
      '(module (memory 1) (func (export "f") (param i32) (result i32) (i32.store8 (i32.const 5) (i32.const 5)) (memory.grow (local.get 0))))',
      {
        limits: { memoryBytes: 1024 ** 2 },
      },
    )
    expect(call(own, 'f', pages)).toEqual([-1])
    expect([own.memory.pages, own.memory.bytes[5]]).toEqual([1, 5])
  })

  it('by 0 pages 1,000,000 times changes nothing', () => {
    const own = instance(`(module (memory 1 2) (func (export "f") (local i32)
      (loop (drop (memory.grow (i32.const 0))) (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 1000000))))))`)
    const { bytes } = own.memory
    expect(call(own, 'f')).toEqual([])
    expect(own.memory.bytes).toBe(bytes)
  })

  it('a table beyond 10,000,000 elements fails with -1', () => {
    const own = instance(
      '(module (table 1 funcref) (func (export "f") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))',
    )
    expect([call(own, 'f', 10_000_000), call(own, 'f', -1), call(own, 'f', 1)]).toEqual([[-1], [-1], [1]])
  })
})

describe('a bulk operation out of bounds (adversarial.md 27)', () => {
  it.each([
    ['memory.fill', '(memory.fill (local.get 0) (i32.const 7) (local.get 1))'],
    ['memory.copy', '(memory.copy (local.get 0) (i32.const 16) (local.get 1))'],
    ['memory.copy from outside', '(memory.copy (i32.const 0) (local.get 0) (local.get 1))'],
    ['memory.init', '(memory.init $d (local.get 0) (i32.const 0) (local.get 1))'],
  ])('%s traps before anything is written', (_, body) => {
    const own = instance(
      `(module (memory 1) (data (i32.const 16) "before") (data $d "0123456789") (func (export "f") (param i32 i32) ${body}))`,
    )
    const before = own.memory.bytes.slice()
    for (const [at, length] of [
      [0xfffa, 7],
      [0x10000, 1],
      [0x10001, 0],
      [0, 0x10001],
      [1, -1],
      [-1, 1],
      [-1, -1],
    ] as const) {
      expect(thrownBy(() => call(own, 'f', at, length))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
      expect(finish(start(own, 'f', at, length), 2 ** 28)).toMatchObject({
        kind: 'trap',
        error: { code: 'TRAP_OUT_OF_BOUNDS' },
      })
    }
    expect(own.memory.bytes).toEqual(before)
  })

  it.each([
    ['table.fill', '(table.fill (local.get 0) (ref.func $f) (local.get 1))'],
    ['table.copy', '(table.copy (local.get 0) (i32.const 0) (local.get 1))'],
    ['table.init', '(table.init $e (local.get 0) (i32.const 0) (local.get 1))'],
  ])('%s traps before anything is written', (_, body) => {
    const own = instance(
      `(module (table 10 funcref) (elem (i32.const 0) $f) (elem $e func $f $f) (func $f (export "f") (param i32 i32) ${body}))`,
    )
    const before = [...own.tables[0]!.elems]
    for (const [at, length] of [
      [9, 2],
      [10, 1],
      [11, 0],
      [0, 11],
      [1, -1],
      [-1, 1],
    ] as const) {
      expect(thrownBy(() => call(own, 'f', at, length))).toMatchObject({ code: 'TRAP_TABLE_OUT_OF_BOUNDS' })
    }
    expect(own.tables[0]!.elems).toEqual(before)
  })

  it('of length 0 is allowed at the very end', () => {
    const own = instance(`(module (memory 1) (table 10 funcref) (func (export "f")
      (memory.fill (i32.const 0x10000) (i32.const 7) (i32.const 0))
      (memory.copy (i32.const 0x10000) (i32.const 0x10000) (i32.const 0))
      (table.fill (i32.const 10) (ref.null func) (i32.const 0))
      (table.copy (i32.const 10) (i32.const 10) (i32.const 0))))`)
    expect(call(own, 'f')).toEqual([])
  })
})
