// Fuel: one unit an instruction, bulk operations by length, and a run that stops at exactly what it was given.

import { describe, expect, it } from 'vitest'
import { doing, finish, instance, start } from './wat-instance.ts'

const FOREVER = '(module (func (export "f") (loop (br 0))))'

describe('an infinite loop (adversarial.md 32)', () => {
  it('given 1,000,000 units has used exactly 1,000,000 when it stops', () => {
    const run = start(instance(FOREVER), 'f')
    expect(run.resume(1_000_000)).toEqual({ kind: 'fuel' })
    expect(run.fuelUsed).toBe(1_000_000)
  })

  it.each([1, 7, 1000, 999_999])('stops after every %i units, and can go on', (k) => {
    const run = start(instance(FOREVER), 'f')
    for (let used = k; used <= 3 * k; used += k) {
      expect(run.resume(k)).toEqual({ kind: 'fuel' })
      expect(run.fuelUsed).toBe(used)
    }
    run.abort()
  })

  it('does nothing without fuel', () => {
    const own = instance(
      '(module (global (export "g") (mut i32) (i32.const 0)) (func (export "f") (loop (global.set 0 (i32.const 1)))))',
    )
    const run = start(own, 'f')
    expect(run.resume(0)).toEqual({ kind: 'fuel' })
    expect([run.fuelUsed, own.globals[0]!.get().lo]).toEqual([0, 0])
    expect(finish(run).kind).toBe('done')
    expect([run.fuelUsed, own.globals[0]!.get().lo]).toEqual([2, 1])
  })
})

describe('an instruction costs', () => {
  const bulk = (body: string): string => `(module
    (memory 1) (table $t 100 1000 funcref)
    (data $d "0123456789abcdef0123456789abcdef") (elem $e func $none $none $none $none $none)
    (func $none)
    (func (export "f") ${body}))`

  it.each([
    ['nothing where it is structure', '(block (loop (nop)))', 0],
    ['1, with its operands', '(drop (i32.add (i32.const 1) (i32.const 2)))', 4],
    ['1 for a call, and what the callee costs', '(call $none) (call $none)', 2],
    ['for the branch that is taken only', '(if (i32.const 0) (then (drop (i32.const 1))) (else (call $none)))', 3],
    ['one more for every 8 bytes filled', '(memory.fill (i32.const 0) (i32.const 0) (i32.const 800))', 104],
    ['one more for every whole 8 bytes', '(memory.fill (i32.const 0) (i32.const 0) (i32.const 7))', 4],
    ['one more for every 8 bytes copied', '(memory.copy (i32.const 0) (i32.const 9) (i32.const 80))', 14],
    ['one more for every 8 bytes initialised', '(memory.init $d (i32.const 0) (i32.const 0) (i32.const 32))', 8],
    ['one more for every element filled', '(table.fill $t (i32.const 0) (ref.null func) (i32.const 50))', 54],
    ['one more for every element copied', '(table.copy $t $t (i32.const 0) (i32.const 9) (i32.const 30))', 34],
    ['one more for every element initialised', '(table.init $t $e (i32.const 0) (i32.const 0) (i32.const 5))', 9],
    ['one more for every element grown', '(drop (table.grow $t (ref.null func) (i32.const 200)))', 204],
    ['1 for memory.grow', '(drop (memory.grow (i32.const 2)))', 3],
  ])('%s', (_, body, units) => {
    for (const k of [Infinity, 1, 3]) {
      const run = start(instance(bulk(body)), 'f')
      expect(finish(run, k).kind).toBe('done')
      expect(run.fuelUsed).toBe(units)
    }
  })
})

describe('a bulk operation (adversarial.md 35)', () => {
  const FILL =
    '(module (memory 1024) (func (export "f") (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x4000000))))'

  it('of more than the fuel covers is paid in instalments, and not begun before it is paid', () => {
    const own = instance(FILL)
    const run = start(own, 'f')
    const cost = 4 + 0x4000000 / 8
    for (let stops = 1; stops <= 8; stops++) {
      expect(run.resume(1_000_000)).toEqual({ kind: 'fuel' })
      expect([run.fuelUsed, own.memory.bytes[0]]).toEqual([stops * 1_000_000, 0])
    }
    expect(run.resume(1_000_000).kind).toBe('done')
    expect([run.fuelUsed, own.memory.bytes[0], own.memory.bytes.at(-1)]).toEqual([cost, 1, 1])
  })

  it('of a length of 2^32 - 1 is charged as that, and traps', () => {
    const run = start(
      instance(
        '(module (table 1 funcref) (func (export "f") (table.fill (i32.const 0) (ref.null func) (i32.const -1))))',
      ),
      'f',
    )
    expect(run.resume(2 ** 31)).toEqual({ kind: 'fuel' })
    expect(run.resume()).toMatchObject({ kind: 'trap', error: { code: 'TRAP_TABLE_OUT_OF_BOUNDS' } })
    expect(run.fuelUsed).toBe(4 + 2 ** 32 - 1)
  })

  it('can be left unpaid by an abort', () => {
    const own = instance(FILL)
    const run = start(own, 'f')
    run.resume(1000)
    run.abort()
    expect(own.memory.bytes[0]).toBe(0)
    expect(finish(start(own, 'f')).kind).toBe('done')
  })
})

describe('a host function', () => {
  it('can charge fuel on top', () => {
    const own = instance('(module (import "" "h" (func)) (func (export "f") (call 0) (call 0)))', {
      imports: { h: doing((charge) => charge(10)) },
    })
    const run = start(own, 'f')
    expect(finish(run).kind).toBe('done')
    expect(run.fuelUsed).toBe(22)
  })

  it('that charges more than there is stops the run behind it', () => {
    let calls = 0
    const own = instance('(module (import "" "h" (func)) (func (export "f") (call 0) (call 0)))', {
      imports: {
        h: doing((charge) => {
          calls++
          charge(10)
        }),
      },
    })
    const run = start(own, 'f')
    expect(run.resume(5)).toEqual({ kind: 'fuel' })
    expect([calls, run.fuelUsed]).toEqual([1, 11])
    expect(finish(run).kind).toBe('done')
  })
})
