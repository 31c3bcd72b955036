// One list of promises for every file system, and what is said of those that break one.

import { spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  OverlayFileSystem,
  VirtualFileSystem,
  WasiError,
  checkFileSystem,
  type Directory,
  type FileSystem,
} from 'heddle/wasi'
import { HostFileSystem } from 'heddle/node'
import { afterAll, describe, expect, test } from 'vitest'
import { projectRoot } from '../source-tree.ts'
import { late } from './file-systems.ts'

const TREE = {
  '/a': 'the warp',
  '/b/large': { type: 'file', size: 200_000 },
  '/b/link': { type: 'link', target: '../a' },
  '/hard': { type: 'hard-link', path: '/a' },
  '/empty': { type: 'directory' },
} as const

// The examples have no types.
const example: string = '../../examples/zip/zip-file-system.js'
const { ZipFileSystem } = (await import(example)) as { readonly ZipFileSystem: new (bytes: Uint8Array) => FileSystem }

const zip = readFileSync(join(projectRoot, 'examples/zip/texts.zip'))

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true })
})

function realFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-check-'))
  folders.push(folder)
  mkdirSync(join(folder, 'b/empty'), { recursive: true })
  writeFileSync(join(folder, 'a'), 'the warp')
  writeFileSync(join(folder, 'b/large'), Buffer.alloc(200_000))
  symlinkSync('../a', join(folder, 'b/link'))
  linkSync(join(folder, 'a'), join(folder, 'hard'))
  return folder
}

describe('every promise is kept by', () => {
  test.each<readonly [what: string, make: () => FileSystem, writes: boolean]>([
    ['files in memory', () => new VirtualFileSystem(TREE), true],
    ['files in memory that are read-only', () => new VirtualFileSystem(TREE, { access: 'ro' }), false],
    ['files in memory that answer late', () => late(new VirtualFileSystem(TREE)), true],
    ['an overlay', () => new OverlayFileSystem({ lower: new VirtualFileSystem(TREE, { access: 'ro' }) }), true],
    ['an overlay over nothing', () => new OverlayFileSystem({ lower: new VirtualFileSystem() }), true],
    [
      'an overlay over what answers late',
      () => new OverlayFileSystem({ lower: late(new VirtualFileSystem(TREE)) }),
      true,
    ],
    ['an overlay over a zip file', () => new OverlayFileSystem({ lower: new ZipFileSystem(zip) }), true],
    ['a real folder', () => new HostFileSystem({ root: realFolder(), access: 'rw' }), true],
    [
      'a real folder that is held by paths',
      () => new HostFileSystem({ root: realFolder(), access: 'rw', held: 'paths' }),
      true,
    ],
    ['a real folder that is read-only', () => new HostFileSystem({ root: realFolder() }), false],
    [
      'an overlay over a real folder',
      () => new OverlayFileSystem({ lower: new HostFileSystem({ root: realFolder() }) }),
      true,
    ],
    ['a zip file', () => new ZipFileSystem(zip), false],
  ])('%s', async (_, make, writes) => {
    const fileSystem = make()
    expect(await checkFileSystem(fileSystem, { writes })).toEqual([])
    if (writes) expect(await checkFileSystem(fileSystem, { writes })).toEqual([])
  })
})

describe('it is told that', () => {
  /** With other methods, in its root. */
  function broken(methods: (root: Directory) => Partial<Directory>): FileSystem {
    const root = new VirtualFileSystem(TREE, { access: 'ro' }).openRoot()
    Object.assign(root, methods(new VirtualFileSystem(TREE).openRoot()), { reopen: () => root })
    return { openRoot: () => root }
  }

  test.each<readonly [message: RegExp, methods: (root: Directory) => Partial<Directory>]>([
    [/list has a name that no guest can say/, () => ({ list: () => [{ name: '..', ino: 0n, filetype: 'directory' }] })],
    [/list has a name twice/, (root) => ({ list: async () => [...(await root.list()), ...(await root.list())] })],
    [
      /\/a: list and statAt disagree/,
      (root) => ({ list: async () => (await root.list()).map((entry) => ({ ...entry, ino: 99n })) }),
    ],
    [/step says other of a directory/, () => ({ step: () => ({ type: 'other' }) })],
    [
      /statAt of a missing name fails with io, and not noent/,
      (root) => ({
        statAt: async (name) => {
          try {
            return await root.statAt(name)
          } catch {
            throw new WasiError('io')
          }
        },
      }),
    ],
    [/an error that is no WasiError: Error: oops/, () => ({ statAt: () => Promise.reject(new Error('oops')) })],
    [
      /createDirectory of a read-only file system succeeds/,
      (root) => ({ createDirectory: (name) => root.createDirectory(name) }),
    ],
    [
      /unlink of a read-only file system fails with nosys/,
      () => ({ unlink: () => Promise.reject(new WasiError('nosys')) }),
    ],
  ])('%s', async (message, methods) => {
    expect((await checkFileSystem(broken(methods))).join('\n')).toMatch(message)
  })
})

describe('the zip file of the example', () => {
  test('has links, stored and deflated contents, times, and folders that no entry names', async () => {
    const root = new ZipFileSystem(zip).openRoot()
    expect((await root.list()).map(({ name, filetype }) => `${name} ${filetype}`)).toEqual([
      'stored.txt regular_file',
      'weaving directory',
      'link.txt symbolic_link',
    ])
    expect(await root.readLink('link.txt')).toBe('weaving/warp.txt')
    expect((await root.statAt('stored.txt')).mtim).toBe(BigInt(Date.UTC(2026, 0, 2, 3, 4, 6)) * 1_000_000n)
  })

  test('is what unzip finds in it', () => {
    const { stdout, status } = spawnSync('unzip', ['-p', join(projectRoot, 'examples/zip/texts.zip'), 'stored.txt'])
    if (status === 0) expect(stdout.toString()).toBe('stored')
  })

  function changed(bytes: Buffer, change: () => void): Buffer {
    change()
    return bytes
  }

  test.each<readonly [what: string, change: (bytes: Buffer) => Buffer, message: RegExp]>([
    ['nothing', () => Buffer.alloc(0), /no zip file/],
    ['cut off', (bytes) => bytes.subarray(0, -1), /no zip file/],
    ['zip64', (bytes) => changed(bytes, () => bytes.writeUInt16LE(0xffff, bytes.length - 12)), /zip64 is not read/],
    [
      'encrypted',
      (bytes) => changed(bytes, () => bytes.writeUInt16LE(1, bytes.indexOf('PK\x01\x02') + 8)),
      /encryption is not read: stored.txt/,
    ],
    [
      'compressed otherwise',
      (bytes) => changed(bytes, () => bytes.writeUInt16LE(14, bytes.indexOf('PK\x01\x02') + 10)),
      /method 14 is not read/,
    ],
    [
      'leading out',
      (bytes) => changed(bytes, () => bytes.write('../red.txt', bytes.indexOf('PK\x01\x02') + 46)),
      /no name that a guest could see/,
    ],
  ])('is refused where it is %s', (_, change, message) => {
    expect(() => new ZipFileSystem(change(Buffer.from(zip)))).toThrow(message)
  })

  test('answers EIO for a content that is damaged', async () => {
    const bytes = Buffer.from(zip)
    bytes.fill(0xff, bytes.indexOf('warp.txt') + 8, bytes.indexOf('warp.txt') + 30)
    const found = await checkFileSystem(new ZipFileSystem(bytes))
    expect(found).toContain('/weaving/warp.txt: io')
  })
})
