// A file system in memory: made from data, under a quota, readable back after the run.

import { UsageError } from '../../errors/heddle-error.ts'
import { quoted } from '../../errors/quote.ts'
import { limitsWith } from '../../errors/check-limits.ts'
import { checkOptions, optionNames } from '../../errors/check-options.ts'
import type { FileSystem } from './file-system.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import type { WasiLimits } from './limits.ts'
import { find, loadTree, saveTree } from './tree.ts'
import type { Tree, TreeFile, TreeHardLink } from './tree.ts'
import { VirtualDirectory } from './virtual-directory.ts'
import { Storage } from './virtual-node.ts'
import type { Mount, StorageOptions } from './virtual-node.ts'

export interface VirtualFileSystemOptions {
  /** By default 'rw'. With 'ro' everything that would change something answers EROFS. */
  readonly access?: 'ro' | 'rw'
  /** What the guest may add to the tree: what it removes, of its own or of what was given, makes place for as much. */
  readonly limits?: Partial<Pick<WasiLimits, 'fsBytes' | 'fsEntries'>>
  /** Nanoseconds since 1970, for the times of files; without it all stand at zero. */
  readonly now?: () => bigint
  /** Tells file systems apart for the guest (`st_dev`). */
  readonly dev?: bigint
}

const OPTIONS = optionNames<VirtualFileSystemOptions>({ access: true, limits: true, now: true, dev: true })

export class VirtualFileSystem implements FileSystem {
  readonly options: VirtualFileSystemOptions
  #mount: Mount

  constructor(tree: Tree = {}, options: VirtualFileSystemOptions = {}) {
    checkOptions(options, OPTIONS, 'a VirtualFileSystem')
    const { access = 'rw' } = options
    // What is misspelt must not mean that everything may be written.
    if (access !== 'ro' && access !== 'rw')
      throw new UsageError(`access is 'ro' or 'rw', not ${quoted(String(access))}`)
    this.options = options
    const storage = new Storage(storageOptions(options))
    const root = storage.directory()
    root.nlink = 1
    storage.withoutQuota(() => loadTree(tree, root, storage))
    this.#mount = { storage, root, readOnly: access === 'ro' }
  }

  /** Of what was restored; for the layer itself. */
  static of(mount: Mount, options: VirtualFileSystemOptions): VirtualFileSystem {
    const fileSystem = new VirtualFileSystem({}, options)
    fileSystem.#mount = mount
    return fileSystem
  }

  /** What its handles hold; for the layer itself. */
  get mount(): Mount {
    return this.#mount
  }

  openRoot(): VirtualDirectory {
    return new VirtualDirectory(this.#mount.root, this.#mount)
  }

  /** Everything that there is now, as data from which an equal file system can be made. */
  toTree(): Tree {
    return saveTree(this.#mount.root, DEFAULT_LIMITS.pathBytes)
  }

  /** The content of every file by its path; links and empty folders are left out. */
  files(): Record<string, Uint8Array> {
    const files: Record<string, Uint8Array> = Object.create(null) as Record<string, Uint8Array>
    for (const [path, entry] of Object.entries(this.toTree())) {
      const { type } = entry as TreeFile | TreeHardLink
      if (type === 'file') files[path] = (entry as TreeFile).content as Uint8Array
      else if (type === 'hard-link') {
        // Its first name came before it; it has none here when that names a link.
        const content = files[(entry as TreeHardLink).path]
        if (content !== undefined) files[path] = content
      }
    }
    return files
  }

  /** The content of one file, undefined when there is none; links are not followed. */
  read(path: string): Uint8Array | undefined {
    const node = find(this.#mount.root, path)
    return node?.type === 'file' ? node.bytes.slice(0, node.size) : undefined
  }
}

export function storageOptions({ limits, now, dev }: VirtualFileSystemOptions): StorageOptions {
  const { fsBytes, fsEntries } = limitsWith(DEFAULT_LIMITS, limits, 'virtual file systems')
  return { dev: dev ?? 1n, now: now ?? ((): bigint => 0n), maxBytes: fsBytes, maxEntries: fsEntries }
}
