// Commands, reactors and libraries: how they begin, by each way there is, and that nothing begins twice or goes on after its end.

import { Engine, run } from 'heddle'
import { Wasi, WasiExit, guestMemory, wasiProvider } from 'heddle/wasi'
import { wat2wasm } from 'heddle/wat'
import { describe, expect, test } from 'vitest'
import { native } from './host.ts'
import type { NativeMemory } from './host.ts'

/** `_initialize` and `_start` add 1 and 10 to what `count` gives; `say` writes a byte; `exit` exits with 7. */
function moduleOf(...entries: readonly ('_start' | '_initialize')[]): Uint8Array {
  return wat2wasm(`(module
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "\\08\\00\\00\\00\\01\\00\\00\\00!")
    (global $count (mut i32) (i32.const 0))
    (func $add (param i32) (global.set $count (i32.add (global.get $count) (local.get 0))))
    ${entries.map((name) => `(func (export "${name}") (call $add (i32.const ${name === '_start' ? 10 : 1})) (drop (call $say)))`).join('\n')}
    (func (export "count") (result i32) (global.get $count))
    (func $say (export "say") (result i32) (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
    (func (export "exit") (call $proc_exit (i32.const 7))))`)
}

interface Exports extends Record<string, unknown> {
  readonly memory: NativeMemory
  readonly count: () => number
  readonly say: () => number
  readonly exit: () => void
}

const COMMAND = moduleOf('_start')
const REACTOR = moduleOf('_initialize')
const LIBRARY = moduleOf()
const BOTH = moduleOf('_initialize', '_start')

function instantiateNatively(bytes: Uint8Array, wasi: Wasi): Exports {
  const instance = new native.Instance(new native.Module(bytes), { wasi_snapshot_preview1: wasi.imports(() => memory) })
  const exports = instance.exports as Exports
  const memory = guestMemory(exports.memory)
  return exports
}

function instantiateHere(bytes: Uint8Array, wasi: Wasi): Exports {
  return new Engine().compile(bytes).instantiateSync({}, { wasi: wasiProvider(wasi) }).exports as unknown as Exports
}

describe.each([
  ["the host's WebAssembly", instantiateNatively],
  ['module.instantiate', instantiateHere],
])('by %s', (_, instantiate) => {
  test('a command starts once, and its files are closed then', () => {
    const wasi = new Wasi()
    const exports = instantiate(COMMAND, wasi)
    expect(wasi.start(exports)).toBe(0)
    expect(exports.count()).toBe(10)
    expect(() => wasi.start(exports)).toThrow(/begins once, and this one has \(_start\)/)
    expect(() => wasi.initialize(exports)).toThrow(/begins once/)
    expect(exports.count()).toBe(10)
    expect(exports.say()).toBe(8)
    expect(Buffer.from(wasi.stdout).toString()).toBe('!')
  })

  test('a reactor is initialised once, and its exports are called then', () => {
    const wasi = new Wasi()
    const exports = instantiate(REACTOR, wasi)
    expect(exports.count()).toBe(0)
    expect(() => wasi.start(exports)).toThrow(/no command.*wasi.initialize is for reactors/)
    expect(wasi.initialize(exports)).toBeUndefined()
    expect(() => wasi.initialize(exports)).toThrow(/begins once, and this one has \(_initialize\)/)
    expect(exports.count()).toBe(1)
    expect([exports.say(), exports.say()]).toEqual([0, 0])
    expect(Buffer.from(wasi.stdout).toString()).toBe('!!!')
    wasi.close()
    expect(exports.say()).toBe(8)
  })

  test('a library needs nothing, and may be initialised like a reactor', () => {
    const wasi = new Wasi()
    const exports = instantiate(LIBRARY, wasi)
    expect(exports.say()).toBe(0)
    expect(wasi.initialize(exports)).toBeUndefined()
    expect(exports.count()).toBe(0)
    expect(exports.say()).toBe(0)
  })

  test('a module that exports both is a command', () => {
    const wasi = new Wasi()
    const exports = instantiate(BOTH, wasi)
    expect(() => wasi.initialize(exports)).toThrow(/this is a command.*wasi.start/)
    expect(wasi.start(exports)).toBe(0)
    expect(exports.count()).toBe(10)
  })

  test('what has exited answers each call into WASI with its exit', () => {
    const wasi = new Wasi()
    const exports = instantiate(REACTOR, wasi)
    expect(wasi.initialize(exports)).toBeUndefined()
    expect(() => exports.exit()).toThrow(WasiExit)
    expect(wasi.exitCode).toBe(7)
    expect(() => exports.say()).toThrow('the program exited with 7')
    expect(Buffer.from(wasi.stdout).toString()).toBe('!')
    expect(exports.count()).toBe(1)
    expect(wasi.run(() => exports.say())).toBe(7)
  })
})

test('asynchronous exports start a command, too', async () => {
  const wasi = new Wasi({ stdout: () => Promise.resolve() })
  const instance = await new Engine().compile(COMMAND).instantiate({}, { wasi: wasiProvider(wasi) })
  expect(await wasi.start(instance.async as unknown as Exports)).toBe(0)
  expect(wasi.exitCode).toBeUndefined()
  const reactor = new Wasi({ stdout: () => Promise.resolve() })
  const other = await new Engine().compile(REACTOR).instantiate({}, { wasi: wasiProvider(reactor) })
  await reactor.initialize(other.async)
  expect((other.exports as unknown as Exports).count()).toBe(1)
})

describe('by run', () => {
  const count = async (bytes: Uint8Array, invoke?: string): Promise<unknown> => {
    const { results, exitCode, stdout } = await run(bytes, { invoke })
    return [exitCode, stdout, ...results.map(({ value }) => value)]
  }

  test('a command starts', async () => {
    expect(await count(COMMAND)).toEqual([0, '!'])
    expect(await count(COMMAND, 'count')).toEqual([0, '', 0])
  })

  test('a reactor is initialised once before what is invoked', async () => {
    expect(await count(REACTOR)).toEqual([0, '!'])
    expect(await count(REACTOR, 'count')).toEqual([0, '!', 1])
    expect(await count(REACTOR, '_initialize')).toEqual([0, '!'])
    expect(await count(REACTOR, 'exit')).toEqual([7, '!'])
  })

  test('a library has what is invoked', async () => {
    expect(await count(LIBRARY, 'say')).toEqual([0, '!', 0])
    await expect(count(LIBRARY)).rejects.toThrow(/there is no "_start"/)
  })

  test('a module that exports both is a command, and initialised before another function is invoked', async () => {
    expect(await count(BOTH)).toEqual([0, '!'])
    expect(await count(BOTH, 'count')).toEqual([0, '!', 1])
  })
})

test('the whole tree can be had after a run, not only the files', async () => {
  const fs = {
    '/a': { type: 'file', content: 'x', mode: 0o600, mtim: 5n },
    '/b': { type: 'hard-link', path: '/a' },
  } as const
  const folder = {
    '/link': { type: 'link', target: 'a' },
    '/empty': { type: 'directory' },
    '/h': { type: 'hard-link', path: '/link' },
  } as const
  const result = await run(COMMAND, { fs, preopens: { '/data/': folder } })
  expect(result.tree).toMatchObject({
    '/a': { mode: 0o600, mtim: 5n },
    '/b': { type: 'hard-link', path: '/a' },
    '/data/link': { target: 'a' },
    '/data/empty': { type: 'directory' },
    '/data/h': { type: 'hard-link', path: '/data/link' },
  })
  expect([...result.fileSystems.keys()]).toEqual(['/', '/data/'])
  expect((await run(COMMAND, { fs: result.tree })).tree).toMatchObject(result.tree)
})
