// Descriptors at run time: what a structure keeps, what casts compare, and what may be imported as exact.

import { describe, expect, it } from 'vitest'
import { Engine } from '../../../src/embed/engine.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { call, finish, instance, resultsOf, start, thrownBy } from './wat-instance.ts'

const TYPES = `
  (rec
    (type $a (sub (descriptor $b) (struct (field i32 i64 f64))))
    (type $b (sub (describes $a) (struct (field i32))))
    (type $c (sub $a (descriptor $d) (struct (field i32 i64 f64))))
    (type $d (sub $b (describes $c) (struct (field i32)))))`

const MODULE = `
  ${TYPES}
  (global $b1 (ref (exact $b)) (struct.new $b (i32.const 1)))
  (global $b2 (ref (exact $b)) (struct.new $b (i32.const 2)))
  (global $made (ref (exact $a)) (struct.new_desc $a (i32.const 7) (i64.const 8) (f64.const 9) (global.get $b2)))
  (global $default (ref (exact $a)) (struct.new_default_desc $a (global.get $b1)))
  (func $new (param $kind i32) (result (ref (exact $a)))
    (struct.new_desc $a
      (i32.const 3) (i64.const -4) (f64.const 0.5)
      (if (result (ref (exact $b))) (local.get $kind) (then (global.get $b1)) (else (global.get $b2)))))
  (func (export "fields") (param i32) (result i32 i64 f64 i32)
    (local $a (ref null $a))
    (local.set $a (call $new (local.get 0)))
    (struct.get $a 0 (local.get $a))
    (struct.get $a 1 (local.get $a))
    (struct.get $a 2 (local.get $a))
    (struct.get $b 0 (ref.get_desc $a (local.get $a))))
  (func (export "constants") (result i32 i64 f64 i32 i64)
    (struct.get $a 0 (global.get $made))
    (struct.get $a 1 (global.get $made))
    (struct.get $a 2 (global.get $made))
    (struct.get $b 0 (ref.get_desc $a (global.get $made)))
    (struct.get $a 1 (global.get $default)))
  ;; Both outcomes of a branch that has to move operands, from under a block with more on the stack.
  (func (export "branch") (param i32) (result i32 i64)
    (i32.const 100)
    (block $yes (result i32 i64 (ref (exact $a)))
      (i32.const 5) (i32.const 6)
      (i64.const 11)
      (br_on_cast_desc_eq $yes anyref (ref (exact $a)) (call $new (local.get 0)) (global.get $b1))
      (drop) (drop) (drop) (drop)
      (return (i32.const -1) (i64.const -1)))
    (drop) (i64.const 1) (i64.add)
    (call $keep)
    (br 0))
  (func $keep (param i32 i32 i64) (result i32 i64) (i32.add (local.get 0) (local.get 1)) (local.get 2))
  (func (export "branch fail") (param i32) (result i32)
    (block $no (result anyref)
      (br_on_cast_desc_eq_fail $no anyref (ref $a) (call $new (local.get 0)) (global.get $b1))
      (return (struct.get $b 0 (ref.get_desc $a))))
    (drop) (i32.const -1))
  (func (export "cast") (param i32) (result i32)
    (struct.get $a 0 (ref.cast_desc_eq (ref $a) (call $new (local.get 0)) (global.get $b1))))
  (func (export "cast without") (drop (ref.cast_desc_eq (ref $a) (call $new (i32.const 1)) (ref.null none))))
  (func (export "describe nothing") (drop (ref.get_desc $a (ref.null none))))
  (func (export "make without") (drop (struct.new_default_desc $a (ref.null none))))
  (func (export "tests") (result i32 i32)
    (ref.test (ref (exact $a)) (global.get $made))
    (ref.test (ref (exact $a)) (struct.new_default_desc $c (struct.new $d (i32.const 0)))))`

describe('a structure with a descriptor', () => {
  const of = instance(MODULE)

  it('has its fields, and gives its descriptor', () => {
    expect(call(of, 'fields', 1)).toEqual([3, -4n, 0.5, 1])
    expect(call(of, 'fields', 0)).toEqual([3, -4n, 0.5, 2])
    expect(call(of, 'constants')).toEqual([7, 8n, 9, 2, 0n])
  })

  it('passes a cast where its descriptor is the same object', () => {
    expect(call(of, 'cast', 1)).toEqual([3])
    expect(thrownBy(() => call(of, 'cast', 0))).toMatchObject({ code: 'TRAP_DESCRIPTOR_CAST' })
    expect(call(of, 'branch', 1)).toEqual([106, 12n])
    expect(call(of, 'branch', 0)).toEqual([-1, -1n])
    expect(call(of, 'branch fail', 1)).toEqual([1])
    expect(call(of, 'branch fail', 0)).toEqual([-1])
  })

  it('does so a step at a time, too', () => {
    const stepwise = (name: string, ...args: number[]): unknown[] => resultsOf(finish(start(of, name, ...args), 1))
    expect(stepwise('fields', 0)).toEqual([3, -4n, 0.5, 2])
    expect(stepwise('branch', 1)).toEqual([106, 12n])
    expect(stepwise('branch', 0)).toEqual([-1, -1n])
    expect(stepwise('branch fail', 1)).toEqual([1])
    expect(stepwise('branch fail', 0)).toEqual([-1])
  })

  it('is of its own type, not of a supertype, where that is exact', () => {
    expect(call(of, 'tests')).toEqual([1, 0])
  })

  it.each([
    ['cast without', 'TRAP_NULL_DESCRIPTOR'],
    ['make without', 'TRAP_NULL_DESCRIPTOR'],
    ['describe nothing', 'TRAP_NULL_REFERENCE'],
  ])('%s: %s', (name, code) => {
    expect(thrownBy(() => call(of, name))).toMatchObject({ code })
  })
})

it('a descriptor counts as in use while what it describes does', () => {
  const of = instance(
    `(rec
      (type $a (descriptor $b) (struct (field (mut (ref null $a)))))
      (type $b (describes $a) (struct)))
    (global $list (mut (ref null $a)) (ref.null none))
    (func (export "push")
      (global.set $list (struct.new_desc $a (global.get $list) (struct.new $b))))
    (func (export "waste") (param i32)
      (loop (drop (struct.new $b))
        (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if 0 (local.get 0))))`,
    { limits: { heapBytes: 20_000 } },
  )
  call(of, 'waste', 10_000)
  const kept = (): number => {
    let count = 0
    for (;;) {
      try {
        call(of, 'push')
        count++
      } catch (error) {
        expect(error).toMatchObject({ code: 'HEAP_EXHAUSTED' })
        return count
      }
    }
  }
  // Two objects of about 100 bytes at every step.
  expect(kept()).toBeLessThan(110)
})

describe('an exact import', () => {
  const engine = new Engine({ features: { 'custom-descriptors': true } })
  const compile = (text: string): ReturnType<Engine['compile']> => engine.compile(parseModule(text))
  const TYPES_OF_FUNCS = '(type $super (sub (func))) (type $sub (sub $super (func)))'
  const given = compile(`${TYPES_OF_FUNCS}
    (func (export "sub") (type $sub))
    (func (export "super") (type $super))`).instantiateSync().exports

  it('takes a function of its type alone', () => {
    const needs = compile(`${TYPES_OF_FUNCS} (import "m" "f" (func (exact (type $super))))`)
    expect(() => needs.instantiateSync({ m: { f: given['super'] } as never })).not.toThrow()
    expect(() => needs.instantiateSync({ m: { f: given['sub'] } as never })).toThrow(
      'incompatible import type: "m" "f": expected func exact [] -> [], got func [] -> []',
    )
  })

  it('takes a function of the host, which is made to its type', () => {
    const needs = compile(`${TYPES_OF_FUNCS}
      (import "m" "f" (func $f (exact (type $sub))))
      (elem declare func $f)
      (func (export "test") (result i32) (ref.test (ref (exact $sub)) (ref.func $f)))`)
    const { exports } = needs.instantiateSync({ m: { f: () => undefined } })
    expect((exports['test'] as () => number)()).toBe(1)
  })
})
