// A held folder of this machine. Nothing here walks or follows: it does one thing to one name, in the folder that is held.

import {
  closeSync,
  constants,
  fsyncSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  type BigIntStats,
} from 'node:fs'
import { isUtf8 } from 'node:buffer'
import { WasiError } from '../wasi.ts'
import type { Directory, DirectoryEntry, FileStat, FileTimes, OpenOptions, Step } from '../wasi.ts'
import { fileType } from './file-stat.ts'
import type { Found, HeldFolder, OpenedFile } from './held-folder.ts'
import { HostFile } from './host-file.ts'
import type { HostMount } from './host-mount.ts'
import { system } from './system-error.ts'
import { windowsTarget } from './windows-names.ts'

const { O_DIRECTORY, O_RDONLY, O_RDWR, O_WRONLY } = constants

/** How often another process may change what a name stands for, while a call is under way, until the call gives up. */
const TRIES = 16

export class HostDirectory implements Directory {
  readonly kind = 'directory'
  readonly #folder: HeldFolder
  readonly #mount: HostMount

  constructor(folder: HeldFolder, mount: HostMount) {
    this.#folder = folder
    this.#mount = mount
  }

  stat(): FileStat {
    return this.#mount.stat(system(() => this.#folder.stat()))
  }

  setTimes(times: FileTimes): void {
    this.#mount.checkWritable()
    const stat = (): BigIntStats => this.#folder.stat()
    system(() =>
      this.#mount.times.set(times, stat, (atim, mtim) => {
        this.#folder.itself((path) => utimesSync(path, atim, mtim))
      }),
    )
  }

  sync(): void {
    // Windows has no such thing.
    if (process.platform === 'win32') return
    system(() =>
      this.#folder.itself((path) => {
        const fd = openSync(path, O_RDONLY | O_DIRECTORY)
        try {
          fsyncSync(fd)
        } finally {
          closeSync(fd)
        }
      }),
    )
  }

  /** Names that are not UTF-8 are left out: no path of a guest can name them. */
  list(): readonly DirectoryEntry[] {
    try {
      return system(() =>
        this.#folder.itself((path) =>
          readdirSync(path, 'buffer').flatMap((name) => (isUtf8(name) ? listed(path, name.toString()) : [])),
        ),
      )
    } catch (error) {
      // It was removed.
      if (isErrno(error, 'noent')) return []
      throw error
    }
  }

  reopen(): HostDirectory {
    return this.#directory(system(() => this.#folder.again()))
  }

  close(): void {
    system(() => this.#folder.close())
  }

  step(name: string): Step {
    return this.#find(name, (found) => {
      switch (found.type) {
        case 'directory':
          return { type: 'directory', directory: this.#directory(found.folder) }
        case 'link': {
          const target = this.#linkAt(name)
          return target === undefined ? undefined : { type: 'link', target }
        }
        case 'file':
          found.close()
          return { type: 'other' }
        case 'other':
          return { type: 'other' }
      }
    })
  }

  open(name: string, options: OpenOptions): HostFile | HostDirectory {
    for (let tries = 0; tries < TRIES; tries++) {
      const created = options.create ? this.#create(name, options) : undefined
      if (created !== undefined) return created
      try {
        return this.#openExisting(name, options)
      } catch (error) {
        if (!options.create || !isErrno(error, 'noent')) throw error
      }
    }
    throw new WasiError('busy')
  }

  /** undefined where there is something that may be opened instead. */
  #create(name: string, options: OpenOptions): HostFile | undefined {
    if (this.#mount.isReadOnly) {
      if (this.#typeAt(name) === undefined) this.#mount.checkWritable()
      if (options.exclusive) throw new WasiError('exist')
      return undefined
    }
    try {
      return this.#file(
        system(() => this.#folder.createFile(name, accessFlags(options))),
        options,
      )
    } catch (error) {
      if (options.exclusive || !isErrno(error, 'exist')) throw error
      return undefined
    }
  }

  #openExisting(name: string, options: OpenOptions): HostFile | HostDirectory {
    const changes = options.write || options.truncate
    const found = system(() => this.#folder.find(name))
    switch (found.type) {
      case 'link':
        throw new WasiError('loop')
      case 'other':
        throw new WasiError('acces', 'it is neither a file nor a folder')
      case 'directory':
        if (!changes && !options.create) return this.#directory(found.folder)
        found.folder.close()
        throw new WasiError('isdir')
      case 'file':
        try {
          if (changes) this.#mount.checkWritable()
          const opened = system(() => found.open(accessFlags(options)))
          if (options.truncate) truncate(opened)
          return this.#file(opened, options)
        } finally {
          found.close()
        }
    }
  }

  #file(opened: OpenedFile, { write, truncate }: OpenOptions): HostFile {
    return new HostFile(opened, write || truncate, this.#mount)
  }

  #directory(folder: HeldFolder): HostDirectory {
    return new HostDirectory(folder, this.#mount)
  }

  statAt(name: string): FileStat {
    return this.#mount.stat(this.#lstat(name))
  }

  setTimesAt(name: string, times: FileTimes): void {
    this.#checkChangeable(name)
    system(() =>
      this.#folder.at(name, (path) => {
        const stat = (): BigIntStats => lstatSync(path, { bigint: true })
        this.#mount.times.set(times, stat, (atim, mtim) => lutimesSync(path, atim, mtim))
      }),
    )
  }

  readLink(name: string): string {
    const target = this.#linkAt(name)
    if (target === undefined) throw new WasiError('inval')
    return target
  }

  createDirectory(name: string): void {
    this.#checkCreatable(name)
    system(() => this.#folder.at(name, (path) => mkdirSync(path)))
  }

  removeDirectory(name: string): void {
    this.#checkChangeable(name)
    try {
      system(() => this.#folder.removeDirectory(name))
    } catch (error) {
      // POSIX allows both.
      throw isErrno(error, 'exist') ? new WasiError('notempty') : error
    }
  }

  unlink(name: string): void {
    this.#checkChangeable(name)
    try {
      system(() => this.#folder.at(name, (path) => unlinkSync(path)))
    } catch (error) {
      // Only Linux says what it is.
      if (isErrno(error, 'perm') && this.#typeAt(name) === 'directory') throw new WasiError('isdir')
      throw error
    }
  }

  createLink(name: string, target: string): void {
    this.#checkCreatable(name)
    system(() => this.#folder.at(name, (path) => symlinkSync(target, path)))
  }

  link(name: string, to: Directory, toName: string): void {
    const target = this.#sameFileSystem(to)
    const type = fileType(this.#lstat(name))
    if (type === 'directory') throw new WasiError('perm')
    // Elsewhere the system makes a link to what the symbolic link leads to, wherever that is.
    if (type === 'symbolic_link' && process.platform !== 'linux') throw new WasiError('notsup')
    target.#checkCreatable(toName)
    system(() => this.#folder.at(name, (path) => target.#folder.at(toName, (toPath) => linkSync(path, toPath))))
  }

  rename(name: string, to: Directory, toName: string): void {
    const target = this.#sameFileSystem(to)
    this.#checkChangeable(name)
    try {
      system(() => this.#folder.rename(name, target.#folder, toName))
    } catch (error) {
      throw isErrno(error, 'exist') ? new WasiError('notempty') : error
    }
  }

  #find<T>(name: string, use: (found: Found) => T | undefined): T {
    for (let tries = 0; tries < TRIES; tries++) {
      const answer = use(system(() => this.#folder.find(name)))
      if (answer !== undefined) return answer
    }
    throw new WasiError('busy')
  }

  /** undefined where it is no link. */
  #linkAt(name: string): string | undefined {
    try {
      const target = system(() => this.#folder.at(name, (path) => readlinkSync(path, 'buffer')))
      if (!isUtf8(target)) throw new WasiError('ilseq')
      return process.platform === 'win32' ? windowsTarget(target.toString()) : target.toString()
    } catch (error) {
      if (isErrno(error, 'inval')) return undefined
      throw error
    }
  }

  #lstat(name: string): BigIntStats {
    return system(() => this.#folder.at(name, (path) => lstatSync(path, { bigint: true })))
  }

  /** undefined where there is nothing. */
  #typeAt(name: string): FileStat['filetype'] | undefined {
    try {
      return fileType(this.#lstat(name))
    } catch (error) {
      if (isErrno(error, 'noent')) return undefined
      throw error
    }
  }

  /** That nothing is there comes before that nothing may be changed. */
  #checkChangeable(name: string): void {
    if (!this.#mount.isReadOnly) return
    this.#lstat(name)
    this.#mount.checkWritable()
  }

  #checkCreatable(name: string): void {
    if (!this.#mount.isReadOnly) return
    if (this.#typeAt(name) !== undefined) throw new WasiError('exist')
    this.#mount.checkWritable()
  }

  /** Also between two that have one folder: what may only be read in one can't be taken through the other. */
  #sameFileSystem(other: Directory): HostDirectory {
    if (other instanceof HostDirectory && other.#mount === this.#mount) return other
    throw new WasiError('xdev')
  }
}

function accessFlags({ read, write, truncate }: OpenOptions): number {
  if (!write && !truncate) return O_RDONLY
  return read ? O_RDWR : O_WRONLY
}

/** Only now: before it was opened, it could have been anything. */
function truncate(opened: OpenedFile): void {
  try {
    system(() => ftruncateSync(opened.fd))
  } catch (error) {
    closeSync(opened.fd)
    throw error
  }
}

/** What was removed since the names were read is left out; of what may not be looked at there is the name. */
function listed(folder: string, name: string): readonly DirectoryEntry[] {
  try {
    const stats = lstatSync(`${folder}/${name}`, { bigint: true, throwIfNoEntry: false })
    return stats === undefined ? [] : [{ name, ino: BigInt.asUintN(64, stats.ino), filetype: fileType(stats) }]
  } catch {
    return [{ name, ino: 0n, filetype: 'unknown' }]
  }
}

function isErrno(error: unknown, errno: WasiError['errno']): boolean {
  return error instanceof WasiError && error.errno === errno
}
