// A linear memory: owns its buffer, its capacity and its exact length. Capacity grows by doubling, so that growing page by page stays
// linear; the views have the exact length, so that what lies beyond is out of bounds. Views are replaced on growth: ask for them again.
// A shared memory never moves; others may grow it, which is seen at the latest when something would be out of bounds.
// Whoever writes to its bytes says so, each in a way of its own: `marks` for a single store, `mark` inside the engine, `wrote` outside.

import { HeddleError } from '../errors/heddle-error.ts'
import { pageSizeOf, type Limits, type MemoryType } from '../syntax/types.ts'
import type { Module } from '../syntax/module.ts'
import { AtomicCells } from './atomics.ts'
import { changedPages, createMarks, markRange, type ChangedPage, type ReadInitial } from './dirty-pages.ts'
import { InitialContent, initialBytesAllowed } from './initial-content.ts'
import { SharedBytes, type SharedMemoryData } from './memory-sharing.ts'
import type { Reservation, Store } from './store.ts'

/** What the interpreter can address, whatever the type of addresses: 4 GiB. */
const MAX_BYTES = 2 ** 32
/** In pages of one byte the size of 4 GiB would not be an i32. */
const MAX_PAGES = 2 ** 32 - 1

/** Is told what happens to a memory from outside of wasm. */
export interface MemoryObserver {
  /** The host was given these bytes, and may write to them at any time from now on, without saying so. */
  readonly handedOut: (memory: Memory, address: number, byteLength: number) => void
  /** The host has written these bytes. */
  readonly wrote: (memory: Memory, address: number, byteLength: number) => void
  /** The host has grown the memory by so many pages. */
  readonly grew?: ((memory: Memory, delta: number) => void) | undefined
}

export class Memory {
  readonly type: MemoryType
  /** In bytes. */
  readonly pageSize: number
  /** How many pages it may grow to: by its type, or where that has no maximum or a greater one, by what can be addressed. */
  private readonly maxPages: number
  readonly store: Store | undefined
  private readonly reservation: Reservation | undefined
  private capacity: ArrayBufferLike
  /** What other agents see, too. */
  private readonly shared: SharedBytes | undefined
  private atomicCells: AtomicCells | undefined
  /** Exact length in bytes; of a shared memory, as it was when somebody last looked. */
  byteLength = 0
  bytes: Uint8Array
  view: DataView
  /** Which pages were written to: see dirty-pages.ts. A store sets its page's to 1. Replaced on growth, like the views. */
  marks: Uint8Array
  /** Whether what has no mark was not written to. */
  private marksAreComplete = true
  /** What active data segments have written. */
  readonly initial: InitialContent = new InitialContent()
  observer: MemoryObserver | undefined

  private constructor(type: MemoryType, content: ArrayBuffer | SharedBytes, store?: Store, reservation?: Reservation) {
    this.type = type
    this.pageSize = pageSizeOf(type)
    this.maxPages = Math.min(Number(type.limits.max ?? MAX_PAGES), MAX_BYTES / this.pageSize, MAX_PAGES)
    this.shared = content instanceof SharedBytes ? content : undefined
    const buffer = content instanceof SharedBytes ? content.buffer : content
    const length = this.shared === undefined ? buffer.byteLength : this.shared.pages * this.pageSize
    this.store = store
    this.reservation = reservation
    reservation?.lastAsLongAs(this)
    this.capacity = buffer
    this.byteLength = length
    this.bytes = new Uint8Array(buffer, 0, length)
    this.view = new DataView(buffer, 0, length)
    this.marks = createMarks(buffer.byteLength)
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
    try {
      const content = type.shared ? SharedBytes.allocate(type, store.limits.memoryBytes) : allocateBuffer(length)
      if (content !== undefined) return new Memory(type, content, store, reservation)
    } catch (error) {
      reservation.giveBack()
      throw error
    }
    reservation.giveBack()
    throw new HeddleError('MEMORY_QUOTA', `the host could not allocate a memory of ${length} bytes`)
  }

  /** A shared memory that another agent has handed over; its bytes count in this store, too. */
  static fromShared(data: SharedMemoryData, store: Store): Memory {
    const shared = SharedBytes.from(data)
    const reservation = store.reserve('memoryBytes', shared.pages * pageSizeOf(data.type))
    const memory = new Memory(data.type, shared, store, reservation)
    memory.markAll()
    return memory
  }

  /** The memory of an instance that has none: every access is out of bounds. */
  static none(): Memory {
    return NO_MEMORY
  }

  static readonly empty = (): Memory =>
    new Memory({ addrType: 'i32', limits: { min: 0, max: 0 }, shared: false }, new ArrayBuffer(0))

  get pages(): number {
    return this.shared?.pages ?? this.byteLength / this.pageSize
  }

  /** What another agent needs to have the same memory. Undefined where it is not shared. */
  share(): SharedMemoryData | undefined {
    if (this.shared !== undefined) this.markAll()
    return this.shared?.share(this.type)
  }

  /** The bytes as cells for atomic accesses. They may go on beyond the memory's length. */
  get cells(): AtomicCells {
    if (this.atomicCells?.buffer !== this.capacity) this.atomicCells = new AtomicCells(this.capacity)
    return this.atomicCells
  }

  /** Takes notice of what other agents have grown the memory by; gives whether they have. */
  refresh(): boolean {
    const { shared, byteLength } = this
    const length = shared === undefined ? byteLength : shared.pages * this.pageSize
    if (length === byteLength) return false
    this.reservation?.extend(length - byteLength)
    this.showLength(length)
    return true
  }

  /** Current size as limits, as import matching compares it. */
  get currentLimits(): Limits {
    return { min: this.pages, max: this.type.limits.max }
  }

  /** Grows by `delta` pages and gives the old size in pages, or −1, with nothing changed, where that cannot be. */
  grow(delta: number): number {
    for (;;) {
      this.refresh()
      const old = this.tryGrow(delta)
      if (old !== undefined) return old
    }
  }

  /** Undefined where another agent was faster, or the limiter itself. */
  private tryGrow(delta: number): number | undefined {
    const old = this.byteLength / this.pageSize
    const pages = old + delta
    if (pages > this.maxPages) return -1
    if (delta === 0) return old
    const { store, reservation, pageSize } = this
    if (store?.limiter !== undefined && !store.limiter('memory', this.byteLength, pages * pageSize)) return -1
    if (this.byteLength !== old * pageSize) return undefined
    if (reservation === undefined || !reservation.tryExtend(delta * pageSize)) return -1
    const { shared } = this
    const done = shared === undefined ? this.makeRoom(pages * pageSize) : shared.hasRoom(pages)
    const overtaken = done && shared !== undefined && !shared.tryGrow(old, pages)
    if (done && !overtaken) {
      this.showLength(pages * pageSize)
      return old
    }
    reservation.reduce(delta * pageSize)
    if (!done && shared === undefined && store?.growsByQuota === true) {
      throw new HeddleError('HOST_MEMORY', `the host has no memory to grow one to ${pages * pageSize} bytes`)
    }
    return overtaken ? undefined : -1
  }

  /** Gives back what it takes of the quota at once. Precondition: nobody will use it. */
  giveBack(): void {
    this.reservation?.giveBack()
  }

  /** Whether there is room for so many bytes, or could be made. */
  private makeRoom(length: number): boolean {
    if (length <= this.capacity.byteLength) return true
    const max = this.maxPages * this.pageSize
    const roomy = Math.min(Math.max(length, this.capacity.byteLength * 2), Math.max(length, max))
    const buffer = allocateBuffer(roomy) ?? allocateBuffer(length)
    if (buffer === undefined) return false
    new Uint8Array(buffer).set(this.bytes)
    this.capacity = buffer
    const marks = createMarks(buffer.byteLength)
    marks.set(this.marks)
    this.marks = marks
    return true
  }

  private showLength(length: number): void {
    this.byteLength = length
    this.bytes = new Uint8Array(this.capacity, 0, length)
    this.view = new DataView(this.capacity, 0, length)
  }

  /** Says that these bytes, which are inside, were or will be written to. */
  mark(address: number, byteLength: number): void {
    markRange(this.marks, address, byteLength)
  }

  /** Says that all bytes may be written to at any time, by somebody who leaves no marks; those that it will grow by, too. */
  markAll(): void {
    this.marksAreComplete = false
  }

  /** Says that these bytes were written from outside of wasm. */
  wrote(address: number, byteLength: number): void {
    this.mark(address, byteLength)
    this.observer?.wrote(this, address, byteLength)
  }

  /** Bytes, which are inside, for the host, which may write to them at any time. */
  handOut(address: number, byteLength: number): Uint8Array {
    this.mark(address, byteLength)
    this.observer?.handedOut(this, address, byteLength)
    return this.bytes.subarray(address, address + byteLength)
  }

  /** Says that the host has a view of all the bytes: through its buffer, it reaches even those that the memory grows by. */
  handOutAll(): void {
    this.markAll()
    this.observer?.handedOut(this, 0, this.byteLength)
  }

  /** Writes an active data segment, which is inside, and belongs to the memory's initial state from now on. */
  initialize(module: Module, dataIdx: number, address: number): void {
    const { bytes } = module.datas[dataIdx]!
    this.bytes.set(bytes, address)
    if (this.initial.byteLength + bytes.length > initialBytesAllowed(this)) this.keepInitial(() => false)
    this.initial.add(module, dataIdx, address)
    this.observer?.wrote(this, address, bytes.length)
  }

  /** Makes what the segments of all modules but these have written no part of the initial state. */
  keepInitial(isKept: (module: Module) => boolean): void {
    this.initial.keepOnly(isKept, (address, byteLength) => this.mark(address, byteLength))
  }

  /**
   * The pages of 4 KiB that are not as `readInitial` has them, by ascending address; not copied. Only pages that may have been written to are
   * compared, so that what it gives must be right for the others: zeros, and what `initial` has.
   */
  changedPages(
    readInitial: ReadInitial = (address, length) => this.initial.read(address, length),
  ): Iterable<ChangedPage> {
    this.refresh()
    return changedPages(this.bytes, this.marksAreComplete ? this.marks : undefined, readInitial)
  }

  /** Whether `length` bytes from `address` on are inside. Both are unsigned and may be any number. */
  contains(address: number, length: number): boolean {
    return address + length <= this.byteLength || (this.refresh() && address + length <= this.byteLength)
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
