// Tail calls take no room: loops of 1,000,000 and more of them run on a stack of a few frames.

import { describe, expect, it } from 'vitest'
import { Store } from '../../../src/runtime/store.ts'
import { call, finish, func, instance, resultsOf, start } from './wat-instance.ts'
import type { Instance } from '../../../src/runtime/instance.ts'

const TIGHT = { stackFrames: 6, stackBytes: 2048 }
const NEXT = '(i32.sub (local.get 0) (i32.const 1))'
const UNTIL_ZERO = '(if (i32.eqz (local.get 0)) (then (return (i64.const 42))))'

const direct = (): Instance =>
  instance(`(module (func $f (export "f") (param i32) (result i64) ${UNTIL_ZERO} (return_call $f ${NEXT})))`, {
    limits: TIGHT,
  })

const mutual = (): Instance =>
  instance(
    `(module
      (func $f (export "f") (param i32) (result i64) ${UNTIL_ZERO} (return_call $g (f64.const 1) ${NEXT} (i64.const 2)))
      (func $g (param f64 i32 i64) (result i64) (local i64 i64) (return_call $f (local.get 1))))`,
    { limits: TIGHT },
  )

const indirect = (): Instance =>
  instance(
    `(module (type $t (func (param i32) (result i64))) (table funcref (elem $f $g))
      (func $f (export "f") (type $t) ${UNTIL_ZERO} (return_call_indirect (type $t) ${NEXT} (i32.const 1)))
      (func $g (type $t) (return_call_indirect (type $t) (local.get 0) (i32.const 0))))`,
    { limits: TIGHT },
  )

/** Two instances that call each other: `f` by an import, `g` through a table that both have. */
function across(byTable: boolean): Instance {
  const store = new Store(TIGHT)
  const type = '(type $t (func (param i32) (result i64)))'
  const back = '(return_call_indirect (type $t) (local.get 0) (i32.const 0))'
  const second = instance(
    `(module ${type} (table (export "table") 2 funcref) (elem (i32.const 1) $g) (func $g (export "g") (type $t) ${back}))`,
    {
      store,
    },
  )
  const onward = byTable ? `(return_call_indirect (type $t) ${NEXT} (i32.const 1))` : `(return_call $g ${NEXT})`
  return instance(
    `(module ${type} (import "" "g" (func $g (type $t))) (import "" "table" (table 2 funcref)) (elem (i32.const 0) $f)
      (func $f (export "f") (type $t) ${UNTIL_ZERO} ${onward})
      (func (export "called") (type $t) (i64.add (i64.const 1) (call $f (local.get 0)))))`,
    { store, imports: { g: func(second, 'g'), table: second.exports.get('table')! } },
  )
}

describe('a tail call (adversarial.md 34)', () => {
  it('to itself runs 10,000,000 times', () => {
    expect(call(direct(), 'f', 10_000_000)).toEqual([42n])
  })

  it.each([
    ['to another function', mutual],
    ['through a table', indirect],
    ['to an imported function of another instance', () => across(false)],
    ['through a table to another instance', () => across(true)],
  ])('%s runs 1,000,000 times', (_, make) => {
    expect(call(make(), 'f', 1_000_000)).toEqual([42n])
  })

  it.each([
    ['to itself', direct],
    ['to another function', mutual],
    ['through a table', indirect],
    ['to an imported function of another instance', () => across(false)],
    ['through a table to another instance', () => across(true)],
  ])('%s can be stopped anywhere', (_, make) => {
    const through = start(make(), 'f', 500)
    expect(resultsOf(finish(through))).toEqual([42n])
    for (const k of [1, 2, 3, 7, 100]) {
      const run = start(make(), 'f', 500)
      expect(resultsOf(finish(run, k))).toEqual([42n])
      expect(run.fuelUsed).toBe(through.fuelUsed)
    }
  })

  it.each([false, true])('to another instance and back returns to the caller, through a table: %s', (byTable) => {
    expect(call(across(byTable), 'called', 100_000)).toEqual([43n])
    expect(call(across(byTable), 'called', 99_999)).toEqual([43n])
  })

  it('to a host function gives its results to the caller', () => {
    const own = instance(
      `(module (type $t (func (param i32) (result i32))) (import "" "h" (func $h (type $t))) (table funcref (elem $h))
        (func $direct (export "direct") (type $t) (return_call $h (local.get 0)))
        (func $indirect (export "indirect") (type $t) (return_call_indirect (type $t) (local.get 0) (i32.const 0)))
        (func (export "both") (type $t) (i32.add (call $direct (local.get 0)) (call $indirect (local.get 0)))))`,
      { imports: { h: ([value]) => [{ ...value!, lo: value!.lo * 10 }] } },
    )
    expect([call(own, 'direct', 1), call(own, 'indirect', 2), call(own, 'both', 3)]).toEqual([[10], [20], [60]])
  })

  it('with many arguments that change places passes them all, references too', () => {
    const own = instance(
      `(module
        (func $f (export "f") (param i32 externref i64 externref f64) (result externref i64 externref f64)
          (if (i32.eqz (local.get 0)) (then (return (local.get 1) (local.get 2) (local.get 3) (local.get 4))))
          (return_call $f ${NEXT} (local.get 3) (i64.add (local.get 2) (i64.const 1)) (local.get 1) (f64.neg (local.get 4)))))`,
    )
    expect(call(own, 'f', 3, 'a', 0n, 'b', 1.5)).toEqual(['b', 3n, 'a', -1.5])
  })
})
