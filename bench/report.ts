// What a part of the benchmark hands back, and how it looks on a terminal. Times are milliseconds of CPU unless a column says otherwise.

/** A number is shown with the column's decimals; null where there is nothing to tell. */
export type Cell = string | number | null

export interface Column {
  readonly name: string
  /** Of numbers; 1 by default. */
  readonly decimals?: number
}

export interface Table {
  readonly title: string
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Cell[])[]
  /** Printed below, one a line. */
  readonly notes?: readonly string[]
}

/** A promise that the project makes about speed or size. */
export interface Bar {
  readonly what: string
  readonly value: number
  readonly atMost: number
}

export interface Report {
  readonly tables: readonly Table[]
  readonly bars: readonly Bar[]
  /** What must not happen on any machine at any load: wrong answers, wrong verdicts. */
  readonly failures: readonly string[]
}

export const EMPTY_REPORT: Report = { tables: [], bars: [], failures: [] }

export function failed(message: string): Report {
  return { ...EMPTY_REPORT, failures: [message] }
}

export function joined(reports: readonly Report[]): Report {
  return {
    tables: reports.flatMap(({ tables }) => tables),
    bars: reports.flatMap(({ bars }) => bars),
    failures: reports.flatMap(({ failures }) => failures),
  }
}

/** Names to the left, numbers to the right; columns in which nothing was measured are left out. */
export function renderTable({ title, notes = [], ...all }: Table): string {
  const { columns, rows } = withoutEmptyColumns(all)
  const texts = [
    columns.map(({ name }) => name),
    ...rows.map((row) => row.map((cell, i) => cellText(cell, columns[i]!))),
  ]
  const widths = columns.map((_, i) => Math.max(...texts.map((row) => row[i]!.length)))
  const left = columns.map((_, i) => rows.some((row) => typeof row[i] === 'string'))
  const lines = texts.map((row) =>
    row
      .map((text, i) => (left[i]! ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
  return [title, ...[...lines, ...notes].map((line) => `  ${line}`)].join('\n')
}

function withoutEmptyColumns({ columns, rows }: Pick<Table, 'columns' | 'rows'>): Pick<Table, 'columns' | 'rows'> {
  const used = columns.map((_, i) => rows.some((row) => row[i] !== null))
  return { columns: columns.filter((_, i) => used[i]), rows: rows.map((row) => row.filter((__, i) => used[i])) }
}

export function renderBar({ what, value, atMost }: Bar): string {
  return `${value <= atMost ? 'met   ' : 'missed'}  ${what}: ${value.toFixed(2)}, at most ${atMost}`
}

function cellText(cell: Cell, { decimals = 1 }: Column): string {
  if (cell === null) return '-'
  return typeof cell === 'string' ? cell : cell.toFixed(decimals)
}
