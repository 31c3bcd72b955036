// A run that stops every few units and goes on comes to what one that runs through comes to: results, memory, globals and fuel.

import { describe, expect, it } from 'vitest'
import { call, finish, hashOf, instance, resultsOf, start } from './wat-instance.ts'
import { FuncInstance } from '../../../src/runtime/func.ts'
import type { Instance } from '../../../src/runtime/instance.ts'
import { toJs } from '../../../src/runtime/value.ts'

/** A bit of everything: recursion, indirect and tail calls, loops with values, br_table, 64 bits, floats, bulk operations, growth, references. */
const PROGRAM = `(module
  (type $binary (func (param i32 i32) (result i32)))
  (memory (export "memory") 1 4)
  (memory $other (export "other") 1)
  (table $t 4 8 funcref)
  (table $refs 2 20 externref)
  (global $count (export "count") (mut i64) (i64.const 0))
  (global $last (export "last") (mut f64) (f64.const 0))
  (elem (table $t) (i32.const 0) func $add $sub $mul)
  (elem $passive func $sub $add)
  (elem declare func $even)
  (data $bytes "\\01\\02\\03\\04\\05\\06\\07\\08\\09\\0a\\0b\\0c\\0d\\0e\\0f\\10\\11\\12\\13\\14\\15")
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $sub (type $binary) (i32.sub (local.get 0) (local.get 1)))
  (func $mul (type $binary) (i32.mul (local.get 0) (local.get 1)))
  (func $fib (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func $even (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
    (return_call $odd (i32.sub (local.get 0) (i32.const 1))))
  (func $odd (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
    (return_call_indirect $t (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1)) (i32.const 3)))
  (func $swap (param i64 f64) (result f64 i64) (local.get 1) (local.get 0))
  (func $mix (param $n i32) (result i64) (local $x i64) (local $y f64) (local $z f32)
    (local.set $x (i64.const 0x123456789abcdef))
    (local.set $y (f64.const 1.5))
    (loop $again
      (local.set $x (i64.xor (i64.rotl (local.get $x) (i64.const 13)) (i64.mul (local.get $x) (i64.const 0x5851f42d4c957f2d))))
      (local.set $y (f64.add (f64.sqrt (local.get $y)) (f64.convert_i32_u (i32.and (i32.wrap_i64 (local.get $x)) (i32.const 255)))))
      (local.set $z (f32.mul (f32.demote_f64 (local.get $y)) (f32.const 0.3)))
      (i64.store offset=8 (i32.shl (local.get $n) (i32.const 4)) (local.get $x))
      (f32.store offset=5 (i32.shl (local.get $n) (i32.const 4)) (local.get $z))
      (i64.store16 $other offset=3 (local.get $n) (local.get $x))
      (global.set $count (i64.add (global.get $count) (i64.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (global.set $last (local.get $y))
    (call $swap (local.get $x) (local.get $y))
    (local.set $x)
    (local.set $y)
    (i64.add (local.get $x) (i64.reinterpret_f64 (local.get $y))))
  (func $cases (param i32) (result i32) (local $sum i32) (local $i i32)
    (loop $next
      (block $default (block $two (block $one (block $zero
        (br_table $zero $one $two $default (i32.and (local.get $i) (i32.const 3))))
        (local.set $sum (i32.add (local.get $sum) (call_indirect $t (type $binary) (local.get $i) (local.get $sum) (i32.const 0))))
        (br $default))
        (local.set $sum (call_indirect $t (type $binary) (local.get $sum) (local.get $i) (i32.const 1)))
        (br $default))
        (local.set $sum (i32.xor (call_indirect $t (type $binary) (local.get $sum) (i32.const 31) (i32.const 2)) (i32.const 0x55))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0))))
    (local.get $sum))
  (func $bulk (param externref) (result i32) (local $grown i32)
    (memory.init $bytes (i32.const 100) (i32.const 1) (i32.const 20))
    (memory.copy (i32.const 103) (i32.const 100) (i32.const 1000))
    (memory.fill (i32.const 5000) (i32.const 0xab) (i32.const 777))
    (memory.copy $other 0 (i32.const 50) (i32.const 90) (i32.const 300))
    (local.set $grown (memory.grow (i32.const 1)))
    (i32.store8 (i32.const 0x1ffff) (i32.const 77))
    (table.set $t (i32.const 3) (ref.func $even))
    (drop (table.grow $refs (local.get 0) (i32.const 9)))
    (table.fill $refs (i32.const 1) (local.get 0) (i32.const 5))
    (table.copy $refs $refs (i32.const 2) (i32.const 0) (i32.const 8))
    (table.init $t $passive (i32.const 1) (i32.const 0) (i32.const 2))
    (i32.add
      (i32.shl (local.get $grown) (i32.const 8))
      (i32.add (ref.is_null (table.get $refs (i32.const 2))) (table.size $refs))))
  (func (export "main") (param externref) (result i32 i64 i32 i32 i32 i32 externref f32)
    (local $sum i32)
    (call $fib (i32.const 9))
    (call $mix (i32.const 60))
    (call $cases (i32.const 70))
    (call $bulk (local.get 0))
    (call $even (i32.const 41))
    (call $cases (i32.const 20))
    (select (result externref) (local.get 0) (ref.null extern) (i32.const 1))
    (f32.const nan:0x200000)))`

function stateOf(of: Instance): unknown {
  return {
    memories: of.memories.map(({ bytes }) => [bytes.length, hashOf(bytes)]),
    globals: of.globals.map((global) => toJs(global.get())),
    tables: of.tables.map(({ elems }) => elems.map((elem) => (elem instanceof FuncInstance ? elem.toString() : elem))),
  }
}

const ARGUMENT = { toString: () => 'the argument' }

function runEvery(k: number): unknown {
  const own = instance(PROGRAM)
  const run = start(own, 'main', ARGUMENT)
  const stop = finish(run, k)
  if (stop.kind !== 'done') throw stop.kind === 'trap' ? stop.error : new Error(stop.kind)
  const results = stop.results.map(({ lo, hi, ref }) => [lo, hi, ref])
  return { results, fuel: run.fuelUsed, state: stateOf(own) }
}

const EVERY = [...Array.from({ length: 20 }, (_, i) => i + 1), 97, 1000]

describe('a program of everything', () => {
  const through = runEvery(Infinity)

  it('gives the same metered as not', () => {
    const own = instance(PROGRAM)
    const results = call(own, 'main', ARGUMENT)
    const metered = instance(PROGRAM)
    expect(results).toEqual(resultsOf(finish(start(metered, 'main', ARGUMENT))))
    expect(stateOf(own)).toEqual(stateOf(metered))
  })

  it.each(EVERY)('gives the same stopped every %i units', (k) => {
    expect(runEvery(k)).toEqual(through)
  })

  it('gives the same stopped after stretches of changing length', () => {
    const own = instance(PROGRAM)
    const run = start(own, 'main', ARGUMENT)
    for (let i = 0; ; i = (i * 7 + 3) % 101) {
      const stop = run.resume(i)
      if (stop.kind === 'fuel') continue
      expect({ results: resultsOf(stop).length, fuel: run.fuelUsed, state: stateOf(own) }).toEqual({
        results: 8,
        fuel: (through as { fuel: number }).fuel,
        state: (through as { state: unknown }).state,
      })
      return
    }
  })

  it('gives the same a step at a time', () => {
    const own = instance(PROGRAM)
    const run = start(own, 'main', ARGUMENT)
    while (run.step().kind === 'fuel') expect(run.finished).toBe(false)
    expect(run.fuelUsed).toBe((through as { fuel: number }).fuel)
    expect(stateOf(own)).toEqual((through as { state: unknown }).state)
  })
})

describe('a step', () => {
  it('executes one instruction, also where its length costs more, and structure with the next', () => {
    const run = start(
      instance(`(module (memory 1) (func (export "f")
        (block (nop) (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 800))))
        (drop (i32.const 1))))`),
      'f',
    )
    const used: number[] = []
    while (run.step().kind === 'fuel') used.push(run.fuelUsed)
    expect(used).toEqual([1, 2, 3, 104, 105])
    expect(run.fuelUsed).toBe(106)
  })
})

describe('a run that traps', () => {
  const TRAPPING = `(module (memory 1)
    (func $work (param i32) (result i32)
      (block (result i32)
        (i32.load (i32.mul (local.get 0) (i32.const 0x1000)))
        (i32.add (i32.const 1))
        (i32.div_u (i32.const 100) (i32.sub (i32.const 20) (local.get 0)))
        (i32.add)))
    (func (export "load") (local i32)
      (loop (drop (call $work (local.get 0))) (local.set 0 (i32.add (local.get 0) (i32.const 1))) (br 0)))
    (func (export "divide") (local i32)
      (local.set 0 (i32.const 20))
      (drop (call $work (i32.const 1)))
      (if (i32.const 1) (then (drop (i32.div_s (i32.const 1) (i32.sub (local.get 0) (i32.const 20)))) (drop (i32.const 1)))))
    (func (export "unreachable") (drop (i32.const 1)) (block (block (unreachable))) (drop (i32.const 1)))
    (func (export "fill") (memory.fill (i32.const 1) (i32.const 0) (i32.const 0x10000)) (drop (i32.const 1)))
    (func (export "deep") (result i32) (i32.add (i32.const 1) (call 5))))`

  it.each(['load', 'divide', 'unreachable', 'fill', 'deep'])(
    'does so at the same fuel, wherever it stopped before: %s',
    (name) => {
      const limits = { stackFrames: 500 }
      const outcome = (k: number): unknown => {
        const run = start(instance(TRAPPING, { limits }), name)
        const stop = finish(run, k)
        return [stop.kind === 'trap' ? stop.error.message : stop.kind, run.fuelUsed]
      }
      const through = outcome(Infinity)
      expect(through).toEqual([expect.stringMatching(/./), expect.any(Number)])
      for (const k of [1, 2, 3, 4, 5, 7, 11, 97]) expect(outcome(k)).toEqual(through)
    },
  )
})
