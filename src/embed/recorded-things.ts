// The things of a recorded store by number, and values as a recording tells them. A recorder and a replay that sees the same events number the
// same things alike, so that one's numbers are the other's.

import { HeddleError, UsageError } from '../errors/heddle-error.ts'
import { HostThrow } from '../errors/host-throw.ts'
import { RecordingError } from '../errors/recording-error.ts'
import { TRAPS, Trap, type TrapCode } from '../errors/trap.ts'
import { ExceptionInstance, HOST_TAG, WasmException } from '../runtime/exception.ts'
import { FuncInstance } from '../runtime/func.ts'
import type { Global } from '../runtime/global.ts'
import { HeapObject } from '../runtime/heap.ts'
import type { Instance } from '../runtime/instance.ts'
import type { Memory } from '../runtime/memory.ts'
import { Numbered } from '../runtime/numbered.ts'
import { hasRefType } from '../runtime/reference.ts'
import type { Store } from '../runtime/store.ts'
import type { Table } from '../runtime/table.ts'
import { Tag } from '../runtime/tag.ts'
import { refValue, type Ref, type Value } from '../runtime/value.ts'
import type { RecordedTag, RecordedThrow, RecordedValue } from '../snapshot/recording-data.ts'
import { isRefType, type ValType } from '../syntax/types.ts'
import { CLOSED, canonicalFuncType } from '../validate/canonical-types.ts'
import { closedTypeName } from '../validate/closed-type-name.ts'
import { NumberedReferences } from './numbered-references.ts'
import { bigintOf, isPlainType, numberData, numberOf, primitiveData } from './recorded-values.ts'

/** Things of one kind, as a recording speaks of them. */
export class RecordedKind<T extends object> extends Numbered<T> {
  private readonly what: string

  constructor(what: string) {
    super()
    this.what = what
  }

  /** Whether it is new. */
  add(item: T): boolean {
    const { length } = this.items
    return this.positionOf(item) === length
  }

  at(number: number): T {
    const item = this.items[number]
    if (item === undefined)
      throw new RecordingError(`the recording speaks of ${this.what} ${number} of ${this.items.length}`)
    return item
  }
}

/** Stands at replay for an object that the host handed in. */
class StandIn {
  readonly number: number

  constructor(number: number) {
    this.number = number
    Object.freeze(this)
  }
}

/** An error that a host function threw when the run was recorded. */
export class ReplayedError extends Error {
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

/** An error of Heddle's that ended a recorded run from outside; `exitCode` where a program said so. */
class ReplayedEnd extends HeddleError {
  readonly exitCode: number | undefined

  constructor(code: string, message: string, exitCode: number | undefined) {
    super(code, message)
    this.exitCode = exitCode
  }
}

const KEEP_NONE = (): boolean => false
const KEEP_ALL = (): boolean => true
const MAX_NESTING = 15

export class RecordedThings {
  readonly instances: RecordedKind<Instance> = new RecordedKind('instance')
  /** Host functions that were imported. */
  readonly hosts: RecordedKind<FuncInstance> = new RecordedKind('host function')
  readonly memories: RecordedKind<Memory> = new RecordedKind('memory')
  readonly tables: RecordedKind<Table> = new RecordedKind('table')
  readonly globals: RecordedKind<Global> = new RecordedKind('global')
  readonly tags: RecordedKind<Tag> = new RecordedKind('tag')
  private readonly store: Store
  /** Of the engine's heap. */
  private readonly refs: NumberedReferences
  /** Of the host. */
  private readonly objects: NumberedReferences

  /** `returning`: at replay, the numbers of references that will be handed in. */
  constructor(store: Store, returning?: ReadonlySet<number>) {
    this.store = store
    this.refs = new NumberedReferences(returning === undefined ? KEEP_NONE : (number) => returning.has(number))
    this.objects = new NumberedReferences(returning === undefined ? KEEP_NONE : KEEP_ALL)
    this.tags.add(HOST_TAG)
  }

  /** All that is in its index spaces. */
  addInstance(instance: Instance): void {
    if (!this.instances.add(instance)) return
    for (const memory of instance.memories) this.memories.add(memory)
    for (const table of instance.tables) this.tables.add(table)
    for (const global of instance.globals) this.globals.add(global)
    for (const tag of instance.tags) this.tags.add(tag)
  }

  // From the engine to the recording.

  outgoing(value: Value): RecordedValue {
    return numberData(value) ?? this.nameOf(value.ref, (object) => ({ kind: 'ref', id: this.refs.add(object) }))
  }

  /** Throws a UsageError where a recording can't name it. */
  incoming(value: Value): RecordedValue {
    return numberData(value) ?? this.incomingRef(value.ref)
  }

  incomingRef(ref: Ref, depth = 0): RecordedValue {
    return this.nameOf(ref, (object) => this.found(object, depth))
  }

  private nameOf(ref: Ref, unknown: (object: HeapObject) => RecordedValue): RecordedValue {
    const primitive = primitiveData(ref)
    if (primitive !== undefined) return primitive
    if (FuncInstance.is(ref)) return this.funcName(ref)
    if (HeapObject.is(ref)) {
      const id = this.refs.numberOf(ref)
      return id === undefined ? unknown(ref) : { kind: 'ref', id }
    }
    const object = ref as object | symbol
    return { kind: 'object', id: this.objects.numberOf(object) ?? this.objects.add(object) }
  }

  funcName(func: FuncInstance): RecordedValue {
    const host = this.hosts.find(func)
    if (host !== undefined) return { kind: 'host', func: host }
    const { instance, funcIdx } = func
    if (instance === undefined || instance.store !== this.store) {
      throw foreign(`the function ${func.toString()} belongs to another store`)
    }
    // One whose instantiation failed may have left functions in a table.
    this.addInstance(instance)
    return { kind: 'func', instance: this.instances.find(instance)!, funcIdx }
  }

  /** A reference that comes in and never went out by a call: the host has looked into a table or a global, or it has made an exception. */
  private found(object: HeapObject, depth: number): RecordedValue {
    const value = this.find(object) ?? this.madeByHost(object, depth)
    this.refs.add(object)
    return value
  }

  private find(object: HeapObject): RecordedValue | undefined {
    const global = this.globals.items.findIndex(({ ref }) => ref === object)
    if (global >= 0) return { kind: 'global', global }
    for (const [table, { elems }] of this.tables.items.entries()) {
      const index = elems.indexOf(object)
      if (index >= 0) return { kind: 'element', table, index }
    }
    return undefined
  }

  private madeByHost(object: HeapObject, depth: number): RecordedValue {
    if (!(object instanceof ExceptionInstance) || depth >= MAX_NESTING) {
      throw foreign('a reference came in that has never come out of a recorded instance')
    }
    return { kind: 'exception', ...this.exceptionData(object, depth) }
  }

  private exceptionData(
    { tag, values }: ExceptionInstance,
    depth: number,
  ): {
    tag: RecordedTag
    values: readonly RecordedValue[]
  } {
    return {
      tag: this.tagName(tag),
      values: values.map((value) => numberData(value) ?? this.incomingRef(value.ref, depth + 1)),
    }
  }

  private tagName(tag: Tag): RecordedTag {
    const number = this.tags.find(tag)
    if (number !== undefined) return { tag: number }
    const { params } = tag.type
    if (!params.every(isPlainType)) throw foreign('an exception came in whose tag names types of another module')
    this.tags.add(tag)
    return { types: params }
  }

  /** What a host function threw, or what ends a run from outside. */
  incomingThrow(error: unknown): RecordedThrow {
    if (error instanceof WasmException) return { kind: 'exception', ...this.exceptionData(error.exception, 0) }
    if (error instanceof HostThrow) return this.thrownValue(error.cause)
    if (error instanceof Trap) return { kind: 'trap', code: error.code, detail: error.detail }
    if (error instanceof HeddleError) {
      const { exitCode } = error as { readonly exitCode?: unknown }
      return {
        kind: 'error',
        code: error.code,
        message: error.message,
        exitCode: typeof exitCode === 'number' ? exitCode : undefined,
      }
    }
    return this.thrownValue(error)
  }

  private thrownValue(thrown: unknown): RecordedThrow {
    const { name, message }: Readonly<Record<'name' | 'message', unknown>> =
      thrown instanceof Error ? thrown : { name: '', message: '' }
    return { kind: 'thrown', value: this.incomingRef(thrown), name: String(name), message: String(message) }
  }

  /** What a run has ended with. Texts may be other ones in another release: they are left out. */
  outgoingThrow(error: unknown): RecordedThrow {
    if (error instanceof WasmException) {
      const { tag, values } = error.exception
      return { kind: 'exception', tag: this.tagName(tag), values: values.map((value) => this.outgoing(value)) }
    }
    const thrown = this.incomingThrow(error)
    switch (thrown.kind) {
      case 'trap':
        return { ...thrown, detail: '' }
      case 'error':
        return { ...thrown, message: '', exitCode: undefined }
      case 'thrown':
        return { ...thrown, name: '', message: '' }
      case 'exception':
        return thrown
    }
  }

  // From the recording to the engine.

  /** Throws where it is no value of the type. */
  value(data: RecordedValue, type: ValType): Value {
    const value = isRefType(type) ? refValue(type, this.ref(data)) : numberOf(data, type)
    if (value === undefined || (isRefType(type) && !hasRefType(value.ref, type, CLOSED))) {
      throw new RecordingError(
        `the recording gives a value of the kind ${data.kind} where ${closedTypeName(type)} is expected`,
      )
    }
    return value
  }

  values(data: readonly RecordedValue[], types: readonly ValType[]): Value[] {
    if (data.length !== types.length) {
      throw new RecordingError(`the recording gives ${data.length} values where ${types.length} are expected`)
    }
    return types.map((type, i) => this.value(data[i]!, type))
  }

  func(data: RecordedValue): FuncInstance {
    const ref = this.ref(data)
    if (FuncInstance.is(ref)) return ref
    throw new RecordingError(`the recording calls a ${data.kind}`)
  }

  ref(data: RecordedValue): Ref {
    switch (data.kind) {
      case 'null':
        return null
      case 'undefined':
        return undefined
      case 'true':
      case 'false':
        return data.kind === 'true'
      case 'number':
        return data.value
      case 'string':
        return data.text
      case 'bigint':
        return bigintOf(data.text)
      case 'func':
        return this.definedFunc(data.instance, data.funcIdx)
      case 'host':
        return this.hosts.at(data.func)
      case 'object':
        return this.object(data.id, (id) => new StandIn(id))
      case 'ref':
        return this.returned(data.id)
      case 'element':
        return this.foundAgain(this.tables.at(data.table).elems[data.index])
      case 'global':
        return this.foundAgain(this.globals.at(data.global).ref)
      case 'exception': {
        const exception = this.exception(data)
        this.refs.add(exception)
        return exception
      }
      default:
        throw new RecordingError(`the recording gives a value of the kind ${data.kind} where a reference is expected`)
    }
  }

  private definedFunc(instance: number, funcIdx: number): FuncInstance {
    const owner = this.instances.at(instance)
    if (funcIdx < owner.compiled.spaces.funcs.length) return owner.func(funcIdx)
    throw new RecordingError(
      `the recording speaks of function ${funcIdx} of a module that has ${owner.compiled.spaces.funcs.length}`,
    )
  }

  private object(id: number, make: (id: number) => object): object {
    if (id > this.objects.count)
      throw new RecordingError(`the recording speaks of object ${id} of ${this.objects.count}`)
    if (id === this.objects.count) this.objects.add(make(id))
    return this.objects.at(id) as object
  }

  private returned(id: number): Ref {
    const ref = this.refs.at(id)
    if (ref === undefined) throw new RecordingError(`the recording speaks of reference ${id} of ${this.refs.count}`)
    return ref
  }

  private foundAgain(ref: Ref): Ref {
    if (!HeapObject.is(ref) || this.refs.numberOf(ref) !== undefined) {
      throw new RecordingError('the recording has found a reference where there is none')
    }
    this.refs.add(ref)
    return ref
  }

  private exception(data: { readonly tag: RecordedTag; readonly values: readonly RecordedValue[] }): ExceptionInstance {
    const tag = this.tag(data.tag)
    return new ExceptionInstance(tag, this.values(data.values, tag.type.params))
  }

  private tag(data: RecordedTag): Tag {
    if ('tag' in data) return this.tags.at(data.tag)
    if (!data.types.every(isPlainType)) throw new RecordingError('the recording has a tag of types that there are not')
    const tag = new Tag(canonicalFuncType({ kind: 'func', params: data.types, results: [] }))
    this.tags.add(tag)
    return tag
  }

  /** The error for what was thrown, or ended a run. */
  error(data: RecordedThrow): Error {
    switch (data.kind) {
      case 'trap':
        if (!Object.hasOwn(TRAPS, data.code)) throw new RecordingError('the recording has a trap that there is not')
        return new Trap(data.code as TrapCode, data.detail)
      case 'error':
        return new ReplayedEnd(data.code, data.message, data.exitCode)
      case 'exception':
        return new WasmException(this.exception(data))
      case 'thrown': {
        const { value, name, message } = data
        const thrown =
          value.kind === 'object' ? this.object(value.id, () => new ReplayedError(name, message)) : this.ref(value)
        return thrown instanceof Error ? thrown : new HostThrow(thrown)
      }
    }
  }
}

function foreign(what: string): UsageError {
  return new UsageError(`${what}: it can't be recorded`, 'RECORD_FOREIGN')
}
