// A folder of this machine for a guest. It holds nothing itself: handles do, and give it back when they are closed.

import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { checkOptions, optionNames } from '../errors/check-options.ts'
import { UsageError } from '../errors/heddle-error.ts'
import { WasiError, type FileSystem } from '../wasi.ts'
import { canHoldByDescriptor, descriptorFolders } from './descriptor-folder.ts'
import type { FolderHolder } from './held-folder.ts'
import { HostDirectory } from './host-directory.ts'
import { HostMount } from './host-mount.ts'
import { pathFolders } from './path-folder.ts'
import { isSystemError, toWasiError } from './system-error.ts'

export interface HostFileSystemOptions {
  /** The folder; links on the way to it are followed, those inside only as far as they stay inside. */
  readonly root: string
  /** By default 'ro': everything that would change something answers EROFS. */
  readonly access?: 'ro' | 'rw'
  /**
   * How folders are held, for tests: by default with descriptors where the system can (Linux with /proc), which is exact against every
   * process, else with paths, which is exact against the guest. docs/real-folders.md
   */
  readonly held?: 'descriptors' | 'paths'
}

const HOST_OPTIONS = optionNames<HostFileSystemOptions>({ root: true, access: true, held: true })

export class HostFileSystem implements FileSystem {
  /** Absolute. */
  readonly root: string
  readonly access: 'ro' | 'rw'
  readonly #mount: HostMount
  readonly #holder: FolderHolder

  /** Throws a UsageError where there is no such folder, or it can't be entered. */
  constructor(options: HostFileSystemOptions) {
    checkOptions(options, HOST_OPTIONS, 'a HostFileSystem')
    const { root, access = 'ro', held } = options
    if (typeof root !== 'string') throw new UsageError(`root must be the path of a folder, not ${String(root)}`)
    if (access !== 'ro' && access !== 'rw')
      throw new UsageError(`the access to a folder is 'ro' or 'rw', not ${String(access)}`)
    this.root = resolve(root)
    this.access = access
    this.#mount = new HostMount(access === 'ro')
    checkFolder(root)
    this.#holder =
      (held ?? (canHoldByDescriptor(this.root) ? 'descriptors' : 'paths')) === 'paths' ? pathFolders : descriptorFolders
  }

  openRoot(): HostDirectory {
    try {
      return new HostDirectory(this.#holder.hold(this.root), this.#mount)
    } catch (error) {
      const known = toWasiError(error)
      throw known instanceof WasiError ? new WasiError(known.errno, `${this.root}: ${known.message}`) : known
    }
  }
}

function checkFolder(root: string): void {
  let isFolder: boolean
  try {
    isFolder = statSync(root).isDirectory()
  } catch (error) {
    if (!isSystemError(error)) throw error
    const why = error.code === 'ENOENT' ? 'there is no such folder' : error.message
    throw new UsageError(`${root}: ${why}`, 'NO_FOLDER')
  }
  if (!isFolder) throw new UsageError(`${root}: it is not a folder`, 'NO_FOLDER')
}
