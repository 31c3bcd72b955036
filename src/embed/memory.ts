// A linear memory as JavaScript sees it, with the typed access that host functions want: text, bytes, C strings.

import { UsageError } from '../errors/heddle-error.ts'
import { Memory as RuntimeMemory } from '../runtime/memory.ts'
import type { SharedMemoryData } from '../runtime/memory-sharing.ts'
import { Store } from '../runtime/store.ts'
import { sha256 } from '../snapshot/sha256.ts'
import type { AddrType } from '../syntax/types.ts'
import { once } from './once.ts'
import { checkedSize, checkedAddress } from './sizes.ts'

/** As wasm hands it out: a number where it is an i32, a bigint where it is an i64. */
export type Address = number | bigint

const decoder = new TextDecoder()
const encoder = new TextEncoder()

const memories = new WeakMap<RuntimeMemory, Memory>()

/**
 * A linear memory. Views are of the moment: after the memory has grown, ask again. Those of a shared memory stay good for the bytes that
 * they show.
 */
export class Memory {
  /** The memory of the store; for the engine's own use. */
  readonly runtime: RuntimeMemory

  private constructor(runtime: RuntimeMemory) {
    this.runtime = runtime
  }

  /** For the engine: the one Memory of a memory of the store. */
  static of(runtime: RuntimeMemory): Memory {
    return once(memories, runtime, () => new Memory(runtime))
  }

  /** The shared memory that another thread has handed over; it counts in `store`, by default one of its own. */
  static fromShared(data: SharedMemoryData, store: Store = new Store()): Memory {
    return Memory.of(RuntimeMemory.fromShared(data, store))
  }

  /** What another thread needs to have this memory, too: post it there, and give it to `Memory.fromShared`. */
  share(): SharedMemoryData {
    const data = this.runtime.share()
    if (data === undefined) {
      throw new UsageError(
        'the memory is not shared: its type must say so, as in (memory 1 2 shared)',
        'UNSHARED_MEMORY',
      )
    }
    return data
  }

  /** Whether several threads can have it. */
  get shared(): boolean {
    return this.runtime.type.shared
  }

  /** Size in bytes. */
  get byteLength(): number {
    return this.current.byteLength
  }

  /** What its addresses are to wasm. */
  get address(): AddrType {
    return this.runtime.type.addrType
  }

  /** In bytes: 64 KiB, or 1 with the proposal custom-page-sizes. */
  get pageSize(): number {
    return this.runtime.pageSize
  }

  /** Size in pages. */
  get pages(): number {
    return this.runtime.pages
  }

  /** The whole memory, not copied. Whoever has asked for this once makes snapshots look at all of it: `slice` and `write` are narrower. */
  get bytes(): Uint8Array {
    const { current } = this
    current.handOutAll()
    return current.bytes
  }

  /** The same as a DataView. */
  get view(): DataView {
    const { current } = this
    current.handOutAll()
    return current.view
  }

  /** `length` bytes from `address` on, not copied. Throws where they are not inside. What lies beside them is not to be written. */
  slice(address: Address, length: Address): Uint8Array {
    const { start, count } = this.inside(address, length)
    return this.runtime.handOut(start, count)
  }

  /** The text in `length` bytes of UTF-8 from `address` on. */
  string(address: Address, length: Address): string {
    const { start, count } = this.inside(address, length)
    // Some hosts refuse to decode views of memory that may be shared or resized: a copy is always fine.
    return decoder.decode(this.runtime.bytes.slice(start, start + count))
  }

  /** The text from `address` up to the next zero byte, as C writes it. */
  cString(address: Address): string {
    const start = checkedAddress(address, 'an address')
    const end = this.current.bytes.indexOf(0, start)
    if (end < 0) throw new UsageError(`no zero byte after address ${start}`, 'OUT_OF_BOUNDS')
    return this.string(start, end - start)
  }

  /** Writes bytes, or text as UTF-8, and gives how many bytes that were. */
  write(address: Address, data: Uint8Array | string): number {
    const bytes = typeof data === 'string' ? encoder.encode(data) : data
    const { start, count } = this.inside(address, bytes.length)
    this.runtime.bytes.set(bytes, start)
    this.runtime.wrote(start, count)
    return count
  }

  /** SHA-256 of all its bytes, in hexadecimal digits: equal contents have it on every host. */
  hash(): string {
    return sha256(this.current.bytes)
  }

  /** Grows by `delta` pages; gives the old size in pages, or −1 where that cannot be. */
  grow(delta: number): number {
    const pages = checkedSize(delta, 'the number of pages')
    const old = this.runtime.grow(pages)
    if (old >= 0) this.runtime.observer?.grew?.(this.runtime, pages)
    return old
  }

  /** Throws where the range is not inside. */
  private inside(address: Address, length: Address): { readonly start: number; readonly count: number } {
    const start = checkedAddress(address, 'an address')
    const count = checkedAddress(length, 'a length')
    if (!this.runtime.contains(start, count)) {
      throw new UsageError(
        `address ${start} + ${count} is outside of a memory of ${this.byteLength} bytes`,
        'OUT_OF_BOUNDS',
      )
    }
    return { start, count }
  }

  /** The memory as it is now, whoever has grown it. */
  private get current(): RuntimeMemory {
    this.runtime.refresh()
    return this.runtime
  }
}
