// Runs under a budget: they pause, end in time, when a signal says so and when their fuel is used up, and the event loop turns meanwhile.

import { setImmediate as nextTurn, setTimeout as sleepFor } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createMemory, run, Store, type HostContext, type Instance, type Memory } from '../../../src/index.ts'
import { Wasi, wasiProvider } from '../../../src/wasi.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { codeOf, instantiateText } from '../../adversarial/module-text.ts'

const FOREVER = '(module (func (export "f") (loop (br 0))))'
const COUNT = `(module (func (export "f") (param i32) (result i32) (local i32)
  (loop (local.set 1 (i32.add (local.get 1) (local.get 0)))
    (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
  (local.get 1)))`

/** Counts how often a timer of so many milliseconds fires while something is under way. */
async function firings(ms: number, work: () => Promise<unknown>): Promise<number> {
  let count = 0
  const timer = setInterval(() => count++, ms)
  await work()
  clearInterval(timer)
  return count
}

describe('run({ sliceMs })', () => {
  it.each([true, false])(
    'stops with a pause, as often as it is asked for, and comes to the same (metered: %s)',
    (metered) => {
      const instance = instantiateText(COUNT)
      const counting = instance.prepare('f', [1_000_000], { metered })
      let pauses = 0
      let state = counting.run({ sliceMs: 0 })
      for (; state.kind === 'pause'; state = counting.run({ sliceMs: 0 })) {
        pauses++
        if (pauses % 64 === 0) expect(instance.call('f', 10)).toBe(55)
      }
      expect(state).toEqual({ kind: 'done', value: instance.call('f', 1_000_000) })
      expect(pauses).toBeGreaterThan(10)
    },
  )

  it('pauses in front of a basic block: nothing of it is charged', () => {
    const instance = instantiateText(COUNT)
    const whole = instance.start('f', 100_000)
    whole.run()
    const counting = instance.start('f', 100_000)
    while (counting.run({ sliceMs: 0 }).kind === 'pause') expect((counting.fuelUsed - 1) % 9).toBeLessThan(9)
    expect(counting.fuelUsed).toBe(whole.fuelUsed)
  })

  it('pauses between host calls, too, and keeps what lies on the stack', () => {
    let calls = 0
    const instance = instantiateText(
      `(module (import "a" "h" (func $h (result i32))) (func (export "f") (result i32) (local i32)
        (i32.const 1000) (loop (call $h) (br_if 0)) (i32.const 7) (i32.add)))`,
      { a: { h: () => (++calls < 10_000 ? 1 : 0) } },
    )
    const calling = instance.start('f')
    let pauses = 0
    let state = calling.run({ sliceMs: 0 })
    for (; state.kind === 'pause'; state = calling.run({ sliceMs: 0 })) pauses++
    expect([state, calls, pauses > 5]).toEqual([{ kind: 'done', value: 1007 }, 10_000, true])
  })

  it.each([-1, NaN, '5'])('takes milliseconds, not %s', (sliceMs) => {
    const counting = instantiateText(COUNT).start('f', 1)
    expect(codeOf(() => counting.run({ sliceMs: sliceMs as number }))).toBe('USAGE')
    expect(counting.run()).toEqual({ kind: 'done', value: 1 })
  })
})

describe('an endless loop', () => {
  it.each([true, false])('ends by its timeout while a timer of 10 ms keeps firing (metered: %s)', async (metered) => {
    const endless = instantiateText(FOREVER).prepare('f', [], { metered })
    endless.run({ sliceMs: 1 })
    const count = await firings(10, () =>
      expect(endless.finish({ timeout: 500 })).rejects.toMatchObject({ code: 'TIMEOUT', frames: [{ funcIdx: 0 }] }),
    )
    expect(count).toBeGreaterThan(1)
    expect(endless.finished).toBe(true)
  })

  it('ends by a signal that a timer raises, while another keeps firing', async () => {
    const endless = instantiateText(FOREVER).prepare('f', [], { metered: false })
    const controller = new AbortController()
    setTimeout(() => controller.abort(new Error('enough')), 500)
    const ended = expect(endless.finish({ signal: controller.signal })).rejects.toMatchObject({
      code: 'ABORTED',
      cause: { message: 'enough' },
    })
    expect(await firings(10, () => ended)).toBeGreaterThan(1)
  })

  it('under `run` lets the loop turn as well, in the start function and in the program', async () => {
    for (const text of [FOREVER, '(module (func $s (loop (br 0))) (start $s) (func (export "f")))']) {
      const ended = run(parseModule(text), { invoke: 'f', timeout: 500 })
      expect(await firings(10, () => ended)).toBeGreaterThan(1)
      expect((await ended).exitCode).toBe(124)
    }
  })

  it('in a call that a host function makes ends with the run below it', async () => {
    const instance: Instance = instantiateText(
      '(module (import "a" "h" (func $h)) (func (export "f") (call $h)) (func (export "forever") (loop (br 0))))',
      { a: { h: () => instance.call('forever') } },
    )
    await expect(instance.start('f').finish({ timeout: 20 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    await expect(instance.prepare('f', [], { metered: false }).finish({ timeout: 20 })).rejects.toMatchObject({
      code: 'TIMEOUT',
    })
  })

  it('without a budget of time is not sliced: nobody else has a turn before its fuel is used up', async () => {
    let turned = false
    setTimeout(() => (turned = true), 0)
    await expect(instantiateText(FOREVER).start('f').finish({ fuel: 3_000_000 })).rejects.toMatchObject({
      code: 'FUEL_EXHAUSTED',
    })
    expect(turned).toBe(false)
  })
})

describe('a run that was ended', () => {
  const text = `(module (import "a" "h" (func $h (result i32))) (memory (export "m") 1)
    (func (export "f") (i32.store (i32.const 0) (call $h)))
    (func (export "peek") (result i32) (i32.load (i32.const 0))))`

  it('is not touched by what its promise comes to later, and the instance can be called again', async () => {
    let resolve: (value: number) => void = () => undefined
    const h = (): Promise<number> =>
      new Promise((settle) => {
        resolve = settle
      })
    const instance = instantiateText(text, { a: { h } })
    await expect(instance.start('f').finish({ timeout: 1 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    resolve(5)
    await nextTurn()
    expect(instance.call('peek')).toBe(0)
    const again = instance.async['f']!()
    resolve(6)
    await again
    expect(instance.call('peek')).toBe(6)
  })

  it.each<[string, (context: HostContext) => unknown, (instance: Instance) => Promise<unknown>, unknown]>([
    ['a timeout', () => undefined, (instance) => instance.start('f').finish({ timeout: 1 }), { code: 'TIMEOUT' }],
    ['an abort', () => undefined, abortedSoon, { message: 'mine' }],
    [
      'a call that cannot wait',
      () => undefined,
      (instance) => Promise.resolve().then(() => instance.call('f')),
      { code: 'ASYNC_IMPORT' },
    ],
  ])('by %s raises the signal of the host function that it waited for', async (_, __, end, reason) => {
    let signal: AbortSignal | undefined
    const h = (context: HostContext): Promise<number> => {
      signal = context.signal
      expect(context.signal).toBe(signal)
      return new Promise(() => {})
    }
    const instance = instantiateText(text, { a: { h } })
    await expect(end(instance)).rejects.toBeInstanceOf(Error)
    expect([signal?.aborted, signal?.reason]).toEqual([true, expect.objectContaining(reason as object)])
  })

  it('raises no signal of a host function that had its turn', async () => {
    const signals: AbortSignal[] = []
    const h = (context: HostContext): Promise<number> => {
      signals.push(context.signal)
      return signals.length === 1 ? Promise.resolve(1) : new Promise(() => {})
    }
    const twice = text.replace('(call $h)', '(i32.add (call $h) (call $h))')
    const waiting = instantiateText(twice, { a: { h } }).start('f')
    await (waiting.run() as { promise: Promise<void> }).promise
    expect(waiting.run().kind).toBe('host')
    waiting.abort()
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true])
  })

  it('in a call of WASI gets nothing of it later: what was read then is not written to its memory', async () => {
    let give: (bytes: Uint8Array) => void = () => undefined
    const stdin = (): Promise<Uint8Array> =>
      new Promise((resolve) => {
        give = resolve
      })
    const instance = instantiateText(
      `(module (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1) (data (i32.const 4) "\\08\\00\\00\\00")
        (func (export "read") (result i32)
          (i32.store (i32.const 0) (i32.const 100)) (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 64))))`,
      {},
      { wasi: wasiProvider(new Wasi({ stdin })) },
    )
    const bytes = (): string => instance.memory!.string(100, 4)
    const reading = instance.start('read')
    reading.run()
    reading.abort()
    give(new TextEncoder().encode('late'))
    await nextTurn()
    expect([bytes(), instance.memory!.view.getInt32(64)]).toEqual(['\0\0\0\0', 0])
    // It is there for who reads next.
    expect([await instance.callAsync('read'), bytes()]).toEqual([0, 'late'])
  })

  it('by a timeout has closed the files of its program, and what was written to them is there', async () => {
    const program = parseModule(`(module
      (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1) (data (i32.const 0) "out") (data (i32.const 16) "\\00\\00\\00\\00\\03\\00\\00\\00")
      (func (export "_start")
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 1) (i64.const 0x40) (i64.const 0) (i32.const 0) (i32.const 32)))
        (drop (call $write (i32.load (i32.const 32)) (i32.const 16) (i32.const 1) (i32.const 36)))
        (loop (br 0))))`)
    const result = await run(program, { fs: {}, timeout: 50 })
    expect([result.exitCode, result.trap?.code]).toEqual([124, 'TIMEOUT'])
    expect(new TextDecoder().decode(result.fs['/out'])).toBe('out')
  })
})

async function abortedSoon(instance: Instance): Promise<unknown> {
  const started = instance.start('f')
  const finished = started.finish()
  await Promise.resolve()
  started.abort(new Error('mine'))
  return finished
}

describe('many runs', () => {
  it('that wait for timers finish in the order of the timers: 1,000 in one instance', async () => {
    const fired: number[] = []
    const sleep = async (_: unknown, ms: number): Promise<void> => {
      await sleepFor(ms)
      fired.push(ms)
    }
    const instance = instantiateText(
      `(module (import "a" "sleep" (func $sleep (param i32)))
        (func $deep (param i32 i32) (if (local.get 1) (then (call $deep (local.get 0) (i32.sub (local.get 1) (i32.const 1)))) (else (call $sleep (local.get 0)))))
        (func (export "f") (param i32) (result i32) (call $deep (local.get 0) (i32.const 20)) (local.get 0)))`,
      { a: { sleep } },
    )
    // All begin at once, in an order that is not that of their ends.
    const times = Array.from({ length: 1000 }, (_, i) => (i * 367) % 1000)
    const ended: number[] = []
    const finished = Promise.all(times.map(async (ms) => ended.push((await instance.callAsync('f', ms)) as number)))
    expect(fired).toEqual([])
    await finished
    expect(ended).toEqual(fired)
    expect(ended).not.toEqual(times)
    expect(ended.toSorted((a, b) => a - b)).toEqual(times.toSorted((a, b) => a - b))
  })

  it('in several instances take turns under a budget of time', async () => {
    const ended: string[] = []
    const runs = ['long', 'short'].map(async (name) => {
      const rounds = name === 'long' ? 3_000_000 : 1_000
      await instantiateText(COUNT).prepare('f', [rounds], { metered: false }).finish({ sliceMs: 0 })
      ended.push(name)
    })
    await Promise.all(runs)
    expect(ended).toEqual(['short', 'long'])
  })
})

describe('a run', () => {
  it('takes no option that would do nothing', async () => {
    const forever = instantiateText(FOREVER)
    const finish = (options: object): Promise<unknown> => forever.start('f').finish(options)
    await expect(finish({ timeoutMs: 50 })).rejects.toThrow(
      'finish has no option "timeoutMs"; did you mean "timeout"? It has fuel, timeout, signal, sliceMs',
    )
    await expect(finish(50 as unknown as object)).rejects.toThrow(
      'finish takes an object with options (fuel, timeout, signal',
    )
    expect(() => forever.start('f').run({ timeout: 50 } as object)).toThrow(
      'run has no option "timeout". It has fuel, sliceMs',
    )
    expect(() => forever.start('f').finishSync({ signal: AbortSignal.abort() } as object)).toThrow(
      'finishSync has no option "signal". It has fuel, timeout',
    )
  })

  it('that `finish` drives cannot be driven by somebody else, and says so', async () => {
    const endless = instantiateText(FOREVER).start('f')
    const finished = endless.finish({ timeout: 30 })
    expect(codeOf(() => endless.run())).toBe('RUN_BUSY')
    expect(codeOf(() => endless.finishSync())).toBe('RUN_BUSY')
    await expect(endless.finish()).rejects.toMatchObject({ code: 'RUN_BUSY' })
    await expect(finished).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  it('is aborted by whoever disposes of it, where it has not ended', async () => {
    const instance = instantiateText(FOREVER)
    const [first, second] = [instance.start('f'), instance.start('f')]
    first[Symbol.dispose]()
    await second[Symbol.asyncDispose]()
    expect([first.finished, second.finished]).toEqual([true, true])
    const done = instantiateText(COUNT).start('f', 1)
    done.run()
    done[Symbol.dispose]()
    expect(done.finished).toBe(true)
  })

  it('goes to its end without waiting, or says for what it would wait, and can be finished then', async () => {
    expect(instantiateText(COUNT).start('f', 4).finishSync()).toBe(10)
    const instance = instantiateText(
      '(module (import "a" "h" (func (result i32))) (func (export "f") (result i32) (i32.add (call 0) (i32.const 1))))',
      { a: { h: () => Promise.resolve(4) } },
    )
    const waiting = instance.start('f')
    expect(codeOf(() => waiting.finishSync())).toBe('ASYNC_IMPORT')
    expect(await waiting.finish()).toBe(5)
  })

  it('to its end without waiting is held to time and fuel', () => {
    const endless = instantiateText(FOREVER)
    expect(codeOf(() => endless.start('f').finishSync({ timeout: 5 }))).toBe('TIMEOUT')
    expect(codeOf(() => endless.start('f').finishSync({ fuel: 1000 }))).toBe('FUEL_EXHAUSTED')
  })
})

describe('an awaited import', () => {
  it('is one whose function gives a promise or anything that has `then`', async () => {
    const text = '(module (import "a" "h" (func (result i32))) (func (export "f") (result i32) (call 0)))'
    // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
    const thenable = { then: (resolve: (value: number) => void) => resolve(8) }
    for (const [given, expected] of [
      [Promise.resolve(7), 7],
      [thenable, 8],
    ] as const) {
      const instance = instantiateText(text, { a: { h: () => given } })
      expect(await instance.async['f']!()).toBe(expected)
      expect(codeOf(() => instance.call('f'))).toBe('ASYNC_IMPORT')
    }
  })

  it('that gives references awaits promises alone: what else has `then` is a reference, and is not looked at', async () => {
    const text = '(module (import "a" "h" (func (result externref))) (func (export "f") (result externref) (call 0)))'
    let given: unknown
    const instance = instantiateText(text, { a: { h: () => given } })
    given = Promise.resolve(5)
    expect(await instance.callAsync('f')).toBe(5)
    given = {
      // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
      get then(): never {
        throw new Error('somebody looked')
      },
    }
    expect(instance.call('f') === given).toBe(true)
  })

  it('may be one of a memory that grows while it waits', async () => {
    const memory = createMemory(new Store(), { min: 1, max: 3 })
    const instance = instantiateText(
      `(module (import "a" "m" (memory 1 3)) (import "a" "h" (func))
        (func (export "f") (result i32) (call 0) (i32.load8_u (i32.const 65536))))`,
      {
        a: {
          m: memory,
          h: async (context: { memory: Memory }) => {
            await Promise.resolve()
            context.memory.grow(1)
            context.memory.bytes[65_536] = 9
          },
        },
      },
    )
    expect(await instance.callAsync('f')).toBe(9)
  })
})

it('an abort from within the run is refused, and nothing comes of it later', async () => {
  const refusals: string[] = []
  const instance = instantiateText(
    `(module (import "a" "h" (func $h (param i32) (result i32)))
      (func (export "f") (result i32) (drop (call $h (i32.const 0))) (call $h (i32.const 1))))`,
    {
      a: {
        h: (_, isSecond: number) => {
          if (isSecond === 1) return Promise.resolve(7)
          refusals.push(codeOf(() => started.abort()))
          return 0
        },
      },
    },
  )
  const started = instance.start('f')
  expect([await started.finish(), refusals]).toEqual([7, ['RUN_BUSY']])
})

it.each([{}, null, 'now'])('%j is no signal, which is found out before anything runs', async (signal) => {
  const started = instantiateText(COUNT).start('f', 10)
  await expect(started.finish({ signal: signal as unknown as AbortSignal })).rejects.toMatchObject({ code: 'USAGE' })
  expect([started.finished, started.fuelUsed]).toEqual([false, 0])
})
