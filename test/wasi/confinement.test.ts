// No path leaves the folder that it starts from, whatever is asked of it: on a virtual file system, and on real folders held in both
// ways. Numbers are those of the adversarial checklist.

import { afterEach, describe, expect, test } from 'vitest'
import type { Errno } from '../../src/wasi/preview1/errno.ts'
import { OFLAGS } from '../../src/wasi/preview1/types.ts'
import { allBoxes } from './boxes.ts'
import type { Boxes, OpenBox } from './boxes.ts'
import { ESCAPE_CASES, ESCAPE_TREE } from './escapes.ts'
import { OUT } from './host.ts'
import type { Caller } from './host.ts'

const made: OpenBox[] = []
afterEach(() => made.splice(0).forEach((box) => box.dispose()))

/** Gone after the test. */
function make(...args: [Boxes<OpenBox>, ...Parameters<Boxes['make']>]): OpenBox {
  const [boxes, ...rest] = args
  const box = boxes.make(...rest)
  made.push(box)
  return box
}

function boxed(boxes: Boxes<OpenBox>): { readonly caller: Caller; readonly box: number; readonly made: OpenBox } {
  const box = make(boxes, ESCAPE_TREE)
  return { caller: box.caller, box: box.fd, made: box }
}

describe.each(allBoxes)('on $name', (boxes) => {
  describe('adversarial.md 53, 54: a path out is refused', () => {
    const names = [...new Set(ESCAPE_CASES.map(({ attempt }) => attempt))]

    test.each(names)('%s: whatever the path is, and whatever it ends with', (name) => {
      let box = boxes.make(ESCAPE_TREE)
      for (const { attempt, path, follow, expected, run } of ESCAPE_CASES) {
        if (attempt !== name) continue
        const before = box.outside()
        const errno = run(box)
        if (expected === 'perm') expect([path, follow, errno]).toEqual([path, follow, 'perm'])
        if (expected === 'refused') expect([path, follow, errno]).not.toEqual([path, follow, 'success'])
        expect(box.outside(), path).toEqual(before)
        if (errno !== 'success') continue
        // What was done inside is not for the next one.
        box.dispose()
        box = boxes.make(ESCAPE_TREE)
      }
      box.dispose()
    })

    test('a slash at the end does not make a link followed', () => {
      const { caller, box } = boxed(boxes)
      expect(caller.call('path_filestat_get', box, 0, 'here/', OUT)).toBe('notdir')
      expect(caller.call('path_filestat_get', box, 1, 'here/', OUT)).toBe('success')
      expect(caller.open(box, 'here//', { oflags: OFLAGS.directory })).toBe('loop')
      expect(caller.call('path_rename', box, 'here/', box, 'there')).toBe('notdir')
      expect(caller.call('path_unlink_file', box, 'here/')).toBe('notdir')
    })

    test('links and dots inside are followed as they should', () => {
      const { caller, box } = boxed(boxes)
      for (const path of ['in', './in', 'deep/../in', 'here/in', 'here/here/deep/er/../../in', 'deep//er/..//../in']) {
        const fd = caller.open(box, path, { rights: 2n }) as number
        expect([path, caller.read(fd)]).toEqual([path, 'inside'])
      }
    })

    test('a link to an absolute path is not made', () => {
      const { caller, box } = boxed(boxes)
      expect(caller.call('path_symlink', '/canary', box, 'x')).toBe('perm')
      expect(caller.call('path_symlink', '', box, 'x')).toBe('noent')
    })

    test('creating through a dangling link creates where it points, inside', () => {
      const { caller, box, made } = boxed(boxes)
      expect(caller.call('path_symlink', 'deep/made', box, 'to-be-made')).toBe('success')
      expect(caller.open(box, 'to-be-made', { follow: true, oflags: OFLAGS.creat })).toBeTypeOf('number')
      expect(made.read('/deep/made')).toBe('')
      expect(caller.open(box, 'to-be-made', { follow: true, oflags: OFLAGS.creat | OFLAGS.excl })).toBe('exist')
    })
  })

  describe('adversarial.md 55: odd paths', () => {
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
      const { caller, box } = boxed(boxes)
      expect(caller.open(box, path)).toBe(errno)
      expect(caller.call('path_filestat_get', box, 1, path, OUT)).toBe(errno)
    })

    test('bytes that are no UTF-8 are EILSEQ', () => {
      const { caller, box } = boxed(boxes)
      for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
        caller.bytes.set(bytes, 2048)
        expect(caller.call('path_create_directory', box, 2048, bytes.length)).toBe('ilseq')
      }
    })

    test('names that mean something elsewhere are plain names here', () => {
      const { caller, box, made } = boxed(boxes)
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
      for (const name of names) expect(made.read(`/${name}`)).toBe(name)
    })
  })

  describe('adversarial.md 57: chains of links', () => {
    test('a loop is ELOOP, with and without other links around it', () => {
      const { caller, box } = boxed(boxes)
      expect(caller.open(box, 'loop', { follow: true })).toBe('loop')
      expect(caller.open(box, 'loop')).toBe('loop')
      expect(caller.open(box, 'loop/x')).toBe('loop')
      expect(caller.call('path_filestat_get', box, 1, 'loop', OUT)).toBe('loop')
      expect(caller.call('path_filestat_get', box, 0, 'loop', OUT)).toBe('success')
    })

    test('40 links are followed, 41 are not', () => {
      const { caller, box } = boxed(boxes)
      expect(caller.call('path_symlink', 'in', box, 'l1')).toBe('success')
      for (let i = 2; i <= 41; i++) expect(caller.call('path_symlink', `l${i - 1}`, box, `l${i}`)).toBe('success')
      expect(caller.open(box, 'l40', { follow: true })).toBeTypeOf('number')
      expect(caller.open(box, 'l41', { follow: true })).toBe('loop')
    })

    test('links that double what they stand for end too', () => {
      const { caller, box } = boxed(boxes)
      expect(caller.call('path_symlink', '.', box, 'd0')).toBe('success')
      for (let i = 1; i <= 30; i++) {
        expect(caller.call('path_symlink', `d${i - 1}/d${i - 1}`, box, `d${i}`)).toBe('success')
      }
      expect(caller.open(box, 'd30', { follow: true })).toBe('loop')
    })
  })

  describe('adversarial.md 58: a read-only file system', () => {
    const tree = {
      '/box/file': 'content',
      '/box/folder/inner': 'content',
      '/box/empty': { folder: true },
      '/box/link': { link: 'file' },
    } as const

    test('stays as it was', () => {
      const box = make(boxes, tree, 'ro')
      const { caller, fd: ro } = box
      const before = box.inside()
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
      expect(box.inside()).toEqual(before)
      expect(caller.open(ro, 'nothing')).toBe('noent')
      expect(caller.open(ro, 'file', { oflags: OFLAGS.creat })).toBeTypeOf('number')
      expect(caller.open(ro, 'file', { oflags: OFLAGS.creat | OFLAGS.excl })).toBe('exist')
      expect(caller.call('path_unlink_file', ro, 'nothing')).toBe('noent')
      expect(caller.call('path_create_directory', ro, 'empty')).toMatch(/exist|rofs/)
      expect(box.inside()).toEqual(before)
    })
  })

  describe('adversarial.md 68: folders that go away', () => {
    test('what is made in a removed folder is ENOENT', () => {
      const { caller, box } = boxed(boxes)
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
      const { caller, box } = boxed(boxes)
      expect(caller.call('path_rename', box, 'deep', box, 'deep/er/deep')).toBe('inval')
      expect(caller.call('path_rename', box, 'deep', box, 'deep/new')).toBe('inval')
    })

    test('a child outlives the folder that it was opened through, and still has its own root', () => {
      const { caller, box } = boxed(boxes)
      const deep = caller.open(box, 'deep', { rights: ~64n, inheriting: ~0n }) as number
      expect(caller.call('fd_close', box)).toBe('success')
      expect(caller.open(box, 'in')).toBe('badf')
      expect(caller.open(deep, 'er/file')).toBeTypeOf('number')
      expect(caller.open(deep, '../in')).toBe('perm')
    })

    test('the root of a guest can be neither renamed nor removed', () => {
      const { caller, box } = boxed(boxes)
      expect(caller.call('path_rename', box, '.', box, 'x')).toBe('busy')
      expect(caller.call('path_rename', box, 'deep', box, '.')).toBe('busy')
      expect(caller.call('path_remove_directory', box, '.')).toBe('inval')
      expect(caller.call('path_remove_directory', box, 'deep/..')).toBe('inval')
    })
  })
})
