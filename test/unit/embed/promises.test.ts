// Runs that wait for promises of host functions: given up while they wait, rejected, never looked at. No unhandled rejection is ours.

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Engine, run as runModule, type HostContext, type Instance } from '../../../src/index.ts'
import { parseModule } from '../../../src/text/parse-module.ts'

const TEXT = '(module (import "a" "f" (func (result i32))) (func (export "run") (result i32) (call 0)))'
const module = new Engine().compile(parseModule(TEXT))

interface Pending {
  readonly instance: Instance
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
}

/** An instance whose import gives a promise that the test settles. */
function pending(): Pending {
  let resolve!: Pending['resolve']
  let reject!: Pending['reject']
  const promise = new Promise((...both) => {
    ;[resolve, reject] = both
  })
  return { instance: module.instantiateSync({ a: { f: () => promise } }), resolve, reject }
}

const unhandled: unknown[] = []
const note = (reason: unknown): void => void unhandled.push(reason)

beforeEach(() => {
  unhandled.length = 0
  process.on('unhandledRejection', note)
})

afterEach(async () => {
  await nextTurn()
  await nextTurn()
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

describe('a run that is aborted while it waits', () => {
  it.each(['resolve', 'reject'] as const)('does not care that the promise is settled later: %s', async (how) => {
    const { instance, ...settle } = pending()
    const run = instance.start('run')
    const state = run.run()
    if (state.kind !== 'host') throw new Error(state.kind)
    run.abort()
    settle[how](how === 'resolve' ? 1 : new Error('too late'))
    expect(await state.promise).toBeUndefined()
    expect(run.finished).toBe(true)
    expect(() => run.run()).toThrow('the run has ended')
  })

  it('lets those go on who await it, though the promise is never settled', async () => {
    const { instance } = pending()
    const run = instance.start('run')
    const finished = run.finish()
    await nextTurn()
    run.abort()
    await expect(finished).rejects.toMatchObject({ name: 'Trap', code: 'ABORTED' })
  })

  it('may be aborted again', () => {
    const { instance } = pending()
    const run = instance.start('run')
    run.run()
    run.abort()
    run.abort()
    expect(run.finished).toBe(true)
  })
})

describe('a promise that is rejected', () => {
  it('is no unhandled rejection where nobody awaits the run any more', async () => {
    const { instance, reject } = pending()
    const run = instance.start('run')
    expect(run.run().kind).toBe('host')
    reject(new Error('ignored'))
    await nextTurn()
    expect(run.finished).toBe(true)
  })

  it('rejects the promise of the state, and what finishes the run', async () => {
    const { instance, reject } = pending()
    const error = new TypeError('mine')
    const run = instance.start('run')
    const state = run.run()
    reject(error)
    await expect(run.finish()).rejects.toBe(error)
    if (state.kind === 'host') await expect(state.promise).rejects.toBe(error)
  })

  it.each([undefined, null, 7, 'text', Symbol('s')])('with no Error is the cause of one: %s', async (reason) => {
    const { instance, reject } = pending()
    reject(reason)
    await expect(instance.callAsync('run')).rejects.toMatchObject({
      name: 'HostThrow',
      code: 'HOST_THROW',
      cause: reason,
    })
  })

  it('behind the end of a command is no unhandled rejection', async () => {
    const controller = new AbortController()
    let reject!: (reason: unknown) => void
    const promise = new Promise((_, no) => {
      reject = no
    })
    const result = await runModule(module, {
      invoke: 'run',
      signal: controller.signal,
      imports: {
        a: {
          f: () => {
            setTimeout(() => controller.abort(), 0)
            return promise
          },
        },
      },
    })
    expect(result.trap?.code).toBe('ABORTED')
    reject(new Error('too late'))
  })
})

it("a promise is nobody's where the run ends behind the host function, and the host function is told", async () => {
  const text = `(module (import "a" "f" (func (result i32))) (func (export "run") (result i32) (call 0))
    (func (export "spin") (loop (br 0))))`
  const signals: AbortSignal[] = []
  const instance: Instance = new Engine().compile(parseModule(text)).instantiateSync(
    {
      a: {
        f: ({ signal }: HostContext) => {
          signals.push(signal)
          instance.start('spin').run({ fuel: 5 })
          return Promise.reject(new Error('nobody wants this'))
        },
      },
    },
    { concurrency: 'nested' },
  )
  expect(instance.start('run').run()).toMatchObject({ kind: 'trap', error: { code: 'INSTANCE_BUSY' } })
  await nextTurn()
  expect(signals.map(({ aborted }) => aborted)).toEqual([true])
})

describe('fuel that a host function takes before it gives a promise', () => {
  it('ends a command where it is more than there is', async () => {
    const f = ({ charge }: { charge: (fuel: number) => void }): Promise<number> => {
      charge(1000)
      return Promise.resolve(1)
    }
    const text = `(module (import "a" "f" (func (result i32)))
      (func (export "run") (result i32) (drop (call 0)) (loop (br 0)) (unreachable)))`
    const options = { invoke: 'run', fuel: 10, imports: { a: { f } } }
    const result = await runModule(new Engine().compile(parseModule(text)), options)
    expect(result.trap?.code).toBe('FUEL_EXHAUSTED')
  })
})
