// How a layer that stands alone, such as WASI, offers its functions for import: it is asked by name, knows the types that it expects, and
// gets at the guest's memory through two views.

import type { Instance } from './instance.ts'

/** A guest's memory as an outsider needs it. Both are replaced when the memory grows: ask anew in every call. */
export interface GuestMemory {
  readonly bytes: Uint8Array
  readonly view: DataView
  /**
   * Must be told of everything that was written through the views, before the guest goes on: whoever saves or records the memory doesn't look
   * for it. Absent where nobody wants to know.
   */
  readonly wrote?: ((address: number, byteLength: number) => void) | undefined
}

/** A function over raw core values: i32 as number, i64 as bigint. A promise suspends the run. */
export type ProvidedFunction = (...args: (number | bigint)[]) => number | Promise<number> | undefined

export interface ProvidedType {
  readonly params: readonly ('i32' | 'i64' | 'f32' | 'f64')[]
  readonly results: readonly ('i32' | 'i64' | 'f32' | 'f64')[]
}

/** Whose a provided function is, under which name it is offered, and the instance whose memory it works on. */
export interface Provision {
  readonly provider: ImportProvider
  readonly request: { readonly module: string; readonly name: string }
  readonly instance: () => Instance
}

export interface ImportProvider {
  /** The module name that its imports have, e.g. `wasi_snapshot_preview1`. Its state in a snapshot goes by it too. */
  readonly moduleName: string
  /** Further module names that it serves, with functions of the same state: those of older interfaces. */
  readonly otherModuleNames?: readonly string[] | undefined
  readonly imports: (memory: () => GuestMemory, module: string) => Readonly<Record<string, ProvidedFunction>>
  /** The type that its function of that name has in that module; undefined where there is none. */
  readonly typeOf: (name: string, module: string) => ProvidedType | undefined
  /** The run that waits for this promise has ended: the call behind it must touch neither the guest's memory nor anything else any more. */
  readonly abandon?: ((outcome: Promise<number>) => void) | undefined
  /** Its state, for a snapshot: descriptors, clocks, files that live in memory. Without it a guest of this provider can't be saved. */
  readonly save?: (() => Uint8Array) | undefined
  /** Takes over a state that `save` gave, in another process perhaps: untrusted data. Throws where that is damaged or asks for too much. */
  readonly restore?: ((saved: Uint8Array) => void) | undefined
}
