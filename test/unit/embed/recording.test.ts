// Recording what comes from outside, each way in which it comes, and replaying it without a host.

import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createException, createTag } from '../../../src/embed/exceptions.ts'
import { createGlobal, createMemory, createTable, type Table } from '../../../src/embed/externs.ts'
import type { ExportedFunction } from '../../../src/embed/functions.ts'
import type { HostContext } from '../../../src/embed/host-context.ts'
import type { Memory } from '../../../src/embed/memory.ts'
import { Recorder } from '../../../src/embed/recorder.ts'
import { replay } from '../../../src/embed/replay.ts'
import { Store } from '../../../src/runtime/store.ts'
import { numberValue, vectorValue } from '../../../src/runtime/value.ts'
import { F32 } from '../../../src/syntax/types.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { engine, NEVER, promiseInto, record, expectSame, stateOf, NEXT, type Recorded } from './recorded.ts'

describe('a recorded call gives again', () => {
  it('what host functions gave, in every type', async () => {
    const values = { a: -7, b: -(2n ** 63n), c: 0.5, d: NaN }
    const recorded = await record(
      `(module (import "env" "all" (func $all (result i32 i64 f32 f64)))
        (global $a (mut i32) (i32.const 0)) (global $b (mut i64) (i64.const 0)) (global $c (mut f32) (f32.const 0))
        (global $d (mut f64) (f64.const 0))
        (func (export "f") (call $all) (global.set $d) (global.set $c) (global.set $b) (global.set $a)))`,
      { env: { all: () => Object.values(values) } },
    )
    recorded.instance.call('f')
    expectSame(recorded)
  })

  it('arguments as they were, vectors and the bits of a NaN among them', async () => {
    const recorded = await record(
      `(module (global $g (mut v128) (v128.const i32x4 0 0 0 0)) (global $n (mut f32) (f32.const 0))
        (func (export "f") (param v128 f32) (result v128)
          (global.set $g (local.get 0)) (global.set $n (local.get 1)) (local.get 0)))`,
    )
    const args = [vectorValue([1, 2, 3, -4]), numberValue(F32, 0x7fa00001)]
    await recorded.instance.prepareExact('f', args, { metered: false }).finish()
    expect(expectSame(recorded).error).toBeUndefined()
  })

  it('what a function returned and how its runs went', async () => {
    let count = 0
    const recorded = await record(NEXT, { env: { next: (_: HostContext, x: number) => x * 10 + count++ } })
    const results = [recorded.instance.call('add', 1), recorded.instance.call('add', 2)]
    const replayed = expectSame(recorded)
    expect(results).toEqual([10, 31])
    expect(replayed).toMatchObject({ value: 31, error: undefined, isOpen: false })
  })

  it('what they threw', async () => {
    const recorded = await record(
      `(module (import "env" "fail" (func $fail (param i32)))
        (global $caught (mut i32) (i32.const 0))
        (func (export "catch")
          (block $done (try_table (catch_all $done) (call $fail (i32.const 1))) (return))
          (global.set $caught (i32.const 1)))
        (func (export "pass") (call $fail (i32.const 2))))`,
      {
        env: {
          fail: (_: HostContext, x: number) => {
            throw x === 1 ? new RangeError('first') : new TypeError('second')
          },
        },
      },
    )
    recorded.instance.call('catch')
    expect(() => recorded.instance.call('pass')).toThrow(new TypeError('second'))
    const { error } = expectSame(recorded)
    expect(error).toMatchObject({ name: 'TypeError', message: 'second' })
  })

  it('exceptions of wasm, of its own tags and of the host’s', async () => {
    const own = createTag(['i32'])
    const other = createTag(['i64', 'externref'])
    const recorded = await record(
      `(module (import "env" "tag" (tag $t (param i32))) (import "env" "fail" (func $fail (param i32)))
        (global $got (mut i32) (i32.const 0))
        (func (export "catch") (block $b (result i32) (try_table (catch $t $b) (call $fail (i32.const 0))) (return)) (global.set $got))
        (func (export "pass") (call $fail (i32.const 1))))`,
      {
        env: {
          tag: own,
          fail: (_: HostContext, x: number) => {
            throw x === 0 ? createException(own, [42]) : createException(other, [5n, 'text'])
          },
        },
      },
    )
    recorded.instance.call('catch')
    expect(() => recorded.instance.call('pass')).toThrow('uncaught exception')
    const { error } = expectSame(recorded)
    expect(error).toMatchObject({ code: 'EXCEPTION', values: [5n, 'text'] })
  })

  it('a trap, with its place', async () => {
    const recorded = await record('(module (func $f unreachable) (func (export "f") (call $f)))')
    expect(() => recorded.instance.call('f')).toThrow('unreachable')
    const { error } = recorded.again()
    expect(error).toMatchObject({ code: 'TRAP_UNREACHABLE', frames: [{ funcIdx: 0 }, { funcIdx: 1 }] })
  })

  it('the start function, and one that fails', async () => {
    let fails = false
    const recorder = new Recorder()
    const module = engine.compile(
      parseModule(`(module (import "env" "f" (func $f (result i32))) (global $g (mut i32) (i32.const 0))
        (func $start (global.set $g (call $f))) (start $start))`),
    )
    const f = (): number => {
      if (fails) throw new Error('no')
      return 9
    }
    const instance = await module.instantiate({ env: { f } }, { record: recorder })
    module.instantiateSync({ env: { f } }, { record: recorder })
    fails = true
    await expect(module.instantiate({ env: { f } }, { record: recorder })).rejects.toThrow('no')
    const replayed = replay(recorder.encode(), { modules: [module] })
    expect(replayed.instances.map(stateOf).slice(0, 2)).toEqual([stateOf(instance), stateOf(instance)])
    expect(replayed.error).toMatchObject({ message: 'no' })
  })

  it('an instantiation that fails, and what it left in a table', async () => {
    const recorder = new Recorder()
    const base = engine.compile(
      parseModule('(module (table (export "t") 2 funcref) (func (export "f") (call_indirect (i32.const 0))))'),
    )
    const failing = engine.compile(
      parseModule(`(module (import "b" "t" (table 2 funcref)) (memory 0) (func $f unreachable)
        (elem (i32.const 0) $f) (data (i32.const 0) "x"))`),
    )
    const instance = await base.instantiate({}, { record: recorder })
    await expect(failing.instantiate({ b: instance.exports }, { record: recorder })).rejects.toThrow('out of bounds')
    expect(() => instance.call('f')).toThrow('unreachable')
    expect(replay(recorder.encode(), { modules: [failing, base] }).error).toMatchObject({ code: 'TRAP_UNREACHABLE' })
  })
})

describe('writes of the host are recorded', () => {
  const TOUCH = `(module (import "env" "touch" (func $touch (param i32) (result i32)))
    (memory (export "memory") 2 8)
    (global $seen (mut i32) (i32.const 0))
    (func (export "peek") (result i32) (i32.load (i32.const 64)))
    (func (export "poke") (param i32) (i32.store (i32.const 64) (local.get 0)))
    (func (export "run") (param i32) (result i32)
      (drop (call $touch (local.get 0)))
      (global.set $seen (i32.load (i32.const 64)))
      (i32.store (i32.const 128) (global.get $seen))
      (global.get $seen)))`

  const ways: readonly (readonly [name: string, write: (context: HostContext, x: number) => void])[] = [
    ['bytes of the context', (context, x) => void (context.bytes(64, 4)[0] = x)],
    ['the bytes of the memory', ({ memory }, x) => void (memory.bytes[64] = x)],
    ['its view', ({ memory }, x) => memory.view.setInt32(64, x, true)],
    ['a slice', ({ memory }, x) => void (memory.slice(60, 8)[4] = x)],
    ['write', ({ memory }, x) => void memory.write(64, Uint8Array.of(x))],
    [
      'a view from before growth, and then growth',
      ({ memory }, x) => {
        const view = memory.view
        view.setInt32(64, x, true)
        memory.grow(4)
      },
    ],
    [
      'a view from behind growth',
      ({ memory }, x) => {
        memory.grow(1)
        memory.view.setInt32(64, x, true)
      },
    ],
  ]

  it.each(ways)('through %s', async (_, write) => {
    const recorded = await record(TOUCH, {
      env: {
        touch: (context: HostContext, x: number) => {
          write(context, x)
          return 0
        },
      },
    })
    const results = [recorded.instance.call('run', 5), recorded.instance.call('run', 6)]
    expect(results).toEqual([5, 6])
    expect(expectSame(recorded).value).toBe(6)
  })

  it('through a view that was kept from an earlier call', async () => {
    let kept: Uint8Array | undefined
    const recorded = await record(TOUCH, {
      env: {
        touch: (context: HostContext, x: number) => {
          kept ??= context.bytes(64, 4)
          kept[0] = x
          return 0
        },
      },
    })
    recorded.instance.call('run', 1)
    recorded.instance.call('poke', 0x01020304)
    recorded.instance.call('run', 7)
    kept![1] = 9
    expect(recorded.instance.call('peek')).toBe(0x01020907)
    expect(expectSame(recorded).value).toBe(0x01020907)
  })

  it('before a nested call sees them, and after it', async () => {
    const seen: unknown[] = []
    const recorded: Recorded = await record(TOUCH, {
      env: {
        touch: ({ memory }: HostContext, x: number) => {
          const view = memory.view
          view.setInt32(64, x, true)
          seen.push(recorded.instance.call('peek'))
          recorded.instance.call('poke', 50)
          view.setInt32(64, view.getInt32(64, true) + 1, true)
          return 0
        },
      },
    })
    expect(recorded.instance.call('run', 5)).toBe(51)
    expect(seen).toEqual([5])
    expect(expectSame(recorded).value).toBe(51)
  })

  it('while a promise is awaited', async () => {
    const recorded = await record(TOUCH, {
      env: {
        touch: async ({ memory }: HostContext, x: number) => {
          const { view } = memory
          await Promise.resolve()
          view.setInt32(64, x, true)
          await Promise.resolve()
          return 0
        },
      },
    })
    expect(await recorded.instance.callAsync('run', 8)).toBe(8)
    expect(expectSame(recorded).value).toBe(8)
  })

  it('between calls, and of nothing else: what wasm wrote is not in the recording', async () => {
    const recorded = await record(TOUCH, { env: { touch: () => 0 } })
    const memory = recorded.instance.exports['memory'] as Memory
    memory.bytes.fill(1, 1000, 1010)
    recorded.instance.call('poke', 77)
    memory.bytes[64] = 78
    expect(recorded.instance.call('peek')).toBe(78)
    expectSame(recorded)
    const size = recorded.recorder.encode().length
    for (let i = 0; i < 10; i++) recorded.instance.call('poke', i)
    expect(recorded.recorder.encode().length - size).toBeLessThan(150)
    expectSame(recorded)
  })

  it('to memories, tables and globals of the host’s own, from what they were at first', async () => {
    const store = new Store()
    const memory = createMemory(store, { min: 1, max: 4 })
    memory.write(10, 'before')
    const global = createGlobal('i64', 5n, true)
    const fixed = createGlobal('externref', 'word')
    const table = createTable(store, { element: 'externref', min: 3, max: 10 }, 'x')
    const recorded = await record(
      `(module (import "env" "m" (memory 1 4)) (import "env" "g" (global $g (mut i64))) (import "env" "w" (global externref))
        (import "env" "t" (table 3 10 externref))
        (func (export "f") (global.set $g (i64.add (global.get $g) (i64.load (i32.const 10)))))
        (func (export "get") (param i32) (result externref) (table.get (local.get 0)))
        (func (export "word") (result externref) (global.get 1)))`,
      { env: { m: memory, g: global, t: table, w: fixed } },
      { store },
    )
    recorded.instance.call('f')
    memory.write(10, 'behind')
    memory.grow(2)
    global.value = 7n
    table.set(1, 'y')
    table.grow(4, 'z')
    table.set(6, null)
    recorded.instance.call('f')
    expect([1, 2, 3, 6].map((i) => recorded.instance.call('get', i))).toEqual(['y', 'x', 'z', null])
    expectSame(recorded)
    recorded.instance.call('word')
    expect(expectSame(recorded).value).toBe('word')
  })

  it('to exported tables of functions, which wasm then calls', async () => {
    const recorded = await record(
      `(module (import "env" "h" (func $h (result i32))) (export "h" (func $h))
        (table (export "t") 2 10 funcref)
        (func (export "one") (result i32) (i32.const 1))
        (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0))))`,
      { env: { h: () => 3 } },
    )
    const { exports } = recorded.instance
    const table = exports['t'] as Table
    table.set(0, exports['one'])
    table.grow(3, exports['h'])
    expect([0, 3].map((i) => recorded.instance.call('call', i))).toEqual([1, 3])
    expect((table.get(0) as ExportedFunction)()).toBe(1)
    expect((exports['h'] as ExportedFunction)()).toBe(3)
    expect(expectSame(recorded).value).toBe(1)
  })
})

describe('references', () => {
  it('of the host’s are the same ones again, and primitives are themselves', async () => {
    const object = { a: 1 }
    const given: unknown[] = []
    const values = [object, 'text', 1.5, -0, 2n ** 70n, -5n, true, false, undefined, null, Symbol('s'), object, () => 1]
    let next = 0
    const recorded = await record(
      `(module (import "env" "get" (func $get (result externref))) (import "env" "take" (func $take (param externref)))
        (func (export "pass") (call $take (call $get))))`,
      { env: { get: () => values[next++], take: (_: HostContext, value: unknown) => void given.push(value) } },
    )
    for (const _ of values) recorded.instance.call('pass')
    expect(given).toEqual(values)
    expect(expectSame(recorded).error).toBeUndefined()
  })

  it('of the heap come back, by whatever way the host found them', async () => {
    let held: unknown
    const recorded = await record(
      `(module (type $s (struct (field (mut i32))))
        (import "env" "keep" (func $keep (param anyref))) (import "env" "give" (func $give (result anyref)))
        (table (export "t") 1 anyref) (global (export "g") (mut anyref) (ref.null any))
        (global $read (mut i32) (i32.const 0))
        (func (export "fill") (param i32)
          (table.set (i32.const 0) (struct.new $s (i32.add (local.get 0) (i32.const 1))))
          (global.set 0 (struct.new $s (i32.add (local.get 0) (i32.const 2))))
          (call $keep (struct.new $s (local.get 0))))
        (func (export "read") (result i32)
          (global.set $read (struct.get $s 0 (ref.cast (ref $s) (call $give)))) (global.get $read)))`,
      { env: { keep: (_: HostContext, ref: unknown) => void (held = ref), give: () => held } },
    )
    const { instance } = recorded
    instance.call('fill', 10)
    expect(instance.call('read')).toBe(10)
    held = (instance.exports['t'] as Table).get(0)
    expect(instance.call('read')).toBe(11)
    instance.call('fill', 20)
    expect(instance.call('read')).toBe(20)
    held = (instance.exports['g'] as { value: unknown }).value
    expect(instance.call('read')).toBe(22)
    held = 5
    expect(() => instance.call('read')).toThrow('cast failure')
    expect(expectSame(recorded).error).toMatchObject({ code: 'TRAP_CAST' })
  })

  it('of another store cannot be recorded, and say so', async () => {
    const other = await engine
      .compile(parseModule('(module (func (export "f")) (memory (export "m") 1))'))
      .instantiate()
    await expect(record('(module (import "o" "f" (func)))', { o: other.exports })).rejects.toMatchObject({
      code: 'RECORD_FOREIGN',
    })
    await expect(record('(module (import "o" "m" (memory 1)))', { o: other.exports })).rejects.toMatchObject({
      code: 'RECORD_FOREIGN',
    })
    const recorded = await record('(module (table (export "t") 1 funcref))')
    const table = recorded.instance.exports['t'] as Table
    expect(() => table.set(0, other.exports['f'])).toThrow('belongs to another store')
    expect(table.get(0)).toBe(null)
  })
})

describe('the order of things is kept', () => {
  it('of several runs that wait, settled in another order, with calls in between', async () => {
    const settle: ((x: number) => void)[] = []
    const recorded = await record(NEXT, {
      env: {
        next: (_: HostContext, x: number) => (x < 0 ? -x : promiseInto(settle)),
      },
    })
    const { instance } = recorded
    const runs = [1, 2, 3].map((x) => instance.callAsync('add', x))
    await setImmediate()
    settle[2]!(300)
    await runs[2]
    instance.call('add', -5)
    settle[0]!(100)
    settle[1]!(20)
    expect(await Promise.all(runs)).toEqual([100, 20, 300])
    expect(expectSame(recorded).value).toBe(20)
  })

  it('of runs in slices of fuel, with writes in between that they see', async () => {
    const recorded = await record(
      `(module (memory (export "memory") 1) (global $g (mut i32) (i32.const 0))
        (func (export "spin") (param i32) (result i32) (local $i i32)
          (loop $l
            (global.set $g (i32.add (i32.mul (global.get $g) (i32.const 31)) (i32.load8_u (i32.const 0))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $l (i32.lt_u (local.get $i) (local.get 0))))
          (global.get $g)))`,
    )
    const { instance } = recorded
    const memory = instance.exports['memory'] as Memory
    const [a, b] = [instance.start('spin', 100), instance.start('spin', 70)]
    const states = [a, b, a, a, b, a].map((run, i) => {
      memory.write(0, Uint8Array.of(i))
      return run.run({ fuel: 200 + 7 * i }).kind
    })
    expect(states).toEqual(['fuel', 'fuel', 'fuel', 'fuel', 'fuel', 'fuel'])
    while (!b.finished) b.step()
    a.run()
    const { fuelUsed, error } = expectSame(recorded)
    expect([fuelUsed, error]).toEqual([a.fuelUsed + b.fuelUsed, undefined])
  })

  it('and slices between which nothing happens take no room', async () => {
    const recorded = await record('(module (func (export "spin") (loop $l (br $l))))')
    const run = recorded.instance.start('spin')
    run.run({ fuel: 100 })
    const { length } = recorded.recorder.encode()
    for (let i = 0; i < 50; i++) run.run({ fuel: 100 })
    expect(recorded.recorder.encode().length).toBeLessThanOrEqual(length + 4)
    expect(recorded.again().fuelUsed).toBe(5100)
    run.abort()
    expect(recorded.again().fuelUsed).toBe(5100)
  })

  it('of stops at breakpoints, and of single steps', async () => {
    const recorded = await record(NEXT, { env: { next: (_: HostContext, x: number) => x } })
    const { instance } = recorded
    const memory = instance.exports['memory'] as Memory
    const { code } = instance.runtime.compiled.module.funcs[0]!
    const run = instance.start('add', 5)
    run.step()
    memory.write(100, 'step')
    // The end of the function, behind which nothing costs fuel.
    run.breakpoints.add(code.end - 1)
    expect(run.run().kind).toBe('breakpoint')
    memory.write(200, 'break')
    expect(run.run()).toEqual({ kind: 'done', value: 5 })
    const replayed = expectSame(recorded)
    expect([replayed.fuelUsed, replayed.value]).toEqual([run.fuelUsed, 5])
  })

  it('of rejected promises, and of those that come too late', async () => {
    const recorded = await record(NEXT, {
      env: {
        next: (_: HostContext, x: number) => (x === 1 ? Promise.reject(new Error('late')) : new Promise<number>(NEVER)),
      },
    })
    await expect(recorded.instance.callAsync('add', 1)).rejects.toThrow('late')
    expect(expectSame(recorded).error).toMatchObject({ message: 'late' })
    const run = recorded.instance.start('add', 2)
    expect(run.run().kind).toBe('host')
    run.abort()
    expectSame(recorded)
  })

  it('of fuel that host functions take', async () => {
    const recorded = await record(NEXT, {
      env: {
        next: (context: HostContext, x: number) => {
          context.charge(1000 + x)
          return x
        },
      },
    })
    const run = recorded.instance.start('add', 5)
    expect(run.run({ fuel: 100 }).kind).toBe('fuel')
    run.run()
    expect(run.fuelUsed).toBeGreaterThan(1005)
    expect(recorded.again().fuelUsed).toBe(run.fuelUsed)
  })

  it('of calls in calls in calls', async () => {
    const recorded: Recorded = await record(NEXT, {
      env: {
        next: (_: HostContext, x: number): number => {
          if (x === 0) return 1
          const inner = recorded.instance.start('add', x - 1)
          inner.run({ fuel: 3 })
          const result = inner.run()
          return (result as { value: number }).value + (recorded.instance.call('add', 0) as number)
        },
      },
    })
    const result = recorded.instance.call('add', 4)
    expect(expectSame(recorded).value).toBe(result)
  })
})
