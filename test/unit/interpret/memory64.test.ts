// Memories and tables with 64-bit addresses, and memories with pages of their own: what the official scripts leave open.

import { describe, expect, it } from 'vitest'
import { HeddleError } from '../../../src/errors/heddle-error.ts'
import { call, finish, instance, resultsOf, start, thrownBy } from './wat-instance.ts'

describe('a trap of a 64-bit access', () => {
  const own = instance(
    '(module (memory i64 1) (func (export "f") (param i64) (drop (i64.load offset=0xfffffffffffffff0 (local.get 0)))) (func (export "g") (param i64) (i32.store offset=8 (local.get 0) (i32.const 1))))',
  )

  it('tells the address in full', () => {
    expect(thrownBy(() => call(own, 'f', -1n))).toMatchObject({
      detail: 'address 0x1ffffffffffffffef, beyond all memories',
    })
    expect(thrownBy(() => call(own, 'g', 0xffffn))).toMatchObject({
      detail: 'address 0x10007 + 4 in a memory of 65536 bytes',
    })
  })

  it('has the offset of the access in its backtrace', () => {
    const trap = thrownBy(() => call(own, 'g', -1n)) as { frames: readonly { offset: number | undefined }[] }
    const inside = thrownBy(() => call(own, 'g', 0xffffn)) as typeof trap
    expect(trap.frames[0]?.offset).toBeDefined()
    expect(trap.frames[0]?.offset).toBe(inside.frames[0]?.offset)
  })
})

describe('a 64-bit address', () => {
  it('that is a local keeps its value for what comes later', () => {
    const own = instance(`(module (memory i64 1) (table i64 2 funcref) (elem (i64.const 1) $five)
      (func $five (result i32) (i32.const 5))
      (func (export "f") (param $a i64) (result i64)
        (i64.store offset=8 (local.get $a) (i64.const 7))
        (drop (i64.load (local.get $a)))
        (drop (call_indirect (result i32) (local.get $a)))
        (memory.fill (local.get $a) (i32.const 0) (local.get $a))
        (i64.add (local.get $a) (i64.load offset=8 (local.get $a)))))`)
    expect(call(own, 'f', 1n)).toEqual([8n])
    expect(resultsOf(finish(start(own, 'f', 1n), 1))).toEqual([8n])
  })

  it('reaches the last byte of 4 GiB, and no further', () => {
    const own = instance(`(module (memory i64 0x10000)
      (func (export "f") (param i64) (result i32) (i32.store8 (local.get 0) (i32.const 9)) (i32.load8_u (local.get 0)))
      (func (export "size") (result i64) (memory.size))
      (func (export "grow") (result i64) (memory.grow (i64.const 1)))
      (func (export "fill") (param i64) (memory.fill (local.get 0) (i32.const 1) (i64.sub (i64.const 0x100000000) (local.get 0)))))`)
    expect(call(own, 'f', 2n ** 32n - 1n)).toEqual([9])
    expect(thrownBy(() => call(own, 'f', 2n ** 32n))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
    expect(call(own, 'fill', 2n ** 32n - 2n)).toEqual([])
    expect([call(own, 'size'), call(own, 'grow')]).toEqual([[65_536n], [-1n]])
  })
})

describe('fuel for a 64-bit length', () => {
  const own = instance(`(module (memory i64 1) (table i64 10 funcref)
    (func (export "fill") (param i64) (memory.fill (i64.const 0) (i32.const 1) (local.get 0)))
    (func (export "copy") (param i64) (table.copy (i64.const 0) (i64.const 0) (local.get 0))))`)

  it.each([
    ['fill', 4 + 8_000 / 8, 8_000n],
    ['copy', 4 + 10, 10n],
  ])('is that of a 32-bit one, in whatever stretches: %s', (name, units, length) => {
    for (const stretch of [1, 7, 1_000_000]) {
      const run = start(own, name, length)
      expect(finish(run, stretch).kind).toBe('done')
      expect(run.fuelUsed).toBe(units)
    }
  })

  it('is that of 2^32 − 1 where it is longer than any memory', () => {
    for (const length of [2n ** 32n - 1n, 2n ** 32n, -1n]) {
      const run = start(own, 'fill', length)
      expect(run.resume(1_000_000)).toEqual({ kind: 'fuel' })
      expect(run.resume(2 ** 30)).toMatchObject({ kind: 'trap', error: { code: 'TRAP_OUT_OF_BOUNDS' } })
      expect(run.fuelUsed).toBe(4 + (2 ** 29 - 1))
    }
  })
})

describe('copying between 32 and 64 bits', () => {
  it('takes a 32-bit length', () => {
    const own = instance(`(module (memory $a 1) (memory $b i64 1) (data (memory $a) (i32.const 0) "abcd")
      (func (export "f") (param i64 i32 i32) (memory.copy $b $a (local.get 0) (local.get 1) (local.get 2)))
      (func (export "g") (param i32 i64 i32) (memory.copy $a $b (local.get 0) (local.get 1) (local.get 2))))`)
    expect(call(own, 'f', 8n, 1, 3)).toEqual([])
    expect([...own.memories[1]!.bytes.subarray(7, 12)]).toEqual([0, 98, 99, 100, 0])
    expect(call(own, 'g', 100, 8n, 2)).toEqual([])
    expect([...own.memories[0]!.bytes.subarray(100, 103)]).toEqual([98, 99, 0])
    expect(thrownBy(() => call(own, 'f', 2n ** 32n, 0, 1))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
    expect(thrownBy(() => call(own, 'g', 0, 2n ** 32n, 1))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
  })
})

describe('an index into a 64-bit table', () => {
  const own = instance('(module (table i64 3 funcref) (func (export "f") (param i64) (call_indirect (local.get 0))))')

  it('is told where it is outside', () => {
    expect(thrownBy(() => call(own, 'f', 3n))).toMatchObject({ detail: '3 in a table of 3' })
    expect(thrownBy(() => call(own, 'f', -1n))).toMatchObject({
      detail: 'an index of 2^32 - 1 or more in a table of 3',
    })
    expect(thrownBy(() => call(own, 'f', 2n))).toMatchObject({ code: 'TRAP_UNINITIALIZED_ELEMENT' })
  })
})

describe('a memory larger than can be addressed', () => {
  it('is refused when it is made, by the quota or by what the interpreter addresses', () => {
    for (const [text, limits] of [
      ['(memory i64 0x10001)', {}],
      ['(memory i64 0x10001)', { memoryBytes: 2 ** 50 }],
      ['(memory i64 0x1fffffffff)', { memoryBytes: Number.MAX_SAFE_INTEGER }],
      ['(memory i64 0xffffffffffff (pagesize 1))', { memoryBytes: Number.MAX_SAFE_INTEGER }],
    ] as const) {
      const error = thrownBy(() => instance(`(module ${text})`, { limits }))
      expect(error).toBeInstanceOf(HeddleError)
      expect(error).toMatchObject({ code: 'MEMORY_QUOTA' })
    }
  })
})

describe('pages of one byte', () => {
  it('are what a memory grows by, and what its size is counted in', () => {
    const own = instance(`(module (memory i64 3 100 (pagesize 1))
      (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0)))
      (func (export "last") (param i64) (result i32) (i32.load8_u (local.get 0))))`)
    expect([call(own, 'grow', 97n), call(own, 'grow', 1n)]).toEqual([[3n], [-1n]])
    expect(own.memory.byteLength).toBe(100)
    expect(call(own, 'last', 99n)).toEqual([0])
    expect(thrownBy(() => call(own, 'last', 100n))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
  })

  it('bound vectors and wide numbers at a length that is no multiple of anything', () => {
    const own = instance(`(module (memory 17 (pagesize 1))
      (func (export "v") (param i32) (drop (v128.load (local.get 0))))
      (func (export "d") (param i32) (f64.store (local.get 0) (f64.const 1))))`)
    expect([call(own, 'v', 1), call(own, 'd', 9)]).toEqual([[], []])
    expect(thrownBy(() => call(own, 'v', 2))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
    expect(thrownBy(() => call(own, 'd', 10))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
  })
})
