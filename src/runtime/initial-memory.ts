// What a memory began as: zeros, and the active segments of the module that defines it. It is what a snapshot need not hold; whoever makes
// a snapshot and whoever reads one must come to the same.

import { evaluateOffset } from './const-expr.ts'
import type { Instance } from './instance.ts'
import type { Memory } from './memory.ts'

interface ActiveSegment {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** The bytes from `address` on, as they were in the beginning; undefined where they were zeros. */
type InitialContent = (address: number, length: number) => Uint8Array | undefined

/** Of a memory that no instance defines. */
export const zeros: InitialContent = () => undefined

/** Bytes that are compared at once. */
const PAGE = 4096

/** The active segments of a memory that the instance defines, in order, up to one that was out of bounds: there instantiation ended. */
export function activeSegments(instance: Instance, memIdx: number): { dataIdxs: number[]; addresses: number[] } {
  const { type, pageSize } = instance.memories[memIdx]!
  const length = Number(type.limits.min) * pageSize
  const dataIdxs: number[] = []
  const addresses: number[] = []
  for (const [dataIdx, { mode, bytes }] of instance.compiled.module.datas.entries()) {
    if (mode.kind !== 'active' || mode.index !== memIdx) continue
    const address = evaluateOffset(mode.offset, instance)
    if (address + bytes.length > length) break
    dataIdxs.push(dataIdx)
    addresses.push(address)
  }
  return { dataIdxs, addresses }
}

export function initialContent(
  { compiled }: Instance,
  { dataIdxs, addresses }: ReturnType<typeof activeSegments>,
): InitialContent {
  const byPage = new Map<number, ActiveSegment[]>()
  for (const [i, dataIdx] of dataIdxs.entries()) {
    const [offset, { bytes }] = [addresses[i]!, compiled.module.datas[dataIdx]!]
    const segment = { offset, bytes }
    for (let page = Math.floor(offset / PAGE); page * PAGE < offset + bytes.length; page++) {
      const known = byPage.get(page)
      if (known === undefined) byPage.set(page, [segment])
      else known.push(segment)
    }
  }
  return (address, length) => {
    let content: Uint8Array | undefined
    for (let page = Math.floor(address / PAGE); page * PAGE < address + length; page++) {
      for (const { offset, bytes } of byPage.get(page) ?? []) {
        content ??= new Uint8Array(length)
        const from = Math.max(offset, address)
        const to = Math.min(offset + bytes.length, address + length)
        if (from < to) content.set(bytes.subarray(from - offset, to - offset), from - address)
      }
    }
    return content
  }
}

/** How many bytes of segments a snapshot may have written into a memory: else a small file could cause any amount of copying. */
export function initialBytesAllowed({ byteLength }: Memory): number {
  return 4 * byteLength
}

/** The pages that differ from what the memory began as, ascending; views. */
export function* changedPages(
  memory: Memory,
  initial: InitialContent,
): Generator<{ address: number; bytes: Uint8Array }, void> {
  const { bytes, byteLength } = memory
  for (let address = 0; address < byteLength; address += PAGE) {
    const page = bytes.subarray(address, address + PAGE)
    if (differs(page, initial(address, page.length))) yield { address, bytes: page }
  }
}

function differs(page: Uint8Array, initial: Uint8Array | undefined): boolean {
  const words = new Int32Array(page.buffer, page.byteOffset, page.length >> 2)
  const before = initial === undefined ? undefined : new Int32Array(initial.buffer, 0, page.length >> 2)
  for (let i = 0; i < words.length; i++) if (words[i] !== (before?.[i] ?? 0)) return true
  for (let i = page.length & ~3; i < page.length; i++) if (page[i] !== (initial?.[i] ?? 0)) return true
  return false
}
