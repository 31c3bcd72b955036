// What several agents have in common of a shared memory: the bytes, reserved up to the maximum so that they never move, and how many pages
// of them are in use. Whoever grows it swaps that number; the others find it when they look.

import { HeddleError, UsageError } from '../errors/heddle-error.ts'
import { pageSizeOf, type MemoryType } from '../syntax/types.ts'
import { memoryFault } from '../validate/limits.ts'

/**
 * A shared memory as it is handed to another thread: it can be posted to a worker, which makes a Memory of it with `Memory.fromShared`.
 * What is in it is the engine's own business.
 */
export interface SharedMemoryData {
  readonly heddle: 'shared memory'
  readonly type: MemoryType
  readonly bytes: SharedArrayBuffer
  /** One int32: pages in use. */
  readonly pages: SharedArrayBuffer
}

export class SharedBytes {
  readonly buffer: SharedArrayBuffer
  private readonly pagesBuffer: SharedArrayBuffer
  private readonly cell: Int32Array
  private readonly pageSize: number

  private constructor(type: MemoryType, buffer: SharedArrayBuffer, pages: SharedArrayBuffer) {
    this.pageSize = pageSizeOf(type)
    this.buffer = buffer
    this.pagesBuffer = pages
    this.cell = new Int32Array(pages)
  }

  /**
   * Reserves the maximum, or `mostBytes` where that is less; a host that refuses is asked for half as much, down to what is needed at
   * once. It commits what is touched. Undefined where not even that can be had.
   */
  static allocate(type: MemoryType, mostBytes: number): SharedBytes | undefined {
    if (typeof SharedArrayBuffer === 'undefined') {
      throw new HeddleError(
        'NO_SHARED_MEMORY',
        'this host has no SharedArrayBuffer, which a shared memory needs (a page in a browser must be cross-origin isolated)',
      )
    }
    const pageSize = pageSizeOf(type)
    const min = Number(type.limits.min)
    const least = min * pageSize
    let capacity = Math.max(least, Math.min(Number(type.limits.max ?? min) * pageSize, mostBytes))
    let buffer = reserve(capacity)
    while (buffer === undefined && capacity > least) {
      capacity = Math.max(least, Math.floor(capacity / 2 / pageSize) * pageSize)
      buffer = reserve(capacity)
    }
    if (buffer === undefined) return undefined
    const shared = new SharedBytes(type, buffer, new SharedArrayBuffer(4))
    shared.cell[0] = min
    return shared
  }

  /** What another thread has handed over. It comes from outside: throws a UsageError where it is something else. */
  static from(data: SharedMemoryData): SharedBytes {
    if (!isData(data))
      throw new UsageError('the data of a shared memory is what Memory.share() gives, posted to another thread')
    return new SharedBytes(data.type, data.bytes, data.pages)
  }

  share(type: MemoryType): SharedMemoryData {
    return { heddle: 'shared memory', type, bytes: this.buffer, pages: this.pagesBuffer }
  }

  /** Pages in use, as all agents see it at this moment: never more than there is, whatever another agent has written there. */
  get pages(): number {
    return Math.min(Atomics.load(this.cell, 0) >>> 0, Math.floor(this.buffer.byteLength / this.pageSize))
  }

  /** Whether so many pages were reserved. */
  hasRoom(pages: number): boolean {
    return pages * this.pageSize <= this.buffer.byteLength
  }

  /** Whether the memory had `from` pages, and has `to` from now on: false where somebody else has been faster. */
  tryGrow(from: number, to: number): boolean {
    return Atomics.compareExchange(this.cell, 0, from | 0, to | 0) === (from | 0)
  }
}

function reserve(byteLength: number): SharedArrayBuffer | undefined {
  try {
    return new SharedArrayBuffer(byteLength)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function isData(data: unknown): data is SharedMemoryData {
  const { heddle, type, bytes, pages } = (data ?? {}) as Partial<SharedMemoryData>
  if (heddle !== 'shared memory' || !isSharedType(type) || !isShared(bytes) || !isShared(pages)) return false
  if (pages.byteLength !== 4) return false
  return new Uint32Array(pages)[0]! * pageSizeOf(type) <= bytes.byteLength
}

function isSharedType(type: Partial<MemoryType> | undefined): type is MemoryType {
  const { addrType, limits, shared } = type ?? {}
  if (shared !== true || (addrType !== 'i32' && addrType !== 'i64')) return false
  return isSize(limits?.min) && isSize(limits?.max) && memoryFault(type as MemoryType) === undefined
}

function isSize(value: unknown): boolean {
  return typeof value === 'bigint' ? value >= 0n : Number.isSafeInteger(value) && (value as number) >= 0
}

/** It may be of another realm. */
function isShared(value: unknown): value is SharedArrayBuffer {
  return Object.prototype.toString.call(value) === '[object SharedArrayBuffer]'
}
