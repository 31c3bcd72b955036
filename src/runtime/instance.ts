// A module instance: its index spaces filled with things of the store.

import { encodeModule } from '../binary/encode-module.ts'
import { nameText } from '../errors/quote.ts'
import { sha256 } from '../snapshot/sha256.ts'
import { ModuleTypes } from '../validate/canonical-types.ts'
import { indexSpaces, type Import, type IndexSpaces, type Module } from '../syntax/module.ts'
import type { Names } from '../syntax/names.ts'
import { arrayLayout, structLayout, type ArrayLayout, type StructLayout } from './aggregate.ts'
import { FuncInstance } from './func.ts'
import type { ExternKind } from '../syntax/types.ts'
import { GLOBAL_WORDS, type Global } from './global.ts'
import { Memory } from './memory.ts'
import { occupancyOf, type Concurrency, type Occupancy } from './occupancy.ts'
import type { Reservation, Store } from './store.ts'
import type { Table } from './table.ts'
import type { Tag } from './tag.ts'
import type { Ref, Value } from './value.ts'

export type ExternVal = FuncInstance | Table | Memory | Global | Tag

/** A module with what is derived from it once, for all its instances. */
export class CompiledModule {
  readonly module: Module
  readonly spaces: IndexSpaces
  /** Reads the names when somebody wants them. */
  readonly names: () => Names
  readonly types: ModuleTypes
  private readonly exportNames: Map<ExternKind, ReadonlyMap<number, string>> = new Map()

  /** Whether arithmetic gives canonical NaNs only, as the deterministic profile has it. */
  readonly isDeterministic: boolean
  private readonly structLayouts: (StructLayout | undefined)[] = []
  private readonly arrayLayouts: (ArrayLayout | undefined)[] = []
  private readonly encode: () => Uint8Array
  private knownBytes: Uint8Array | undefined
  private knownHash: string | undefined

  /** `encode` gives the bytes that the module was decoded from; by default it is encoded. */
  constructor(
    module: Module,
    names: () => Names = () => module.names ?? {},
    isDeterministic = false,
    encode: () => Uint8Array = () => encodeModule(module, { names: true }),
  ) {
    this.isDeterministic = isDeterministic
    this.encode = encode
    this.module = module
    this.spaces = indexSpaces(module)
    this.types = new ModuleTypes(module)
    this.names = names
  }

  /** The module in the binary format. */
  get bytes(): Uint8Array {
    return (this.knownBytes ??= this.encode())
  }

  /** SHA-256 of its bytes: by it a module is the same one elsewhere. */
  get hash(): string {
    return (this.knownHash ??= sha256(this.bytes))
  }

  /** What the name section calls it; empty where that says nothing. */
  get name(): string {
    return this.names().module ?? ''
  }

  /** How structures of a type are laid out. */
  structLayout(typeIdx: number): StructLayout {
    return (this.structLayouts[typeIdx] ??= structLayout(this.types.canonical(typeIdx)))
  }

  arrayLayout(typeIdx: number): ArrayLayout {
    return (this.arrayLayouts[typeIdx] ??= arrayLayout(this.types.canonical(typeIdx)))
  }

  /** Offset in the module's bytes at which the body of a function that it defines begins. */
  bodyStart(funcIdx: number): number {
    return this.module.funcs[funcIdx - this.spaces.importedFuncs]!.code.start
  }

  /** What people call a function: its name in the name section, or the first under which it is exported. */
  funcName(funcIdx: number): string | undefined {
    return this.names().funcs?.get(funcIdx) ?? this.exportName('func', funcIdx)
  }

  /** The same for a tag. */
  tagName(tagIdx: number): string | undefined {
    return this.names().tags?.get(tagIdx) ?? this.exportName('tag', tagIdx)
  }

  private exportName(of: ExternKind, index: number): string | undefined {
    let names = this.exportNames.get(of)
    if (names === undefined) {
      // The first export comes last, and stays.
      names = new Map(
        this.module.exports
          .flatMap(({ kind, name, index: exported }) => (kind === of ? [[exported, name] as const] : []))
          .reverse(),
      )
      this.exportNames.set(of, names)
    }
    return names.get(index)
  }
}

export class Instance {
  readonly store: Store
  readonly compiled: CompiledModule
  /** Filled when first asked for: see `func`. */
  private readonly funcs: (FuncInstance | undefined)[]
  readonly tables: Table[] = []
  readonly memories: Memory[] = []
  readonly globals: Global[] = []
  readonly tags: Tag[] = []
  /** Numeric globals that this instance defines, `GLOBAL_WORDS` each, by index in the global index space. */
  readonly globalWords: Int32Array
  /** Element and data segments; undefined once dropped. */
  readonly elems: (readonly Ref[] | undefined)[] = []
  readonly datas: (Uint8Array | undefined)[] = []
  readonly exports: Map<string, ExternVal> = new Map()
  /** Of the constant expression that is being evaluated. */
  operands: readonly Value[] = []
  /** The first memory, or an empty one. */
  memory: Memory = Memory.none()

  /** Who is in it, where not every order of runs will do. */
  readonly occupancy: Occupancy | undefined

  private readonly reservation: Reservation

  /** Takes one from the store's quota of instances. */
  constructor(
    store: Store,
    compiled: CompiledModule,
    importedFuncs: readonly FuncInstance[],
    concurrency: Concurrency = 'free',
  ) {
    this.occupancy = occupancyOf(this, concurrency)
    this.reservation = store.reserve('instances', 1)
    this.reservation.lastAsLongAs(this)
    this.store = store
    store.heap.addSource(this)
    this.compiled = compiled
    this.funcs = [...importedFuncs]
    this.globalWords = new Int32Array(compiled.spaces.globals.length * GLOBAL_WORDS)
  }

  /** Gives it the functions that it imports, where they were not known when it was made. */
  importFuncs(funcs: readonly FuncInstance[]): void {
    for (const [i, func] of funcs.entries()) this.funcs[i] = func
  }

  /** What stands for each import of the module, in order. */
  *imports(): Generator<readonly [Import, ExternVal], void> {
    const next: Record<ExternKind, number> = { func: 0, table: 0, memory: 0, global: 0, tag: 0 }
    for (const request of this.compiled.module.imports) {
      const { kind } = request.type
      const index = next[kind]++
      yield [request, kind === 'func' ? this.func(index) : this.spaceOf(kind)[index]!]
    }
  }

  /** The index space of a kind, functions apart. */
  spaceOf(kind: Exclude<ExternKind, 'func'>): readonly ExternVal[] {
    return { table: this.tables, memory: this.memories, global: this.globals, tag: this.tags }[kind]
  }

  /** The function with that index; created when first asked for, and the same ever after. */
  func(funcIdx: number): FuncInstance {
    let func = this.funcs[funcIdx]
    if (func === undefined) {
      const { types, spaces } = this.compiled
      func = FuncInstance.defined(types.canonical(spaces.funcs[funcIdx]!), this, funcIdx)
      this.funcs[funcIdx] = func
    }
    return func
  }

  /** `$err` or `tag 0`, as people know it here; undefined where the instance has no such tag. */
  tagText(tag: Tag): string | undefined {
    const tagIdx = this.tags.indexOf(tag)
    if (tagIdx < 0) return undefined
    const name = this.compiled.tagName(tagIdx)
    return name === undefined ? `tag ${tagIdx}` : `$${nameText(name)}`
  }

  /** Every reference that it holds, for whoever walks the heap. */
  *references(): Generator<Ref, void> {
    for (const { ref } of this.globals) yield ref
    for (const { elems } of this.tables) yield* elems
    for (const refs of this.elems) if (refs !== undefined) yield* refs
    for (const { ref } of this.operands) yield ref
  }

  /** Gives back at once what it and its own memories and tables take of the quotas. Precondition: nobody will use any of them. */
  giveBack(): void {
    const { importedMemories, importedTables } = this.compiled.spaces
    this.reservation.giveBack()
    for (const memory of this.memories.slice(importedMemories)) memory.giveBack()
    for (const table of this.tables.slice(importedTables)) table.giveBack()
  }
}
