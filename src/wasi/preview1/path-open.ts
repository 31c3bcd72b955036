// path_open: rights asked and rights had, and the opening of what stands at the end of a path.

import { WasiError } from './errno.ts'
import { DIRECTORY_RIGHTS, FILE_RIGHTS } from './fd-table.ts'
import type { Descriptor } from './fd-table.ts'
import type { Directory, OpenFile, OpenOptions } from './file-system.ts'
import type { Implementations } from './implementation.ts'
import { withFollowedPlace } from './path-resolution.ts'
import type { Place } from './path-resolution.ts'
import { typeAt } from './path.ts'
import { FDFLAGS, LOOKUPFLAGS, OFLAGS, RIGHTS } from './types.ts'
import { wait } from './waiting.ts'
import type { Waiting } from './waiting.ts'

export const pathOpenFunctions: Pick<Implementations, 'path_open'> = {
  *path_open(guest, fd, dirflags, path, oflags, rights, inheriting, fdflags) {
    const base = guest.table.directory(fd, neededRights(oflags))
    checkInherited(base, rights | inheriting, fdflags)
    const has = (flag: number): boolean => (oflags & flag) !== 0
    if (has(OFLAGS.creat) && has(OFLAGS.directory)) throw new WasiError('inval')
    guest.table.checkFree()
    const options: OpenOptions = {
      read: (rights & RIGHTS.fd_read) !== 0,
      write: (rights & RIGHTS.fd_write) !== 0,
      create: has(OFLAGS.creat),
      exclusive: has(OFLAGS.excl),
      truncate: has(OFLAGS.trunc),
    }
    // With `excl` a link is something that exists, wherever it leads.
    const follow = (dirflags & LOOKUPFLAGS.symlink_follow) !== 0 && !(options.create && options.exclusive)
    const { handle, names } = yield* withFollowedPlace(base.handle, path, follow, function* (place) {
      const opened = yield* open(place, options, has(OFLAGS.directory))
      return { handle: opened, names: [...place.names, ...(place.name === undefined ? [] : [place.name])] }
    })
    const applying = handle.kind === 'directory' ? DIRECTORY_RIGHTS : FILE_RIGHTS
    return guest.table.add({
      handle,
      rights: rights & applying,
      inheriting: handle.kind === 'directory' ? inheriting : 0,
      flags: fdflags,
      position: 0,
      ...(base.folder !== undefined && { folder: base.folder }),
      ...(base.names !== undefined && { names: [...base.names, ...names] }),
    })
  },
}

function neededRights(oflags: number): number {
  let rights = RIGHTS.path_open
  if ((oflags & OFLAGS.creat) !== 0) rights |= RIGHTS.path_create_file
  if ((oflags & OFLAGS.trunc) !== 0) rights |= RIGHTS.path_filestat_set_size
  return rights
}

function checkInherited(base: Descriptor, rights: number, fdflags: number): void {
  if ((rights & ~base.inheriting) !== 0) throw new WasiError('notcapable')
  const had = base.rights | base.inheriting
  const syncing = (fdflags & (FDFLAGS.sync | FDFLAGS.rsync)) !== 0
  if (syncing && (had & RIGHTS.fd_sync) === 0) throw new WasiError('notcapable')
  const datasyncing = (fdflags & FDFLAGS.dsync) !== 0
  if (datasyncing && (had & (RIGHTS.fd_datasync | RIGHTS.fd_sync)) === 0) throw new WasiError('notcapable')
}

function* open(place: Place, options: OpenOptions, asDirectory: boolean): Waiting<Directory | OpenFile> {
  const { directory, name } = place
  if (name !== undefined && !asDirectory && !place.mustBeDirectory) return yield* wait(directory.open(name, options))
  if (options.create) yield* refuseCreation(place, options)
  const handle = yield* wait(name === undefined ? directory.reopen() : directory.open(name, LOOKING))
  const wrong = handle.kind === 'file' ? 'notdir' : options.write || options.truncate ? 'isdir' : undefined
  if (wrong === undefined) return handle
  handle.close()
  throw new WasiError(wrong)
}

/** Opens without any effect, so that what turns out to be no folder is as it was. */
const LOOKING: OpenOptions = { read: true, write: false, create: false, exclusive: false, truncate: false }

/** path_open makes files, and what the path asks for is a folder. */
function* refuseCreation(place: Place, { exclusive }: OpenOptions): Waiting<never> {
  const type = yield* typeAt(place)
  if (type !== undefined && exclusive) throw new WasiError('exist')
  throw new WasiError(type === undefined || type === 'directory' ? 'isdir' : 'notdir')
}
