// `run`: a program or a function in one call, and everything that can come of it.

import { readFileSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { run, type RunOptions } from '../../../src/command/run.ts'
import type { RunResult } from '../../../src/command/run-result.ts'
import { wat2wasm } from '../../../src/command/convert.ts'

function runText(text: string, options: RunOptions = {}): Promise<RunResult> {
  return run(wat2wasm(text), options)
}

const read = (path: string): Uint8Array => readFileSync(new URL(`../../../${path}`, import.meta.url))
const words = read('examples/c/words.wasm')
const hello = read('examples/c/hello.wasm')
const NEVER = (): void => undefined
const fixture = (name: string): Uint8Array => wat2wasm(read(`test/fixtures/cli/${name}.wat`))

describe('a command', () => {
  it('gets its arguments, and what it prints is in the result', async () => {
    const { exitCode, stdout, stderr, trap } = await run(hello, { args: ['you', 'ä'] })
    expect({ exitCode, stdout, stderr, trap }).toEqual({
      exitCode: 0,
      stdout: 'Hello, you!\nHello, ä!\n',
      stderr: '',
      trap: undefined,
    })
  })

  it('gives its own exit code', async () => {
    const { exitCode, stderr } = await run(hello)
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: 'Hello, who?\n' })
    expect((await run(fixture('wasi'), { args: ['x'] })).exitCode).toBe(42)
  })

  it('reads files of the virtual file system, and standard input', async () => {
    const file = await run(words, { args: ['in.txt'], fs: { '/in.txt': 'a b a' } })
    expect(file.stdout).toContain('    2  66.7 % a\n')
    const input = await run(words, { stdin: 'c c c' })
    expect(input.stdout).toContain('    3 100.0 % c\n')
  })

  it('leaves the files that it wrote', async () => {
    const { exitCode, fs } = await run(fixture('wasi'), { args: ['write'], fs: { '/in': 'kept' } })
    expect(exitCode).toBe(0)
    expect(Object.fromEntries(Object.entries(fs).map(([path, bytes]) => [path, String(Buffer.from(bytes))]))).toEqual({
      '/in': 'kept',
      '/out': '',
    })
  })

  it('finds no folder that it was not given', async () => {
    const { exitCode, stderr } = await run(words, { args: ['in.txt'] })
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: 'in.txt: Capabilities insufficient\n' })
  })

  it('waits for input that comes later', async () => {
    const pieces = ['later ', 'later', null]
    const stdin = async (): Promise<Uint8Array | null> => {
      await setImmediate()
      const piece = pieces.shift() ?? null
      return piece === null ? null : Buffer.from(piece)
    }
    expect((await run(words, { stdin })).stdout).toContain('    2 100.0 % later\n')
    pieces.push('again', null)
    expect((await run(words, { stdin, fuel: Infinity })).stdout).toContain('    1 100.0 % again\n')
  })

  it('shows which functions of WASI it called', async () => {
    const { trace } = await run(hello, { args: ['you'], trace: 'wasi' })
    expect(trace.map(({ name }) => name)).toEqual(['args_sizes_get', 'args_get', 'fd_fdstat_get', 'fd_write'])
    const names: string[] = []
    await run(hello, { args: ['you'], trace: ({ name }) => void names.push(name) })
    expect(names).toEqual(trace.map(({ name }) => name))
  })
})

describe('a function', () => {
  const identity = '(module (func (export "f") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0)))'

  it('is invoked with text, which its type explains, or with values', async () => {
    const results = [
      { type: 'i64', value: -2n },
      { type: 'i32', value: 16 },
    ]
    expect((await runText(identity, { invoke: 'f', args: ['0x10', '-2'] })).results).toEqual(results)
    expect((await runText(identity, { invoke: 'f', args: [16, -2n] })).results).toEqual(results)
  })

  it('needs as many arguments as it takes', async () => {
    await expect(runText(identity, { invoke: 'f', args: ['1'] })).rejects.toThrow(
      '"f" takes 2 arguments [i32 i64], not 1',
    )
  })

  it('is called behind the initialiser of a reactor, and without _start', async () => {
    const text = `(module (global $g (mut i32) (i32.const 0))
      (func (export "_initialize") (global.set $g (i32.const 7)))
      (func (export "_start") unreachable)
      (func (export "get") (result i32) (global.get $g)))`
    expect((await runText(text, { invoke: 'get' })).results).toEqual([{ type: 'i32', value: 7 }])
  })

  it('must be told, where nothing runs by itself', async () => {
    await expect(runText(identity)).rejects.toMatchObject({ code: 'NOTHING_TO_RUN' })
    await expect(runText('(module (func $f) (start $f))')).resolves.toMatchObject({ exitCode: 0, results: [] })
    await expect(runText('(module (func (export "_initialize")))')).resolves.toMatchObject({ exitCode: 0 })
  })
})

describe('imports', () => {
  const counting = '(module (import "env" "next" (func $f (result i32))) (func (export "f") (result i32) (call $f)))'

  it('may be functions that answer with promises', async () => {
    const imports = { env: { next: () => Promise.resolve(5) } }
    expect((await runText(counting, { invoke: 'f', imports })).results).toEqual([{ type: 'i32', value: 5 }])
    expect((await runText(counting, { invoke: 'f', imports, fuel: 100 })).results).toEqual([{ type: 'i32', value: 5 }])
  })

  it('may come from modules that are instantiated first, each from those before it', async () => {
    const preload = {
      base: wat2wasm('(module (func (export "seven") (result i32) (i32.const 7)))'),
      env: wat2wasm('(module (import "base" "seven" (func $f (result i32))) (export "next" (func $f)))'),
    }
    expect((await runText(counting, { invoke: 'f', preload })).results).toEqual([{ type: 'i32', value: 7 }])
  })

  it('that are missing are all told', async () => {
    await expect(runText(counting, { invoke: 'f' })).rejects.toMatchObject({
      code: 'UNLINKABLE',
      imports: [{ module: 'env', name: 'next' }],
    })
  })

  it('that are missing trap with a backtrace when called, if asked for', async () => {
    const { trap, exitCode } = await runText(counting, { invoke: 'f', unknownImports: 'trap' })
    expect(exitCode).toBe(134)
    expect(trap).toMatchObject({ code: 'UNKNOWN_IMPORT', message: 'unknown import called: "env" "next"' })
    expect(trap?.frames.map(({ funcName }) => funcName)).toEqual(['f'])
  })

  it('that throw make the run throw', async () => {
    const imports = {
      env: {
        next: () => {
          throw new RangeError('no more')
        },
      },
    }
    await expect(runText(counting, { invoke: 'f', imports })).rejects.toThrow(RangeError)
  })
})

describe('a run ends', () => {
  it('with its trap and the exit code of one', async () => {
    const { trap, exitCode } = await run(fixture('traps'), { invoke: 'divide', args: [1, 0] })
    expect(exitCode).toBe(134)
    expect(trap?.message).toBe('integer divide by zero')
    expect(trap?.frames.map(({ funcName }) => funcName)).toEqual(['divide', 'divide'])
  })

  it('when its fuel is used up, to the unit', async () => {
    const { trap, exitCode, fuelUsed } = await run(fixture('traps'), { invoke: 'spin', fuel: 12_345 })
    expect({ code: trap?.code, exitCode, fuelUsed }).toEqual({
      code: 'FUEL_EXHAUSTED',
      exitCode: 125,
      fuelUsed: 12_345,
    })
  })

  it('when its fuel is used up in the start function or an initialiser', async () => {
    for (const text of [
      '(module (func $f (loop (br 0))) (start $f))',
      '(module (func (export "_initialize") (loop (br 0))))',
      '(module (func $n) (func $f (loop (call $n) (br 0))) (start $f) (func (export "_start")))',
    ]) {
      const { trap, fuelUsed } = await runText(text, { fuel: 1000 })
      expect({ code: trap?.code, fuelUsed }).toEqual({ code: 'FUEL_EXHAUSTED', fuelUsed: 1000 })
    }
  })

  it('counts fuel from the start function on', async () => {
    const body = '(drop (i32.const 1))'.repeat(10)
    const only = await runText(`(module (func (export "_start") ${body}))`, { fuel: Infinity })
    const both = await runText(`(module (func $f ${body}) (start $f) (func (export "_start") (call $f)))`, {
      fuel: Infinity,
    })
    expect(only.fuelUsed).toBeGreaterThanOrEqual(20)
    expect(both.fuelUsed).toBeGreaterThanOrEqual(2 * only.fuelUsed!)
    expect((await runText(`(module (func (export "_start")))`)).fuelUsed).toBeUndefined()
  })

  it('when its time is over: in a loop, in a start function, while a host function is awaited', async () => {
    const spin = await run(fixture('traps'), { invoke: 'spin', timeout: 20 })
    expect({ code: spin.trap?.code, exitCode: spin.exitCode }).toEqual({ code: 'TIMEOUT', exitCode: 124 })
    expect(spin.trap?.frames).toHaveLength(1)
    const start = await runText('(module (func $f (loop (br 0))) (start $f))', { timeout: 20 })
    expect(start.trap?.code).toBe('TIMEOUT')
    const waiting = await run(words, { stdin: () => new Promise<null>(NEVER), timeout: 1000 })
    expect(waiting.trap?.code).toBe('TIMEOUT')
    expect(waiting.trap?.frames.length).toBeGreaterThan(1)
  })

  it('when it wants more than it may have', async () => {
    await expect(run(hello, { limits: { memoryBytes: 65_536 } })).rejects.toMatchObject({ code: 'MEMORY_QUOTA' })
    const { trap } = await run(fixture('traps'), { invoke: 'recurse', limits: { stackFrames: 10 } })
    expect(trap?.code).toBe('STACK_EXHAUSTED')
    const { exitCode } = await run(fixture('wasi'), { args: ['write'], fs: {}, limits: { fsEntries: 0 } })
    expect(exitCode).toBe(51)
  })
})
