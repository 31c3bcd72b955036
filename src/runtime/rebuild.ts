// Makes instances anew of the data of a snapshot, which may be hostile: whatever it says is checked against the modules, and counted
// against the quotas of the store before it is allocated. A function of wasm runs only afterwards.

import { HeddleError } from '../errors/heddle-error.ts'
import { ModuleError } from '../errors/module-error.ts'
import type { InstanceData, MemoryData, Place, RunData, SnapshotData, TableData } from '../snapshot/snapshot-data.ts'
import { MODULE_LIMITS, type ModuleLimits } from '../syntax/limits.ts'
import type { IndexSpaces } from '../syntax/module.ts'
import { pageSizeOf, type ExternKind, type MemoryType, type TableType } from '../syntax/types.ts'
import { validateModule } from '../validate/module.ts'
import { HOST_TAG } from './exception.ts'
import type { FuncInstance } from './func.ts'
import { GLOBAL_WORDS, Global } from './global.ts'
import { initialBytesAllowed } from './initial-content.ts'
import { CompiledModule, Instance, type ExternVal } from './instance.ts'
import { defineExports } from './instantiate.ts'
import { matchesImport } from './link.ts'
import { Memory } from './memory.ts'
import { References, fillRuns, runsLength, type HostBindings } from './rebuild-references.ts'
import type { NextStep, SavedRun } from './saved-run.ts'
import { entryAt, invalid } from './snapshot-fault.ts'
import type { Store } from './store.ts'
import { Table } from './table.ts'
import { Tag } from './tag.ts'

interface Rebuilt {
  readonly root: Instance
  readonly run: SavedRun | undefined
  /** Those that the embedder put in besides. */
  readonly instances: readonly Instance[]
  readonly modules: readonly CompiledModule[]
}

/** `modules` are those of the data, in order. Throws a HeddleError; what it took of the store is then given back. */
export function rebuild(
  data: SnapshotData,
  modules: readonly CompiledModule[],
  store: Store,
  bindings: HostBindings,
): Rebuilt {
  const work = new Rebuild(data, modules, store, bindings)
  try {
    return work.build()
  } catch (error) {
    work.giveBack()
    throw error
  }
}

type OwnKind = Exclude<ExternKind, 'func'>

/** More things than one module may have can stand around many. What bounds them is the file's length. */
const LIMITS: ModuleLimits = {
  ...MODULE_LIMITS,
  types: Infinity,
  imports: Infinity,
  tables: Infinity,
  memories: Infinity,
  globals: Infinity,
  tags: Infinity,
  funcs: Infinity,
}

class Rebuild {
  private readonly data: SnapshotData
  private readonly modules: readonly CompiledModule[]
  private readonly store: Store
  private readonly bindings: HostBindings
  private readonly surroundings: CompiledModule
  private readonly instances: Instance[] = []
  private readonly tables: Table[] = []
  private readonly memories: Memory[] = []
  private readonly globals: Global[] = []
  private readonly tags: Tag[] = []

  constructor(data: SnapshotData, modules: readonly CompiledModule[], store: Store, bindings: HostBindings) {
    this.data = data
    this.modules = modules
    this.store = store
    this.bindings = bindings
    this.surroundings = checkedSurroundings(data)
  }

  build(): Rebuilt {
    const { data, store } = this
    for (const each of data.instances) this.checkCounts(each)
    this.checkExports()
    for (const kind of OWN_KINDS) this.checkPlaces(kind)
    store.require({
      instances: data.instances.length,
      memoryBytes: data.memories.reduce((sum, each) => sum + each.pages * pageSizeOf(this.memoryType(each.place)), 0),
      tableElements: data.tables.reduce((sum, { elems }) => sum + runsLength(elems), 0),
    })
    const { concurrency } = this.bindings
    for (const { module } of data.instances) {
      this.instances.push(new Instance(store, this.compiledAt(module), [], concurrency))
    }
    for (const place of data.tags) this.tags.push(this.newTag(place))
    for (const each of data.memories) this.memories.push(this.newMemory(each))
    for (const each of data.tables) this.tables.push(this.newTable(each))
    for (const { place } of data.globals) this.globals.push(this.newGlobal(place))
    const { instances, tags, surroundings, bindings } = this
    const references = new References(data.references, { store, instances, tags, surroundings, bindings })
    this.link(references)
    this.fillThings(references)
    references.fillObjects()
    const root = entryAt(this.instances, data.root, 'instance')
    const run = data.run === undefined ? undefined : this.savedRun(data.run, references)
    const { further } = data
    return {
      root,
      run,
      instances: further.instances.map((position) => entryAt(this.instances, position, 'instance')),
      modules: further.modules.map((position) => this.compiledAt(position)),
    }
  }

  private savedRun({ func, frames, next, fuelUsed }: RunData, references: References): SavedRun {
    if (next.kind === 'host' && next.caller < 0 && frames.length > 0)
      throw invalid('a host function that nobody called')
    const step = nextStep(next, references, this.instances)
    return { func: references.func(func), frames: references.frames(frames), next: step, fuelUsed }
  }

  giveBack(): void {
    for (const instance of this.instances) instance.giveBack()
    for (const memory of this.memories) memory.giveBack()
    for (const table of this.tables) table.giveBack()
  }

  // ——— what is where ———

  private compiledAt(module: number): CompiledModule {
    return entryAt(this.modules, module, 'module')
  }

  /** The module that has the definition: of an instance, or that of the surroundings. */
  private definedBy({ instance }: Place): CompiledModule {
    return instance < 0 ? this.surroundings : this.compiledAt(entryAt(this.data.instances, instance, 'instance').module)
  }

  private checkCounts({ module: position, imports, elems, datas }: InstanceData): void {
    const { module } = this.compiledAt(position)
    const counts = [
      ['imports', imports, module.imports],
      ['element segments', elems, module.elems],
      ['data segments', datas, module.datas],
    ] as const
    for (const [what, { length }, expected] of counts) {
      if (length !== expected.length) {
        throw invalid(`${length} ${what} in an instance of a module with ${expected.length}`)
      }
    }
  }

  /** They are no part of the data, so that its length does not bound them. */
  private checkExports(): void {
    let exported = 0
    for (const { module } of this.data.instances) exported += this.compiledAt(module).module.exports.length
    if (exported > MAX_EXPORTS) throw invalid(`instances with ${exported} exports, more than ${MAX_EXPORTS}`)
  }

  /** Every definition of the instances, and every import of the surroundings, is told once. */
  private checkPlaces(kind: OwnKind): void {
    const places = this.placesOf(kind)
    const { data, surroundings } = this
    const seen = new Set<number>()
    for (const place of places) {
      const [first, end] = definitions(this.definedBy(place).spaces, kind, place.instance < 0)
      const key = (place.instance + 1) * 2 ** 32 + place.index
      if (place.index < first || place.index >= end || seen.has(key)) {
        const owner = place.instance < 0 ? 'the surroundings' : `instance ${place.instance}`
        throw invalid(`${owner} can't have defined ${kind} ${place.index}, or not again`)
      }
      seen.add(key)
    }
    const [first, end] = definitions(surroundings.spaces, kind, true)
    let expected = end - first
    for (const { module } of data.instances) {
      const [firstOwn, endOwn] = definitions(this.compiledAt(module).spaces, kind, false)
      expected += endOwn - firstOwn
    }
    if (places.length !== expected) throw invalid(`${places.length} of ${expected} ${kind} definitions`)
  }

  private placesOf(kind: OwnKind): Place[] {
    const { tables, memories, globals, tags } = this.data
    switch (kind) {
      case 'table':
        return tables.map(({ place }) => place)
      case 'memory':
        return memories.map(({ place }) => place)
      case 'global':
        return globals.map(({ place }) => place)
      case 'tag':
        return tags.flatMap((place) => place ?? [])
    }
  }

  private memoryType(place: Place): MemoryType {
    return this.definedBy(place).spaces.memories[place.index]!
  }

  // ——— making ———

  private newTag(place: Place | undefined): Tag {
    if (place === undefined) return HOST_TAG
    const { types, spaces } = this.definedBy(place)
    return new Tag(types.canonical(spaces.tags[place.index]!))
  }

  private newMemory({ place, pages }: MemoryData): Memory {
    const type = this.memoryType(place)
    const { min, max } = type.limits
    if (pages < min || (max !== undefined && pages > max)) throw invalid(`a memory of ${pages} pages`)
    const memory = Memory.allocate(type, this.store)
    if (memory.grow(pages - memory.pages) >= 0) return memory
    memory.giveBack()
    throw new HeddleError('MEMORY_QUOTA', `a memory of ${pages} pages, which the store's limits do not allow`)
  }

  private newTable({ place, elems }: TableData): Table {
    const { types, spaces } = this.definedBy(place)
    const declared = spaces.tables[place.index]!
    const type: TableType = { ...declared, elem: types.close(declared.elem) }
    const size = runsLength(elems)
    const { min, max } = type.limits
    if (size < min || (max !== undefined && size > max)) throw invalid(`a table of ${size} elements`)
    const table = Table.allocate(type, this.store, null)
    if (table.grow(size - table.elems.length, null) >= 0) return table
    table.giveBack()
    throw new HeddleError('TABLE_QUOTA', `a table of ${size} elements, which the store's limits do not allow`)
  }

  private newGlobal(place: Place): Global {
    const { types, spaces } = this.definedBy(place)
    const declared = spaces.globals[place.index]!
    const type = { ...declared, type: types.close(declared.type) }
    if (place.instance < 0) return new Global(type)
    return new Global(type, this.instances[place.instance]!.globalWords, place.index * GLOBAL_WORDS)
  }

  // ——— putting together ———

  /** Fills the index spaces: what is imported, then what is defined. */
  private link(references: References): void {
    for (const [i, instance] of this.instances.entries()) {
      const { compiled } = instance
      const funcs: FuncInstance[] = []
      for (const [x, request] of compiled.module.imports.entries()) {
        const value = this.externVal(request.type.kind, this.data.instances[i]!.imports[x]!, references)
        if (!matchesImport(value, compiled, request)) throw invalid(`import ${x} of instance ${i} does not match`)
        if (request.type.kind === 'func') funcs.push(value as FuncInstance)
        else (instance.spaceOf(request.type.kind) as ExternVal[]).push(value)
      }
      instance.importFuncs(funcs)
    }
    const { tables, memories, globals, tags } = this.data
    const define = (place: Place | undefined, kind: OwnKind, value: ExternVal): void => {
      if (place === undefined || place.instance < 0) return
      const space = this.instances[place.instance]!.spaceOf(kind) as ExternVal[]
      space[place.index] = value
    }
    for (const [i, { place }] of tables.entries()) define(place, 'table', this.tables[i]!)
    for (const [i, { place }] of memories.entries()) define(place, 'memory', this.memories[i]!)
    for (const [i, { place }] of globals.entries()) define(place, 'global', this.globals[i]!)
    for (const [i, place] of tags.entries()) define(place, 'tag', this.tags[i]!)
    for (const instance of this.instances) {
      instance.memory = instance.memories[0] ?? Memory.none()
      defineExports(instance)
    }
  }

  private externVal(kind: ExternKind, word: number, references: References): ExternVal {
    switch (kind) {
      case 'func':
        return references.func(word)
      case 'table':
        return entryAt(this.tables, word, kind)
      case 'memory':
        return entryAt(this.memories, word, kind)
      case 'global':
        return entryAt(this.globals, word, kind)
      case 'tag':
        return entryAt(this.tags, word, kind)
    }
  }

  /** Globals first: where segments begin may depend on them. */
  private fillThings(references: References): void {
    const { data } = this
    for (const [i, { value }] of data.globals.entries()) {
      const global = this.globals[i]!
      global.set(references.typedValue(value, global.type.type, () => `global ${i}`))
    }
    for (const [i, { elems }] of data.tables.entries()) {
      const { elems: into, type } = this.tables[i]!
      fillRuns(into, elems, (word, at) => references.typedRef(word, type.elem, () => `element ${at} of table ${i}`))
    }
    for (const [i, each] of data.memories.entries()) this.fillMemory(each, this.memories[i]!)
    for (const [i, each] of data.instances.entries()) this.fillSegments(each, this.instances[i]!, references)
  }

  private fillMemory({ segments, parts }: MemoryData, memory: Memory): void {
    let left = initialBytesAllowed(memory)
    for (const { module: position, dataIdxs, addresses } of segments) {
      const { module } = this.compiledAt(position)
      for (const [i, dataIdx] of dataIdxs.entries()) {
        const { bytes } = entryAt(module.datas, dataIdx, 'data segment')
        left -= bytes.length
        if (left < 0 || !memory.contains(addresses[i]!, bytes.length))
          throw invalid('data segments outside of a memory')
        memory.initialize(module, dataIdx, addresses[i]!)
      }
    }
    for (const { address, bytes } of parts) {
      if (!memory.contains(address, bytes.length)) throw invalid('bytes outside of a memory')
      memory.bytes.set(bytes, address)
      memory.mark(address, bytes.length)
    }
  }

  private fillSegments({ elems, datas }: InstanceData, instance: Instance, references: References): void {
    const { module, types } = instance.compiled
    for (const [i, runs] of elems.entries()) {
      const { items, type } = module.elems[i]!
      if (runs === undefined) {
        instance.elems.push(undefined)
        continue
      }
      if (runsLength(runs) !== items.length) throw invalid(`element segment ${i} has another length`)
      const refs: unknown[] = []
      const closed = types.close(type)
      fillRuns(refs, runs, (word) => references.typedRef(word, closed, () => `an item of element segment ${i}`))
      instance.elems.push(refs)
    }
    for (const [i, { bytes }] of module.datas.entries()) instance.datas.push(datas[i] === true ? bytes : undefined)
  }
}

const MAX_EXPORTS = 10_000_000

const OWN_KINDS: readonly OwnKind[] = ['table', 'memory', 'global', 'tag']

/** The range of indices that a module defines; of the surroundings, those that it imports. */
function definitions(spaces: IndexSpaces, kind: OwnKind, isImported: boolean): readonly [first: number, end: number] {
  const [imported, all] = {
    table: [spaces.importedTables, spaces.tables.length],
    memory: [spaces.importedMemories, spaces.memories.length],
    global: [spaces.importedGlobals, spaces.globals.length],
    tag: [spaces.importedTags, spaces.tags.length],
  }[kind] as [number, number]
  return isImported ? [0, imported] : [imported, all]
}

/** Valid, with nothing in it but types and imports. */
function checkedSurroundings({ surroundings }: SnapshotData): CompiledModule {
  try {
    validateModule(surroundings, { limits: LIMITS, disabled: new Set() })
  } catch (error) {
    throw error instanceof ModuleError ? invalid(`its surroundings: ${error.message}`) : error
  }
  const { funcs, tables, memories, globals, tags } = surroundings
  for (const definitionsOfKind of [funcs, tables, memories, globals, tags]) {
    if (definitionsOfKind.length > 0) throw invalid('definitions in its surroundings')
  }
  return new CompiledModule(surroundings)
}

function nextStep(next: RunData['next'], references: References, instances: readonly Instance[]): NextStep {
  switch (next.kind) {
    case 'begin':
      return { kind: next.kind, args: references.values(next.args) }
    case 'instruction':
      return next
    case 'host':
      return {
        kind: next.kind,
        func: references.func(next.func),
        args: references.values(next.args),
        caller: next.caller < 0 ? undefined : entryAt(instances, next.caller, 'instance'),
      }
    case 'returned':
      return { kind: next.kind, results: references.values(next.results) }
    case 'thrown':
      return { kind: next.kind, exception: references.exception(next.exception) }
  }
}
