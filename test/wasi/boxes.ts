// Boxes: folders that a guest has, with something outside of them that it must not reach, on each kind of file system. What is tried on them
// is left to escapes.ts and to the tests.

import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { HostFileSystem } from '../../src/node/host-file-system.ts'
import type { HostFileSystemOptions } from '../../src/node/host-file-system.ts'
import type { DirectoryEntry, FileStat, FileSystem, Step } from '../../src/wasi/preview1/file-system.ts'
import { OverlayFileSystem } from '../../src/wasi/preview1/overlay-file-system.ts'
import type { TreeEntry } from '../../src/wasi/preview1/tree.ts'
import { OFLAGS } from '../../src/wasi/preview1/types.ts'
import { VirtualFileSystem } from '../../src/wasi/preview1/virtual-file-system.ts'
import { Caller, FOLDER } from './host.ts'
import type { RawCaller } from './host.ts'

/** By path: content, or a link's target. A target that begins with a slash is meant from where the box lies. */
export type BoxTree = Readonly<Record<string, string | { readonly link: string } | { readonly folder: true }>>

export interface Box<C extends RawCaller = RawCaller> {
  readonly caller: C
  /** The guest's descriptor of the folder. */
  readonly fd: number
  /** In front of an absolute path that leads outside. */
  readonly prefix: string
  /** All that is outside, with all times but those of access. */
  outside(): unknown
  /** The numbers of all that is inside. */
  insiders(): ReadonlySet<bigint>
  dispose(): void
}

/** One that can be looked into. */
export interface OpenBox extends Box<Caller> {
  read(path: string): string | undefined
  /** All that is inside, with times but those of access, and modes. */
  inside(): unknown
}

export interface Boxes<B extends Box = Box> {
  readonly name: string
  /** The tree has `/box/…` inside, the rest outside. */
  make(tree: BoxTree, access?: 'ro' | 'rw'): B
}

export const virtualBoxes: Boxes<OpenBox> = {
  name: 'a virtual file system',
  make: (tree, access = 'rw') => {
    const content = Object.entries(tree).map(([path, entry]): [string, TreeEntry] => {
      if (typeof entry === 'string') return [path, entry]
      return [path, 'link' in entry ? { type: 'link', target: entry.link } : { type: 'directory' }]
    })
    const fs = new VirtualFileSystem(Object.fromEntries(content), { access, now: () => BigInt(Date.now()) })
    const caller = new Caller({ fs })
    const fd = caller.open(FOLDER, 'box', { oflags: OFLAGS.directory, rights: ~64n, inheriting: ~0n })
    if (typeof fd !== 'number') throw new Error(fd)
    const entries = (isInside: boolean): unknown =>
      Object.entries(fs.toTree()).filter(([path]) => path.startsWith('/box') === isInside)
    return {
      caller,
      fd,
      prefix: '',
      outside: () => entries(false),
      insiders: () => numbersIn(fs, 'box'),
      inside: () => entries(true),
      read: (path) => {
        const content = fs.read(`/box${path}`)
        return content && Buffer.from(content).toString()
      },
      dispose: () => undefined,
    }
  },
}

function realBoxes(name: string, held: NonNullable<HostFileSystemOptions['held']>): Boxes<OpenBox> {
  return {
    name,
    make: (tree, access = 'rw') => {
      const base = makeRealTree(tree)
      const caller = new Caller({ fs: new HostFileSystem({ root: join(base, 'box'), access, held }) })
      return {
        caller,
        fd: FOLDER,
        prefix: base,
        outside: () => realTree(base, (path) => path === '/box'),
        insiders: () => realNumbers(join(base, 'box')),
        inside: () => realTree(join(base, 'box')),
        read: (path) => {
          const stats = lstatSync(join(base, 'box', path), { throwIfNoEntry: false })
          return stats?.isFile() === true ? readFileSync(join(base, 'box', path), 'utf8') : undefined
        },
        dispose: () => {
          caller.wasi.close()
          rmSync(base, { recursive: true })
        },
      }
    },
  }
}

export const pathBoxes: Boxes<OpenBox> = realBoxes('a real folder, held by paths', 'paths')
export const descriptorBoxes: Boxes<OpenBox> = realBoxes('a real folder, held by descriptors', 'descriptors')

export const realFolderBoxes: readonly Boxes<OpenBox>[] =
  process.platform === 'linux' ? [descriptorBoxes, pathBoxes] : [pathBoxes]

export const allBoxes: readonly Boxes<OpenBox>[] = [virtualBoxes, ...realFolderBoxes]

/** What is written goes above, in memory; what is inside of the real folder is not to change, so it counts as outside. */
export const overlayBoxes: Boxes = {
  name: 'an overlay over a real folder',
  make: (tree) => {
    const base = makeRealTree(tree)
    const fs = new OverlayFileSystem({ lower: new HostFileSystem({ root: join(base, 'box') }) })
    const caller = new Caller({ fs })
    return {
      caller,
      fd: FOLDER,
      prefix: base,
      outside: () => realTree(base),
      insiders: () => numbersIn(fs),
      dispose: () => {
        caller.wasi.close()
        rmSync(base, { recursive: true })
      },
    }
  },
}

/** The numbers of what is in a file system, or in a folder of its root. */
function numbersIn(fileSystem: FileSystem, folder?: string): ReadonlySet<bigint> {
  const root = fileSystem.openRoot()
  const pending = [root]
  if (folder !== undefined) {
    const step = root.step(folder) as Step
    if (step.type !== 'directory') throw new Error(`no folder ${folder}`)
    pending[0] = step.directory
  }
  const numbers = new Set<bigint>()
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    numbers.add((directory.stat() as FileStat).ino)
    for (const { name, ino } of directory.list() as readonly DirectoryEntry[]) {
      numbers.add(ino)
      const step = directory.step(name) as Step
      if (step.type === 'directory') pending.push(step.directory)
    }
    directory.close()
  }
  root.close()
  return numbers
}

export function realNumbers(root: string): ReadonlySet<bigint> {
  // A listing with `recursive` would go through links.
  return new Set(Object.keys(realTree(root)).map((path) => lstatSync(join(root, path), { bigint: true }).ino))
}

/** In a new folder, whose path is answered. */
export function makeRealTree(tree: BoxTree): string {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'heddle-box-')))
  chmodSync(base, 0o755)
  for (const [path, entry] of Object.entries(tree)) {
    const at = base + path
    mkdirSync(dirname(at), { recursive: true })
    if (typeof entry === 'string') writeFileSync(at, entry)
    else if ('folder' in entry) mkdirSync(at)
    else symlinkSync(entry.link.startsWith('/') ? base + entry.link : entry.link, at)
  }
  return base
}

/** What is there: kinds, modes, times of writing and change, numbers of links, contents. */
export function realTree(root: string, isLeftOut: (path: string) => boolean = () => false): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  const pending = ['']
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const at = root + path
    const { mode, mtimeNs, ctimeNs, nlink, size, ino, ...stats } = lstatSync(at, { bigint: true })
    const isFolder = (mode & 0o170000n) === 0o040000n
    const isLink = (mode & 0o170000n) === 0o120000n
    const content = isFolder ? '' : isLink ? readlinkSync(at) : readFileSync(at, 'latin1')
    found[path] = [mode, mtimeNs, ctimeNs, nlink, size, ino, stats.uid, content].join(' ')
    if (!isFolder) continue
    for (const name of readdirSync(at)) if (!isLeftOut(`${path}/${name}`)) pending.push(`${path}/${name}`)
  }
  return found
}
