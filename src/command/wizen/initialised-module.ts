// The module that begins in the state of an instance: its memories as data segments, its globals' and tables' contents as constant
// expressions. Types, code and every index that code uses stay as they are.

import { addressExpr } from '../../instructions/const-expr-writer.ts'
import type { Instance } from '../../runtime/instance.ts'
import type { Ref } from '../../runtime/value.ts'
import { MODULE_LIMITS } from '../../syntax/limits.ts'
import type { Code, Data, Elem, Global, Module, SegmentMode, Table } from '../../syntax/module.ts'
import { FUNCREF, FUNCTION, isDefaultable, type MemoryType, type RefType } from '../../syntax/types.ts'
import { definitionName, type DefinitionKind } from '../../validate/errors.ts'
import { codeReferences, declaredFuncs } from './code-references.ts'
import { nonZeroRanges } from './memory-ranges.ts'
import { StateExprs } from './state-exprs.ts'

/**
 * Precondition: the module imports no memory, table or global. Its start function, which has run, is gone. Throws a WizenError where
 * the instance holds what no module can begin with.
 */
export function initialisedModule(instance: Instance, exports: Module['exports']): Module {
  return new StateWriter(instance).write(exports)
}

class StateWriter {
  private readonly instance: Instance
  private readonly module: Module
  private readonly exprs: StateExprs

  constructor(instance: Instance) {
    this.instance = instance
    this.module = instance.compiled.module
    this.exprs = new StateExprs(instance)
  }

  write(exports: Module['exports']): Module {
    const { module } = this
    const references = codeReferences(module)
    const names = this.instance.compiled.names()
    const keepsElems = references.namesElems || (names.elems?.size ?? 0) > 0
    const keepsDatas = references.namesDatas || (names.datas?.size ?? 0) > 0
    const written: Module = {
      ...module,
      start: undefined,
      exports,
      // In the order in which they are evaluated: what a global holds, later expressions may refer to.
      globals: module.globals.map((global, i) => this.global(global, i)),
      tables: module.tables.map((table, i) => this.table(table, i)),
      elems: [...this.elems(keepsElems), ...module.tables.flatMap(({ type }, i) => this.contents(type.elem, i))],
      memories: module.memories.map((type, i) => this.memory(type, i)),
      datas: this.datas(keepsDatas),
    }
    const declared = declaredFuncs(written)
    const undeclared = [...references.funcs].filter((funcIdx) => !declared.has(funcIdx))
    if (undeclared.length === 0) return written
    const items = Uint32Array.from(undeclared).sort()
    return { ...written, elems: [...written.elems, { type: FUNCTION, mode: { kind: 'declarative' }, items }] }
  }

  private global({ type }: Global, globalIdx: number): Global {
    return { type, init: this.exprs.global(globalIdx, () => this.name('global', globalIdx)) }
  }

  /** Whose elements are never null keeps its initial value, and all of them are written over. */
  private table({ type, init }: Table, tableIdx: number): Table {
    const limits = { ...type.limits, min: this.instance.tables[tableIdx]!.elems.length }
    return { type: { ...type, limits }, init: isDefaultable(type.elem) ? undefined : init }
  }

  /** What a table holds besides nulls, as active segments. */
  private contents(elem: RefType, tableIdx: number): Elem[] {
    const { elems, type } = this.instance.tables[tableIdx]!
    const segments: Elem[] = []
    for (let end = 0; end < elems.length; end++) {
      const start = end
      while (end < elems.length && elems[end] !== null) end++
      if (end === start) continue
      const offset = addressExpr(type.addrType, start)
      const mode: SegmentMode = { kind: 'active', index: tableIdx, offset, explicit: false }
      segments.push({ mode, ...this.items(elem, elems.slice(start, end), tableIdx, start) })
    }
    return segments
  }

  /** By the indices of functions where the type of the table admits it: every engine reads that. */
  private items(elem: RefType, refs: readonly Ref[], tableIdx: number, start: number): Pick<Elem, 'type' | 'items'> {
    const where = (i: number) => (): string => `element ${start + i} of ${this.name('table', tableIdx)}`
    if (elem !== FUNCREF && elem !== FUNCTION) {
      return { type: elem, items: refs.map((ref, i) => this.exprs.reference(ref, elem, where(i))) }
    }
    const items = new Uint32Array(refs.length)
    refs.forEach((ref, i) => {
      items[i] = this.exprs.funcIdx(ref, elem, where(i))
    })
    return { type: FUNCTION, items }
  }

  /** The segments of before: those that are used up are gone, or empty where their indices matter. */
  private elems(keepsIndices: boolean): Elem[] {
    return this.module.elems.flatMap((elem, i) => {
      const refs = this.instance.elems[i]
      const { type, mode, items } = elem
      if (mode.kind === 'declarative') return [elem]
      if (refs === undefined) return keepsIndices ? [this.emptyElem(elem)] : []
      if (items instanceof Uint32Array) return [elem]
      const where = (item: number) => (): string => `item ${item} of ${this.name('elem', i)}`
      return [{ type, mode, items: refs.map((ref, item) => this.exprs.reference(ref, type, where(item))) }]
    })
  }

  private emptyElem({ type, mode, items }: Elem): Elem {
    const none = items instanceof Uint32Array ? new Uint32Array(0) : []
    if (mode.kind !== 'active') return { type, mode, items: none }
    return { type, mode: { ...mode, offset: this.startOf('tables', mode.index) }, items: none }
  }

  private memory(type: MemoryType, memIdx: number): MemoryType {
    return { ...type, limits: { ...type.limits, min: this.instance.memories[memIdx]!.pages } }
  }

  private datas(keepsIndices: boolean): Data[] {
    const kept = this.module.datas.flatMap((data, i): Data[] => {
      if (this.instance.datas[i] !== undefined) return [data]
      return keepsIndices ? [this.emptyData(data)] : []
    })
    const { memories } = this.instance
    for (const memory of memories) memory.refresh()
    const ranges = nonZeroRanges(
      memories.map(({ bytes }) => bytes),
      MODULE_LIMITS.datas - kept.length,
    )
    const fresh = ranges.map(({ memIdx, start, end }): Data => {
      const { bytes, type } = memories[memIdx]!
      const offset = addressExpr(type.addrType, start)
      return {
        mode: { kind: 'active', index: memIdx, offset, explicit: false },
        bytes: bytes.subarray(start, end),
      }
    })
    return [...kept, ...fresh]
  }

  private emptyData({ mode }: Data): Data {
    const bytes = new Uint8Array(0)
    if (mode.kind !== 'active') return { mode, bytes }
    return { mode: { ...mode, offset: this.startOf('memories', mode.index) }, bytes }
  }

  private startOf(space: 'tables' | 'memories', index: number): Code {
    return addressExpr(this.instance[space][index]!.type.addrType, 0)
  }

  private name(kind: DefinitionKind, index: number): string {
    const name = definitionName({ ...this.module, names: this.instance.compiled.names() }, kind, index)
    return name.startsWith('$') ? `${kind} ${name}` : name
  }
}
