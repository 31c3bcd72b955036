// The two layers of an overlay, and the way from the lower one up: what stands behind a name, and the copy that is made of it before
// it changes. Handles are overlay-directory.ts and overlay-file.ts.
//
// Files of the lower layer keep their inode numbers when they are copied; those of the upper one count down from 2^64.

import { WasiError } from './errno.ts'
import type { Directory, FileStat, FileSystem, OpenFile } from './file-system.ts'
import { MergedFolder } from './overlay-folder.ts'
import { resize } from './virtual-file.ts'
import type { FileNode, Mount, DirectoryNode, LinkNode, Storage, VirtualNode } from './virtual-node.ts'
import { drive, wait } from './waiting.ts'
import type { Awaitable, Waiting } from './waiting.ts'

/** A folder, and a handle of what shows through it from below. */
export interface Level {
  readonly folder: MergedFolder
  readonly below: Directory | undefined
}

/** What stands behind a name. */
export type Found =
  /** `stat`: that of the folder below, where it shows. */
  | { readonly kind: 'folder'; readonly node: DirectoryNode | undefined; readonly stat: FileStat | undefined }
  | { readonly kind: 'upper'; readonly node: FileNode | LinkNode }
  | { readonly kind: 'lower'; readonly stat: FileStat; readonly key: string }

/** What the layers know beside names and nodes: from where each copy is, and how many names of a file below show no more. */
export interface LayersState {
  readonly origins: readonly (readonly [node: VirtualNode, origin: Origin])[]
  readonly hidden: readonly (readonly [key: string, count: number])[]
  readonly isRootChanged: boolean
}

/** From where something was copied up. */
interface Origin {
  readonly ino: bigint
  readonly key: string
  readonly nlink: number
}

/** Has an open file of the lower layer, and goes on with the copy of it. */
export interface Reader {
  adopt(copy: FileNode): void
}

const PIECE = 2 ** 20

export class OverlayLayers {
  readonly lower: FileSystem
  readonly mount: Mount
  readonly storage: Storage
  readonly root: MergedFolder
  /** Copies by the keys of what they were made of, which may have other names below. */
  readonly #copies = new Map<string, FileNode | LinkNode>()
  readonly #origins = new Map<VirtualNode, Origin>()
  /** How many names of a file below show no more. */
  readonly #hidden = new Map<string, number>()
  readonly #readers = new Map<string, Set<Reader>>()
  /** Whether the root's times are those of the upper layer. */
  #isRootChanged = false
  #pending: Promise<unknown> | undefined

  constructor(lower: FileSystem, mount: Mount) {
    this.lower = lower
    this.mount = mount
    this.storage = mount.storage
    this.root = new MergedFolder(undefined, '', mount.root, true)
  }

  /** One at a time: what waits for the lower layer finds everything as it left it. */
  exclusive<T>(steps: () => Waiting<T>): Awaitable<T> {
    if (this.#pending !== undefined) return this.#pending.then(() => this.exclusive(steps))
    const result = drive(
      steps(),
      (value) => value,
      (error): T => {
        throw error
      },
    )
    if (!(result instanceof Promise)) return result
    const release = (): void => {
      this.#pending = undefined
    }
    this.#pending = result.then(release, release)
    return result
  }

  checkWritable(): void {
    if (this.mount.readOnly) throw new WasiError('rofs')
  }

  // ——— what there is ———

  /** undefined when there is nothing. */
  *find({ folder, below }: Level, name: string): Waiting<Found | undefined> {
    const node = folder.upper?.entries.get(name)
    if (node !== undefined && node.type !== 'directory') return { kind: 'upper', node }
    const stat = yield* this.statBelow({ folder, below }, name)
    if (node !== undefined || stat?.filetype === 'directory') {
      return { kind: 'folder', node, stat: stat?.filetype === 'directory' ? stat : undefined }
    }
    if (stat === undefined) return undefined
    const key = keyOf(stat, folder, name)
    const copy = this.#copies.get(key)
    return copy === undefined ? { kind: 'lower', stat, key } : { kind: 'upper', node: copy }
  }

  /** Of what the lower layer has, though something of the upper one may stand in front of it; undefined if it is removed. */
  *statBelow({ folder, below }: Level, name: string): Waiting<FileStat | undefined> {
    if (below === undefined || !folder.showsLower || folder.removed.has(name)) return undefined
    try {
      return yield* wait(below.statAt(name))
    } catch (error) {
      if (error instanceof WasiError && error.errno === 'noent') return undefined
      throw error
    }
  }

  inoOf(node: VirtualNode): bigint {
    return this.#origins.get(node)?.ino ?? BigInt.asUintN(64, ~node.ino)
  }

  statOf(node: FileNode | LinkNode): FileStat {
    const origin = this.#origins.get(node)
    const below = origin === undefined ? 0 : origin.nlink - this.#hiddenOf(origin.key)
    return { ...this.storage.stat(node), ino: this.inoOf(node), nlink: BigInt(node.nlink + below) }
  }

  statOfLower(stat: FileStat, key: string): FileStat {
    return { ...stat, dev: this.storage.dev, nlink: stat.nlink - BigInt(this.#hiddenOf(key)) }
  }

  /** `below`: of the folder's part in the lower layer. A folder counts one link, by which programs know not to count with it. */
  statOfFolder(folder: MergedFolder, below: FileStat | undefined): FileStat {
    const isBelow = folder.upper === undefined || (folder === this.root && !this.#isRootChanged)
    const own = folder.upper && this.storage.stat(folder.upper)
    const stat = isBelow ? (below ?? own) : own
    if (stat === undefined) throw new WasiError('noent')
    const ino = below?.ino ?? (folder.upper && this.inoOf(folder.upper)) ?? stat.ino
    return { ...stat, dev: this.storage.dev, ino, nlink: folder.isGone ? 0n : 1n }
  }

  // ——— copying up ———

  /** The folder's part in the upper layer, made with its times where it wasn't there. */
  *upperOf(folder: MergedFolder): Waiting<DirectoryNode> {
    this.checkWritable()
    if (folder.isGone) throw new WasiError('noent')
    const missing: MergedFolder[] = []
    for (let at = folder; at.upper === undefined; at = at.parent as MergedFolder) missing.push(at)
    const isRootNew = folder === this.root && !this.#isRootChanged
    if (missing.length > 0 || isRootNew) {
      const stats = yield* this.#statsBelow(folder.names, missing.length + Number(isRootNew))
      if (isRootNew) setAttributes(this.mount.root, stats.pop() as FileStat)
      this.#isRootChanged ||= isRootNew
      for (let at = missing.pop(); at !== undefined; at = missing.pop()) this.copyFolder(at, stats.shift() as FileStat)
    }
    return folder.upper as DirectoryNode
  }

  /** Of the last `count` folders on the way. */
  *#statsBelow(names: readonly string[], count: number): Waiting<FileStat[]> {
    const stats: FileStat[] = []
    let directory = this.lower.openRoot()
    try {
      for (let depth = 0; ; depth++) {
        if (names.length - depth < count) stats.push(yield* wait(directory.stat()))
        if (depth === names.length) return stats
        const step = yield* wait(directory.step(names[depth] as string))
        if (step.type !== 'directory') throw new WasiError('stale', 'a folder of the lower layer is gone')
        directory.close()
        directory = step.directory
      }
    } finally {
      directory.close()
    }
  }

  /** Its parent is in the upper layer, and it is not. */
  copyFolder(folder: MergedFolder, stat: FileStat): void {
    const node = this.storage.directory()
    this.#attachUnseen(folder.parent?.upper as DirectoryNode, folder.name, node, stat)
    this.keepIno(node, stat.ino)
    folder.upper = node
  }

  /** The folder has one of its own above, and moves away from the one below. */
  keepIno(node: DirectoryNode, ino: bigint): void {
    this.#origins.set(node, { ino, key: '', nlink: 0 })
  }

  /** What no folder is, as a node with that name in the upper layer. With `truncate` its content isn't copied. */
  *nodeOf(level: Level, name: string, found: Found, truncate = false): Waiting<FileNode | LinkNode> {
    const { folder } = level
    const upper = yield* this.upperOf(folder)
    if (found.kind === 'folder') throw new WasiError('isdir')
    if (found.kind === 'upper') {
      const { node } = found
      if (upper.entries.get(name) !== node) {
        // It was copied under another of its names.
        this.#attachUnseen(upper, name, node, { ...node })
        this.hide((this.#origins.get(node) as Origin).key)
      }
      return node
    }
    const { stat, key } = found
    this.storage.checkFreeEntry()
    const below = level.below as Directory
    if (stat.filetype === 'symbolic_link') {
      const link = this.storage.link(yield* wait(below.readLink(name)))
      this.#place(folder, name, link, stat, key)
      return link
    }
    const file = yield* wait(below.open(name, READING))
    try {
      if (file.kind === 'directory') throw new WasiError('stale', 'a file of the lower layer has become a folder')
      return yield* this.copyFile(file, { folder, name, stat, key }, truncate)
    } finally {
      file.close()
    }
  }

  /** The copy of an open file, which is put where the original shows if it does. Everybody who reads the original reads the copy then. */
  *copyFile(
    file: OpenFile,
    { folder, name, stat, key }: { folder: MergedFolder; name: string; stat: FileStat; key: string },
    truncate = false,
  ): Waiting<FileNode> {
    this.checkWritable()
    const node = this.storage.file()
    try {
      if (!truncate) yield* this.#copyContent(file, node, Number(stat.size))
      const isShown = folder.showsLower && !folder.isGone && !folder.removed.has(name)
      if (isShown && folder.upper?.entries.has(name) !== true) {
        yield* this.upperOf(folder)
        this.#place(folder, name, node, stat, key)
      } else this.#register(node, stat, key)
    } catch (error) {
      resize(node, this.storage, 0)
      throw error
    }
    for (const reader of this.#readers.get(key) ?? []) reader.adopt(node)
    this.#readers.delete(key)
    return node
  }

  *#copyContent(file: OpenFile, node: FileNode, size: number): Waiting<void> {
    resize(node, this.storage, size)
    let at = 0
    while (at < size) {
      const piece = yield* wait(file.read(at, Math.min(PIECE, size - at)))
      if (piece.length === 0) break
      node.bytes.set(piece, at)
      at += piece.length
    }
    if (at < size) resize(node, this.storage, at)
  }

  #place(folder: MergedFolder, name: string, node: FileNode | LinkNode, stat: FileStat, key: string): void {
    this.#attachUnseen(folder.upper as DirectoryNode, name, node, stat)
    this.#register(node, stat, key)
    this.hide(key)
  }

  #register(node: FileNode | LinkNode, stat: FileStat, key: string): void {
    setAttributes(node, stat)
    this.#copies.set(key, node)
    this.#origins.set(node, { ino: stat.ino, key, nlink: Math.max(1, Number(stat.nlink)) })
    // Names below that still show hold it as a handle does.
    if (node.type === 'file' && stat.nlink > BigInt(this.#hiddenOf(key))) node.handles++
  }

  /** A name of the file below shows no more. */
  hide(key: string): void {
    const hidden = this.#hiddenOf(key) + 1
    this.#hidden.set(key, hidden)
    const node = this.#copies.get(key)
    if (node?.type !== 'file' || hidden !== this.#origins.get(node)?.nlink) return
    node.handles--
    this.storage.collect(node)
  }

  #hiddenOf(key: string): number {
    return this.#hidden.get(key) ?? 0
  }

  /** Nobody sees a change in it: neither folder nor node get other times. */
  #attachUnseen(directory: DirectoryNode, name: string, node: VirtualNode, attributes: Attributes): void {
    const { atim, mtim, ctim } = directory
    this.storage.attach(directory, name, node)
    setAttributes(directory, { atim, mtim, ctim })
    setAttributes(node, attributes)
  }

  // ——— what is kept of them ———

  get state(): LayersState {
    const origins = [...this.#origins].filter(([node, { key, nlink }]) => node.nlink > 0 || nlink > this.#hiddenOf(key))
    return { origins, hidden: [...this.#hidden], isRootChanged: this.#isRootChanged }
  }

  /** For layers that nobody has used. */
  restore({ origins, hidden, isRootChanged }: LayersState): void {
    this.#isRootChanged = isRootChanged
    for (const [key, count] of hidden) this.#hidden.set(key, count)
    for (const [node, origin] of origins) {
      this.#origins.set(node, origin)
      if (node.type === 'directory') continue
      this.#copies.set(origin.key, node)
      if (node.type === 'file' && origin.nlink > this.#hiddenOf(origin.key)) node.handles++
    }
  }

  // ——— who reads below ———

  addReader(key: string, reader: Reader): void {
    const readers = this.#readers.get(key) ?? new Set()
    this.#readers.set(key, readers.add(reader))
  }

  removeReader(key: string, reader: Reader): void {
    const readers = this.#readers.get(key)
    if (readers?.delete(reader) === true && readers.size === 0) this.#readers.delete(key)
  }
}

export const READING = { read: true, write: false, create: false, exclusive: false, truncate: false } as const

type Attributes = Pick<FileStat, 'atim' | 'mtim' | 'ctim' | 'mode'>

function setAttributes(node: VirtualNode, { atim, mtim, ctim, mode }: Attributes): void {
  node.atim = atim
  node.mtim = mtim
  node.ctim = ctim
  if (mode !== undefined) node.mode = mode
}

/** One file below has one key: its path, or its number where it may have several. */
export function keyOf(stat: FileStat, folder: MergedFolder, name: string): string {
  if (stat.nlink > 1n && stat.filetype === 'regular_file') return `${stat.dev}:${stat.ino}`
  return `/${[...folder.names, name].join('/')}`
}
