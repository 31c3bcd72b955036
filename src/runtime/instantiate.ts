// Builds an instance from a module and what its imports are: allocation, initial values, active segments, exports. The start function
// is given back, not run: it runs as any other call does, with fuel and timeouts.
// https://webassembly.github.io/spec/core/exec/modules.html#instantiation

import { Trap } from '../errors/trap.ts'
import type { Elem, Module, SegmentMode } from '../syntax/module.ts'
import { isRefType, pageSizeOf } from '../syntax/types.ts'
import { evaluate, evaluateOffset } from './const-expr.ts'
import { FuncInstance } from './func.ts'
import { GLOBAL_WORDS, Global } from './global.ts'
import { Instance, type CompiledModule, type ExternVal } from './instance.ts'
import { Memory } from './memory.ts'
import type { Concurrency } from './occupancy.ts'
import type { Store } from './store.ts'
import { Table } from './table.ts'
import { Tag } from './tag.ts'
import type { Ref } from './value.ts'

interface Instantiated {
  readonly instance: Instance
  /** To be called before anything else is. */
  readonly start: FuncInstance | undefined
}

/** The module is valid and `imports` match it. Traps where an active segment is out of bounds; what was written by then stays. */
export function instantiate(
  store: Store,
  compiled: CompiledModule,
  imports: readonly ExternVal[],
  concurrency?: Concurrency,
): Instantiated {
  const { module } = compiled
  store.require(quotasOf(module))
  const instance = new Instance(
    store,
    compiled,
    imports.filter((i) => i instanceof FuncInstance),
    concurrency,
  )
  // Where its functions were written into a table that others have, it lives on.
  let isShared = false
  try {
    allocate(instance, imports)
    defineExports(instance)
    for (const elem of module.elems) addElements(elem, instance)
    for (const data of module.datas) instance.datas.push(data.bytes)
    isShared = compiled.spaces.importedTables > 0
    module.elems.forEach((elem, i) => initTable(instance, elem.mode, i))
    module.datas.forEach((data, i) => initMemory(instance, data.mode, i))
  } catch (error) {
    if (!isShared) instance.giveBack()
    throw error
  }
  return { instance, start: module.start === undefined ? undefined : instance.func(module.start) }
}

/** Gives back what an instance takes whose start function has failed, unless that may have left parts of it elsewhere. */
export function abandon(instance: Instance): void {
  const { importedFuncs, importedTables, importedGlobals, globals } = instance.compiled.spaces
  const isSealed = globals.slice(0, importedGlobals).every(({ type, mutable }) => !mutable || !isRefType(type))
  if (importedFuncs === 0 && importedTables === 0 && isSealed) instance.giveBack()
}

/** What the module's own definitions take. */
function quotasOf({ tables, memories }: Module): { instances: number; memoryBytes: number; tableElements: number } {
  return {
    instances: 1,
    memoryBytes: memories.reduce((sum, type) => sum + Number(type.limits.min) * pageSizeOf(type), 0),
    tableElements: tables.reduce((sum, { type }) => sum + Number(type.limits.min), 0),
  }
}

/** Fills the index spaces with all that the instance imports and defines. */
function allocate(instance: Instance, imports: readonly ExternVal[]): void {
  const { store } = instance
  const { module, types } = instance.compiled
  // Not by a spread: there may be a million of them.
  for (const value of imports) {
    if (value instanceof Table) instance.tables.push(value)
    else if (value instanceof Memory) instance.memories.push(value)
    else if (value instanceof Global) instance.globals.push(value)
    else if (value instanceof Tag) instance.tags.push(value)
  }
  for (const type of module.memories) instance.memories.push(Memory.allocate(type, store))
  instance.memory = instance.memories[0] ?? Memory.none()
  for (const { typeIdx } of module.tags) instance.tags.push(new Tag(types.canonical(typeIdx)))
  for (const { type, init } of module.globals) {
    const closed = { ...type, type: types.close(type.type) }
    const global = new Global(closed, instance.globalWords, instance.globals.length * GLOBAL_WORDS)
    global.set(evaluate(init, instance))
    instance.globals.push(global)
  }
  for (const { type, init } of module.tables) {
    const closed = { ...type, elem: types.close(type.elem) }
    instance.tables.push(Table.allocate(closed, store, init === undefined ? null : evaluate(init, instance).ref))
  }
}

export function defineExports(instance: Instance): void {
  for (const { name, kind, index } of instance.compiled.module.exports) {
    const value = kind === 'func' ? instance.func(index) : instance.spaceOf(kind)[index]!
    instance.exports.set(name, value)
  }
}

/** Each item belongs to the instance as soon as it is there, so that it is counted while the next is made. */
function addElements({ items }: Elem, instance: Instance): void {
  const refs: Ref[] = []
  instance.elems.push(refs)
  if (items instanceof Uint32Array) for (const funcIdx of items) refs.push(instance.func(funcIdx))
  else for (const code of items) refs.push(evaluate(code, instance).ref)
}

function initTable(instance: Instance, mode: SegmentMode, elemIdx: number): void {
  if (mode.kind === 'active') {
    const refs = instance.elems[elemIdx]!
    const table = instance.tables[mode.index]!
    const offset = evaluateOffset(mode.offset, instance)
    if (!table.contains(offset, refs.length)) {
      throw new Trap(
        'TRAP_TABLE_OUT_OF_BOUNDS',
        `elements ${offset} + ${refs.length} of a table of ${table.elems.length}`,
      )
    }
    for (let i = 0; i < refs.length; i++) table.elems[offset + i] = refs[i]
  }
  if (mode.kind !== 'passive') instance.elems[elemIdx] = undefined
}

function initMemory(instance: Instance, mode: SegmentMode, dataIdx: number): void {
  if (mode.kind !== 'active') return
  const bytes = instance.datas[dataIdx]!
  const memory = instance.memories[mode.index]!
  const offset = evaluateOffset(mode.offset, instance)
  if (!memory.contains(offset, bytes.length)) {
    throw new Trap('TRAP_OUT_OF_BOUNDS', `data ${offset} + ${bytes.length} in a memory of ${memory.byteLength} bytes`)
  }
  memory.initialize(instance.compiled.module, dataIdx, offset)
  instance.datas[dataIdx] = undefined
}
