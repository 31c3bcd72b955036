// How a layer that stands alone, such as WASI, offers its functions for import: it is asked by name, knows the types that it expects, and
// gets at the guest's memory through two views.

/** A guest's memory as an outsider needs it. Both are replaced when the memory grows: ask anew in every call. */
export interface GuestMemory {
  readonly bytes: Uint8Array
  readonly view: DataView
}

/** A function over raw core values: i32 as number, i64 as bigint. A promise suspends the run. */
export type ProvidedFunction = (...args: (number | bigint)[]) => number | Promise<number> | undefined

export interface ProvidedType {
  readonly params: readonly ('i32' | 'i64' | 'f32' | 'f64')[]
  readonly results: readonly ('i32' | 'i64' | 'f32' | 'f64')[]
}

export interface ImportProvider {
  /** The module name that its imports have, e.g. `wasi_snapshot_preview1`. */
  readonly moduleName: string
  readonly imports: (memory: () => GuestMemory) => Readonly<Record<string, ProvidedFunction>>
  /** The type that its function of that name has; undefined where there is none. */
  readonly typeOf: (name: string) => ProvidedType | undefined
}
