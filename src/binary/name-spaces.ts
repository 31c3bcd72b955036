// What a name section gives names to: its subsections by their ids, and how many things of each kind a module has.
// https://webassembly.github.io/spec/core/appendix/custom.html#name-section

import { MODULE_LIMITS } from '../syntax/limits.ts'
import type { Module } from '../syntax/module.ts'
import type { IndirectSpace, Names } from '../syntax/names.ts'
import type { ExternKind } from '../syntax/types.ts'
import { NAME_SUBSECTIONS } from './sections.ts'

export type NameSpace = keyof typeof NAME_SUBSECTIONS

const SPACES: ReadonlyMap<number, NameSpace> = new Map(
  (Object.keys(NAME_SUBSECTIONS) as NameSpace[]).map((space) => [NAME_SUBSECTIONS[space], space]),
)

/** What the subsection of an id names; undefined where nobody knows it. */
export function nameSpaceOf(id: number): NameSpace | undefined {
  return SPACES.get(id)
}

/** Indices inside of a function or type, as far as any module may have them. */
const INNER_LIMITS: Readonly<Record<IndirectSpace, number>> = {
  locals: MODULE_LIMITS.locals,
  labels: MODULE_LIMITS.bodyBytes,
  fields: MODULE_LIMITS.fields,
}

export function isIndirect(space: NameSpace): space is IndirectSpace {
  return Object.hasOwn(INNER_LIMITS, space)
}

export function innerLimit(space: IndirectSpace): number {
  return INNER_LIMITS[space]
}

/** The size of an index space: for `locals` and `labels` that of functions, for `fields` that of types. */
export function nameSpaceSize(module: Module, space: Exclude<keyof Names, 'module'>): number {
  const total = (kind: ExternKind, defined: number): number =>
    module.imports.reduce((count, { type }) => count + (type.kind === kind ? 1 : 0), defined)
  switch (space) {
    case 'funcs':
    case 'locals':
    case 'labels':
      return total('func', module.funcs.length)
    case 'types':
    case 'fields':
      return module.types.length
    case 'tables':
      return total('table', module.tables.length)
    case 'memories':
      return total('memory', module.memories.length)
    case 'globals':
      return total('global', module.globals.length)
    case 'elems':
      return module.elems.length
    case 'datas':
      return module.datas.length
    case 'tags':
      return total('tag', module.tags.length)
  }
}
