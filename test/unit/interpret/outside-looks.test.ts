// How often a run looks at the world outside, and what those who are asked then may not do.

import { describe, expect, it } from 'vitest'
import { interpreter } from '../../../src/interpret/interpreter.ts'
import { Store } from '../../../src/runtime/store.ts'
import { i32Value } from '../../../src/runtime/value.ts'
import { call, doing, func, instance, thrownBy } from './wat-instance.ts'

/** Counts down from its argument, calling `step` each time. */
const countdown = (step: string): string => `(module
  (import "env" "tick" (func $tick))
  (memory 16)
  (func $empty)
  (func (export "run") (param i32)
    (loop ${step} (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`

describe('a poll', () => {
  const polls = (step: string, rounds: number): number => {
    const own = instance(countdown(step), { imports: { tick: doing(() => undefined) } })
    let count = 0
    interpreter.invoke(func(own, 'run'), [i32Value(rounds)], { poll: () => void count++ })
    return count
  }

  it('is asked in a loop that only branches', () => {
    expect(polls('', 1_000_000)).toBeGreaterThan(10)
  })

  it('is asked in a loop that calls a host function each time', () => {
    expect(polls('(call $tick)', 20_000)).toBeGreaterThan(10)
  })

  it.each([20_000, 40_000])('is asked every 500 calls of a host function at least: %i', (calls) => {
    expect(polls('(call $tick)', calls)).toBeGreaterThanOrEqual(calls / 500 - 1)
  })

  it('is asked in a loop of long bulk operations, as often as the length says', () => {
    const fills = (length: number): number =>
      polls(`(memory.fill (i32.const 0) (i32.const 1) (i32.const ${length}))`, 500)
    expect(fills(2 ** 20)).toBeGreaterThanOrEqual(10)
    expect(fills(0)).toBe(0)
  })

  it('is asked between long bulk operations that no branch parts', () => {
    const fill = '(memory.fill (i32.const 0) (i32.const 1) (i32.const 0x100000))'
    const once = polls(fill, 1)
    expect(polls(fill.repeat(500), 1)).toBeGreaterThanOrEqual(once + 10)
  })

  it('is asked where every exception passes thousands of handlers, in one function or in one clause list', () => {
    const nested = (handlers: string, ends: string): number => {
      const own = instance(`(module (tag $a) (tag $b) (func (export "run") (param i32)
        (block $l (loop
          (block $x (try_table (catch $a $x) ${handlers} throw $a ${ends}))
          (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))))`)
      let count = 0
      interpreter.invoke(func(own, 'run'), [i32Value(5)], { poll: () => void count++ })
      return count
    }
    expect(nested('', '')).toBe(0)
    expect(nested('try_table (catch $b $l) '.repeat(5000), 'end '.repeat(5000))).toBeGreaterThan(0)
    expect(nested(`try_table ${'(catch $b $l) '.repeat(10_000)}`, 'end ')).toBeGreaterThan(0)
  })

  it('ends a run that does nothing but call its host', () => {
    const own = instance(countdown('(call $tick)'), { imports: { tick: doing(() => undefined) } })
    const late = new Error('late')
    const options = { poll: () => late }
    expect(thrownBy(() => interpreter.invoke(func(own, 'run'), [i32Value(0)], options))).toBe(late)
  })

  it('must not call into wasm: that is an error, and nothing is overwritten', () => {
    const own = instance(countdown(''), { imports: { tick: doing(() => undefined) } })
    let refused: unknown
    const poll = (): undefined => {
      refused = thrownBy(() => call(own, 'run', 1))
    }
    interpreter.invoke(func(own, 'run'), [i32Value(1_000_000)], { poll })
    expect(refused).toMatchObject({ code: 'REENTRANT' })
  })
})

describe('a limiter', () => {
  it('must not call into wasm: that is an error, and the frames of the caller are as before', () => {
    let refused: unknown
    const store = new Store({}, () => {
      refused = thrownBy(() => call(own, 'double', 4))
      return true
    })
    const own = instance(
      `(module (memory 1)
        (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
        (func (export "grow") (param i32) (result i32) (local i32)
          (local.set 1 (i32.const 1000))
          (i32.add (i32.add (local.get 1) (memory.grow (local.get 0))) (i32.const 10))))`,
      { store },
    )
    expect(call(own, 'grow', 1)).toEqual([1011])
    expect(refused).toMatchObject({ code: 'REENTRANT' })
  })
})

describe('a host function that throws what cannot be made a string', () => {
  it('ends the run like any other error', () => {
    const own = instance(countdown('(call $tick)'), {
      imports: {
        tick: doing(() => {
          throw Object.create(null)
        }),
      },
    })
    expect(thrownBy(() => call(own, 'run', 1))).toMatchObject({ code: 'HOST_THROW' })
  })
})
