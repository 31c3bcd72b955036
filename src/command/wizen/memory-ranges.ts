// Which stretches of memories data segments must hold: all bytes that are not zero, in as few bytes of module as there can be, and in no
// more segments than a module may have.

/** Bytes `start` to `end` of a memory. */
interface MemoryRange {
  readonly memIdx: number
  readonly start: number
  readonly end: number
}

/** So many words of zeros are not left out: a segment takes as much besides its bytes. */
const KEPT_ZERO_WORDS = 2

/** More ranges than this many times the limit are not kept while the memories are read. */
const SLACK = 4

/** In order of memories and addresses. `limit`: how many there may be, but for one in each memory. */
export function nonZeroRanges(memories: readonly Uint8Array[], limit: number): MemoryRange[] {
  let ranges: MemoryRange[] = []
  memories.forEach((bytes, memIdx) => {
    findRanges(bytes, (start, end) => {
      ranges.push({ memIdx, start, end })
      if (ranges.length > Math.max(SLACK * limit, SLACK)) ranges = closeGaps(ranges, limit)
    })
  })
  return closeGaps(ranges, limit)
}

/** Goes through the words, and tells the bytes at both ends apart. */
function findRanges(bytes: Uint8Array, found: (start: number, end: number) => void): void {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2)
  const count = words.length
  let word = 0
  for (;;) {
    while (word < count && words[word] === 0) word++
    if (word === count) break
    const first = word
    let last = word
    for (word++; word < count && word - last <= KEPT_ZERO_WORDS; word++) if (words[word] !== 0) last = word
    found(...trimmed(bytes, first * 4, last * 4 + 4))
  }
  const tail = bytes.subarray(count * 4)
  if (tail.some((byte) => byte !== 0)) found(...trimmed(bytes, count * 4, bytes.length))
}

/** Without the zeros at the ends. Precondition: there is something between them. */
function trimmed(bytes: Uint8Array, from: number, to: number): readonly [start: number, end: number] {
  let [start, end] = [from, to]
  while (bytes[start] === 0) start++
  while (bytes[end - 1] === 0) end--
  return [start, end]
}

/** No more than `limit` ranges, as far as that can be: the smallest gaps are closed. */
function closeGaps(ranges: MemoryRange[], limit: number): MemoryRange[] {
  const excess = ranges.length - limit
  if (excess <= 0) return ranges
  const gaps = ranges.map((range, i) => gapBefore(range, ranges[i - 1]))
  const closed = new Set(
    gaps
      .map((_, i) => i)
      .filter((i) => gaps[i] !== Infinity)
      .sort((a, b) => gaps[a]! - gaps[b]!)
      .slice(0, excess),
  )
  const merged: MemoryRange[] = []
  ranges.forEach((range, i) => {
    const last = merged.at(-1)
    if (closed.has(i) && last !== undefined) merged[merged.length - 1] = { ...last, end: range.end }
    else merged.push(range)
  })
  return merged
}

function gapBefore({ memIdx, start }: MemoryRange, previous: MemoryRange | undefined): number {
  return previous?.memIdx === memIdx ? start - previous.end : Infinity
}
