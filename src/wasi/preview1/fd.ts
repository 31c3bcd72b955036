// fd_* but for reading and writing: attributes, offsets, rights, folders' entries, and the table itself.

import { readClock } from './clock.ts'
import { WasiError } from './errno.ts'
import { isOnFileSystem } from './fd-table.ts'
import type { Descriptor, Listing } from './fd-table.ts'
import type { DirectoryEntry, FileStat, FileTimes } from './file-system.ts'
import type { Guest, Implementations } from './implementation.ts'
import { isAscii, writeAscii, writeBytes } from './memory.ts'
import { FSTFLAGS, RIGHTS } from './types.ts'
import { wait } from './waiting.ts'
import type { Waiting } from './waiting.ts'

// prettier-ignore
type Names =
  | 'fd_advise' | 'fd_allocate' | 'fd_close' | 'fd_datasync' | 'fd_fdstat_get' | 'fd_fdstat_set_flags'
  | 'fd_fdstat_set_rights' | 'fd_filestat_get' | 'fd_filestat_set_size' | 'fd_filestat_set_times' | 'fd_prestat_get'
  | 'fd_prestat_dir_name' | 'fd_readdir' | 'fd_renumber' | 'fd_seek' | 'fd_sync' | 'fd_tell'

export const fdFunctions: Pick<Implementations, Names> = {
  fd_advise(guest, fd, offset, len) {
    guest.table.file(fd, RIGHTS.fd_advise)
    fileOffset(offset + len)
  },

  *fd_allocate(guest, fd, offset, len) {
    const { handle } = guest.table.file(fd, RIGHTS.fd_allocate)
    if (len === 0n) throw new WasiError('inval')
    yield* wait(handle.allocate(fileOffset(offset), fileOffset(offset + len) - Number(offset)))
  },

  fd_close(guest, fd) {
    guest.table.close(fd)
  },

  *fd_datasync(guest, fd) {
    yield* sync(guest.table.use(fd, RIGHTS.fd_datasync), true)
  },

  *fd_fdstat_get(guest, fd) {
    const descriptor = guest.table.get(fd)
    return {
      fs_filetype: (yield* statOf(descriptor)).filetype,
      fs_flags: descriptor.flags,
      fs_rights_base: descriptor.rights,
      fs_rights_inheriting: descriptor.inheriting,
    }
  },

  fd_fdstat_set_flags(guest, fd, flags) {
    guest.table.use(fd, RIGHTS.fd_fdstat_set_flags).flags = flags
  },

  fd_fdstat_set_rights(guest, fd, rights, inheriting) {
    const descriptor = guest.table.get(fd)
    if ((rights & ~descriptor.rights) !== 0 || (inheriting & ~descriptor.inheriting) !== 0) {
      throw new WasiError('notcapable')
    }
    descriptor.rights = rights
    descriptor.inheriting = inheriting
  },

  *fd_filestat_get(guest, fd) {
    return yield* statOf(guest.table.use(fd, RIGHTS.fd_filestat_get))
  },

  *fd_filestat_set_size(guest, fd, size) {
    const { handle } = guest.table.file(fd, RIGHTS.fd_filestat_set_size)
    yield* wait(handle.setSize(fileOffset(size)))
  },

  *fd_filestat_set_times(guest, fd, atim, mtim, fst_flags) {
    const { handle } = guest.table.use(fd, RIGHTS.fd_filestat_set_times)
    const times = fileTimes(guest, atim, mtim, fst_flags)
    if (!isOnFileSystem(handle)) throw new WasiError('inval')
    yield* wait(handle.setTimes(times))
  },

  fd_prestat_get(guest, fd) {
    return { tag: 'dir', value: { pr_name_len: preopenName(guest, fd).length } }
  },

  fd_prestat_dir_name(guest, fd, path, path_len) {
    const name = preopenName(guest, fd)
    if (path_len < name.length) throw new WasiError('nametoolong')
    writeBytes(guest.memory(), path, name)
  },

  *fd_readdir(guest, fd, buf, buf_len, cookie) {
    const descriptor = guest.table.directory(fd, RIGHTS.fd_readdir)
    if (cookie === 0n || descriptor.listing === undefined) {
      const { ino } = yield* wait(descriptor.handle.stat())
      guest.table.beginListing(descriptor, { ino, entries: yield* wait(descriptor.handle.list()) })
    }
    const listing = descriptor.listing as Listing
    if (cookie >= BigInt(listing.entries.length + DOTS)) return 0
    return writeEntries(guest, listing, Number(cookie), buf, Math.min(buf_len, guest.limits.callBytes))
  },

  fd_renumber(guest, fd, to) {
    guest.table.renumber(fd, to)
  },

  *fd_seek(guest, fd, offset, whence) {
    const rights = whence === 'cur' && offset === 0n ? RIGHTS.fd_tell : RIGHTS.fd_seek
    const descriptor = guest.table.file(fd, 0)
    // The right to seek implies that to tell.
    if ((descriptor.rights & (rights | RIGHTS.fd_seek)) === 0) throw new WasiError('notcapable')
    let base = 0n
    if (whence === 'cur') base = BigInt(descriptor.position)
    if (whence === 'end') base = (yield* wait(descriptor.handle.stat())).size
    descriptor.position = fileOffset(base + offset)
    return base + offset
  },

  *fd_sync(guest, fd) {
    yield* sync(guest.table.use(fd, RIGHTS.fd_sync), false)
  },

  fd_tell(guest, fd) {
    const descriptor = guest.table.file(fd, 0)
    if ((descriptor.rights & (RIGHTS.fd_tell | RIGHTS.fd_seek)) === 0) throw new WasiError('notcapable')
    return BigInt(descriptor.position)
  },
}

/** Offsets are numbers inside; no file reaches further than they do. */
export function fileOffset(offset: bigint): number {
  if (offset < 0n || offset > BigInt(Number.MAX_SAFE_INTEGER)) throw new WasiError('inval')
  return Number(offset)
}

export function fileTimes(guest: Guest, atim: bigint, mtim: bigint, fst_flags: number): FileTimes {
  const has = (flag: number): boolean => (fst_flags & flag) !== 0
  if (has(FSTFLAGS.atim) && has(FSTFLAGS.atim_now)) throw new WasiError('inval')
  if (has(FSTFLAGS.mtim) && has(FSTFLAGS.mtim_now)) throw new WasiError('inval')
  const now = has(FSTFLAGS.atim_now | FSTFLAGS.mtim_now) ? readClock(guest, 'realtime') : 0n
  return {
    ...(has(FSTFLAGS.atim) && { atim }),
    ...(has(FSTFLAGS.atim_now) && { atim: now }),
    ...(has(FSTFLAGS.mtim) && { mtim }),
    ...(has(FSTFLAGS.mtim_now) && { mtim: now }),
  }
}

function preopenName(guest: Guest, fd: number): Uint8Array {
  const { preopen } = guest.table.get(fd)
  // C libraries count upwards until this code, so that a folder opened later ends it too.
  if (preopen === undefined) throw new WasiError('badf')
  return preopen
}

function* statOf({ handle }: Descriptor): Waiting<FileStat> {
  if (isOnFileSystem(handle)) return yield* wait(handle.stat())
  return { dev: 0n, ino: 0n, filetype: handle.filetype, nlink: 1n, size: 0n, atim: 0n, mtim: 0n, ctim: 0n }
}

function* sync({ handle }: Descriptor, dataOnly: boolean): Waiting<void> {
  if (isOnFileSystem(handle)) yield* wait(handle.sync(dataOnly))
}

const ENCODER = new TextEncoder()

/** `.` and `..` come first. */
const DOTS = 2

/** As many entries as fit, the last cut off where the buffer ends: a full buffer tells the guest that there is more. */
function writeEntries(guest: Guest, listing: Listing, first: number, buf: number, length: number): number {
  const memory = guest.memory()
  const { size } = guest.abi.layout('dirent')
  let used = 0
  for (let index = first; index < listing.entries.length + DOTS && used < length; index++) {
    const { name, ino, filetype } = entryAt(listing, index)
    const encoded = isAscii(name) ? undefined : ENCODER.encode(name)
    const d_namlen = encoded?.length ?? name.length
    const dirent = { d_next: BigInt(index + 1), d_ino: ino, d_namlen, d_type: filetype }
    if (used + size <= length) {
      guest.abi.store(memory, buf + used, 'dirent', dirent)
    } else {
      const whole = new Uint8Array(size)
      guest.abi.write(new DataView(whole.buffer), 0, 'dirent', dirent)
      writeBytes(memory, buf + used, whole.subarray(0, length - used))
    }
    used = Math.min(used + size, length)
    const shown = Math.min(d_namlen, length - used)
    if (encoded === undefined) writeAscii(memory, buf + used, name, shown)
    else writeBytes(memory, buf + used, encoded.subarray(0, shown))
    used += shown
  }
  return used
}

function entryAt({ ino, entries }: Listing, index: number): DirectoryEntry {
  if (index === 0) return { name: '.', ino, filetype: 'directory' }
  // What lies above is none of the guest's business: 0 says that the number is unknown.
  if (index === 1) return { name: '..', ino: 0n, filetype: 'directory' }
  return entries[index - DOTS] as DirectoryEntry
}
