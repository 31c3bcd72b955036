// The guest's linear memory as WASI sees it: checked regions, and copies between it and lists of buffers.

import { WasiError } from './errno.ts'
import type { Iovec } from './functions.ts'

/** Both are getters: after anything that may grow the memory, ask again and never keep what they gave. */
export interface GuestMemory {
  readonly bytes: Uint8Array
  readonly view: DataView
  /** Told of every region that was written, for those who save or record the memory. */
  readonly wrote?: ((address: number, byteLength: number) => void) | undefined
}

/** For a `WebAssembly.Memory`, or anything with a buffer that changes its identity or its length when it grows. */
export function guestMemory(memory: { readonly buffer: ArrayBufferLike }): GuestMemory {
  let bytes = new Uint8Array(memory.buffer)
  let view = new DataView(memory.buffer)
  // The buffer of the host's own memories is empty once they have grown, unless it is shared: then it need not be asked for, which takes longer
  // than all else here.
  const detaches =
    Object.prototype.toString.call(memory) === '[object WebAssembly.Memory]' && memory.buffer instanceof ArrayBuffer
  const renew = (): void => {
    if (detaches && bytes.byteLength > 0) return
    const { buffer } = memory
    if (bytes.buffer === buffer && bytes.byteLength === buffer.byteLength) return
    bytes = new Uint8Array(buffer)
    view = new DataView(buffer)
  }
  return {
    get bytes(): Uint8Array {
      renew()
      return bytes
    },
    get view(): DataView {
      renew()
      return view
    },
  }
}

/** Throws EFAULT unless the region is inside the memory and its start aligned. All are non-negative integers. */
export function checkRegion(memory: GuestMemory, ptr: number, byteLength: number, align = 1): void {
  if (ptr % align !== 0 || ptr + byteLength > memory.bytes.byteLength) throw new WasiError('fault')
}

/** All that is written to the guest goes through here and the next, or through `Abi`. The region was checked. */
export function writeBytes(memory: GuestMemory, address: number, bytes: Uint8Array): void {
  if (bytes.length === 0) return
  memory.bytes.set(bytes, address)
  memory.wrote?.(address, bytes.length)
}

/** The first `length` characters of a text of ASCII: an encoder's call takes many times as long for a name. */
export function writeAscii(memory: GuestMemory, address: number, text: string, length: number): void {
  const { bytes } = memory
  for (let i = 0; i < length; i++) bytes[address + i] = text.charCodeAt(i)
  if (length > 0) memory.wrote?.(address, length)
}

export function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false
  return true
}

export function totalLength(iovs: readonly Iovec[]): number {
  let total = 0
  for (const { buf_len } of iovs) total += buf_len
  return total
}

/** What the guest wants written, at most `limit` bytes: a view of its memory where one buffer holds them all. */
export function gather(memory: GuestMemory, iovs: readonly Iovec[], limit: number): Uint8Array {
  const { bytes } = memory
  const only = iovs.length === 1 ? iovs[0] : undefined
  if (only !== undefined) return bytes.subarray(only.buf, only.buf + Math.min(only.buf_len, limit))
  const gathered = new Uint8Array(Math.min(totalLength(iovs), limit))
  let at = 0
  for (const { buf, buf_len } of iovs) {
    if (at === gathered.length) break
    const length = Math.min(buf_len, gathered.length - at)
    gathered.set(bytes.subarray(buf, buf + length), at)
    at += length
  }
  return gathered
}

/** Fills the guest's buffers in order; `source` is not longer than they are together. */
export function scatter(memory: GuestMemory, iovs: readonly Iovec[], source: Uint8Array): void {
  let at = 0
  for (const { buf, buf_len } of iovs) {
    if (at === source.length) return
    const piece = source.subarray(at, at + buf_len)
    writeBytes(memory, buf, piece)
    at += piece.length
  }
}
