// What a guest may add to files in memory: counted before anything is allocated, and given back when it is gone; and sizes that are large.

import { describe, expect, test } from 'vitest'
import { UsageError } from '../../src/errors/heddle-error.ts'
import { OFLAGS } from '../../src/wasi/preview1/types.ts'
import { VirtualFileSystem } from '../../src/wasi/preview1/virtual-file-system.ts'
import { Wasi } from '../../src/wasi/preview1/wasi.ts'
import { ALL, Caller, FOLDER, OUT } from './host.ts'

function create(caller: Caller, path: string): number {
  return caller.open(FOLDER, path, { rights: ALL, oflags: OFLAGS.creat }) as number
}

function fits(caller: Caller, path: string, bytes: bigint): boolean {
  const fd = create(caller, path)
  const errno = caller.call('fd_filestat_set_size', fd, bytes)
  caller.call('fd_close', fd)
  caller.call('path_unlink_file', FOLDER, path)
  return errno === 'success'
}

describe('bytes', () => {
  test.each([1n << 40n, (1n << 53n) - 1n])(
    'of a file that grows to %d are refused, with a quota and without',
    (size) => {
      for (const fsBytes of [1000, Infinity]) {
        const caller = new Caller({ fs: {}, limits: { fsBytes } })
        const fd = create(caller, 'a')
        expect(caller.call('fd_filestat_set_size', fd, size)).toBe('nospc')
        expect(caller.call('fd_allocate', fd, size - 1n, 1n)).toBe('nospc')
        expect(caller.call('fd_filestat_get', fd, OUT)).toBe('success')
        expect(caller.view.getBigUint64(OUT + 32, true)).toBe(0n)
        expect(caller.write(fd, 'x')).toBe('success')
      }
    },
  )

  test('far behind the end of a file count from the end', () => {
    const caller = new Caller({ fs: {}, limits: { fsBytes: 100 } })
    const fd = create(caller, 'a')
    caller.bytes.set(Buffer.from('xyz'), 8192)
    expect(caller.call('fd_pwrite', fd, ...caller.iovec(8192, 3), 1n << 40n, OUT)).toBe('nospc')
    expect(caller.call('fd_pwrite', fd, ...caller.iovec(8192, 3), 98n, OUT)).toBe('success')
    expect(caller.view.getUint32(OUT, true)).toBe(2)
    expect(caller.call('fd_pwrite', fd, ...caller.iovec(8192, 3), 100n, OUT)).toBe('nospc')
    expect(caller.wasi.files()['/a']).toHaveLength(100)
  })

  test('come back when a file shrinks, is removed, or is renamed over', () => {
    const caller = new Caller({ fs: {}, limits: { fsBytes: 100 } })
    const fd = create(caller, 'a')
    expect(caller.call('fd_filestat_set_size', fd, 100n)).toBe('success')
    expect(fits(caller, 'b', 1n)).toBe(false)
    expect(caller.call('fd_filestat_set_size', fd, 40n)).toBe('success')
    expect([fits(caller, 'b', 60n), fits(caller, 'b', 61n)]).toEqual([true, false])
    caller.call('fd_close', fd)
    caller.call('fd_close', create(caller, 'empty'))
    expect(caller.call('path_rename', FOLDER, 'empty', FOLDER, 'a')).toBe('success')
    expect([fits(caller, 'b', 100n), fits(caller, 'b', 101n)]).toEqual([true, false])
  })

  test('of a file without a name count until it is closed', () => {
    const caller = new Caller({ fs: {}, limits: { fsBytes: 100 } })
    const fd = create(caller, 'a')
    expect(caller.call('fd_filestat_set_size', fd, 100n)).toBe('success')
    expect(caller.call('path_unlink_file', FOLDER, 'a')).toBe('success')
    expect(fits(caller, 'b', 1n)).toBe(false)
    expect(caller.call('fd_close', fd)).toBe('success')
    expect(fits(caller, 'b', 100n)).toBe(true)
  })

  test('of a file with two names count once, until both are gone', () => {
    const caller = new Caller({ fs: {}, limits: { fsBytes: 100 } })
    const fd = create(caller, 'a')
    expect(caller.call('fd_filestat_set_size', fd, 60n)).toBe('success')
    caller.call('fd_close', fd)
    expect(caller.call('path_link', FOLDER, 0, 'a', FOLDER, 'b')).toBe('success')
    expect(caller.call('path_unlink_file', FOLDER, 'a')).toBe('success')
    expect([fits(caller, 'c', 40n), fits(caller, 'c', 41n)]).toEqual([true, false])
    expect(caller.call('path_unlink_file', FOLDER, 'b')).toBe('success')
    expect(fits(caller, 'c', 100n)).toBe(true)
  })

  test('that were given are not counted, and make place for as many when they are removed', () => {
    const caller = new Caller({ fs: { '/given': 'x'.repeat(500) }, limits: { fsBytes: 100 } })
    expect([fits(caller, 'b', 100n), fits(caller, 'b', 101n)]).toEqual([true, false])
    expect(caller.call('path_unlink_file', FOLDER, 'given')).toBe('success')
    expect([fits(caller, 'b', 600n), fits(caller, 'b', 601n)]).toEqual([true, false])
  })
})

describe('names', () => {
  test('are given back when they are removed, and those that were given are not counted', () => {
    const caller = new Caller({ fs: { '/given': '' }, limits: { fsEntries: 2 } })
    expect(caller.call('path_create_directory', FOLDER, 'd')).toBe('success')
    expect(caller.call('path_symlink', 'x', FOLDER, 'l')).toBe('success')
    expect(caller.open(FOLDER, 'f', { rights: ALL, oflags: OFLAGS.creat })).toBe('nospc')
    expect(caller.call('path_link', FOLDER, 0, 'l', FOLDER, 'm')).toBe('nospc')
    expect(caller.call('path_rename', FOLDER, 'l', FOLDER, 'd/l')).toBe('success')
    expect(caller.call('path_unlink_file', FOLDER, 'd/l')).toBe('success')
    expect(caller.call('path_create_directory', FOLDER, 'e')).toBe('success')
    expect(caller.call('path_create_directory', FOLDER, 'f')).toBe('nospc')
    expect(caller.call('path_unlink_file', FOLDER, 'given')).toBe('success')
    expect(caller.call('path_create_directory', FOLDER, 'f')).toBe('success')
    expect(caller.call('path_create_directory', FOLDER, 'g')).toBe('nospc')
  })
})

describe('a tree', () => {
  test('may say sizes without content, which are zeros', () => {
    const fs = new VirtualFileSystem({
      '/zeros': { type: 'file', size: 3 },
      '/more': { type: 'file', content: 'ab', size: 4 },
      '/nothing': { type: 'file' },
    })
    expect(fs.files()).toEqual({
      '/zeros': new Uint8Array(3),
      '/more': Uint8Array.of(97, 98, 0, 0),
      '/nothing': new Uint8Array(0),
    })
  })

  test.each([1, -1, 1.5, NaN, 2 ** 53])('may not say a size of %d for two bytes', (size) => {
    expect(() => new VirtualFileSystem({ '/a': { type: 'file', content: 'ab', size } })).toThrow(UsageError)
  })
})

describe('folders', () => {
  const DEEP = 100_000

  function deep(): VirtualFileSystem {
    const fs = new VirtualFileSystem({}, { limits: { fsEntries: DEEP + 1 } })
    let directory = fs.openRoot()
    for (let depth = 0; depth < DEEP; depth++) {
      directory.createDirectory('d')
      const step = directory.step('d')
      if (step.type === 'directory') directory = step.directory as typeof directory
    }
    return fs
  }

  test('of 100,000 levels are saved, restored, listed as a tree and moved', () => {
    const fs = deep()
    expect(Object.keys(fs.toTree())).toHaveLength(2048)
    const wasi = new Wasi({ fs })
    const restored = new Wasi({ fs: new VirtualFileSystem() })
    restored.restore(wasi.save())
    expect(Object.keys(restored.files())).toEqual([])
    expect(restored.save()).toEqual(wasi.save())
    const root = fs.openRoot()
    root.rename('d', root, 'e')
    expect(root.list()).toHaveLength(1)
  })

  test('with 100,000 entries are listed in pieces whose work does not grow', () => {
    const entries = Array.from({ length: 100_000 }, (_, i): [string, string] => [`/${i}`, ''])
    const caller = new Caller({ fs: Object.fromEntries(entries) })
    const fs = caller.wasi.fileSystems.get('/') as VirtualFileSystem
    let listings = 0
    const { storage } = fs.mount
    const list = storage.list.bind(storage)
    storage.list = (directory) => {
      listings++
      return list(directory)
    }
    let [cookie, names, calls] = [0n, 0, 0]
    for (;;) {
      expect(caller.call('fd_readdir', FOLDER, 8192, 4096, cookie, OUT)).toBe('success')
      calls++
      const used = caller.view.getUint32(OUT, true)
      for (let at = 8192; at + 24 <= 8192 + used;) {
        const length = caller.view.getUint32(at + 16, true)
        if (at + 24 + length > 8192 + used) break
        cookie = caller.view.getBigUint64(at, true)
        names++
        at += 24 + length
      }
      if (used < 4096) break
    }
    expect({ names, listings }).toEqual({ names: 100_002, listings: 1 })
    expect(calls).toBeLessThan(900)
  })
})
