// A linear memory: owns its buffer, its capacity and its exact length. Capacity grows by doubling, so that growing page by page stays
// linear; the views have the exact length, so that what lies beyond is out of bounds. Views are replaced on growth: ask for them again.

import { HeddleError } from '../errors/heddle-error.ts'
import { pageSizeOf, type Limits, type MemoryType } from '../syntax/types.ts'
import type { Reservation, Store } from './store.ts'

/** What the interpreter can address, whatever the type of addresses: 4 GiB. */
const MAX_BYTES = 2 ** 32
/** In pages of one byte the size of 4 GiB would not be an i32. */
const MAX_PAGES = 2 ** 32 - 1

export class Memory {
  readonly type: MemoryType
  /** In bytes. */
  readonly pageSize: number
  /** How many pages it may grow to: by its type, or where that has no maximum or a greater one, by what can be addressed. */
  private readonly maxPages: number
  private readonly store: Store | undefined
  private readonly reservation: Reservation | undefined
  private capacity: ArrayBuffer
  /** Exact length in bytes. */
  byteLength = 0
  bytes: Uint8Array
  view: DataView

  private constructor(type: MemoryType, buffer: ArrayBuffer, store?: Store, reservation?: Reservation) {
    this.type = type
    this.pageSize = pageSizeOf(type)
    this.maxPages = Math.min(Number(type.limits.max ?? MAX_PAGES), MAX_BYTES / this.pageSize, MAX_PAGES)
    this.store = store
    this.reservation = reservation
    reservation?.lastAsLongAs(this)
    this.capacity = buffer
    this.byteLength = buffer.byteLength
    this.bytes = new Uint8Array(buffer)
    this.view = new DataView(buffer)
  }

  /** Allocates against the store's quota; what cannot be had is an error with the code MEMORY_QUOTA. */
  static allocate(type: MemoryType, store: Store): Memory {
    const length = Number(type.limits.min) * pageSizeOf(type)
    if (length > MAX_BYTES) {
      throw new HeddleError(
        'MEMORY_QUOTA',
        `a memory of ${length} bytes: the interpreter addresses at most ${MAX_BYTES}`,
      )
    }
    const reservation = store.reserve('memoryBytes', length)
    const buffer = allocateBuffer(length)
    if (buffer === undefined) {
      reservation.giveBack()
      throw new HeddleError('MEMORY_QUOTA', `the host could not allocate a memory of ${length} bytes`)
    }
    return new Memory(type, buffer, store, reservation)
  }

  /** The memory of an instance that has none: every access is out of bounds. */
  static none(): Memory {
    return NO_MEMORY
  }

  static readonly empty = (): Memory =>
    new Memory({ addrType: 'i32', limits: { min: 0, max: 0 }, shared: false }, new ArrayBuffer(0))

  get pages(): number {
    return this.byteLength / this.pageSize
  }

  /** Current size as limits, as import matching compares it. */
  get currentLimits(): Limits {
    return { min: this.pages, max: this.type.limits.max }
  }

  /** Grows by `delta` pages and gives the old size in pages, or −1, with nothing changed, where that cannot be. */
  grow(delta: number): number {
    const old = this.pages
    const pages = old + delta
    if (pages > this.maxPages) return -1
    if (delta === 0) return old
    const { store, reservation, pageSize } = this
    if (store?.limiter !== undefined && !store.limiter('memory', this.byteLength, pages * pageSize)) return -1
    if (reservation === undefined || !reservation.tryExtend(delta * pageSize)) return -1
    if (this.resize(pages * pageSize)) return old
    reservation.reduce(delta * pageSize)
    return -1
  }

  /** Gives back what it takes of the quota at once. Precondition: nobody will use it. */
  giveBack(): void {
    this.reservation?.giveBack()
  }

  private resize(length: number): boolean {
    if (length > this.capacity.byteLength) {
      const max = this.maxPages * this.pageSize
      const roomy = Math.min(Math.max(length, this.capacity.byteLength * 2), Math.max(length, max))
      const buffer = allocateBuffer(roomy) ?? allocateBuffer(length)
      if (buffer === undefined) return false
      new Uint8Array(buffer).set(this.bytes)
      this.capacity = buffer
    }
    this.byteLength = length
    this.bytes = new Uint8Array(this.capacity, 0, length)
    this.view = new DataView(this.capacity, 0, length)
    return true
  }

  /** Whether `length` bytes from `address` on are inside. Both are unsigned and may be any number. */
  contains(address: number, length: number): boolean {
    return address + length <= this.byteLength
  }
}

const NO_MEMORY = Memory.empty()

function allocateBuffer(length: number): ArrayBuffer | undefined {
  try {
    return new ArrayBuffer(length)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
