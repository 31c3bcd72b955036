// Standard input for a guest, in two ways: blocking the thread, or with promises for runs that can suspend.

import { readSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { ReadInput } from '../wasi.ts'
import { pause } from './output.ts'
import { toWasiError } from './system-error.ts'

const RETRY_MS = 5
const MAX_CHUNK = 64 * 1024

/** Reads a descriptor; blocks until something is there. */
export function blockingInput(fd: number): ReadInput {
  return (length) => {
    const buffer = new Uint8Array(Math.min(length, MAX_CHUNK))
    try {
      return buffer.subarray(0, readSome(fd, buffer))
    } catch (error) {
      throw toWasiError(error)
    }
  }
}

/** Every byte up to the end. Throws a RangeError where there are more than `limit`. */
export function readToEnd(fd: number, limit: number = Infinity): Uint8Array {
  const chunks: Uint8Array[] = []
  let length = 0
  for (;;) {
    const buffer = new Uint8Array(MAX_CHUNK)
    const count = readSome(fd, buffer)
    if (count === 0) return Buffer.concat(chunks)
    length += count
    if (length > limit) throw new RangeError(`there are more than ${limit} bytes`)
    chunks.push(buffer.subarray(0, count))
  }
}

/** 0 at the end. */
function readSome(fd: number, buffer: Uint8Array): number {
  for (;;) {
    try {
      return readSync(fd, buffer)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      // Windows reports the end of a pipe as an error.
      if (code === 'EOF') return 0
      if (code !== 'EAGAIN') throw error
      pause(RETRY_MS)
    }
  }
}

/** Reads a stream with promises, so that a deadline or a signal can come while the guest waits. It is asked for at the first read. */
export function suspendingInput(stream: Readable | (() => Readable)): ReadInput {
  let chunks: AsyncIterator<unknown> | undefined
  let rest: Uint8Array = new Uint8Array(0)
  const take = (length: number): Uint8Array => {
    const taken = rest.subarray(0, length)
    rest = rest.subarray(taken.length)
    return taken
  }
  return (length) => {
    if (rest.length > 0) return take(length)
    chunks ??= (typeof stream === 'function' ? stream() : stream)[Symbol.asyncIterator]()
    return chunks.next().then(
      ({ done, value }) => {
        if (done === true) return null
        rest = value as Uint8Array
        return take(length)
      },
      (error: unknown) => {
        throw toWasiError(error)
      },
    )
  }
}
