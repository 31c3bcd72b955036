// Waiting at an address of shared memory: every timeout, wherever one may not block, and with a limit on the time (adversarial.md 45).

import { spawnSync } from 'node:child_process'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Engine, Trap, run, type Instance } from '../../src/index.ts'
import { parseModule } from '../../src/text/parse-module.ts'
import { thrownBy } from '../unit/interpret/wat-instance.ts'
import { projectRoot } from '../source-tree.ts'

const LONGEST = 2n ** 63n - 1n

const engine = new Engine({ features: { threads: true } })
const MODULE = engine.compile(
  parseModule(`(module (memory (export "m") 1 2 shared)
    (func (export "wait32") (param i32 i32 i64) (result i32) (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "wait64") (param i32 i64 i64) (result i32) (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1)))
    (func $deep (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.add (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
        (else (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))
    (export "deep" (func $deep))
    (func (export "_start") (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))))`),
)
const instance = (): Instance => MODULE.instantiateSync()

afterEach(() => {
  vi.restoreAllMocks()
})

const WAITS = [
  ['wait32', 0, 1],
  ['wait64', 0n, 1n],
] as const

describe('a wait (adversarial.md 45)', () => {
  it.each(WAITS)(
    '%s with timeout 0 is over at once: timed out where the value is there, not equal where not',
    async (name, same, other) => {
      const own = instance()
      expect([own.call(name, 0, same, 0n), own.call(name, 0, other, 0n)]).toEqual([2, 1])
      expect(await own.callAsync(name, 0, same, 0n)).toBe(2)
      expect(await own.callAsync(name, 0, other, 0n)).toBe(1)
    },
  )

  it.each(WAITS)('%s for any other value is over at once, whatever its timeout', async (name, _, other) => {
    const own = instance()
    for (const timeout of [-1n, LONGEST, -LONGEST - 1n, 1n]) {
      expect(own.call(name, 0, other, timeout)).toBe(1)
      expect(await own.callAsync(name, 0, other, timeout)).toBe(1)
    }
  })

  it.each(
    WAITS.flatMap(([name, same]) => [-1n, LONGEST, -LONGEST - 1n].map((timeout) => [name, timeout, same] as const)),
  )('%s with timeout %i waits until it is notified, and nobody else is woken', async (name, timeout, same) => {
    const own = instance()
    const call = own.prepare(name, [0, same, timeout], { metered: false })
    const other = own.start(name, 8, same, timeout)
    expect([call.run().kind, other.run().kind]).toEqual(['host', 'host'])
    expect([own.call('notify', 0, 0), own.call('notify', 0, 10), own.call('notify', 0, 10)]).toEqual([0, 1, 0])
    expect(await call.finish()).toBe(0)
    expect(other.run.bind(other)).toThrow('waits')
    other.abort()
  })

  it.each(WAITS)('%s with a timeout that passes is timed out, blocked or suspended', async (name, same) => {
    const own = instance()
    expect(own.call(name, 0, same, 1_000_000n)).toBe(2)
    expect(await own.callAsync(name, 0, same, 1_000_000n)).toBe(2)
    expect(own.call('notify', 0, -1)).toBe(0)
  })

  it('wakes as many as are asked for, those first who came first', async () => {
    const own = instance()
    const runs = Array.from({ length: 5 }, () => own.start('wait32', 0, 0, -1n))
    for (const each of runs) expect(each.run().kind).toBe('host')
    expect(own.call('notify', 0, 2)).toBe(2)
    expect(await Promise.all(runs.slice(0, 2).map((each) => each.finish()))).toEqual([0, 0])
    expect([own.call('notify', 0, -1), own.call('notify', 0, -1)]).toEqual([3, 0])
    expect(await Promise.all(runs.slice(2).map((each) => each.finish()))).toEqual([0, 0, 0])
  })

  it('in a deep stack suspends it as it is, beside others, and counts its fuel on', async () => {
    const own = instance()
    const runs = [own.start('deep', 100), own.start('deep', 200)]
    for (const each of runs) expect(each.run({ fuel: 100_000 }).kind).toBe('host')
    expect(runs.map(({ depth }) => depth)).toEqual([101, 201])
    const used = runs.map(({ fuelUsed }) => fuelUsed)
    expect(own.call('notify', 0, -1)).toBe(2)
    expect(await Promise.all(runs.map((each) => each.finish()))).toEqual([100, 200])
    runs.forEach((each, i) => expect(each.fuelUsed).toBeGreaterThan(used[i]!))
  })

  it('that suspends never blocks', () => {
    const block = vi.spyOn(Atomics, 'wait')
    const call = instance().start('wait32', 0, 0, -1n)
    expect(call.run().kind).toBe('host')
    call.abort()
    expect(block).not.toHaveBeenCalled()
  })

  it('where the host lets nobody block, as on the main thread of a page, traps and does not hang', () => {
    vi.spyOn(Atomics, 'wait').mockImplementation(() => {
      throw new TypeError('Atomics.wait cannot be called in this context')
    })
    const error = thrownBy(() => instance().call('wait32', 0, 0, -1n))
    expect(error).toBeInstanceOf(Trap)
    expect(error).toMatchObject({
      code: 'TRAP_CANNOT_BLOCK',
      message: 'the host does not let this thread block: start the call as a run, which can suspend',
    })
    expect((error as Trap).frames).toHaveLength(1)
  })

  it('where the host has no waitAsync blocks, and so ends', async () => {
    const { waitAsync } = Atomics as { waitAsync?: unknown }
    Object.assign(Atomics, { waitAsync: undefined })
    try {
      expect(await instance().callAsync('wait32', 0, 0, 1_000_000n)).toBe(2)
    } finally {
      Object.assign(Atomics, { waitAsync })
    }
  })

  it('that blocks is ended by the poll of its instance', () => {
    let looks = 0
    const own = MODULE.instantiateSync({}, { poll: () => (++looks < 3 ? undefined : new Trap('TIMEOUT')) })
    expect(thrownBy(() => own.call('wait32', 0, 0, -1n))).toMatchObject({ code: 'TIMEOUT' })
    expect(looks).toBe(3)
  })

  it('for ever is ended by the timeout of a run', async () => {
    expect(await run(MODULE, { timeout: 50 })).toMatchObject({ exitCode: 124, trap: { code: 'TIMEOUT' } })
  })

  it('keeps the host from ending, until it is over or given up', () => {
    const program = (last: string): string => `
      import { Engine } from 'heddle'
      import { parseWat } from 'heddle/wat'
      const text = '(module (memory 1 1 shared) (func (export "f") (result i32) (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 50_000_000))))'
      const instance = new Engine({ features: { threads: true } }).compile(parseWat(text)).instantiateSync()
      const call = instance.start('f')
      call.run()
      ${last}`
    const outputOf = (last: string): string =>
      spawnSync(process.execPath, ['--input-type=module', '-e', program(last)], { cwd: projectRoot, encoding: 'utf8' })
        .stdout
    expect(outputOf('console.log(await call.finish())')).toBe('2\n')
    expect(outputOf('call.abort(); process.on("exit", () => console.log("ended"))')).toBe('ended\n')
  })
})
