// Values that an engine is tempted to change: NaN payloads on every way through it, and indirect calls of every wrong kind.

import { describe, expect, it } from 'vitest'
import { Store } from '../../../src/runtime/store.ts'
import { interpreter } from '../../../src/interpret/interpreter.ts'
import { numberValue, type Value } from '../../../src/runtime/value.ts'
import { F32, F64 } from '../../../src/syntax/types.ts'
import { call, func, instance, thrownBy } from './wat-instance.ts'
import type { Instance } from '../../../src/runtime/instance.ts'

describe('the bits of a NaN (adversarial.md 39)', () => {
  const WAYS: Readonly<Record<string, (type: string) => string>> = {
    'a parameter and a result': () => '(local.get 0)',
    'a local': () => '(local.set 1 (local.get 0)) (local.get 1)',
    'local.tee': () => '(drop (local.tee 1 (local.get 0))) (local.get 1)',
    'a global': () => '(global.set $own (local.get 0)) (global.get $own)',
    'an imported global': () => '(global.set $imported (local.get 0)) (global.get $imported)',
    'a store and a load': (type) => `(${type}.store (i32.const 3) (local.get 0)) (${type}.load (i32.const 3))`,
    'another memory': (type) =>
      `(${type}.store $other (i32.const 3) (local.get 0)) (${type}.load $other (i32.const 3))`,
    select: (type) => `(select (local.get 0) (${type}.const 0) (i32.const 1))`,
    'a call': () => '(call $same (local.get 0))',
    'a tail call': () => '(return_call $same (local.get 0))',
    'an indirect call': () => '(call_indirect (type $t) (local.get 0) (i32.const 0))',
    'a host function': () => '(call $host (local.get 0))',
    'a block': (type) => `(block (result ${type}) (local.get 0) (br_if 0 (i32.const 1)))`,
    'a loop': (type) => `(local.get 0) (loop (param ${type}) (result ${type}))`,
    'several results': () => '(call $twice (local.get 0)) (drop)',
    negation: (type) => `(${type}.neg (${type}.neg (local.get 0)))`,
    'a copied sign': (type) => `(${type}.copysign (local.get 0) (local.get 0))`,
    reinterpretation: (type) =>
      `(${type}.reinterpret_i${type.slice(1)} (i${type.slice(1)}.reinterpret_${type} (local.get 0)))`,
  }

  function through(type: string, body: string): Instance {
    const globals = instance(`(module (global (export "imported") (mut ${type}) (${type}.const 0)))`)
    return instance(
      `(module (type $t (func (param ${type}) (result ${type})))
        (import "" "imported" (global $imported (mut ${type})))
        (import "" "host" (func $host (type $t)))
        (global $own (mut ${type}) (${type}.const 0)) (memory 1) (memory $other 1) (table funcref (elem $same))
        (func $same (type $t) (local.get 0))
        (func $twice (param ${type}) (result ${type} ${type}) (local.get 0) (local.get 0))
        (func (export "f") (type $t) (local ${type}) ${body}))`,
      { imports: { imported: globals.exports.get('imported')!, host: (args) => args } },
    )
  }

  const NANS: readonly Value[] = [
    ...[0x7fa00000, 0x7f800001, -0x400001, 0x7fc00000, -0x7fffff, 0x7fffffff, -1].map((bits) => numberValue(F32, bits)),
    ...[
      [0, 0x7ff80000],
      [1, 0x7ff00000],
      [0, 0x7ff40000],
      [-1, -1],
      [0x12345678, -0xfffff],
      [0, -0x80000],
    ].map(([lo, hi]) => numberValue(F64, lo!, hi)),
  ]

  it.each(Object.keys(WAYS))('survive %s', (way) => {
    for (const [type, name] of [
      [F32, 'f32'],
      [F64, 'f64'],
    ] as const) {
      const own = through(name, WAYS[way]!(name))
      for (const nan of NANS.filter((value) => value.type === type)) {
        const bits = ([value]: readonly Value[]): number[] => [value!.lo, ...(type === F64 ? [value!.hi] : [])]
        expect(bits(interpreter.invoke(func(own, 'f'), [nan]))).toEqual(bits([nan]))
        const stop = interpreter.start(func(own, 'f'), [nan]).resume()
        expect(stop.kind === 'done' && bits(stop.results)).toEqual(bits([nan]))
      }
    }
  })
})

describe('an indirect call (adversarial.md 37)', () => {
  const TYPES =
    '(type $t (func (param i32) (result i32))) (type $same (func (param i32) (result i32))) (type $u (func (param i64)))'
  const own = instance(`(module ${TYPES} (table (export "table") 5 funcref) (elem (i32.const 0) $f $u $g)
    (func $f (type $t) (local.get 0)) (func $g (type $same) (i32.const 7)) (func $u (type $u))
    (func (export "call") (param i32) (result i32) (call_indirect (type $t) (i32.const 5) (local.get 0))))`)

  it.each([
    ['null', 3, 'TRAP_UNINITIALIZED_ELEMENT', 'uninitialized element 3'],
    ['of another type', 1, 'TRAP_INDIRECT_CALL', 'indirect call type mismatch: element 1 is func 2 [i64] -> []'],
    ['just outside', 5, 'TRAP_UNDEFINED_ELEMENT', 'undefined element 5 in a table of 5'],
    ['at 2^32 - 1', -1, 'TRAP_UNDEFINED_ELEMENT', 'undefined element 4294967295 in a table of 5'],
  ])('of an element that is %s traps and says so', (_, index, code, message) => {
    // Twice: the second time the callee has been looked up before.
    for (let time = 0; time < 2; time++)
      expect(thrownBy(() => call(own, 'call', index))).toMatchObject({ code, message })
  })

  it('takes a function whose type is equal though another definition', () => {
    expect([call(own, 'call', 0), call(own, 'call', 2)]).toEqual([[5], [7]])
  })

  it('takes a function of an equal type of another module, and of a host function', () => {
    const store = new Store()
    const table = own.exports.get('table')!
    const other = instance(
      `(module (type $first (func)) (type $t (func (param i32) (result i32))) (import "" "table" (table 5 funcref)) (import "" "h" (func $h (type $t)))
        (elem (i32.const 3) $f $h) (func $f (type $t) (i32.mul (local.get 0) (i32.const 10)))
        (func (export "call") (param i32) (result i32) (call_indirect (type $t) (i32.const 6) (local.get 0))))`,
      { store, imports: { table, h: ([value]) => [{ ...value!, lo: value!.lo + 1 }] } },
    )
    for (let time = 0; time < 2; time++) {
      expect([call(own, 'call', 3), call(own, 'call', 4)]).toEqual([[50], [6]])
      expect([call(other, 'call', 0), call(other, 'call', 2), call(other, 'call', 3), call(other, 'call', 4)]).toEqual([
        [6],
        [7],
        [60],
        [7],
      ])
      expect(thrownBy(() => call(other, 'call', 1))).toMatchObject({ code: 'TRAP_INDIRECT_CALL' })
    }
  })
})
