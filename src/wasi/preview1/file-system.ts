// The host interface of file systems: what a host offers so that a guest can have folders. Handles are capabilities: each
// method names one thing inside a held folder, by one component, and follows nothing. Walking paths, `..`, links, rights,
// offsets and flags are the layer's (path-resolution.ts, fd.ts, path.ts); a host never sees a path.
//
// Failures are thrown as WasiError; any method may answer with a promise where the run can suspend.

import type { FileType } from './types.ts'
import type { Awaitable } from './waiting.ts'

export interface FileSystem {
  /** A new handle of the root folder; whoever asks closes it. */
  openRoot(): Directory
  /** What the state of a guest has of it, where it keeps something that is the guest's own. Without it nothing is saved. */
  save?(): Uint8Array
  /**
   * Another file system, as this one would be with what `save` of one like it gave: bytes that anybody may have written. Throws a HeddleError
   * where they are not such. This one stays as it is.
   */
  restored?(saved: Uint8Array): FileSystem
}

export interface FileStat {
  readonly dev: bigint
  readonly ino: bigint
  readonly filetype: FileType
  readonly nlink: bigint
  readonly size: bigint
  /** Nanoseconds since 1970, as all times here. */
  readonly atim: bigint
  readonly mtim: bigint
  readonly ctim: bigint
  /** POSIX permission bits, where the host knows them. Preview 1 can't ask for them: they are for whoever copies files. */
  readonly mode?: number
}

/** What is missing stays as it is. */
export interface FileTimes {
  readonly atim?: bigint
  readonly mtim?: bigint
}

export interface DirectoryEntry {
  readonly name: string
  readonly ino: bigint
  readonly filetype: FileType
}

export interface OpenOptions {
  readonly read: boolean
  readonly write: boolean
  /** Create a regular file where there is nothing. */
  readonly create: boolean
  /** With `create`: EEXIST where there is something, a link included. */
  readonly exclusive: boolean
  readonly truncate: boolean
}

/** One step of a walk. Devices, FIFOs and sockets are `other`, as are files: nothing lies behind them. */
export type Step =
  | { readonly type: 'directory'; readonly directory: Directory }
  | { readonly type: 'link'; readonly target: string }
  | { readonly type: 'other' }

/**
 * A held folder. A name is one component: never empty, `.` or `..`, without `/` and NUL, at most 255 bytes. A folder that
 * was removed while it was held is empty and answers ENOENT when something shall be made in it.
 */
export interface Directory {
  readonly kind: 'directory'
  stat(): Awaitable<FileStat>
  setTimes(times: FileTimes): Awaitable<void>
  sync(): Awaitable<void>
  /** Everything inside, without `.` and `..`; the list must not change afterwards. */
  list(): Awaitable<readonly DirectoryEntry[]>
  /** Another handle of the same folder. */
  reopen(): Awaitable<Directory>
  close(): void

  /** What stands behind the name, a folder with a new handle. ENOENT when nothing does. */
  step(name: string): Awaitable<Step>
  /**
   * A folder is opened as one when neither `write`, `truncate` nor `create` is asked (else EISDIR). ELOOP for a link.
   * Devices, FIFOs and sockets are refused with EACCES.
   */
  open(name: string, options: OpenOptions): Awaitable<OpenFile | Directory>
  statAt(name: string): Awaitable<FileStat>
  setTimesAt(name: string, times: FileTimes): Awaitable<void>
  /** EINVAL when it is no link. */
  readLink(name: string): Awaitable<string>
  createDirectory(name: string): Awaitable<void>
  /** ENOTDIR, ENOTEMPTY. */
  removeDirectory(name: string): Awaitable<void>
  /** Removes what is no folder; EISDIR. */
  unlink(name: string): Awaitable<void>
  createLink(name: string, target: string): Awaitable<void>
  /** A hard link, of a symbolic link itself too. EPERM for a folder, EXDEV between file systems. */
  link(name: string, to: Directory, toName: string): Awaitable<void>
  /** As POSIX has it: replaces files and empty folders. EXDEV between file systems. */
  rename(name: string, to: Directory, toName: string): Awaitable<void>
}

/** An open regular file. Positions and lengths are safe integers. */
export interface OpenFile {
  readonly kind: 'file'
  stat(): Awaitable<FileStat>
  setTimes(times: FileTimes): Awaitable<void>
  /** At most `length` bytes, none at the end; copied before anything else happens, so it may be a view. */
  read(position: number, length: number): Awaitable<Uint8Array>
  /** How many were written, less than all only when no more fit. `bytes` may be guest memory: don't keep it. */
  write(position: number, bytes: Uint8Array): Awaitable<number>
  append(bytes: Uint8Array): Awaitable<number>
  setSize(size: number): Awaitable<void>
  /** Makes the file reach `offset + length` at least. */
  allocate(offset: number, length: number): Awaitable<void>
  sync(dataOnly: boolean): Awaitable<void>
  close(): void
}
