// Writing to file descriptors, at once and whole: what was written is out when the process ends, in the order in which it was written.

import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Whoever read the output has gone. As a signal would, it ends the program. */
export class BrokenPipe extends Error {
  override readonly name: string = 'BrokenPipe'
}

const RETRY_MS = 2

/** Blocks where a pipe is full. Throws a BrokenPipe where nobody reads any more. */
export function writeAll(fd: number, data: Uint8Array | string): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  for (let written = writeSome(fd, bytes); written < bytes.length; written += writeSome(fd, bytes.subarray(written))) {
    pause(RETRY_MS)
  }
}

/** The same; but where the pipe is full, and the descriptor doesn't block, it waits with a promise, and with a copy of the rest. */
export function writeSuspending(fd: number, bytes: Uint8Array): void | Promise<void> {
  const written = writeSome(fd, bytes)
  return written === bytes.length ? undefined : writeRest(fd, bytes.slice(written))
}

async function writeRest(fd: number, bytes: Uint8Array): Promise<void> {
  let rest = bytes
  do {
    await sleep(RETRY_MS)
    rest = rest.subarray(writeSome(fd, rest))
  } while (rest.length > 0)
}

/** How many bytes could be written at once. */
function writeSome(fd: number, bytes: Uint8Array): number {
  let written = 0
  try {
    // Mostly all at once: without an offset it takes a fifth less time.
    written = writeSync(fd, bytes)
    while (written < bytes.length) written += writeSync(fd, bytes, written)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EPIPE') throw new BrokenPipe('nobody reads the output any more')
    if (code !== 'EAGAIN') throw error
  }
  return written
}

const never = new Int32Array(new SharedArrayBuffer(4))

/** Blocks the thread. */
export function pause(milliseconds: number): void {
  Atomics.wait(never, 0, 0, milliseconds)
}
