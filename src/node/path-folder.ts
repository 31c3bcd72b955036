// Folders held by their paths, where there is nothing better (macOS, Windows): before and after each step it is verified that what the
// path leads to is still that folder. Nothing that a guest does leads out, for its own renames are followed and its calls happen one
// after the other; another process that swaps folders in between can win, which is why descriptor-folder.ts is preferred.

import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmdirSync,
  type BigIntStats,
} from 'node:fs'
import { sep } from 'node:path'
import { WasiError } from '../wasi.ts'
import type { FolderHolder, Found, HeldFolder, OpenedFile } from './held-folder.ts'
import { isForeignOnWindows } from './windows-names.ts'

const isWindows = process.platform === 'win32'

/** Those of the last three that the system has: Windows has none, whatever the types say. */
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY }: Partial<Record<keyof typeof constants, number>> = constants
const CREATE_NEW = flags(O_CREAT, O_EXCL, O_NOFOLLOW)
const OPEN_QUIETLY = flags(O_NOFOLLOW, O_NONBLOCK, O_NOCTTY)

function flags(...all: readonly (number | undefined)[]): number {
  return all.reduce((sum: number, flag) => sum | (flag ?? 0), 0)
}

export const pathFolders: FolderHolder = {
  hold: (path) => holdAt(realpathSync.native(path)),
}

function holdAt(path: string): PathFolder {
  const stats = lstatSync(path, { bigint: true })
  if (!stats.isDirectory()) throw new WasiError('notdir')
  return new PathFolder(path, stats)
}

/** All that are held, so that they learn of what becomes of their paths. */
const heldFolders = new Set<PathFolder>()

class PathFolder implements HeldFolder {
  #path: string
  /** As it was when it was found. */
  readonly #stats: BigIntStats
  #isRemoved = false

  constructor(path: string, stats: BigIntStats) {
    this.#path = path
    this.#stats = stats
    heldFolders.add(this)
  }

  at<T>(name: string, use: (path: string) => T): T {
    const path = this.#pathOf(name)
    return this.itself(() => use(path))
  }

  itself<T>(use: (path: string) => T): T {
    this.#verify()
    const result = use(this.#path)
    this.#verify()
    return result
  }

  stat(): BigIntStats {
    const isThere = !this.#isRemoved && lstatSync(this.#path, { throwIfNoEntry: false }) !== undefined
    return isThere ? this.#verify() : withoutNames(this.#stats)
  }

  find(name: string): Found {
    const path = this.#pathOf(name)
    this.#verify()
    const stats = lstatSync(path, { bigint: true })
    this.#verify()
    if (stats.isDirectory()) return { type: 'directory', folder: this.#enter(path, stats) }
    if (stats.isFile()) return { type: 'file', open: (flags) => this.#open(path, flags, stats), close: () => undefined }
    return { type: stats.isSymbolicLink() ? 'link' : 'other' }
  }

  createFile(name: string, flags: number): OpenedFile {
    const path = this.#pathOf(name)
    this.#verify()
    const fd = openSync(path, flags | CREATE_NEW, 0o666)
    return this.#opened(fd, path, fstatSync(fd, { bigint: true }))
  }

  removeDirectory(name: string): void {
    this.at(name, (path) => {
      const stats = lstatSync(path, { bigint: true })
      if (!stats.isDirectory()) throw new WasiError('notdir')
      rmdirSync(path)
      for (const folder of heldFolders) folder.#isRemoved ||= isSameFile(folder.#stats, stats)
    })
  }

  rename(name: string, to: PathFolder, toName: string): void {
    this.at(name, (path) =>
      to.at(toName, (toPath) => {
        const moved = lstatSync(path, { bigint: true })
        const replaced = lstatSync(toPath, { bigint: true, throwIfNoEntry: false })
        // Windows renames onto files alone.
        if (isWindows && replaced?.isDirectory() === true && !moved.isDirectory()) throw new WasiError('isdir')
        const from = moved.isDirectory() ? realpathSync.native(path) : path
        if (isWindows && replaced?.isDirectory() === true && !isSameFile(moved, replaced)) rmdirSync(toPath)
        renameSync(path, toPath)
        if (!moved.isDirectory()) return
        const at = realpathSync.native(toPath)
        for (const folder of heldFolders) folder.#follow(moved, replaced, from, at)
      }),
    )
  }

  again(): PathFolder {
    const folder = new PathFolder(this.#path, this.#stats)
    folder.#isRemoved = this.#isRemoved
    return folder
  }

  close(): void {
    heldFolders.delete(this)
  }

  #pathOf(name: string): string {
    if (isWindows && isForeignOnWindows(name)) throw new WasiError('inval', `${name} is no name of a file here`)
    return this.#path.endsWith(sep) ? this.#path + name : this.#path + sep + name
  }

  #verify(): BigIntStats {
    if (this.#isRemoved) throw new WasiError('noent')
    const stats = lstatSync(this.#path, { bigint: true })
    if (!stats.isDirectory() || !isSameFile(stats, this.#stats)) throw new WasiError('stale', 'the folder was replaced')
    return stats
  }

  /** By the path that the system has for it, where names can be written in several ways. */
  #enter(path: string, stats: BigIntStats): PathFolder {
    const folder = holdAt(realpathSync.native(path))
    if (isSameFile(folder.#stats, stats)) return folder
    folder.close()
    throw new WasiError('stale', 'the folder was replaced')
  }

  #open(path: string, flags: number, stats: BigIntStats): OpenedFile {
    this.#verify()
    const fd = openSync(path, flags | OPEN_QUIETLY)
    return this.#opened(fd, path, stats)
  }

  /** What was opened is what stood there and still does, in this folder. */
  #opened(fd: number, path: string, stats: BigIntStats): OpenedFile {
    try {
      const is = fstatSync(fd, { bigint: true })
      this.#verify()
      if (is.isFile() && isSameFile(is, stats) && isSameFile(is, lstatSync(path, { bigint: true }))) return { fd }
      throw new WasiError('stale', 'the file was replaced')
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  #follow(moved: BigIntStats, replaced: BigIntStats | undefined, from: string, to: string): void {
    if (replaced !== undefined && isSameFile(this.#stats, replaced) && !isSameFile(moved, replaced)) {
      this.#isRemoved = true
    } else if (this.#path === from || isSameFile(this.#stats, moved)) this.#path = to
    else if (this.#path.startsWith(from + sep)) this.#path = to + this.#path.slice(from.length)
  }
}

/** The number of the device is not the same in every answer of Windows. */
function isSameFile(a: BigIntStats, b: BigIntStats): boolean {
  return a.ino === b.ino && (isWindows || a.dev === b.dev)
}

function withoutNames(stats: BigIntStats): BigIntStats {
  return Object.assign(Object.create(Object.getPrototypeOf(stats) as object) as BigIntStats, stats, { nlink: 0n })
}
