// Real folders of this machine: what only they have. That nothing leads out of them is in confinement.test.ts and race.test.ts, that they
// behave as programs expect in conformance.test.ts. Numbers are those of the adversarial checklist.

import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HostFileSystem } from '../../src/node/host-file-system.ts'
import { FDFLAGS, FSTFLAGS, OFLAGS } from '../../src/wasi/preview1/types.ts'
import { makeRealTree, realTree } from './boxes.ts'
import { ALL, Caller, FOLDER, OUT } from './host.ts'
import { openDescriptors } from './official-programs.ts'

const isLinux = process.platform === 'linux'
const ways = isLinux ? (['descriptors', 'paths'] as const) : (['paths'] as const)

let root = ''
beforeEach(() => {
  root = join(makeRealTree({ '/box/file': 'content', '/box/folder/inner': 'inner' }), 'box')
})
afterEach(() => rmSync(join(root, '..'), { recursive: true }))

describe.each(ways)('a real folder, held by %s', (held) => {
  const folder = (access: 'ro' | 'rw' = 'rw', path = root): HostFileSystem =>
    new HostFileSystem({ root: path, access, held })

  /** Closed by each test: what is left open is seen by the test that counts. */
  const grant = (access: 'ro' | 'rw' = 'rw'): Caller => new Caller({ fs: folder(access) })

  const opened = (caller: Caller, path: string, options: Parameters<Caller['open']>[2] = {}): number => {
    const fd = caller.open(FOLDER, path, { rights: ALL, ...options })
    if (typeof fd !== 'number') throw new Error(`${path}: ${fd}`)
    return fd
  }
  const asFolder = { rights: ALL & ~64n, inheriting: ALL }

  interface Times {
    readonly atim: bigint
    readonly mtim: bigint
  }
  const times = (caller: Caller, path: string): Times => {
    expect(caller.call('path_filestat_get', FOLDER, 0, path, OUT)).toBe('success')
    const { view } = caller
    return { atim: view.getBigUint64(OUT + 40, true), mtim: view.getBigUint64(OUT + 48, true) }
  }

  test('is what the guest reads and writes', () => {
    const caller = grant()
    const fd = opened(caller, 'folder/new', { oflags: OFLAGS.creat })
    expect(caller.write(fd, 'written by the guest')).toBe('success')
    expect(readFileSync(join(root, 'folder/new'), 'utf8')).toBe('written by the guest')
    writeFileSync(join(root, 'folder/new'), 'by the host')
    expect(caller.call('fd_seek', fd, 0n, 0, OUT)).toBe('success')
    expect(caller.read(fd)).toBe('by the host')
    caller.wasi.close()
  })

  test('has names in any script, which pass as they are', () => {
    const caller = grant()
    for (const name of [
      'ä',
      'a\u0308',
      '日本',
      '\u{1f9f5}',
      '-',
      ' ',
      '\ufffd',
      'a\nb',
      "'",
      '\\',
      'COM1',
      'x'.repeat(255),
    ]) {
      if (process.platform !== 'linux' && name.length !== 1) continue
      expect(caller.call('path_create_directory', FOLDER, name)).toBe('success')
      expect(readdirSync(root)).toContain(name)
      expect(caller.call('path_remove_directory', FOLDER, name)).toBe('success')
    }
    caller.wasi.close()
  })

  test.runIf(isLinux)('leaves out names that are not UTF-8, and links to such can’t be read', () => {
    const strange = Buffer.concat([Buffer.from(`${root}/`), Buffer.of(0xff, 0x61)])
    writeFileSync(strange, 'x')
    symlinkSync(Buffer.of(0xff), join(root, 'link'))
    const caller = grant()
    expect(
      folder()
        .openRoot()
        .list()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['file', 'folder', 'link'])
    expect(caller.call('path_readlink', FOLDER, 'link', 4096, 64, OUT)).toBe('ilseq')
    expect(caller.open(FOLDER, 'link', { follow: true })).toBe('ilseq')
    expect(caller.open(FOLDER, 'link/x')).toBe('ilseq')
    expect(caller.open(FOLDER, '\ufffda')).toBe('noent')
    caller.wasi.close()
  })

  test.runIf(isLinux)('refuses what is neither file nor folder, and is not blocked by it', async () => {
    expect(spawnSync('mkfifo', [join(root, 'fifo')]).status).toBe(0)
    const server = createServer().listen(join(root, 'socket'))
    await once(server, 'listening')
    const isRoot = process.getuid?.() === 0
    const caller = grant()
    if (isRoot) expect(spawnSync('mknod', [join(root, 'device'), 'c', '1', '3']).status).toBe(0)
    for (const name of ['fifo', 'socket', ...(isRoot ? ['device'] : [])]) {
      for (const rights of [2n, 64n, 66n, 0n]) {
        for (const oflags of [0, OFLAGS.creat, OFLAGS.trunc]) {
          expect([name, caller.open(FOLDER, name, { rights, oflags, follow: true })]).toEqual([name, 'acces'])
        }
      }
      expect(caller.open(FOLDER, name, { oflags: OFLAGS.directory })).toMatch(/acces|notdir/)
      expect(caller.open(FOLDER, `${name}/x`)).toBe('notdir')
      expect(caller.call('path_filestat_get', FOLDER, 1, name, OUT)).toBe('success')
      expect(caller.view.getUint8(OUT + 16)).toBe({ fifo: 0, socket: 6, device: 2 }[name])
      expect(caller.call('path_rename', FOLDER, name, FOLDER, `${name}2`)).toBe('success')
      expect(caller.call('path_unlink_file', FOLDER, `${name}2`)).toBe('success')
    }
    caller.wasi.close()
    server.close()
  })

  test('truncates only when it has seen a file, and not without leave', () => {
    const caller = grant()
    expect(caller.open(FOLDER, 'folder', { oflags: OFLAGS.trunc, rights: 64n })).toBe('isdir')
    const fd = opened(caller, 'file', { oflags: OFLAGS.trunc, rights: 64n })
    expect(statSync(join(root, 'file')).size).toBe(0)
    expect(caller.write(fd, 'new')).toBe('success')
    expect(readFileSync(join(root, 'file'), 'utf8')).toBe('new')
    caller.wasi.close()
  })

  test('does not lend the right to write to a descriptor that was opened to read', () => {
    const caller = grant()
    const fd = opened(caller, 'file', { rights: ALL & ~64n })
    expect(caller.call('fd_filestat_set_size', fd, 1n)).toBe('badf')
    expect(caller.call('fd_allocate', fd, 0n, 100n)).toBe('badf')
    expect(readFileSync(join(root, 'file'), 'utf8')).toBe('content')
    caller.wasi.close()
  })

  test('allocate reaches further, and never shrinks', () => {
    const caller = grant()
    const fd = opened(caller, 'file')
    expect(caller.call('fd_allocate', fd, 0n, 3n)).toBe('success')
    expect(readFileSync(join(root, 'file'), 'utf8')).toBe('content')
    expect(caller.call('fd_allocate', fd, 5n, 5n)).toBe('success')
    expect(readFileSync(join(root, 'file'), 'latin1')).toBe('content\0\0\0')
    expect(caller.call('fd_sync', fd)).toBe('success')
    expect(caller.call('fd_datasync', fd)).toBe('success')
    expect(caller.call('fd_sync', FOLDER)).toBe('success')
    caller.wasi.close()
  })

  test('has files of more than 4 GiB', () => {
    const caller = grant()
    const fd = opened(caller, 'large', { oflags: OFLAGS.creat })
    const far = 5n * 2n ** 30n
    expect(caller.call('fd_seek', fd, far, 0, OUT)).toBe('success')
    expect(caller.write(fd, 'far')).toBe('success')
    expect(statSync(join(root, 'large')).size).toBe(Number(far) + 3)
    expect(caller.call('fd_pread', fd, ...caller.iovec(8192, 2), far + 1n, OUT)).toBe('success')
    expect(caller.text(8192, 2)).toBe('ar')
    expect(caller.call('fd_filestat_set_size', fd, 2n ** 62n)).toBe('inval')
    expect(caller.call('fd_filestat_set_size', fd, 2n ** 53n - 1n)).toMatch(/fbig|inval/)
    caller.wasi.close()
  })

  test('reads ask for no more memory than there is to read', () => {
    const caller = grant()
    const fd = opened(caller, 'file')
    const { bytes } = caller
    expect(caller.call('fd_read', fd, ...caller.iovec(0x10000, 0x20000), OUT)).toBe('success')
    expect(Buffer.from(bytes.subarray(0x10000, 0x10007)).toString()).toBe('content')
    truncateSync(join(root, 'file'), 0x18000)
    expect(caller.call('fd_pread', fd, ...caller.iovec(0x10000, 0x20000), 0n, OUT)).toBe('success')
    expect(caller.view.getUint32(OUT, true)).toBe(0x18000)
    caller.wasi.close()
  })

  test('writes from a shared memory, too', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(64))
    shared.set(Buffer.from('shared'))
    const file = folder()
      .openRoot()
      .open('file', { read: false, write: true, create: false, exclusive: false, truncate: true })
    if (file.kind !== 'file') throw new Error('no file')
    expect(file.write(0, shared.subarray(0, 6))).toBe(6)
    file.close()
    expect(readFileSync(join(root, 'file'), 'utf8')).toBe('shared')
  })

  test('appends behind what others append', () => {
    const caller = grant()
    const fd = opened(caller, 'file', { fdflags: FDFLAGS.append })
    expect(caller.write(fd, '1')).toBe('success')
    appendFileSync(join(root, 'file'), '2')
    expect(caller.write(fd, '3')).toBe('success')
    expect(caller.call('fd_pwrite', fd, ...caller.iovec(8192, 1), 0n, OUT)).toBe('success')
    expect(readFileSync(join(root, 'file'), 'utf8')).toBe('3ontent123')
    caller.wasi.close()
  })

  test('keeps the other time exactly when one is set, and that which is set to the nanosecond', () => {
    const caller = grant()
    utimesSync(join(root, 'file'), 1_600_000_000.123456, 1_600_000_001.654321)
    // Nothing that counts seconds in a number can say this time.
    writeFileSync(join(root, 'folder/inner'), 'now')
    for (const name of ['file', 'folder/inner', 'folder']) {
      const before = times(caller, name)
      const atim = 1_700_000_000_123_456_789n
      expect(caller.call('path_filestat_set_times', FOLDER, 0, name, atim, 0n, FSTFLAGS.atim)).toBe('success')
      expect(times(caller, name)).toEqual({ atim, mtim: before.mtim })
      const mtim = 1_500_000_000_987_654_321n
      expect(caller.call('path_filestat_set_times', FOLDER, 0, name, 0n, mtim, FSTFLAGS.mtim)).toBe('success')
      expect(times(caller, name)).toEqual({ atim, mtim })
      // On the disk to the microsecond at least.
      const { atimeNs, mtimeNs } = lstatSync(join(root, name), { bigint: true })
      expect([atim - atimeNs, mtim - mtimeNs].map((off) => off >= 0n && off < 1000n)).toEqual([true, true])
    }
    // What another process sets is seen.
    utimesSync(join(root, 'file'), 1000, 2000)
    expect(times(caller, 'file')).toEqual({ atim: 1_000_000_000_000n, mtim: 2_000_000_000_000n })
    caller.wasi.close()
  })

  test('sets times of a link itself, of an open file and of an open folder', () => {
    symlinkSync('file', join(root, 'link'))
    const caller = grant()
    const set = [5_000_000_000n, 6_000_000_000n, FSTFLAGS.atim | FSTFLAGS.mtim] as const
    const file = lstatSync(join(root, 'file')).mtimeMs
    expect(caller.call('path_filestat_set_times', FOLDER, 0, 'link', ...set)).toBe('success')
    expect(lstatSync(join(root, 'link')).mtimeMs).toBe(6000)
    expect(lstatSync(join(root, 'file')).mtimeMs).toBe(file)
    expect(caller.call('fd_filestat_set_times', opened(caller, 'folder', asFolder), ...set)).toBe('success')
    expect(statSync(join(root, 'folder')).mtimeMs).toBe(6000)
    expect(caller.call('fd_filestat_set_times', opened(caller, 'file'), ...set)).toBe('success')
    expect(statSync(join(root, 'file')).mtimeMs).toBe(6000)
    expect(caller.call('fd_filestat_set_times', FOLDER, ...set)).toBe('success')
    expect(statSync(root).mtimeMs).toBe(6000)
    caller.wasi.close()
  })

  test('a folder that is open is followed where the guest moves it, and is gone where it removes it', () => {
    const caller = grant()
    mkdirSync(join(root, 'a/b'), { recursive: true })
    mkdirSync(join(root, 'empty'))
    const [a, b, empty] = ['a', 'a/b', 'empty'].map((path) => opened(caller, path, asFolder)) as [
      number,
      number,
      number,
    ]
    expect(caller.call('path_rename', FOLDER, 'a', FOLDER, 'folder/c')).toBe('success')
    expect(caller.call('path_create_directory', FOLDER, 'a')).toBe('success')
    expect(caller.call('path_create_directory', b, 'x')).toBe('success')
    expect(existsSync(join(root, 'folder/c/b/x'))).toBe(true)
    // An empty folder that is replaced is gone.
    expect(caller.call('path_rename', a, 'b', FOLDER, 'empty')).toBe('success')
    expect(existsSync(join(root, 'empty/x'))).toBe(true)
    expect(caller.call('path_create_directory', empty, 'y')).toBe('noent')
    expect(caller.call('path_create_directory', b, 'y')).toBe('success')
    expect(readdirSync(join(root, 'empty')).sort()).toEqual(['x', 'y'])
    expect(caller.call('path_remove_directory', FOLDER, 'a')).toBe('success')
    expect(caller.call('path_remove_directory', b, 'x')).toBe('success')
    expect(caller.call('path_remove_directory', b, 'y')).toBe('success')
    expect(caller.call('path_remove_directory', FOLDER, 'empty')).toBe('success')
    expect(caller.call('path_create_directory', FOLDER, 'empty')).toBe('success')
    // One that has the same name again is another one.
    expect(caller.call('path_create_directory', b, 'z')).toBe('noent')
    expect(caller.call('fd_readdir', b, 4096, 4096, 0n, OUT)).toBe('success')
    expect(caller.call('fd_filestat_get', b, OUT)).toBe('success')
    caller.wasi.close()
  })

  test('a folder that another process moves away does not lead to what takes its place', () => {
    const caller = grant()
    const fd = opened(caller, 'folder', asFolder)
    renameSync(join(root, 'folder'), join(root, 'moved'))
    mkdirSync(join(root, 'folder'))
    const errno = caller.open(fd, 'inner')
    // By its descriptor it is still the folder; by its path it is known to be another one.
    if (held === 'descriptors') expect(errno).toBeTypeOf('number')
    else expect(errno).toBe('stale')
    expect(caller.call('path_create_directory', fd, 'x')).toBe(held === 'descriptors' ? 'success' : 'stale')
    expect(readdirSync(join(root, 'folder'))).toEqual([])
    caller.wasi.close()
  })

  test('a file lives on when its name is gone', () => {
    const caller = grant()
    const fd = opened(caller, 'file')
    rmSync(join(root, 'file'))
    expect(caller.read(fd)).toBe('content')
    expect(caller.write(fd, '!')).toBe('success')
    expect(existsSync(join(root, 'file'))).toBe(false)
    caller.wasi.close()
  })

  test('nothing moves between two that are granted, not even where they are one folder', () => {
    const before = realTree(root)
    for (const [from, to] of [
      ['ro', 'rw'],
      ['rw', 'ro'],
      ['rw', 'rw'],
    ] as const) {
      const caller = new Caller({ preopens: { '/from': folder(from), '/to': folder(to) } })
      expect(caller.call('path_rename', 3, 'file', 4, 'moved')).toBe('xdev')
      expect(caller.call('path_link', 3, 0, 'file', 4, 'linked')).toBe('xdev')
      caller.wasi.close()
    }
    expect(realTree(root)).toEqual(before)
    // Under two names it is one.
    const both = folder()
    const caller = new Caller({ preopens: { '/a': both, '/b': both } })
    expect(caller.call('path_rename', 3, 'file', 4, 'folder/moved')).toBe('success')
    caller.wasi.close()
  })

  test('one that can only be read stays byte for byte as it is', () => {
    mkdirSync(join(root, 'empty'))
    const before = realTree(root)
    const caller = grant('ro')
    const fd = opened(caller, 'file', { rights: ALL & ~64n })
    const attempts = [
      caller.open(FOLDER, 'file', { oflags: OFLAGS.trunc }),
      caller.open(FOLDER, 'file', { rights: 64n }),
      caller.open(FOLDER, 'new', { oflags: OFLAGS.creat }),
      caller.call('fd_filestat_set_times', fd, 1n, 1n, 5),
      caller.call('fd_filestat_set_times', FOLDER, 1n, 1n, 5),
      caller.call('fd_filestat_set_size', fd, 0n),
      caller.call('fd_allocate', fd, 0n, 100n),
      caller.call('path_filestat_set_times', FOLDER, 0, 'file', 1n, 1n, 5),
      caller.call('path_filestat_set_times', FOLDER, 0, 'file', 1n, 1n, 10),
      caller.call('path_create_directory', FOLDER, 'new'),
      caller.call('path_remove_directory', FOLDER, 'empty'),
      caller.call('path_unlink_file', FOLDER, 'file'),
      caller.call('path_rename', FOLDER, 'file', FOLDER, 'new'),
      caller.call('path_rename', FOLDER, 'file', FOLDER, 'folder/inner'),
      caller.call('path_link', FOLDER, 0, 'file', FOLDER, 'new'),
      caller.call('path_symlink', 'file', FOLDER, 'new'),
    ]
    expect(attempts).toEqual(attempts.map(() => 'rofs'))
    expect(realTree(root)).toEqual(before)
    caller.wasi.close()
  })

  test('adversarial.md 65: a listing stays as it was when it began, in pieces of any size', () => {
    const caller = grant()
    for (let i = 0; i < 300; i++) writeFileSync(join(root, 'folder', `f${i}`), '')
    const fd = opened(caller, 'folder', asFolder)
    const names = new Set<string>()
    let cookie = 0n
    for (let round = 0; ; round++) {
      expect(caller.call('fd_readdir', fd, 8192, 400, cookie, OUT)).toBe('success')
      const used = caller.view.getUint32(OUT, true)
      for (let at = 8192; at + 24 <= 8192 + used;) {
        const length = caller.view.getUint32(at + 16, true)
        if (at + 24 + length > 8192 + used) break
        cookie = caller.view.getBigUint64(at, true)
        names.add(caller.text(at + 24, length))
        at += 24 + length
      }
      if (used < 400) break
      if (round === 0) for (let i = 200; i < 300; i++) rmSync(join(root, 'folder', `f${i}`))
    }
    expect(names.size).toBe(303)
    for (const garbage of [2n ** 64n - 1n, 304n, 10_000n]) {
      expect(caller.call('fd_readdir', fd, 8192, 400, garbage, OUT)).toBe('success')
      expect(caller.view.getUint32(OUT, true)).toBe(0)
    }
    expect(caller.call('fd_readdir', fd, 8192, 1, 5n, OUT)).toBe('success')
    expect(caller.view.getUint32(OUT, true)).toBe(1)
    expect(caller.call('fd_readdir', fd, 8192, 8192, 0n, OUT)).toBe('success')
    caller.wasi.close()
  })

  test('entries have the numbers and the kinds that stat tells', () => {
    symlinkSync('file', join(root, 'link'))
    const directory = folder().openRoot()
    const entries = [...directory.list()].sort((a, b) => (a.name < b.name ? -1 : 1))
    directory.close()
    const expected = ['file', 'folder', 'link'].map((name) => [name, lstatSync(join(root, name), { bigint: true }).ino])
    expect(entries.map(({ name, ino }) => [name, ino])).toEqual(expected)
    expect(entries.map(({ filetype }) => filetype)).toEqual(['regular_file', 'directory', 'symbolic_link'])
  })

  test('one that is not there, or is no folder, is an error at once', () => {
    const make = (path: string) => (): unknown => new HostFileSystem({ root: path, held })
    expect(make(join(root, 'nothing'))).toThrow(/nothing: there is no such folder$/)
    expect(make(join(root, 'file'))).toThrow(/file: it is not a folder$/)
    expect(make(join(root, 'nothing'))).toThrow(expect.objectContaining({ code: 'NO_FOLDER' }))
    expect(() => new HostFileSystem({ root, access: 'r' as 'ro' })).toThrow(/'ro' or 'rw', not r/)
    const gone = folder('ro', join(root, 'folder'))
    rmSync(join(root, 'folder'), { recursive: true })
    expect(() => gone.openRoot()).toThrow(/folder: ENOENT/)
  })

  test('it is read-only unless it is said otherwise, and holds nothing itself', () => {
    const before = openDescriptors()
    const fileSystem = new HostFileSystem({ root, held })
    expect([fileSystem.access, fileSystem.root, openDescriptors()]).toEqual(['ro', root, before])
    expect(new Caller({ fs: fileSystem }).open(FOLDER, 'new', { oflags: OFLAGS.creat })).toBe('rofs')
  })

  test('links that the embedder names lead to the folder', () => {
    symlinkSync('folder', join(root, 'link'))
    const caller = new Caller({ fs: folder('ro', join(root, 'link')) })
    expect(caller.read(caller.open(FOLDER, 'inner', { rights: 2n }) as number)).toBe('inner')
    caller.wasi.close()
  })

  test('one that is removed while the guest has it is empty', () => {
    const caller = new Caller({ fs: folder('rw', join(root, 'folder')) })
    rmSync(join(root, 'folder'), { recursive: true })
    expect(caller.open(FOLDER, 'inner')).toBe('noent')
    expect(caller.open(FOLDER, 'new', { oflags: OFLAGS.creat })).toBe('noent')
    expect(caller.call('fd_readdir', FOLDER, 4096, 4096, 0n, OUT)).toBe('success')
    expect(caller.call('path_symlink', 'x', FOLDER, 'y')).toBe('noent')
    caller.wasi.close()
  })
})
