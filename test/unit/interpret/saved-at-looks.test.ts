// Where polls may end or pause a run that is metered: between two instructions, so that it can be saved there.

import { describe, expect, it } from 'vitest'
import { Trap } from '../../../src/errors/trap.ts'
import { interpreter } from '../../../src/interpret/interpreter.ts'
import type { CallOptions, RunHandle } from '../../../src/runtime/tier.ts'
import { moved } from './saved-runs.ts'
import { func, instance } from './wat-instance.ts'

/** Ends at the k-th look. */
function endingAt(k: number): CallOptions {
  let left = k
  return { precise: true, poll: () => (--left === 0 ? new Trap('TIMEOUT', 'it took too long') : undefined) }
}

// prettier-ignore
const LOOPS: Readonly<Record<string, string>> = {
  'branches from a branch to the end of another': `
    (loop $l
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (if (i32.and (local.get $n) (i32.const 1))
        (then (block $b (br_table $b $b $b (local.get $n))))
        (else (block $b (br $b)) (nop)))
      (br_if $l (i32.lt_u (local.get $n) (i32.const 200000))))`,
  'endless tail calls of functions with locals': `
    (call $tail (i32.const 200000))`,
  'calls whose functions do nothing': `
    (loop $l
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (call $early (local.get $n))
      (br_if $l (i32.lt_u (local.get $n) (i32.const 150000))))`,
  'calls of the host': `
    (loop $l
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (drop (i32.add (i32.const 6) (call $host (i32.const 3))))
      (br_if $l (i32.lt_u (local.get $n) (i32.const 4000))))`,
  'calls of another instance': `
    (loop $l
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (drop (i32.add (i32.const 6) (call $other (i32.const 3))))
      (br_if $l (i32.lt_u (local.get $n) (i32.const 4000))))`,
}

function looping(body: string): (options: CallOptions) => RunHandle {
  const other = instance(
    '(module (func (export "other") (param i32) (result i32) (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2)))))',
  )
  return (options) => {
    const of = instance(
      `(module
        (import "" "host" (func $host (param i32) (result i32))) (import "" "other" (func $other (param i32) (result i32)))
        (func $tail (param i32) (local i64 f64)
          (if (i32.eqz (local.get 0)) (then (return)))
          (return_call $tail (i32.sub (local.get 0) (i32.const 1))))
        (func $early (param i32) (block $b (br_if $b (i32.and (local.get 0) (i32.const 1))) (nop)))
        (func (export "main") (result i32) (local $n i32) ${body} (local.get $n)))`,
      { imports: { host: ([x]) => [x!], other: other.exports.get('other')! } },
    )
    return interpreter.start(func(of, 'main'), [], options)
  }
}

describe('a precise run that a poll ends', () => {
  it.each(Object.entries(LOOPS))('stands between two instructions, from where it can go on: %s', (_, body) => {
    const begin = looping(body)
    const whole = begin({})
    const results = whole.resume()
    expect(results.kind).toBe('done')
    for (const k of [1, 2, 3]) {
      const run = begin(endingAt(k))
      const stop = run.resume()
      expect(stop.kind === 'trap' && stop.error.message).toContain('it took too long')
      for (const precise of [true, false]) {
        const again = interpreter.restore(run.save(), { precise })
        expect(again.resume()).toEqual(results)
        expect(again.fuelUsed).toBe(whole.fuelUsed)
      }
    }
  })
})

describe('a run that a poll pauses', () => {
  it.each(Object.entries(LOOPS))('can be saved at each pause: %s', (_, body) => {
    const begin = looping(body)
    const whole = begin({})
    const results = whole.resume()
    for (const precise of [true, false]) {
      let run = begin({ precise })
      let pauses = 0
      // Looks come sooner or later as the machine is slow or fast: a limit keeps the test short.
      const poll = (): 'pause' | undefined => (++pauses <= 200 ? 'pause' : undefined)
      let stop = run.resume(Infinity, { poll })
      while (stop.kind === 'pause') {
        run = moved(run, { precise })
        stop = run.resume(Infinity, { poll })
      }
      expect(stop).toEqual(results)
      expect(run.fuelUsed).toBe(whole.fuelUsed)
      expect(pauses).toBeGreaterThan(1)
    }
  })
})
