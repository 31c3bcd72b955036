// `resume`: a program that stopped goes on as if it had not, from bytes alone, wherever it stopped: in start functions, initialisers or
// the entry, of preloaded modules or its own.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { Engine, resume, run } from '../../../src/index.ts'
import type {
  ModuleSource,
  ResumeOptions,
  RunOptions,
  RunResult,
  Snapshot,
  SnapshotMoment,
} from '../../../src/index.ts'
import { wat2wasm } from '../../../src/command/convert.ts'
import { decodeProgramState, encodeProgramState } from '../../../src/command/program-state.ts'
import { decodeSnapshot } from '../../../src/snapshot/decode-snapshot.ts'
import { encodeSnapshot } from '../../../src/snapshot/encode-snapshot.ts'

const read = (path: string): Uint8Array => readFileSync(new URL(`../../../${path}`, import.meta.url))
const words = read('examples/c/words.wasm')
const NEVER = (): void => undefined

/** As another process would get it. */
function carried({ snapshot, snapshotError }: RunResult): Uint8Array {
  if (snapshot === undefined) throw snapshotError ?? new Error('no snapshot')
  return snapshot.encode({ modules: true })
}

/** Runs with `fuel` units at a time; gives the last result, and how often it stopped. */
async function inLegs(
  source: ModuleSource,
  options: RunOptions,
  fuel: number,
  again: ResumeOptions = {},
): Promise<{ readonly result: RunResult; readonly stops: number }> {
  const limited = { fuel, snapshotOn: 'fuel' } as const
  let result = await run(source, { ...options, ...limited })
  let stops = 0
  for (; result.trap?.code === 'FUEL_EXHAUSTED'; stops++) {
    result = await resume(carried(result), { ...again, ...limited })
  }
  return { result, stops }
}

const SUM = `(module (func (export "sum") (param $n i32) (result i64) (local $s i64)
  (loop $next
    (local.set $s (i64.add (local.get $s) (i64.extend_i32_u (local.get $n))))
    (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
  (local.get $s)))`

describe('a function that ran out of fuel', () => {
  it('goes on with more, and ends with the same result and the same fuel in all', async () => {
    const whole = await run(wat2wasm(SUM), { invoke: 'sum', args: ['100'], fuel: Infinity })
    const { result, stops } = await inLegs(wat2wasm(SUM), { invoke: 'sum', args: ['100'] }, 300)
    expect(stops).toBe(3)
    expect(result.results).toEqual([{ type: 'i64', value: 5050n }])
    expect(result.fuelUsed).toBe(whole.fuelUsed)
    expect(result.exitCode).toBe(0)
  })

  it('stays as it was: one snapshot goes on many times', async () => {
    const stopped = await run(wat2wasm(SUM), { invoke: 'sum', args: [9], fuel: 50, snapshotOn: ['fuel', 'exit'] })
    expect(stopped).toMatchObject({ exitCode: 125, results: [], snapshotError: undefined })
    for (let i = 0; i < 3; i++) {
      const { results, snapshot } = await resume(stopped.snapshot!)
      expect(results).toEqual([{ type: 'i64', value: 45n }])
      expect(snapshot).toBe(undefined)
    }
  })

  it('gives no snapshot that was not asked for', async () => {
    const options = { invoke: 'sum', args: [9], fuel: 50 }
    for (const snapshotOn of [undefined, 'trap', 'exit', []] as const) {
      expect((await run(wat2wasm(SUM), { ...options, snapshotOn })).snapshot).toBe(undefined)
    }
    await expect(run(wat2wasm(SUM), { ...options, snapshotOn: 'never' as SnapshotMoment })).rejects.toThrow(
      'a snapshot is taken on trap, exit, fuel, timeout, abort, not "never"',
    )
  })
})

describe('a program of several modules', () => {
  const first = `(module (import "env" "log" (func $log (param i32)))
    (memory (export "memory") 1) (global $state (mut i32) (i32.const 0))
    (func $start (call $log (i32.const 1)) (i32.store (i32.const 0) (i32.const 10)) (call $log (i32.const 2)))
    (start $start)
    (func (export "_initialize") (call $log (i32.const 3)) (global.set $state (i32.const 5)) (call $log (i32.const 4)))
    (func (export "state") (result i32) (global.get $state)))`
  const second = `(module (import "env" "log" (func $log (param i32)))
    (func $start (call $log (i32.const 5))) (start $start) (func (export "id") (param i32) (result i32) (local.get 0)))`
  const main = `(module (import "env" "log" (func $log (param i32))) (import "env" "sum" (func $sum (param i32)))
    (import "one" "memory" (memory 1)) (import "one" "state" (func $state (result i32)))
    (import "two" "id" (func $id (param i32) (result i32)))
    (func $start (call $log (i32.const 6))) (start $start)
    (func (export "_initialize") (call $log (i32.const 7)))
    (func (export "main") (param i32 i64 f64 externref) (result i64 f64 externref i32)
      (call $log (i32.const 8)) (call $sum (i32.load (i32.const 0)))
      (local.get 1) (local.get 2) (local.get 3)
      (i32.add (call $state) (call $id (local.get 0)))))`
  const preload = { one: wat2wasm(first), two: wat2wasm(second) }
  const args = ['0x20', -7n, 'nan:0x123', 5]

  function options(log: number[]): RunOptions & ResumeOptions {
    const env = { log: (_: unknown, x: number) => void log.push(x), sum: (_: unknown, x: number) => void log.push(-x) }
    return { imports: { env } }
  }

  it('goes on from wherever it stopped, and calls what is left to call, once', async () => {
    const log: number[] = []
    const invocation = { preload, invoke: 'main', args: ['0x20', -7n, 'nan:0x123', null] }
    const whole = await run(wat2wasm(main), { ...options(log), ...invocation, fuel: Infinity })
    expect(whole.results.map(({ value, bits }) => bits ?? value)).toEqual([-7n, 0x7ff0000000000123n, null, 37])
    expect(log).toEqual([1, 2, 3, 4, 5, 6, 7, 8, -10])
    for (let fuel = 0; fuel < whole.fuelUsed!; fuel++) {
      log.length = 0
      const stopped = await run(wat2wasm(main), { ...options(log), ...invocation, fuel, snapshotOn: 'fuel' })
      expect(stopped.exitCode).toBe(125)
      const { results, fuelUsed } = await resume(carried(stopped), options(log))
      expect({ fuel, results, fuelUsed, log }).toEqual({
        fuel,
        results: whole.results,
        fuelUsed: whole.fuelUsed,
        log: [1, 2, 3, 4, 5, 6, 7, 8, -10],
      })
    }
  })

  it('goes on in legs of a few instructions', async () => {
    const log: number[] = []
    const invocation = { preload, invoke: 'main', args: [1, 2n, 0.5, 99] }
    const whole = await run(wat2wasm(main), { ...options([]), ...invocation, fuel: Infinity })
    const { result, stops } = await inLegs(wat2wasm(main), { ...options(log), ...invocation }, 9, options(log))
    expect(stops).toBeGreaterThan(2)
    expect(result.results).toEqual(whole.results)
    expect(result.fuelUsed).toBe(whole.fuelUsed)
    expect(log).toEqual([1, 2, 3, 4, 5, 6, 7, 8, -10])
  })

  it('can be given the modules beside the snapshot', async () => {
    const stopped = await run(wat2wasm(main), {
      ...options([]),
      preload,
      invoke: 'main',
      args,
      fuel: 3,
      snapshotOn: 'fuel',
    })
    const bytes = stopped.snapshot!.encode()
    await expect(resume(bytes, options([]))).rejects.toMatchObject({ code: 'SNAPSHOT_MISMATCH' })
    const modules = [main, second, first].map((text) => wat2wasm(text))
    const { results } = await resume(bytes, { ...options([]), modules })
    expect(results.at(-1)).toEqual({ type: 'i32', value: 37 })
  })

  it('needs its host functions again, and says which', async () => {
    const stopped = await run(wat2wasm(main), {
      ...options([]),
      preload,
      invoke: 'main',
      args,
      fuel: 1,
      snapshotOn: 'fuel',
    })
    await expect(resume(carried(stopped))).rejects.toMatchObject({
      code: 'UNLINKABLE',
      message: expect.stringContaining('log') as unknown,
    })
  })
})

describe('a WASI program', () => {
  const fs = { '/in.txt': 'a b a c d a b\n'.repeat(20) }

  it('has its arguments, files that are open, and its position in them', async () => {
    const whole = await run(words, { args: ['in.txt'], fs, fuel: Infinity })
    const { result, stops } = await inLegs(words, { args: ['in.txt'], fs }, 3000)
    expect(stops).toBeGreaterThan(5)
    expect(result.stdout).toBe(whole.stdout)
    expect(result.stdout).toContain('   60  42.9 % a\n')
    expect(result.fuelUsed).toBe(whole.fuelUsed)
    expect(result.fs).toEqual(whole.fs)
  })

  it('goes on reading standard input behind what it has read', async () => {
    const whole = await run(words, { stdin: fs['/in.txt'] })
    const data = await inLegs(words, { stdin: fs['/in.txt'] }, 3000, { stdin: fs['/in.txt'] })
    expect(data.stops).toBeGreaterThan(5)
    expect(data.result.stdout).toBe(whole.stdout)
    const pieces = ['a b ', 'a ', 'c', null]
    const stdin = (): Uint8Array | null => {
      const piece = pieces.shift() ?? null
      return piece === null ? null : Buffer.from(piece)
    }
    const piecewise = await inLegs(words, { stdin }, 3000, { stdin })
    expect(piecewise.stops).toBeGreaterThan(1)
    expect(piecewise.result.stdout).toContain('    2  50.0 % a\n')
  })

  it('writes to the streams that the resuming side gives, what it has not written before', async () => {
    let written = ''
    const stdout = (bytes: Uint8Array): void => void (written += Buffer.from(bytes).toString())
    const whole = await run(words, { args: ['in.txt'], fs })
    await inLegs(words, { args: ['in.txt'], fs, stdout }, 3000, { stdout })
    expect(written).toBe(whole.stdout)
  })

  it('is seen calling from then on', async () => {
    const stopped = await run(words, { args: ['in.txt'], fs, fuel: 3000, snapshotOn: 'fuel', trace: 'wasi' })
    const { trace } = await resume(carried(stopped), { trace: 'wasi' })
    const { trace: all } = await run(words, { args: ['in.txt'], fs, trace: 'wasi' })
    expect([...stopped.trace, ...trace].map(({ name }) => name)).toEqual(all.map(({ name }) => name))
  })

  it('has its arguments even where it stopped before its first instance was made', async () => {
    const before = wat2wasm('(module (func $start (drop (i32.const 1))) (start $start))')
    const hello = read('examples/c/hello.wasm')
    const stopped = await run(hello, { preload: { before }, args: ['you'], fuel: 1, snapshotOn: 'fuel' })
    expect(stopped.snapshot!.providers).toEqual([])
    expect((await resume(carried(stopped))).stdout).toBe('Hello, you!\n')
  })

  it('is aborted while it waits, and goes on with other input', async () => {
    const abort = new AbortController()
    const never = new Promise<null>(NEVER)
    const stdin = (): Promise<null> => {
      setTimeout(() => abort.abort(), 1)
      return never
    }
    const stopped = await run(words, { stdin, signal: abort.signal, snapshotOn: 'abort' })
    expect(stopped.exitCode).toBe(130)
    expect((await resume(carried(stopped), { stdin: 'x x' })).stdout).toContain('    2 100.0 % x\n')
  })
})

describe('a program whose time is over', () => {
  it('goes on from the middle of a loop', async () => {
    const signal = AbortSignal.abort()
    const args = [300_000]
    const aborted = await run(wat2wasm(SUM), { invoke: 'sum', args, signal, snapshotOn: 'abort' })
    expect(aborted.exitCode).toBe(130)
    let result = await resume(carried(aborted), { timeout: 3, snapshotOn: 'timeout' })
    while (result.trap?.code === 'TIMEOUT')
      result = await resume(carried(result), { timeout: 30, snapshotOn: 'timeout' })
    expect(result.results).toEqual([{ type: 'i64', value: 45000150000n }])
    expect(result.fuelUsed).toBe((await run(wat2wasm(SUM), { invoke: 'sum', args, fuel: Infinity })).fuelUsed)
  })

  it('goes on where it waited, and asks its host again', async () => {
    const text = '(module (import "e" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))'
    const waiting = { e: { f: () => new Promise<number>(NEVER) } }
    const stopped = await run(wat2wasm(text), { invoke: 'g', imports: waiting, timeout: 5, snapshotOn: 'timeout' })
    expect(stopped.exitCode).toBe(124)
    const { results } = await resume(carried(stopped), { imports: { e: { f: () => Promise.resolve(4) } } })
    expect(results).toEqual([{ type: 'i32', value: 4 }])
  })
})

describe('a program that has ended', () => {
  const counter = `(module (import "env" "log" (func $log (param i32))) (global $n (mut i32) (i32.const 0))
    (func (export "_initialize") (global.set $n (i32.const 5)))
    (func (export "next") (param i32) (result i32)
      (global.set $n (i32.add (global.get $n) (local.get 0))) (call $log (global.get $n)) (global.get $n)))`

  it('is there with its state, for calls of its functions', async () => {
    const imports = { env: { log: () => undefined } }
    let result = await run(wat2wasm(counter), { imports, invoke: 'next', args: ['1'], snapshotOn: 'exit' })
    for (const expected of [8, 10]) {
      result = await resume(carried(result), { imports, invoke: 'next', args: ['2'], snapshotOn: 'exit' })
      expect(result.results).toEqual([{ type: 'i32', value: expected }])
      expect(result.fuelUsed).toBe(undefined)
    }
    await expect(resume(carried(result), { imports })).rejects.toMatchObject({
      code: 'NOTHING_TO_RUN',
      message: expect.stringContaining('  next [i32] -> [i32]') as unknown,
    })
  })

  it('by its own will, has the files that it left', async () => {
    const wasi = wat2wasm(read('test/fixtures/cli/wasi.wat'))
    const ended = await run(wasi, { args: ['write'], fs: { '/in': 'kept' }, snapshotOn: 'exit' })
    expect(ended.snapshot!.kind).toBe('instance')
    expect(Object.keys((await resume(carried(ended), { invoke: '_start' })).fs).sort()).toEqual(['/in', '/out'])
    const exited = await run(wasi, { args: ['x'], snapshotOn: 'exit' })
    expect({ code: exited.exitCode, kind: exited.snapshot!.kind }).toEqual({ code: 42, kind: 'instance' })
  })

  it('in its start function, is one that has ended', async () => {
    const exits = wat2wasm(`(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1) (func $start (call $exit (i32.const 3))) (start $start)
      (func (export "f") (result i32) (i32.const 9)))`)
    const ended = await run(exits, { invoke: 'f', snapshotOn: 'exit' })
    expect(ended.exitCode).toBe(3)
    expect((await resume(carried(ended), { invoke: 'f' })).results).toEqual([{ type: 'i32', value: 9 }])
  })

  it('has no arguments but those of the function that is called', async () => {
    const stopped = await run(wat2wasm(SUM), { invoke: 'sum', args: [9], fuel: 50, snapshotOn: 'fuel' })
    await expect(resume(carried(stopped), { args: ['1'] })).rejects.toMatchObject({ code: 'USAGE' })
    await expect(resume(carried(stopped), { invoke: 'sum', args: ['1'] })).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('a program that trapped', () => {
  it('tries again what trapped, with greater limits', async () => {
    const deep = wat2wasm(`(module (func $f (export "f") (param i32) (result i32)
      (if (result i32) (i32.eqz (local.get 0))
        (then (i32.const 7)) (else (call $f (i32.sub (local.get 0) (i32.const 1)))))))`)
    const options = { invoke: 'f', args: [500], fuel: Infinity }
    const stopped = await run(deep, { ...options, limits: { stackFrames: 100 }, snapshotOn: 'trap' })
    expect(stopped.trap?.code).toBe('STACK_EXHAUSTED')
    const again = await resume(carried(stopped), { limits: { stackFrames: 200 }, snapshotOn: 'trap' })
    expect(again.trap?.code).toBe('STACK_EXHAUSTED')
    expect((await resume(carried(again))).results).toEqual([{ type: 'i32', value: 7 }])
  })

  it('calls a function that was missing, once it is there', async () => {
    const text =
      '(module (import "env" "f" (func $f (result i32))) (func (export "g") (result i32) (i32.add (i32.const 1) (call $f))))'
    const stopped = await run(wat2wasm(text), { invoke: 'g', unknownImports: 'trap', snapshotOn: 'trap' })
    expect(stopped.trap?.code).toBe('UNKNOWN_IMPORT')
    expect((await resume(carried(stopped))).trap?.code).toBe('UNKNOWN_IMPORT')
    const imports = { env: { f: () => 41 } }
    expect((await resume(carried(stopped), { imports })).results).toEqual([{ type: 'i32', value: 42 }])
  })

  it('traps again, at the same place, where nothing is different', async () => {
    const traps = wat2wasm(`(module (memory 1) (tag $t (param i32))
      (func (export "oob") (result i32) (i32.load (i32.const 65536)))
      (func (export "zero") (result i32) (i32.add (i32.const 3) (i32.div_s (i32.const 1) (i32.const 0))))
      (func (export "thrown") (throw $t (i32.const 5))) (func (export "end") (call $u)) (func $u unreachable))`)
    for (const invoke of ['oob', 'zero', 'thrown', 'end']) {
      const first = await run(traps, { invoke, snapshotOn: 'trap' })
      const second = await resume(carried(first))
      expect(second.trap?.message).toBe(first.trap?.message)
      expect(second.trap?.frames.map(({ offset }) => offset)).toEqual(first.trap?.frames.map(({ offset }) => offset))
      expect(second.exitCode).toBe(134)
    }
  })

  it('before anything of it ran, cannot go on, and says so', async () => {
    const module = wat2wasm('(module (memory 0) (data (i32.const 0) "x") (func (export "_start")))')
    const { trap, snapshot, snapshotError } = await run(module, { snapshotOn: 'trap' })
    expect(trap?.code).toBe('TRAP_OUT_OF_BOUNDS')
    expect(snapshot).toBe(undefined)
    expect(snapshotError?.message).toBe('no function of the program had been called that could go on')
  })
})

describe('what a guest holds of the host', () => {
  const holder = wat2wasm(`(module (import "env" "get" (func $get (result externref)))
    (import "env" "take" (func $take (param externref) (result i32)))
    (func (export "f") (result i32) (local $x externref)
      (local.set $x (call $get)) (nop) (nop) (nop) (call $take (local.get $x))))`)
  const things = { one: {}, other: {} }
  const imports = { env: { get: () => things.one, take: (_: unknown, x: unknown) => (x === things.other ? 2 : 1) } }

  it('has a name by which it is given again', async () => {
    const nameOf = (thing: unknown): string | undefined => (thing === things.one ? 'thing' : undefined)
    const stopped = await run(holder, { imports, invoke: 'f', fuel: 3, snapshotOn: 'fuel', nameOf })
    const { results } = await resume(carried(stopped), { imports, externs: { thing: things.other } })
    expect(results).toEqual([{ type: 'i32', value: 2 }])
  })

  it('prevents a snapshot where it has none, which the result says beside how the program ended', async () => {
    const { exitCode, snapshotError } = await run(holder, { imports, invoke: 'f', fuel: 3, snapshotOn: 'fuel' })
    expect(exitCode).toBe(125)
    expect(snapshotError).toMatchObject({ code: 'SNAPSHOT_UNNAMED' })
  })
})

describe('the engine of before', () => {
  it('is made again: proposals and profile are those for which the modules were compiled', async () => {
    const module = wat2wasm('(module (memory 1 (pagesize 1)) (func (export "f") (drop (i32.const 1))))')
    const engine = new Engine({ features: { 'custom-page-sizes': true }, profile: 'deterministic' })
    const stopped = await run(module, { engine, invoke: 'f', fuel: 1, snapshotOn: 'fuel' })
    expect(stopped.snapshot!.modules.map(({ isDeterministic }) => isDeterministic)).toEqual([true])
    expect((await resume(carried(stopped))).exitCode).toBe(0)
    const again = await resume(carried(stopped), { fuel: 0, snapshotOn: 'fuel' })
    expect(again.snapshot!.modules.map(({ isDeterministic }) => isDeterministic)).toEqual([true])
    await expect(resume(carried(stopped), { engine: new Engine() })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  })

  it('is not replaced by one that computes otherwise', async () => {
    const engine = new Engine({ profile: 'deterministic' })
    const stopped = await run(wat2wasm(SUM), { engine, invoke: 'sum', args: [9], fuel: 9, snapshotOn: 'fuel' })
    const modules = [new Engine().compile(wat2wasm(SUM))]
    await expect(resume(stopped.snapshot!.encode(), { modules })).rejects.toMatchObject({
      code: 'SNAPSHOT_MISMATCH',
      message: expect.stringContaining('compiled for the deterministic profile') as unknown,
    })
    expect((await resume(stopped.snapshot!.encode(), { modules: [wat2wasm(SUM)], engine })).exitCode).toBe(0)
  })
})

describe('any snapshot', () => {
  it('of a run goes on, and of an instance has functions to call', async () => {
    const instance = await new Engine().compile(wat2wasm(SUM)).instantiate()
    const started = instance.start('sum', 9)
    started.run({ fuel: 20 })
    const { results, fuelUsed } = await resume(started.snapshot().encode({ modules: true }))
    expect(results).toEqual([{ type: 'i64', value: 45n }])
    expect(started.run()).toEqual({ kind: 'done', value: 45n })
    expect(fuelUsed).toBe(started.fuelUsed)
    const whole = instance.snapshot().withAttachment(Uint8Array.of(1, 2, 3))
    expect((await resume(whole, { invoke: 'sum', args: ['3'] })).results).toEqual([{ type: 'i64', value: 6n }])
  })
})

describe('a damaged or hostile snapshot', () => {
  async function stopped(): Promise<Snapshot> {
    const preload = { one: wat2wasm('(module (func $start (drop (i32.const 1))) (start $start))') }
    const options = { preload, invoke: 'sum', args: ['9'], fuel: 1, snapshotOn: 'fuel' } as const
    return (await run(wat2wasm(SUM), options)).snapshot!
  }

  it('is refused, wherever it was cut or changed', async () => {
    const bytes = (await stopped()).encode({ modules: true })
    for (let length = 0; length < bytes.length; length++) {
      await expect(resume(bytes.slice(0, length))).rejects.toMatchObject({ code: 'SNAPSHOT_MALFORMED' })
    }
    for (let bit = 0; bit < bytes.length * 8; bit += 3) {
      const flipped = bytes.slice()
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      await expect(resume(flipped)).rejects.toMatchObject({ code: 'SNAPSHOT_MALFORMED' })
    }
  })

  it('says something else about the program than what it has', async () => {
    const snapshot = await stopped()
    const state = decodeProgramState(snapshot.attachment!)
    const changes = [
      { stage: 'ended' as const },
      { stage: 'entry' as const },
      { preloads: [] },
      { preloads: ['one', 'two'] },
      { stage: 'ended' as const, preloads: [] },
    ]
    for (const change of changes) {
      const changed = snapshot.withAttachment(encodeProgramState({ ...state, ...change }))
      await expect(resume(changed)).rejects.toMatchObject({ code: 'SNAPSHOT_INVALID' })
    }
    const entry = snapshot.withAttachment(encodeProgramState({ ...state, entry: 'nothing' }))
    await expect(resume(entry)).rejects.toMatchObject({ code: 'UNKNOWN_EXPORT' })
    const cut = snapshot.withAttachment(snapshot.attachment!.slice(0, -1))
    await expect(resume(cut)).rejects.toMatchObject({ code: 'SNAPSHOT_MALFORMED' })
    const wasi = snapshot.withAttachment(encodeProgramState({ ...state, wasi: Uint8Array.of(1) }))
    await expect(resume(wasi)).rejects.toMatchObject({ code: 'SNAPSHOT_MALFORMED' })
  })

  it('names instances and modules that it does not have', async () => {
    const data = decodeSnapshot((await stopped()).encode({ modules: true }))
    for (const further of [
      { ...data.further, instances: [7] },
      { ...data.further, modules: [7] },
    ]) {
      const bytes = encodeSnapshot({ ...data, further })
      expect(() => new Engine().restore(bytes)).toThrow(expect.objectContaining({ code: 'SNAPSHOT_INVALID' }) as Error)
    }
  })

  it('is of another version, and says which this release reads', async () => {
    const bytes = (await stopped()).encode()
    bytes[8] = 9
    await expect(resume(bytes)).rejects.toThrow('it has version 9, and this release of Heddle reads version 1')
  })
})

describe('the state of a program', () => {
  it('comes back as it was written', () => {
    const state = {
      stage: 'initialize',
      fuelUsed: 2 ** 40,
      entry: 'f\u{1f600}',
      args: ['', 'text', -0, Infinity, -(2n ** 63n), null],
      preloads: ['a', ''],
      wasi: Uint8Array.of(1, 2),
      unknownImports: 'log',
      features: ['threads'],
    } as const
    expect(decodeProgramState(encodeProgramState(state))).toEqual(state)
    const least = { ...state, entry: undefined, wasi: undefined, args: [], preloads: [], features: [] }
    expect(decodeProgramState(encodeProgramState(least))).toEqual(least)
  })
})
