// What the host does to a memory while wasm does not run: writes that are reported, writes through views that were handed out, growth. Views
// are not watched: the pages that they show are kept as they were, and compared before wasm goes on.

import type { Memory, MemoryObserver } from '../runtime/memory.ts'
import type { MemoryPart } from '../snapshot/recording-data.ts'

/** Bytes that are compared as one. */
const PAGE = 1024

/** Changed bytes that are nearer to one another than this are told as one. */
const GAP = 8

export class HostWrites implements MemoryObserver {
  private readonly memory: Memory
  /** Reported ranges. */
  private reported: (readonly [from: number, to: number])[] = []
  /** What was in the pages that the host has views of, by their number. */
  private readonly shown = new Map<number, Uint8Array>()
  private buffer: ArrayBufferLike
  /** Whether the host has a view of all: through its buffer, it reaches even what the memory grows by. */
  private isAllShown = false
  private pages: number

  /** From now on. */
  constructor(memory: Memory) {
    this.memory = memory
    this.buffer = memory.bytes.buffer
    this.pages = memory.pages
  }

  handedOut(_memory: Memory, address: number, byteLength: number): void {
    if (byteLength === this.memory.byteLength) this.isAllShown = true
    for (let page = Math.floor(address / PAGE); page * PAGE < address + byteLength; page++) {
      if (!this.shown.has(page)) this.shown.set(page, this.page(page).slice())
    }
  }

  wrote(_memory: Memory, address: number, byteLength: number): void {
    if (byteLength > 0) this.reported.push([address, address + byteLength])
  }

  /** Wasm has run: what is in the memory now is not the host's doing. */
  begin(): void {
    const { bytes, pages } = this.memory
    // Growth may have moved the memory: then nobody can reach it through the views of before.
    if (bytes.buffer !== this.buffer) {
      this.shown.clear()
      this.isAllShown = false
    }
    this.buffer = bytes.buffer
    this.pages = pages
    this.reported = []
    for (const [page, copy] of this.shown) this.keep(page, copy)
    if (this.isAllShown) this.handedOut(this.memory, 0, bytes.length)
  }

  private keep(page: number, copy: Uint8Array): void {
    const now = this.page(page)
    if (now.length === copy.length) copy.set(now)
    else this.shown.set(page, now.slice())
  }

  /** By how many pages the host has grown it since it was last asked. */
  takeGrowth(): number {
    const { pages } = this.memory
    const delta = pages - this.pages
    this.pages = pages
    return delta
  }

  /** What the host has written since it was last asked, in ascending order. */
  takeWrites(): MemoryPart[] {
    if (this.reported.length === 0 && this.shown.size === 0) return []
    const ranges = this.reported
    this.reported = []
    for (const [page, copy] of this.shown) this.compare(page, copy, ranges)
    return merged(ranges).map(([from, to]) => ({ address: from, bytes: this.memory.bytes.slice(from, to) }))
  }

  private compare(page: number, copy: Uint8Array, ranges: (readonly [number, number])[]): void {
    const now = this.page(page)
    if (areEqual(now, copy)) return
    const start = page * PAGE
    let from = -1
    let to = -1
    for (let i = 0; i < copy.length; i++) {
      if (now[i] === copy[i]) continue
      if (from >= 0 && i - to > GAP) {
        ranges.push([start + from, start + to])
        from = -1
      }
      if (from < 0) from = i
      to = i + 1
    }
    if (from < 0) return
    ranges.push([start + from, start + to])
    this.keep(page, copy)
  }

  private page(page: number): Uint8Array {
    return this.memory.bytes.subarray(page * PAGE, (page + 1) * PAGE)
  }
}

/** By words where they lie so; it is nearly always that nothing was written. */
function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length || a.length % 4 !== 0 || a.byteOffset % 4 !== 0) return false
  const words = new Int32Array(a.buffer, a.byteOffset, a.length / 4)
  const others = new Int32Array(b.buffer, b.byteOffset, b.length / 4)
  for (let i = 0; i < words.length; i++) if (words[i] !== others[i]) return false
  return true
}

/** Ranges that overlap or touch as one. */
function merged(ranges: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const result: (readonly [number, number])[] = []
  for (const [from, to] of [...ranges].sort(([a], [b]) => a - b)) {
    const last = result.at(-1)
    if (last === undefined || from > last[1]) result.push([from, to])
    else if (to > last[1]) result[result.length - 1] = [last[0], to]
  }
  return result
}

/** What is not zero, as parts. */
export function partsOf(bytes: Uint8Array): MemoryPart[] {
  const parts: MemoryPart[] = []
  for (let start = 0; start < bytes.length; start += PAGE) {
    const page = bytes.subarray(start, start + PAGE)
    const first = page.findIndex((byte) => byte !== 0)
    if (first < 0) continue
    let end = page.length
    while (page[end - 1] === 0) end--
    parts.push({ address: start + first, bytes: page.slice(first, end) })
  }
  return parts
}
