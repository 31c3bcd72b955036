// Host functions: promises that suspend a run, exceptions that pass through it, and answers that are wrong.

import { describe, expect, it } from 'vitest'
import { HostThrow } from '../../../src/errors/host-throw.ts'
import { interpreter } from '../../../src/interpret/interpreter.ts'
import type { HostCode } from '../../../src/runtime/func.ts'
import { FuncInstance } from '../../../src/runtime/func.ts'
import { i32Value, type Value } from '../../../src/runtime/value.ts'
import { I32 } from '../../../src/syntax/types.ts'
import { call, doing, finish, func, instance, resultsOf, start, thrownBy } from './wat-instance.ts'
import type { Instance } from '../../../src/runtime/instance.ts'
import type { RunHandle, Stop } from '../../../src/runtime/tier.ts'

/** Calls `h` three times, with operands and references kept over the calls. */
const THREE_CALLS = `(module (import "" "h" (func $h (param i32) (result i32)))
  (memory 1)
  (func $inner (param i32) (result i32) (i32.add (i32.const 1) (call $h (local.get 0))))
  (func (export "f") (param externref) (result i32 externref) (local $sum i64)
    (local.set $sum (i64.const 0x7_0000_0000))
    (i32.const 100)
    (call $inner (i32.const 1))
    (i32.add)
    (call $inner (i32.const 2))
    (i32.add)
    (call $h (i32.const 3))
    (i32.add)
    (i32.add (i32.wrap_i64 (i64.shr_u (local.get $sum) (i64.const 32))))
    (local.get 0)))`

const later: HostCode = async ([n]) => {
  await Promise.resolve()
  return [i32Value(n!.lo * 10)]
}

/** Drives a run to its end, awaiting what it waits for. */
async function finishAwaiting(run: RunHandle, k: number, between: () => void = () => undefined): Promise<Stop> {
  for (;;) {
    const stop = run.resume(k)
    if (stop.kind === 'done' || stop.kind === 'trap') return stop
    between()
    if (stop.kind === 'host') run.settle({ values: await stop.promise })
    between()
  }
}

describe('a host function that gives a promise', () => {
  it.each([Infinity, 1, 2, 5])('suspends the run, which goes on with the value: %s units at a time', async (k) => {
    const run = start(instance(THREE_CALLS, { imports: { h: later } }), 'f', 'kept')
    expect(resultsOf(await finishAwaiting(run, k))).toEqual([100 + 11 + 21 + 30 + 7, 'kept'])
  })

  it('suspends a run that is not metered, too', async () => {
    const own = instance(THREE_CALLS, { imports: { h: later } })
    const run = interpreter.start(
      func(own, 'f'),
      [{ type: func(own, 'f').type.params[0]!, lo: 0, hi: 0, ref: 'kept' }],
      { metered: false },
    )
    expect(resultsOf(await finishAwaiting(run, Infinity))).toEqual([169, 'kept'])
    expect(run.fuelUsed).toBe(0)
  })

  it('leaves the machine to others while the run waits', async () => {
    const own = instance(THREE_CALLS, { imports: { h: later } })
    const other = instance(
      '(module (func $f (export "f") (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0)))))',
    )
    const stop = await finishAwaiting(start(own, 'f', 'kept'), 7, () => expect(call(other, 'f', 500)).toEqual([500]))
    expect(resultsOf(stop)).toEqual([169, 'kept'])
  })

  it('suspends several runs at once, each waiting for its own', async () => {
    const own = instance(THREE_CALLS, { imports: { h: later } })
    const stops = await Promise.all(['a', 'b', 'c'].map((name) => finishAwaiting(start(own, 'f', name), 3)))
    expect(stops.map(resultsOf)).toEqual([
      [169, 'a'],
      [169, 'b'],
      [169, 'c'],
    ])
  })

  it('suspends in a tail call and where it is itself what was called', async () => {
    const own = instance(
      '(module (import "" "h" (func $h (param i32) (result i32))) (func (export "tail") (param i32) (result i32) (return_call $h (local.get 0))) (export "h" (func $h)))',
      {
        imports: { h: later },
      },
    )
    const other = instance(THREE_CALLS, { imports: { h: ([n]) => [n!] } })
    const between = (): unknown => expect(call(other, 'f', 'other')).toEqual([115, 'other'])
    for (const wait of [() => undefined, between]) {
      expect(resultsOf(await finishAwaiting(start(own, 'tail', 4), 1, wait))).toEqual([40])
      expect(resultsOf(await finishAwaiting(start(own, 'h', 5), 1, wait))).toEqual([50])
    }
  })

  it('cannot be driven before the promise has settled', () => {
    const run = start(instance(THREE_CALLS, { imports: { h: later } }), 'f', 'kept')
    expect(run.resume().kind).toBe('host')
    expect(thrownBy(() => run.resume())).toMatchObject({ code: 'RUN_AWAITING' })
    run.abort()
    expect(run.finished).toBe(true)
  })

  it('that is rejected ends the run with that error', () => {
    const own = instance(THREE_CALLS, { imports: { h: later } })
    const run = start(own, 'f', 'kept')
    run.resume()
    const error = new Error('no')
    expect(thrownBy(() => run.settle({ error }))).toBe(error)
    expect([run.finished, run.stack()]).toEqual([true, []])
  })

  it('shows where the run waits', () => {
    const run = start(instance(THREE_CALLS, { imports: { h: later } }), 'f', 'kept')
    run.resume()
    expect(run.stack().map(({ funcName }) => funcName)).toEqual(['inner', 'f'])
    run.abort()
  })

  it('is an error that says so in a call that cannot wait', () => {
    const own = instance(THREE_CALLS, { imports: { h: later } })
    const error = thrownBy(() => call(own, 'f', 'kept'))
    expect(error).toMatchObject({ code: 'ASYNC_IMPORT' })
    expect(String(error)).toMatch(/h returned a promise in a call that can't wait: call instance\.async\.f/)
  })

  it('has that error in a call nested in a run that could wait', () => {
    const inner = instance(THREE_CALLS, { imports: { h: later } })
    const outer = instance('(module (import "" "h" (func)) (func (export "f") (call 0)))', {
      imports: { h: doing(() => call(inner, 'f', 'kept')) },
    })
    expect(finish(start(outer, 'f'))).toMatchObject({ kind: 'trap', error: { code: 'ASYNC_IMPORT' } })
  })
})

describe('what a host function throws (adversarial.md 43)', () => {
  const throwing = (thrown: unknown): Instance =>
    instance('(module (import "" "h" (func $h)) (func $f (export "f") (call $h)) (func (export "deep") (call $f)))', {
      imports: {
        h: () => {
          throw thrown
        },
      },
    })

  it('passes through a call as it is', () => {
    const error = new TypeError('mine')
    expect(thrownBy(() => call(throwing(error), 'deep'))).toBe(error)
  })

  it('is what a run ends with', () => {
    const error = new TypeError('mine')
    const run = start(throwing(error), 'deep')
    expect(finish(run, 1)).toEqual({ kind: 'trap', error })
    expect(run.finished).toBe(true)
  })

  it.each([undefined, null, 7, 'text'])('is the cause of an error where it is none: %s', (thrown) => {
    const error = thrownBy(() => call(throwing(thrown), 'deep'))
    expect(error).toBeInstanceOf(HostThrow)
    expect(error).toMatchObject({ code: 'HOST_THROW', cause: thrown })
  })

  it('passes through several instances and host functions', () => {
    const error = new Error('mine')
    const innermost = throwing(error)
    const between = instance('(module (import "" "h" (func)) (func (export "f") (call 0)))', {
      imports: { h: doing(() => call(innermost, 'deep')) },
    })
    const outermost = instance('(module (import "" "h" (func)) (func (export "f") (call 0)))', {
      imports: { h: func(between, 'f') },
    })
    expect(thrownBy(() => call(outermost, 'f'))).toBe(error)
    expect(call(instance('(module (func (export "f") (result i32) (i32.const 1)))'), 'f')).toEqual([1])
  })
})

describe('what a host function gives (adversarial.md 43)', () => {
  const giving = (host: HostCode): Instance =>
    instance(
      '(module (import "" "h" (func $h (param i32) (result i32))) (func (export "f") (result i32) (call $h (i32.const 1))))',
      { imports: { h: host } },
    )

  it.each([
    ['too little', []],
    ['too much', [i32Value(1), i32Value(2)]],
  ])('is an error where it is %s', (_, values: readonly Value[]) => {
    expect(() =>
      call(
        giving(() => values),
        'f',
      ),
    ).toThrow(/gave \d results, not 1/)
    const run = start(
      giving(() => Promise.resolve(values)),
      'f',
    )
    const stop = run.resume()
    expect(stop.kind).toBe('host')
    expect(() => run.settle({ values })).toThrow(/gave \d results, not 1/)
  })

  it('may be many values', () => {
    const own = instance(
      '(module (import "" "h" (func $h (result i32 i64 externref f64))) (func (export "f") (result i32 i64 externref f64) (call $h)))',
      {
        imports: {
          h: () =>
            [
              i32Value(1),
              { type: -2, lo: 2, hi: 1, ref: null },
              { type: 0, lo: 0, hi: 0, ref: 'r' },
              { type: -4, lo: 0, hi: 0x3ff00000, ref: null },
            ].map((value, i) => ({ ...value, type: func(own, 'f').type.results[i]! })),
        },
      },
    )
    expect(call(own, 'f')).toEqual([1, 0x1_0000_0002n, 'r', 1])
  })

  it('is also the result of a call of the host function alone', () => {
    const host = FuncInstance.fromHost(
      { kind: 'func', params: [I32], results: [I32] },
      ([n]) => [i32Value(n!.lo + 1)],
      'h',
    )
    expect(interpreter.invoke(host, [i32Value(4)]).map(({ lo }) => lo)).toEqual([5])
  })
})
