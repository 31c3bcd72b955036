// A folder of this machine as a tree for the virtual file system: a copy, made at once. What the guest does to it, the folder never sees.

import { lstatSync, readFileSync, readdirSync, readlinkSync, statSync, type BigIntStats } from 'node:fs'
import { join } from 'node:path'
import type { Tree, TreeEntry } from '../wasi.ts'

export interface LoadedFolder {
  readonly tree: Tree
  readonly files: number
  readonly bytes: number
  /** Host paths that are not in the tree, because they can't be read, or are neither file, folder nor link. */
  readonly skipped: readonly string[]
}

export interface FolderLimits {
  readonly entries: number
  readonly bytes: number
}

export const FOLDER_LIMITS: FolderLimits = { entries: 2 ** 17, bytes: 2 ** 30 }

/** Throws where the folder can't be read, or is too large to copy. Links stay links: they are followed inside the guest's view only. */
export function loadFolder(root: string, limits: FolderLimits = FOLDER_LIMITS): LoadedFolder {
  const loader = new FolderLoader(root, limits)
  if (!statSync(root).isDirectory()) throw new Error(`${root} is not a folder`)
  loader.load()
  return loader
}

class FolderLoader implements LoadedFolder {
  readonly tree: Record<string, TreeEntry> = Object.create(null) as Record<string, TreeEntry>
  readonly skipped: string[] = []
  files = 0
  bytes = 0
  private readonly root: string
  private readonly limits: FolderLimits
  private entries = 0

  constructor(root: string, limits: FolderLimits) {
    this.root = root
    this.limits = limits
  }

  load(): void {
    const pending = ['']
    for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
      for (const name of this.list(folder)) {
        const path = `${folder}/${name}`
        if (this.add(path) === 'directory') pending.push(path)
      }
    }
  }

  /** The root must be readable; a folder inside that isn't is left out. */
  private list(folder: string): string[] {
    if (folder === '') return readdirSync(this.root).sort()
    return this.attempt(folder, () => readdirSync(join(this.root, folder)).sort()) ?? []
  }

  private add(path: string): 'directory' | undefined {
    const host = join(this.root, path)
    const stat = this.attempt(path, () => lstatSync(host, { bigint: true }))
    if (stat === undefined) return undefined
    if (++this.entries > this.limits.entries) throw this.tooLarge(`${this.limits.entries} files`)
    const attributes = { mode: Number(stat.mode & 0o7777n), atim: stat.atimeNs, mtim: stat.mtimeNs }
    if (stat.isDirectory()) {
      this.tree[path] = { type: 'directory', ...attributes }
      return 'directory'
    }
    if (stat.isSymbolicLink()) {
      const target = this.attempt(path, () => readlinkSync(host))
      if (target !== undefined) this.tree[path] = { type: 'link', target, ...attributes }
    } else if (stat.isFile()) {
      const content = this.read(path, host, stat)
      if (content !== undefined) this.tree[path] = { type: 'file', content, ...attributes }
    } else this.skipped.push(host)
    return undefined
  }

  private read(path: string, host: string, { size }: BigIntStats): Uint8Array | undefined {
    if (this.bytes + Number(size) > this.limits.bytes) throw this.tooLarge(`${this.limits.bytes} bytes`)
    const content = this.attempt(path, () => readFileSync(host))
    if (content === undefined) return undefined
    this.files++
    this.bytes += content.length
    return content
  }

  private attempt<T>(path: string, read: () => T): T | undefined {
    try {
      return read()
    } catch {
      this.skipped.push(join(this.root, path))
      return undefined
    }
  }

  private tooLarge(what: string): Error {
    return new Error(`${this.root} has more than ${what}, which is too much to copy into memory`)
  }
}
