// The state of a Wasi goes through bytes into another one, and the guest can't tell. Numbers are those of the adversarial checklist.

import { describe, expect, test } from 'vitest'
import { wasiProvider } from '../../src/wasi/preview1/wasi-provider.ts'
import { WasiError } from '../../src/wasi/preview1/errno.ts'
import type { Directory, FileSystem } from '../../src/wasi/preview1/file-system.ts'
import type { WasiClock, WasiRandom } from '../../src/wasi/preview1/implementation.ts'
import { WasiExit } from '../../src/wasi/preview1/process.ts'
import { decodeState, encodeState } from '../../src/wasi/preview1/saved-state.ts'
import type { SavedState } from '../../src/wasi/preview1/saved-state.ts'
import { FDFLAGS, OFLAGS, RIGHTS } from '../../src/wasi/preview1/types.ts'
import { VirtualFileSystem } from '../../src/wasi/preview1/virtual-file-system.ts'
import { Wasi } from '../../src/wasi/preview1/wasi.ts'
import type { WasiOptions } from '../../src/wasi/preview1/wasi.ts'
import { ALL, Caller, FOLDER, OUT } from './host.ts'

/** Of a folder: it can't be opened to be written. */
const AS_FOLDER = { rights: ALL & ~BigInt(RIGHTS.fd_write), inheriting: ALL }

/** A guest whose memory is the same, and whose Wasi goes on from the state of the other's. */
function resume(from: Caller, options: WasiOptions = {}): Caller {
  const to = new Caller(options)
  to.bytes.set(from.bytes)
  const provider = wasiProvider(to.wasi)
  provider.restore?.(wasiProvider(from.wasi).save?.() as Uint8Array)
  return to
}

/** Calls both, which must answer alike and have the same memory afterwards. */
function alike(a: Caller, b: Caller, call: (caller: Caller) => unknown): unknown {
  const answer = call(a)
  expect(call(b)).toEqual(answer)
  expect(Buffer.from(a.bytes).equals(b.bytes)).toBe(true)
  return answer
}

function stat(caller: Caller, fd: number): readonly bigint[] {
  expect(caller.call('fd_filestat_get', fd, OUT)).toBe('success')
  return Array.from({ length: 8 }, (_, i) => caller.view.getBigUint64(OUT + 8 * i, true))
}

function listing(caller: Caller, fd: number, cookie: bigint, length: number): string {
  caller.bytes.fill(0, 8192, 8192 + length)
  const errno = caller.call('fd_readdir', fd, 8192, length, cookie, OUT)
  return errno === 'success' ? Buffer.from(caller.bytes.slice(8192, 8192 + length)).toString('hex') : errno
}

const tree = {
  '/a.txt': { type: 'file', content: 'the warp', mode: 0o600, atim: 5n, mtim: 7n },
  '/folder/b': Uint8Array.of(1, 2, 3),
  '/folder/c': { type: 'link', target: '../a.txt', mtim: 9n },
  '/hard': { type: 'hard-link', path: '/a.txt' },
  '/empty': { type: 'directory', mode: 0o700, mtim: 11n },
  '/before-1970': { type: 'file', content: '', mtim: -3n },
} as const

describe('files in memory', () => {
  test('come back as they were, with names, modes, times and numbers', () => {
    const caller = new Caller({ fs: new VirtualFileSystem(tree, { dev: 77n }), preopens: { '/other': { x: 'y' } } })
    caller.call('path_symlink', 'x/y', FOLDER, 'new-link')
    caller.call('path_create_directory', FOLDER, 'made')
    // What gives the time is the host's.
    const there = resume(caller, { fs: new VirtualFileSystem() })
    const trees = [caller, there].map(({ wasi }) =>
      Array.from(wasi.fileSystems, ([name, fs]) => [name, (fs as VirtualFileSystem).toTree()]),
    )
    expect(trees[1]).toEqual(trees[0])
    for (const name of ['a.txt', 'hard', 'folder', 'folder/b', 'folder/c', 'new-link', 'made', 'before-1970', '.']) {
      expect(alike(caller, there, (each) => each.call('path_filestat_get', FOLDER, 0, name, OUT))).toBe('success')
    }
    expect(alike(caller, there, (each) => each.call('path_create_directory', FOLDER, 'next'))).toBe('success')
    alike(caller, there, (each) => each.call('path_filestat_get', FOLDER, 0, 'next', OUT))
    expect(alike(caller, there, (each) => each.call('path_filestat_get', 4, 0, 'x', OUT))).toBe('success')
  })

  test('are files of their own: what one guest writes the other does not see', () => {
    const caller = new Caller({ fs: { '/a': 'old' } })
    const fd = caller.open(FOLDER, 'a', { rights: ALL }) as number
    const there = resume(caller)
    expect(there.write(fd, 'new')).toBe('success')
    expect(Buffer.from(caller.wasi.files()['/a'] ?? []).toString()).toBe('old')
    expect(Buffer.from(there.wasi.files()['/a'] ?? []).toString()).toBe('new')
  })

  test('two names of one file are still one', () => {
    const there = resume(new Caller({ fs: tree }))
    const [a, hard] = ['a.txt', 'hard'].map((name) => there.open(FOLDER, name, { rights: ALL }) as number) as [
      number,
      number,
    ]
    expect(stat(there, a)).toEqual(stat(there, hard))
    expect(there.write(a, 'THE')).toBe('success')
    expect(there.read(hard)).toBe('THE warp')
  })

  test('one file system under two names is still one', () => {
    const shared = new VirtualFileSystem({ '/x': 'X' })
    const there = resume(new Caller({ fs: shared, preopens: { '/too': shared } }))
    expect(there.call('path_rename', 3, 'x', 4, 'y')).toBe('success')
    expect(Object.keys(there.wasi.files()).sort()).toEqual(['/too/y', '/y'])
  })

  test('that are open and have no name live until they are closed, and count until then', () => {
    const caller = new Caller({ fs: {}, limits: { fsBytes: 100 } })
    const fd = caller.open(FOLDER, 'gone', { rights: ALL, oflags: OFLAGS.creat }) as number
    caller.call('path_create_directory', FOLDER, 'removed')
    const folder = caller.open(FOLDER, 'removed', AS_FOLDER) as number
    expect(caller.write(fd, 'x'.repeat(60))).toBe('success')
    expect(caller.call('path_unlink_file', FOLDER, 'gone')).toBe('success')
    expect(caller.call('path_remove_directory', FOLDER, 'removed')).toBe('success')
    const there = resume(caller, { limits: { fsBytes: 100 } })
    expect(alike(caller, there, (each) => stat(each, fd))).toMatchObject({ 3: 0n, 4: 60n })
    alike(caller, there, (each) => stat(each, folder))
    alike(caller, there, (each) => each.open(folder, 'x', { oflags: OFLAGS.creat }))
    const next = alike(caller, there, (each) =>
      each.open(FOLDER, 'next', { rights: ALL, oflags: OFLAGS.creat }),
    ) as number
    alike(caller, there, (each) => each.write(next, 'y'.repeat(60)))
    expect(there.view.getUint32(OUT, true)).toBe(40)
    alike(caller, there, (each) => each.call('fd_close', fd))
    alike(caller, there, (each) => each.write(next, 'z'.repeat(70)))
    expect(there.view.getUint32(OUT, true)).toBe(60)
  })

  test('that can only be read stay so, and so they are where the restoring side says so', () => {
    const readOnly = new VirtualFileSystem({ '/a': 'A' }, { access: 'ro' })
    expect(resume(new Caller({ fs: readOnly })).call('path_unlink_file', FOLDER, 'a')).toBe('rofs')
    const writable = new Caller({ fs: { '/a': 'A' } })
    const fd = writable.open(FOLDER, 'a', { rights: ALL }) as number
    const there = resume(writable, { fs: readOnly })
    expect(there.write(fd, 'B')).toBe('rofs')
    expect(there.call('path_unlink_file', FOLDER, 'a')).toBe('rofs')
    expect(resume(writable, { fs: { '/b': 'B' } }).write(fd, 'B')).toBe('success')
  })

  test('take the place of what is granted, which stays as it is', () => {
    const granted = new VirtualFileSystem({ '/mine': 'M' })
    const there = resume(new Caller({ fs: { '/a': 'A' } }), { fs: granted })
    expect(Object.keys(there.wasi.files())).toEqual(['/a'])
    expect(Object.keys(granted.files())).toEqual(['/mine'])
  })
})

describe('descriptors', () => {
  test('keep number, position, flags, rights and name', () => {
    const caller = new Caller({ fs: tree, preopens: { '/other': {} } })
    const file = caller.open(FOLDER, 'a.txt', { rights: ALL, fdflags: FDFLAGS.append }) as number
    const second = caller.open(FOLDER, 'hard', { rights: BigInt(RIGHTS.fd_read | RIGHTS.fd_tell) }) as number
    expect(caller.read(second, 4)).toBe('the ')
    caller.call('fd_seek', file, 100n, 0, OUT)
    const folder = caller.open(FOLDER, 'folder', AS_FOLDER) as number
    expect(caller.call('fd_renumber', folder, 1)).toBe('success')
    expect(caller.call('fd_renumber', 4, FOLDER)).toBe('success')
    const there = resume(caller)
    for (let fd = 0; fd < 9; fd++) {
      alike(caller, there, (each) => each.call('fd_fdstat_get', fd, OUT))
      alike(caller, there, (each) => each.call('fd_prestat_get', fd, OUT))
      alike(caller, there, (each) => each.call('fd_prestat_dir_name', fd, 4096, 32))
      alike(caller, there, (each) => each.call('fd_tell', fd, OUT))
    }
    expect(alike(caller, there, (each) => each.read(second))).toBe('warp')
    expect(alike(caller, there, (each) => each.write(second, 'x'))).toBe('notcapable')
    expect(alike(caller, there, (each) => each.write(file, ' and the weft'))).toBe('success')
    expect(alike(caller, there, (each) => each.call('fd_tell', file, OUT))).toBe('success')
    expect(there.view.getBigUint64(OUT, true)).toBe(21n)
    expect(alike(caller, there, (each) => each.open(1, 'b', { rights: ALL }))).toBe(4)
    expect(alike(caller, there, (each) => each.read(4))).toBe('\u0001\u0002\u0003')
    expect(alike(caller, there, (each) => each.open(FOLDER, 'a.txt'))).toBe('noent')
  })

  test('go on in the middle of a folder that was changed meanwhile', () => {
    const caller = new Caller({ fs: Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`file-${i}`, ''])) })
    listing(caller, FOLDER, 0n, 100)
    caller.call('path_unlink_file', FOLDER, 'file-12')
    caller.open(FOLDER, 'file-new', { oflags: OFLAGS.creat })
    const there = resume(caller)
    for (const cookie of [3n, 12n, 20n, 21n, 22n]) {
      alike(caller, there, (each) => listing(each, FOLDER, cookie, 200))
    }
    expect(Buffer.from(listing(there, FOLDER, 13n, 60), 'hex').toString()).toContain('file-11')
    expect(Buffer.from(listing(there, FOLDER, 14n, 60), 'hex').toString()).toContain('file-12')
    alike(caller, there, (each) => listing(each, FOLDER, 0n, 4000))
  })

  test('that are closed stay closed', () => {
    const caller = new Caller({ fs: {}, stdin: 'abc' })
    for (const fd of [0, 2, FOLDER]) caller.call('fd_close', fd)
    const there = resume(caller, { stdin: 'abc', fs: {} })
    for (const fd of [0, 2, FOLDER]) expect(there.call('fd_fdstat_get', fd, OUT)).toBe('badf')
    expect(there.write(1, 'out')).toBe('success')
  })

  test('folders that are granted in addition get numbers that are free', () => {
    const caller = new Caller({ fs: { '/a': 'A' } })
    const there = resume(caller, { fs: {}, preopens: { '/more': { '/m': 'M' } } })
    expect(there.read(there.open(4, 'm', { rights: ALL }) as number)).toBe('M')
    expect(there.read(there.open(FOLDER, 'a', { rights: ALL }) as number)).toBe('A')
    expect([...there.wasi.fileSystems.keys()]).toEqual(['/', '/more'])
  })
})

describe('the program', () => {
  test('has its arguments and variables, unless the restoring side has others', () => {
    const caller = new Caller({ args: ['prog', 'ä'], env: { A: '1' } })
    const strings = (each: Caller, what: 'args' | 'environ'): string => {
      expect(each.call(`${what}_get`, 4096, 8192)).toBe('success')
      expect(each.call(`${what}_sizes_get`, OUT, OUT + 4)).toBe('success')
      return each.text(8192, each.view.getUint32(OUT + 4, true))
    }
    expect(strings(resume(caller), 'args')).toBe('prog\0ä\0')
    expect(strings(resume(caller), 'environ')).toBe('A=1\0')
    expect(strings(resume(caller, { args: ['other'], env: {} }), 'args')).toBe('other\0')
    expect(strings(resume(caller, { args: ['other'], env: {} }), 'environ')).toBe('')
  })

  test('has ended, if it had', () => {
    const caller = new Caller()
    expect(resume(caller).wasi.exitCode).toBe(undefined)
    expect(() => caller.call('proc_exit', 3)).toThrow(WasiExit)
    expect(resume(caller).wasi.exitCode).toBe(3)
  })
})

describe('streams', () => {
  test('input that was read but not consumed comes first, then what the restoring side gives', () => {
    const caller = new Caller({ stdin: () => Buffer.from('one two ') })
    expect(caller.read(0, 4)).toBe('one ')
    const there = resume(caller, { stdin: () => Buffer.from('three') })
    expect([there.read(0, 2), there.read(0), there.read(0)]).toEqual(['tw', 'o ', 'three'])
    const alone = resume(caller)
    expect([alone.read(0), alone.read(0)]).toEqual(['two ', ''])
  })

  test('data given as input is all of it: what was consumed is passed over', () => {
    const caller = new Caller({ stdin: 'one two' })
    expect(caller.read(0, 4)).toBe('one ')
    expect(resume(caller, { stdin: 'one two three' }).read(0)).toBe('two three')
    expect(resume(caller).read(0)).toBe('two')
    expect(resume(new Caller(), { stdin: 'later' }).read(0)).toBe('later')
  })

  test('the end of the input and its failure are kept', async () => {
    const ended = new Caller()
    expect(ended.read(0)).toBe('')
    expect(resume(ended, { stdin: () => Buffer.from('more') }).read(0)).toBe('')
    const failing = new Caller({ stdin: () => Promise.reject(new WasiError('nxio')) })
    failing.call('fd_fdstat_set_flags', 0, FDFLAGS.nonblock)
    expect(failing.read(0)).toBe('again')
    await Promise.resolve()
    await Promise.resolve()
    const there = resume(failing, { stdin: 'x' })
    expect([there.read(0), there.read(0)]).toEqual(['nxio', 'x'])
  })

  test('output that was collected is there, and what is left of the quota', () => {
    const limits = { outputBytes: 10 }
    const caller = new Caller({ limits })
    caller.write(1, 'abc')
    caller.write(2, 'de')
    const there = resume(caller, { limits })
    expect(alike(caller, there, (each) => each.write(1, '123456789'))).toBe('success')
    expect(Buffer.from(there.wasi.stdout).toString()).toBe('abc12345')
    expect(Buffer.from(there.wasi.stderr).toString()).toBe('de')
    expect(alike(caller, there, (each) => each.write(2, '1'))).toBe('nospc')
  })

  test('a quota of the restoring side counts what was written before', () => {
    const caller = new Caller({ stdout: () => undefined })
    caller.write(1, 'a'.repeat(100))
    expect(resume(caller, { limits: { outputBytes: 50 } }).write(1, 'x')).toBe('nospc')
    expect(resume(caller).write(1, 'x')).toBe('success')
  })
})

describe('time and randomness', () => {
  const time = (caller: Caller, id: number): bigint => {
    expect(caller.call('clock_time_get', id, 0n, OUT)).toBe('success')
    return caller.view.getBigUint64(OUT, true)
  }

  test('the virtual clock goes on', () => {
    const caller = new Caller()
    time(caller, 1)
    const there = resume(caller)
    for (const id of [0, 1, 2, 1]) alike(caller, there, (each) => time(each, id))
  })

  test('clocks that only go forward do so on a machine that started later', () => {
    const clock = (start: bigint): WasiClock => ({ now: () => start++ })
    const caller = new Caller({ clock: clock(5000n) })
    expect(time(caller, 1)).toBe(5000n)
    const there = resume(caller, { clock: clock(10n) })
    expect([time(there, 1), time(there, 0), time(there, 1), time(there, 2)]).toEqual([5000n, 11n, 5002n, 13n])
    expect(time(resume(there, { clock: clock(9000n) }), 1)).toBe(5002n)
  })

  test('a random source with a state goes on, another one is the restoring side’s', () => {
    const seeded = (): WasiRandom => {
      let next = 0
      const fill = (bytes: Uint8Array): void => bytes.forEach((_, i) => (bytes[i] = next++))
      return Object.assign(fill, {
        save: () => Uint8Array.of(next),
        restore: (saved: Uint8Array) => {
          next = saved[0] ?? 0
        },
      })
    }
    const random = (caller: Caller): Buffer => {
      expect(caller.call('random_get', 4096, 4)).toBe('success')
      return Buffer.from(caller.bytes.slice(4096, 4100))
    }
    const caller = new Caller({ random: seeded() })
    random(caller)
    const there = resume(caller, { random: seeded() })
    alike(caller, there, random)
    expect([...random(there)]).toEqual([8, 9, 10, 11])
    expect([...random(resume(caller, { random: (bytes) => bytes.fill(9) }))]).toEqual([9, 9, 9, 9])
    expect(resume(caller).call('random_get', 4096, 4)).toBe('nosys')
  })
})

/** A file system that the layer knows nothing of, and the handles that are open on it. */
class HostFileSystem implements FileSystem {
  readonly inner: VirtualFileSystem
  open = 0

  constructor(inner: VirtualFileSystem) {
    this.inner = inner
  }

  openRoot(): Directory {
    return this.#wrap(this.inner.openRoot())
  }

  #wrap<Handle extends { close(): void }>(handle: Handle): Handle {
    this.open++
    return new Proxy(handle, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return (...args: readonly unknown[]): unknown => {
          if (name === 'close') this.open--
          const answer: unknown = Reflect.apply(value, target, args)
          if (name === 'open' || name === 'reopen') return this.#wrap(answer as Handle)
          if (name !== 'step') return answer
          const step = answer as { readonly type: string; readonly directory: Directory }
          return step.type === 'directory' ? { ...step, directory: this.#wrap(step.directory) } : step
        }
      },
    })
  }
}

describe('a folder of the host', () => {
  const content = { '/top': 'top', '/d/e/file': 'content', '/link': { type: 'link', target: 'd/e' } } as const

  function withOpenFiles(): { readonly caller: Caller; readonly fds: readonly number[] } {
    const caller = new Caller({ preopens: { '/host': new HostFileSystem(new VirtualFileSystem(content)) } })
    const link = caller.open(FOLDER, 'link', { ...AS_FOLDER, follow: true }) as number
    const file = caller.open(link, './../e/file', { rights: ALL })
    expect(file).toBe('perm')
    const fds = [
      link,
      caller.open(link, './file', { rights: ALL }),
      caller.open(FOLDER, 'd/e/../../top', { rights: ALL }),
    ]
    expect(fds).toEqual([4, 5, 6])
    expect(caller.read(5, 3)).toBe('con')
    return { caller, fds: fds as number[] }
  }

  test('is found by its name, and open files by the names that led to them', () => {
    const { caller } = withOpenFiles()
    const inner = new VirtualFileSystem({ ...content, '/d/e/file': 'CONTENT' })
    const host = new HostFileSystem(inner)
    const there = resume(caller, { preopens: { '/host': host } })
    expect(host.open).toBe(4)
    expect([there.read(5), there.read(6)]).toEqual(['TENT', 'top'])
    expect(there.write(5, '!')).toBe('success')
    expect(Buffer.from(inner.read('/d/e/file') ?? []).toString()).toBe('CONTENT!')
    expect(there.open(4, 'file')).toBe(7)
    const again = resume(there, { preopens: { '/host': new HostFileSystem(inner) } })
    expect(again.call('fd_seek', 5, 0n, 0, OUT)).toBe('success')
    expect(again.read(5)).toBe('CONTENT!')
    there.wasi.close()
    expect(host.open).toBe(0)
  })

  test('may be a virtual one elsewhere', () => {
    const { caller } = withOpenFiles()
    const there = resume(caller, { preopens: { '/host': new VirtualFileSystem(content) } })
    expect(there.read(5)).toBe('tent')
    expect(resume(there).read(6)).toBe('top')
  })

  test('is not needed where nothing in it is open', () => {
    const { caller, fds } = withOpenFiles()
    for (const fd of [FOLDER, ...fds]) caller.call('fd_close', fd)
    expect(resume(caller).call('fd_prestat_get', FOLDER, OUT)).toBe('badf')
  })

  test.each([
    ['is not granted', {}, /a folder \/host has to be granted/],
    ['lacks a file', { '/top': 'top' }, /\/host\/d\/e can't be opened again: ENOENT/],
    [
      'has a folder for a file',
      { ...content, '/top': { type: 'directory' } },
      /\/host\/top can't be opened again: EISDIR/,
    ],
    ['has a link on the way', { '/top': '', '/d/e': { type: 'link', target: '..' } }, /\/host\/d\/e can't.*ENOTDIR/],
  ] as const)('that %s is an error, and nothing stays open', (_, tree, message) => {
    const { caller } = withOpenFiles()
    const host = new HostFileSystem(new VirtualFileSystem(tree as WasiOptions['fs'] & object as never))
    const there = new Caller(Object.keys(tree).length === 0 ? {} : { preopens: { '/host': host } })
    expect(() => there.wasi.restore(caller.wasi.save())).toThrow(expect.objectContaining({ code: 'SNAPSHOT_INVALID' }))
    expect(() => there.wasi.restore(caller.wasi.save())).toThrow(message)
    there.wasi.close()
    expect(host.open).toBe(0)
  })

  test('that answers with promises is an error, and what comes late is closed', async () => {
    const { caller } = withOpenFiles()
    let closed = 0
    const late = { close: () => closed++ } as unknown as Directory
    const root = {
      kind: 'directory',
      close: () => undefined,
      step: () => Promise.resolve({ type: 'directory', directory: late }),
    } as unknown as Directory
    const wasi = new Wasi({ preopens: { '/host': { openRoot: () => root } } })
    expect(() => wasi.restore(caller.wasi.save())).toThrow(/promise/)
    await Promise.resolve()
    expect(closed).toBe(1)
  })

  test('can’t stand for what was a virtual one', () => {
    const saved = new Caller({ fs: {} }).wasi.save()
    const wasi = new Wasi({ fs: new HostFileSystem(new VirtualFileSystem()) })
    expect(() => wasi.restore(saved)).toThrow(/the folder \/ was a virtual one/)
  })
})

describe('a call that waits', () => {
  function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
    let resolve: (value: T) => void = () => undefined
    const promise = new Promise<T>((settle) => {
      resolve = settle
    })
    return { promise, resolve }
  }

  /** The state after each step of the microtask queue, until the call is over. */
  async function statesOf(
    caller: Caller,
    call: number | Promise<number>,
  ): Promise<readonly (readonly [Buffer, Buffer])[]> {
    let over = false
    void Promise.resolve(call).finally(() => {
      over = true
    })
    const states: [Buffer, Buffer][] = []
    while (!over) {
      states.push([Buffer.from(caller.wasi.save()), Buffer.from(caller.bytes)])
      await Promise.resolve()
    }
    return states
  }

  test('for input has no effect before it has its whole effect', async () => {
    const { promise, resolve } = deferred<Uint8Array>()
    const caller = new Caller({ stdin: () => promise })
    const before = Buffer.from(caller.bytes)
    const call = caller.functions.fd_read(0, ...caller.iovec(8192, 3), OUT)
    before.set(caller.bytes.subarray(64, 72), 64)
    resolve(Buffer.from('typed'))
    const consumed = (await statesOf(caller, call)).map(([state, memory]) => {
      const there = new Caller()
      there.wasi.restore(state)
      return [there.read(0), Buffer.compare(memory, before) === 0]
    })
    const forms = consumed.map((each) => JSON.stringify(each)).filter((each, i, all) => each !== all[i - 1])
    // Nothing there; bytes there, not taken; taken, and in the memory.
    expect(forms).toEqual(['["",true]', '["typed",true]', '["ed",false]'])
  })

  test('is made again where the state goes on', async () => {
    const { promise } = deferred<Uint8Array>()
    const caller = new Caller({ stdin: () => promise })
    void caller.functions.fd_read(0, ...caller.iovec(8192, 64), OUT)
    const there = resume(caller, { stdin: () => Promise.resolve(Buffer.from('again')) })
    expect(await there.suspend('fd_read', 0, ...there.iovec(8192, 64), OUT)).toBe('success')
    expect(there.text(8192, 5)).toBe('again')
  })

  test('for input shares it with another that waits', async () => {
    const chunks = [deferred<Uint8Array>(), deferred<Uint8Array>()]
    const left = [...chunks]
    const caller = new Caller({ stdin: () => left.shift()?.promise ?? null })
    const reads = [8192, 9000].map((ptr) => {
      caller.view.setUint32(ptr - 8, ptr, true)
      caller.view.setUint32(ptr - 4, 8, true)
      return caller.functions.fd_read(0, ptr - 8, 1, ptr + 100)
    })
    chunks[0]?.resolve(Buffer.from('first'))
    expect(await reads[0]).toBe(0)
    chunks[1]?.resolve(Buffer.from('second'))
    expect(await reads[1]).toBe(0)
    expect([caller.text(8192, 5), caller.text(9000, 6)]).toEqual(['first', 'second'])
  })

  test('for an output counts nothing until the sink has taken it', async () => {
    const { promise, resolve } = deferred<void>()
    const caller = new Caller({ stdout: () => promise, limits: { outputBytes: 8 } })
    const writing = caller.functions.fd_write(1, ...caller.iovec(0, 6), OUT)
    const during = resume(caller, { limits: { outputBytes: 8 } })
    expect(during.write(1, '12345678')).toBe('success')
    expect(during.wasi.stdout).toHaveLength(8)
    resolve()
    await writing
    const after = resume(caller, { limits: { outputBytes: 8 } })
    expect(after.write(1, '12345678')).toBe('success')
    expect(after.wasi.stdout).toHaveLength(2)
  })

  test('for readiness leaves clocks and input alone', async () => {
    const { promise, resolve } = deferred<Uint8Array>()
    const caller = new Caller({ stdin: () => promise })
    caller.view.setUint8(4096 + 8, 1)
    const before = caller.wasi.save()
    const polling = caller.functions.poll_oneoff(4096, 8192, 1, OUT)
    expect(Buffer.from(caller.wasi.save()).equals(before)).toBe(true)
    resolve(Buffer.from('x'))
    expect(await polling).toBe(0)
    expect(resume(caller).read(0)).toBe('x')
  })
})

describe('70: a state from anybody', () => {
  function rich(): Caller {
    const caller = new Caller({
      args: ['p', 'q'],
      env: { A: 'b' },
      fs: { ...tree },
      preopens: { '/host': new HostFileSystem(new VirtualFileSystem({ '/h': 'H', '/d/f': 'F' })) },
      stdin: () => Buffer.from('input'),
      limits: { outputBytes: 1000 },
    })
    caller.read(0, 2)
    caller.write(1, 'out')
    caller.call('clock_time_get', 1, 0n, OUT)
    const gone = caller.open(FOLDER, 'gone', { rights: ALL, oflags: OFLAGS.creat }) as number
    caller.write(gone, 'data')
    caller.call('path_unlink_file', FOLDER, 'gone')
    listing(caller, FOLDER, 0n, 64)
    expect(caller.open(4, 'd/f', { rights: ALL })).toBe(6)
    expect(caller.open(FOLDER, 'folder', AS_FOLDER)).toBe(7)
    return caller
  }

  const granted = (): WasiOptions => ({
    preopens: { '/host': new HostFileSystem(new VirtualFileSystem({ '/h': 'H', '/d/f': 'F' })) },
  })

  /** What it comes to: undefined, or the code of the error. Any other error passes through. */
  function outcome(saved: Uint8Array): string | undefined {
    const wasi = new Wasi(granted())
    try {
      wasi.restore(saved)
    } catch (error) {
      const { code } = error as { code?: string }
      if (code === undefined) throw error
      return code
    }
    // What was taken is a state: it can be saved and taken again.
    const again = wasi.save()
    new Wasi(granted()).restore(again)
    return undefined
  }

  test('cut off anywhere is SNAPSHOT_MALFORMED', () => {
    const saved = rich().wasi.save()
    for (let length = 0; length < saved.length; length++) {
      expect([length, outcome(saved.subarray(0, length))]).toEqual([length, 'SNAPSHOT_MALFORMED'])
    }
    expect(outcome(saved)).toBe(undefined)
    expect(outcome(Uint8Array.of(...saved, 0))).toBe('SNAPSHOT_MALFORMED')
  })

  test('with any bit flipped is an error or another state', () => {
    const saved = rich().wasi.save()
    const outcomes = new Map<string | undefined, number>()
    for (let bit = 0; bit < saved.length * 8; bit++) {
      const flipped = saved.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const code = outcome(flipped)
      outcomes.set(code, (outcomes.get(code) ?? 0) + 1)
    }
    expect(new Set(outcomes.keys())).toEqual(new Set([undefined, 'SNAPSHOT_INVALID', 'SNAPSHOT_MALFORMED']))
  })

  test('of another version says so', () => {
    const saved = rich().wasi.save()
    saved[4] = 4
    expect(() => new Wasi().restore(saved)).toThrow(/version 4/)
  })

  type Change = (state: SavedState) => Partial<SavedState>

  const firstStorage = (state: SavedState, change: Partial<SavedState['storages'][0]>): Partial<SavedState> => ({
    storages: state.storages.map((storage, i) => (i === 0 ? { ...storage, ...change } : storage)),
  })
  const descriptor = (
    state: SavedState,
    fd: number,
    change: Partial<SavedState['descriptors'][0]>,
  ): Partial<SavedState> => ({
    descriptors: state.descriptors.map((each) => (each.fd === fd ? { ...each, ...change } : each)),
  })
  const withRootEntry = (state: SavedState, name: string, node: number): Partial<SavedState> => {
    const nodes = state.storages[0]?.nodes ?? []
    return firstStorage(state, {
      nodes: nodes.map((each, i) =>
        i === 0 && each.kind === 'directory' ? { ...each, entries: [...each.entries, { name, node }] } : each,
      ),
    })
  }
  const folderNode = (state: SavedState): number =>
    state.storages[0]?.nodes.findIndex((each, i) => i > 0 && each.kind === 'directory') ?? -1

  const changes: Readonly<Record<string, Change>> = {
    'a descriptor with more rights than its kind': (state) => descriptor(state, 0, { rights: RIGHTS.path_open }),
    'a file that is a folder by its rights': (state) => descriptor(state, 5, { rights: RIGHTS.path_open }),
    'rights without a name': (state) => descriptor(state, 3, { rights: 2 ** 32 }),
    'a file whose opened files inherit rights': (state) => descriptor(state, 5, { inheriting: 1 }),
    'flags without a name': (state) => descriptor(state, 5, { flags: 32 }),
    'a stream with a listing': (state) => descriptor(state, 1, { listing: { ino: 1n, entries: [] } }),
    'a file that was given at the start': (state) => descriptor(state, 5, { preopen: true }),
    'a folder inside that was given at the start': (state) => descriptor(state, 7, { preopen: true }),
    'two descriptors of one number': (state) => descriptor(state, 5, { fd: 4 }),
    'a number that no descriptor has': (state) => descriptor(state, 5, { fd: 2 ** 32 }),
    'stdin twice': (state) => descriptor(state, 1, { handle: { kind: 'stream', stream: 'stdin' } }),
    'a descriptor of a link': (state) => {
      const node = state.storages[0]?.nodes.findIndex(({ kind }) => kind === 'link') ?? 0
      return descriptor(state, 7, { handle: { kind: 'virtual', folder: 0, node } })
    },
    'a descriptor of nothing': (state) => descriptor(state, 7, { handle: { kind: 'virtual', folder: 0, node: 99 } }),
    'a descriptor of no folder': (state) => descriptor(state, 7, { handle: { kind: 'virtual', folder: 9, node: 0 } }),
    'a node of the host': (state) => descriptor(state, 7, { handle: { kind: 'virtual', folder: 1, node: 0 } }),
    'names in a virtual folder': (state) =>
      descriptor(state, 7, { handle: { kind: 'host', folder: 0, type: 'directory', names: [], content: undefined } }),
    'names that lead out of the host’s folder': (state) =>
      descriptor(state, 6, {
        handle: { kind: 'host', folder: 1, type: 'file', names: ['..', 'secret'], content: undefined },
      }),
    'a name that is a path': (state) =>
      descriptor(state, 6, { handle: { kind: 'host', folder: 1, type: 'file', names: ['d/f'], content: undefined } }),
    'a file without a name that nobody has open': (state) => ({
      descriptors: state.descriptors.filter(({ fd }) => fd !== 5),
    }),
    'a folder with two names': (state) => withRootEntry(state, 'second', folderNode(state)),
    'the root inside itself': (state) => withRootEntry(state, 'second', 0),
    'a name that stands for nothing': (state) => withRootEntry(state, 'second', 99),
    'a name that is taken': (state) => withRootEntry(state, 'hard', 1),
    'a name that leads up': (state) => withRootEntry(state, '..', 1),
    'a name with a slash': (state) => withRootEntry(state, 'a/b', 1),
    'an endless name': (state) => withRootEntry(state, 'a'.repeat(256), 1),
    'no root': (state) => firstStorage(state, { nodes: [] }),
    'an inode number of the future': (state) => firstStorage(state, { nextIno: 2n }),
    'one inode number for all': (state) =>
      firstStorage(state, { nodes: state.storages[0]?.nodes.map((each) => ({ ...each, ino: 1n })) ?? [] }),
    'more bytes than are granted': (state) => firstStorage(state, { bytes: 2 ** 40 }),
    'more names than are granted': (state) => firstStorage(state, { entries: 2 ** 40 }),
    'two folders of one name': (state) => ({ folders: state.folders.map((folder) => ({ ...folder, name: '/' })) }),
    'a folder without files': (state) => ({ folders: state.folders.map((folder) => ({ ...folder, storage: 5 })) }),
    'a file system in no folder': (state) => ({ storages: [...state.storages, ...state.storages] }),
    'a folder’s name with NUL': (state) => ({
      folders: state.folders.map((folder) => ({ ...folder, name: `${folder.name}\0` })),
    }),
    'an argument with NUL': () => ({ args: [Uint8Array.of(65, 0, 65)] }),
    'more descriptors than are granted': (state) => ({
      descriptors: Array.from({ length: 257 }, (_, i) => ({ ...state.descriptors[3]!, fd: 100 + i })),
    }),
  }

  test.each(Object.keys(changes))('with %s is SNAPSHOT_INVALID', (name) => {
    const state = decodeState(rich().wasi.save())
    const changed = { ...state, ...changes[name]?.(state) }
    expect(outcome(encodeState(changed))).toBe('SNAPSHOT_INVALID')
    // But for that change it is fine.
    expect(outcome(encodeState(state))).toBe(undefined)
  })

  test('leaves a Wasi as it was when it is refused', () => {
    const state = decodeState(rich().wasi.save())
    const refused = encodeState({ ...state, ...changes['an argument with NUL']?.(state) })
    const caller = new Caller({ ...granted(), stdin: 'S', args: ['own'] })
    expect(() => caller.wasi.restore(refused)).toThrow()
    const late = encodeState({ ...state, clock: Uint8Array.of(0x80) })
    expect(() => caller.wasi.restore(late)).toThrow(/the virtual clock is damaged/)
    expect(caller.read(0)).toBe('S')
    expect(caller.open(FOLDER, 'h')).toBe(4)
  })

  test('is not taken by a Wasi that a guest has used', () => {
    const caller = new Caller()
    const saved = caller.wasi.save()
    caller.call('sched_yield')
    expect(() => caller.wasi.restore(saved)).toThrow(/a guest has used this Wasi/)
  })
})
