// Which pages of a memory may differ from the state that instantiation gave it, so that whoever saves a memory need not look at all of it.
// There is a mark, one byte, for each 4 KiB of the memory: 1 where something was written, or may be at any time. A store marks the page of
// its first byte alone. What it may have written into the next page are the first 15 bytes there, so these are compared in every page behind
// a marked one. All other writers mark the pages that they write to. A mark is never taken back.

/** A page has 2^12 bytes, whatever the memory's own pages have. */
export const MARK_SHIFT = 12
const PAGE = 1 << MARK_SHIFT
/** At least what a store of 16 bytes can write beyond the page that it marks. In whole words. */
const REACH = 16

/** What `byteLength` bytes from `address` on were in the beginning; undefined where they were zeros. The bytes are copied at once. */
export type ReadInitial = (address: number, byteLength: number) => Uint8Array | undefined

export interface ChangedPage {
  readonly address: number
  /** Of the memory itself: 4 KiB, or less at its end. */
  readonly bytes: Uint8Array
}

/** No marks, for so many bytes. */
export function createMarks(byteLength: number): Uint8Array {
  return new Uint8Array(Math.ceil(byteLength / PAGE))
}

/** Marks every page that the range touches. It lies inside the memory. */
export function markRange(marks: Uint8Array, address: number, byteLength: number): void {
  if (byteLength === 0) return
  const last = (address + byteLength - 1) >>> MARK_SHIFT
  for (let page = address >>> MARK_SHIFT; page <= last; page++) marks[page] = 1
}

/** The pages that are not as they were in the beginning, by ascending address. Without marks, all are compared. */
export function* changedPages(
  memory: Uint8Array,
  marks: Uint8Array | undefined,
  initial: ReadInitial,
): Generator<ChangedPage, void> {
  const comparison = new Comparison(memory, initial)
  const at = (page: number): ChangedPage => {
    const address = page * PAGE
    return { address, bytes: memory.subarray(address, address + PAGE) }
  }
  const pages = Math.ceil(memory.length / PAGE)
  const next = (from: number): number => {
    const page = marks === undefined ? from : marks.indexOf(1, from)
    return page < 0 || page >= pages ? pages : page
  }
  for (let page = next(0); page < pages;) {
    if (comparison.differs(page * PAGE, PAGE)) yield at(page)
    const following = page + 1
    page = next(following)
    if (following < page && following < pages && comparison.differs(following * PAGE, REACH)) yield at(following)
  }
}

/** Compares a memory with its beginning, word by word. */
class Comparison {
  private readonly memory: Uint8Array
  private readonly initial: ReadInitial
  /** The memory's whole words. */
  private readonly words: Int32Array
  /** A page as it was in the beginning; words, as the initial bytes may lie anywhere. */
  private readonly before = new Int32Array(PAGE / 4)
  private readonly beforeBytes = new Uint8Array(this.before.buffer)

  constructor(memory: Uint8Array, initial: ReadInitial) {
    this.memory = memory
    this.initial = initial
    this.words = new Int32Array(memory.buffer, 0, Math.floor(memory.length / 4))
  }

  /** Whether one of so many bytes is another one than in the beginning; where the memory ends before, of those that there are. */
  differs(address: number, byteLength: number): boolean {
    const length = Math.min(byteLength, this.memory.length - address)
    const initial = this.initial(address, length)
    const first = address / 4
    const count = length >> 2
    if (initial === undefined) {
      const { words } = this
      for (let i = 0; i < count; i++) if (words[first + i] !== 0) return true
    } else {
      this.beforeBytes.set(initial)
      const { words, before } = this
      for (let i = 0; i < count; i++) if (words[first + i] !== before[i]) return true
    }
    // A memory that is counted in bytes may end within a word.
    for (let i = count * 4; i < length; i++) if (this.memory[address + i] !== (initial?.[i] ?? 0)) return true
    return false
  }
}
