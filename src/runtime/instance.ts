// A module instance: its index spaces filled with things of the store.

import { indexSpaces, type IndexSpaces, type Module } from '../syntax/module.ts'
import type { Names } from '../syntax/names.ts'
import { FuncInstance, canonicalTypeId } from './func.ts'
import { GLOBAL_WORDS, type Global } from './global.ts'
import { Memory } from './memory.ts'
import type { Store } from './store.ts'
import type { Table } from './table.ts'
import type { Ref } from './value.ts'

export type ExternVal = FuncInstance | Table | Memory | Global

/** A module with what is derived from it once, for all its instances. */
export class CompiledModule {
  readonly module: Module
  readonly spaces: IndexSpaces
  /** Canonical type ids, by type index. */
  readonly typeIds: Int32Array
  /** Reads the names when somebody wants them. */
  readonly names: () => Names

  constructor(module: Module, names: () => Names = () => module.names ?? {}) {
    this.module = module
    this.spaces = indexSpaces(module)
    this.typeIds = Int32Array.from(module.types, canonicalTypeId)
    this.names = names
  }
}

export class Instance {
  readonly store: Store
  readonly compiled: CompiledModule
  /** Filled when first asked for: see `func`. */
  private readonly funcs: (FuncInstance | undefined)[] = []
  readonly tables: Table[] = []
  readonly memories: Memory[] = []
  readonly globals: Global[] = []
  /** Numeric globals that this instance defines, `GLOBAL_WORDS` each, by index in the global index space. */
  readonly globalWords: Int32Array
  /** Element and data segments; undefined once dropped. */
  readonly elems: (readonly Ref[] | undefined)[] = []
  readonly datas: (Uint8Array | undefined)[] = []
  readonly exports: Map<string, ExternVal> = new Map()
  /** The first memory, or an empty one. */
  memory: Memory = Memory.none()

  constructor(store: Store, compiled: CompiledModule, importedFuncs: readonly FuncInstance[]) {
    this.store = store
    this.compiled = compiled
    this.funcs.push(...importedFuncs)
    this.globalWords = new Int32Array(compiled.spaces.globals.length * GLOBAL_WORDS)
  }

  /** The function with that index; created when first asked for, and the same ever after. */
  func(funcIdx: number): FuncInstance {
    let func = this.funcs[funcIdx]
    if (func === undefined) {
      const { module, spaces } = this.compiled
      func = FuncInstance.defined(module.types[spaces.funcs[funcIdx]!]!, this, funcIdx)
      this.funcs[funcIdx] = func
    }
    return func
  }
}
