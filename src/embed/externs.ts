// Tables and globals as JavaScript sees them, and the ones that the host makes.

import { UsageError } from '../errors/heddle-error.ts'
import { quoted } from '../errors/quote.ts'
import { Global as RuntimeGlobal } from '../runtime/global.ts'
import { Memory as RuntimeMemory } from '../runtime/memory.ts'
import type { Store } from '../runtime/store.ts'
import { Table as RuntimeTable } from '../runtime/table.ts'
import { defaultValue, fromJs, toJs } from '../runtime/value.ts'
import { EXTERNREF, FUNCREF, VAL_TYPES_BY_NAME, isRefType, valTypeName } from '../syntax/types.ts'
import type { MemoryType, TableType, ValType } from '../syntax/types.ts'
import { closedTypeName } from '../validate/closed-type-name.ts'
import { memoryFault, tableFault } from '../validate/limits.ts'
import { functionOf, toFunction } from './functions.ts'
import { Memory } from './memory.ts'
import { once } from './once.ts'
import { checkedLimits, checkedSize } from './sizes.ts'

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
    return refToJs(this.runtime.type.elem, this.runtime.elems[index])
  }

  set(index: number, value: unknown): void {
    this.check(index)
    this.runtime.elems[index] = refFromJs(this.runtime.type.elem, value)
  }

  /** Grows by `delta` elements; gives the old length, or −1 where that cannot be. */
  grow(delta: number, value: unknown = null): number {
    return this.runtime.grow(checkedSize(delta, 'the number of elements'), refFromJs(this.runtime.type.elem, value))
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
    const value = this.runtime.get()
    return isRefType(value.type) ? refToJs(value.type, value.ref) : toJs(value)
  }

  set value(value: unknown) {
    const { type, mutable } = this.runtime.type
    if (!mutable) throw new UsageError('the global is immutable', 'IMMUTABLE_GLOBAL')
    this.runtime.set(fromJs(type, isRefType(type) ? refFromJs(type, value) : value))
  }
}

function refToJs(type: ValType, ref: unknown): unknown {
  return type === FUNCREF && ref !== null ? toFunction(ref) : ref
}

function refFromJs(type: ValType, value: unknown): unknown {
  if (type !== FUNCREF || value === null) return value
  const func = functionOf(value)
  if (func === undefined) throw new UsageError('a funcref is null or an exported function', 'TYPE_MISMATCH')
  return func
}

function parseType(name: string): ValType {
  const type = VAL_TYPES_BY_NAME.get(name)
  if (type === undefined) throw new UsageError(`unknown value type ${quoted(name)}`)
  return type
}

/** A memory of the host's, to be imported. Sizes in pages of 64 KiB. One that is shared must have a maximum, which is reserved. */
export function createMemory(store: Store, limits: { min: number; max?: number; shared?: boolean }): Memory {
  const { shared = false } = limits
  const type: MemoryType = { addrType: 'i32', limits: checkedLimits(limits, 'memory'), shared }
  refuse(memoryFault(type))
  return Memory.of(RuntimeMemory.allocate(type, store))
}

export function createTable(store: Store, type: { element: string; min: number; max?: number }): Table {
  const elem = parseType(type.element)
  if (!isRefType(elem)) throw new UsageError(`a table has elements of a reference type, not of ${valTypeName(elem)}`)
  const tableType: TableType = { addrType: 'i32', limits: checkedLimits(type, 'table'), elem }
  refuse(tableFault(tableType))
  return Table.of(RuntimeTable.allocate(tableType, store, null))
}

function refuse(fault: string | undefined): void {
  if (fault !== undefined) throw new UsageError(fault)
}

/** Without a value, it is zero or null; an externref is then `undefined`, as in the JavaScript API. */
export function createGlobal(type: string, value?: unknown, mutable = false): Global {
  const valType = parseType(type)
  const global = new RuntimeGlobal({ type: valType, mutable })
  if (value === undefined && valType !== EXTERNREF) global.set(defaultValue(valType))
  else global.set(fromJs(valType, refFromJs(valType, value)))
  return Global.of(global)
}
