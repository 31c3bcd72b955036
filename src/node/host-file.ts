// An open regular file of this machine, by its descriptor.

import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  futimesSync,
  readSync,
  writeSync,
  type BigIntStats,
} from 'node:fs'
import { WasiError, type FileStat, type FileTimes, type OpenFile } from '../wasi.ts'
import type { OpenedFile } from './held-folder.ts'
import type { HostMount } from './host-mount.ts'
import { system } from './system-error.ts'

const { O_APPEND, O_WRONLY } = constants

/** Reads of no more than this share one buffer. */
const BUFFER_BYTES = 64 * 1024

export class HostFile implements OpenFile {
  readonly kind = 'file'
  readonly #mount: HostMount
  readonly #fd: number
  readonly #openAgain: OpenedFile['openAgain']
  readonly #isWritable: boolean
  /** Opened at the first append, so that another process that appends is not overwritten. */
  #appending: number | undefined
  #isOpen = true

  constructor({ fd, openAgain }: OpenedFile, isWritable: boolean, mount: HostMount) {
    this.#mount = mount
    this.#fd = fd
    this.#openAgain = openAgain
    this.#isWritable = isWritable
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    system(() => {
      try {
        if (this.#appending !== undefined) closeSync(this.#appending)
      } finally {
        closeSync(this.#fd)
      }
    })
  }

  stat(): FileStat {
    return this.#mount.stat(system(() => fstatSync(this.#fd, { bigint: true })))
  }

  setTimes(times: FileTimes): void {
    this.#mount.checkWritable()
    system(() => {
      const stat = (): BigIntStats => fstatSync(this.#fd, { bigint: true })
      this.#mount.times.set(times, stat, (atim, mtim) => futimesSync(this.#fd, atim, mtim))
    })
  }

  read(position: number, length: number): Uint8Array {
    return system(() => {
      const buffer = this.#buffer(position, length)
      return buffer.subarray(0, readSync(this.#fd, buffer, 0, Math.min(length, buffer.length), position))
    })
  }

  /** What is asked for may be far more than there is. Files that say they are empty may not be (/proc). */
  #buffer(position: number, length: number): Uint8Array {
    if (length <= BUFFER_BYTES) return (this.#mount.buffer ??= new Uint8Array(BUFFER_BYTES))
    const left = Math.max(fstatSync(this.#fd).size - position, BUFFER_BYTES)
    return new Uint8Array(Math.min(length, left))
  }

  write(position: number, bytes: Uint8Array): number {
    return this.#writeAll(this.#fd, position, bytes)
  }

  append(bytes: Uint8Array): number {
    this.#checkWritable()
    if (this.#openAgain === undefined)
      return this.write(
        system(() => fstatSync(this.#fd).size),
        bytes,
      )
    const openAgain = this.#openAgain
    this.#appending ??= system(() => openAgain(O_WRONLY | O_APPEND))
    return this.#writeAll(this.#appending, null, bytes)
  }

  /** The guest's memory itself is handed to the system. */
  #writeAll(fd: number, position: number | null, bytes: Uint8Array): number {
    this.#checkWritable()
    let written = 0
    try {
      while (written < bytes.length) {
        const at = position === null ? null : position + written
        const count = system(() => writeSync(fd, bytes, written, bytes.length - written, at))
        if (count === 0) break
        written += count
      }
    } catch (error) {
      // What has been written is the answer; why there is no more, the next call will hear.
      if (written === 0) throw error
    }
    return written
  }

  setSize(size: number): void {
    this.#checkWritable()
    system(() => ftruncateSync(this.#fd, size))
  }

  /** The size is reached; whether there is room on the disk, writing shows. */
  allocate(offset: number, length: number): void {
    this.#checkWritable()
    system(() => {
      if (fstatSync(this.#fd).size < offset + length) ftruncateSync(this.#fd, offset + length)
    })
  }

  sync(dataOnly: boolean): void {
    system(() => (dataOnly ? fdatasyncSync(this.#fd) : fsyncSync(this.#fd)))
  }

  /** As POSIX has it, writing and changing the size need a file that was opened to be written. */
  #checkWritable(): void {
    this.#mount.checkWritable()
    if (!this.#isWritable) throw new WasiError('badf')
  }
}
