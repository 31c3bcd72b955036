// Several runs on one machine: nested through host functions, stopped and interleaved, aborted. Each keeps its own frames.

import { describe, expect, it } from 'vitest'
import { call, doing, finish, func, instance, resultsOf, start, thrownBy } from './wat-instance.ts'
import { interpreter } from '../../../src/interpret/interpreter.ts'
import { i32Value } from '../../../src/runtime/value.ts'
import type { Instance } from '../../../src/runtime/instance.ts'
import type { RunHandle } from '../../../src/runtime/tier.ts'

/** Adds up 1 … n in a loop, with an operand below it and a reference in a local. */
const SUM = `(module (memory (export "memory") 1)
  (func $sum (export "sum") (param $n i32) (param $ref externref) (result i32 externref) (local $total i32)
    (i32.const 0)
    (loop (param i32) (result i32)
      (i32.add (local.get $n))
      (local.set $total (i32.add (local.get $total) (local.get $n)))
      (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (drop)
    (local.get $total) (local.get $ref))
  (func (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call 1 (i32.sub (local.get 0) (i32.const 1))) (call 1 (i32.sub (local.get 0) (i32.const 2))))))))`

describe('two runs of one instance', () => {
  it('go on in turns, each with its own frames', () => {
    const own = instance(SUM)
    const runs = [start(own, 'sum', 100, 'a'), start(own, 'fib', 12), start(own, 'sum', 77, 'b'), start(own, 'fib', 9)]
    const results: unknown[] = []
    while (runs.some(({ finished }) => !finished)) {
      for (const [i, run] of runs.entries()) {
        if (run.finished) continue
        const stop = run.resume(5 + i)
        if (stop.kind !== 'fuel') results[i] = resultsOf(stop)
      }
    }
    expect(results).toEqual([[5050, 'a'], [144], [3003, 'b'], [34]])
  })

  it('are not disturbed by calls in between', () => {
    const own = instance(SUM)
    const run = start(own, 'sum', 1000, 'mine')
    let stops = 0
    for (;;) {
      const stop = run.resume(50)
      if (stop.kind !== 'fuel') {
        expect(resultsOf(stop)).toEqual([500_500, 'mine'])
        break
      }
      stops++
      expect(call(own, 'fib', 7)).toEqual([13])
    }
    expect(stops).toBeGreaterThan(50)
  })

  it('share the memory', () => {
    const own = instance(`(module (memory 1)
      (func (export "f") (result i32)
        (loop (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1))) (br_if 0 (i32.lt_u (i32.load (i32.const 0)) (i32.const 100))))
        (i32.load (i32.const 0))))`)
    const [first, second] = [start(own, 'f'), start(own, 'f')]
    while (!first.finished && !second.finished) for (const run of [first, second]) if (!run.finished) run.resume(3)
    expect(own.memory.view.getInt32(0, true)).toBeGreaterThanOrEqual(100)
  })
})

describe('a host function', () => {
  /** `f` calls `h`, with operands below and a reference kept over it. */
  const AROUND = `(module (import "" "h" (func $h (param i32) (result i32))) (memory (export "memory") 1 3)
    (func (export "f") (param i32 externref) (result i32 externref) (local i64)
      (local.set 2 (i64.const 0x100000002))
      (i32.const 1000)
      (call $h (local.get 0))
      (i32.add (i32.wrap_i64 (local.get 2)))
      (i32.add)
      (local.get 1)))`

  it('may call back into the instance that called it', () => {
    const own: Instance = instance(AROUND, {
      imports: {
        h: ([n]) => [n!.lo === 0 ? i32Value(0) : i32Value((call(own, 'f', n!.lo - 1, 'inner')[0] as number) + 1)],
      },
    })
    expect(call(own, 'f', 0, 'outer')).toEqual([1002, 'outer'])
    expect(call(own, 'f', 20, 'outer')).toEqual([1002 * 21 + 20, 'outer'])
    expect(resultsOf(finish(start(own, 'f', 20, 'outer'), 3, true))).toEqual([1002 * 21 + 20, 'outer'])
  })

  it('may begin a run that ends outside, after its caller', () => {
    const other = instance(SUM)
    let run: RunHandle | undefined
    const own = instance(AROUND, {
      imports: {
        h: () => {
          run = start(other, 'sum', 100, 'kept')
          expect(run.resume(60)).toEqual({ kind: 'fuel' })
          return [i32Value(5)]
        },
      },
    })
    expect(call(own, 'f', 1, 'outer')).toEqual([1007, 'outer'])
    expect(call(other, 'fib', 10)).toEqual([55])
    expect(resultsOf(finish(run!, 60))).toEqual([5050, 'kept'])
  })

  it('may go on with a run that began outside', () => {
    const other = instance(SUM)
    const run = start(other, 'sum', 100, 'kept')
    run.resume(60)
    const own = instance(AROUND, { imports: { h: () => [i32Value(run.resume(60).kind === 'fuel' ? 1 : 0)] } })
    expect(call(own, 'f', 1, 'outer')).toEqual([1003, 'outer'])
    expect(resultsOf(finish(start(own, 'f', 1, 'outer'), 2))).toEqual([1003, 'outer'])
    expect(resultsOf(finish(run, 60))).toEqual([5050, 'kept'])
  })

  it('cannot drive the run that called it', () => {
    let error: unknown
    const run: RunHandle = start(
      instance(AROUND, {
        imports: {
          h: () => {
            error = thrownBy(() => run.resume())
            return [i32Value(1)]
          },
        },
      }),
      'f',
      1,
      'outer',
    )
    expect(resultsOf(finish(run))).toEqual([1003, 'outer'])
    expect(error).toMatchObject({ code: 'RUN_BUSY' })
  })

  it('may grow the memory of its caller, which sees it', () => {
    const own: Instance = instance(
      `(module (import "" "h" (func $h)) (memory 1 3)
        (func (export "f") (result i32) (local i32)
          (loop (call $h) (i32.store8 (i32.sub (i32.mul (memory.size) (i32.const 0x10000)) (i32.const 1)) (i32.const 7))
            (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 2))))
          (i32.add (i32.load8_u (i32.const 0x1ffff)) (i32.load8_u (i32.const 0x2ffff)))))`,
      { imports: { h: doing(() => own.memory.grow(1)) } },
    )
    expect(call(own, 'f')).toEqual([14])
  })

  it('leaves the stack as it was when what it calls traps', () => {
    const trapping = instance('(module (func (export "f") (drop (i32.const 1)) (unreachable)))')
    const own = instance(AROUND, {
      imports: {
        h: () => {
          expect(() => call(trapping, 'f')).toThrow('unreachable')
          return [i32Value(1)]
        },
      },
    })
    expect(call(own, 'f', 1, 'outer')).toEqual([1003, 'outer'])
  })
})

describe('an aborted run', () => {
  it('is finished, has no frames, and cannot go on', () => {
    const own = instance(SUM)
    const run = start(own, 'sum', 100, 'a')
    run.resume(50)
    expect(run.stack().length).toBe(1)
    run.abort()
    expect([run.finished, run.stack()]).toEqual([true, []])
    expect(thrownBy(() => run.resume())).toMatchObject({ code: 'RUN_ENDED' })
    expect(call(own, 'fib', 10)).toEqual([55])
  })

  it('that has not begun has done nothing', () => {
    const own = instance(SUM)
    const run = start(own, 'sum', 100, 'a')
    run.abort()
    expect([run.finished, run.fuelUsed]).toEqual([true, 0])
  })

  it('below others leaves those alone', () => {
    const own = instance(SUM)
    const [first, second] = [start(own, 'sum', 100, 'a'), start(own, 'sum', 50, 'b')]
    first.resume(50)
    second.resume(50)
    first.abort()
    expect(resultsOf(finish(second, 10))).toEqual([1275, 'b'])
  })

  it('cannot be aborted by a host function that it called', () => {
    const run: RunHandle = start(
      instance('(module (import "" "h" (func)) (func (export "f") (call 0)))', {
        imports: {
          h: () => {
            expect(thrownBy(() => run.abort())).toMatchObject({ code: 'RUN_BUSY' })
            return []
          },
        },
      }),
      'f',
    )
    expect(finish(run).kind).toBe('done')
  })

  it('ends in the error of its poll', () => {
    const stop = new Error('time is up')
    let polls = 0
    const own = instance('(module (func (export "f") (loop (br 0))))')
    const poll = (): Error | undefined => (++polls === 3 ? stop : undefined)
    expect(thrownBy(() => interpreter.invoke(func(own, 'f'), [], { poll }))).toBe(stop)
    expect(polls).toBe(3)
    polls = 0
    expect(interpreter.start(func(own, 'f'), [], { poll }).resume()).toEqual({ kind: 'trap', error: stop })
  })
})
