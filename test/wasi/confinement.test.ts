// No path leaves the folder that it starts from, whatever is asked of it. Numbers are those of the adversarial checklist.

import { describe, expect, test } from 'vitest'
import type { Errno } from '../../src/wasi/preview1/errno.ts'
import { OFLAGS } from '../../src/wasi/preview1/types.ts'
import { VirtualFileSystem } from '../../src/wasi/preview1/virtual-file-system.ts'
import { Caller, FOLDER, OUT } from './host.ts'

// Preview 1 folders are roots: `/box` is opened, and what stands beside it is outside.
function boxed(): { readonly caller: Caller; readonly box: number; readonly fs: VirtualFileSystem } {
  const fs = new VirtualFileSystem({
    '/canary': 'outside',
    '/outside/secret': 'outside',
    '/box/in': 'inside',
    '/box/deep/er/file': 'inside',
    '/box/to-file': { type: 'link', target: '../canary' },
    '/box/to-folder': { type: 'link', target: '../outside' },
    '/box/absolute': { type: 'link', target: '/canary' },
    '/box/absolute-folder': { type: 'link', target: '/outside' },
    '/box/chain1': { type: 'link', target: 'chain2' },
    '/box/chain2': { type: 'link', target: 'deep/chain3' },
    '/box/deep/chain3': { type: 'link', target: '../../canary' },
    '/box/here': { type: 'link', target: '.' },
    '/box/up': { type: 'link', target: '..' },
    '/box/dangling': { type: 'link', target: '../made' },
    '/box/loop': { type: 'link', target: 'loop' },
  })
  const caller = new Caller({ fs })
  const box = caller.open(FOLDER, 'box', { oflags: OFLAGS.directory, rights: ~64n, inheriting: ~0n })
  if (typeof box !== 'number') throw new Error(box)
  // Made by the guest, not given.
  expect(caller.call('path_symlink', '../canary', box, 'guest-made')).toBe('success')
  return { caller, box, fs }
}

const always = ['../canary', '..', 'deep/../../canary', './../canary', '/canary', '/', 'up/canary', 'here/../canary']
const alwaysMore = [
  'to-folder/secret',
  'absolute-folder/secret',
  'deep/er/../../../canary',
  'here/up/canary',
  '../box/in',
]
const followed = ['to-file', 'to-folder', 'absolute', 'absolute-folder', 'chain1', 'up', 'guest-made', 'dangling']

type Attempt = (caller: Caller, box: number, path: string, follow: boolean) => Errno

const attempts: Readonly<Record<string, Attempt>> = {
  open: (caller, box, path, follow) => asErrno(caller.open(box, path, { follow })),
  'open to write': (caller, box, path, follow) => asErrno(caller.open(box, path, { follow, rights: 64n })),
  'open and create': (caller, box, path, follow) => asErrno(caller.open(box, path, { follow, oflags: OFLAGS.creat })),
  'open and truncate': (caller, box, path, follow) => asErrno(caller.open(box, path, { follow, oflags: OFLAGS.trunc })),
  'open as folder': (caller, box, path, follow) =>
    asErrno(caller.open(box, path, { follow, oflags: OFLAGS.directory })),
  stat: (caller, box, path, follow) => caller.call('path_filestat_get', box, Number(follow), path, OUT),
  'set times': (caller, box, path, follow) =>
    caller.call('path_filestat_set_times', box, Number(follow), path, 1n, 1n, 5),
  'link from': (caller, box, path, follow) => caller.call('path_link', box, Number(follow), path, box, 'stolen'),
}

const attemptsWithoutFollow: Readonly<Record<string, Attempt>> = {
  'link to': (caller, box, path) => caller.call('path_link', box, 0, 'in', box, path),
  readlink: (caller, box, path) => caller.call('path_readlink', box, path, 4096, 64, OUT),
  unlink: (caller, box, path) => caller.call('path_unlink_file', box, path),
  mkdir: (caller, box, path) => caller.call('path_create_directory', box, path),
  rmdir: (caller, box, path) => caller.call('path_remove_directory', box, path),
  symlink: (caller, box, path) => caller.call('path_symlink', 'in', box, path),
  'rename from': (caller, box, path) => caller.call('path_rename', box, path, box, 'stolen'),
  'rename to': (caller, box, path) => caller.call('path_rename', box, 'in', box, path),
}

function asErrno(opened: number | Errno): Errno {
  return typeof opened === 'number' ? 'success' : opened
}

/** All that is outside of the box, with its times. */
function outside(fs: VirtualFileSystem): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fs.toTree()).filter(([path]) => !path.startsWith('/box')))
}

const endings = ['', '/', '//', '/.', '/./']

describe('53, 54: a path out is refused', () => {
  for (const ending of endings) {
    const cases = Object.entries({ ...attempts, ...attemptsWithoutFollow })
    test.each(cases)(`%s, through folders, ending with "${ending}"`, (_, attempt) => {
      for (const path of [...always, ...alwaysMore]) {
        for (const follow of [false, true]) {
          const { caller, box, fs } = boxed()
          const before = outside(fs)
          expect([path, attempt(caller, box, path + ending, follow)]).toEqual([path, 'perm'])
          expect(outside(fs)).toEqual(before)
        }
      }
    })

    test.each(Object.entries(attempts))(`%s, through a followed link, ending with "${ending}"`, (_, attempt) => {
      for (const path of followed) {
        const { caller, box, fs } = boxed()
        const before = outside(fs)
        expect([path, attempt(caller, box, path + ending, true)]).toEqual([path, 'perm'])
        expect(outside(fs)).toEqual(before)
      }
    })

    test.each(Object.entries({ ...attempts, ...attemptsWithoutFollow }))(
      `%s of a link itself, ending with "${ending}", reaches nothing outside`,
      (_, attempt) => {
        for (const path of followed) {
          const { caller, box, fs } = boxed()
          const before = outside(fs)
          const errno = attempt(caller, box, path + ending, false)
          if (ending !== '') expect(errno).not.toBe('success')
          expect(outside(fs)).toEqual(before)
        }
      },
    )
  }

  test('a slash at the end does not make a link followed', () => {
    const { caller, box } = boxed()
    expect(caller.call('path_filestat_get', box, 0, 'here/', OUT)).toBe('notdir')
    expect(caller.call('path_filestat_get', box, 1, 'here/', OUT)).toBe('success')
    expect(caller.open(box, 'here//', { oflags: OFLAGS.directory })).toBe('loop')
    expect(caller.call('path_rename', box, 'here/', box, 'there')).toBe('notdir')
    expect(caller.call('path_unlink_file', box, 'here/')).toBe('notdir')
  })

  test('links and dots inside are followed as they should', () => {
    const { caller, box } = boxed()
    for (const path of ['in', './in', 'deep/../in', 'here/in', 'here/here/deep/er/../../in', 'deep//er/..//../in']) {
      const fd = caller.open(box, path, { rights: 2n }) as number
      expect([path, caller.read(fd)]).toEqual([path, 'inside'])
    }
  })

  test('a link to an absolute path is not made', () => {
    const { caller, box } = boxed()
    expect(caller.call('path_symlink', '/canary', box, 'x')).toBe('perm')
    expect(caller.call('path_symlink', '', box, 'x')).toBe('noent')
  })

  test('creating through a dangling link creates where it points, inside', () => {
    const { caller, box, fs } = boxed()
    expect(caller.call('path_symlink', 'deep/made', box, 'to-be-made')).toBe('success')
    expect(caller.open(box, 'to-be-made', { follow: true, oflags: OFLAGS.creat })).toBeTypeOf('number')
    expect(fs.read('/box/deep/made')).toBeDefined()
    expect(caller.open(box, 'to-be-made', { follow: true, oflags: OFLAGS.creat | OFLAGS.excl })).toBe('exist')
  })
})

describe('55: odd paths', () => {
  const odd: readonly (readonly [what: string, path: string, errno: Errno])[] = [
    ['NUL inside', 'in\0side', 'ilseq'],
    ['NUL at the end', 'in\0', 'ilseq'],
    ['empty', '', 'noent'],
    ['a name of 256 bytes', 'a'.repeat(256), 'nametoolong'],
    ['a name of 256 bytes in 128 characters', 'é'.repeat(128), 'nametoolong'],
    ['a long name on the way', `${'a'.repeat(256)}/x`, 'nametoolong'],
    ['4,097 bytes', './'.repeat(2048) + 'a', 'nametoolong'],
    ['255 bytes, missing', 'a'.repeat(255), 'noent'],
    ['4,096 bytes, missing', './'.repeat(2047) + 'aa', 'noent'],
  ]

  test.each(odd)('%s', (_, path, errno) => {
    const { caller, box } = boxed()
    expect(caller.open(box, path)).toBe(errno)
    expect(caller.call('path_filestat_get', box, 1, path, OUT)).toBe(errno)
  })

  test('bytes that are no UTF-8 are EILSEQ', () => {
    const { caller, box } = boxed()
    for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
      caller.bytes.set(bytes, 2048)
      expect(caller.call('path_create_directory', box, 2048, bytes.length)).toBe('ilseq')
    }
  })

  test('names that mean something elsewhere are plain names here', () => {
    const { caller, box, fs } = boxed()
    const names = [
      'a\\b',
      '..\\x',
      'C:',
      'C:\\x',
      'a:b',
      'CON',
      'COM\u00b9',
      'NUL.txt',
      'dot.',
      'space ',
      '...',
      '__proto__',
    ]
    for (const name of names) {
      const fd = caller.open(box, name, { oflags: OFLAGS.creat, rights: 64n }) as number
      expect(caller.write(fd, name)).toBe('success')
    }
    for (const name of names) expect(Buffer.from(fs.read(`/box/${name}`) ?? []).toString()).toBe(name)
    expect(Object.keys(fs.files())).toContain('/box/__proto__')
  })
})

describe('57: chains of links', () => {
  test('a loop is ELOOP, with and without other links around it', () => {
    const { caller, box } = boxed()
    expect(caller.open(box, 'loop', { follow: true })).toBe('loop')
    expect(caller.open(box, 'loop')).toBe('loop')
    expect(caller.open(box, 'loop/x')).toBe('loop')
    expect(caller.call('path_filestat_get', box, 1, 'loop', OUT)).toBe('loop')
    expect(caller.call('path_filestat_get', box, 0, 'loop', OUT)).toBe('success')
  })

  test('40 links are followed, 41 are not', () => {
    const { caller, box } = boxed()
    expect(caller.call('path_symlink', 'in', box, 'l1')).toBe('success')
    for (let i = 2; i <= 41; i++) expect(caller.call('path_symlink', `l${i - 1}`, box, `l${i}`)).toBe('success')
    expect(caller.open(box, 'l40', { follow: true })).toBeTypeOf('number')
    expect(caller.open(box, 'l41', { follow: true })).toBe('loop')
  })

  test('links that double what they stand for end too', () => {
    const { caller, box } = boxed()
    expect(caller.call('path_symlink', '.', box, 'd0')).toBe('success')
    for (let i = 1; i <= 30; i++) {
      expect(caller.call('path_symlink', `d${i - 1}/d${i - 1}`, box, `d${i}`)).toBe('success')
    }
    expect(caller.open(box, 'd30', { follow: true })).toBe('loop')
  })
})

describe('58: a read-only file system', () => {
  const tree = {
    '/file': 'content',
    '/folder/inner': 'content',
    '/empty': { type: 'directory' },
    '/link': { type: 'link', target: 'file' },
  } as const

  test('stays as it was', () => {
    const fs = new VirtualFileSystem(tree, { access: 'ro', now: () => BigInt(Date.now()) })
    const caller = new Caller({ preopens: { '/ro': fs, '/rw': { '/new': 'x' } } })
    const [ro, rw] = [3, 4]
    const before = fs.toTree()
    const file = caller.open(ro, 'file', { rights: 2n | (1n << 8n) | (1n << 22n) | (1n << 23n) }) as number
    expect(caller.read(file)).toBe('content')
    const errnos: Record<string, Errno | number> = {
      truncate: caller.open(ro, 'file', { oflags: OFLAGS.trunc }),
      create: caller.open(ro, 'new', { oflags: OFLAGS.creat }),
      'open to write': caller.open(ro, 'file', { rights: 64n }),
      allocate: caller.call('fd_allocate', file, 0n, 100n),
      'set size': caller.call('fd_filestat_set_size', file, 0n),
      'set times': caller.call('fd_filestat_set_times', file, 1n, 1n, 5),
      'set times of a path': caller.call('path_filestat_set_times', ro, 0, 'file', 1n, 1n, 5),
      'set times of the root': caller.call('fd_filestat_set_times', ro, 1n, 1n, 5),
      unlink: caller.call('path_unlink_file', ro, 'file'),
      rmdir: caller.call('path_remove_directory', ro, 'empty'),
      mkdir: caller.call('path_create_directory', ro, 'new'),
      symlink: caller.call('path_symlink', 'file', ro, 'new'),
      link: caller.call('path_link', ro, 0, 'file', ro, 'new'),
      rename: caller.call('path_rename', ro, 'file', ro, 'new'),
    }
    expect(errnos).toEqual(Object.fromEntries(Object.keys(errnos).map((name) => [name, 'rofs'])))
    for (const [from, to] of [
      [ro, rw],
      [rw, ro],
    ] as const) {
      const name = from === ro ? 'file' : 'new'
      expect(caller.call('path_link', from, 0, name, to, 'moved')).toBe('xdev')
      expect(caller.call('path_rename', from, name, to, 'moved')).toBe('xdev')
    }
    expect(fs.toTree()).toEqual(before)
  })
})

describe('68: folders that go away', () => {
  test('what is made in a removed folder is ENOENT', () => {
    const { caller, box } = boxed()
    expect(caller.call('path_create_directory', box, 'gone')).toBe('success')
    const gone = caller.open(box, 'gone', { rights: ~0n, inheriting: ~0n & ~64n })
    expect(gone).toBe('isdir')
    const held = caller.open(box, 'gone', { rights: ~64n, inheriting: ~0n }) as number
    expect(caller.call('path_remove_directory', box, 'gone')).toBe('success')
    expect(caller.open(held, 'x', { oflags: OFLAGS.creat })).toBe('noent')
    expect(caller.call('path_create_directory', held, 'x')).toBe('noent')
    expect(caller.call('path_symlink', 'x', held, 'x')).toBe('noent')
    expect(caller.call('path_link', box, 0, 'in', held, 'x')).toBe('noent')
    expect(caller.call('path_rename', box, 'in', held, 'x')).toBe('noent')
    expect(caller.call('fd_filestat_get', held, OUT)).toBe('success')
  })

  test('a folder cannot be moved into itself', () => {
    const { caller, box } = boxed()
    expect(caller.call('path_rename', box, 'deep', box, 'deep/er/deep')).toBe('inval')
    expect(caller.call('path_rename', box, 'deep', box, 'deep/new')).toBe('inval')
  })

  test('a child outlives the folder that it was opened through, and still has its own root', () => {
    const { caller, box } = boxed()
    const deep = caller.open(box, 'deep', { rights: ~64n, inheriting: ~0n }) as number
    expect(caller.call('fd_close', box)).toBe('success')
    expect(caller.open(box, 'in')).toBe('badf')
    expect(caller.open(deep, 'er/file')).toBeTypeOf('number')
    expect(caller.open(deep, '../in')).toBe('perm')
  })

  test('the root of a guest can be neither renamed nor removed', () => {
    const { caller } = boxed()
    expect(caller.call('path_rename', FOLDER, '.', FOLDER, 'x')).toBe('busy')
    expect(caller.call('path_rename', FOLDER, 'box', FOLDER, '.')).toBe('busy')
    expect(caller.call('path_remove_directory', FOLDER, '.')).toBe('inval')
    expect(caller.call('path_remove_directory', FOLDER, 'box/..')).toBe('inval')
  })
})
