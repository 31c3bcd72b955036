// Standard input for a guest, in two ways: blocking the thread, or with promises for runs that can suspend.

import { closeSync, readSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { InputSource } from '../wasi.ts'
import { nonblockingReader } from './nonblocking.ts'
import { pause } from './output.ts'
import { toWasiError } from './system-error.ts'

const RETRY_MS = 5
const MAX_CHUNK = 64 * 1024
const NOTHING = new Uint8Array(0)

/**
 * Reads a descriptor; blocks until something is there. Whether something is can be asked for where the system opens a descriptor of the
 * same pipe or terminal that doesn't block, as Linux does; elsewhere the answer is always yes, and a read may wait.
 */
export function blockingInput(fd: number): InputSource {
  /** What was read when only readiness was asked for; no bytes at the end. */
  let ahead: Uint8Array | undefined
  let own: number | undefined
  const look = (): boolean => {
    own ??= nonblockingReader(fd) ?? fd
    if (own === fd) return true
    const buffer = new Uint8Array(MAX_CHUNK)
    const count = readNow(own, buffer)
    if (count !== undefined) ahead = buffer.subarray(0, count)
    return count !== undefined
  }
  return {
    read: (length) => {
      const bytes = ahead ?? new Uint8Array(Math.min(length, MAX_CHUNK))
      const count = ahead === undefined ? asWasi(() => readSome(fd, bytes)) : Math.min(length, ahead.length)
      ahead = ahead !== undefined && count < ahead.length ? ahead.subarray(count) : undefined
      return bytes.subarray(0, count)
    },
    ready: (ns) => {
      if (ahead !== undefined) return true
      const end = process.hrtime.bigint() + ns
      return asWasi(() => {
        while (!look()) {
          const left = end - process.hrtime.bigint()
          if (left <= 0n) return false
          pause(Math.min(Number(left) / 1e6, RETRY_MS))
        }
        return true
      })
    },
    close: () => {
      if (own !== undefined && own !== fd) closeSync(own)
      own = undefined
    },
  }
}

function asWasi<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw toWasiError(error)
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
    const count = readNow(fd, buffer)
    if (count !== undefined) return count
    pause(RETRY_MS)
  }
}

/** 0 at the end; undefined where the descriptor doesn't block and has nothing. */
function readNow(fd: number, buffer: Uint8Array): number | undefined {
  try {
    return readSync(fd, buffer)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EAGAIN') return undefined
    // Windows reports the end of a pipe as an error.
    if (code === 'EOF') return 0
    throw error
  }
}

/** Some streams keep a process alive as long as they are open. */
type Referenced = Readable & { ref?(): unknown; unref?(): unknown }

/**
 * Reads a stream with promises, so that a deadline or a signal can come while the guest waits. It is asked for at the first read, and keeps
 * the process alive only while a guest waits for it. What comes when that has gone is the next guest's.
 */
export function suspendingInput(stream: Readable | (() => Readable)): InputSource {
  let opened: Referenced | undefined
  let chunks: AsyncIterator<unknown> | undefined
  let rest: Uint8Array = NOTHING
  let guests = 0
  /** Whether it has ended. */
  let reading: Promise<boolean> | undefined
  const take = (length: number): Uint8Array => {
    const taken = rest.subarray(0, length)
    rest = rest.subarray(taken.length)
    return taken
  }
  const readOn = async (): Promise<boolean> => {
    chunks ??= opened![Symbol.asyncIterator]()
    try {
      const next = await chunks.next()
      if (next.done !== true) rest = next.value as Uint8Array
      return next.done === true
    } catch (error) {
      throw toWasiError(error)
    } finally {
      reading = undefined
      opened!.unref?.()
    }
  }
  return {
    read: (length) => {
      if (rest.length > 0) return take(length)
      const guest = guests
      opened ??= typeof stream === 'function' ? stream() : stream
      reading ??= readOn()
      opened.ref?.()
      return reading.then((ended) => (ended ? null : guest === guests ? take(length) : NOTHING))
    },
    close: () => {
      guests++
      opened?.unref?.()
    },
  }
}
