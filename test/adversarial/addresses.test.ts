// What wraps when it is added up, and what a double cannot hold: addresses and offsets at the ends of 32 and of 64 bits, for every load
// and store of the instruction table (adversarial.md 36).

import { describe, expect, it } from 'vitest'
import type { Instruction } from '../../src/instructions/define.ts'
import { INSTRUCTIONS } from '../../src/instructions/table.ts'
import type { Instance } from '../../src/runtime/instance.ts'
import { valTypeName } from '../../src/syntax/types.ts'
import { call, finish, instance, start, thrownBy } from '../unit/interpret/wat-instance.ts'

const ACCESSES = INSTRUCTIONS.filter((row) => row.access !== undefined && row.signature !== undefined)

const PAGE = 0x10000n
const TOP = 2n ** 64n - 1n

/** How the address comes to the access: from a local, from a slot of the stack, or as a constant. */
const FORMS = {
  local: () => '(local.get 0)',
  slot: (type: string) => `(${type}.xor (local.get 0) (${type}.const 0))`,
  constant: (type: string, address: bigint) => `(${type}.const ${address})`,
}

interface Place {
  readonly type: 'i32' | 'i64'
  readonly memory: number
  readonly address: bigint
  readonly offset: bigint
}

/** An instance whose `f` performs the access once for each form of the address, the last first. All operands are zero. */
function accessing({ name, signature, immediates }: Instruction, form: keyof typeof FORMS, at: Place): Instance {
  const { type, memory, address, offset } = at
  const zeros = signature!.params.map((t) => `(${valTypeName(t)}.const ${valTypeName(t) === 'v128' ? 'i64x2 0 0' : 0})`)
  const lane = immediates.includes('laneidx') ? ' 0' : ''
  const instruction = `(${name} ${memory} offset=${offset}${lane} ${FORMS[form](type, address)} ${zeros.join(' ')})`
  const body = signature!.results.length > 0 ? `(drop ${instruction})` : instruction
  // What waits does so on shared memories only.
  const memoryType = `(memory ${type === 'i32' ? '' : type} ${isAtomic(name) ? '1 1 shared' : '1'})`
  return instance(`(module ${memoryType} ${memoryType} (func (export "f") (param ${type}) ${body}))`)
}

function isAtomic(name: string): boolean {
  return name.includes('.atomic.')
}

function check(row: Instruction, at: Place, fits: boolean): void {
  // Of an atomic access the alignment is looked at first.
  const codes = isAtomic(row.name) ? /^TRAP_(OUT_OF_BOUNDS|UNALIGNED_ATOMIC)$/ : /^TRAP_OUT_OF_BOUNDS$/
  for (const form of Object.keys(FORMS) as (keyof typeof FORMS)[]) {
    const own = accessing(row, form, at)
    const argument = at.type === 'i32' ? Number(BigInt.asIntN(32, at.address)) : BigInt.asIntN(64, at.address)
    const what = `${row.name} of memory ${at.memory} at ${at.address} (${form}) + ${at.offset}`
    if (fits) {
      expect(call(own, 'f', argument), what).toEqual([])
      expect(finish(start(own, 'f', argument), 1).kind, what).toBe('done')
    } else {
      expect(
        thrownBy(() => call(own, 'f', argument)),
        what,
      ).toMatchObject({ code: expect.stringMatching(codes) as unknown })
      expect(finish(start(own, 'f', argument), 1), what).toMatchObject({ kind: 'trap' })
    }
  }
}

describe('an address and an offset that do not fit their sum', () => {
  it.each(ACCESSES.map((row) => [row.name, row] as const))('trap in 32 bits: %s', (_, row) => {
    for (const memory of [0, 1]) {
      check(row, { type: 'i32', memory, address: 0xffffffffn, offset: 0xffffffffn }, false)
      check(row, { type: 'i32', memory, address: 0xffffffffn, offset: 1n }, false)
      check(row, { type: 'i32', memory, address: 1n, offset: 0xffffffffn }, false)
      check(row, { type: 'i32', memory, address: 0x80000000n, offset: 0x80000000n }, false)
    }
  })

  it.each(ACCESSES.map((row) => [row.name, row] as const))('trap in 64 bits: %s', (_, row) => {
    const last = PAGE - BigInt(row.access!.bytes)
    for (const memory of [0, 1]) {
      for (const [address, offset, fits] of [
        [last, 0n, true],
        [0n, last, true],
        [last - 1n, 1n, true],
        [last + 1n, 0n, false],
        [0n, last + 1n, false],
        // The low halves alone would be in bounds.
        [2n ** 32n, 0n, false],
        [0n, 2n ** 32n, false],
        [2n ** 63n, 0n, false],
        // The sum is 2^32, or 2^64.
        [0xffffffffn, 1n, false],
        [TOP, 1n, false],
        [1n, TOP, false],
        [2n ** 63n, 2n ** 63n, false],
        [TOP, TOP, false],
        // As doubles, these are 2^53 and 2^64.
        [2n ** 53n + 1n, 0n, false],
        [TOP - 2n ** 53n, 2n ** 53n, false],
        [TOP - 1023n, 1024n, false],
      ] as const) {
        check(row, { type: 'i64', memory, address, offset }, fits)
      }
    }
  })
})

describe('a length or an index of 64 bits', () => {
  const BEYOND = [2n ** 32n, 2n ** 32n + 1n, 2n ** 53n + 1n, 2n ** 63n, TOP - 1n, TOP].map((x) => BigInt.asIntN(64, x))

  it.each([
    ['memory.fill', '(memory.fill (local.get 0) (i32.const 7) (local.get 1))'],
    ['memory.copy', '(memory.copy (local.get 0) (i64.const 16) (local.get 1))'],
    ['memory.copy from outside', '(memory.copy (i64.const 0) (local.get 0) (local.get 1))'],
    ['memory.init', '(memory.init $d (local.get 0) (i32.const 0) (i32.wrap_i64 (local.get 1)))'],
  ])('is out of bounds before anything is written, and its low half never stands for it: %s', (_, body) => {
    const own = instance(`(module (memory i64 1) (data $d "0123456789") (func (export "f") (param i64 i64) ${body}))`)
    const before = own.memory.bytes.slice()
    const places = BEYOND.flatMap((x) => [[x, 1n] as const, ...(body.includes('wrap') ? [] : [[1n, x] as const])])
    for (const [at, length] of places) {
      expect(thrownBy(() => call(own, 'f', at, length))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
    }
    expect(own.memory.bytes).toEqual(before)
  })

  it.each([
    ['table.get', '(drop (table.get (local.get 0)))', 'TRAP_TABLE_OUT_OF_BOUNDS'],
    ['table.set', '(table.set (local.get 0) (ref.null func))', 'TRAP_TABLE_OUT_OF_BOUNDS'],
    ['table.fill', '(table.fill (local.get 0) (ref.null func) (i64.const 1))', 'TRAP_TABLE_OUT_OF_BOUNDS'],
    [
      'table.fill of that length',
      '(table.fill (i64.const 0) (ref.null func) (local.get 0))',
      'TRAP_TABLE_OUT_OF_BOUNDS',
    ],
    ['table.copy', '(table.copy (i64.const 0) (local.get 0) (i64.const 1))', 'TRAP_TABLE_OUT_OF_BOUNDS'],
    ['table.init', '(table.init $e (local.get 0) (i32.const 0) (i32.const 1))', 'TRAP_TABLE_OUT_OF_BOUNDS'],
    ['call_indirect', '(call_indirect (local.get 0))', 'TRAP_UNDEFINED_ELEMENT'],
    ['return_call_indirect', '(return_call_indirect (local.get 0))', 'TRAP_UNDEFINED_ELEMENT'],
  ])('is outside of every table: %s', (_, body, code) => {
    const own = instance(
      `(module (table i64 10 funcref) (elem (i64.const 0) $g) (elem $e func $g) (func $g)
        (func (export "f") (param i64) ${body}))`,
    )
    const before = [...own.tables[0]!.elems]
    for (const x of BEYOND) {
      expect(thrownBy(() => call(own, 'f', x))).toMatchObject({ code })
      expect(finish(start(own, 'f', x), 2 ** 28)).toMatchObject({ kind: 'trap', error: { code } })
    }
    expect(own.tables[0]!.elems).toEqual(before)
  })

  it.each([
    ['memory.grow', '(memory.grow (local.get 0))'],
    ['table.grow', '(table.grow (ref.null func) (local.get 0))'],
  ])('is more than anything can grow: %s', (_, body) => {
    const own = instance(
      `(module (memory i64 1) (table i64 1 funcref) (func (export "f") (param i64) (result i64) ${body}))`,
    )
    for (const x of BEYOND) expect(call(own, 'f', x)).toEqual([-1n])
    expect(call(own, 'f', 1n)).toEqual([1n])
  })

  it('puts an active segment out of bounds', () => {
    for (const x of BEYOND) {
      const data = `(module (memory i64 1) (data (i64.const ${x}) "x"))`
      expect(thrownBy(() => instance(data))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
      const elem = `(module (table i64 1 funcref) (func $f) (elem (i64.const ${x}) $f))`
      expect(thrownBy(() => instance(elem))).toMatchObject({ code: 'TRAP_TABLE_OUT_OF_BOUNDS' })
    }
  })
})
