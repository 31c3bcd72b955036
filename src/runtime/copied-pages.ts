// Pages of a memory as a snapshot keeps them: copied, those that follow one another as one part.

import type { MemoryPart } from '../snapshot/snapshot-data.ts'

/** From so many bytes on a part has a buffer of its own. The others share one: making 256 buffers takes longer than copying 1 MiB does. */
const LONG = 1 << 16

/** The pages are of the memory whose bytes these are, and in ascending order. */
export function copiedPages(memory: Uint8Array, pages: Iterable<MemoryPart>): MemoryPart[] {
  const stretches: { readonly start: number; end: number }[] = []
  for (const { address, bytes } of pages) {
    const last = stretches.at(-1)
    if (last?.end === address) last.end += bytes.length
    else stretches.push({ start: address, end: address + bytes.length })
  }
  const isLong = ({ start, end }: (typeof stretches)[number]): boolean => end - start >= LONG
  const common = new Uint8Array(stretches.reduce((sum, each) => sum + (isLong(each) ? 0 : each.end - each.start), 0))
  let used = 0
  return stretches.map((each) => {
    const { start, end } = each
    if (isLong(each)) return { address: start, bytes: memory.slice(start, end) }
    const bytes = common.subarray(used, used + end - start)
    bytes.set(memory.subarray(start, end))
    used += bytes.length
    return { address: start, bytes }
  })
}
