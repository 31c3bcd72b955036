// Files as data, in and out, and what POSIX says of names in between.

import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/errors/heddle-error.ts'
import type { Directory } from '../../src/wasi/preview1/file-system.ts'
import type { Tree } from '../../src/wasi/preview1/tree.ts'
import { OFLAGS } from '../../src/wasi/preview1/types.ts'
import { VirtualFileSystem } from '../../src/wasi/preview1/virtual-file-system.ts'
import { Wasi } from '../../src/wasi/preview1/wasi.ts'
import { ALL, Caller, FOLDER, OUT } from './host.ts'

describe('a tree', () => {
  const tree: Tree = {
    '/in.txt': 'hi',
    'dir/x': Uint8Array.of(1, 2, 3),
    '/dir/script': { type: 'file', content: '#!', mode: 0o755, mtim: 7n, atim: 5n },
    '/empty/': { type: 'directory', mtim: 9n },
    '/link': { type: 'link', target: 'dir/x' },
    '/hard': { type: 'hard-link', path: '/in.txt' },
  }

  test('comes back as it went in', () => {
    const fs = new VirtualFileSystem(tree)
    const saved = fs.toTree()
    expect(Object.keys(saved).sort()).toEqual(['/dir', '/dir/script', '/dir/x', '/empty', '/hard', '/in.txt', '/link'])
    expect(saved['/dir/script']).toEqual({
      type: 'file',
      content: Uint8Array.of(35, 33),
      mode: 0o755,
      mtim: 7n,
      atim: 5n,
    })
    expect(saved['/empty']).toMatchObject({ type: 'directory', mtim: 9n })
    expect(saved['/hard']).toEqual({ type: 'hard-link', path: '/in.txt' })
    expect(new VirtualFileSystem(saved).toTree()).toEqual(saved)
    expect(Object.keys(fs.files()).sort()).toEqual(['/dir/script', '/dir/x', '/hard', '/in.txt'])
  })

  test('is not written to: bytes that were given stay as they are', () => {
    const given = Uint8Array.of(1, 2, 3)
    // Whose `slice` copies nothing.
    const buffer = Buffer.of(1, 2, 3)
    const caller = new Caller({ fs: { '/a': given, '/b': given, '/c': buffer } })
    expect(caller.write(caller.open(FOLDER, 'c', { rights: ALL }) as number, 'X')).toBe('success')
    const returned = caller.wasi.files()['/c'] as Uint8Array
    returned[1] = 9
    expect(buffer).toEqual(Buffer.of(1, 2, 3))
    expect(caller.call('path_unlink_file', FOLDER, 'c')).toBe('success')
    const [a, b] = ['a', 'b'].map((name) => caller.open(FOLDER, name, { rights: ALL }) as number) as [number, number]
    expect(caller.write(a, 'X')).toBe('success')
    expect(caller.call('fd_filestat_set_size', b, 1n)).toBe('success')
    expect(caller.call('fd_filestat_set_size', b, 2n)).toBe('success')
    expect(given).toEqual(Uint8Array.of(1, 2, 3))
    expect(caller.wasi.files()).toEqual({ '/a': Uint8Array.of(88, 2, 3), '/b': Uint8Array.of(1, 0) })
  })

  test.each(['/a/../b', '/./a', '/a\0b', `/${'a'.repeat(256)}`, '/', ''])('with the path %j is refused', (path) => {
    expect(() => new VirtualFileSystem({ [path]: 'x' })).toThrow(UsageError)
  })

  test('that contradicts itself is refused', () => {
    expect(() => new VirtualFileSystem({ '/a': 'x', '/a/b': 'y' })).toThrow(UsageError)
    expect(() => new VirtualFileSystem({ '/a': 'x', a: 'y' })).toThrow(UsageError)
    expect(() => new VirtualFileSystem({ '/a': { type: 'hard-link', path: '/b' } })).toThrow(UsageError)
  })

  test('deeper than any path is saved without what no path reaches', () => {
    const caller = new Caller({ fs: {} })
    let fd = FOLDER
    for (let depth = 0; depth < 5000; depth++) {
      expect(caller.call('path_create_directory', fd, 'd')).toBe('success')
      const next = caller.open(fd, 'd', { rights: ALL & ~64n, inheriting: ALL }) as number
      if (fd !== FOLDER) caller.call('fd_close', fd)
      fd = next
    }
    const fs = caller.wasi.fileSystems.get('/') as VirtualFileSystem
    expect(Object.keys(fs.toTree())).toHaveLength(2048)
  })
})

describe('several folders', () => {
  test('stand under their names, in order, each a root of its own, and come back together', () => {
    const shared = new VirtualFileSystem({ '/s': 'S' })
    const caller = new Caller({ fs: { '/f': 'F' }, preopens: { '/data': { '/d': 'D' }, 'rel/': shared } })
    const names = [3, 4, 5].map((fd) => {
      expect(caller.call('fd_prestat_get', fd, OUT)).toBe('success')
      const length = caller.view.getUint32(OUT + 4, true)
      expect(caller.call('fd_prestat_dir_name', fd, 4096, length)).toBe('success')
      return caller.text(4096, length)
    })
    expect(names).toEqual(['/', '/data', 'rel/'])
    expect(caller.call('fd_prestat_get', 6, OUT)).toBe('badf')
    expect(caller.call('fd_prestat_dir_name', 4, 4096, 4)).toBe('nametoolong')
    expect(caller.open(4, '../f')).toBe('perm')
    expect(Object.keys(caller.wasi.files())).toEqual(['/f', '/data/d', 'rel/s'])
    expect(() => new Wasi({ fs: {}, preopens: { '/': {} } })).toThrow(UsageError)
  })
})

describe('names', () => {
  function stat(caller: Caller, path: string): { readonly ino: bigint; readonly nlink: bigint; readonly size: bigint } {
    expect(caller.call('path_filestat_get', FOLDER, 0, path, 128)).toBe('success')
    const [ino, nlink, size] = [136, 152, 160].map((at) => caller.view.getBigUint64(at, true)) as [
      bigint,
      bigint,
      bigint,
    ]
    return { ino, nlink, size }
  }

  test('of one file share its bytes, inode and count', () => {
    const caller = new Caller({ fs: { '/a': 'abc' } })
    expect(caller.call('path_link', FOLDER, 0, 'a', FOLDER, 'b')).toBe('success')
    expect(stat(caller, 'b')).toEqual({ ...stat(caller, 'a'), nlink: 2n })
    expect(caller.call('path_rename', FOLDER, 'a', FOLDER, 'b')).toBe('success')
    expect(caller.call('path_unlink_file', FOLDER, 'a')).toBe('success')
    expect(stat(caller, 'b')).toMatchObject({ nlink: 1n, size: 3n })
  })

  test('are linked through a link only when it is to be followed', () => {
    const caller = new Caller({ fs: { '/a': 'abc', '/l': { type: 'link', target: 'a' } } })
    expect(caller.call('path_link', FOLDER, 0, 'l', FOLDER, 'link')).toBe('success')
    expect(caller.call('path_link', FOLDER, 1, 'l', FOLDER, 'file')).toBe('success')
    expect(stat(caller, 'link').ino).toBe(stat(caller, 'l').ino)
    expect(stat(caller, 'file').ino).toBe(stat(caller, 'a').ino)
  })

  test('without a file stay open: what was removed can be read until it is closed', () => {
    const caller = new Caller({ fs: { '/a': 'abc' } })
    const fd = caller.open(FOLDER, 'a', { rights: ALL }) as number
    expect(caller.call('path_unlink_file', FOLDER, 'a')).toBe('success')
    expect(caller.read(fd)).toBe('abc')
    expect(caller.wasi.files()).toEqual({})
  })

  test('that are replaced by a rename are gone, and the folder moved brings its own', () => {
    const caller = new Caller({ fs: { '/from/f': 'F', '/to': { type: 'directory' }, '/full/x': 'X', '/file': 'f' } })
    expect(caller.call('path_rename', FOLDER, 'from', FOLDER, 'full')).toBe('notempty')
    expect(caller.call('path_rename', FOLDER, 'from', FOLDER, 'file')).toBe('notdir')
    expect(caller.call('path_rename', FOLDER, 'file', FOLDER, 'to')).toBe('isdir')
    expect(caller.call('path_rename', FOLDER, 'missing', FOLDER, 'to')).toBe('noent')
    expect(caller.call('path_rename', FOLDER, 'file', FOLDER, 'new/')).toBe('notdir')
    expect(caller.call('path_rename', FOLDER, 'from/', FOLDER, 'to/')).toBe('success')
    expect(Object.keys(caller.wasi.files()).sort()).toEqual(['/file', '/full/x', '/to/f'])
  })

  test.each([
    ['x/', OFLAGS.creat, 'isdir'],
    ['file/', 0, 'notdir'],
    ['file/', OFLAGS.trunc, 'notdir'],
    ['file/', OFLAGS.creat, 'notdir'],
    ['file', OFLAGS.directory | OFLAGS.trunc, 'notdir'],
    ['folder', OFLAGS.trunc, 'isdir'],
    ['folder/', OFLAGS.creat | OFLAGS.excl, 'exist'],
    ['folder', OFLAGS.creat, 'isdir'],
    ['file', OFLAGS.creat | OFLAGS.directory, 'inval'],
    ['.', OFLAGS.creat, 'isdir'],
    ['folder/..', OFLAGS.creat | OFLAGS.excl, 'exist'],
  ] as const)('path_open(%j, oflags %d) is %s and changes nothing', (path, oflags, errno) => {
    const caller = new Caller({ fs: { '/file': 'content', '/folder': { type: 'directory' } } })
    expect(caller.open(FOLDER, path, { oflags })).toBe(errno)
    expect(caller.wasi.files()).toEqual({ '/file': new Uint8Array(Buffer.from('content')) })
  })
})

describe('a host that answers by promises', () => {
  /** Every method of every handle, later. */
  function later<T extends object>(handle: T): T {
    return new Proxy(handle, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target)
        if (typeof value !== 'function' || property === 'close') return value
        return async (...args: unknown[]) => {
          await Promise.resolve()
          const result: unknown = Reflect.apply(value, target, args)
          const step = result as { readonly directory?: Directory } | undefined
          if (step?.directory !== undefined) return { ...step, directory: later(step.directory) }
          return isHandle(result) ? later(result) : result
        }
      },
    })
  }

  function isHandle(value: unknown): value is object {
    return typeof value === 'object' && value !== null && 'kind' in value
  }

  test('suspends the guest, with the same results', async () => {
    const fs = new VirtualFileSystem({ '/a/b/file': 'deep', '/l': { type: 'link', target: 'a/b' } })
    const caller = new Caller({ fs: { openRoot: () => later(fs.openRoot()) } })
    const open = (path: string): Promise<string> => caller.suspend('path_open', FOLDER, 1, path, 0, ALL, 0n, 0, OUT)
    expect(await open('l/../b/./file')).toBe('success')
    const fd = caller.view.getUint32(OUT, true)
    expect(await caller.suspend('fd_read', fd, ...caller.iovec(8192, 64), OUT)).toBe('success')
    expect(caller.text(8192, 4)).toBe('deep')
    expect(await open('l/../../../a')).toBe('perm')
    expect(await open('l/missing')).toBe('noent')
    expect(await caller.suspend('fd_readdir', FOLDER, 8192, 4096, 0n, OUT)).toBe('success')
    expect(caller.text(8192, 4096)).toContain('l')
  })

  test('has each of its folders closed again', () => {
    let open = 0
    class Counted extends VirtualFileSystem {}
    const fs = new Counted({ '/a/b/c/file': 'x', '/l': { type: 'link', target: 'a/b/../b' } })
    const count = (directory: Directory): Directory => {
      open++
      return new Proxy(directory, {
        get(target, property) {
          if (property === 'close') return () => open--
          const value: unknown = Reflect.get(target, property, target)
          if (typeof value !== 'function') return value
          return (...args: unknown[]) => {
            const result: unknown = Reflect.apply(value, target, args)
            const step = result as { readonly directory?: Directory; readonly kind?: string } | undefined
            if (step?.directory !== undefined) return { ...step, directory: count(step.directory) }
            return step?.kind === 'directory' ? count(step as Directory) : result
          }
        },
      })
    }
    const caller = new Caller({ fs: { openRoot: () => count(fs.openRoot()) } })
    for (const path of ['a/b/c/file', 'l/c/file', 'l/c/../../b/./c', 'a/b/missing/x', 'a/../..', 'l', 'a/b/c/file/x']) {
      for (const follow of [0, 1]) {
        caller.call('path_filestat_get', FOLDER, follow, path, OUT)
        const fd = caller.open(FOLDER, path, { follow: follow === 1 })
        if (typeof fd === 'number') caller.call('fd_close', fd)
        caller.open(FOLDER, path, { follow: follow === 1, rights: ALL, oflags: OFLAGS.directory })
        expect([path, open]).toEqual([path, 1])
      }
    }
    caller.wasi.close()
    expect(open).toBe(0)
  })
})
