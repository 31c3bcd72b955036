// The descriptor table, quotas, folders' entries, rights and offsets. Numbers are those of the adversarial checklist.

import { describe, expect, test } from 'vitest'
import { FDFLAGS, OFLAGS, RIGHTS } from '../../src/wasi/preview1/types.ts'
import type { Right } from '../../src/wasi/preview1/types.ts'
import { VirtualFileSystem } from '../../src/wasi/preview1/virtual-file-system.ts'
import type { DirectoryEntry } from '../../src/wasi/preview1/file-system.ts'
import { ALL, Caller, FOLDER, OUT } from './host.ts'

const FILE: bigint = ALL

function rights(...names: readonly Right[]): bigint {
  return BigInt(names.reduce((set, name) => set | RIGHTS[name], 0))
}

describe('adversarial.md 59: fd_renumber', () => {
  function prepare(): Caller {
    const caller = new Caller({ fs: { '/a': 'A', '/b': 'B' } })
    expect(caller.open(FOLDER, 'a', { rights: FILE })).toBe(4)
    expect(caller.open(FOLDER, 'b', { rights: FILE })).toBe(5)
    return caller
  }

  test('of a descriptor to itself changes nothing', () => {
    const caller = prepare()
    expect(caller.call('fd_renumber', 4, 4)).toBe('success')
    expect(caller.read(4)).toBe('A')
  })

  test('closes the target and frees the source', () => {
    const caller = prepare()
    expect(caller.call('fd_renumber', 4, 5)).toBe('success')
    expect(caller.read(5)).toBe('A')
    expect(caller.read(4)).toBe('badf')
    expect(caller.open(FOLDER, 'b')).toBe(4)
  })

  test.each([4, 99, 0xffffffff, -1])('between an open descriptor and %d, which is closed, is EBADF', (closed) => {
    const caller = prepare()
    caller.call('fd_close', 4)
    expect(caller.call('fd_renumber', 5, closed)).toBe('badf')
    expect(caller.call('fd_renumber', closed, 5)).toBe('badf')
    expect(caller.read(5)).toBe('B')
  })

  test('works for the standard streams and for a preopened folder', () => {
    const caller = prepare()
    expect(caller.call('fd_renumber', 4, 1)).toBe('success')
    expect(caller.call('fd_renumber', 5, FOLDER)).toBe('success')
    expect(caller.read(FOLDER)).toBe('B')
    expect(caller.call('fd_prestat_get', FOLDER, OUT)).toBe('badf')
  })
})

describe('adversarial.md 60: quotas', () => {
  test('open descriptors end at the limit with EMFILE, and a closed one makes room', () => {
    const caller = new Caller({ fs: { '/a': '' } })
    let opened = 0
    while (typeof caller.open(FOLDER, 'a') === 'number') opened++
    expect(opened).toBe(256 - 4)
    expect(caller.open(FOLDER, 'new', { oflags: OFLAGS.creat })).toBe('mfile')
    expect(Object.keys(caller.wasi.files())).toEqual(['/a'])
    expect(caller.call('fd_close', 100)).toBe('success')
    expect(caller.open(FOLDER, 'a')).toBe(100)
  })

  test('100,000 opens and closes leave nothing open', () => {
    const closed: string[] = []
    const fs = new VirtualFileSystem({ '/a': 'x' }, { limits: { fsBytes: 0 } })
    const caller = new Caller({ fs, limits: { files: 5 } })
    for (let i = 0; i < 100_000; i++) {
      const fd = caller.open(FOLDER, 'a')
      if (fd !== 4) closed.push(String(fd))
      caller.call('fd_close', 4)
    }
    expect(closed).toEqual([])
  })

  test('bytes end with ENOSPC after what fits, and come back when a file goes with its last handle', () => {
    const caller = new Caller({ fs: { '/given': 'not counted' }, limits: { fsBytes: 10 } })
    const fd = caller.open(FOLDER, 'a', { oflags: OFLAGS.creat, rights: FILE }) as number
    expect(caller.write(fd, '12345678')).toBe('success')
    expect(caller.write(fd, 'abcdef')).toBe('success')
    expect(caller.view.getUint32(OUT, true)).toBe(2)
    expect(caller.write(fd, 'x')).toBe('nospc')
    expect(caller.call('fd_filestat_set_size', fd, 11n)).toBe('nospc')
    expect(caller.call('fd_filestat_set_size', fd, 2n ** 50n)).toBe('nospc')
    expect(caller.call('fd_filestat_set_size', fd, 2n ** 63n)).toBe('inval')
    expect(caller.call('fd_allocate', fd, 0n, 11n)).toBe('nospc')
    expect(caller.call('path_symlink', 'target', FOLDER, 'l')).toBe('nospc')
    expect(caller.call('path_unlink_file', FOLDER, 'a')).toBe('success')
    expect(caller.call('path_symlink', 'target', FOLDER, 'l')).toBe('nospc')
    expect(caller.call('fd_close', fd)).toBe('success')
    expect(caller.call('path_symlink', 'target', FOLDER, 'l')).toBe('success')
  })

  test('a write far past the end counts the hole', () => {
    const caller = new Caller({ fs: {}, limits: { fsBytes: 1000 } })
    const fd = caller.open(FOLDER, 'a', { oflags: OFLAGS.creat, rights: FILE }) as number
    caller.bytes.set(Buffer.from('xy'), 8192)
    expect(caller.call('fd_pwrite', fd, ...caller.iovec(8192, 2), 2n ** 40n, OUT)).toBe('nospc')
    expect(caller.call('fd_pwrite', fd, ...caller.iovec(8192, 2), 2n ** 64n - 1n, OUT)).toBe('inval')
    expect(caller.call('fd_pwrite', fd, ...caller.iovec(8192, 2), 998n, OUT)).toBe('success')
    expect(caller.wasi.files()['/a']).toHaveLength(1000)
  })

  test('names of all kinds end with ENOSPC and come back', () => {
    const caller = new Caller({ fs: { '/given': '' }, limits: { fsEntries: 4 } })
    expect(caller.open(FOLDER, 'file', { oflags: OFLAGS.creat })).toBe(4)
    expect(caller.call('path_create_directory', FOLDER, 'folder')).toBe('success')
    expect(caller.call('path_symlink', 'file', FOLDER, 'link')).toBe('success')
    expect(caller.call('path_link', FOLDER, 0, 'file', FOLDER, 'hard')).toBe('success')
    expect(caller.open(FOLDER, 'x', { oflags: OFLAGS.creat })).toBe('nospc')
    expect(caller.call('path_create_directory', FOLDER, 'x')).toBe('nospc')
    expect(caller.call('path_symlink', 'file', FOLDER, 'x')).toBe('nospc')
    expect(caller.call('path_link', FOLDER, 0, 'file', FOLDER, 'x')).toBe('nospc')
    expect(caller.call('path_rename', FOLDER, 'file', FOLDER, 'x')).toBe('success')
    expect(caller.call('path_rename', FOLDER, 'x', FOLDER, 'link')).toBe('success')
    expect(caller.call('path_create_directory', FOLDER, 'x')).toBe('success')
  })

  test('output ends at its quota, both streams together', () => {
    const seen: string[] = []
    const write = (bytes: Uint8Array): void => void seen.push(Buffer.from(bytes).toString())
    const caller = new Caller({ stdout: write, stderr: write, limits: { outputBytes: 7 } })
    expect(caller.write(1, '12345')).toBe('success')
    expect(caller.write(2, '12345')).toBe('success')
    expect(caller.view.getUint32(OUT, true)).toBe(2)
    expect(caller.write(1, 'x')).toBe('nospc')
    expect(seen).toEqual(['12345', '12'])
  })
})

describe('adversarial.md 65: fd_readdir', () => {
  interface Entry extends Pick<DirectoryEntry, 'name' | 'ino'> {
    readonly next: bigint
    readonly type: number
  }

  const BUF = 16384

  function readdir(
    caller: Caller,
    cookie: bigint,
    length = 65536,
  ): { readonly used: number; readonly entries: Entry[] } {
    expect(caller.call('fd_readdir', FOLDER, BUF, length, cookie, OUT)).toBe('success')
    const used = caller.view.getUint32(OUT, true)
    const entries: Entry[] = []
    for (let at = BUF; at + 24 <= BUF + used;) {
      const length = caller.view.getUint32(at + 16, true)
      if (at + 24 + length > BUF + used) break
      const [next, ino] = [caller.view.getBigUint64(at, true), caller.view.getBigUint64(at + 8, true)]
      entries.push({ next, ino, type: caller.view.getUint8(at + 20), name: caller.text(at + 24, length) })
      at += 24 + length
    }
    return { used, entries }
  }

  test('tells names, types, inodes and the next cookie', () => {
    const caller = new Caller({ fs: { '/f': '', '/d': { type: 'directory' }, '/l': { type: 'link', target: 'f' } } })
    const { entries } = readdir(caller, 0n)
    expect(entries.map(({ name, type, next }) => [name, type, next])).toEqual([
      ['.', 3, 1n],
      ['..', 3, 2n],
      ['f', 4, 3n],
      ['d', 3, 4n],
      ['l', 7, 5n],
    ])
    expect(caller.call('path_filestat_get', FOLDER, 0, 'f', 128)).toBe('success')
    expect(entries[2]?.ino).toBe(caller.view.getBigUint64(136, true))
    expect(readdir(caller, 3n).entries.map(({ name }) => name)).toEqual(['d', 'l'])
  })

  test.each([5n, 6n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n])('a cookie of %d, past the end, gives nothing', (cookie) => {
    const caller = new Caller({ fs: { '/a': '', '/b': '', '/c': '' } })
    expect(readdir(caller, 0n).entries).toHaveLength(5)
    expect(readdir(caller, cookie).used).toBe(0)
  })

  test('a buffer of any size is filled to its end while there is more', () => {
    const caller = new Caller({ fs: { '/a-long-name': '' } })
    for (let length = 0; length <= 25; length++) expect(readdir(caller, 0n, length).used).toBe(length)
    expect(readdir(caller, 1n, 1).used).toBe(1)
    expect(readdir(caller, 2n, 100).used).toBe(24 + 'a-long-name'.length)
  })

  test('a folder that changes while it is read shows every name that stayed, once', () => {
    const names = Array.from({ length: 100 }, (_, i) => `file${i}`)
    const caller = new Caller({ fs: Object.fromEntries(names.map((name) => [`/${name}`, ''])) })
    const seen: string[] = []
    let cookie = 0n
    for (;;) {
      const { used, entries } = readdir(caller, cookie, 300)
      for (const { name, next } of entries) {
        cookie = next
        seen.push(name)
        if (name.startsWith('file')) expect(caller.call('path_unlink_file', FOLDER, name)).toBe('success')
      }
      if (used < 300) break
      expect(caller.open(FOLDER, `new${cookie}`, { oflags: OFLAGS.creat })).toBeTypeOf('number')
    }
    expect(seen.filter((name) => name.startsWith('file'))).toEqual(names)
    expect(new Set(seen).size).toBe(seen.length)
    const again = readdir(caller, 0n).entries.map(({ name }) => name)
    expect(again.filter((name) => name.startsWith('file'))).toEqual([])
    expect(again).toContain('.')
  })

  test('100,000 entries are all seen', () => {
    const caller = new Caller({ fs: {} })
    for (let i = 0; i < 100_000; i++) {
      const fd = caller.open(FOLDER, `f${i}`, { oflags: OFLAGS.creat }) as number
      caller.call('fd_close', fd)
    }
    let [cookie, count] = [0n, 0]
    for (let used = 4096; used === 4096;) {
      const chunk = readdir(caller, cookie, 4096)
      used = chunk.used
      count += chunk.entries.length
      cookie = chunk.entries.at(-1)?.next ?? cookie
    }
    expect(count).toBe(100_002)
  })
})

describe('rights', () => {
  test('can be dropped and not be had back', () => {
    const caller = new Caller({ fs: { '/a': 'A' } })
    const fd = caller.open(FOLDER, 'a', { rights: rights('fd_read', 'fd_write', 'fd_seek') }) as number
    expect(caller.call('fd_fdstat_set_rights', fd, rights('fd_seek'), 0n)).toBe('success')
    expect(caller.read(fd)).toBe('notcapable')
    expect(caller.write(fd, 'x')).toBe('notcapable')
    expect(caller.call('fd_fdstat_set_rights', fd, rights('fd_seek', 'fd_read'), 0n)).toBe('notcapable')
    expect(caller.call('fd_fdstat_set_rights', fd, 0n, rights('fd_read'))).toBe('notcapable')
  })

  test('of what is opened are at most what its folder passes on', () => {
    const caller = new Caller({ fs: { '/d/a': 'A' } })
    const folder = rights('path_open', 'path_create_file')
    const d = caller.open(FOLDER, 'd', {
      oflags: OFLAGS.directory,
      rights: folder,
      inheriting: rights('fd_read'),
    }) as number
    expect(caller.open(d, 'a', { rights: rights('fd_read') })).toBeTypeOf('number')
    expect(caller.open(d, 'a', { rights: rights('fd_read', 'fd_write') })).toBe('notcapable')
    expect(caller.open(d, 'a', { inheriting: rights('fd_write') })).toBe('notcapable')
    expect(caller.open(d, 'a', { oflags: OFLAGS.trunc })).toBe('notcapable')
    expect(caller.call('path_unlink_file', d, 'a')).toBe('notcapable')
  })

  test('to seek imply those to tell, and not the other way round', () => {
    const caller = new Caller({ fs: { '/a': 'abc' } })
    const seeking = caller.open(FOLDER, 'a', { rights: rights('fd_seek') }) as number
    expect(caller.call('fd_tell', seeking, OUT)).toBe('success')
    const telling = caller.open(FOLDER, 'a', { rights: rights('fd_tell') }) as number
    expect(caller.call('fd_seek', telling, 0n, 1, OUT)).toBe('success')
    expect(caller.call('fd_seek', telling, 1n, 1, OUT)).toBe('notcapable')
    expect(caller.call('fd_seek', telling, 0n, 0, OUT)).toBe('notcapable')
  })
})

describe('offsets', () => {
  test('stay inside what a file can have', () => {
    const caller = new Caller({ fs: { '/a': 'abc' } })
    const fd = caller.open(FOLDER, 'a', { rights: FILE }) as number
    expect(caller.call('fd_seek', fd, -1n, 2, OUT)).toBe('success')
    expect(caller.read(fd)).toBe('c')
    for (const [offset, whence] of [
      [-1n, 0],
      [-4n, 2],
      [2n ** 63n - 1n, 0],
      [2n ** 63n - 1n, 1],
      [-(2n ** 63n), 1],
    ] as const) {
      expect(caller.call('fd_seek', fd, offset, whence, OUT)).toBe('inval')
    }
    expect(caller.call('fd_seek', fd, 0n, 3, OUT)).toBe('inval')
    expect(caller.call('fd_seek', fd, 2n ** 53n - 1n, 0, OUT)).toBe('success')
    expect(caller.read(fd)).toBe('')
    expect(caller.write(fd, 'x')).toBe('fbig')
    expect(caller.call('fd_tell', fd, OUT)).toBe('success')
    expect(caller.view.getBigUint64(OUT, true)).toBe(2n ** 53n - 1n)
  })

  test('belong to a descriptor, and bytes to the file', () => {
    const caller = new Caller({ fs: { '/a': 'abc' } })
    const [one, two] = [
      caller.open(FOLDER, 'a', { rights: FILE }) as number,
      caller.open(FOLDER, 'a', { rights: FILE }) as number,
    ]
    expect(caller.write(one, 'X')).toBe('success')
    expect(caller.read(two)).toBe('Xbc')
    expect(caller.call('fd_fdstat_set_flags', one, FDFLAGS.append)).toBe('success')
    expect(caller.write(one, 'd')).toBe('success')
    expect(caller.read(two)).toBe('d')
  })

  test('streams have none', () => {
    const caller = new Caller({ stdin: 'in' })
    for (const fd of [0, 1, 2]) {
      expect(caller.call('fd_seek', fd, 0n, 1, OUT)).toBe('spipe')
      expect(caller.call('fd_tell', fd, OUT)).toBe('spipe')
      expect(caller.call('fd_pread', fd, 64, 0, 0n, OUT)).toBe('spipe')
    }
  })
})

test('unknown flags are EINVAL, and rights that mean nothing grant nothing', () => {
  const caller = new Caller({ fs: { '/a': '' } })
  expect(caller.open(FOLDER, 'a', { oflags: 16 })).toBe('inval')
  expect(caller.open(FOLDER, 'a', { fdflags: 32 })).toBe('inval')
  expect(caller.call('path_open', FOLDER, 2, 'a', 0, 0n, 0n, 0, OUT)).toBe('inval')
  expect(caller.open(FOLDER, 'a', { rights: 1n << 63n })).toBeTypeOf('number')
})

test('sockets that are none answer so', () => {
  const caller = new Caller()
  expect(caller.call('sock_shutdown', 1, 1)).toBe('notsock')
  expect(caller.call('sock_accept', 99, 0, OUT)).toBe('badf')
  expect(caller.call('sock_send', 1, 64, 0, 0, OUT)).toBe('notsock')
  expect(caller.call('sock_recv', 0, 64, 0, 0, OUT, OUT + 4)).toBe('notsock')
})
