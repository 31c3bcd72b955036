// What atomic accesses do to a memory, for all tiers: the host's Atomics on typed arrays over the memory's buffer, which are atomic where
// the buffer is shared and do the same where it is not. Addresses are checked by whoever calls.
// https://github.com/WebAssembly/threads/blob/main/proposals/threads/Overview.md#atomic-memory-accesses

import type { AtomicAccess } from '../instructions/define.ts'

type NarrowCells = Uint8Array | Uint16Array | Int32Array

/** The buffer of a memory as cells of each width. Hosts are little-endian, as memories are. */
export class AtomicCells {
  readonly buffer: ArrayBufferLike
  readonly bytes: Uint8Array
  readonly halves: Uint16Array
  readonly words: Int32Array
  readonly doubles: BigInt64Array

  constructor(buffer: ArrayBufferLike) {
    const { byteLength } = buffer
    this.buffer = buffer
    this.bytes = new Uint8Array(buffer)
    this.halves = new Uint16Array(buffer, 0, Math.floor(byteLength / 2))
    this.words = new Int32Array(buffer, 0, Math.floor(byteLength / 4))
    this.doubles = new BigInt64Array(buffer, 0, Math.floor(byteLength / 8))
  }

  narrow(width: 1 | 2 | 4): NarrowCells {
    return width === 4 ? this.words : width === 2 ? this.halves : this.bytes
  }
}

/**
 * `value` and `replacement` are wrapped to the cells' width; the result is what was there before, zero-extended from one or two bytes
 * and an int32 from four. A comparison is with the first, which the second replaces. Storing gives nothing of use.
 */
type NarrowAccess = (cells: NarrowCells, index: number, value: number, replacement: number) => number
type WideAccess = (cells: BigInt64Array, index: number, value: bigint, replacement: bigint) => bigint

export const NARROW_ACCESS: Readonly<Record<AtomicAccess, NarrowAccess>> = {
  load: (cells, i) => Atomics.load(cells, i),
  store: (cells, i, value) => Atomics.store(cells, i, value),
  add: (cells, i, value) => Atomics.add(cells, i, value),
  sub: (cells, i, value) => Atomics.sub(cells, i, value),
  and: (cells, i, value) => Atomics.and(cells, i, value),
  or: (cells, i, value) => Atomics.or(cells, i, value),
  xor: (cells, i, value) => Atomics.xor(cells, i, value),
  xchg: (cells, i, value) => Atomics.exchange(cells, i, value),
  cmpxchg: (cells, i, expected, value) => Atomics.compareExchange(cells, i, expected, value),
}

export const WIDE_ACCESS: Readonly<Record<AtomicAccess, WideAccess>> = {
  load: (cells, i) => Atomics.load(cells, i),
  store: (cells, i, value) => Atomics.store(cells, i, value),
  add: (cells, i, value) => Atomics.add(cells, i, value),
  sub: (cells, i, value) => Atomics.sub(cells, i, value),
  and: (cells, i, value) => Atomics.and(cells, i, value),
  or: (cells, i, value) => Atomics.or(cells, i, value),
  xor: (cells, i, value) => Atomics.xor(cells, i, value),
  xchg: (cells, i, value) => Atomics.exchange(cells, i, value),
  cmpxchg: (cells, i, expected, value) => Atomics.compareExchange(cells, i, expected, value),
}

/** Orders what comes before it in all threads: the host has no fence, but an exchange on memory that it shares is one. */
export function fence(): void {
  if (fenceCell !== undefined) Atomics.exchange(fenceCell, 0, 0)
}

const fenceCell = typeof SharedArrayBuffer === 'undefined' ? undefined : new Int32Array(new SharedArrayBuffer(4))
