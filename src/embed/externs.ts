// Tables and globals as JavaScript sees them, and the ones that the host makes.

import { UsageError } from '../errors/heddle-error.ts'
import { quoted } from '../errors/quote.ts'
import { Global as RuntimeGlobal } from '../runtime/global.ts'
import { Memory as RuntimeMemory } from '../runtime/memory.ts'
import type { Store } from '../runtime/store.ts'
import { Table as RuntimeTable } from '../runtime/table.ts'
import { defaultValue } from '../runtime/value.ts'
import { EXTERNREF, HEAP_TYPES_BY_NAME, VAL_TYPES_BY_NAME } from '../syntax/types.ts'
import { isDefaultable, isRefType, refType, valTypeName } from '../syntax/types.ts'
import type { AddrType, MemoryType, RefType, TableType, ValType } from '../syntax/types.ts'
import { closedTypeName } from '../validate/closed-type-name.ts'
import { memoryFault, tableFault } from '../validate/limits.ts'
import { Memory } from './memory.ts'
import { once } from './once.ts'
import { refFromJs, refToJs, valueFromJs, valueToJs } from './functions.ts'
import { checkedAddrType, checkedLimits, checkedPageSize, checkedSize, type GivenLimits } from './sizes.ts'

const tables = new WeakMap<RuntimeTable, Table>()
const globals = new WeakMap<RuntimeGlobal, Global>()

export class Table {
  readonly runtime: RuntimeTable

  private constructor(runtime: RuntimeTable) {
    this.runtime = runtime
  }

  /** For the engine: the one Table of a table of the store. */
  static of(runtime: RuntimeTable): Table {
    return once(tables, runtime, () => new Table(runtime))
  }

  get length(): number {
    return this.runtime.elems.length
  }

  get(index: number): unknown {
    this.check(index)
    return refToJs(this.runtime.elems[index])
  }

  set(index: number, value: unknown): void {
    this.check(index)
    const ref = refFromJs(this.runtime.type.elem, value, 'the element')
    this.runtime.observer?.(index, ref)
    this.runtime.elems[index] = ref
  }

  /** Grows by `delta` elements; gives the old length, or −1 where that cannot be. */
  grow(delta: number, value: unknown = null): number {
    return this.runtime.grow(
      checkedSize(delta, 'the number of elements'),
      refFromJs(this.runtime.type.elem, value, 'the element'),
    )
  }

  private check(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new UsageError(`index ${index} is outside of a table of ${this.length} elements`, 'OUT_OF_BOUNDS')
    }
  }
}

export class Global {
  readonly runtime: RuntimeGlobal

  private constructor(runtime: RuntimeGlobal) {
    this.runtime = runtime
  }

  /** For the engine: the one Global of a global of the store. */
  static of(runtime: RuntimeGlobal): Global {
    return once(globals, runtime, () => new Global(runtime))
  }

  /** `i32`, `funcref` …: as the text format writes it. */
  get type(): string {
    return closedTypeName(this.runtime.type.type)
  }

  get mutable(): boolean {
    return this.runtime.type.mutable
  }

  get value(): unknown {
    return valueToJs(this.runtime.get())
  }

  set value(value: unknown) {
    const { type, mutable } = this.runtime.type
    if (!mutable) throw new UsageError('the global is immutable', 'IMMUTABLE_GLOBAL')
    const given = valueFromJs(type, value, 'the value')
    this.runtime.observer?.(given)
    this.runtime.set(given)
  }
}

/** `(ref extern)` and the like. */
const NON_NULL_TYPES: ReadonlyMap<string, RefType> = new Map(
  [...HEAP_TYPES_BY_NAME.values()].map((heap) => [valTypeName(refType(false, heap)), refType(false, heap)]),
)

export function parseType(name: string): ValType {
  if (typeof name !== 'string') {
    throw new UsageError(`a value type is a text such as 'i32', 'externref' or '(ref eq)', not ${typeof name}`)
  }
  const type = VAL_TYPES_BY_NAME.get(name) ?? NON_NULL_TYPES.get(name)
  if (type === undefined) throw new UsageError(`unknown value type ${quoted(name)}`)
  return type
}

export interface MemoryDescriptor extends GivenLimits {
  /** `i32` if absent. */
  readonly address?: AddrType | undefined
  /** In bytes: 65,536 if absent, or 1. It has to be what an importing module spells. */
  readonly pageSize?: number | undefined
  /** One that is shared must have a maximum, which is reserved. */
  readonly shared?: boolean | undefined
}

export interface TableDescriptor extends GivenLimits {
  /** A reference type, such as `funcref`, `externref` or `anyref`. */
  readonly element: string
  /** `i32` if absent. */
  readonly address?: AddrType | undefined
}

/** A memory of the host's, to be imported. Sizes in pages. */
export function createMemory(store: Store, descriptor: MemoryDescriptor): Memory {
  const limits = checkedLimits(descriptor, 'memory')
  const { pageSize, shared = false } = descriptor
  const plain: MemoryType = { addrType: checkedAddrType(descriptor.address), limits, shared }
  const type = pageSize === undefined ? plain : { ...plain, pageSizeLog2: checkedPageSize(pageSize) }
  refuse(memoryFault(type))
  return Memory.of(RuntimeMemory.allocate(type, store))
}

/** A table of the host's, to be imported, full of a value: it must be given where the elements are never null. */
export function createTable(store: Store, type: TableDescriptor, value: unknown = null): Table {
  const elem = parseType(type.element)
  if (!isRefType(elem)) throw new UsageError(`a table has elements of a reference type, not of ${valTypeName(elem)}`)
  const tableType: TableType = { addrType: checkedAddrType(type.address), limits: checkedLimits(type, 'table'), elem }
  refuse(tableFault(tableType))
  return Table.of(RuntimeTable.allocate(tableType, store, refFromJs(elem, value, 'the element')))
}

function refuse(fault: string | undefined): void {
  if (fault !== undefined) throw new UsageError(fault)
}

/**
 * A global of the host's, to be imported: `createGlobal('i64', 5n, true)`. `type` is a number type, v128, or a reference type that names no
 * definition of a module (`anyref`, `i31ref`, `(ref func)`). Without a value, it is zero or null; an externref is then
 * `undefined`, as in the JavaScript API.
 */
export function createGlobal(type: string, value?: unknown, mutable = false): Global {
  const valType = parseType(type)
  const global = new RuntimeGlobal({ type: valType, mutable })
  if (value === undefined && valType !== EXTERNREF && isDefaultable(valType)) global.set(defaultValue(valType))
  else global.set(valueFromJs(valType, value, 'the value'))
  return Global.of(global)
}
