// `run` with `record`, `replay` and `deterministic`: whole programs, with clocks, randomness, files and input.

import { createCipheriv, createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Engine } from '../../../src/embed/engine.ts'
import { Recorder } from '../../../src/embed/recorder.ts'
import { run, type RunOptions } from '../../../src/command/run.ts'
import type { RunResult } from '../../../src/command/run-result.ts'
import { wat2wasm } from '../../../src/command/convert.ts'

const read = (path: string): Uint8Array => readFileSync(new URL(`../../../${path}`, import.meta.url))
const words = read('examples/c/words.wasm')
const hello = read('examples/c/hello.wasm')
const NEVER = (): void => undefined

function shown({ exitCode, results, stdout, stderr, trap }: RunResult): unknown {
  return { exitCode, results, stdout, stderr, trap: trap?.message, frames: trap?.frames.map(({ offset }) => offset) }
}

/** Runs and replays: the result, which must be the same. */
async function both(source: Uint8Array, options: RunOptions): Promise<RunResult> {
  const result = await run(source, { ...options, record: true })
  const replayed = await run(source, { replay: result.recording! })
  expect(shown(replayed)).toEqual(shown(result))
  if (result.fuelUsed !== undefined) expect(replayed.fuelUsed).toBe(result.fuelUsed)
  return result
}

describe('a recorded program does the same again', () => {
  it('with arguments, variables and an exit code', async () => {
    expect((await both(hello, { args: ['you', 'ä'], env: { LANG: 'C' }, fuel: Infinity })).stdout).toBe(
      'Hello, you!\nHello, ä!\n',
    )
    expect((await both(hello, {})).exitCode).toBe(1)
  })

  it('that has read files and standard input, also as it came', async () => {
    expect((await both(words, { args: ['in.txt'], fs: { '/in.txt': 'a b a' } })).stdout).toContain('66.7 % a')
    expect((await both(words, { stdin: 'c c c' })).stdout).toContain('100.0 % c')
    const pieces = ['later ', 'later', null]
    const stdin = async (): Promise<Uint8Array | null> => {
      await sleep(1)
      const piece = pieces.shift() ?? null
      return piece === null ? null : Buffer.from(piece)
    }
    expect((await both(words, { stdin })).stdout).toContain('2 100.0 % later')
  })

  it('with what it prints going to the same streams', async () => {
    const { recording } = await run(hello, { args: ['you'], record: true })
    const written: string[] = []
    const stdout = async (bytes: Uint8Array): Promise<void> => {
      await Promise.resolve()
      written.push(Buffer.from(bytes).toString())
    }
    const result = await run(hello, { replay: recording!, stdout })
    expect([written.join(''), result.stdout]).toEqual(['Hello, you!\n', ''])
    // Not by carrying the text.
    expect(Buffer.from(recording!).includes('Hello')).toBe(false)
  })

  it('of functions that are invoked, with modules that are loaded first', async () => {
    const preload = { env: wat2wasm('(module (func (export "next") (result i32) (i32.const 5)))') }
    const source =
      wat2wasm(`(module (import "env" "next" (func $f (result i32))) (import "js" "now" (func $now (result f64)))
      (func (export "f") (param i32) (result i32 f64) (i32.add (call $f) (local.get 0)) (call $now)))`)
    const imports = { js: { now: () => Math.random() } }
    const result = await run(source, { invoke: 'f', args: ['7'], imports, preload, record: true })
    const replayed = await run(source, { preload, replay: result.recording! })
    expect(replayed.results).toEqual(result.results)
    await expect(run(source, { replay: result.recording! })).rejects.toMatchObject({ code: 'RECORDING_MISMATCH' })
  })

  it('that trapped, or threw what nobody caught', async () => {
    const source = wat2wasm(`(module $m (tag $err (param i32)) (func $f (throw $err (i32.const 3)))
      (func (export "throw") (call $f)) (func (export "trap") (drop (i32.div_u (i32.const 1) (i32.const 0)))))`)
    expect((await both(source, { invoke: 'throw' })).trap?.message).toBe('uncaught exception: $err (i32 3)')
    expect((await both(source, { invoke: 'trap' })).exitCode).toBe(134)
  })

  it('that was out of fuel, out of time, or aborted', async () => {
    const source = wat2wasm(`(module $m (import "env" "tick" (func $tick)) (global $n (mut i32) (i32.const 0))
      (func $count (global.set $n (i32.add (global.get $n) (i32.const 1))))
      (func (export "spin") (loop $l (call $count) (br $l)))
      (func (export "ticks") (loop $l (call $count) (call $tick) (br $l))))`)
    const tick = (): void => undefined
    expect((await both(source, { invoke: 'spin', imports: { env: { tick } }, fuel: 12_345 })).exitCode).toBe(125)
    for (const invoke of ['spin', 'ticks']) {
      expect((await both(source, { invoke, imports: { env: { tick } }, timeout: 20 })).exitCode).toBe(124)
      const controller = new AbortController()
      setTimeout(() => controller.abort(), 20)
      expect((await both(source, { invoke, imports: { env: { tick } }, signal: controller.signal })).exitCode).toBe(130)
    }
    const never = { env: { tick: () => new Promise(NEVER) } }
    expect((await both(source, { invoke: 'ticks', imports: never, timeout: 10 })).exitCode).toBe(124)
  })

  it('of which a host function threw', async () => {
    const source = wat2wasm('(module (import "env" "f" (func $f)) (func (export "go") (call $f)))')
    const f = (): never => {
      throw new RangeError('no more')
    }
    const recorder = new Recorder()
    await expect(run(source, { invoke: 'go', imports: { env: { f } }, record: recorder })).rejects.toThrow(RangeError)
    await expect(run(source, { replay: recorder.encode() })).rejects.toMatchObject({
      name: 'RangeError',
      message: 'no more',
    })
  })

  it('and its replay can be ended, too', async () => {
    const source = wat2wasm('(module (func (export "spin") (loop $l (br $l))))')
    const { recording } = await run(source, { invoke: 'spin', fuel: 2e8, record: true })
    expect((await run(source, { replay: recording!, timeout: 10 })).trap?.code).toBe('TIMEOUT')
    const controller = new AbortController()
    setTimeout(() => controller.abort('enough'), 5)
    expect(await run(source, { replay: recording!, signal: controller.signal })).toMatchObject({ exitCode: 130 })
  })

  it('and is not recorded again meanwhile', async () => {
    const { recording } = await run(hello, { record: true })
    await expect(run(hello, { replay: recording!, record: true })).rejects.toMatchObject({ code: 'USAGE' })
    await expect(run(hello, { replay: recording!, deterministic: true })).rejects.toMatchObject({ code: 'USAGE' })
    await expect(run(words, { replay: recording! })).rejects.toThrow(/is of a module with the SHA-256 .*, and given is/)
  })
})

describe('a deterministic run', () => {
  const source = wat2wasm(`(module
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "go") (param f32 f32) (result f32 i32)
      (drop (call $random (i32.const 0) (i32.const 100)))
      (drop (call $clock (i32.const 0) (i64.const 1) (i32.const 104)))
      (f32.sub (local.get 0) (local.get 1)) (memory.grow (i32.const 1))))`)
  const go = (options: RunOptions): Promise<RunResult> =>
    run(source, { invoke: 'go', args: ['inf', 'inf'], ...options })

  it('has the same memory, results and fuel every time, by its seed', async () => {
    const [a, b, c] = [
      await go({ deterministic: true }),
      await go({ deterministic: { seed: 0 } }),
      await go({ deterministic: { seed: 1n } }),
    ]
    expect([a.memoryHash, a.fuelUsed, a.results]).toEqual([b.memoryHash, b.fuelUsed, b.results])
    expect(a.results[0]).toEqual({ type: 'f32', value: NaN, bits: 0x7fc00000n })
    const memory = Buffer.alloc(131_072)
    createCipheriv('chacha20', Buffer.alloc(32), Buffer.alloc(16)).update(Buffer.alloc(100)).copy(memory)
    memory.writeBigInt64LE(BigInt(Date.UTC(2000)) * 1_000_000n + 1000n, 104)
    expect(a.memoryHash).toBe(createHash('sha256').update(memory).digest('hex'))
    expect(c.memoryHash).not.toBe(a.memoryHash)
    expect(c.fuelUsed).toBe(a.fuelUsed)
    expect((await go({})).memoryHash).toBeUndefined()
  })

  it('and its recording, which is replayed with the same hash', async () => {
    const { recording, memoryHash } = await go({ deterministic: { seed: 9 }, record: true })
    expect((await run(source, { replay: recording! })).memoryHash).toBe(memoryHash)
  })

  it('takes nothing that would make it another one elsewhere', async () => {
    const refused: readonly (readonly [RunOptions, string])[] = [
      [{ clock: { now: () => 0n } }, 'takes no clock of the host'],
      [{ random: () => undefined }, 'takes no source of randomness of the host'],
      [{ engine: new Engine() }, "needs modules of an engine with profile: 'deterministic'"],
    ]
    for (const [options, message] of refused)
      await expect(go({ deterministic: true, ...options })).rejects.toThrow(message)
    for (const seed of [-1, 0.5, 2n ** 64n, NaN, 'x' as unknown as number]) {
      await expect(go({ deterministic: { seed } })).rejects.toThrow('a seed is a whole number')
    }
    expect((await go({ deterministic: true, engine: new Engine({ profile: 'deterministic' }) })).exitCode).toBe(0)
  })
})
