// Files of the host in a saved state: what is noted of one that is open, and how it is opened again where the state goes on, from the
// root of what is granted, name by name, following no link.

import { HeddleError } from '../../errors/heddle-error.ts'
import { WasiError, errnoLabel, errnoText } from './errno.ts'
import type { Directory, FileStat, FileSystem, OpenFile, OpenOptions } from './file-system.ts'
import { invalid } from './restore-storage.ts'
import type { HandleType, SavedContent } from './saved-state.ts'
import { RIGHTS } from './types.ts'
import { isPromise } from './waiting.ts'
import type { Awaitable } from './waiting.ts'

interface Reopening {
  readonly kind: HandleType
  /** From the root. */
  readonly names: readonly string[]
  readonly rights: number
  readonly content: SavedContent | undefined
}

/** Throws where the names lead to something else by now: it could not be opened again. Nothing is noted of what answers with promises. */
export function savedContent(
  fileSystem: FileSystem,
  folder: string,
  names: readonly string[],
  handle: Directory | OpenFile,
): SavedContent | undefined {
  const stat = handle.stat()
  if (isPromise(stat)) return undefined
  const found = findAgain(fileSystem, names)
  if (found === undefined) return undefined
  if (found === 'nothing' || found.dev !== stat.dev || found.ino !== stat.ino) {
    const why = 'it was removed or renamed since it was opened, and a state of the guest would have no way back to it'
    throw new HeddleError('SNAPSHOT_UNNAMED', `the guest has ${pathOf(folder, names)} open: ${why}`)
  }
  return handle.kind === 'file' ? { size: stat.size, mtim: stat.mtim } : undefined
}

/** undefined where that can't be known at once. */
function findAgain(fileSystem: FileSystem, names: readonly string[]): FileStat | 'nothing' | undefined {
  let parent: Directory | undefined
  try {
    parent = enter(fileSystem.openRoot(), names.slice(0, -1))
    const name = names.at(-1)
    const stat = name === undefined ? parent.stat() : parent.statAt(name)
    return isPromise(stat) ? undefined : stat
  } catch (error) {
    if (!(error instanceof WasiError)) throw error
    return error.errno === 'notsup' ? undefined : 'nothing'
  } finally {
    parent?.close()
  }
}

/** The file that the names lead to, and that is as it was saved. */
export function reopen(
  fileSystem: FileSystem,
  folder: string,
  { kind, names, rights, content }: Reopening,
): Directory | OpenFile {
  const path = pathOf(folder, names)
  let file: OpenFile
  try {
    const root = fileSystem.openRoot()
    if (kind === 'directory') return enter(root, names)
    file = openIn(enter(root, names.slice(0, -1)), names.at(-1), rights)
  } catch (error) {
    if (!(error instanceof WasiError)) throw error
    throw invalid(`${path} can't be opened again: ${inWords(error)}`, {
      cause: error,
    })
  }
  try {
    if (content !== undefined) checkUnchanged(path, content, file)
  } catch (error) {
    file.close()
    throw error
  }
  return file
}

function pathOf(folder: string, names: readonly string[]): string {
  return `${folder.replace(/\/$/, '')}/${names.join('/')}`
}

/** Hosts keep times to the microsecond at least. */
const SAME_TIME_NS = 1000n

/** Without what the system said: it knows another path, that of a held folder. */
function inWords({ errno, message }: WasiError): string {
  return errno === 'notsup' ? message : `${errnoLabel(errno)} (${errnoText(errno)})`
}

function checkUnchanged(path: string, saved: SavedContent, file: OpenFile): void {
  const { size, mtim } = atOnce(file.stat(), () => undefined)
  const off = mtim - saved.mtim
  const isSameTime = -SAME_TIME_NS < off && off < SAME_TIME_NS
  if (size === saved.size && isSameTime) return
  const differs =
    size === saved.size ? `it was written at ${mtim}, not ${saved.mtim}` : `${size} bytes, not ${saved.size}`
  throw invalid(
    `${path} has changed since the guest was saved (${differs}): put the file back as it was, with its time, or start the program anew`,
  )
}

/** Closes the folder. */
function openIn(parent: Directory, name: string | undefined, rights: number): OpenFile {
  try {
    return openFile(parent, name, {
      read: (rights & RIGHTS.fd_read) !== 0,
      write: (rights & RIGHTS.fd_write) !== 0,
      create: false,
      exclusive: false,
      truncate: false,
    })
  } finally {
    parent.close()
  }
}

/** Closes the folders on the way. */
function enter(root: Directory, names: readonly string[]): Directory {
  let directory = root
  try {
    for (const name of names) {
      const step = atOnce(directory.step(name), (late) => {
        if (late.type === 'directory') late.directory.close()
      })
      if (step.type !== 'directory') throw new WasiError('notdir')
      directory.close()
      directory = step.directory
    }
  } catch (error) {
    directory.close()
    throw error
  }
  return directory
}

function openFile(parent: Directory, name: string | undefined, options: OpenOptions): OpenFile {
  if (name === undefined) throw new WasiError('isdir')
  const handle = atOnce(parent.open(name, options), (late) => late.close())
  if (handle.kind === 'file') return handle
  handle.close()
  throw new WasiError('isdir')
}

/** `release` gives back what comes too late. */
function atOnce<T>(answer: Awaitable<T>, release: (late: T) => void): T {
  if (!isPromise(answer)) return answer
  answer.then(release, () => undefined)
  throw new WasiError('notsup', 'the file system answers with a promise, for which restoring cannot wait')
}
