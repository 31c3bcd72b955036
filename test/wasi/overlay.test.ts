// An overlay is a file system like any other, though nothing of its lower one ever changes: the same operations on a plain one give the
// same answers.

import { describe, expect, test } from 'vitest'
import { HeddleError, UsageError } from '../../src/errors/heddle-error.ts'
import { WasiError } from '../../src/wasi/preview1/errno.ts'
import type { Directory, FileSystem, OpenFile, OpenOptions } from '../../src/wasi/preview1/file-system.ts'
import { OverlayFileSystem } from '../../src/wasi/preview1/overlay-file-system.ts'
import type { Tree } from '../../src/wasi/preview1/tree.ts'
import { OFLAGS } from '../../src/wasi/preview1/types.ts'
import type { VirtualDirectory } from '../../src/wasi/preview1/virtual-directory.ts'
import { VirtualFileSystem } from '../../src/wasi/preview1/virtual-file-system.ts'
import type { VirtualFileSystemOptions } from '../../src/wasi/preview1/virtual-file-system.ts'
import { dump, late, READ } from './file-systems.ts'
import type { Dumped } from './file-systems.ts'
import { Wasi } from '../../src/wasi/preview1/wasi.ts'
import { ALL, Caller, FOLDER, OUT } from './host.ts'

const LOWER: Tree = {
  '/a.txt': { type: 'file', content: 'the warp', mode: 0o640, atim: 1n, mtim: 2n },
  '/hard': { type: 'hard-link', path: '/a.txt' },
  '/d/b': { type: 'file', content: 'b', mtim: 3n },
  '/d/hard-too': { type: 'hard-link', path: '/a.txt' },
  '/d/e/f': 'f',
  '/d/e/link': { type: 'link', target: '../b' },
  '/empty': { type: 'directory', mtim: 9n, mode: 0o700 },
  '/link': { type: 'link', target: 'd/e' },
}

function overlay(limits?: VirtualFileSystemOptions['limits'], tree: Tree = LOWER): OverlayFileSystem {
  const lower = new VirtualFileSystem(tree, { access: 'ro' })
  return new OverlayFileSystem({
    lower,
    upper: new VirtualFileSystem({}, { ...(limits && { limits }), now: () => 77n }),
  })
}

function write(caller: Caller, path: string, text: string, oflags = 0): void {
  const fd = caller.open(FOLDER, path, { rights: ALL, oflags })
  expect(caller.write(fd as number, text)).toBe('success')
  expect(caller.call('fd_close', fd as number)).toBe('success')
}

function read(caller: Caller, path: string): string {
  const fd = caller.open(FOLDER, path, { rights: 2n })
  if (typeof fd !== 'number') return fd
  const text = caller.read(fd)
  caller.call('fd_close', fd)
  return text
}

describe('an overlay', () => {
  test('shows its lower file system until something changes', async () => {
    const fs = overlay()
    expect(await dump(fs)).toEqual(await dump(fs.lower))
    expect(fs.changes()).toEqual({ removed: [], tree: {} })
  })

  test('copies a file at the first opening to write, with its folders, times, mode and number', async () => {
    const fs = overlay()
    const caller = new Caller({ fs })
    const before = await dump(fs)
    expect(typeof caller.open(FOLDER, 'd/e/f', { rights: ALL })).toBe('number')
    expect(await dump(fs)).toEqual(before)
    expect(fs.changes().tree).toMatchObject({ '/d': {}, '/d/e': {}, '/d/e/f': { content: Uint8Array.of(102) } })
    write(caller, 'a.txt', 'THE')
    expect(fs.upper.toTree()['/a.txt']).toMatchObject({ mode: 0o640, atim: 1n, mtim: 77n })
    expect(fs.removed).toEqual([])
    expect(await dump(fs.lower)).toEqual(before)
  })

  test('reads a file to its end through a handle that was there before the copy', () => {
    const caller = new Caller({ fs: overlay() })
    const reader = caller.open(FOLDER, 'd/b', { rights: 2n }) as number
    write(caller, 'd/b', 'BBB')
    expect(caller.call('path_unlink_file', FOLDER, 'd/b')).toBe('success')
    write(caller, 'd/b', 'other', OFLAGS.creat)
    expect(caller.read(reader)).toBe('BBB')
  })

  test('keeps the names of one file together', () => {
    const fs = overlay()
    const caller = new Caller({ fs })
    write(caller, 'hard', 'THE')
    expect([read(caller, 'a.txt'), read(caller, 'd/hard-too')]).toEqual(['THE warp', 'THE warp'])
    expect(caller.call('path_unlink_file', FOLDER, 'hard')).toBe('success')
    expect(caller.call('path_unlink_file', FOLDER, 'a.txt')).toBe('success')
    expect(read(caller, 'd/hard-too')).toBe('THE warp')
    expect(caller.call('path_rename', FOLDER, 'd/hard-too', FOLDER, 'moved')).toBe('success')
    expect(read(caller, 'moved')).toBe('THE warp')
    expect(caller.call('path_filestat_get', FOLDER, 0, 'moved', OUT)).toBe('success')
    expect(caller.view.getBigUint64(OUT + 24, true)).toBe(1n)
  })

  test('changes what is open for reading only, or has no name any more, in a copy', () => {
    const fs = overlay()
    const caller = new Caller({ fs })
    const fd = caller.open(FOLDER, 'd/b', { rights: ALL & ~64n }) as number
    expect(caller.call('path_unlink_file', FOLDER, 'd/b')).toBe('success')
    expect(caller.call('fd_filestat_set_size', fd, 3n)).toBe('success')
    expect(caller.read(fd)).toBe('b\0\0')
    expect(caller.call('fd_close', fd)).toBe('success')
    expect(fs.changes()).toMatchObject({ removed: ['/d/b'], tree: { '/d': { type: 'directory' } } })
    const other = caller.open(FOLDER, 'd/e/f', { rights: ALL & ~64n }) as number
    expect(caller.call('fd_filestat_set_times', other, 5n, 6n, 5)).toBe('success')
    expect(fs.upper.toTree()['/d/e/f']).toMatchObject({ atim: 5n, mtim: 6n, content: Uint8Array.of(102) })
  })

  test('moves whole folders of the lower file system, which are held meanwhile', () => {
    const fs = overlay()
    const caller = new Caller({ fs })
    const held = caller.open(FOLDER, 'd/e', { rights: ALL & ~64n, inheriting: ALL }) as number
    expect(caller.call('path_rename', FOLDER, 'd', FOLDER, 'empty')).toBe('success')
    expect(caller.open(FOLDER, 'd')).toBe('noent')
    expect(read(caller, 'empty/e/f')).toBe('f')
    expect(caller.call('path_rename', held, 'f', FOLDER, 'd')).toBe('success')
    expect(read(caller, 'd')).toBe('f')
    expect(fs.removed).toEqual(['/d', '/empty'])
    expect(Object.keys(fs.upper.toTree()).sort()).toEqual(
      ['/d', '/empty', '/empty/b', '/empty/e', '/empty/e/link', '/empty/hard-too'].sort(),
    )
    expect(caller.call('path_rename', FOLDER, 'empty', FOLDER, 'empty/e/x')).toBe('inval')
  })

  test('makes a new folder where one was removed, and nothing of the old shows', () => {
    const fs = overlay()
    const caller = new Caller({ fs })
    for (const file of ['d/e/f', 'd/e/link', 'd/b', 'd/hard-too']) {
      expect(caller.call('path_remove_directory', FOLDER, 'd')).toBe('notempty')
      expect(caller.call('path_unlink_file', FOLDER, file)).toBe('success')
    }
    expect(caller.call('path_remove_directory', FOLDER, 'd/e')).toBe('success')
    expect(caller.call('path_remove_directory', FOLDER, 'd')).toBe('success')
    expect(caller.call('path_create_directory', FOLDER, 'd')).toBe('success')
    expect(caller.open(FOLDER, 'd/e')).toBe('noent')
    expect(caller.call('path_create_directory', FOLDER, 'd/e')).toBe('success')
    expect(caller.open(FOLDER, 'd/e/f')).toBe('noent')
    expect(fs.removed).toEqual(['/d'])
  })

  test('goes on from the changes of another', async () => {
    const fs = overlay()
    const caller = new Caller({ fs })
    write(caller, 'new', 'N', OFLAGS.creat)
    write(caller, 'd/b', 'B')
    caller.call('path_unlink_file', FOLDER, 'a.txt')
    caller.call('path_rename', FOLDER, 'd/e', FOLDER, 'moved')
    const { removed, tree } = fs.changes()
    const again = new OverlayFileSystem({ lower: fs.lower, upper: new VirtualFileSystem(tree), removed })
    const names = async (each: FileSystem): Promise<unknown> =>
      new Set(
        Object.entries(await dump(each)).map(([path, { content, target }]) => JSON.stringify([path, content, target])),
      )
    expect(await names(again)).toEqual(await names(fs))
    expect(again.changes()).toEqual(fs.changes())
    expect(() => new OverlayFileSystem({ lower: fs.lower, removed: ['/'] })).toThrow(UsageError)
  })

  test('has its quota for what is above: a copy that does not fit is not begun', () => {
    const large = {
      '/large': { type: 'file', size: 1000 },
      '/dir/x': 'x',
      '/dir/large': { type: 'file', size: 1000 },
    } as const
    const fs = overlay({ fsBytes: 999 }, large)
    const caller = new Caller({ fs })
    expect(caller.open(FOLDER, 'large', { rights: ALL })).toBe('nospc')
    expect(caller.call('path_rename', FOLDER, 'dir', FOLDER, 'moved')).toBe('nospc')
    expect(fs.changes()).toEqual({ removed: [], tree: {} })
    // To be emptied it needs no place.
    write(caller, 'large', 'small', OFLAGS.trunc)
    expect(read(caller, 'large')).toBe('small')
    const few = overlay({ fsEntries: 1 }, large)
    expect(new Caller({ fs: few }).call('path_rename', FOLDER, 'dir', FOLDER, 'moved')).toBe('nospc')
    expect(few.changes()).toEqual({ removed: [], tree: {} })
  })

  test('copies a large file in pieces', () => {
    let longest = 0
    const lower = new VirtualFileSystem({ '/large': { type: 'file', size: 5_000_000 } }, { access: 'ro' })
    const counting: FileSystem = { openRoot: () => spy(lower.openRoot()) }
    const spy = (root: Directory): Directory =>
      new Proxy(root, {
        get: (target, name) => {
          const member: unknown = Reflect.get(target, name, target)
          if (name !== 'open') return typeof member === 'function' ? (member.bind(target) as unknown) : member
          return (...args: [string, OpenOptions]) => {
            const file = target.open(...args) as OpenFile
            const reading = file.read.bind(file)
            file.read = (position, length) => {
              longest = Math.max(longest, length)
              return reading(position, length)
            }
            return file
          }
        },
      })
    const caller = new Caller({ fs: new OverlayFileSystem({ lower: counting }) })
    write(caller, 'large', 'X')
    expect(longest).toBe(2 ** 20)
    expect(caller.wasi.fileSystems.size).toBe(1)
  })

  test('that is read-only above is read-only', () => {
    const fs = new OverlayFileSystem({
      lower: new VirtualFileSystem(LOWER),
      upper: new VirtualFileSystem({}, { access: 'ro' }),
    })
    const caller = new Caller({ fs })
    expect(caller.open(FOLDER, 'a.txt', { rights: ALL })).toBe('rofs')
    expect(caller.open(FOLDER, 'new', { rights: ALL, oflags: OFLAGS.creat })).toBe('rofs')
    expect(caller.call('path_unlink_file', FOLDER, 'a.txt')).toBe('rofs')
    expect(caller.call('path_rename', FOLDER, 'd', FOLDER, 'x')).toBe('rofs')
    expect(caller.call('path_remove_directory', FOLDER, 'empty')).toBe('rofs')
    expect(caller.call('path_filestat_set_times', FOLDER, 0, 'a.txt', 1n, 1n, 5)).toBe('rofs')
    expect(read(caller, 'a.txt')).toBe('the warp')
  })

  test('over an overlay is an overlay', () => {
    const below = overlay()
    const caller = new Caller({ fs: new OverlayFileSystem({ lower: below }) })
    expect(caller.call('path_rename', FOLDER, 'd', FOLDER, 'x')).toBe('success')
    expect(read(caller, 'x/b')).toBe('b')
    expect(below.changes()).toEqual({ removed: [], tree: {} })
  })

  test('renames a folder of 20,000 levels', () => {
    const lower = new VirtualFileSystem({})
    let at = lower.openRoot()
    for (let depth = 0; depth < 20_000; depth++) {
      at.createDirectory('d')
      at = at.open('d', READ) as VirtualDirectory
    }
    const fs = new OverlayFileSystem({ lower })
    const top = fs.openRoot()
    expect(top.rename('d', top, 'e')).toBeUndefined()
    expect(fs.removed).toEqual(['/d'])
  })
})

// ——— the same on both ———

/** The same numbers on every machine. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const NAMES = ['a.txt', 'hard', 'd', 'e', 'b', 'f', 'link', 'empty', 'new', 'hard-too']

type Operation = (fs: Handles) => Promise<unknown>

interface Handles {
  readonly root: Directory
  readonly files: OpenFile[]
  readonly folders: Directory[]
}

function operation(pick: (below: number) => number): Operation {
  const name = (): string => NAMES[pick(NAMES.length)] as string
  const [kind, from, to, a, b, size, flags] = [pick(15), pick(8), pick(8), name(), name(), pick(20), pick(16)]
  const at = ({ root, folders }: Handles, index: number): Directory =>
    folders[index % Math.max(1, folders.length)] ?? root
  const file = ({ files }: Handles): OpenFile | undefined => files[from % Math.max(1, files.length)]
  const options = {
    read: true,
    write: flags % 2 === 1,
    create: flags % 4 > 1,
    exclusive: flags > 13,
    truncate: flags % 8 > 5,
  }
  return async (fs) => {
    switch (kind) {
      case 0:
      case 1: {
        const step = await at(fs, from).step(a)
        if (step.type !== 'directory') return step
        if (fs.folders.length > 5) fs.folders.splice(1, 1)[0]?.close()
        fs.folders.push(step.directory)
        return 'folder'
      }
      case 2:
      case 3:
      case 4: {
        const handle = await at(fs, from).open(a, options)
        if (handle.kind === 'directory') return handle.close()
        if (fs.files.length > 3) fs.files.shift()?.close()
        fs.files.push(handle)
        return 'file'
      }
      case 5:
        return file(fs)?.write(size, Buffer.from(a))
      case 6:
        return file(fs)?.setSize(size)
      case 7:
        return file(fs)?.setTimes({ mtim: BigInt(size) })
      case 8:
        return Buffer.from((await file(fs)?.read(0, 100)) ?? []).toString()
      case 9:
        return at(fs, from).createDirectory(a)
      case 10:
        return at(fs, from).removeDirectory(a)
      case 11:
        return at(fs, from).unlink(a)
      case 12:
        return flags % 2 === 0 ? at(fs, from).createLink(a, b) : at(fs, from).setTimesAt(a, { atim: BigInt(size) })
      case 13:
        return at(fs, from).link(a, at(fs, to), b)
      default:
        return at(fs, from).rename(a, at(fs, to), b)
    }
  }
}

async function outcome(attempt: () => Promise<unknown>): Promise<unknown> {
  try {
    const value = await attempt()
    return typeof value === 'object' && value !== null
      ? JSON.stringify(value, (key, inner: unknown) => (key === 'directory' ? 0 : inner))
      : value
  } catch (error) {
    if (error instanceof WasiError) return error.errno
    throw error
  }
}

/** Numbers of files are those of another file system, but one is one. */
function comparable(dumped: Record<string, Dumped>): unknown {
  const paths = Object.keys(dumped).sort()
  const firsts = new Map<bigint, string>()
  return paths.map((path) => {
    const { ino, ...entry } = dumped[path] as Dumped
    if (!firsts.has(ino)) firsts.set(ino, path)
    return { path, same: firsts.get(ino), ...entry, nlink: entry.filetype === 'directory' ? 1n : entry.nlink }
  })
}

async function compare(seed: number, isLate: boolean, steps: number): Promise<void> {
  const plain = new VirtualFileSystem(LOWER)
  const below = new VirtualFileSystem(LOWER, { access: 'ro' })
  const pristine = below.toTree()
  const fs = new OverlayFileSystem({ lower: isLate ? late(below) : below })
  const handles = [plain, fs].map((each): Handles => {
    const root = each.openRoot()
    return { root, files: [], folders: [root] }
  })
  const pick = random(seed)
  for (let step = 0; step < steps; step++) {
    const act = operation(pick)
    const [expected, actual] = [
      await outcome(() => act(handles[0] as Handles)),
      await outcome(() => act(handles[1] as Handles)),
    ]
    expect({ step, answer: actual }).toEqual({ step, answer: expected })
  }
  expect(comparable(await dump(fs))).toEqual(comparable(await dump(plain)))
  expect(below.toTree()).toEqual(pristine)
}

describe('the same operations', () => {
  test.each(Array.from({ length: 150 }, (_, seed) => seed))(
    'on an overlay and a plain file system answer alike (%i)',
    async (seed) => {
      await compare(seed, false, 120)
    },
  )

  test.each(Array.from({ length: 10 }, (_, seed) => seed))(
    'on one whose lower file system answers late (%i)',
    async (seed) => {
      await compare(seed, true, 60)
    },
  )

  test('at once on a late one come one after the other', async () => {
    const fs = new OverlayFileSystem({ lower: late(new VirtualFileSystem(LOWER)) })
    const root = fs.openRoot()
    const file = (await root.open('a.txt', READ)) as OpenFile
    await Promise.all([file.append(Buffer.from('1')), root.rename('a.txt', root, 'z'), file.append(Buffer.from('2'))])
    expect((await dump(fs))['/z']?.content).toBe('the warp12')
  })
})

describe('the state of a guest', () => {
  /** Another Wasi that goes on, over a lower file system of its own. */
  function resume(from: Caller): Caller {
    const to = new Caller({ fs: overlay() })
    to.bytes.set(from.bytes)
    to.wasi.restore(from.wasi.save())
    return to
  }

  const stripped = async (caller: Caller): Promise<unknown> => dump(caller.wasi.fileSystems.get('/') as FileSystem)

  test('has the upper layer of an overlay, and what was removed', async () => {
    const caller = new Caller({ fs: overlay() })
    write(caller, 'hard', 'THE')
    caller.call('path_unlink_file', FOLDER, 'hard')
    caller.call('path_rename', FOLDER, 'd/e', FOLDER, 'moved')
    caller.call('path_unlink_file', FOLDER, 'd/b')
    const fd = caller.open(FOLDER, 'moved/f', { rights: ALL }) as number
    const folder = caller.open(FOLDER, 'd', { rights: ALL & ~64n, inheriting: ALL }) as number
    const there = resume(caller)
    expect(await stripped(there)).toEqual(await stripped(caller))
    for (const each of [caller, there]) {
      expect(each.write(fd, 'F!')).toBe('success')
      expect(each.call('path_rename', folder, 'hard-too', FOLDER, 'a.txt')).toBe('success')
      expect(each.call('path_unlink_file', FOLDER, 'a.txt')).toBe('success')
      expect(each.call('path_create_directory', FOLDER, 'next')).toBe('success')
    }
    expect(await stripped(there)).toEqual(await stripped(caller))
    expect((there.wasi.fileSystems.get('/') as OverlayFileSystem).changes()).toEqual(
      (caller.wasi.fileSystems.get('/') as OverlayFileSystem).changes(),
    )
  })

  test('is refused where no overlay is granted, and leaves that which is as it was where it is damaged', () => {
    const caller = new Caller({ fs: overlay() })
    write(caller, 'a.txt', 'THE')
    const saved = caller.wasi.save()
    expect(() => new Wasi().restore(saved)).toThrow(/the folder \/ had changes of its own.*an overlay for an overlay/)
    const fs = overlay()
    for (let at = 0; at < saved.length; at++) {
      const damaged = saved.slice()
      damaged[at] = (damaged[at] as number) ^ 0x41
      try {
        new Wasi({ fs }).restore(damaged)
      } catch (error) {
        expect(error).toBeInstanceOf(HeddleError)
      }
      expect(fs.changes()).toEqual({ removed: [], tree: {} })
    }
  })

  test('holds an overlay to the quota of the restoring side', () => {
    const caller = new Caller({ fs: overlay() })
    write(caller, 'new', 'x'.repeat(100), OFLAGS.creat)
    const few = new OverlayFileSystem({
      lower: overlay().lower,
      upper: new VirtualFileSystem({}, { limits: { fsBytes: 99 } }),
    })
    expect(() => new Wasi({ fs: few }).restore(caller.wasi.save())).toThrow(/more than is granted/)
  })
})
