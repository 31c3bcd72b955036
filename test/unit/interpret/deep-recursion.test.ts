// Depth: the interpreter's stack is its own, so that recursion ends at a limit, the same one every time, and never at the host's.

import { describe, expect, it } from 'vitest'
import { Store } from '../../../src/runtime/store.ts'
import { Trap } from '../../../src/errors/trap.ts'
import { call, finish, func, instance, resultsOf, start, thrownBy } from './wat-instance.ts'
import type { Instance } from '../../../src/runtime/instance.ts'

const COUNT_DOWN = `(module (func $f (export "f") (param i32) (result i32)
  (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0)))))`

const MILLION = { stackFrames: 1_100_000, stackBytes: 256 * 1024 ** 2 }

describe('a recursion 1,000,000 deep', () => {
  it('works where the limits allow it', () => {
    expect(call(instance(COUNT_DOWN, { limits: MILLION }), 'f', 1_000_000)).toEqual([1_000_000])
  })

  it('stops in the middle and goes on', () => {
    const run = start(instance(COUNT_DOWN, { limits: MILLION }), 'f', 1_000_000)
    expect(resultsOf(finish(run, 1_234_567))).toEqual([1_000_000])
  })

  it('that is in the middle makes room for other runs, and goes on', () => {
    const own = instance(COUNT_DOWN, { limits: MILLION })
    const run = start(own, 'f', 1_000_000)
    expect(run.resume(3_000_000)).toEqual({ kind: 'fuel' })
    expect(call(own, 'f', 10)).toEqual([10])
    expect(call(own, 'f', 100_000)).toEqual([100_000])
    expect(resultsOf(finish(run, 20_000_000))).toEqual([1_000_000])
  })
})

describe('an infinite recursion (adversarial.md 33)', () => {
  const depthOf = (own: Instance): number => own.globals[0]!.get().lo
  const COUNT = '(global.set $depth (i32.add (global.get $depth) (i32.const 1)))'
  const GLOBAL = '(global $depth (export "depth") (mut i32) (i32.const 0))'

  const direct = (): Instance => instance(`(module ${GLOBAL} (func $f (export "f") ${COUNT} (call $f)))`)
  const mutual = (): Instance =>
    instance(`(module ${GLOBAL} (func $f (export "f") ${COUNT} (call $g)) (func $g ${COUNT} (call $f)))`)
  const indirect = (): Instance =>
    instance(
      `(module ${GLOBAL} (table funcref (elem $f)) (func $f (export "f") ${COUNT} (call_indirect (i32.const 0))))`,
    )
  const acrossInstances = (): Instance => {
    const store = new Store()
    const first = instance(
      `(module ${GLOBAL} (table (export "t") 1 funcref) (func (export "f") ${COUNT} (call_indirect (i32.const 0))))`,
      { store },
    )
    instance(
      `(module (import "" "depth" (global $depth (mut i32))) (import "" "f" (func $f)) (import "" "t" (table 1 funcref))
        (elem (i32.const 0) $g) (func $g ${COUNT} (call $f)))`,
      { store, imports: { depth: first.exports.get('depth')!, f: func(first, 'f'), t: first.exports.get('t')! } },
    )
    return first
  }
  const throughTheHost = (): Instance => {
    const own: Instance = instance(
      `(module (import "" "h" (func $h)) ${GLOBAL} (func (export "f") ${COUNT} (call $h)))`,
      {
        imports: {
          h: () => {
            call(own, 'f')
            return []
          },
        },
      },
    )
    return own
  }
  const largeFrames = (): Instance =>
    instance(`(module ${GLOBAL} (func $f (export "f") ${'(local i64)'.repeat(1000)} ${COUNT} (call $f)))`)

  it.each([
    ['direct', direct],
    ['mutual', mutual],
    ['through a table', indirect],
    ['across instances', acrossInstances],
    ['through host functions', throughTheHost],
    ['of large frames', largeFrames],
  ])('%s: is a trap at the same depth each time, and the engine is usable afterwards', (_, make) => {
    const depths = [0, 1, 2].map(() => {
      const own = make()
      const error = thrownBy(() => call(own, 'f'))
      expect(error).toBeInstanceOf(Trap)
      expect(error).toMatchObject({ code: 'STACK_EXHAUSTED' })
      return depthOf(own)
    })
    expect(depths[0]).toBeGreaterThan(100)
    expect(new Set(depths).size).toBe(1)
    expect(call(instance(COUNT_DOWN), 'f', 1000)).toEqual([1000])
  })

  it.each([
    ['direct', direct],
    ['through a table', indirect],
    ['across instances', acrossInstances],
  ])('%s: has the same depth metered, at any rhythm', (_, make) => {
    const called = make()
    thrownBy(() => call(called, 'f'))
    for (const k of [Infinity, 1000]) {
      const own = make()
      expect(finish(start(own, 'f'), k)).toMatchObject({ kind: 'trap', error: { code: 'STACK_EXHAUSTED' } })
      expect(depthOf(own)).toBe(depthOf(called))
    }
  })

  it('has as many frames as the store says', () => {
    const own = instance(`(module ${GLOBAL} (func $f (export "f") ${COUNT} (call $f)))`, {
      limits: { stackFrames: 77 },
    })
    thrownBy(() => call(own, 'f'))
    expect(depthOf(own)).toBe(77)
  })

  it('uses as many bytes as the store says', () => {
    const depthWith = (stackBytes: number): number => {
      const own = instance(
        `(module ${GLOBAL} (func $f (export "f") (param i64 i64) ${COUNT} (call $f (i64.const 1) (i64.const 2))))`,
        {
          limits: { stackBytes, stackFrames: 1_000_000 },
        },
      )
      thrownBy(() => call(own, 'f', 1n, 2n))
      return depthOf(own)
    }
    const depth = depthWith(64 * 1024)
    expect(depth).toBeGreaterThan(1000)
    expect(depthWith(128 * 1024)).toBeCloseTo(2 * depth, -1)
  })
})
