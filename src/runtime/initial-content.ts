// What a memory was given at instantiation: zeros, and on them the active data segments of all instances that have it, in the order in which
// they were written. No copy of it is kept: the bytes are those of the modules.

import type { Module } from '../syntax/module.ts'
import { MARK_SHIFT } from './dirty-pages.ts'

const PAGE = 1 << MARK_SHIFT

/** Segments of one module that were written one after the other: the i-th is data segment `dataIdxs[i]`, at `addresses[i]`. */
interface WrittenSegments {
  readonly module: Module
  readonly dataIdxs: readonly number[]
  readonly addresses: readonly number[]
}

interface Segment {
  readonly address: number
  readonly bytes: Uint8Array
}

interface Group extends WrittenSegments {
  readonly dataIdxs: number[]
  readonly addresses: number[]
}

export class InitialContent {
  /** Of all segments together, however they overlap. */
  byteLength = 0
  private groups: Group[] = []
  /** By page, in the order of writing; made when somebody reads. */
  private byPage: Map<number, Segment[]> | undefined

  /** All that was written, in order. */
  get segments(): readonly WrittenSegments[] {
    return this.groups
  }

  add(module: Module, dataIdx: number, address: number): void {
    const { length } = module.datas[dataIdx]!.bytes
    if (length === 0) return
    this.byteLength += length
    let group = this.groups.at(-1)
    if (group?.module !== module) {
      group = { module, dataIdxs: [], addresses: [] }
      this.groups.push(group)
    }
    group.dataIdxs.push(dataIdx)
    group.addresses.push(address)
    this.byPage = undefined
  }

  /** Takes out the segments of all modules but these, and tells where each was. */
  keepOnly(isKept: (module: Module) => boolean, dropped: (address: number, byteLength: number) => void): void {
    const kept: Group[] = []
    for (const group of this.groups) {
      if (isKept(group.module)) kept.push(group)
      else {
        for (const { address, bytes } of segmentsOf(group)) {
          this.byteLength -= bytes.length
          dropped(address, bytes.length)
        }
      }
    }
    this.groups = kept
    this.byPage = undefined
  }

  /** So many bytes from `address` on; undefined where no segment touches the pages that they lie in. */
  read(address: number, byteLength: number): Uint8Array | undefined {
    if (this.groups.length === 0) return undefined
    const index = (this.byPage ??= indexOf(this.groups))
    const end = address + byteLength
    let content: Uint8Array | undefined
    for (let page = Math.floor(address / PAGE); page * PAGE < end; page++) {
      for (const segment of index.get(page) ?? []) {
        content ??= new Uint8Array(byteLength)
        const from = Math.max(address, page * PAGE, segment.address)
        const to = Math.min(end, (page + 1) * PAGE, segment.address + segment.bytes.length)
        if (from < to) content.set(segment.bytes.subarray(from - segment.address, to - segment.address), from - address)
      }
    }
    return content
  }
}

/** How many bytes of segments may be a memory's beginning: else a small snapshot could cause any amount of copying. */
export function initialBytesAllowed({ byteLength }: { readonly byteLength: number }): number {
  return 4 * byteLength
}

function* segmentsOf({ module, dataIdxs, addresses }: WrittenSegments): Generator<Segment, void> {
  for (let i = 0; i < dataIdxs.length; i++) yield { address: addresses[i]!, bytes: module.datas[dataIdxs[i]!]!.bytes }
}

function indexOf(groups: readonly WrittenSegments[]): Map<number, Segment[]> {
  const index = new Map<number, Segment[]>()
  for (const group of groups) {
    for (const segment of segmentsOf(group)) {
      const end = segment.address + segment.bytes.length
      for (let page = Math.floor(segment.address / PAGE); page * PAGE < end; page++) {
        const there = index.get(page)
        if (there === undefined) index.set(page, [segment])
        else there.push(segment)
      }
    }
  }
  return index
}
