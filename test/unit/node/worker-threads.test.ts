// Shared memories between real threads: workers of Node that count in one cell, wait for each other, and see each other's growth.

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { Engine, Store, createMemory, type Instance, type Memory } from 'heddle'
import { parseWat } from 'heddle/wat'
import { afterEach, describe, expect, it } from 'vitest'
import { projectRoot } from '../../source-tree.ts'

const TEXT = `(module (memory (import "" "m") 1 4 shared)
  (func (export "count") (param $times i32) (local $i i32)
    (loop
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (drop (i64.atomic.rmw.add (i32.const 8) (i64.const 0x100000001)))
      (drop (i32.atomic.rmw8.add_u (i32.const 17) (i32.const 3)))
      (br_if 0 (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $times)))))
  (func (export "wait") (param i32 i32 i64) (result i32) (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
  (func (export "notify") (param i32 i32) (result i32) (memory.atomic.notify (local.get 0) (local.get 1)))
  (func (export "notify until") (param $woken i32) (local $i i32)
    (loop
      (local.set $i (i32.add (local.get $i) (memory.atomic.notify (i32.const 64) (i32.const 1))))
      (br_if 0 (i32.lt_u (local.get $i) (local.get $woken)))))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "store when grown") (param i32 i32)
    (loop (br_if 0 (i32.eq (memory.size) (i32.const 1))))
    (i32.atomic.store (local.get 0) (local.get 1))))`

interface Answer {
  readonly result?: unknown
  readonly error?: string
}

/** A thread with an instance of its own over the memory. */
class Thread {
  private readonly worker: Worker

  private constructor(memory: Memory) {
    this.worker = new Worker(new URL('../../fixtures/memory-worker.mjs', import.meta.url), {
      workerData: { text: TEXT, data: memory.share() },
    })
  }

  static async start(memory: Memory): Promise<Thread> {
    const thread = new Thread(memory)
    threads.push(thread)
    await thread.answer()
    return thread
  }

  async call(name: string, args: readonly unknown[], suspends = false): Promise<Answer> {
    // A worker of Node has no origin.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    this.worker.postMessage({ name, args, suspends })
    return this.answer()
  }

  private async answer(): Promise<Answer> {
    const [answer] = (await once(this.worker, 'message')) as [Answer]
    return answer
  }

  async end(): Promise<void> {
    await this.worker.terminate()
  }
}

const threads: Thread[] = []
afterEach(async () => {
  await Promise.all(threads.splice(0).map((thread) => thread.end()))
})

async function scene(count: number): Promise<{ memory: Memory; workers: Thread[]; own: Instance }> {
  const memory = createMemory(new Store(), { min: 1, max: 4, shared: true })
  const workers = await Promise.all(Array.from({ length: count }, () => Thread.start(memory)))
  const module = new Engine({ features: { threads: true } }).compile(parseWat(TEXT))
  return { memory, workers, own: module.instantiateSync({ '': { m: memory } }) }
}

describe('threads over one memory', () => {
  it('lose no increment, of any width', async () => {
    const { memory, workers, own } = await scene(2)
    const times = 50_000
    const counting = workers.map((worker) => worker.call('count', [times]))
    own.call('count', times)
    expect(await Promise.all(counting)).toEqual([{}, {}])
    expect(memory.view.getInt32(0, true)).toBe(3 * times)
    expect(memory.view.getBigInt64(8, true)).toBe(0x1_0000_0001n * BigInt(3 * times))
    expect(memory.view.getUint32(16, true)).toBe(((9 * times) % 256) * 256)
  })

  it('wake one another: blocked threads and suspended runs alike, and as many as there are', async () => {
    const { workers, own } = await scene(3)
    const [first, second, third] = workers as [Thread, Thread, Thread]
    const waits = [
      first.call('wait', [64, 0, -1n]),
      second.call('wait', [64, 0, -1n], true),
      own.callAsync('wait', 64, 0, -1n),
    ]
    // It goes on until it has woken three, one at a time.
    expect(await third.call('notify until', [3])).toEqual({})
    expect(await Promise.all(waits)).toEqual([{ result: 0 }, { result: 0 }, 0])
    expect(own.call('notify', 64, -1)).toBe(0)
  })

  it('are woken by the host’s own Atomics, and wake who waits by them', async () => {
    const { memory, workers, own } = await scene(1)
    const cells = new Int32Array(memory.bytes.buffer)
    const waiting = own.start('wait', 64, 0, -1n)
    expect(waiting.run().kind).toBe('host')
    expect(Atomics.notify(cells, 16)).toBe(1)
    expect(await waiting.finish()).toBe(0)
    const notified = workers[0]!.call('notify until', [1])
    expect(Atomics.wait(cells, 16, 0)).toBe('ok')
    expect(await notified).toEqual({})
  })

  it('see a growth by another: its size, and its pages', async () => {
    const { memory, workers, own } = await scene(1)
    const storing = workers[0]!.call('store when grown', [0x1fffc, 99])
    expect(own.call('grow', 1)).toBe(1)
    expect(await storing).toEqual({})
    expect(own.call('load', 0x1fffc)).toBe(99)
    expect(await workers[0]!.call('grow', [2])).toEqual({ result: 2 })
    expect(own.call('load', 0x3fffc)).toBe(0)
    expect(memory.pages).toBe(4)
    expect(await workers[0]!.call('grow', [1])).toEqual({ result: -1 })
    expect((await workers[0]!.call('load', [0x40000])).error).toMatch(/^out of bounds memory access: .* 262144 bytes$/)
  })
})

describe('docs/threads.md', () => {
  it('has a program of two files that counts in two workers', () => {
    const page = readFileSync(join(projectRoot, 'docs/threads.md'), 'utf8')
    const files = [...page.matchAll(/`(\w+\.js)`:\n\n```js\n(.*?)^```$/gms)]
    expect(files.map(([, name]) => name)).toEqual(['main.js', 'worker.js'])
    const folder = mkdtempSync(join(tmpdir(), 'heddle-threads-'))
    try {
      mkdirSync(join(folder, 'node_modules'))
      symlinkSync(projectRoot, join(folder, 'node_modules/heddle'), 'junction')
      writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
      for (const [, name, text] of files) writeFileSync(join(folder, name!), text!)
      const { stdout, stderr } = spawnSync(process.execPath, ['main.js'], { cwd: folder, encoding: 'utf8' })
      expect({ stdout, stderr }).toEqual({ stdout: '20000\n', stderr: '' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
