// What a snapshot holds, as plain data: numbers, bytes and lists. Things of a store are told by their position in these lists. What they
// mean is checked where they are made into a store again.

import type { Module } from '../syntax/module.ts'

/**
 * A reference in an int32. 0 is null; an odd number holds an i31 in its upper bits; an even one is twice the position in `references`,
 * counted from 1.
 */
export type RefWord = number

/** References in runs, in pairs: how many are the same, and which. */
export type RefRuns = Int32Array

/** A value. `code`: 0 for a reference, whose word is a RefWord; of a number the positive code of its type, i32 being 1 and v128 being 5. */
export interface ValueData {
  readonly code: number
  /** The lowest first. */
  readonly words: readonly number[]
}

/** How many words the values of each code have. */
export const VALUE_WORDS: readonly number[] = [1, 1, 2, 1, 2, 4]

export interface ModuleData {
  /** SHA-256 of its bytes, in hexadecimal digits. */
  readonly hash: string
  /** What its name section calls it; empty where that says nothing. */
  readonly name: string
  /** Whether it was compiled for the deterministic profile: it goes on with the same results only if it is again. */
  readonly isDeterministic: boolean
  /** Undefined where the snapshot doesn't carry them. */
  readonly bytes?: Uint8Array | undefined
}

/** Where a thing is defined: by an instance, or, as `instance` −1, by the imports of the surroundings; `index` is in the space of its kind. */
export interface Place {
  readonly instance: number
  readonly index: number
}

export interface InstanceData {
  readonly module: number
  /** For each import: a RefWord for a function, else the position in the list of its kind. */
  readonly imports: readonly number[]
  /** Undefined for those that were dropped. */
  readonly elems: readonly (RefRuns | undefined)[]
  /** Whether each data segment is there still. */
  readonly datas: readonly boolean[]
}

/** Data segments of one module that were written into a memory one after the other, when instances of the module were made. */
export interface WrittenSegments {
  readonly module: number
  readonly dataIdxs: readonly number[]
  readonly addresses: readonly number[]
}

/** Bytes that differ from what segments have written, and zeros elsewhere. */
export interface MemoryPart {
  readonly address: number
  readonly bytes: Uint8Array
}

export interface MemoryData {
  readonly place: Place
  /** Its size in pages of its own. */
  readonly pages: number
  /** In the order in which they were written. */
  readonly segments: readonly WrittenSegments[]
  /** In ascending order. */
  readonly parts: readonly MemoryPart[]
}

export interface TableData {
  readonly place: Place
  readonly elems: RefRuns
}

interface GlobalData {
  readonly place: Place
  readonly value: ValueData
}

/** Undefined for the tag of what host functions throw. */
export type TagData = Place | undefined

/** A call, as in a saved run. The offset is counted from the beginning of the function's body. */
export interface FrameData {
  readonly instance: number
  readonly funcIdx: number
  readonly offset: number
  readonly locals: readonly ValueData[]
  readonly operands: readonly ValueData[]
}

/** What a continuation begins with, or goes on with; undefined once it was used. */
export type ComputationData =
  | { readonly from: 'func'; readonly func: RefWord; readonly bound: readonly ValueData[] }
  | { readonly from: 'frames'; readonly frames: readonly FrameData[]; readonly bound: readonly ValueData[] }
  | undefined

/** Type indices are of the surroundings. */
export type ReferenceData =
  | { readonly kind: 'func'; readonly instance: number; readonly funcIdx: number }
  /**
   * A function of the host's, an import of the surroundings. `named`: it has a name of the embedder's instead of an import's. `provider`:
   * whose it is, or −1, and `home` the instance whose memory it works on, or −1.
   */
  | {
      readonly kind: 'host-func'
      readonly funcIdx: number
      readonly named: boolean
      readonly provider: number
      readonly home: number
    }
  /** `words`: numbers and RefWords, as its type lays them out. */
  | {
      readonly kind: 'struct'
      readonly typeIdx: number
      readonly descriptor: RefWord
      readonly words: readonly number[]
    }
  | { readonly kind: 'number-array'; readonly typeIdx: number; readonly bytes: Uint8Array }
  | { readonly kind: 'ref-array'; readonly typeIdx: number; readonly elems: RefRuns }
  | { readonly kind: 'exception'; readonly tag: number; readonly values: readonly ValueData[] }
  | { readonly kind: 'continuation'; readonly typeIdx: number; readonly computation: ComputationData }
  | { readonly kind: 'undefined' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'bigint'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: string }
  /** An object or symbol of the host's. */
  | { readonly kind: 'named'; readonly name: string }

export interface ProviderData {
  readonly moduleName: string
  readonly state: Uint8Array
}

export type NextData =
  | { readonly kind: 'begin'; readonly args: readonly ValueData[] }
  | { readonly kind: 'instruction'; readonly paid: number }
  /** `caller`: the instance whose code made the call, or −1. */
  | { readonly kind: 'host'; readonly func: RefWord; readonly args: readonly ValueData[]; readonly caller: number }
  | { readonly kind: 'returned'; readonly results: readonly ValueData[] }
  | { readonly kind: 'thrown'; readonly exception: RefWord }

export interface RunData {
  readonly func: RefWord
  readonly frames: readonly FrameData[]
  readonly next: NextData
  readonly fuelUsed: number
}

export interface SnapshotData {
  readonly modules: readonly ModuleData[]
  /** A module with types and imports alone: the types that are named here, and what no instance of the snapshot defines. */
  readonly surroundings: Module
  readonly instances: readonly InstanceData[]
  readonly memories: readonly MemoryData[]
  readonly tables: readonly TableData[]
  readonly globals: readonly GlobalData[]
  readonly tags: readonly TagData[]
  readonly references: readonly ReferenceData[]
  readonly providers: readonly ProviderData[]
  /** The instance that was asked for. */
  readonly root: number
  readonly run: RunData | undefined
  readonly further: FurtherData
}

/** What the embedder put in besides. */
export interface FurtherData {
  readonly instances: readonly number[]
  readonly modules: readonly number[]
  readonly attachment: Uint8Array | undefined
}
