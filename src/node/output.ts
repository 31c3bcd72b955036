// Writing to file descriptors, at once and whole: what was written is out when the process ends, in the order in which it was written.

import { writeSync } from 'node:fs'

/** Whoever read the output has gone. As a signal would, it ends the program. */
export class BrokenPipe extends Error {
  override readonly name: string = 'BrokenPipe'
}

const RETRY_MS = 2

/** Waits where a pipe is full. Throws a BrokenPipe where nobody reads any more. */
export function writeAll(fd: number, data: Uint8Array | string): void {
  let rest = typeof data === 'string' ? Buffer.from(data) : data
  while (rest.length > 0) rest = rest.subarray(writeSome(fd, rest))
}

function writeSome(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EPIPE') throw new BrokenPipe('nobody reads the output any more')
    if (code !== 'EAGAIN') throw error
    pause(RETRY_MS)
    return 0
  }
}

const never = new Int32Array(new SharedArrayBuffer(4))

/** Blocks the thread. */
export function pause(milliseconds: number): void {
  Atomics.wait(never, 0, 0, milliseconds)
}
