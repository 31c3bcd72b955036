// The guest's memory for an interposer: copies in and out, checked. What is out of bounds is EFAULT, for the guest's call too unless it is caught.

import { checkRegion, gather, scatter, totalLength, writeBytes } from './memory.ts'
import type { GuestMemory } from './memory.ts'
import type { GuestBuffer } from './named-values.ts'
import type { Iovec } from './functions.ts'
import { WasiError } from './errno.ts'

const decoder = new TextDecoder()

export class GuestBytes {
  readonly #memory: () => GuestMemory

  constructor(memory: () => GuestMemory) {
    this.#memory = memory
  }

  /** A copy. */
  read(ptr: number, length: number): Uint8Array {
    this.#check(ptr, length)
    return this.#memory().bytes.slice(ptr, ptr + length)
  }

  /** UTF-8; what is none is replaced. */
  string(ptr: number, length: number): string {
    return decoder.decode(this.read(ptr, length))
  }

  write(ptr: number, bytes: Uint8Array): void {
    this.#check(ptr, bytes.length)
    writeBytes(this.#memory(), ptr, bytes)
  }

  /** All that a call would write: a copy of what is in the buffers of `fd_write` and its like, one behind the other. */
  gather(buffers: readonly GuestBuffer[]): Uint8Array {
    return gather(this.#memory(), this.#iovs(buffers), Infinity).slice()
  }

  /** Fills the buffers of `fd_read` and its like in order, and gives how many bytes found room. */
  scatter(buffers: readonly GuestBuffer[], bytes: Uint8Array): number {
    const iovs = this.#iovs(buffers)
    const moved = Math.min(bytes.length, totalLength(iovs))
    scatter(this.#memory(), iovs, bytes.subarray(0, moved))
    return moved
  }

  #iovs(buffers: readonly GuestBuffer[]): readonly Iovec[] {
    return buffers.map(({ ptr, length }) => {
      this.#check(ptr, length)
      return { buf: ptr, buf_len: length }
    })
  }

  #check(ptr: number, length: number): void {
    if (!Number.isInteger(ptr) || !Number.isInteger(length) || ptr < 0 || length < 0) throw new WasiError('fault')
    checkRegion(this.#memory(), ptr, length)
  }
}
