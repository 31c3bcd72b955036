// Descriptors of this process's pipes and terminals on which nothing blocks.

import { constants, fstatSync, openSync } from 'node:fs'

/**
 * A descriptor of the same pipe or terminal on which reading never blocks, where the system can open one anew, as Linux can. Its flags are its
 * own: those of the given one are shared with other processes.
 */
export function nonblockingReader(fd: number): number | undefined {
  return reopened(fd, constants.O_RDONLY)
}

/** The same for writing to what the process has as stdout or stderr; else the descriptor itself. */
export function nonblockingWriter(fd: 1 | 2): number {
  const own = reopened(fd, constants.O_WRONLY)
  if (own === undefined && isSocket(fd)) {
    // Sockets can't be opened anew. The streams of Node set theirs not to block, and that holds for everybody who has the descriptor.
    void (fd === 1 ? process.stdout : process.stderr).writable
  }
  return own ?? fd
}

function reopened(fd: number, access: number): number | undefined {
  try {
    const stat = fstatSync(fd)
    if (!stat.isFIFO() && !stat.isCharacterDevice()) return undefined
    return openSync(`/proc/self/fd/${fd}`, access | constants.O_NONBLOCK | constants.O_NOCTTY)
  } catch {
    return undefined
  }
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket()
  } catch {
    return false
  }
}
