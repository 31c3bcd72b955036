// What tests compare changed pages with: a memory's beginning and its present, each made without marks.

import type { Memory } from '../../../src/runtime/memory.ts'

/** Pages of this size are marked and compared. */
export const PAGE = 4096

/** The memory as its active segments left it, of its present length. */
export function initialBytes({ initial, byteLength }: Memory): Uint8Array {
  const bytes = new Uint8Array(byteLength)
  for (const { module, dataIdxs, addresses } of initial.segments) {
    dataIdxs.forEach((dataIdx, i) => bytes.set(module.datas[dataIdx]!.bytes, addresses[i]))
  }
  return bytes
}

/** The numbers of the pages that are not as they were in the beginning, by a look at every byte. */
export function differingPages(memory: Memory): number[] {
  return pagesThatDiffer(initialBytes(memory), memory.bytes)
}

/** The same as the memory tells it, by its marks. Their content, put on the memory's beginning, must make its present. */
export function changedPages(memory: Memory): number[] {
  const changed = [...memory.changedPages()]
  const bytes = initialBytes(memory)
  for (const page of changed) bytes.set(page.bytes, page.address)
  const wrong = pagesThatDiffer(bytes, memory.bytes)
  if (wrong.length > 0) throw new Error(`with the changed pages, others are still wrong: ${wrong.join()}`)
  return changed.map(({ address }) => address / PAGE)
}

function pagesThatDiffer(before: Uint8Array, after: Uint8Array): number[] {
  const pages = new Set<number>()
  for (let i = 0; i < after.length; i++) if (before[i] !== after[i]) pages.add(Math.floor(i / PAGE))
  return [...pages]
}

/** How many pages are marked. */
export function countMarks({ marks }: Memory): number {
  return marks.reduce((sum, mark) => sum + mark, 0)
}
