// The identifiers of a module's index spaces, for printing.

import { indexSpaces, type IndexSpaces, type Module } from '../syntax/module.ts'
import type { Names } from '../syntax/names.ts'
import { IdSpace, NO_IDS } from './print-ids.ts'

export interface ModuleIds {
  readonly types: IdSpace
  readonly funcs: IdSpace
  readonly tables: IdSpace
  readonly memories: IdSpace
  readonly globals: IdSpace
  readonly tags: IdSpace
  readonly elems: IdSpace
  readonly datas: IdSpace
  /** Of the fields of a type. */
  readonly fields: (typeIdx: number) => IdSpace
}

export function moduleIds(module: Module, names: Names, spaces: IndexSpaces = indexSpaces(module)): ModuleIds {
  return {
    types: new IdSpace(names.types, module.types.length),
    funcs: new IdSpace(names.funcs, spaces.funcs.length),
    tables: new IdSpace(names.tables, spaces.tables.length),
    memories: new IdSpace(names.memories, spaces.memories.length),
    globals: new IdSpace(names.globals, spaces.globals.length),
    tags: new IdSpace(names.tags, spaces.tags.length),
    elems: new IdSpace(names.elems, module.elems.length),
    datas: new IdSpace(names.datas, module.datas.length),
    fields: fieldIds(module, names),
  }
}

/** Most types have no names for fields, and a module may have a million types: each space is made when it is asked for. */
function fieldIds({ types }: Module, { fields }: Names): (typeIdx: number) => IdSpace {
  const known = new Map<number, IdSpace>()
  return (typeIdx) => {
    const type = types[typeIdx]
    const names = fields?.get(typeIdx)
    if (names === undefined || type?.kind !== 'struct') return NO_IDS
    const ids = known.get(typeIdx) ?? new IdSpace(names, type.fields.length)
    known.set(typeIdx, ids)
    return ids
  }
}
