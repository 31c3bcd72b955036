// Whole programs that are watched and stood in front of: `run` and `resume` with `interpose` and `trace`, host functions that are traced,
// and what a trace looks like as text.

import { readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { expect, describe, it } from 'vitest'
import { wat2wasm } from '../../../src/command/convert.ts'
import { traceImports, type HostCall } from '../../../src/command/host-trace.ts'
import { resume } from '../../../src/command/resume.ts'
import { run } from '../../../src/command/run.ts'
import { traceWriter, type TraceEvent } from '../../../src/command/trace-writer.ts'
import { Engine } from '../../../src/embed/engine.ts'
import type { WasiCall } from '../../../src/wasi/preview1/trace.ts'

const hello = readFileSync(new URL('../../../examples/c/hello.wasm', import.meta.url))
const words = readFileSync(new URL('../../../examples/c/words.wasm', import.meta.url))

describe('a program whose calls are interposed', () => {
  it('gets what the embedder says, and the trace has what the guest saw', async () => {
    const result = await run(words, {
      args: ['in.txt'],
      fs: { '/in.txt': 'never read' },
      interpose: { path_open: () => 'acces' },
      trace: 'wasi',
    })
    expect(result.exitCode).toBe(1)
    expect(result.stderr).toContain('Permission denied')
    const opened = result.trace.filter((call) => call.name === 'path_open')
    expect(opened.map(({ args, errno, interposed }) => [args?.path, errno, interposed])).toEqual([
      ['in.txt', 'acces', true],
    ])
  })

  it('ends with the error that an interposer throws', async () => {
    const failing = run(hello, {
      interpose: {
        fd_write: () => {
          throw new RangeError('mine')
        },
      },
    })
    await expect(failing).rejects.toThrow(RangeError)
  })

  it('is replayed without the interposers', async () => {
    const recorded = await run(hello, {
      record: true,
      args: ['you'],
      interpose: { args_sizes_get: () => ({ argc: 0, argv_buf_size: 0 }) },
    })
    expect(recorded.stderr).toBe('Hello, who?\n')
    const replayed = await run(hello, { replay: recorded.recording! })
    expect([replayed.exitCode, replayed.stderr]).toEqual([recorded.exitCode, recorded.stderr])
  })

  it('is saved in the middle of a call that waits, which is then made again', async () => {
    const asked: string[] = []
    const calls: WasiCall[] = []
    const interrupt = new AbortController()
    const stopped = await run(hello, {
      args: ['you'],
      signal: interrupt.signal,
      snapshotOn: 'abort',
      trace: (call) => void calls.push(call),
      interpose: {
        fd_write: async (_, proceed) => {
          asked.push('first')
          setImmediate(() => interrupt.abort())
          await setTimeout(3_600_000, undefined, { ref: false })
          return proceed()
        },
      },
    })
    expect([stopped.trap?.code, stopped.stdout]).toEqual(['ABORTED', ''])
    expect(calls.map(({ name, ending }) => `${name} ${ending}`).at(-1)).toBe('fd_write abandoned')
    const ended = await resume(stopped.snapshot!, {
      interpose: {
        fd_write: async (_, proceed) => {
          asked.push('second')
          await Promise.resolve()
          return proceed()
        },
      },
    })
    expect([ended.exitCode, ended.stdout]).toEqual([0, 'Hello, you!\n'])
    expect(asked).toEqual(['first', 'second'])
  })
})

const calling = new Engine().compile(
  wat2wasm(`(module (import "env" "f" (func $f (param i32 i64 externref) (result i32 f64))) (import "env" "other" (func $other))
    (func (export "main") (param externref) (result i32 f64) (call $f (i32.const -1) (i64.const -1) (local.get 0)))
    (func (export "other") (call $other)))`),
)

describe('host functions that are traced', () => {
  function traced(env: Readonly<Record<string, (...args: never[]) => unknown>>): {
    imports: object
    calls: HostCall[]
  } {
    const calls: HostCall[] = []
    let now = 0n
    const none = { f: () => [0, 0], other: () => undefined }
    const imports = { env: { ...none, ...env } }
    return {
      imports: traceImports(
        imports,
        (call) => void calls.push(call),
        () => (now += 10n),
      ),
      calls,
    }
  }

  it('are told with arguments and results, in the order in which they end', async () => {
    const { imports, calls } = traced({ f: () => Promise.resolve([7, 0.5]) })
    const { exports, async: calling_ } = await calling.instantiate(imports as never)
    const other = exports['other'] as () => void
    other()
    await calling_['main']!('x')
    expect(calls).toEqual([
      {
        kind: 'host',
        id: 1,
        module: 'env',
        name: 'other',
        args: [],
        ending: 'returned',
        result: undefined,
        error: undefined,
        start: 10n,
        duration: 10n,
      },
      {
        kind: 'host',
        id: 2,
        module: 'env',
        name: 'f',
        args: [-1, -1n, 'x'],
        ending: 'returned',
        result: [7, 0.5],
        error: undefined,
        start: 30n,
        duration: 10n,
      },
    ])
  })

  it('are told when they throw, and when nobody waits any more', async () => {
    const error = new Error('no')
    const { imports, calls } = traced({
      f: () => new Promise(() => {}),
      other: () => {
        throw error
      },
    })
    const instance = await calling.instantiate(imports as never)
    expect(() => (instance.exports['other'] as () => void)()).toThrow(error)
    await expect(instance.start('main', null).finish({ timeout: 20 })).rejects.toThrow('out of time')
    expect(calls.map(({ name, ending, error: thrown }) => [name, ending, thrown])).toEqual([
      ['other', 'threw', error],
      ['f', 'abandoned', undefined],
    ])
  })

  it('leave functions of other instances as they are', async () => {
    const module = new Engine().compile(wat2wasm('(module (func (export "other")))'))
    const { exports } = await module.instantiate()
    const imports = { env: { other: exports['other'] as never } }
    expect(
      traceImports(
        imports,
        () => undefined,
        () => 0n,
      ),
    ).toEqual(imports)
  })
})

describe('a trace as text', () => {
  const call: HostCall = {
    kind: 'host',
    id: 1,
    module: 'env\u001b',
    name: 'f',
    args: [
      1n,
      -0,
      Infinity,
      null,
      undefined,
      'a\u0085"',
      Symbol('s'),
      () => 0,
      new Map(),
      { a: [2n] },
      Uint8Array.of(1, 2),
    ],
    ending: 'threw',
    result: undefined,
    error: new Error('a\nb'),
    start: 12_345_678_901_234_567n,
    duration: 1_234_567n,
  }

  function written(format: 'text' | 'json' | 'chrome', events: readonly TraceEvent[]): string {
    let text = ''
    const writer = traceWriter(format, (piece) => (text += piece), { program: 'p', origin: 12_345_678_901_000_000n })
    events.forEach(writer.event)
    writer.close()
    return text
  }

  it('has a line a call, in which nothing steers a terminal', () => {
    expect(written('text', [call])).toBe(
      '"env\\u{1b}".f(1, -0, Infinity, null, undefined, "a\\u{85}\\"", symbol, function, object, object, object) = ? (threw "a\\nb") <0.001235>\n',
    )
    expect(written('text', [{ ...call, args: [], ending: 'returned', result: [1, 2n] }])).toContain('.f() = 1, 2 <')
    expect(written('text', [{ ...call, args: [], ending: 'returned' }])).toContain('.f() = 0 <')
    expect(written('text', [{ ...call, args: [], ending: 'abandoned' }])).toContain('.f() = ? (abandoned) <')
  })

  it('is JSON without loss of numbers', () => {
    const text = written('json', [call, call])
    expect(text).toMatch(/^[ -~]*\n[ -~]*\n$/)
    expect(JSON.parse(text.split('\n')[0]!)).toEqual({
      kind: 'host',
      id: 1,
      module: 'env\u001b',
      name: 'f',
      args: [
        '1',
        '-0',
        'Infinity',
        null,
        null,
        'a\u0085"',
        { reference: 'symbol' },
        { reference: 'function' },
        { reference: 'object' },
        { a: ['2'] },
        'AQI=',
      ],
      ending: 'threw',
      error: 'a\nb',
      start: '12345678901234567',
      duration: '1234567',
    })
  })

  it('is a whole array for Perfetto, with times in microseconds', () => {
    const events = JSON.parse(written('chrome', [call])) as readonly Record<string, unknown>[]
    expect(events.slice(0, 3).map(({ ph, name, args }) => [ph, name, args])).toEqual([
      ['M', 'process_name', { name: 'p' }],
      ['M', 'thread_name', { name: 'WASI' }],
      ['M', 'thread_name', { name: 'host functions' }],
    ])
    expect(events[3]).toMatchObject({
      name: 'env\u001b.f',
      cat: 'host',
      ph: 'X',
      ts: 234.567,
      dur: 1234.567,
      pid: 1,
      tid: 2,
    })
    expect(JSON.parse(written('chrome', []))).toHaveLength(3)
  })

  it.each([[[]], [[0]], [[1, 2]], [[1, 2, 3]], [[251, 255, 254, 9]]])('has bytes in base64: %j', (bytes) => {
    const text = written('json', [{ ...call, args: [Uint8Array.from(bytes)], error: undefined }])
    expect((JSON.parse(text) as { args: unknown[] }).args[0]).toBe(Buffer.from(bytes).toString('base64'))
  })
})
