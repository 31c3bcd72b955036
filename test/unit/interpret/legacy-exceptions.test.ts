// Legacy exceptions: try with its handlers, delegate and rethrow, which share the mechanism of try_table; and their text.

import { describe, expect, it } from 'vitest'
import { Engine } from '../../../src/embed/engine.ts'
import { encodeModule } from '../../../src/binary/encode-module.ts'
import { decodeModule } from '../../../src/binary/decode-module.ts'
import { WasmException } from '../../../src/runtime/exception.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { printModule } from '../../../src/text/print-module.ts'
import { validateModule } from '../../../src/validate/module.ts'
import { call, finish, instance, resultsOf, start } from './wat-instance.ts'

const PROGRAM = `(module
  (tag $e (param i32)) (tag $f (param i64 i32)) (tag $v (param v128))
  (func $throw (param i32) (result i32)
    (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $e (i32.const 10))))
    (if (i32.eq (local.get 0) (i32.const 2)) (then (throw $f (i64.const 20) (i32.const 5))))
    (if (i32.eq (local.get 0) (i32.const 3)) (then (throw $v (v128.const i32x4 7 8 9 10))))
    (local.get 0))
  (func (export "handlers") (param i32) (result i32)
    (i32.const 1000)
    (try $t (result i32)
      (do (call $throw (local.get 0)))
      (catch $e (i32.add (i32.const 1)))
      (catch $f (i32.add (i32.const 200)) (br $t) (drop))
      (catch_all (i32.const 3)))
    (i32.add))
  (func (export "rethrow") (param i32) (result i32)
    (try (result i32)
      (do (try $inner (result i32)
        (do (call $throw (local.get 0)))
        (catch $e (drop) (block (if (local.get 0) (then (rethrow $inner)))) (i32.const -1))))
      (catch $e)))
  (func (export "delegate") (param i32) (result i32)
    (try $outer (result i32)
      (do (try (result i32)
        (do (try (result i32) (do (call $throw (local.get 0))) (delegate $outer)))
        (catch_all (i32.const -1))))
      (catch $e (i32.add (i32.const 5)))))
  (func (export "mixed") (param i32) (result i32)
    (block $h (result i32)
      (try_table (result i32) (catch $e $h)
        (try (result i32) (do (call $throw (local.get 0))) (catch $v (i32x4.extract_lane 2)))))))`

const program = instance(PROGRAM)
const CALLS: readonly (readonly [name: string, arg: number, result: number])[] = [
  ['handlers', 0, 1000],
  ['handlers', 1, 1011],
  ['handlers', 2, 1205],
  ['handlers', 3, 1003],
  ['rethrow', 1, 10],
  ['delegate', 1, 15],
  ['delegate', 0, 0],
  ['mixed', 1, 10],
  ['mixed', 3, 9],
]

describe('a legacy try', () => {
  it.each(CALLS)('comes to the same, and uses the same fuel, wherever it stops: %s(%i)', (name, arg, result) => {
    expect(call(program, name, arg)).toEqual([result])
    const through = start(program, name, arg)
    expect(resultsOf(finish(through))).toEqual([result])
    for (const k of [1, 3]) {
      const run = start(program, name, arg)
      expect(resultsOf(finish(run, k))).toEqual([result])
      expect(run.fuelUsed).toBe(through.fuelUsed)
    }
  })

  it('lets pass what it does not catch', () => {
    expect(() => call(program, 'rethrow', 2)).toThrow(WasmException)
    expect(() => call(program, 'delegate', 2)).toThrow(WasmException)
  })

  it.each([false, true])('comes back from its printed text (folded: %s)', (folded) => {
    const bytes = encodeModule(parseModule(PROGRAM))
    for (const module of [parseModule(PROGRAM), decodeModule(bytes)]) {
      expect(encodeModule(parseModule(printModule(module, { folded })))).toEqual(bytes)
    }
  })

  it('may stand where nothing gets to', () => {
    const of = instance(`(module (tag $e) (func (export "f") (result i32)
      (return (i32.const 1))
      (try (do (try (do (throw $e)) (delegate 0))) (catch $e (rethrow 0)) (catch_all))
      (i32.const 2)))`)
    expect(call(of, 'f')).toEqual([1])
  })

  it('may be nested 10,000 deep, each delegating to the one around it', () => {
    const depth = 10_000
    const of = instance(`(module (tag $e) (func (export "f") (result i32)
      (try (do ${'(try (do '.repeat(depth)} (throw $e) ${') (delegate 0))'.repeat(depth)}) (catch $e (return (i32.const 5))))
      (i32.const 0)))`)
    expect(call(of, 'f')).toEqual([5])
  })
})

describe('a malformed try is refused', () => {
  it.each([
    '(func (try (do) (catch_all) (catch 0)))',
    '(func (try (catch_all)))',
    '(func (try (do) (nop)))',
    '(func (try (do) nop))',
    '(func try catch_all catch 0 end)',
    '(func try catch_all delegate 0)',
    '(func block delegate 0)',
    '(func if catch_all end)',
    '(func (block (catch_all)))',
  ])('in text: %s', (text) => {
    expect(() => parseModule(`(module (tag) ${text})`)).toThrow('unexpected token')
  })

  it.each([
    [[0x19, 0x0b]],
    [[0x02, 0x40, 0x19, 0x0b, 0x0b]],
    [[0x06, 0x40, 0x19, 0x19, 0x0b, 0x0b]],
    [[0x06, 0x40, 0x19, 0x18, 0, 0x0b]],
    [[0x06, 0x40, 0x05, 0x0b, 0x0b]],
  ])('in binary: %j', (body) => {
    const code = [0, ...body]
    const bytes = [
      0,
      0x61,
      0x73,
      0x6d,
      1,
      0,
      0,
      0,
      1,
      4,
      1,
      0x60,
      0,
      0,
      3,
      2,
      1,
      0,
      10,
      code.length + 2,
      1,
      code.length,
      ...code,
    ]
    expect(() => decodeModule(new Uint8Array(bytes))).toThrow('END opcode expected')
  })

  it('by validation: a label to rethrow from that is no handler', () => {
    const check = (text: string) => () => validateModule(parseModule(`(module (tag $e) ${text})`))
    expect(check('(func (try (do (rethrow 0)) (catch $e)))')).toThrow('invalid rethrow label 0')
    expect(check('(func (rethrow 3))')).toThrow('unknown label 3')
    expect(check('(func (try (do) (delegate 1)))')).toThrow('unknown label 1')
  })
})

it('legacy exceptions are off unless they are switched on', () => {
  const module = parseModule('(module (func (try (do))))')
  expect(new Engine().check(module)?.message).toContain(
    'try needs the proposal "legacy-exceptions", which is switched off',
  )
  expect(new Engine({ features: { 'legacy-exceptions': true } }).check(module)).toBeUndefined()
})
