// Exceptions: who catches them, over instances and host functions, in every mode, and what nobody catches.

import { describe, expect, it } from 'vitest'
import { HostThrow } from '../../../src/errors/host-throw.ts'
import { Trap } from '../../../src/errors/trap.ts'
import { interpreter } from '../../../src/interpret/interpreter.ts'
import { ExceptionInstance, WasmException } from '../../../src/runtime/exception.ts'
import type { HostCode } from '../../../src/runtime/func.ts'
import type { Instance } from '../../../src/runtime/instance.ts'
import { Tag } from '../../../src/runtime/tag.ts'
import { i32Value } from '../../../src/runtime/value.ts'
import { call, finish, func, instance, resultsOf, start, thrownBy } from './wat-instance.ts'

const throwing =
  (error: unknown): HostCode =>
  () => {
    throw error
  }

/** Handlers in one another, loops, calls, payloads of every kind of slot, and a value kept below a block that catches. */
const PROGRAM = `(module
  (tag $small (param i32))
  (tag $all (param i32 i64 f32 f64 v128 externref))
  (tag $unused (param i32))
  (func $depth (param $n i32)
    (if (i32.eqz (local.get $n)) (then (throw $small (i32.const 7))))
    (call $depth (i32.sub (local.get $n) (i32.const 1))))
  (func (export "deep") (param i32) (result i32)
    (i32.const 100)
    (block $h (result i32)
      (try_table (catch $unused $h) (catch $small $h)
        (i64.const 5) (call $depth (local.get 0)) (drop))
      (i32.const 0))
    (i32.add))
  (func (export "everything") (param externref) (result i32 i64 f32 f64 v128 externref i32)
    (block $h (result i32 i64 f32 f64 v128 externref exnref)
      (try_table (catch_ref $all $h)
        (throw $all (i32.const 1) (i64.const -2) (f32.const 3.5) (f64.const 4.5) (v128.const i64x2 5 6) (local.get 0)))
      (unreachable))
    (ref.is_null))
  (func (export "loop") (param $n i32) (result i32) (local $sum i32)
    (loop $again (result i32)
      (block $h (result i32)
        (try_table (catch $small $h)
          (br_if 0 (i32.and (local.get $n) (i32.const 1)))
          (throw $small (local.get $n)))
        (i32.const 1))
      (local.set $sum (i32.add (local.get $sum)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (local.get $n))
      (local.get $sum)))
  (func (export "to a loop") (param $n i32) (result i32) (local $rounds i32)
    (local.get $n)
    (loop $again (param i32) (result i32)
      (local.set $n)
      (local.set $rounds (i32.add (local.get $rounds) (i32.const 1)))
      (try_table (catch $small $again)
        (if (local.get $n) (then (throw $small (i32.sub (local.get $n) (i32.const 1))))))
      (local.get $rounds)))
  (func (export "to the function") (param i32) (result i32 i64)
    (local i64)
    (try_table (catch $pair 0) (throw $pair (local.get 0) (i64.const 9)))
    (unreachable))
  (tag $pair (param i32 i64))
  (func (export "again") (param i32) (result i32) (local $e exnref)
    (block $outer (result i32)
      (try_table (catch $small $outer)
        (block $inner (result i32 exnref)
          (try_table (catch_ref $small $inner) (throw $small (local.get 0)))
          (unreachable))
        (local.set $e) (drop)
        (throw_ref (local.get $e)))
      (unreachable)))
  (func (export "with parameters") (param i32) (result i32)
    (block $h (result i32)
      (local.get 0) (i32.const 1)
      (try_table (param i32 i32) (result i32) (catch $small $h) (i32.add) (throw $small))))
)`

const program = instance(PROGRAM)
const CALLS: readonly (readonly [name: string, args: readonly unknown[], results: readonly unknown[]])[] = [
  ['deep', [50], [107]],
  ['loop', [9], [25]],
  ['to a loop', [5], [6]],
  ['to the function', [3], [3, 9n]],
  ['again', [12], [12]],
  ['with parameters', [4], [5]],
]

describe('an exception', () => {
  it.each(CALLS)('goes to the innermost clause of its tag: %s', (name, args, results) => {
    expect(call(program, name, ...args)).toEqual(results)
  })

  it.each(CALLS)('costs the same fuel wherever its run stops: %s', (name, args, results) => {
    const through = start(program, name, ...args)
    expect(resultsOf(finish(through))).toEqual(results)
    for (const k of [1, 2, 3, 7]) {
      const stopping = start(program, name, ...args)
      expect(resultsOf(finish(stopping, k))).toEqual(results)
      expect(stopping.fuelUsed).toBe(through.fuelUsed)
    }
  })

  it.each(CALLS)(
    'finds its handler where the run that throws was moved between any two instructions: %s',
    (name, args, results) => {
      const run = start(program, name, ...args)
      let stop = run.resume(1)
      while (stop.kind === 'fuel') {
        call(program, 'deep', 3)
        stop = run.step()
      }
      expect(resultsOf(stop)).toEqual(results)
    },
  )

  it('carries values of every type, and itself', () => {
    const object = {}
    const callee = func(program, 'everything')
    const values = interpreter.invoke(callee, [{ type: callee.type.params[0]!, lo: 0, hi: 0, ref: object }])
    expect(values).toMatchObject([
      { lo: 1 },
      { lo: -2, hi: -1 },
      { lo: 0x40600000 },
      { lo: 0, hi: 0x40120000 },
      { lo: 5, hi: 0, upper: { lo: 6, hi: 0 } },
      { ref: object },
      { lo: 0 },
    ])
  })

  it('that is null traps where it is thrown', () => {
    const of = instance('(module (func (export "f") (block (try_table (catch_all 0) (throw_ref (ref.null exn))))))')
    expect(() => call(of, 'f')).toThrow('null exception reference')
  })

  it('leaves wasm as an error with its tag and where it was thrown, the same error every time', () => {
    const of = instance(`(module (tag $e (export "e") (param i32 i64)) (global $x (mut exnref) (ref.null exn))
      (func $inner (throw $e (i32.const 1) (i64.const 2)))
      (func (export "f") (call $inner))
      (func (export "keep") (block $h (result exnref) (try_table (catch_all_ref $h) (call $inner)) (unreachable)) (global.set $x))
      (func (export "throw") (throw_ref (global.get $x))))`)
    const error = thrownBy(() => call(of, 'f')) as WasmException
    expect(error).toBeInstanceOf(WasmException)
    expect(error).toMatchObject({ code: 'EXCEPTION', tag: of.exports.get('e'), values: [1, 2n], depth: 2 })
    expect(error.frames.map(({ funcName }) => funcName)).toEqual(['inner', 'f'])
    call(of, 'keep')
    expect(thrownBy(() => call(of, 'throw'))).toBe(thrownBy(() => call(of, 'throw')))
  })

  it('is data: a tag and values', () => {
    const tag = new Tag((program.tags[0] as Tag).canonical)
    const exception = new ExceptionInstance(tag, [i32Value(3)])
    expect(Object.entries(exception)).toEqual([
      ['tag', tag],
      ['values', [i32Value(3)]],
    ])
  })
})

describe('a chain of instances', () => {
  /** Three instances, each calling the next, with a host function in between: what the last throws is caught in the first. */
  function chain(hostInBetween: boolean): Instance {
    const last = instance(
      '(module (tag (export "e") (param i32)) (func (export "f") (param i32) (throw 0 (local.get 0))))',
    )
    const tag = last.exports.get('e')!
    const through: HostCode = (args) => interpreter.invoke(func(last, 'f'), args)
    const middle = instance(
      `(module (tag $e (import "" "e") (param i32)) (func $f (import "" "f") (param i32)) (tag $other)
        (func (export "f") (param i32)
          (block $h (result exnref)
            (try_table (catch $other 1) (catch_all_ref $h) (call $f (local.get 0)))
            (return))
          (throw_ref)))`,
      { imports: { e: tag, f: hostInBetween ? through : last.exports.get('f')! } },
    )
    return instance(
      `(module (tag $e (import "" "e") (param i32)) (func $f (import "" "f") (param i32))
        (func (export "run") (param i32) (result i32)
          (i32.const 1000)
          (block $h (result i32) (try_table (catch $e $h) (call $f (local.get 0))) (unreachable))
          (i32.add))
        (func (export "tail") (param i32) (block (try_table (catch_all 0) (return_call $f (local.get 0))))))`,
      { imports: { e: tag, f: middle.exports.get('f')! } },
    )
  }

  it.each([false, true])('hands an exception through, rethrown on the way (host in between: %s)', (host) => {
    const first = chain(host)
    expect(call(first, 'run', 42)).toEqual([1042])
    const run = start(first, 'run', 42)
    expect(resultsOf(finish(run, 1, host))).toEqual([1042])
  })

  it('does not catch in a frame that a tail call has left', () => {
    expect(() => call(chain(false), 'tail', 1)).toThrow(WasmException)
  })
})

describe('what a host function throws', () => {
  const CATCHING = `(module (import "" "h" (func $h)) (import "" "e" (tag $e)) (global $x (mut exnref) (ref.null exn))
    (func (export "any") (result i32)
      (block (try_table (catch_all 0) (call $h)) (return (i32.const 0))) (i32.const 1))
    (func (export "keep")
      (block $h (result exnref) (try_table (catch_all_ref $h) (call $h)) (return)) (global.set $x))
    (func (export "throw") (throw_ref (global.get $x)))
    (func (export "tagged") (result i32)
      (block (try_table (catch $e 0) (call $h)) (return (i32.const 0))) (i32.const 1)))`
  const { exports } = instance('(module (tag (export "e")))')
  const e = exports.get('e') as Tag
  const catching = (thrown: unknown): Instance => instance(CATCHING, { imports: { h: throwing(thrown), e } })

  it('is caught by catch_all, and thrown again as the same object', () => {
    const error = new TypeError('from the host')
    const of = catching(error)
    expect(call(of, 'any')).toEqual([1])
    call(of, 'keep')
    expect(thrownBy(() => call(of, 'throw'))).toBe(error)
    expect(thrownBy(() => call(of, 'tagged'))).toBe(error)
  })

  it('need not be an Error', () => {
    const of = catching('text')
    expect(call(of, 'any')).toEqual([1])
    call(of, 'keep')
    expect(thrownBy(() => call(of, 'throw'))).toMatchObject({ name: 'HostThrow', cause: 'text' })
    expect(call(catching(new HostThrow('text')), 'any')).toEqual([1])
  })

  it('may be an exception of a tag', () => {
    const of = catching(new WasmException(new ExceptionInstance(e, [])))
    expect(call(of, 'tagged')).toEqual([1])
  })

  it('may come as a rejected promise', async () => {
    const of = instance(CATCHING, { imports: { h: () => Promise.reject(new Error('later')), e } })
    for (const park of [false, true]) {
      const run = start(of, 'any')
      const stop = run.resume()
      if (stop.kind !== 'host') throw new Error(stop.kind)
      if (park) call(program, 'deep', 3)
      await stop.promise.catch((error: unknown) => run.settle({ error }))
      expect(resultsOf(finish(run))).toEqual([1])
    }
    const run = start(of, 'tagged')
    const stop = run.resume()
    if (stop.kind === 'host') await stop.promise.catch(() => undefined)
    expect(() => run.settle({ error: new Error('nobody') })).toThrow('nobody')
    expect(run.finished).toBe(true)
  })
})

describe('a handler catches neither (adversarial.md 44)', () => {
  const BODY = (body: string): string =>
    `(module (import "" "h" (func $h)) (func $deep (call $deep))
      (func $f (export "f") (block (try_table (catch_all 0) ${body})) (loop (br 0))))`
  const run = (body: string, h: HostCode = () => []): unknown =>
    thrownBy(() => call(instance(BODY(body), { imports: { h } }), 'f'))

  it.each([
    ['a trap', '(unreachable)', 'TRAP_UNREACHABLE'],
    ['a stack that is exhausted', '(call $deep)', 'STACK_EXHAUSTED'],
    ['a trap of a bulk operation', '(drop (i32.div_u (i32.const 1) (i32.const 0)))', 'TRAP_DIVIDE_BY_ZERO'],
  ])('%s', (_, body, code) => {
    expect(run(body)).toMatchObject({ code })
  })

  it('a trap that a host function let through', () => {
    const other = instance('(module (func (export "t") (unreachable)))')
    expect(run('(call $h)', () => interpreter.invoke(func(other, 't'), []))).toMatchObject({ code: 'TRAP_UNREACHABLE' })
    expect(run('(call $h)', throwing(new Trap('ABORTED')))).toMatchObject({ code: 'ABORTED' })
  })

  it('the end of the fuel, nor a poll that ends the run', () => {
    const of = instance(BODY('(loop (br 0))'), { imports: { h: () => [] } })
    expect(start(of, 'f').resume(1000)).toEqual({ kind: 'fuel' })
    const poll = (): Error => new Trap('TIMEOUT')
    expect(thrownBy(() => interpreter.invoke(func(of, 'f'), [], { poll }))).toMatchObject({ code: 'TIMEOUT' })
  })
})

describe('a hostile program', () => {
  it('may nest 10,000 blocks that catch', () => {
    const depth = 10_000
    const nested = (clause: string, body: string): string =>
      `${`(block (try_table ${clause} `.repeat(depth)} ${body} ${'))'.repeat(depth)}`
    const of = instance(`(module (tag $e) (tag $other)
      (func (export "f") ${nested('(catch $other 0)', '(throw $e)')})
      (func (export "g") (result i32)
        (block (try_table (catch $e 0) ${nested('(catch $other 0)', '(throw $e)')}) (return (i32.const 0))) (i32.const 5)))`)
    expect(() => call(of, 'f')).toThrow(WasmException)
    expect(call(of, 'g')).toEqual([5])
  })

  it('unwinds a million frames in one pass', () => {
    const of = instance(
      `(module (tag $e (param i32)) (tag $other)
        (func $down (param i32) (block (try_table (catch $other 0)
          (if (i32.eqz (local.get 0)) (then (throw $e (i32.const 3))))
          (call $down (i32.sub (local.get 0) (i32.const 1))))))
        (func (export "f") (param i32) (result i32)
          (block $h (result i32) (try_table (catch $e $h) (call $down (local.get 0))) (unreachable))))`,
      { limits: { stackFrames: 2_000_000, stackBytes: 2 ** 27 } },
    )
    expect(call(of, 'f', 1_000_000)).toEqual([3])
  })

  it('may not have more clauses than a br_table has targets', () => {
    const of = (count: number): string => `(module (func (block (try_table ${'(catch_all 0)'.repeat(count)}))))`
    expect(() => instance(of(65_521))).toThrow('65521 catch clauses, more than 65520')
    expect(() => instance(of(65_520))).not.toThrow()
  })

  it('may hand 999 values to each of many clauses, as far as its code has room', () => {
    const params = 'i64 '.repeat(999)
    const of = (clauses: number): string => `(module (tag $e (param ${params}))
      (func (export "f") (result i32)
        (block $h (result ${params} exnref)
          (i32.const 0)
          (try_table ${'(catch_ref $e $h)'.repeat(clauses)})
          (drop)
          (return (i32.const 1)))
        (unreachable)))`
    expect(call(instance(of(1000)), 'f')).toEqual([1])
    expect(() => call(instance(of(30_000)), 'f')).toThrow('too much code for its size')
  })
})
