// What a program prints lies in its memory: as WASI has it, the arguments of the call lead to a list of buffers. Where they do, a recording need
// not have the bytes.

import type { Value } from '../runtime/value.ts'
import type { Memory } from '../runtime/memory.ts'

/** More than any call writes at once. */
const MAX_BYTES = 2 ** 30

/** The first `count` bytes of the buffers whose list the second and third argument give; undefined where there is no such thing. */
export function shownByBuffers(args: readonly Value[], memory: Memory, count: number): Uint8Array | undefined {
  const [, list, length] = args
  if (list === undefined || length === undefined || count > MAX_BYTES) return undefined
  const { view, bytes } = memory
  const buffers: Uint8Array[] = []
  let left = count
  for (let i = 0, entry = list.lo >>> 0; left > 0; i++, entry += 8) {
    if (i >= length.lo >>> 0 || entry + 8 > bytes.length) return undefined
    const start = view.getUint32(entry, true)
    const size = Math.min(view.getUint32(entry + 4, true), left)
    if (start + size > bytes.length) return undefined
    buffers.push(bytes.subarray(start, start + size))
    left -= size
  }
  return joined(buffers, count)
}

function joined(buffers: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length)
  let at = 0
  for (const buffer of buffers) {
    all.set(buffer, at)
    at += buffer.length
  }
  return all
}

export function isShownByBuffers(args: readonly Value[], memory: Memory, bytes: Uint8Array): boolean {
  const shown = shownByBuffers(args, memory, bytes.length)
  return shown !== undefined && shown.every((byte, i) => byte === bytes[i])
}
