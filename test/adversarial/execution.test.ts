// Items 32 to 35 and 43 of the adversarial checklist through the front door: programs that don't end, that are too deep, that ask for much
// at once, and host functions that misbehave while they run.

import { describe, expect, it } from 'vitest'
import { HostThrow, run, type HeddleError, type Instance, type Memory, type Table } from '../../src/index.ts'
import { codeOf, instantiateText, retained } from './module-text.ts'
import { parseModule } from '../../src/text/parse-module.ts'

const FOREVER = '(module (func (export "f") (loop (br 0))))'

/** Raised after so many turns of the event loop, which it never has where an engine doesn't let it turn. */
function raisedAfter(turns: number): AbortSignal {
  const controller = new AbortController()
  const turn = (left: number): void => {
    if (left === 0) controller.abort(new Error('enough'))
    else setTimeout(() => turn(left - 1), 0)
  }
  turn(turns)
  return controller.signal
}

/** A promise that nothing ever settles. */
function unsettled(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

const NEVER_RAISED = new AbortController().signal

describe('adversarial.md 32: an infinite loop', () => {
  it('stops at exactly its fuel, can be looked at, and goes on', () => {
    const endless = instantiateText(FOREVER).start('f')
    for (let stop = 1; stop <= 3; stop++) {
      expect(endless.run({ fuel: 12_345 })).toEqual({ kind: 'fuel' })
      expect([endless.fuelUsed, endless.stack.length]).toEqual([stop * 12_345, 1])
    }
    endless.abort()
    expect(endless.finished).toBe(true)
  })

  it('with the same fuel ends at the same place', () => {
    const count = '(module (global (export "g") (mut i32) (i32.const 0)) (func (export "f") (loop'
    const text = `${count} (global.set 0 (i32.add (global.get 0) (i32.const 1))) (br 0))))`
    const counts = [0, 1].map(() => {
      const instance = instantiateText(text)
      instance.start('f').run({ fuel: 1_000_003 })
      return (instance.exports['g'] as unknown as { readonly value: number }).value
    })
    expect(counts[0]).toBe(counts[1])
    expect(counts[0]).toBeGreaterThan(150_000)
  })

  it('is ended by a signal, while the event loop turns', async () => {
    const endless = instantiateText(FOREVER).start('f')
    const finished = endless.finish({ signal: raisedAfter(5) })
    await expect(finished).rejects.toMatchObject({ code: 'ABORTED', cause: { message: 'enough' } })
    expect(endless.finished).toBe(true)
    // At least a slice between two turns.
    expect(endless.fuelUsed).toBeGreaterThan(3_000)
  })

  it('does not begin under a signal that is raised already', async () => {
    const endless = instantiateText(FOREVER).start('f')
    await expect(endless.finish({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
    expect(endless.fuelUsed).toBe(0)
  })

  it('of a run that counts no fuel is ended by a signal all the same', async () => {
    const endless = instantiateText(FOREVER).prepare('f', [], { metered: false })
    await expect(endless.finish({ signal: raisedAfter(5) })).rejects.toMatchObject({ code: 'ABORTED' })
    expect(endless.finished).toBe(true)
  })

  it('is ended by a signal that its own host function raises', async () => {
    const raising = '(module (import "" "h" (func $h)) (func (export "f") (call $h) (loop (br 0))))'
    const controller = new AbortController()
    const imports = { '': { h: () => controller.abort() } }
    const { signal } = controller
    await expect(instantiateText(raising, imports).start('f').finish({ signal })).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })

  it('leaves no listener behind on a signal that was never raised', async () => {
    const { signal } = new AbortController()
    let listeners = 0
    const counting = {
      aborted: false,
      addEventListener: (type: 'abort', listener: () => void) => {
        listeners++
        signal.addEventListener(type, listener)
      },
      removeEventListener: () => void listeners--,
    }
    const instance = instantiateText('(module (func (export "f") (result i32) (i32.const 7)))')
    expect(await instance.start('f').finish({ signal: counting })).toBe(7)
    expect((await run(parseModule('(module (func (export "f")))'), { invoke: 'f', signal: counting })).exitCode).toBe(0)
    expect(listeners).toBe(0)
  })

  it.each([
    ['in a function', '(module (func (export "f") (loop (br 0))))'],
    ['in the start function', '(module (func (export "f")) (func $s (loop (br 0))) (start $s))'],
  ])('%s, or a wait without end, ends a whole run by a signal', async (_, text) => {
    const { trap, exitCode, fuelUsed } = await run(parseModule(text), { invoke: 'f', signal: raisedAfter(3) })
    expect([trap?.code, exitCode, fuelUsed]).toEqual(['ABORTED', 130, undefined])
    const waiting = '(module (import "" "h" (func $h)) (func (export "f") (call $h)))'
    const { promise } = unsettled()
    const never = { '': { h: () => promise } }
    const options = { invoke: 'f', imports: never, signal: raisedAfter(3) }
    expect((await run(parseModule(waiting), options)).trap?.code).toBe('ABORTED')
  })

  it('with fuel and a signal uses exactly its fuel', async () => {
    const options = { invoke: 'f', fuel: 1_234_567, signal: NEVER_RAISED }
    const { trap, fuelUsed } = await run(parseModule(FOREVER), options)
    expect([trap?.code, fuelUsed]).toEqual(['FUEL_EXHAUSTED', 1_234_567])
  })
})

describe('adversarial.md 33: an infinite recursion', () => {
  const COUNT = '(global.set $n (i32.add (global.get $n) (i32.const 1)))'
  const text = `(module (import "" "h" (func $h)) (global $n (export "n") (mut i32) (i32.const 0)) (table funcref (elem $g))
    (func $f (export "direct") ${COUNT} (call $f))
    (func $g (export "indirect") ${COUNT} (call_indirect (i32.const 0)))
    (func (export "host") ${COUNT} (call $h)))`

  it.each(['direct', 'indirect', 'host'])(
    '%s: has the same depth each time, and the instance can be called again',
    (way) => {
      const instance: Instance = instantiateText(text, { '': { h: () => instance.call('host') } })
      const counter = instance.exports['n'] as unknown as { value: number }
      const depths = [0, 1, 2].map(() => {
        counter.value = 0
        expect(codeOf(() => instance.call(way))).toBe('STACK_EXHAUSTED')
        return counter.value
      })
      expect(depths[0]).toBeGreaterThan(100)
      expect(new Set(depths).size).toBe(1)
    },
  )
})

describe('adversarial.md 34: an infinite tail call', () => {
  it('runs 10,000,000 times and keeps no more for it than 1,000 times', () => {
    const text = `(module (func $f (export "f") (param i32) (result i32)
      (if (i32.eqz (local.get 0)) (then (return (i32.const 7)))) (return_call $f (i32.sub (local.get 0) (i32.const 1)))))`
    const instance = instantiateText(text)
    expect(instance.call('f', 1_000)).toBe(7)
    const { value, bytes } = retained(() => instance.call('f', 10_000_000))
    expect(value).toBe(7)
    expect(bytes).toBeLessThan(1024 ** 2)
  })
})

describe('adversarial.md 35: a bulk operation', () => {
  const text = `(module (memory (export "m") 2) (table $t (export "t") 100 funcref) (func $a) (func $b) (elem declare func $a $b)
    (export "a" (func $a)) (export "b" (func $b))
    (func (export "memory.fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
    (func (export "memory.copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
    (func (export "table.copy") (param i32 i32 i32) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
    (func (export "table.fill") (param i32 i32 i32) (table.fill $t (local.get 0) (ref.null func) (local.get 2))))`

  it.each([
    ['memory.fill', 8, 'TRAP_OUT_OF_BOUNDS'],
    ['memory.copy', 8, 'TRAP_OUT_OF_BOUNDS'],
    ['table.copy', 1, 'TRAP_TABLE_OUT_OF_BOUNDS'],
    ['table.fill', 1, 'TRAP_TABLE_OUT_OF_BOUNDS'],
  ])('%s of 2^32 - 1 is paid by its length in instalments, before it traps', (name, perUnit, code) => {
    const long = instantiateText(text).start(name, 0, 0, -1)
    const cost = Math.floor((2 ** 32 - 1) / perUnit)
    expect(long.run({ fuel: cost })).toEqual({ kind: 'fuel' })
    expect(long.fuelUsed).toBe(cost)
    expect(long.run()).toMatchObject({ kind: 'trap', error: { code } })
    expect(long.fuelUsed - cost).toBeLessThanOrEqual(5)
  })

  it.each([1, 7, 1000, Infinity])(
    'that copies onto itself gives what a copy of a copy would, %s units at a time',
    (fuel) => {
      const instance = instantiateText(text)
      const memory = instance.exports['m'] as Memory
      const pattern = Uint8Array.from({ length: 70_000 }, (_, i) => (i * 31) & 0xff)
      for (const [to, from] of [
        [5, 0],
        [0, 5],
        [40_000, 33_000],
        [33_000, 40_000],
      ] as const) {
        memory.bytes.set(pattern)
        const copy = instance.start('memory.copy', to, from, 30_000)
        while (copy.run({ fuel }).kind === 'fuel');
        const expected = pattern.slice().copyWithin(to, from, from + 30_000)
        expect(Buffer.compare(memory.bytes.subarray(0, 70_000), expected)).toBe(0)
      }
    },
  )

  it('on a table copies onto itself in the right order, too', () => {
    const instance = instantiateText(text)
    const table = instance.exports['t'] as Table
    for (const [to, from] of [
      [3, 0],
      [0, 3],
    ] as const) {
      const functions = [instance.exports['a'], instance.exports['b'], null]
      const before = Array.from({ length: 100 }, (_, i) => functions[i % 7 === 0 ? 1 : i % 3]!)
      before.forEach((value, i) => table.set(i, value ?? null))
      instance.call('table.copy', to, from, 90)
      const expected = before.slice().copyWithin(to, from, from + 90)
      expect(Array.from({ length: 100 }, (_, i) => table.get(i))).toEqual(expected.map((value) => value ?? null))
    }
  })

  it('that is interrupted by an abort has not begun', () => {
    const instance = instantiateText(text)
    const fill = instance.start('memory.fill', 0, 1, 131_072)
    expect(fill.run({ fuel: 1_000 })).toEqual({ kind: 'fuel' })
    fill.abort()
    expect((instance.exports['m'] as Memory).bytes.every((byte) => byte === 0)).toBe(true)
  })
})

describe('adversarial.md 43: a host function', () => {
  const text = `(module (import "" "one" (func $one (result i32))) (import "" "two" (func $two (result i32 f64)))
    (memory (export "m") 1)
    (func (export "one") (result i32) (call $one)) (func (export "two") (result i32 f64) (call $two))
    (func (export "size") (result i32) (memory.size)))`
  let answer: () => unknown = () => 0
  const make = (): Instance => instantiateText(text, { '': { one: () => answer(), two: () => answer() } })
  const instance = make()

  it.each<[what: string, name: string, value: unknown, code: string]>([
    ['a value of another type', 'one', 'text', 'TYPE_MISMATCH'],
    ['nothing', 'one', undefined, 'TYPE_MISMATCH'],
    ['an array in place of a value', 'one', [1], 'TYPE_MISMATCH'],
    ['one value in place of two', 'two', 1, 'ARITY_MISMATCH'],
    ['too few values', 'two', [1], 'ARITY_MISMATCH'],
    ['too many values', 'two', [1, 2, 3], 'ARITY_MISMATCH'],
    ['values of other types', 'two', [1, 2n], 'TYPE_MISMATCH'],
    ['a promise in a call that cannot wait', 'one', Promise.resolve(1), 'ASYNC_IMPORT'],
  ])('that gives %s ends the call, and the next one works', (_, name, value, code) => {
    answer = () => value
    expect(codeOf(() => instance.call(name))).toBe(code)
    answer = () => (name === 'one' ? 5 : [5, 6])
    expect(instance.call(name)).toEqual(name === 'one' ? 5 : [5, 6])
  })

  it.each([undefined, null, 0, 'text', Symbol.iterator])(
    'that throws %s gives an Error with that as its cause',
    (thrown) => {
      answer = () => {
        // oxlint-disable-next-line typescript/only-throw-error -- that is what is tested
        throw thrown
      }
      let caught: unknown
      try {
        instance.call('one')
      } catch (error) {
        caught = error
      }
      expect(caught).toBeInstanceOf(HostThrow)
      expect((caught as HeddleError).cause).toBe(thrown)
    },
  )

  it('may call back, and grow the memory of its caller', () => {
    answer = () => {
      expect((instance.exports['m'] as Memory).grow(1)).toBeGreaterThan(0)
      return instance.call('size')
    }
    expect(instance.call('one')).toBe(2)
  })

  it('may let go of the only reference to its caller', () => {
    let own: Instance | undefined = make()
    answer = () => {
      own = undefined
      retained(() => undefined)
      return 9
    }
    expect(own.call('one')).toBe(9)
  })

  it('cannot abort the run that called it, and ends it by trying to', () => {
    const started = instance.start('one')
    answer = () => {
      started.abort()
      return 1
    }
    expect(started.run()).toMatchObject({ kind: 'trap', error: { code: 'RUN_BUSY' } })
    answer = () => 3
    expect(instance.call('one')).toBe(3)
  })
})
