// Vectors wherever values go: locals, globals, parameters and results, branches, select, tail calls, other instances, and the border to
// the host, which they cannot cross.

import { describe, expect, test } from 'vitest'
import { Engine } from '../../../src/embed/engine.ts'
import { interpreter } from '../../../src/interpret/interpreter.ts'
import { FuncInstance } from '../../../src/runtime/func.ts'
import { Global } from '../../../src/runtime/global.ts'
import { CompiledModule, type ExternVal, type Instance } from '../../../src/runtime/instance.ts'
import { instantiate } from '../../../src/runtime/instantiate.ts'
import { Store } from '../../../src/runtime/store.ts'
import { fromJs, i32Value, toJs, vectorValue, type Value } from '../../../src/runtime/value.ts'
import { V128 } from '../../../src/syntax/types.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { validateModule } from '../../../src/validate/module.ts'

const store = new Store()

function instanceOf(text: string, imports: readonly ExternVal[] = []): Instance {
  const module = parseModule(text)
  validateModule(module)
  return instantiate(store, new CompiledModule(module), imports).instance
}

function funcOf(instance: Instance, name = 'f'): FuncInstance {
  const func = instance.exports.get(name)
  if (!(func instanceof FuncInstance)) throw new Error(`no function ${name}`)
  return func
}

function wordsOf({ lo, hi, upper }: Value): number[] {
  return [lo, hi, upper!.lo, upper!.hi]
}

const A = [1, -2, 3, -4]
const B = [0x7fa00001, 6, -0x80000000, 8]
const [a, b] = [vectorValue(A), vectorValue(B)]

/** The results, run through and stopped after each instruction. */
function results(instance: Instance, args: readonly Value[]): number[][] {
  const through = interpreter.invoke(funcOf(instance), args).map(wordsOf)
  const run = interpreter.start(funcOf(instance), args)
  let stop = run.resume(1)
  while (stop.kind === 'fuel') stop = run.resume(1)
  if (stop.kind !== 'done') throw new Error(stop.kind)
  expect(stop.results.map(wordsOf)).toEqual(through)
  return through
}

describe('a vector comes through', () => {
  test('a function that exchanges its parameters', () => {
    const exchange = instanceOf(
      '(module (func (export "f") (param v128 i32 v128) (result v128 v128) local.get 2 local.get 0))',
    )
    expect(results(exchange, [a, i32Value(9), b])).toEqual([B, A])
  })

  test('a call, and a recursive one, between values of other sizes', () => {
    const calls = instanceOf(`(module
      (func $down (param i32 v128 i64) (result i64 v128)
        (if (result i64 v128) (local.get 0)
          (then (call $down (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (i64.add (local.get 2) (i64.const 1))))
          (else (local.get 2) (local.get 1))))
      (func (export "f") (param v128) (result v128)
        (call $down (i32.const 100) (local.get 0) (i64.const 0)) (local.set 0) drop (local.get 0)))`)
    expect(results(calls, [a])).toEqual([A])
  })

  test('a tail call and an indirect tail call', () => {
    const calls = instanceOf(`(module
      (type $t (func (param v128 v128) (result v128)))
      (table funcref (elem $second))
      (func $second (type $t) (local.get 1))
      (func $middle (param v128 v128) (result v128)
        (return_call_indirect (type $t) (local.get 1) (local.get 0) (i32.const 0)))
      (func (export "f") (param v128 v128) (result v128) (return_call $middle (local.get 1) (local.get 0))))`)
    expect(results(calls, [a, b])).toEqual([B])
  })

  test('a branch out of two blocks, and a branch back', () => {
    const branches = instanceOf(`(module (func (export "f") (param v128 v128) (result v128) (local i32)
      (local.get 0)
      (loop $again (param v128) (result v128)
        (block (param v128) (result v128) (v128.xor (local.get 1)))
        (br_if $again (i32.lt_u (local.tee 2 (i32.add (local.get 2) (i32.const 1))) (i32.const 3))))))`)
    expect(results(branches, [a, b])).toEqual([A.map((word, i) => word ^ B[i]!)])
  })

  test.each([
    [1, A],
    [0, B],
  ])('select with the condition %i, with and without a type', (condition, expected) => {
    for (const typed of ['', '(result v128)']) {
      const selects = instanceOf(
        `(module (func (export "f") (param v128 v128 i32) (result v128) (select ${typed} (local.get 0) (local.get 1) (local.get 2))))`,
      )
      expect(results(selects, [a, b, i32Value(condition)])).toEqual([expected])
    }
  })

  test('globals: constant, mutable, imported, and initialised with another', () => {
    const definer = instanceOf(`(module
      (global (export "c") v128 (v128.const i32x4 1 -2 3 -4)) (global (export "m") (mut v128) (v128.const i64x2 0 0)))`)
    const imports = ['c', 'm'].map((name) => definer.exports.get(name)!)
    const user = instanceOf(
      `(module
        (import "d" "c" (global $c v128)) (import "d" "m" (global $m (mut v128)))
        (global $own (mut v128) (global.get $c))
        (func (export "f") (param v128) (result v128 v128 v128)
          (global.set $m (local.get 0)) (global.get $own) (global.set $own (global.get $m)) (global.get $own)
          (global.set $own (global.get $c)) (global.get $m)))`,
      imports,
    )
    expect(results(user, [b])).toEqual([A, B, B])
    const mutable = definer.exports.get('m')
    expect(mutable instanceof Global && wordsOf(mutable.get())).toEqual(B)
  })

  test('a local that nothing was assigned to, as zero', () => {
    const zero = instanceOf('(module (func (export "f") (result v128) (local i32 v128) (local.get 1)))')
    expect(results(zero, [])).toEqual([[0, 0, 0, 0]])
  })

  test('a function of another instance, and one of the host', () => {
    const host = FuncInstance.fromHost({ kind: 'func', params: [V128, V128], results: [V128, V128] }, ([x, y]) => [
      y!,
      x!,
    ])
    const near = instanceOf(
      '(module (import "h" "h" (func $h (param v128 v128) (result v128 v128))) (export "h" (func $h)))',
      [host],
    )
    const far = instanceOf(
      `(module (import "n" "h" (func $h (param v128 v128) (result v128 v128)))
        (func (export "f") (param v128 v128) (result v128 v128) (call $h (local.get 0) (local.get 1))))`,
      [near.exports.get('h')!],
    )
    expect(results(far, [a, b])).toEqual([B, A])
  })
})

test('JavaScript has no value for a vector, and is told so', () => {
  expect(() => toJs(a)).toThrow('a value is a v128, which JavaScript has no value for')
  expect(() => fromJs(V128, 1, 'argument 1')).toThrow('argument 1 is a v128, which JavaScript has no value for')
})

test('a function whose type has a vector is not called from JavaScript, nor calls JavaScript', () => {
  let calls = 0
  const text = `(module
    (import "h" "count" (func $count)) (import "h" "take" (func $take (param v128)))
    (func (export "give") (result v128) (call $count) (v128.const i32x4 1 2 3 4))
    (func (export "pass") (call $take (v128.const i32x4 1 2 3 4))))`
  const count = (): void => void calls++
  const instance = new Engine().compile(parseModule(text)).instantiateSync({ h: { count, take: count } })
  expect(() => instance.call('give')).toThrow('which JavaScript has no value for')
  expect(() => instance.call('pass')).toThrow('which JavaScript has no value for')
  expect(calls).toBe(0)
})
