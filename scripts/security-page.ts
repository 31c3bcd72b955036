// The generated table of SECURITY.md: written between its marks, and read from there.

import type { Cell } from './security-columns.ts'

const BEGIN = '<!-- escapes: written by npm run security -->'
const END = '<!-- escapes end -->'

/** Laid out as the formatter does. */
export function securityTable(
  columns: readonly string[],
  rows: readonly string[],
  cells: readonly (readonly Cell[])[],
): string {
  const lines = [['', ...columns], ...rows.map((row, i) => [row, ...cells[i]!])]
  const widths = lines[0]!.map((_, i) => Math.max(3, ...lines.map((line) => line[i]!.length)))
  const rule = widths.map((width) => '-'.repeat(width))
  const [head, ...body] = lines.map((line) => line.map((cell, i) => cell.padEnd(widths[i]!)))
  return [head!, rule, ...body].map((line) => `| ${line.join(' | ')} |`).join('\n')
}

export function withTable(page: string, table: string): string {
  const [begin, end] = marks(page)
  return `${page.slice(0, begin)}\n\n${table}\n\n${page.slice(end)}`
}

/** Row → cells. */
export function tableOf(page: string): ReadonlyMap<string, readonly Cell[]> {
  const [begin, end] = marks(page)
  const lines = page.slice(begin, end).trim().split('\n').slice(2)
  return new Map(
    lines.map((line) => {
      const [row, ...cells] = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim())
      return [row!, cells]
    }),
  )
}

function marks(page: string): [begin: number, end: number] {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin === -1 || end < begin) throw new Error('SECURITY.md lacks the marks of its table')
  return [begin + BEGIN.length, end]
}
