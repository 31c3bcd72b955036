// A file of the host, opened again where a saved state goes on: from the root of what is granted, name by name, following no link.

import { WasiError } from './errno.ts'
import type { Directory, FileSystem, OpenFile, OpenOptions } from './file-system.ts'
import { invalid } from './restore-storage.ts'
import type { HandleType } from './saved-state.ts'
import { RIGHTS } from './types.ts'
import { isPromise } from './waiting.ts'
import type { Awaitable } from './waiting.ts'

interface Reopening {
  readonly kind: HandleType
  /** From the root. */
  readonly names: readonly string[]
  readonly rights: number
}

/** Whether it is the same file as before, nobody knows. */
export function reopen(
  fileSystem: FileSystem,
  folder: string,
  { kind, names, rights }: Reopening,
): Directory | OpenFile {
  const path = `${folder.replace(/\/$/, '')}/${names.join('/')}`
  try {
    const root = fileSystem.openRoot()
    if (kind === 'directory') return enter(root, names)
    const parent = enter(root, names.slice(0, -1))
    try {
      return openFile(parent, names.at(-1), {
        read: (rights & RIGHTS.fd_read) !== 0,
        write: (rights & RIGHTS.fd_write) !== 0,
        create: false,
        exclusive: false,
        truncate: false,
      })
    } finally {
      parent.close()
    }
  } catch (error) {
    if (!(error instanceof WasiError)) throw error
    throw invalid(`${path} can't be opened again: ${error.message}`, { cause: error })
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
