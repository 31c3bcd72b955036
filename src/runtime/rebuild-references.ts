// The references of a snapshot, made anew: objects first, with nothing in them, so that they may hold one another; then what they hold,
// each value of the type that its place has.

import { LinkError, type UnlinkedImport } from '../errors/link-error.ts'
import { HeddleError } from '../errors/heddle-error.ts'
import { listed, quoted } from '../errors/quote.ts'
import type {
  ComputationData,
  FrameData,
  RefRuns,
  RefWord,
  ReferenceData,
  ValueData,
} from '../snapshot/snapshot-data.ts'
import type { Import } from '../syntax/module.ts'
import { EXTERNREF, isRefType, type FuncType, type RefType, type ValType } from '../syntax/types.ts'
import type { ArrayType, CompType, ContType, StructType } from '../syntax/types.ts'
import { CLOSED, canonicalById, type CanonicalType } from '../validate/canonical-types.ts'
import { closedFuncTypeName, closedTypeName } from '../validate/closed-type-name.ts'
import { matchesResultType } from '../validate/matching.ts'
import { ArrayInstance, StructInstance, arrayBytes, structBytes, type ArrayLayout } from './aggregate.ts'
import { ContinuationInstance } from './continuation.ts'
import { ExceptionInstance, exceptionBytes } from './exception.ts'
import { FuncInstance } from './func.ts'
import { HeapObject } from './heap.ts'
import type { CompiledModule, Instance } from './instance.ts'
import { i31, isOfRefType } from './reference.ts'
import type { Concurrency } from './occupancy.ts'
import type { SavedFrame } from './saved-run.ts'
import { entryAt, invalid } from './snapshot-fault.ts'
import type { Store } from './store.ts'
import type { Tag } from './tag.ts'
import type { Tier } from './tier.ts'
import { numberValue, refValue, vectorValue, type Ref, type Value } from './value.ts'

/** A function of the host's that a snapshot asks for. */
export interface WantedFunction {
  /** Its position among the functions of the surroundings. */
  readonly funcIdx: number
  readonly type: CanonicalType
  /** The import that it stood for; or a name of the embedder's, where `named` says so. */
  readonly module: string
  readonly name: string
  readonly named: boolean
  /** Position of the provider that it belongs to, and the instance whose memory it works on. */
  readonly provider: number | undefined
  readonly home: Instance | undefined
}

export interface HostBindings {
  /** How runs may overlap in the instances. */
  readonly concurrency?: Concurrency | undefined
  /** Undefined where there is none. */
  readonly hostFunc: (wanted: WantedFunction) => FuncInstance | undefined
  /** What the host's object or symbol of that name is here; undefined where there is none. */
  readonly extern: (name: string) => { readonly ref: Ref } | undefined
  readonly restoreStretch: Tier['restoreStretch']
}

interface Context {
  readonly store: Store
  readonly instances: readonly Instance[]
  readonly tags: readonly Tag[]
  readonly surroundings: CompiledModule
  readonly bindings: HostBindings
}

export class References {
  private readonly data: readonly ReferenceData[]
  private readonly context: Context
  private readonly hostImports: readonly Import[]
  private readonly refs: Ref[] = []
  private readonly unlinked: UnlinkedImport[] = []
  private readonly unbound: string[] = []

  /** Makes the objects. `instances` have no functions and no content yet, `tags` are there. */
  constructor(data: readonly ReferenceData[], context: Context) {
    this.data = data
    this.context = context
    this.hostImports = context.surroundings.module.imports.filter(({ type }) => type.kind === 'func')
    // All at once, before any is made: while they are made, nobody can say which are reachable.
    context.store.heap.claim(data.reduce((sum, each) => sum + this.heapBytes(each), 0))
    for (let position = 0; position < data.length; position++) this.make(position)
    if (this.unlinked.length > 0) throw new LinkError(this.unlinked)
    if (this.unbound.length > 0) {
      throw new HeddleError(
        'SNAPSHOT_UNNAMED',
        `the snapshot holds things of the host's that \`externs\` does not give: ${listed(this.unbound, quoted, ', ')}`,
      )
    }
  }

  /** Gives the objects what they hold. */
  fillObjects(): void {
    for (const [position, each] of this.data.entries()) this.fillObject(each, this.refs[position])
  }

  // ——— what a place holds ———

  ref(word: RefWord): Ref {
    if (word === 0) return null
    if ((word & 1) !== 0) return i31(word >> 1)
    const position = (word >>> 1) - 1
    if (position >= this.refs.length) throw invalid(`unknown reference ${position}`)
    return this.refs[position]
  }

  /** A reference of a closed type. */
  typedRef(word: RefWord, type: RefType, place: () => string): Ref {
    const ref = this.ref(word)
    if (!isOfRefType(ref, type)) throw invalid(`${place()} is not of type ${closedTypeName(type)}`)
    return ref
  }

  func(word: RefWord): FuncInstance {
    const ref = this.ref(word)
    if (!FuncInstance.is(ref)) throw invalid('something else in the place of a function')
    return ref
  }

  exception(word: RefWord): ExceptionInstance {
    const ref = this.ref(word)
    if (!HeapObject.is(ref) || !(ref instanceof ExceptionInstance))
      throw invalid('something else in the place of an exception')
    return ref
  }

  /** A value of a closed type. */
  typedValue(value: ValueData, type: ValType, place: () => string): Value {
    if (value.code !== (isRefType(type) ? 0 : -type)) throw invalid(`${place()} is not of type ${closedTypeName(type)}`)
    if (value.code !== 0) return numberOf(value)
    return refValue(type, this.typedRef(value.words[0]!, type, place))
  }

  /** A value whose type somebody else will look at: that of a reference is not known here. */
  value(value: ValueData): Value {
    return value.code === 0 ? refValue(EXTERNREF, this.ref(value.words[0]!)) : numberOf(value)
  }

  values(values: readonly ValueData[]): Value[] {
    return values.map((value) => this.value(value))
  }

  frames(frames: readonly FrameData[]): SavedFrame[] {
    return frames.map(({ instance: position, funcIdx, offset, locals, operands }) => {
      const instance = entryAt(this.context.instances, position, 'instance')
      const { importedFuncs } = instance.compiled.spaces
      const { start, end } = entryAt(instance.compiled.module.funcs, funcIdx - importedFuncs, 'defined function').code
      if (offset > end - start) throw invalid(`offset ${offset} is outside of function ${funcIdx}`)
      const [localValues, operandValues] = [this.values(locals), this.values(operands)]
      return { instance, funcIdx, offset: start + offset, locals: localValues, operands: operandValues }
    })
  }

  // ——— making ———

  private heapBytes(each: ReferenceData): number {
    switch (each.kind) {
      case 'struct':
        return structBytes(each.words.length)
      case 'number-array': {
        const layout = this.arrayLayout(each.typeIdx)
        return arrayBytes(layout, numberCount(each.bytes, layout))
      }
      case 'ref-array':
        return arrayBytes(this.arrayLayout(each.typeIdx), runsLength(each.elems))
      case 'exception':
        return exceptionBytes(each.values.length)
      default:
        return 0
    }
  }

  private make(position: number): void {
    // Some are made before their turn.
    if (position in this.refs) return
    const each = this.data[position]!
    switch (each.kind) {
      case 'func':
        this.refs[position] = this.definedFunc(each.instance, each.funcIdx)
        break
      case 'host-func':
        this.refs[position] = this.hostFunc(each)
        break
      case 'struct':
        this.makeStruct(position)
        break
      case 'number-array': {
        const layout = this.arrayLayout(each.typeIdx)
        const array = new ArrayInstance(layout, numberCount(each.bytes, layout))
        array.bytes.set(each.bytes)
        this.refs[position] = array
        break
      }
      case 'ref-array': {
        const layout = this.arrayLayout(each.typeIdx)
        if (layout.kind !== 'ref') throw invalid('references in an array of numbers')
        this.refs[position] = new ArrayInstance(layout, runsLength(each.elems))
        break
      }
      case 'exception':
        this.refs[position] = new ExceptionInstance(this.tag(each.tag), [])
        break
      case 'continuation':
        this.refs[position] = new ContinuationInstance(this.typeOf(each.typeIdx, 'cont'), undefined)
        break
      case 'named':
        this.refs[position] = this.extern(each.name)
        break
      case 'undefined':
        this.refs[position] = undefined
        break
      default:
        this.refs[position] = each.value
    }
  }

  private typeOf(typeIdx: number, kind: CompType['kind']): CanonicalType {
    const { module, types } = this.context.surroundings
    if (entryAt(module.types, typeIdx, 'type').kind !== kind) throw invalid(`type ${typeIdx} is no ${kind} type`)
    return types.canonical(typeIdx)
  }

  private arrayLayout(typeIdx: number): ArrayLayout {
    this.typeOf(typeIdx, 'array')
    return this.context.surroundings.arrayLayout(typeIdx)
  }

  private tag(position: number): Tag {
    return entryAt(this.context.tags, position, 'tag')
  }

  private definedFunc(position: number, funcIdx: number): FuncInstance {
    const instance = entryAt(this.context.instances, position, 'instance')
    const { funcs, importedFuncs } = instance.compiled.spaces
    if (funcIdx < importedFuncs || funcIdx >= funcs.length) throw invalid(`unknown defined function ${funcIdx}`)
    return instance.func(funcIdx)
  }

  /** Null where there is none: all that are missing are told at once. */
  private hostFunc(each: ReferenceData & { readonly kind: 'host-func' }): FuncInstance | null {
    const { funcIdx, named } = each
    const { instances, surroundings, bindings } = this.context
    const type = surroundings.types.canonical(entryAt(surroundings.spaces.funcs, funcIdx, 'host function'))
    const { module, name } = this.hostImports[funcIdx]!
    const home = each.home < 0 ? undefined : entryAt(instances, each.home, 'instance')
    const provider = each.provider < 0 ? undefined : each.provider
    const func = bindings.hostFunc({ funcIdx, type, module, name, named, provider, home })
    if (func?.canonical.isSubtypeOf(type) === true) return func
    if (named && func === undefined) this.unbound.push(name)
    else {
      const reason = func === undefined ? 'unknown import' : 'incompatible import type'
      this.unlinked.push({ module, name, reason, detail: `func ${closedFuncTypeName(type.comp as FuncType)}` })
    }
    return null
  }

  private extern(name: string): Ref {
    const found = this.context.bindings.extern(name)
    if (found === undefined) this.unbound.push(name)
    return found?.ref ?? null
  }

  /** What describes a structure is made before it, and what describes that. */
  private makeStruct(position: number): void {
    const waiting = [position]
    while (waiting.length > 0) {
      const next = waiting.at(-1)!
      const each = entryAt(this.data, next, 'reference')
      if (each.kind !== 'struct') throw invalid('a descriptor that is no structure')
      const describing = (each.descriptor >>> 1) - 1
      if (each.descriptor !== 0 && !(describing in this.refs)) {
        if (waiting.length > this.data.length) throw invalid('structures that describe one another')
        waiting.push(describing)
        continue
      }
      waiting.pop()
      this.refs[next] ??= this.newStruct(each)
    }
  }

  private newStruct({ typeIdx, descriptor: word, words }: ReferenceData & { readonly kind: 'struct' }): StructInstance {
    const type = this.typeOf(typeIdx, 'struct')
    const layout = this.context.surroundings.structLayout(typeIdx)
    if (words.length !== layout.length) throw invalid(`${words.length} words in a structure of ${layout.length}`)
    const descriptor = this.ref(word)
    const { descriptor: describedBy } = type.clauses
    if (describedBy === undefined) {
      if (descriptor !== null) throw invalid('a descriptor of a structure that has none')
      return StructInstance.zero(layout)
    }
    if (
      !HeapObject.is(descriptor) ||
      !(descriptor instanceof StructInstance) ||
      descriptor.type !== canonicalById(describedBy)
    ) {
      throw invalid('a structure without its descriptor')
    }
    return StructInstance.zero(layout, descriptor)
  }

  // ——— filling ———

  private fillObject(each: ReferenceData, ref: Ref): void {
    switch (each.kind) {
      case 'struct':
        return this.fillStruct(each.words, each.typeIdx, ref as StructInstance)
      case 'ref-array':
        return this.fillRefArray(each.elems, ref as ArrayInstance)
      case 'exception':
        return this.fillException(each.values, ref as ExceptionInstance)
      case 'continuation': {
        const continuation = ref as ContinuationInstance
        continuation.computation = this.computation(each.computation, continuation.type)
        break
      }
      default:
    }
  }

  private fillStruct(words: readonly number[], typeIdx: number, { type, values }: StructInstance): void {
    const { fields } = this.context.surroundings.structLayout(typeIdx)
    const types = (type.comp as StructType).fields
    for (const [i, word] of words.entries()) values[i] = word
    for (const [i, { kind, at }] of fields.entries()) {
      const word = words[at]!
      if (kind === 'ref') values[at] = this.typedRef(word, types[i]!.type, () => `field ${i} of a structure`)
      const bits = kind === 'i8' ? 24 : kind === 'i16' ? 16 : 0
      if ((word << bits) >> bits !== word && kind !== 'ref') throw invalid(`field ${i} of a structure is too large`)
    }
  }

  private fillRefArray(runs: RefRuns, { type, refs }: ArrayInstance): void {
    const elemType = (type.comp as ArrayType).elem.type
    fillRuns(refs, runs, (word) => this.typedRef(word, elemType, () => 'an element of an array'))
  }

  private fillException(data: readonly ValueData[], { tag, values }: ExceptionInstance): void {
    const { params } = tag.type
    if (data.length !== params.length) throw invalid(`${data.length} values in an exception of ${params.length}`)
    const into = values as Value[]
    for (const [i, type] of params.entries()) {
      into.push(this.typedValue(data[i]!, type, () => `value ${i} of an exception`))
    }
  }

  private computation(data: ComputationData, type: CanonicalType): ContinuationInstance['computation'] {
    if (data === undefined) return undefined
    if (data.from === 'func') {
      const func = this.func(data.func)
      return { from: { func }, bound: this.boundValues(data.bound, func.type, type) }
    }
    if (data.frames.length === 0) throw invalid('a continuation without frames')
    const bound = this.values(data.bound)
    const stretch = this.context.bindings.restoreStretch({ frames: this.frames(data.frames) }, type, bound)
    this.context.store.heap.claim(stretch.byteSize)
    return { from: { stretch }, bound }
  }

  /** The arguments that a continuation has already; what its function takes besides and gives must be what its type says. */
  private boundValues(bound: readonly ValueData[], func: FuncType, { comp }: CanonicalType): Value[] {
    const cont = canonicalById((comp as ContType).typeIdx).comp as FuncType
    const left = func.params.slice(bound.length)
    if (
      bound.length > func.params.length ||
      !matchesResultType(cont.params, left, CLOSED) ||
      !matchesResultType(func.results, cont.results, CLOSED)
    ) {
      throw invalid('a continuation of another type')
    }
    return bound.map((value, i) => this.typedValue(value, func.params[i]!, () => `argument ${i} of a continuation`))
  }
}

function numberOf({ code, words }: ValueData): Value {
  return words.length === 4 ? vectorValue(words) : numberValue(-code, words[0]!, words[1] ?? 0)
}

function numberCount(bytes: Uint8Array, layout: ArrayLayout): number {
  const count = bytes.length / layout.bytes
  if (layout.kind === 'ref' || !Number.isInteger(count)) throw invalid('bytes that are no elements of an array')
  return count
}

export function runsLength(runs: RefRuns): number {
  let length = 0
  for (let i = 0; i < runs.length; i += 2) length += runs[i]! >>> 0
  return length
}

/** Each reference is looked at once. Precondition: the places are as many as `runsLength` says. */
export function fillRuns(into: Ref[], runs: RefRuns, refOf: (word: RefWord, at: number) => Ref): void {
  let at = 0
  for (let i = 0; i < runs.length; i += 2) {
    const ref = refOf(runs[i + 1]!, at)
    for (const end = at + (runs[i]! >>> 0); at < end; at++) into[at] = ref
  }
}
