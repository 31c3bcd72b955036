// The sections as placements of `(@custom …)` call them. A text tells only of those with contents.
// https://webassembly.github.io/spec/core/appendix/custom.html#custom-annotations

import type { Module } from '../syntax/module.ts'

interface NamedSection {
  readonly name: string
  readonly id: number
  /** Undefined for the count of data segments, which the encoder writes where code needs it. */
  readonly contents?: 'types' | 'imports' | 'funcs' | 'tables' | 'memories' | 'tags' | 'globals' | 'exports' | 'start' | 'elems' | 'datas' // prettier-ignore
}

/** In the order of the binary format. */
// prettier-ignore
export const SECTIONS: readonly NamedSection[] = [
  { name: 'type', id: 1, contents: 'types' },
  { name: 'import', id: 2, contents: 'imports' },
  { name: 'func', id: 3, contents: 'funcs' },
  { name: 'table', id: 4, contents: 'tables' },
  { name: 'memory', id: 5, contents: 'memories' },
  { name: 'tag', id: 13, contents: 'tags' },
  { name: 'global', id: 6, contents: 'globals' },
  { name: 'export', id: 7, contents: 'exports' },
  { name: 'start', id: 8, contents: 'start' },
  { name: 'elem', id: 9, contents: 'elems' },
  { name: 'datacount', id: 12 },
  { name: 'code', id: 10, contents: 'funcs' },
  { name: 'data', id: 11, contents: 'datas' },
]

/**
 * The name of the section that a text can place something behind, in place of one that may be there though empty; undefined where there is
 * none before it.
 */
export function placeableSection(module: Module, id: number): string | undefined {
  const own = SECTIONS.findIndex((section) => section.id === id)
  if (own >= 0 && !module.spareSections.includes(id)) return SECTIONS[own]?.name
  const before = SECTIONS.slice(0, Math.max(own, 0)).filter((section) => hasContents(module, section))
  return before.at(-1)?.name
}

function hasContents(module: Module, { contents }: NamedSection): boolean {
  if (contents === undefined) return false
  if (contents === 'start') return module.start !== undefined
  return module[contents].length > 0
}
