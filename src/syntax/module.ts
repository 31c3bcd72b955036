// What a module is (chapter 2.5): plain data, as the decoder and the text parser produce it, with nothing checked but its form.
// Function bodies and constant expressions stay packed, in the binary encoding; `InstructionReader` walks them.

import { InternalError } from '../errors/heddle-error.ts'
import type { ModulePlace } from '../errors/module-error.ts'
import type { CompType, ExternKind, ExternType, FuncType, GlobalType, MemoryType, RecGroup } from './types.ts'
import type { DescriptorClauses, RefType, Subtyping, TableType } from './types.ts'
import { FUNCREF, FUNCTION } from './types.ts'
import type { Names } from './names.ts'

/** A stretch of binary code inside a larger buffer, so that a million bodies share one. */
export interface Code {
  readonly bytes: Uint8Array
  /** Offsets into `bytes`; `end` is exclusive and follows the final `end` opcode. */
  readonly start: number
  readonly end: number
}

/** `code` holds the vector of locals, then the instructions. */
export interface Func {
  readonly typeIdx: number
  readonly code: Code
}

export interface Import {
  readonly module: string
  readonly name: string
  readonly type: ExternType
}

/**
 * Imports of one module that the binary format spells together: the module's name once, and perhaps their type (the proposal
 * `compact-import-section`). It changes nothing about what they mean.
 */
export interface ImportGroup {
  readonly module: string
  /** Position of the first one among all imports, and how many they are: none at all is allowed. */
  readonly start: number
  readonly count: number
  /** Where it is spelled once. */
  readonly type?: ExternType | undefined
}

export interface Export {
  readonly name: string
  readonly kind: ExternKind
  readonly index: number
}

export interface Table {
  readonly type: TableType
  /** The initial value of every element; null where absent. */
  readonly init?: Code | undefined
}

export interface Global {
  readonly type: GlobalType
  readonly init: Code
}

/** A tag of exceptions; its type is that of a function without results. */
export interface Tag {
  readonly typeIdx: number
}

export type SegmentMode =
  | { readonly kind: 'passive' }
  | { readonly kind: 'declarative' }
  /** `index`: the table or memory. `explicit`: the binary format spelled the index though it is 0. */
  | { readonly kind: 'active'; readonly index: number; readonly offset: Code; readonly explicit: boolean }

export interface Elem {
  readonly type: RefType
  readonly mode: SegmentMode
  /** Function indices, or expressions: the two encodings of the binary format. */
  readonly items: Uint32Array | readonly Code[]
}

/** The type of a segment that spells none: functions by index are there, expressions may be null. */
export function impliedElemType(items: Elem['items']): RefType {
  return items instanceof Uint32Array ? FUNCTION : FUNCREF
}

export interface Data {
  readonly mode: SegmentMode
  readonly bytes: Uint8Array
}

export interface CustomSection {
  readonly name: string
  readonly bytes: Uint8Array
  /** The id of the section that it follows; 0 where it stands first. */
  readonly after: number
}

export interface Module {
  readonly types: readonly CompType[]
  /** By type index: of the types that say something about it. */
  readonly subtypes: ReadonlyMap<number, Subtyping>
  /** By type index: of the types that have such clauses. Absent where there are none. */
  readonly descriptors?: ReadonlyMap<number, DescriptorClauses> | undefined
  /** Those that are spelled, ascending; a type outside of them is a group of its own. */
  readonly recGroups: readonly RecGroup[]
  readonly imports: readonly Import[]
  /** Those that are spelled, ascending; an import outside of them is spelled by itself. Absent where there are none. */
  readonly importGroups?: readonly ImportGroup[] | undefined
  /** Definitions only: imports come first in every index space. */
  readonly funcs: readonly Func[]
  readonly tables: readonly Table[]
  readonly memories: readonly MemoryType[]
  readonly globals: readonly Global[]
  readonly tags: readonly Tag[]
  readonly exports: readonly Export[]
  readonly start?: number | undefined
  readonly elems: readonly Elem[]
  readonly datas: readonly Data[]
  readonly customs: readonly CustomSection[]
  /** Ids of non-custom sections that were there though empty, or not needed (the data count). */
  readonly spareSections: readonly number[]
  /** The identifiers of the text format. A binary module's names stay in its custom section until they are asked for. */
  readonly names?: Names | undefined
  /** Of a module that was parsed from text: the place in the text of the code at an offset. Not enumerable: it is no part of the data. */
  readonly locate?: ((offset: number) => ModulePlace | undefined) | undefined
}

/** The index spaces of a module: imports, then definitions. */
export interface IndexSpaces {
  /** Type index of each function. */
  readonly funcs: Uint32Array
  /** Imported functions that are of their type itself, as all functions of the module are. */
  readonly exactImports: ReadonlySet<number>
  readonly tables: readonly TableType[]
  readonly memories: readonly MemoryType[]
  readonly globals: readonly GlobalType[]
  /** Type index of each tag. */
  readonly tags: readonly number[]
  readonly importedFuncs: number
  readonly importedTables: number
  readonly importedMemories: number
  readonly importedGlobals: number
  readonly importedTags: number
}

export function indexSpaces(module: Module): IndexSpaces {
  const imported = (kind: ExternKind): number => module.imports.reduce((n, i) => n + (i.type.kind === kind ? 1 : 0), 0)
  const importedFuncs = imported('func')
  const funcs = new Uint32Array(importedFuncs + module.funcs.length)
  const exactImports = new Set<number>()
  const tables: TableType[] = []
  const memories: MemoryType[] = []
  const globals: GlobalType[] = []
  const tags: number[] = []
  let funcIdx = 0
  for (const { type } of module.imports) {
    if (type.kind === 'func') {
      if (type.exact === true) exactImports.add(funcIdx)
      funcs[funcIdx++] = type.typeIdx
    } else if (type.kind === 'table') tables.push(type.type)
    else if (type.kind === 'memory') memories.push(type.type)
    else if (type.kind === 'global') globals.push(type.type)
    else tags.push(type.typeIdx)
  }
  for (const func of module.funcs) funcs[funcIdx++] = func.typeIdx
  for (const table of module.tables) tables.push(table.type)
  for (const memory of module.memories) memories.push(memory)
  for (const global of module.globals) globals.push(global.type)
  for (const tag of module.tags) tags.push(tag.typeIdx)
  return {
    funcs,
    exactImports,
    tables,
    memories,
    globals,
    tags,
    importedFuncs,
    importedTables: imported('table'),
    importedMemories: imported('memory'),
    importedGlobals: imported('global'),
    importedTags: imported('tag'),
  }
}

/** The type of what has an index in the space of its kind. */
export function externTypeAt(spaces: IndexSpaces, kind: ExternKind, index: number): ExternType {
  switch (kind) {
    case 'func':
      return { kind, typeIdx: spaces.funcs[index]! }
    case 'table':
      return { kind, type: spaces.tables[index]! }
    case 'memory':
      return { kind, type: spaces.memories[index]! }
    case 'global':
      return { kind, type: spaces.globals[index]! }
    case 'tag':
      return { kind, typeIdx: spaces.tags[index]! }
  }
}

/** The function type behind a type index; undefined where there is none. */
export function funcTypeAt(module: Module, typeIdx: number): FuncType | undefined {
  const type = module.types[typeIdx]
  return type?.kind === 'func' ? type : undefined
}

/** The function type behind a type index of a valid module, which has one there. */
export function funcTypeOf(module: Module, typeIdx: number): FuncType {
  const type = funcTypeAt(module, typeIdx)
  if (type === undefined) throw new InternalError(`type ${typeIdx} is no function type`)
  return type
}

/** The recursion group that a type is in: the indices of its first type and behind its last. */
export function recGroupOf(
  { recGroups }: Pick<Module, 'recGroups'>,
  typeIdx: number,
): readonly [start: number, end: number] {
  let low = 0
  let high = recGroups.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const { start, count } = recGroups[middle]!
    if (start + count <= typeIdx) low = middle + 1
    else high = middle
  }
  const group = recGroups[low]
  if (group === undefined || group.start > typeIdx) return [typeIdx, typeIdx + 1]
  return [group.start, group.start + group.count]
}
