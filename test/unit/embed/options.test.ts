// What embedders may hand in as limits and options: a mistake is an error, never "no limit".

import { describe, expect, it } from 'vitest'
import { resume } from '../../../src/command/resume.ts'
import { run } from '../../../src/command/run.ts'
import { wizen } from '../../../src/command/wizen/wizen.ts'
import { createGlobal } from '../../../src/embed/externs.ts'
import { Engine } from '../../../src/embed/engine.ts'
import { Store, type StoreLimits } from '../../../src/runtime/store.ts'
import { FEATURE_NAMES, OPTIONAL_FEATURES } from '../../../src/validate/proposals.ts'
import { HostFileSystem, listenSocket, nodeHost } from '../../../src/node/index.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { guestMemory, type GuestMemory } from '../../../src/wasi/preview1/memory.ts'
import { OverlayFileSystem, type OverlayOptions } from '../../../src/wasi/preview1/overlay-file-system.ts'
import { VirtualFileSystem } from '../../../src/wasi/preview1/virtual-file-system.ts'
import { Wasi } from '../../../src/wasi/preview1/wasi.ts'

const engine = new Engine()
const LOOP = parseModule('(module (import "env" "wait" (func $wait)) (func (export "f") (loop (call $wait) (br 0))))')

describe('limits', () => {
  it.each([
    ['a text', { memoryBytes: '1MiB' }],
    ['no number', { memoryBytes: NaN }],
    ['negative', { tableElements: -1 }],
    ['misspelled', { memoryByte: 5 }],
  ])('of a store that are %s are refused', (_, limits) => {
    expect(() => new Store(limits as Partial<StoreLimits>)).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })

  it('that are undefined are the defaults', () => {
    expect(new Store({ memoryBytes: undefined } as unknown as Partial<StoreLimits>).limits.memoryBytes).toBeGreaterThan(
      0,
    )
  })

  it('of modules are checked like those of stores', () => {
    expect(() => new Engine({ limits: { moduleBytes: 'x' as unknown as number } })).toThrow(/moduleBytes/)
  })

  it('of a run may be those of its store and of WASI, and no others', async () => {
    await expect(run(LOOP, { invoke: 'f', limits: { feul: 5 } as object })).rejects.toThrow(/no limit "feul"/)
    await expect(
      run(parseModule('(module (func (export "_start")))'), { limits: { memoryBytes: 0, files: 3 } }),
    ).resolves.toMatchObject({
      exitCode: 0,
    })
  })
})

describe('a misspelt option', () => {
  const module = engine.compile(parseModule('(module (memory 1) (func (export "f")))'))
  const instance = module.instantiateSync()
  const misspelt: readonly (readonly [
    method: string,
    given: object,
    meant: string,
    call: (options: object) => unknown,
  ])[] = [
    ['an Engine', { feature: {} }, 'features', (options) => new Engine(options)],
    ['instantiate', { limit: {} }, 'limits', (options) => module.instantiateSync({}, options)],
    ['snapshot', { nameof: null }, 'nameOf', (options) => instance.snapshot(options)],
    ['restore', { import: {} }, 'imports', (options) => engine.restore(instance.snapshot(), options)],
    ['fork', { limitor: null }, 'limiter', (options) => instance.fork(options)],
    ['a Wasi', { preopen: {} }, 'preopens', (options) => new Wasi(options)],
    [
      'a HostFileSystem',
      { root: '.', acces: 'rw' },
      'access',
      (options) => new HostFileSystem(options as { root: string }),
    ],
    ['nodeHost', { suspend: true }, 'suspends', (options) => nodeHost(options)],
    ['an OverlayFileSystem', { uper: {} }, 'upper', (options) => new OverlayFileSystem(options as OverlayOptions)],
    ['listenSocket', { ports: 80 }, 'port', (options) => listenSocket(options)],
    ['a VirtualFileSystem', { acces: 'ro' }, 'access', (options) => new VirtualFileSystem({}, options)],
  ]

  it.each(misspelt)('of %s is refused, and the right one named', (method, given, meant, call) => {
    const name = Object.keys(given).at(-1) ?? ''
    expect(() => call(given)).toThrow(`${method} has no option "${name}"; did you mean "${meant}"? It has `)
  })

  it.each(misspelt)('of %s is no worse than options that are no object', (method, _given, _meant, call) => {
    expect(() => call(null as unknown as object)).toThrow(`${method} takes an object with options (`)
  })
})

describe('a misspelt option of a program', () => {
  const programs: readonly (readonly [
    method: string,
    given: object,
    meant: string,
    call: (options: object) => unknown,
  ])[] = [
    ['run', { timeOut: 5 }, 'timeout', async (options) => run(LOOP, options)],
    ['resume', { stdIn: '' }, 'stdin', async (options) => resume(new Uint8Array(0), options)],
    ['wizen', { initfunc: 'f' }, 'initFunc', async (options) => wizen(LOOP, options)],
  ]

  it.each(programs)('that %s is given is refused, too', async (method, given, meant, call) => {
    const name = Object.keys(given).join()
    await expect(call(given)).rejects.toThrow(`${method} has no option "${name}"; did you mean "${meant}"?`)
  })
})

describe('an option of a Wasi', () => {
  const folder = 'a tree ({ '
  const wrong: readonly (readonly [given: Readonly<Record<string, unknown>>, message: string])[] = [
    [{ args: 'you' }, "args must be an array of texts, such as ['program', 'in.txt'], not \"you\""],
    [{ env: ['A=b'] }, "env must be an object with variables, such as { LANG: 'C' }, not an array"],
    [{ env: { A: undefined } }, 'env: "A" must be a text, not undefined'],
    [{ fs: 'data' }, `fs must be ${folder}`],
    [{ preopens: { '/data': 'data' } }, `preopens: "/data" must be ${folder}`],
    [{ preopens: new Map() }, 'preopens must be an object with folders'],
    [{ stdin: 4 }, 'stdin must be a text'],
    [{ stdout: 'x' }, 'stdout must be a function'],
    [{ sockets: [3] }, 'sockets must be an array of listeners'],
    [{ clock: Date }, 'clock must be a WasiClock'],
    [{ random: 3 }, 'random must be a function'],
    [{ trace: true }, 'trace must be a function'],
    [{ fs: { '/a': 3 } }, 'the entry "/a" of a tree is a text'],
    [{ fs: { '/a': { type: 'dir' } } }, 'the entry "/a" of a tree is a text'],
    [{ fs: { '/a': { type: 'link' } } }, 'the entry "/a" of a tree is a text'],
  ]

  it.each(wrong)('that is %j is refused, in words', (given, message) => {
    expect(() => new Wasi(given)).toThrow(expect.objectContaining({ code: 'USAGE' }))
    expect(() => new Wasi(given)).toThrow(message)
  })

  it('that is no function for the memory, or gives a memory as it is, is told what to give', () => {
    const memory = { buffer: new ArrayBuffer(0) } as unknown as GuestMemory
    expect(() => new Wasi().imports(memory as unknown as () => GuestMemory)).toThrow('() => guestMemory(')
    expect(() => new Wasi().imports(() => memory).args_sizes_get(0, 4)).toThrow('() => guestMemory(')
  })

  it('that reads something else than bytes ends the call with that', () => {
    const wasi = new Wasi({ stdin: (() => 'text') as unknown as () => Uint8Array })
    const memory = guestMemory({ buffer: new ArrayBuffer(64) })
    memory.view.setUint32(4, 8, true)
    expect(() => wasi.imports(() => memory).fd_read(0, 0, 1, 32)).toThrow('what stdin reads must be a Uint8Array')
  })
})

describe('the arguments of a program', () => {
  it('are a list', async () => {
    const args = 'in.txt' as unknown as readonly string[]
    await expect(run(LOOP, { args })).rejects.toThrow("args must be an array, such as ['in.txt'], not string")
  })
})

describe('access to a virtual file system', () => {
  it('is never more than was meant', () => {
    expect(() => new VirtualFileSystem({}, { access: 'read-only' as 'ro' })).toThrow("'ro' or 'rw', not \"read-only\"")
  })
})

describe('features', () => {
  it('are an object with names of proposals', () => {
    const asList = ['threads'] as unknown as Record<string, boolean>
    expect(() => new Engine({ features: asList })).toThrow('features are an object, such as { threads: true }')
    expect(() => new Engine({ features: { thread: true } })).toThrow(/unknown feature "thread": there are .*threads/)
  })

  it('that are off unless switched on have names, too', () => {
    expect(OPTIONAL_FEATURES).toContain('threads')
    expect(OPTIONAL_FEATURES).not.toContain('gc')
    expect(FEATURE_NAMES).toEqual(expect.arrayContaining([...OPTIONAL_FEATURES]))
  })
})

describe('the type of a global', () => {
  it('is a text', () => {
    expect(() => createGlobal({ type: 'i32' } as unknown as string)).toThrow("a value type is a text such as 'i32'")
    expect(createGlobal('i31ref', 5, true).value).toBe(5)
    expect(() => createGlobal('i31ref', 2 ** 30)).toThrow('must be of type i31ref, not 1073741824')
  })
})

describe('a time limit', () => {
  it('that is no number is refused', async () => {
    await expect(run(LOOP, { invoke: 'f', timeout: '0.1s' as unknown as number })).rejects.toMatchObject({
      code: 'USAGE',
    })
  })

  it('ends a program whose host functions give promises that are settled at once', async () => {
    const { trap } = await run(LOOP, {
      invoke: 'f',
      timeout: 20,
      imports: { env: { wait: async () => Promise.resolve() } },
    })
    expect(trap).toMatchObject({ code: 'TIMEOUT' })
  })
})

describe('a memory that is exported twice', () => {
  it('is the same Memory, in both instances', () => {
    const a = engine.compile(parseModule('(module (memory (export "m") 1))')).instantiateSync()
    const b = engine
      .compile(parseModule('(module (import "a" "m" (memory 1)) (export "again" (memory 0)))'))
      .instantiateSync({ a: { m: a.exports['m'] } })
    expect(b.exports['again']).toBe(a.exports['m'])
  })
})

describe('a deep stack', () => {
  it('is told by its two ends and its true depth', () => {
    const text = `(module (func $down (export "down") (param i32)
      (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1)))) (else unreachable)))
      (func (export "outer") (param i32) (call $down (local.get 0))))`
    const instance = engine.compile(parseModule(text)).instantiateSync()
    const state = instance.start('outer', 1000).run()
    expect(state).toMatchObject({ kind: 'trap', error: { depth: 1002 } })
    const { frames } = (state as { error: unknown }).error as { frames: readonly { funcIdx: number }[] }
    expect(frames.length).toBeLessThanOrEqual(101)
    expect(frames.at(-1)?.funcIdx).toBe(1)
    expect(frames[0]?.funcIdx).toBe(0)
  })
})
