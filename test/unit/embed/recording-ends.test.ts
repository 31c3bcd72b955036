// Recordings of runs that count fuel, that are ended from outside, and of what else is asked of the host.

import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { HostContext } from '../../../src/embed/host-context.ts'
import type { Instance } from '../../../src/embed/instance.ts'
import type { Memory } from '../../../src/embed/memory.ts'
import { Recorder } from '../../../src/embed/recorder.ts'
import { replay } from '../../../src/embed/replay.ts'
import { Store } from '../../../src/runtime/store.ts'
import { Trap } from '../../../src/errors/trap.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { engine, promiseInto, record, expectSame, stateOf, NEXT, type Recorded } from './recorded.ts'

describe('fuel is where it was', () => {
  const CALLING = `(module (import "env" "host" (func $host (param i32))) (memory (export "memory") 1)
    (global $n (mut i32) (i32.const 0))
    (func (export "spin") (loop $l (global.set $n (i32.add (global.get $n) (i32.const 1))) (br $l)))
    (func (export "count") (param i32) (loop $l
      (global.set $n (i32.add (global.get $n) (i32.load (i32.const 0))))
      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
    (func (export "go") (param i32) (call $host (local.get 0)))
    (func (export "twice") (param i32) (call $host (local.get 0)) (call $host (local.get 0))))`

  /** Records the host function, which is given the instance. */
  async function recordWith(host: (instance: Instance, context: HostContext, x: number) => unknown): Promise<Recorded> {
    const recorded: Recorded = await record(CALLING, {
      env: { host: (context: HostContext, x: number) => host(recorded.instance, context, x) },
    })
    return recorded
  }

  it('where calls that host functions make count to the run', async () => {
    const recorded = await recordWith((instance, context, x) => {
      instance.call('count', x + 1)
      context.charge(7)
      if (x > 0) instance.call('twice', x - 1)
      context.refund(3)
      instance.call('count', 2)
    })
    const run = recorded.instance.start('go', 3)
    expect(run.run({ fuel: 11 }).kind).toBe('fuel')
    run.run()
    expect(expectSame(recorded).fuelUsed).toBe(run.fuelUsed)
  })

  it.each([100, 101, 107, 200])('where %d units end a call that a host function makes', async (fuel) => {
    const errors: unknown[] = []
    const recorded = await recordWith((instance, context) => {
      try {
        instance.call('spin')
      } catch (error) {
        errors.push((error as Trap).code)
      }
      context.charge(5)
    })
    const run = recorded.instance.start('twice', 0)
    await expect(run.finish({ fuel })).rejects.toMatchObject({ code: 'FUEL_EXHAUSTED' })
    expect(errors[0]).toBe('FUEL_EXHAUSTED')
    expect(expectSame(recorded).fuelUsed).toBe(run.fuelUsed)
  })

  it('where time ends a call in a call', async () => {
    const recorded = await recordWith((instance, _, x) => (x > 0 ? instance.call('go', x - 1) : instance.call('spin')))
    const run = recorded.instance.start('go', 2)
    await expect(run.finish({ timeout: 20 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    const { fuelUsed, error } = expectSame(recorded)
    expect([fuelUsed, error]).toMatchObject([run.fuelUsed, { code: 'TIMEOUT' }])
  })

  it('where a host function takes more than there is, at the very end', async () => {
    const recorded = await recordWith((_, context, x) => context.charge(x))
    const memory = recorded.instance.exports['memory'] as Memory
    for (const x of [5, 1000]) {
      const run = recorded.instance.start('go', x)
      expect(run.run({ fuel: 5 }).kind).toBe('fuel')
      memory.write(0, Uint8Array.of(x))
      expect(run.run({ fuel: 10_000 }).kind).toBe('done')
    }
    expectSame(recorded)
  })

  it('where a promise takes fuel before it settles', async () => {
    const recorded = await recordWith(async (_, context) => {
      await setImmediate()
      context.charge(50)
      await setImmediate()
      context.refund(10)
    })
    const run = recorded.instance.start('twice', 0)
    await run.finish()
    expect(run.fuelUsed).toBeGreaterThan(80)
    expect(expectSame(recorded).fuelUsed).toBe(run.fuelUsed)
  })

  it('where slices of time end, and the host writes in between', async () => {
    const recorded = await recordWith(() => undefined)
    const memory = recorded.instance.exports['memory'] as Memory
    const run = recorded.instance.prepare('count', [3_000_000], { metered: false })
    let slices = 0
    while (run.run({ sliceMs: 1 }).kind === 'pause') memory.write(0, Uint8Array.of(++slices))
    expect(slices).toBeGreaterThan(1)
    expectSame(recorded)
  })

  it('where something that is not recorded is called in between', async () => {
    const other = await engine.compile(parseModule(CALLING)).instantiate({ env: { host: () => undefined } })
    const recorded = await recordWith((instance) => {
      other.call('count', 10)
      instance.fork().instance.call('count', 10)
    })
    const run = recorded.instance.start('twice', 0)
    run.run()
    expect(run.fuelUsed).toBeGreaterThan(100)
    expect(expectSame(recorded).fuelUsed).toBe(run.fuelUsed)
  })

  it('where an instance lets nobody else in', async () => {
    const settle: ((x: number) => void)[] = []
    const recorded = await record(
      CALLING,
      { env: { host: (_: HostContext, x: number) => (x === 0 ? undefined : promiseInto(settle)) } },
      { concurrency: 'nested' },
    )
    const { instance } = recorded
    const [first, second] = [instance.start('twice', 1), instance.start('go', 1)]
    first.run()
    second.run()
    settle[0]!(0)
    await setImmediate()
    expect(() => first.run()).toThrow(expect.objectContaining({ code: 'INSTANCE_BUSY' }) as Error)
    settle[1]!(0)
    await setImmediate()
    second.run()
    instance.call('go', 0)
    first.run()
    settle[2]!(0)
    await setImmediate()
    expect(first.run().kind).toBe('done')
    expect(expectSame(recorded).fuelUsed).toBe(first.fuelUsed + second.fuelUsed)
  })
})

describe('an end from outside', () => {
  const SPIN = `(module (import "env" "tick" (func $tick)) (global $n (mut i32) (i32.const 0))
    (func (export "spin") (loop $l (global.set $n (i32.add (global.get $n) (i32.const 1))) (br $l)))
    (func (export "ticks") (loop $l (global.set $n (i32.add (global.get $n) (i32.const 1))) (call $tick) (br $l))))`

  it('is where it was in a run', async () => {
    let looks = 0
    const poll = (): Error | undefined => (++looks > 3 ? new Trap('TIMEOUT', '5 ms are over') : undefined)
    const recorded = await record(SPIN, { env: { tick: () => undefined } }, { poll })
    const run = recorded.instance.prepare('spin', [], { metered: false })
    expect(run.run()).toMatchObject({ kind: 'trap', error: { code: 'TIMEOUT' } })
    const { error } = expectSame(recorded)
    expect(error).toMatchObject({ code: 'TIMEOUT', detail: '5 ms are over', frames: [{ funcIdx: 1 }] })
  })

  it('comes behind the last event of a call', async () => {
    let calls = 0
    const poll = (): Error | undefined => (calls > 5 ? new Trap('TIMEOUT', 'now') : undefined)
    const recorded = await record(SPIN, { env: { tick: () => void calls++ } }, { poll })
    expect(() => recorded.instance.call('ticks')).toThrow('now')
    expect(recorded.again().error).toMatchObject({ code: 'TIMEOUT' })
    expect(() => recorded.instance.call('spin')).toThrow('now')
    expect(recorded.again().error).toMatchObject({ code: 'TIMEOUT' })
  })

  it('in a nested call is an error that the host function may go on behind', async () => {
    let ends = false
    const poll = (): Error | undefined => (ends ? new Trap('TIMEOUT', 'now') : undefined)
    const recorded: Recorded = await record(
      `(module (import "env" "f" (func $f)) (global $n (mut i32) (i32.const 0))
        (func (export "spin") (loop $l (br $l))) (func (export "g") (call $f) (global.set $n (i32.const 4))))`,
      {
        env: {
          f: () => {
            ends = true
            expect(() => recorded.instance.call('spin')).toThrow('now')
            ends = false
          },
        },
      },
      { poll },
    )
    recorded.instance.call('g')
    expect(expectSame(recorded).error).toBeUndefined()
  })
})

describe('what else is asked of the host', () => {
  it('is whether a memory or a table may grow', async () => {
    const asked: unknown[] = []
    const recorded = await record(
      `(module (memory 1) (table 1 funcref) (global $r (mut i32) (i32.const 0))
        (func (export "grow") (param i32)
          (global.set $r (i32.add (i32.mul (global.get $r) (i32.const 10)) (memory.grow (local.get 0))))
          (global.set $r (i32.add (i32.mul (global.get $r) (i32.const 10)) (table.grow (ref.null func) (local.get 0))))))`,
      {},
      {
        limiter: (what, current, desired) => {
          asked.push([what, current, desired])
          return what === 'table' || desired < 3 * 65_536
        },
      },
    )
    recorded.instance.call('grow', 1)
    recorded.instance.call('grow', 1)
    expect(asked).toHaveLength(4)
    expectSame(recorded)
  })

  it('is how a wait ended, and how many a notification woke', async () => {
    const recorded = await record(
      `(module (memory (export "m") 1 1 shared) (global $r (mut i32) (i32.const 0))
        (func (export "wait") (result i32) (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
        (func (export "brief") (result i32) (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 1000)))
        (func (export "notify") (result i32) (memory.atomic.notify (i32.const 0) (i32.const 5))))`,
    )
    const waiting = recorded.instance.callAsync('wait')
    expect(await recorded.instance.callAsync('brief')).toBe(2)
    expect(recorded.instance.call('notify')).toBe(1)
    expect(await waiting).toBe(0)
    expect(expectSame(recorded).value).toBe(0)
  })
})

describe('a recorder', () => {
  it('records several modules of one store, which share what they export', async () => {
    const recorder = new Recorder()
    const base = engine.compile(
      parseModule(`(module (import "env" "next" (func $next (result i32)))
        (memory (export "m") 1) (global (export "g") (mut i32) (i32.const 3)) (export "next" (func $next))
        (tag (export "t") (param i32)) (table (export "tab") 2 funcref) (func (export "f") (result i32) (i32.const 40)))`),
    )
    const user = engine.compile(
      parseModule(`(module (import "b" "m" (memory 1)) (import "b" "g" (global $g (mut i32))) (import "b" "next" (func $next (result i32)))
        (import "b" "t" (tag $t (param i32))) (import "b" "tab" (table 2 funcref)) (import "b" "f" (func $f (result i32)))
        (import "env" "other" (func $other (result i32)))
        (func (export "go") (result i32)
          (global.set $g (i32.add (global.get $g) (i32.add (call $next) (i32.add (call $f) (call $other)))))
          (i32.store (i32.const 0) (global.get $g)) (global.get $g))
        (func (export "throw") (throw $t (i32.const 1))))`),
    )
    const next = (): number => 100
    const first = await base.instantiate({ env: { next } }, { record: recorder })
    const second = await user.instantiate({ b: first.exports, env: { other: next } }, { record: recorder })
    expect(second.call('go')).toBe(243)
    expect(() => second.call('throw')).toThrow('uncaught exception')
    const replayed = replay(recorder.encode(), { modules: [user, base] })
    expect(replayed.instances.map(stateOf)).toEqual([stateOf(first), stateOf(second)])
  })

  it('gives at any time what there is so far', async () => {
    const encodings: Uint8Array[] = []
    const recorded: Recorded = await record(NEXT, {
      env: {
        next: (_: HostContext, x: number) => {
          encodings.push(recorded.recorder.encode({ modules: true }))
          return x
        },
      },
    })
    encodings.push(recorded.recorder.encode({ modules: true }))
    recorded.instance.call('add', 1)
    recorded.instance.call('add', 2)
    expect(encodings.map((bytes) => replay(bytes)).map(({ isOpen, value }) => [isOpen, value])).toEqual([
      [false, undefined],
      [true, undefined],
      [true, 1],
    ])
  })

  it('takes one store only, in which nothing was before', async () => {
    const module = engine.compile(parseModule('(module)'))
    const store = new Store()
    await module.instantiate({}, { store })
    await expect(module.instantiate({}, { store, record: new Recorder() })).rejects.toMatchObject({ code: 'USAGE' })
    const recorder = new Recorder()
    await module.instantiate({}, { record: recorder })
    await expect(module.instantiate({}, { store, record: recorder })).rejects.toMatchObject({ code: 'USAGE' })
  })

  it('that has recorded nothing gives a recording of nothing', () => {
    expect(replay(new Recorder().encode())).toMatchObject({ events: 0, instances: [], isOpen: false, value: undefined })
  })
})
