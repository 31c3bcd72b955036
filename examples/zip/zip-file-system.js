// A zip file as a read-only file system for guests: what a host has to offer, in fewer than 100 lines. docs/wasi.md tells what each
// method promises, and `checkFileSystem` whether it keeps that. The format is zip-entries.js.

import { WasiError } from 'heddle/wasi'
import { zipEntries } from './zip-entries.js'

export class ZipFileSystem {
  #root = new ZipNode('directory', 1n)
  #lastIno = 1n

  constructor(bytes) {
    for (const { path, filetype, size, time, content } of zipEntries(bytes)) {
      const names = path.split('/').filter((name) => name !== '' && name !== '.')
      if (names.some((name) => name === '..' || name.includes('\0') || Buffer.byteLength(name) > 255)) {
        throw new TypeError(`no name that a guest could see: ${JSON.stringify(path)}`)
      }
      const last = filetype === 'directory' ? undefined : names.pop()
      // Folders need no entries of their own.
      let folder = this.#root
      for (const name of names) folder = folder.folder(name, ++this.#lastIno)
      if (last === undefined) folder.time = time
      else folder.entries.set(last, new ZipNode(filetype, ++this.#lastIno, size, time, content))
    }
  }

  openRoot = () => this.#root
}

/** What is never written needs no handles: a folder is its own. */
class ZipNode {
  kind = 'directory'
  entries = new Map()
  constructor(filetype, ino, size = 0, time = 0n, content) {
    Object.assign(this, { filetype, ino, size, time, content })
  }
  read() {
    try {
      return this.content()
    } catch (error) {
      throw new WasiError('io', `the zip file is damaged: ${error.message}`)
    }
  }
  folder(name, ino) {
    if (this.entries.get(name)?.filetype !== 'directory') this.entries.set(name, new ZipNode('directory', ino))
    return this.entries.get(name)
  }
  get(name) {
    const node = this.entries.get(name)
    if (node === undefined) throw new WasiError('noent')
    return node
  }
  stat() {
    const { ino, filetype, size, time } = this
    return { dev: 1n, ino, filetype, nlink: 1n, size: BigInt(size), atim: time, mtim: time, ctim: time }
  }
  list = () => Array.from(this.entries, ([name, { ino, filetype }]) => ({ name, ino, filetype }))
  reopen = () => this
  close() {}
  sync() {}
  statAt = (name) => this.get(name).stat()
  step(name) {
    const node = this.get(name)
    if (node.filetype === 'directory') return { type: 'directory', directory: node }
    return node.filetype === 'symbolic_link' ? { type: 'link', target: String(node.read()) } : { type: 'other' }
  }
  readLink(name) {
    const step = this.step(name)
    if (step.type !== 'link') throw new WasiError('inval')
    return step.target
  }
  open(name, { write, create, exclusive, truncate }) {
    const node = this.entries.get(name) ?? (create ? refuse() : this.get(name))
    if (create && exclusive) throw new WasiError('exist')
    if (node.filetype === 'symbolic_link') throw new WasiError('loop')
    const isFolder = node.filetype === 'directory'
    if (isFolder && (write || truncate || create)) throw new WasiError('isdir')
    if (write || truncate) refuse()
    return isFolder ? node : new ZipFile(node)
  }
}

class ZipFile {
  kind = 'file'
  constructor(node) {
    Object.assign(this, { content: node.read(), stat: () => node.stat() })
  }
  read = (position, length) => this.content.subarray(position, position + length)
  close() {}
  sync() {}
}

const refuse = () => {
  throw new WasiError('rofs')
}
const changes = ['setTimesAt', 'createDirectory', 'removeDirectory', 'unlink', 'createLink', 'link', 'rename']
for (const name of ['setTimes', ...changes]) ZipNode.prototype[name] = refuse
for (const name of ['setTimes', 'write', 'append', 'setSize', 'allocate']) ZipFile.prototype[name] = refuse
