// The guest's open descriptors: numbers to handles, with the rights, flags and offset that belong to the descriptor and not
// to the file. Checks that a number stands for the right kind of thing and may be used so.

import { WasiError } from './errno.ts'
import type { Directory, DirectoryEntry, OpenFile } from './file-system.ts'
import type { Connection, ListeningSocket } from './socket-handles.ts'
import type { Stream } from './stdio.ts'
import { RIGHTS, RIGHT_NAMES } from './types.ts'
import type { Right } from './types.ts'

/** Those that no file system has. */
type SocketHandle = Connection | ListeningSocket

export type Handle = Directory | OpenFile | Stream | SocketHandle

type Readable = Descriptor<OpenFile> | Descriptor<Stream> | Descriptor<Connection>

export interface Descriptor<H extends Handle = Handle> {
  readonly handle: H
  rights: number
  /** What descriptors opened through this one may have. */
  inheriting: number
  flags: number
  position: number
  /** The name that the guest is told, for a folder that it was given at the start. */
  readonly preopen?: Uint8Array
  /** For a socket that it was given at the start. */
  readonly isGranted?: true
  /** Of which of the guest's folders it is, by its name. */
  readonly folder?: string
  /** On a file system of the host's: the names that led to it from the folder's root, by which it can be opened again. */
  readonly names?: readonly string[]
  listing?: Listing
}

/** What fd_readdir is going through, as it was when that began: cookies are positions in it. */
export interface Listing {
  readonly ino: bigint
  readonly entries: readonly DirectoryEntry[]
}

export const ALL_RIGHTS: number = rightsOf(RIGHT_NAMES)

// Rights that don't apply to the kind of file are dropped when it is opened.
// prettier-ignore
export const FILE_RIGHTS: number = rightsOf([
  'fd_datasync', 'fd_read', 'fd_seek', 'fd_fdstat_set_flags', 'fd_sync', 'fd_tell', 'fd_write', 'fd_advise', 'fd_allocate',
  'fd_filestat_get', 'fd_filestat_set_size', 'fd_filestat_set_times', 'poll_fd_readwrite',
])

// prettier-ignore
export const DIRECTORY_RIGHTS: number = rightsOf([
  'fd_datasync', 'fd_fdstat_set_flags', 'fd_sync', 'path_create_directory', 'path_create_file', 'path_link_source',
  'path_link_target', 'path_open', 'fd_readdir', 'path_readlink', 'path_rename_source', 'path_rename_target',
  'path_filestat_get', 'path_filestat_set_size', 'path_filestat_set_times', 'fd_filestat_get', 'fd_filestat_set_times',
  'path_symlink', 'path_remove_directory', 'path_unlink_file', 'poll_fd_readwrite',
])

// Without seek and tell, by which C libraries know a terminal.
const STREAM_RIGHTS = rightsOf(['fd_fdstat_set_flags', 'fd_filestat_get', 'poll_fd_readwrite'])
export const INPUT_RIGHTS: number = STREAM_RIGHTS | RIGHTS.fd_read
export const OUTPUT_RIGHTS: number = STREAM_RIGHTS | RIGHTS.fd_write | RIGHTS.fd_sync | RIGHTS.fd_datasync

// prettier-ignore
export const CONNECTION_RIGHTS: number = rightsOf([
  'fd_read', 'fd_write', 'fd_fdstat_set_flags', 'fd_filestat_get', 'poll_fd_readwrite', 'sock_shutdown',
])
// fd_read is for those who poll.
// prettier-ignore
export const LISTENER_RIGHTS: number = rightsOf([
  'fd_read', 'fd_fdstat_set_flags', 'fd_filestat_get', 'poll_fd_readwrite', 'sock_accept',
])

function rightsOf(names: readonly Right[]): number {
  return names.reduce((rights, name) => rights | RIGHTS[name], 0)
}

/** Names in all listings together that are kept: each descriptor of a large folder could have one of its own. */
const LISTED_NAMES = 2 ** 20

export class FdTable {
  readonly #limit: number
  readonly #descriptors = new Map<number, Descriptor>()
  /** No number below it is free. */
  #lowest = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Throws EMFILE when there is no place for one more: ask before the host opens anything. */
  checkFree(): void {
    if (this.#descriptors.size >= this.#limit) throw new WasiError('mfile')
  }

  /** The lowest free number, as POSIX has it. */
  add(descriptor: Descriptor): number {
    while (this.#descriptors.has(this.#lowest)) this.#lowest++
    this.#descriptors.set(this.#lowest, descriptor)
    return this.#lowest
  }

  get(fd: number): Descriptor {
    const descriptor = this.#descriptors.get(fd)
    if (descriptor === undefined) throw new WasiError('badf')
    return descriptor
  }

  /** The descriptor of whatever kind, if it has the rights. */
  use(fd: number, rights: number): Descriptor {
    return checkRights(this.get(fd), rights)
  }

  directory(fd: number, rights: number): Descriptor<Directory> {
    const descriptor = this.get(fd)
    if (!isDirectory(descriptor)) throw new WasiError('notdir')
    return checkRights(descriptor, rights)
  }

  /** A regular file: a folder answers EISDIR, a stream or socket ESPIPE. */
  file(fd: number, rights: number): Descriptor<OpenFile> {
    const descriptor = this.get(fd)
    if (!isFile(descriptor)) throw new WasiError(isDirectory(descriptor) ? 'isdir' : 'spipe')
    return checkRights(descriptor, rights)
  }

  /** Something that bytes flow through. */
  readableOrWritable(fd: number, rights: number): Readable {
    const descriptor = this.get(fd)
    if (isDirectory(descriptor)) throw new WasiError('isdir')
    if (descriptor.handle.kind === 'listener') throw new WasiError('notconn')
    return checkRights(descriptor as Readable, rights)
  }

  socket(fd: number, rights: number): Descriptor<SocketHandle> {
    const descriptor = this.get(fd)
    if (!isSocket(descriptor)) throw new WasiError('notsock')
    return checkRights(descriptor, rights)
  }

  /** A listing that begins. Where too many names would be kept, the others are forgotten, and taken anew where they go on. */
  beginListing(descriptor: Descriptor<Directory>, listing: Listing): void {
    let names = listing.entries.length
    for (const each of this.#descriptors.values()) if (each !== descriptor) names += each.listing?.entries.length ?? 0
    if (names > LISTED_NAMES) for (const each of this.#descriptors.values()) delete each.listing
    descriptor.listing = listing
  }

  close(fd: number): void {
    const { handle } = this.get(fd)
    this.#descriptors.delete(fd)
    this.#lowest = Math.min(this.#lowest, fd)
    handle.close()
  }

  /** `to` is closed and stands for what `from` stood for; both have to be open. */
  renumber(from: number, to: number): void {
    const moved = this.get(from)
    const { handle } = this.get(to)
    if (from === to) return
    this.#descriptors.set(to, moved)
    this.#descriptors.delete(from)
    this.#lowest = Math.min(this.#lowest, from)
    handle.close()
  }

  entries(): IterableIterator<[number, Descriptor]> {
    return this.#descriptors.entries()
  }

  /** Closes what is open; the others take its place. Sockets stay open, without a number. */
  replace(descriptors: ReadonlyMap<number, Descriptor>): void {
    for (const descriptor of this.#descriptors.values()) if (!isSocket(descriptor)) descriptor.handle.close()
    this.#descriptors.clear()
    this.#lowest = 0
    for (const [fd, descriptor] of descriptors) this.#descriptors.set(fd, descriptor)
  }

  /** Those that the guest opened itself: neither streams nor what it was given. */
  opened(): number[] {
    return [...this.#descriptors].flatMap(([fd, { handle, preopen, isGranted }]) =>
      handle.kind === 'stream' || preopen !== undefined || isGranted === true ? [] : [fd],
    )
  }

  sockets(): Descriptor<SocketHandle>[] {
    return [...this.#descriptors.values()].filter(isSocket)
  }

  /** All of them, also where a host fails to close one: then throws the first of its errors. */
  closeAll(): void {
    const failures: unknown[] = []
    // A map may lose entries while it is gone through.
    for (const fd of this.#descriptors.keys()) {
      try {
        this.close(fd)
      } catch (error) {
        // That a file could not be written in the end, there is nobody to hear any more.
        if (!(error instanceof WasiError)) failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}

function isDirectory(descriptor: Descriptor): descriptor is Descriptor<Directory> {
  return descriptor.handle.kind === 'directory'
}

function isFile(descriptor: Descriptor): descriptor is Descriptor<OpenFile> {
  return descriptor.handle.kind === 'file'
}

export function isStream(descriptor: Descriptor): descriptor is Descriptor<Stream> {
  return descriptor.handle.kind === 'stream'
}

function isSocket(descriptor: Descriptor): descriptor is Descriptor<SocketHandle> {
  return isConnection(descriptor) || descriptor.handle.kind === 'listener'
}

export function isConnection(descriptor: Descriptor): descriptor is Descriptor<Connection> {
  return descriptor.handle.kind === 'socket'
}

export function isOnFileSystem(handle: Handle): handle is Directory | OpenFile {
  return handle.kind === 'directory' || handle.kind === 'file'
}

function hasRights(descriptor: Descriptor, rights: number): boolean {
  return (descriptor.rights & rights) === rights
}

function checkRights<D extends Descriptor>(descriptor: D, rights: number): D {
  if (!hasRights(descriptor, rights)) throw new WasiError('notcapable')
  return descriptor
}
