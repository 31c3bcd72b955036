// Folders held by descriptors: `/proc/self/fd/<descriptor>/<name>` is an openat. The first part leads the kernel to the very folder,
// wherever it has been moved to, and the name is the only one that it looks up. Exact against every process; Linux only.

import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  renameSync,
  rmdirSync,
  statSync,
  statfsSync,
  type BigIntStats,
} from 'node:fs'
import type { FolderHolder, Found, HeldFolder, OpenedFile } from './held-folder.ts'

/** Node doesn't name it. Such a descriptor asks for no permission but to find the file, and opens nothing. */
const O_PATH = 0o10000000

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK } = constants

const PROC_SUPER_MAGIC = 0x9fa0

export const descriptorFolders: FolderHolder = {
  hold: (path) => new DescriptorFolder(openSync(path, O_PATH | O_DIRECTORY)),
}

/** Tried, not asked: a container may have no /proc, or another's. */
export function canHoldByDescriptor(path: string): boolean {
  if (process.platform !== 'linux') return false
  let fd: number | undefined
  try {
    fd = openSync(path, O_PATH | O_DIRECTORY)
    const [held, found] = [fstatSync(fd, { bigint: true }), statSync(pathOf(fd), { bigint: true })]
    return statfsSync('/proc/self/fd').type === PROC_SUPER_MAGIC && held.dev === found.dev && held.ino === found.ino
  } catch {
    return false
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

function pathOf(fd: number): string {
  return `/proc/self/fd/${fd}`
}

class DescriptorFolder implements HeldFolder {
  readonly #fd: number
  readonly #path: string
  #isOpen = true

  constructor(fd: number) {
    this.#fd = fd
    this.#path = pathOf(fd)
  }

  at<T>(name: string, use: (path: string) => T): T {
    return use(`${this.#path}/${name}`)
  }

  itself<T>(use: (path: string) => T): T {
    return use(this.#path)
  }

  stat(): BigIntStats {
    return fstatSync(this.#fd, { bigint: true })
  }

  find(name: string): Found {
    const fd = openSync(`${this.#path}/${name}`, O_PATH | O_NOFOLLOW)
    try {
      const stats = fstatSync(fd)
      if (stats.isDirectory()) return { type: 'directory', folder: new DescriptorFolder(fd) }
      if (stats.isFile()) return { type: 'file', open: (flags) => openAgain(fd, flags), close: () => closeSync(fd) }
      closeSync(fd)
      return { type: stats.isSymbolicLink() ? 'link' : 'other' }
    } catch (error) {
      closeSync(fd)
      throw error
    }
  }

  createFile(name: string, flags: number): OpenedFile {
    return opened(openSync(`${this.#path}/${name}`, flags | O_CREAT | O_EXCL | O_NOFOLLOW, 0o666))
  }

  removeDirectory(name: string): void {
    rmdirSync(`${this.#path}/${name}`)
  }

  rename(name: string, to: DescriptorFolder, toName: string): void {
    renameSync(`${this.#path}/${name}`, `${to.#path}/${toName}`)
  }

  again(): DescriptorFolder {
    return new DescriptorFolder(openSync(this.#path, O_PATH | O_DIRECTORY))
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    closeSync(this.#fd)
  }
}

/** What stands behind the descriptor is a regular file, so that opening it has no effect and doesn't block. */
function openAgain(fd: number, flags: number): OpenedFile {
  return opened(openSync(pathOf(fd), flags | O_NONBLOCK | O_NOCTTY))
}

function opened(fd: number): OpenedFile {
  return { fd, openAgain: (flags) => openSync(pathOf(fd), flags | O_NONBLOCK | O_NOCTTY) }
}
