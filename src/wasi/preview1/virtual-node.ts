// The nodes of the virtual file system: files, folders, links as plain data, and the account of what they use. Names and
// permissions to write are left to virtual-directory.ts.

import { WasiError } from './errno.ts'
import type { DirectoryEntry, FileStat, FileTimes } from './file-system.ts'

interface NodeBase {
  readonly ino: bigint
  /** POSIX permission bits. Preview 1 can't ask for them: they are kept for whoever reads the files back. */
  mode: number
  nlink: number
  atim: bigint
  mtim: bigint
  ctim: bigint
}

export interface FileNode extends NodeBase {
  readonly type: 'file'
  /** The content is its first `size` bytes, the rest is zero. */
  bytes: Uint8Array
  size: number
  /** Whether `bytes` belongs to whoever gave the tree: then it is copied before it is written. */
  borrowed: boolean
  /** Open handles: a file without a name lives as long as it has some. */
  handles: number
}

export interface LinkNode extends NodeBase {
  readonly type: 'link'
  readonly target: string
  readonly size: number
}

export interface DirectoryNode extends NodeBase {
  readonly type: 'directory'
  readonly entries: Map<string, VirtualNode>
  parent: DirectoryNode | undefined
  /** What `list` answered last, until something changes. */
  listed: readonly DirectoryEntry[] | undefined
}

export type VirtualNode = FileNode | LinkNode | DirectoryNode

export const FILE_TYPES = { file: 'regular_file', link: 'symbolic_link', directory: 'directory' } as const

const ENCODER = new TextEncoder()

export interface StorageOptions {
  readonly dev: bigint
  readonly now: () => bigint
  readonly maxBytes: number
  readonly maxEntries: number
}

/** What was used up so far. */
export interface StorageUse {
  readonly nextIno: bigint
  readonly bytes: number
  readonly entries: number
}

/** A file system as handles of its files hold it. */
export interface Mount {
  readonly storage: Storage
  readonly root: DirectoryNode
  readonly readOnly: boolean
}

/** Makes nodes and counts what they use, names and bytes, against the quota. */
export class Storage {
  readonly dev: bigint
  readonly #now: () => bigint
  readonly #maxBytes: number
  readonly #maxEntries: number
  #nextIno: bigint
  #bytes: number
  #entries: number

  constructor(options: StorageOptions, use: StorageUse = { nextIno: 1n, bytes: 0, entries: 0 }) {
    this.dev = options.dev
    this.#now = options.now
    this.#maxBytes = options.maxBytes
    this.#maxEntries = options.maxEntries
    this.#nextIno = use.nextIno
    this.#bytes = use.bytes
    this.#entries = use.entries
  }

  get use(): StorageUse {
    return { nextIno: this.#nextIno, bytes: this.#bytes, entries: this.#entries }
  }

  /** What `load` makes is not counted: the quota is for what the guest adds. */
  withoutQuota(load: () => void): void {
    this.#bytes = -Infinity
    this.#entries = -Infinity
    load()
    this.#bytes = 0
    this.#entries = 0
  }

  get freeBytes(): number {
    return Math.max(0, this.#maxBytes - this.#bytes)
  }

  useBytes(count: number): void {
    if (count > this.freeBytes) throw new WasiError('nospc')
    this.#bytes += count
  }

  releaseBytes(count: number): void {
    this.#bytes -= count
  }

  file(): FileNode {
    return { type: 'file', ...this.#base(0o644), bytes: new Uint8Array(0), size: 0, borrowed: false, handles: 0 }
  }

  link(target: string): LinkNode {
    const size = ENCODER.encode(target).length
    this.useBytes(size)
    return { type: 'link', ...this.#base(0o777), target, size }
  }

  directory(): DirectoryNode {
    return { type: 'directory', ...this.#base(0o755), entries: new Map(), parent: undefined, listed: undefined }
  }

  #base(mode: number): NodeBase {
    const time = this.#now()
    return { ino: this.#nextIno++, mode, nlink: 0, atim: time, mtim: time, ctim: time }
  }

  get freeEntries(): number {
    return Math.max(0, this.#maxEntries - this.#entries)
  }

  checkFreeEntry(): void {
    if (this.freeEntries === 0) throw new WasiError('nospc')
  }

  /** Gives the node a name, which must be free. */
  attach(directory: DirectoryNode, name: string, node: VirtualNode): void {
    this.checkFreeEntry()
    this.#entries++
    directory.entries.set(name, node)
    node.nlink++
    if (node.type === 'directory') node.parent = directory
    this.#changed(directory, node)
  }

  /** Takes a name away, and with the last name and handle what the node used. */
  detach(directory: DirectoryNode, name: string): void {
    const node = directory.entries.get(name)
    if (node === undefined) return
    this.#entries--
    directory.entries.delete(name)
    node.nlink--
    if (node.type === 'directory') node.parent = undefined
    this.#changed(directory, node)
    this.collect(node)
  }

  /** Another name for a node, which keeps what it uses; the new name must be free. */
  move(from: DirectoryNode, name: string, to: DirectoryNode, toName: string): void {
    const node = from.entries.get(name)
    if (node === undefined) return
    from.entries.delete(name)
    to.entries.set(toName, node)
    if (node.type === 'directory') node.parent = to
    this.#changed(from, node)
    this.#changed(to, node)
  }

  /** Gives back the bytes of a node that nothing reaches any more. */
  collect(node: VirtualNode): void {
    if (node.type === 'directory' || node.nlink > 0) return
    if (node.type === 'file') {
      if (node.handles > 0) return
      node.bytes = new Uint8Array(0)
    }
    this.#bytes -= node.size
  }

  #changed(directory: DirectoryNode, node: VirtualNode): void {
    directory.listed = undefined
    this.touch(directory)
    node.ctim = directory.ctim
  }

  /** The content changed. */
  touch(node: VirtualNode): void {
    node.mtim = this.#now()
    node.ctim = node.mtim
  }

  setTimes(node: VirtualNode, times: FileTimes): void {
    node.atim = times.atim ?? node.atim
    node.mtim = times.mtim ?? node.mtim
    node.ctim = this.#now()
  }

  stat(node: VirtualNode): FileStat {
    const { ino, mode, atim, mtim, ctim } = node
    const size = node.type === 'directory' ? 0n : BigInt(node.size)
    // A folder has one name here, as on file systems that don't count `.` and `..` of their folders.
    return {
      dev: this.dev,
      ino,
      filetype: FILE_TYPES[node.type],
      nlink: BigInt(node.nlink),
      size,
      atim,
      mtim,
      ctim,
      mode,
    }
  }

  list(directory: DirectoryNode): readonly DirectoryEntry[] {
    directory.listed ??= Array.from(directory.entries, ([name, { ino, type }]) => ({
      name,
      ino,
      filetype: FILE_TYPES[type],
    }))
    return directory.listed
  }
}
