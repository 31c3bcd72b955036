// Makes plain data of all that an instance or a run can reach: the walk over a store that a snapshot is. Nothing of the store is changed,
// and nothing of it is in the data but copies of bytes. Without recursion: lists may be millions long.

import { HeddleError, InternalError } from '../errors/heddle-error.ts'
import { nameText, quoted } from '../errors/quote.ts'
import { VALUE_WORDS } from '../snapshot/snapshot-data.ts'
import type {
  ComputationData,
  FrameData,
  InstanceData,
  MemoryData,
  NextData,
  Place,
  ProviderData,
  RefRuns,
  RefWord,
  ReferenceData,
  RunData,
  SnapshotData,
  TagData,
  ValueData,
  WrittenSegments,
} from '../snapshot/snapshot-data.ts'
import type { Import } from '../syntax/module.ts'
import { isRefType, type ExternType } from '../syntax/types.ts'
import type { CanonicalType } from '../validate/canonical-types.ts'
import { ArrayInstance, StructInstance, structLayout, type StructLayout } from './aggregate.ts'
import { ContinuationInstance } from './continuation.ts'
import { copiedPages } from './copied-pages.ts'
import { ExceptionInstance, HOST_TAG } from './exception.ts'
import { FuncInstance } from './func.ts'
import { Global } from './global.ts'
import { HeapObject } from './heap.ts'
import type { ImportProvider, Provision } from './import-provider.ts'
import type { CompiledModule, ExternVal, Instance } from './instance.ts'
import { Memory } from './memory.ts'
import { Numbered } from './numbered.ts'
import { isI31 } from './reference.ts'
import type { SavedFrame, SavedRun } from './saved-run.ts'
import { Surroundings } from './surroundings.ts'
import { Table } from './table.ts'
import type { Tag } from './tag.ts'
import type { Tier } from './tier.ts'
import type { Ref, Value } from './value.ts'

export interface CaptureOptions {
  /** The name of an object or symbol of the host's, or of a function that no instance imports; undefined where it has none. */
  readonly nameOf: (ref: Ref) => string | undefined
  /** Undefined for a function that is no provider's. */
  readonly provisionOf: (func: FuncInstance) => Provision | undefined
  readonly saveStretch: Tier['saveStretch']
  /** To be there again, whether they are reached or not. */
  readonly instances?: readonly Instance[] | undefined
  readonly modules?: readonly CompiledModule[] | undefined
}

export interface Captured {
  readonly data: SnapshotData
  /** In the order of `data.modules`. */
  readonly modules: readonly CompiledModule[]
  /** The host's functions, in the order of the surroundings. */
  readonly hostFuncs: readonly FuncInstance[]
}

/** Everything that the instance reaches, and the run where there is one. Throws where something cannot be told outside: SNAPSHOT_UNNAMED. */
export function capture(root: Instance, run: SavedRun | undefined, options: CaptureOptions): Captured {
  return new Capture(options).take(root, run)
}

const NOT_YET: ReferenceData = { kind: 'undefined' }

class Capture {
  private readonly options: CaptureOptions
  private readonly surroundings = new Surroundings()
  private readonly modules = new Numbered<CompiledModule>()
  private readonly instances = new Numbered<Instance>()
  private readonly memories = new Numbered<Memory>()
  private readonly tables = new Numbered<Table>()
  private readonly globals = new Numbered<Global>()
  private readonly tags = new Numbered<Tag>()
  private readonly references = new Numbered<Ref>()
  private readonly hostFuncs = new Numbered<FuncInstance>()
  private readonly providers = new Numbered<ImportProvider>()
  private readonly layouts: Map<CanonicalType, StructLayout> = new Map()
  private readonly places: Map<Memory | Table | Global | Tag, Place> = new Map()
  /** Under which import the host's functions are known. */
  private readonly importedAs: Map<FuncInstance, Import> = new Map()
  /** Where the references are held that are being looked at, for errors; and where each was met that may need a name. */
  private holder: () => string = () => 'the run'
  private readonly metIn: Map<Ref, () => string> = new Map()

  constructor(options: CaptureOptions) {
    this.options = options
  }

  take(root: Instance, saved: SavedRun | undefined): Captured {
    this.instances.positionOf(root)
    const furtherInstances = (this.options.instances ?? []).map((instance) => this.instances.positionOf(instance))
    const run = saved === undefined ? undefined : this.run(saved)
    const { instances, tables, globals, references } = this.walk()
    this.findPlaces()
    this.addHostFuncs(references)
    this.addHomeless()
    const memories = this.memories.items.map((memory) => this.memory(memory))
    const furtherModules = (this.options.modules ?? []).map((module) => this.modules.positionOf(module))
    const data: SnapshotData = {
      modules: this.modules.items,
      surroundings: this.surroundings.toModule(),
      instances,
      memories,
      tables: this.tables.items.map((table, i) => ({ place: this.places.get(table)!, elems: tables[i]! })),
      globals: this.globals.items.map((global, i) => ({ place: this.places.get(global)!, value: globals[i]! })),
      tags: this.tags.items.map((tag): TagData => this.places.get(tag)),
      references,
      providers: this.providers.items.map(stateOf),
      root: 0,
      run,
      further: { instances: furtherInstances, modules: furtherModules, attachment: undefined },
    }
    return { data, modules: this.modules.items, hostFuncs: this.hostFuncs.items }
  }

  /** What is met is looked at, in which more is met, until there is no more. */
  private walk(): {
    readonly instances: InstanceData[]
    readonly tables: RefRuns[]
    readonly globals: ValueData[]
    readonly references: ReferenceData[]
  } {
    const instances: InstanceData[] = []
    const tables: RefRuns[] = []
    const globals: ValueData[] = []
    const references: ReferenceData[] = []
    const lists = [
      () => lookAtNew(this.instances, instances, (instance, i) => this.instance(instance, i)),
      () => lookAtNew(this.tables, tables, (table, i) => this.refs(table.elems, (at) => `element ${at} of table ${i}`)),
      () => lookAtNew(this.globals, globals, (global, i) => this.global(global, i)),
      () => lookAtNew(this.references, references, (ref) => this.reference(ref)),
    ]
    let isMore
    do isMore = lists.map((look) => look()).includes(true)
    while (isMore)
    return { instances, tables, globals, references }
  }

  // ——— instances ———

  private instance(instance: Instance, position: number): InstanceData {
    const { compiled, elems, datas } = instance
    const imports: number[] = []
    for (const [request, value] of instance.imports()) {
      if (value instanceof FuncInstance && value.host !== undefined && !this.importedAs.has(value)) {
        this.importedAs.set(value, request)
      }
      imports.push(this.positionOf(value))
    }
    for (const defined of [instance.tables, instance.memories, instance.globals, instance.tags]) {
      for (const value of defined) this.positionOf(value)
    }
    const itemsOf = (refs: readonly Ref[], i: number): RefRuns =>
      this.refs(refs, (at) => `item ${at} of element segment ${i} of instance ${position}`)
    return {
      module: this.modules.positionOf(compiled),
      imports,
      elems: elems.map((refs, i) => (refs === undefined ? undefined : itemsOf(refs, i))),
      datas: datas.map((bytes) => bytes !== undefined),
    }
  }

  /** In the list of its kind; of a function, the reference. */
  private positionOf(value: ExternVal): number {
    if (value instanceof FuncInstance) return this.refWord(value)
    if (value instanceof Table) return this.tables.positionOf(value)
    if (value instanceof Memory) return this.memories.positionOf(value)
    return value instanceof Global ? this.globals.positionOf(value) : this.tags.positionOf(value)
  }

  private global(global: Global, position: number): ValueData {
    this.holder = () => `global ${position}`
    return this.value(global.get())
  }

  // ——— references and values ———

  private refWord(ref: Ref): RefWord {
    if (ref === null) return 0
    if (isI31(ref)) return (ref << 1) | 1
    const known = this.references.items.length
    const position = this.references.positionOf(ref)
    // The objects of the engine's own need no name.
    if (position === known && !HeapObject.is(ref)) this.metIn.set(ref, this.holder)
    return (position + 1) << 1
  }

  private refs(refs: ArrayLike<Ref>, place: (at: number) => string): RefRuns {
    const runs: number[] = []
    let last: Ref
    for (let i = 0; i < refs.length; i++) {
      const ref = refs[i]
      if (i > 0 && Object.is(ref, last)) {
        runs[runs.length - 2]!++
        continue
      }
      this.holder = () => place(i)
      runs.push(1, this.refWord(ref))
      last = ref
    }
    return Int32Array.from(runs)
  }

  private value({ type, lo, hi, ref, upper }: Value): ValueData {
    if (isRefType(type)) return { code: 0, words: [this.refWord(ref)] }
    const code = -type
    return { code, words: [lo, hi, upper?.lo ?? 0, upper?.hi ?? 0].slice(0, VALUE_WORDS[code]) }
  }

  private values(values: readonly Value[], place: () => string): ValueData[] {
    return values.map((value, i) => {
      this.holder = () => `${place()} ${i}`
      return this.value(value)
    })
  }

  private reference(ref: Ref): ReferenceData {
    if (FuncInstance.is(ref)) return ref.instance === undefined ? this.hostFunc(ref) : this.func(ref, ref.instance)
    if (!HeapObject.is(ref)) return this.hostValue(ref)
    if (ref instanceof StructInstance) return this.struct(ref)
    if (ref instanceof ArrayInstance) return this.array(ref)
    if (ref instanceof ExceptionInstance) {
      const tag = this.tags.positionOf(ref.tag)
      return { kind: 'exception', tag, values: this.values(ref.values, () => 'an exception: value') }
    }
    if (ref instanceof ContinuationInstance) {
      return {
        kind: 'continuation',
        typeIdx: this.surroundings.types.typeIdx(ref.type),
        computation: this.computation(ref),
      }
    }
    throw new InternalError('an object of no known kind')
  }

  private func({ funcIdx }: FuncInstance, instance: Instance): ReferenceData {
    return { kind: 'func', instance: this.instances.positionOf(instance), funcIdx }
  }

  /** What it is called is known when all instances are. */
  private hostFunc(func: FuncInstance): ReferenceData {
    this.hostFuncs.positionOf(func)
    const provision = this.options.provisionOf(func)
    if (provision !== undefined) this.instances.positionOf(provision.instance())
    return NOT_YET
  }

  private struct({ type, values, descriptor }: StructInstance): ReferenceData {
    let layout = this.layouts.get(type)
    if (layout === undefined) {
      layout = structLayout(type)
      this.layouts.set(type, layout)
    }
    this.holder = inStructure
    const words = values.slice() as number[]
    for (const { kind, at } of layout.fields) if (kind === 'ref') words[at] = this.refWord(values[at])
    return {
      kind: 'struct',
      typeIdx: this.surroundings.types.typeIdx(type),
      descriptor: this.refWord(descriptor),
      words,
    }
  }

  private array({ type, layout, refs, bytes }: ArrayInstance): ReferenceData {
    const typeIdx = this.surroundings.types.typeIdx(type)
    if (layout.kind !== 'ref') return { kind: 'number-array', typeIdx, bytes: bytes.slice() }
    return { kind: 'ref-array', typeIdx, elems: this.refs(refs, (at) => `element ${at} of an array`) }
  }

  private computation({ computation }: ContinuationInstance): ComputationData {
    if (computation === undefined) return undefined
    const bound = this.values(computation.bound, () => 'a continuation: argument')
    const { from } = computation
    if ('func' in from) return { from: 'func', func: this.refWord(from.func), bound }
    return { from: 'frames', frames: this.frames(this.options.saveStretch(from.stretch).frames), bound }
  }

  private hostValue(ref: Ref): ReferenceData {
    switch (typeof ref) {
      case 'undefined':
        return { kind: 'undefined' }
      case 'boolean':
        return { kind: 'boolean', value: ref }
      case 'number':
        return { kind: 'number', value: ref }
      case 'bigint':
        return { kind: 'bigint', value: ref }
      case 'string':
        return { kind: 'string', value: ref }
      default:
        return { kind: 'named', name: this.name(ref, typeof ref === 'object' ? 'an object' : `a ${typeof ref}`) }
    }
  }

  private name(ref: Ref, what: string): string {
    const name = this.options.nameOf(ref)
    if (name !== undefined) return name
    const place = this.metIn.get(ref)?.() ?? 'the run'
    throw new HeddleError(
      'SNAPSHOT_UNNAMED',
      `${what} of the host's has no name, by which it could be found again: ${place} (give one by \`nameOf\`)`,
    )
  }

  // ——— the run ———

  private run({ func, frames, next, fuelUsed }: SavedRun): RunData {
    return { func: this.refWord(func), frames: this.frames(frames), next: this.next(next), fuelUsed }
  }

  private next(next: SavedRun['next']): NextData {
    switch (next.kind) {
      case 'begin':
        return { kind: next.kind, args: this.values(next.args, () => 'the run: argument') }
      case 'instruction':
        return { kind: next.kind, paid: next.paid }
      case 'host':
        return {
          kind: next.kind,
          func: this.refWord(next.func),
          args: this.values(next.args, () => 'a call: argument'),
          caller: next.caller === undefined ? -1 : this.instances.positionOf(next.caller),
        }
      case 'returned':
        return { kind: next.kind, results: this.values(next.results, () => 'the run: result') }
      case 'thrown':
        return { kind: next.kind, exception: this.refWord(next.exception) }
    }
  }

  private frames(frames: readonly SavedFrame[]): FrameData[] {
    return frames.map(({ instance, funcIdx, offset, locals, operands }) => {
      const name = (): string => nameText(instance.compiled.funcName(funcIdx) ?? String(funcIdx))
      return {
        instance: this.instances.positionOf(instance),
        funcIdx,
        offset: offset - instance.compiled.bodyStart(funcIdx),
        locals: this.values(locals, () => `function ${name()}: local`),
        operands: this.values(operands, () => `function ${name()}: operand`),
      }
    })
  }

  // ——— what belongs to whom ———

  private findPlaces(): void {
    for (const [instance, each] of this.instances.items.entries()) {
      const { importedTables, importedMemories, importedGlobals, importedTags } = each.compiled.spaces
      const define = (things: readonly (Memory | Table | Global | Tag)[], imported: number): void => {
        for (let index = imported; index < things.length; index++) this.places.set(things[index]!, { instance, index })
      }
      define(each.tables, importedTables)
      define(each.memories, importedMemories)
      define(each.globals, importedGlobals)
      define(each.tags, importedTags)
    }
  }

  /** Gives each of the host's functions its name, and the import of the surroundings that says so. */
  private addHostFuncs(references: ReferenceData[]): void {
    for (const [funcIdx, func] of this.hostFuncs.items.entries()) {
      const provision = this.options.provisionOf(func)
      const request = provision?.request ?? this.importedAs.get(func)
      const named = request === undefined
      const [module, name] = named ? ['', this.name(func, 'a function')] : [request.module, request.name]
      const typeIdx = this.surroundings.types.typeIdx(func.canonical)
      this.surroundings.add({ kind: 'func', typeIdx }, module, name)
      references[this.references.positionOf(func)] = {
        kind: 'host-func',
        funcIdx,
        named,
        provider: provision === undefined ? -1 : this.providers.positionOf(provision.provider),
        home: provision === undefined ? -1 : this.instances.positionOf(provision.instance()),
      }
    }
  }

  /** What no instance defines is an import of the surroundings. */
  private addHomeless(): void {
    const { surroundings } = this
    const { types } = surroundings
    const add = <T extends Memory | Table | Global | Tag>(
      things: Numbered<T>,
      typeOf: (thing: T) => ExternType,
    ): void => {
      for (const thing of things.items) {
        if (thing === HOST_TAG || this.places.has(thing)) continue
        this.places.set(thing, { instance: -1, index: surroundings.add(typeOf(thing)) })
      }
    }
    add(this.tables, ({ type }) => ({ kind: 'table', type: { ...type, elem: types.open(type.elem) } }))
    add(this.memories, ({ type }) => ({ kind: 'memory', type }))
    add(this.globals, ({ type }) => ({ kind: 'global', type: { ...type, type: types.open(type.type) } }))
    add(this.tags, ({ canonical }) => ({ kind: 'tag', typeIdx: types.typeIdx(canonical) }))
  }

  private memory(memory: Memory): MemoryData {
    const place = this.places.get(memory)!
    const segments = this.segments(memory)
    // First, as it takes notice of what other agents have grown the memory by.
    const changed = memory.changedPages()
    const parts = copiedPages(memory.bytes, changed)
    return { place, pages: memory.pages, segments, parts }
  }

  /** What segments of modules that are here have written. What others have is no part of the beginning any more. */
  private segments(memory: Memory): WrittenSegments[] {
    const { initial } = memory
    const positions = new Map(this.modules.items.map(({ module }, i) => [module, i]))
    if (initial.segments.some(({ module }) => !positions.has(module))) {
      memory.keepInitial((module) => positions.has(module))
    }
    return initial.segments.map(({ module, dataIdxs, addresses }) => ({
      module: positions.get(module)!,
      dataIdxs: [...dataIdxs],
      addresses: [...addresses],
    }))
  }
}

function stateOf(provider: ImportProvider): ProviderData {
  const { moduleName } = provider
  const state = provider.save?.()
  if (state !== undefined) return { moduleName, state }
  throw new HeddleError(
    'SNAPSHOT_PROVIDER',
    `the functions of ${quoted(moduleName)} have a state that they can't save: the provider has no \`save\``,
  )
}

const inStructure = (): string => 'a structure'

function lookAtNew<T, D>(met: Numbered<T>, done: D[], look: (item: T, position: number) => D): boolean {
  const before = done.length
  while (done.length < met.items.length) done.push(look(met.items[done.length]!, done.length))
  return done.length > before
}
