// The numbers of a module as tables for people.

import { nameText } from '../../errors/quote.ts'
import { EXTERN_KINDS, type ExternKind } from '../../syntax/types.ts'
import type { InstructionCount, KindCounts, ModuleStats } from './module-stats.ts'

const KIND_NAMES: Readonly<Record<ExternKind, readonly [one: string, many: string]>> = {
  func: ['function', 'functions'],
  table: ['table', 'tables'],
  memory: ['memory', 'memories'],
  global: ['global', 'globals'],
  tag: ['tag', 'tags'],
}

/** `title` is what the module is called, `top` how many of the most frequent instructions are told. */
export function statsText(stats: ModuleStats, title: string, top = 10): string {
  const { bytes, name, instructions } = stats
  const tables = [
    table(['Sections', 'bytes', 'share', 'entries'], sectionRows(stats)),
    table(['Index spaces', 'defined', 'imported', 'exported'], spaceRows(stats)),
    table(
      ['Imports from', 'what'],
      stats.imports.map((counts) => [nameText(counts.module), kindsText(counts)]),
    ),
    table(
      ['Proposals', 'first needed for'],
      stats.proposals.map((need) => [
        need.name,
        need.within === undefined ? need.what : `${need.what} in ${need.within}`,
      ]),
    ),
    table(['Instructions', 'count', 'share'], countRows(instructions.byName, instructions.total, top)),
    table(['by proposal', 'count', 'share'], countRows(instructions.byProposal, instructions.total, Infinity)),
    table(['Largest functions', 'bytes', 'instructions'], functionRows(stats)),
  ]
  const called = name === undefined ? '' : ` (module ${nameText(name)})`
  const head = `${title}${called}: ${bytes} bytes, ${instructions.total} ${instructions.total === 1 ? 'instruction' : 'instructions'}\n`
  return [head, ...tables].filter((part) => part !== '').join('\n')
}

type Cell = string | number

function sectionRows({ sections, bytes }: ModuleStats): Cell[][] {
  return sections.map((section) => [
    section.name === undefined ? section.title : `${section.title} ${nameText(section.name)}`,
    section.bytes,
    share(section.bytes, bytes),
    section.entries ?? '',
  ])
}

function spaceRows({ types, elems, datas, defined, imported, exported }: ModuleStats): Cell[][] {
  return [
    ['types', types, '', ''],
    ...EXTERN_KINDS.map((kind) => [KIND_NAMES[kind][1], defined[kind], imported[kind], exported[kind]]),
    ['element segments', elems, '', ''],
    ['data segments', datas, '', ''],
  ].filter((cells) => cells.some((cell) => typeof cell === 'number' && cell > 0))
}

function kindsText(counts: KindCounts): string {
  const kinds = EXTERN_KINDS.filter((kind) => counts[kind] > 0)
  return kinds.map((kind) => `${counts[kind]} ${KIND_NAMES[kind][counts[kind] === 1 ? 0 : 1]}`).join(', ')
}

function countRows(counts: readonly InstructionCount[], total: number, top: number): Cell[][] {
  const shown = counts.slice(0, top)
  const rest = counts.slice(top)
  const rows: Cell[][] = shown.map(({ name, count }) => [name, count, share(count, total)])
  if (rest.length === 0) return rows
  const others = rest.reduce((sum, { count }) => sum + count, 0)
  return [...rows, [`${rest.length} others`, others, share(others, total)]]
}

function functionRows({ largestFunctions }: ModuleStats): Cell[][] {
  return largestFunctions.map(({ index, name, bytes, instructions }) => [
    name === undefined ? `func ${index}` : `func ${index} $${nameText(name)}`,
    bytes,
    instructions,
  ])
}

function share(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)}%`
}

/** Words to the left, all else to the right; nothing where there are no rows. */
function table(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return ''
  const lines = [head, ...rows.map(([first = '', ...cells]) => [`  ${first}`, ...cells.map(String)])]
  const isWords = head.map((_, i) => i === 0 || rows.some((cells) => /^[a-z]/.test(String(cells[i]))))
  const widths = head.map((_, i) => Math.max(...lines.map((cells) => cells[i]!.length)))
  const text = (cells: readonly string[]): string =>
    cells.map((cell, i) => (isWords[i] === true ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ')
  return lines.map((cells) => `${text(cells).trimEnd()}\n`).join('')
}
