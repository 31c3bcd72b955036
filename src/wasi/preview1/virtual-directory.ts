// A held folder of the virtual file system. Nothing here walks or follows: it does one thing to one name.

import { WasiError } from './errno.ts'
import type { Directory, DirectoryEntry, FileStat, FileTimes, OpenOptions, Step } from './file-system.ts'
import { VirtualFile, resize } from './virtual-file.ts'
import type { DirectoryNode, Mount, Storage, VirtualNode } from './virtual-node.ts'

export class VirtualDirectory implements Directory {
  readonly kind = 'directory'
  readonly node: DirectoryNode
  readonly #mount: Mount
  readonly #storage: Storage

  constructor(node: DirectoryNode, mount: Mount) {
    this.node = node
    this.#mount = mount
    this.#storage = mount.storage
  }

  stat(): FileStat {
    return this.#storage.stat(this.node)
  }

  setTimes(times: FileTimes): void {
    this.#checkWritable()
    this.#storage.setTimes(this.node, times)
  }

  sync(): void {
    // Memory is all there is.
  }

  list(): readonly DirectoryEntry[] {
    return this.#storage.list(this.node)
  }

  reopen(): VirtualDirectory {
    return this.#handleOf(this.node)
  }

  close(): void {
    // A handle of a folder holds nothing.
  }

  step(name: string): Step {
    const node = this.#get(name)
    if (node.type === 'directory') return { type: 'directory', directory: this.#handleOf(node) }
    return node.type === 'link' ? { type: 'link', target: node.target } : { type: 'other' }
  }

  open(name: string, options: OpenOptions): VirtualFile | VirtualDirectory {
    const found = this.node.entries.get(name)
    if (found !== undefined && options.create && options.exclusive) throw new WasiError('exist')
    if (found?.type === 'link') throw new WasiError('loop')
    if (found?.type === 'directory') {
      if (options.write || options.truncate || options.create) throw new WasiError('isdir')
      return this.#handleOf(found)
    }
    if (found === undefined && !options.create) throw new WasiError('noent')
    if (options.write || options.truncate || found === undefined) this.#checkWritable()
    const file = found ?? this.#storage.file()
    if (found === undefined) this.#attach(name, file)
    else if (options.truncate) resize(file, this.#storage, 0)
    return new VirtualFile(file, this.#mount)
  }

  statAt(name: string): FileStat {
    return this.#storage.stat(this.#get(name))
  }

  setTimesAt(name: string, times: FileTimes): void {
    const node = this.#get(name)
    this.#checkWritable()
    this.#storage.setTimes(node, times)
  }

  readLink(name: string): string {
    const node = this.#get(name)
    if (node.type !== 'link') throw new WasiError('inval')
    return node.target
  }

  createDirectory(name: string): void {
    this.#checkFree(name)
    this.#attach(name, this.#storage.directory())
  }

  removeDirectory(name: string): void {
    const node = this.#get(name)
    if (node.type !== 'directory') throw new WasiError('notdir')
    this.#checkWritable()
    if (node.entries.size > 0) throw new WasiError('notempty')
    this.#storage.detach(this.node, name)
  }

  unlink(name: string): void {
    if (this.#get(name).type === 'directory') throw new WasiError('isdir')
    this.#checkWritable()
    this.#storage.detach(this.node, name)
  }

  createLink(name: string, target: string): void {
    this.#checkFree(name)
    this.#checkAttachable()
    this.#attach(name, this.#storage.link(target))
  }

  link(name: string, to: Directory, toName: string): void {
    const target = this.#sameFileSystem(to)
    const node = this.#get(name)
    if (node.type === 'directory') throw new WasiError('perm')
    target.#checkFree(toName)
    this.#checkWritable()
    target.#attach(toName, node)
  }

  rename(name: string, to: Directory, toName: string): void {
    const target = this.#sameFileSystem(to)
    const node = this.#get(name)
    const replaced = target.node.entries.get(toName)
    this.#checkWritable()
    target.#checkWritable()
    if (!target.#isAttached()) throw new WasiError('noent')
    if (node === replaced) return
    if (node.type === 'directory') {
      if (isInside(target.node, node)) throw new WasiError('inval')
      if (replaced !== undefined && replaced.type !== 'directory') throw new WasiError('notdir')
    } else if (replaced?.type === 'directory') throw new WasiError('isdir')
    if (replaced?.type === 'directory' && replaced.entries.size > 0) throw new WasiError('notempty')
    if (replaced !== undefined) this.#storage.detach(target.node, toName)
    this.#storage.move(this.node, name, target.node, toName)
  }

  #handleOf(node: DirectoryNode): VirtualDirectory {
    return new VirtualDirectory(node, this.#mount)
  }

  #get(name: string): VirtualNode {
    const node = this.node.entries.get(name)
    if (node === undefined) throw new WasiError('noent')
    return node
  }

  #attach(name: string, node: VirtualNode): void {
    this.#checkAttachable()
    this.#storage.attach(this.node, name, node)
  }

  #checkAttachable(): void {
    this.#checkWritable()
    if (!this.#isAttached()) throw new WasiError('noent')
    this.#storage.checkFreeEntry()
  }

  /** Whether the folder still has a name; the root counts one for being the root. */
  #isAttached(): boolean {
    return this.node.nlink > 0
  }

  #checkFree(name: string): void {
    if (this.node.entries.has(name)) throw new WasiError('exist')
  }

  #checkWritable(): void {
    if (this.#mount.readOnly) throw new WasiError('rofs')
  }

  #sameFileSystem(other: Directory): VirtualDirectory {
    if (other instanceof VirtualDirectory && other.#storage === this.#storage) return other
    throw new WasiError('xdev')
  }
}

function isInside(directory: DirectoryNode, ancestor: DirectoryNode): boolean {
  for (let at: DirectoryNode | undefined = directory; at !== undefined; at = at.parent) {
    if (at === ancestor) return true
  }
  return false
}
