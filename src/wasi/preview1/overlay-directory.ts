// A held folder of an overlay: names of both layers as one list, changes in the upper one alone.

import { WasiError } from './errno.ts'
import type { Directory, DirectoryEntry, FileStat, FileTimes, OpenOptions, Step } from './file-system.ts'
import { OverlayFile } from './overlay-file.ts'
import type { MergedFolder } from './overlay-folder.ts'
import { READING, keyOf } from './overlay-layers.ts'
import type { Found, Level, OverlayLayers } from './overlay-layers.ts'
import { copyTree } from './overlay-tree.ts'
import { resize } from './virtual-file.ts'
import { FILE_TYPES } from './virtual-node.ts'
import { wait } from './waiting.ts'
import type { Awaitable, Waiting } from './waiting.ts'

export class OverlayDirectory implements Directory, Level {
  readonly kind = 'directory'
  readonly folder: MergedFolder
  readonly #layers: OverlayLayers
  readonly #lower: Directory | undefined

  constructor(layers: OverlayLayers, folder: MergedFolder, lower: Directory | undefined) {
    this.#layers = layers
    this.folder = folder
    this.#lower = lower
  }

  get below(): Directory | undefined {
    return this.folder.showsLower ? this.#lower : undefined
  }

  close(): void {
    this.#lower?.close()
  }

  sync(): void {
    // Changes are in memory.
  }

  stat(): Awaitable<FileStat> {
    return this.#layers.exclusive(() => this.#stat())
  }

  *#stat(): Waiting<FileStat> {
    const lower = this.folder.upper === undefined ? this.#lower : this.below
    return this.#layers.statOfFolder(this.folder, lower && (yield* wait(lower.stat())))
  }

  setTimes(times: FileTimes): Awaitable<void> {
    return this.#layers.exclusive(() => this.#setFolderTimes(this.folder, times))
  }

  list(): Awaitable<readonly DirectoryEntry[]> {
    return this.#layers.exclusive(() => this.#list())
  }

  *#list(): Waiting<readonly DirectoryEntry[]> {
    const { folder, below } = this
    const upper = new Map(folder.upper?.entries)
    const listed: DirectoryEntry[] = []
    for (const entry of below === undefined ? [] : yield* wait(below.list())) {
      const { name } = entry
      const node = upper.get(name)
      if (folder.removed.has(name)) continue
      upper.delete(name)
      if (node === undefined) listed.push(entry)
      else {
        const isMerged = node.type === 'directory' && entry.filetype === 'directory'
        listed.push({ name, ino: isMerged ? entry.ino : this.#layers.inoOf(node), filetype: FILE_TYPES[node.type] })
      }
    }
    for (const [name, node] of upper) {
      listed.push({ name, ino: this.#layers.inoOf(node), filetype: FILE_TYPES[node.type] })
    }
    return listed
  }

  reopen(): Awaitable<Directory> {
    return this.#layers.exclusive(() => this.#reopen())
  }

  *#reopen(): Waiting<Directory> {
    const lower = this.#lower && (yield* wait(this.#lower.reopen()))
    return new OverlayDirectory(this.#layers, this.folder, lower)
  }

  step(name: string): Awaitable<Step> {
    return this.#layers.exclusive(() => this.#step(name))
  }

  *#step(name: string): Waiting<Step> {
    const node = this.folder.upper?.entries.get(name)
    if (node?.type === 'link') return { type: 'link', target: node.target }
    if (node?.type === 'file') return { type: 'other' }
    const step = yield* this.#stepBelow(name)
    if (step?.type === 'directory' || node !== undefined) {
      const lower = step?.type === 'directory' ? step.directory : undefined
      const directory = new OverlayDirectory(this.#layers, this.folder.child(name), lower)
      return { type: 'directory', directory }
    }
    if (step === undefined) throw new WasiError('noent')
    return step
  }

  *#stepBelow(name: string): Waiting<Step | undefined> {
    const { folder, below } = this
    if (below === undefined || folder.removed.has(name)) return undefined
    try {
      return yield* wait(below.step(name))
    } catch (error) {
      if (error instanceof WasiError && error.errno === 'noent') return undefined
      throw error
    }
  }

  open(name: string, options: OpenOptions): Awaitable<OverlayFile | Directory> {
    return this.#layers.exclusive(() => this.#open(name, options))
  }

  *#open(name: string, options: OpenOptions): Waiting<OverlayFile | Directory> {
    const layers = this.#layers
    const found = yield* layers.find(this, name)
    if (found === undefined) return yield* this.#create(name, options)
    if (options.create && options.exclusive) throw new WasiError('exist')
    const type = typeOf(found)
    if (type === 'symbolic_link') throw new WasiError('loop')
    if (found.kind === 'folder') {
      if (options.write || options.truncate || options.create) throw new WasiError('isdir')
      const step = yield* this.#step(name)
      if (step.type !== 'directory') throw new WasiError('stale')
      return step.directory
    }
    if (type !== 'regular_file') throw new WasiError('acces')
    if (options.write || options.truncate) layers.checkWritable()
    else if (found.kind === 'lower') {
      const file = yield* wait(this.#belowOrStale().open(name, READING))
      if (file.kind === 'file') return new OverlayFile(layers, { ...found, file, folder: this.folder, name })
      file.close()
      throw new WasiError('stale', 'a file of the lower layer has become a folder')
    }
    const node = found.kind === 'upper' ? found.node : yield* layers.nodeOf(this, name, found, options.truncate)
    if (node.type !== 'file') throw new WasiError('loop')
    if (options.truncate) resize(node, layers.storage, 0)
    return new OverlayFile(layers, node)
  }

  #belowOrStale(): Directory {
    if (this.below === undefined) throw new WasiError('stale')
    return this.below
  }

  *#create(name: string, { create }: OpenOptions): Waiting<OverlayFile> {
    if (!create) throw new WasiError('noent')
    const upper = yield* this.#layers.upperOf(this.folder)
    const file = this.#layers.storage.file()
    this.#layers.storage.attach(upper, name, file)
    return new OverlayFile(this.#layers, file)
  }

  statAt(name: string): Awaitable<FileStat> {
    return this.#layers.exclusive(() => this.#statAt(name))
  }

  *#statAt(name: string): Waiting<FileStat> {
    const found = yield* this.#get(name)
    switch (found.kind) {
      case 'folder':
        return this.#layers.statOfFolder(this.folder.child(name), found.stat)
      case 'upper':
        return this.#layers.statOf(found.node)
      case 'lower':
        return this.#layers.statOfLower(found.stat, found.key)
    }
  }

  *#get(name: string): Waiting<Found> {
    const found = yield* this.#layers.find(this, name)
    if (found === undefined) throw new WasiError('noent')
    return found
  }

  setTimesAt(name: string, times: FileTimes): Awaitable<void> {
    return this.#layers.exclusive(() => this.#setTimesAt(name, times))
  }

  *#setTimesAt(name: string, times: FileTimes): Waiting<void> {
    const found = yield* this.#get(name)
    if (found.kind === 'folder') yield* this.#setFolderTimes(this.folder.child(name), times)
    else this.#layers.storage.setTimes(yield* this.#layers.nodeOf(this, name, found), times)
  }

  *#setFolderTimes(folder: MergedFolder, times: FileTimes): Waiting<void> {
    // One that was removed while it was held has times as well.
    const node = folder.isGone ? folder.upper : yield* this.#layers.upperOf(folder)
    if (node !== undefined) this.#layers.storage.setTimes(node, times)
  }

  readLink(name: string): Awaitable<string> {
    return this.#layers.exclusive(() => this.#readLink(name))
  }

  *#readLink(name: string): Waiting<string> {
    const found = yield* this.#get(name)
    if (typeOf(found) !== 'symbolic_link') throw new WasiError('inval')
    if (found.kind === 'upper' && found.node.type === 'link') return found.node.target
    return yield* wait(this.#belowOrStale().readLink(name))
  }

  createDirectory(name: string): Awaitable<void> {
    return this.#layers.exclusive(() => this.#createDirectory(name))
  }

  *#createDirectory(name: string): Waiting<void> {
    yield* this.#checkFree(name)
    const upper = yield* this.#layers.upperOf(this.folder)
    this.#layers.storage.attach(upper, name, this.#layers.storage.directory())
  }

  *#checkFree(name: string): Waiting<void> {
    if ((yield* this.#layers.find(this, name)) !== undefined) throw new WasiError('exist')
  }

  createLink(name: string, target: string): Awaitable<void> {
    return this.#layers.exclusive(() => this.#createLink(name, target))
  }

  *#createLink(name: string, target: string): Waiting<void> {
    yield* this.#checkFree(name)
    const upper = yield* this.#layers.upperOf(this.folder)
    this.#layers.storage.checkFreeEntry()
    this.#layers.storage.attach(upper, name, this.#layers.storage.link(target))
  }

  removeDirectory(name: string): Awaitable<void> {
    return this.#layers.exclusive(() => this.#removeDirectory(name))
  }

  *#removeDirectory(name: string): Waiting<void> {
    const found = yield* this.#get(name)
    if (found.kind !== 'folder') throw new WasiError('notdir')
    this.#layers.checkWritable()
    yield* this.#checkEmpty(name)
    yield* this.#remove(name, found)
    this.folder.drop(name)
  }

  unlink(name: string): Awaitable<void> {
    return this.#layers.exclusive(() => this.#unlink(name))
  }

  *#unlink(name: string): Waiting<void> {
    const found = yield* this.#get(name)
    if (found.kind === 'folder') throw new WasiError('isdir')
    yield* this.#remove(name, found)
  }

  *#checkEmpty(name: string): Waiting<void> {
    const child = this.folder.child(name)
    if ((child.upper?.entries.size ?? 0) > 0) throw new WasiError('notempty')
    const step = yield* this.#stepBelow(name)
    if (step?.type !== 'directory') return
    try {
      const entries = yield* wait(step.directory.list())
      if (entries.some((entry) => !child.removed.has(entry.name))) throw new WasiError('notempty')
    } finally {
      step.directory.close()
    }
  }

  /** Takes the name away from both layers. */
  *#remove(name: string, found: Found): Waiting<void> {
    const { folder } = this
    const upper = yield* this.#layers.upperOf(folder)
    const below = yield* this.#layers.statBelow(this, name)
    const isUpper = upper.entries.has(name)
    if (isUpper) this.#layers.storage.detach(upper, name)
    else this.#layers.storage.touch(upper)
    if (below === undefined) return
    folder.removed.add(name)
    if (found.kind !== 'folder' && !isUpper) this.#layers.hide(keyOf(below, folder, name))
  }

  link(name: string, to: Directory, toName: string): Awaitable<void> {
    const target = this.#sameFileSystem(to)
    return this.#layers.exclusive(() => this.#link(name, target, toName))
  }

  *#link(name: string, to: OverlayDirectory, toName: string): Waiting<void> {
    const found = yield* this.#get(name)
    if (found.kind === 'folder') throw new WasiError('perm')
    yield* to.#checkFree(toName)
    const upper = yield* this.#layers.upperOf(to.folder)
    const node = yield* this.#layers.nodeOf(this, name, found)
    this.#layers.storage.attach(upper, toName, node)
  }

  rename(name: string, to: Directory, toName: string): Awaitable<void> {
    const target = this.#sameFileSystem(to)
    return this.#layers.exclusive(() => this.#rename(name, target, toName))
  }

  *#rename(name: string, to: OverlayDirectory, toName: string): Waiting<void> {
    const layers = this.#layers
    const found = yield* this.#get(name)
    const replaced = yield* layers.find(to, toName)
    layers.checkWritable()
    if (to.folder.isGone) throw new WasiError('noent')
    if (this.folder === to.folder && name === toName) return
    if (replaced !== undefined && isSame(found, replaced)) return
    if (found.kind === 'folder') {
      if (to.folder.isInside(this.folder.child(name))) throw new WasiError('inval')
      if (replaced !== undefined && replaced.kind !== 'folder') throw new WasiError('notdir')
      if (replaced !== undefined) yield* to.#checkEmpty(toName)
    } else if (replaced?.kind === 'folder') throw new WasiError('isdir')
    const toUpper = yield* layers.upperOf(to.folder)
    const upper = yield* layers.upperOf(this.folder)
    if (found.kind === 'folder') yield* this.#copyFolder(name)
    else yield* layers.nodeOf(this, name, found)
    if (replaced !== undefined) yield* to.#remove(toName, replaced)
    const below = yield* layers.statBelow(this, name)
    if (replaced?.kind === 'folder') to.folder.drop(toName)
    layers.storage.move(upper, name, toUpper, toName)
    if (below !== undefined) this.folder.removed.add(name)
    if (found.kind === 'folder') this.folder.move(name, to.folder, toName)
  }

  /** Before it moves, nothing of it may be left below. */
  *#copyFolder(name: string): Waiting<void> {
    const step = yield* this.#step(name)
    if (step.type !== 'directory') throw new WasiError('stale')
    // What was stepped into is one of these.
    const directory = step.directory as OverlayDirectory
    yield* copyTree(this.#layers, directory.folder, directory.#lower)
  }

  #sameFileSystem(other: Directory): OverlayDirectory {
    if (other instanceof OverlayDirectory && other.#layers === this.#layers) return other
    throw new WasiError('xdev')
  }
}

function typeOf(found: Found): FileStat['filetype'] {
  if (found.kind === 'folder') return 'directory'
  return found.kind === 'upper' ? FILE_TYPES[found.node.type] : found.stat.filetype
}

function isSame(a: Found, b: Found): boolean {
  if (a.kind === 'upper') return b.kind === 'upper' && a.node === b.node
  return a.kind === 'lower' && b.kind === 'lower' && a.key === b.key
}
