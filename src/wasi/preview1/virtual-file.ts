// An open file of the virtual file system: a growing array of bytes under a quota.

import { WasiError } from './errno.ts'
import type { FileStat, FileTimes, OpenFile } from './file-system.ts'
import type { FileNode, Mount, Storage } from './virtual-node.ts'

export class VirtualFile implements OpenFile {
  readonly kind = 'file'
  readonly node: FileNode
  readonly #storage: Storage
  readonly #readOnly: boolean
  #open = true

  constructor(node: FileNode, { storage, readOnly }: Mount) {
    this.node = node
    this.#storage = storage
    this.#readOnly = readOnly
    node.handles++
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    this.node.handles--
    this.#storage.collect(this.node)
  }

  stat(): FileStat {
    return this.#storage.stat(this.node)
  }

  setTimes(times: FileTimes): void {
    this.#checkWritable()
    this.#storage.setTimes(this.node, times)
  }

  read(position: number, length: number): Uint8Array {
    const { bytes, size } = this.node
    return bytes.subarray(Math.min(position, size), Math.min(position + length, size))
  }

  write(position: number, bytes: Uint8Array): number {
    this.#checkWritable()
    if (bytes.length === 0) return 0
    const { size } = this.node
    const end = Math.min(position + bytes.length, size + this.#storage.freeBytes)
    if (end <= position) throw new WasiError('nospc')
    this.#reach(end)
    const written = bytes.subarray(0, end - position)
    this.node.bytes.set(written, position)
    this.#storage.touch(this.node)
    return written.length
  }

  append(bytes: Uint8Array): number {
    return this.write(this.node.size, bytes)
  }

  setSize(size: number): void {
    this.#checkWritable()
    resize(this.node, this.#storage, size)
  }

  allocate(offset: number, length: number): void {
    this.#checkWritable()
    this.#reach(offset + length)
  }

  sync(): void {
    // Memory is all there is.
  }

  #reach(end: number): void {
    if (end > this.node.size) resize(this.node, this.#storage, end)
    else own(this.node)
  }

  #checkWritable(): void {
    if (this.#readOnly) throw new WasiError('rofs')
  }
}

export function resize(node: FileNode, storage: Storage, size: number): void {
  if (size > node.size) {
    storage.useBytes(size - node.size)
    try {
      grow(node, size, storage)
    } catch (error) {
      storage.releaseBytes(size - node.size)
      throw error
    }
  } else {
    storage.releaseBytes(node.size - size)
    shrink(node, size)
  }
  node.size = size
  storage.touch(node)
}

function grow(node: FileNode, size: number, storage: Storage): void {
  if (size <= node.bytes.length) {
    own(node)
    return
  }
  let bytes: Uint8Array
  try {
    // Twice as much as before, so that appending stays linear, though never more than the quota could let it become.
    bytes = new Uint8Array(Math.max(size, Math.min(node.bytes.length * 2, size + storage.freeBytes)))
  } catch {
    throw new WasiError('nospc')
  }
  bytes.set(node.bytes.subarray(0, node.size))
  node.bytes = bytes
  node.borrowed = false
}

function shrink(node: FileNode, size: number): void {
  if (node.borrowed || size < node.bytes.length / 4) {
    node.bytes = node.bytes.slice(0, size)
    node.borrowed = false
  } else {
    node.bytes.fill(0, size, node.size)
  }
}

function own(node: FileNode): void {
  if (!node.borrowed) return
  node.bytes = node.bytes.slice()
  node.borrowed = false
}
