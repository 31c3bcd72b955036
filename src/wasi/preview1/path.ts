// path_*: what is done with the end of a path. How it is found, and that it can't be outside, is path-resolution.ts.

import { WasiError } from './errno.ts'
import { fileTimes } from './fd.ts'
import type { FileType } from './types.ts'
import type { Implementations } from './implementation.ts'
import { writeBytes } from './memory.ts'
import { withFollowedPlace, withPlace } from './path-resolution.ts'
import type { Place } from './path-resolution.ts'
import { LOOKUPFLAGS, RIGHTS } from './types.ts'
import { wait } from './waiting.ts'
import type { Waiting } from './waiting.ts'

// prettier-ignore
type Names =
  | 'path_create_directory' | 'path_filestat_get' | 'path_filestat_set_times' | 'path_link' | 'path_readlink'
  | 'path_remove_directory' | 'path_rename' | 'path_symlink' | 'path_unlink_file'

const ENCODER = new TextEncoder()

export const pathFunctions: Pick<Implementations, Names> = {
  *path_create_directory(guest, fd, path) {
    const { handle } = guest.table.directory(fd, RIGHTS.path_create_directory)
    yield* withPlace(handle, path, false, function* ({ directory, name }) {
      if (name === undefined) throw new WasiError('exist')
      yield* wait(directory.createDirectory(name))
    })
  },

  *path_filestat_get(guest, fd, flags, path) {
    const { handle } = guest.table.directory(fd, RIGHTS.path_filestat_get)
    const follow = follows(flags)
    return yield* withFollowedPlace(handle, path, follow, function* ({ directory, name, mustBeDirectory }) {
      if (name === undefined) return yield* wait(directory.stat())
      const stat = yield* wait(directory.statAt(name))
      if (follow && stat.filetype === 'symbolic_link') throw new WasiError('loop')
      if (mustBeDirectory && stat.filetype !== 'directory') throw new WasiError('notdir')
      return stat
    })
  },

  *path_filestat_set_times(guest, fd, flags, path, atim, mtim, fst_flags) {
    const { handle } = guest.table.directory(fd, RIGHTS.path_filestat_set_times)
    const times = fileTimes(guest, atim, mtim, fst_flags)
    yield* withPlace(handle, path, follows(flags), function* (place) {
      const { directory, name } = place
      if (name === undefined) return yield* wait(directory.setTimes(times))
      yield* checkDirectory(place)
      return yield* wait(directory.setTimesAt(name, times))
    })
  },

  *path_link(guest, old_fd, old_flags, old_path, new_fd, new_path) {
    const from = guest.table.directory(old_fd, RIGHTS.path_link_source).handle
    const to = guest.table.directory(new_fd, RIGHTS.path_link_target).handle
    yield* withPlace(from, old_path, follows(old_flags), function* (source) {
      if (source.name === undefined) throw new WasiError('perm')
      yield* checkDirectory(source)
      const { directory, name } = source
      yield* withPlace(to, new_path, false, function* (target) {
        yield* wait(directory.link(name, target.directory, yield* newName(target)))
      })
    })
  },

  *path_readlink(guest, fd, path, buf, buf_len) {
    const { handle } = guest.table.directory(fd, RIGHTS.path_readlink)
    const target = yield* withPlace(handle, path, false, function* (place) {
      if (place.name === undefined) throw new WasiError('inval')
      yield* checkDirectory(place)
      return yield* wait(place.directory.readLink(place.name))
    })
    const bytes = ENCODER.encode(target).subarray(0, buf_len)
    writeBytes(guest.memory(), buf, bytes)
    return bytes.length
  },

  *path_remove_directory(guest, fd, path) {
    const { handle } = guest.table.directory(fd, RIGHTS.path_remove_directory)
    yield* withPlace(handle, path, false, function* ({ directory, name }) {
      if (name === undefined) throw new WasiError('inval')
      yield* wait(directory.removeDirectory(name))
    })
  },

  *path_rename(guest, fd, old_path, new_fd, new_path) {
    const from = guest.table.directory(fd, RIGHTS.path_rename_source).handle
    const to = guest.table.directory(new_fd, RIGHTS.path_rename_target).handle
    yield* withPlace(from, old_path, false, function* (source) {
      const { directory, name } = source
      if (name === undefined) throw new WasiError('busy')
      yield* withPlace(to, new_path, false, function* (target) {
        if (target.name === undefined) throw new WasiError('busy')
        // A slash at either end says that it is a folder that moves.
        yield* checkDirectory({ ...source, mustBeDirectory: source.mustBeDirectory || target.mustBeDirectory })
        yield* wait(directory.rename(name, target.directory, target.name))
      })
    })
  },

  *path_symlink(guest, old_path, fd, new_path) {
    const { handle } = guest.table.directory(fd, RIGHTS.path_symlink)
    if (old_path === '') throw new WasiError('noent')
    // It could never be followed, so it isn't made either.
    if (old_path.startsWith('/')) throw new WasiError('perm')
    yield* withPlace(handle, new_path, false, function* (place) {
      yield* wait(place.directory.createLink(yield* newName(place), old_path))
    })
  },

  *path_unlink_file(guest, fd, path) {
    const { handle } = guest.table.directory(fd, RIGHTS.path_unlink_file)
    yield* withPlace(handle, path, false, function* (place) {
      if (place.name === undefined) throw new WasiError('isdir')
      yield* checkDirectory(place)
      yield* wait(place.directory.unlink(place.name))
    })
  },
}

function follows(flags: number): boolean {
  return (flags & LOOKUPFLAGS.symlink_follow) !== 0
}

/** What the slash at the end of a path asks: hosts see names without it, and could be led through a link by it. */
function* checkDirectory(place: Place): Waiting<void> {
  if (!place.mustBeDirectory) return
  const type = yield* typeAt(place)
  if (type === undefined) throw new WasiError('noent')
  if (type !== 'directory') throw new WasiError('notdir')
}

/** The name for something that is no folder. */
function* newName(place: Place): Waiting<string> {
  if (place.name === undefined) throw new WasiError('exist')
  if (!place.mustBeDirectory) return place.name
  yield* checkDirectory(place)
  throw new WasiError('exist')
}

/** undefined when there is nothing. */
export function* typeAt({ directory, name }: Place): Waiting<FileType | undefined> {
  if (name === undefined) return 'directory'
  try {
    return (yield* wait(directory.statAt(name))).filetype
  } catch (error) {
    if (error instanceof WasiError && error.errno === 'noent') return undefined
    throw error
  }
}
