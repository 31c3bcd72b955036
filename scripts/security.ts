// Tries every way out of a folder on Heddle's hosts and on node:wasi, and writes the table of SECURITY.md:  npm run security
// With --check nothing is written: Heddle's columns have to be as the file has them. node:wasi's are those of the Node that wrote it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { HEDDLE, NODE_WASI, ROWS } from './security-columns.ts'
import type { Cell, Column } from './security-columns.ts'
import { securityTable, tableOf, withTable } from './security-page.ts'

const page = new URL('../SECURITY.md', import.meta.url)
const ROW_OPTION = '--node-wasi-row'
const CHILD_MS = 300_000

/** node:wasi in a child, one row each: whatever it does, the other rows are still to be had. */
const nodeWasiAside: Column = {
  name: NODE_WASI.name,
  cell: async (row) => {
    const script = fileURLToPath(import.meta.url)
    const args = [...process.execArgv, '--no-warnings', script, ROW_OPTION, row]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], timeout: CHILD_MS })
    let said = ''
    child.stdout.on('data', (bytes: Buffer) => (said += bytes.toString()))
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    return code === 0 ? said : `crashed (${String(signal ?? code)})`
  },
}

async function measure(columns: readonly Column[]): Promise<Cell[][]> {
  const measured: Cell[][] = []
  for (const row of ROWS) {
    const cells: Cell[] = []
    for (const { cell } of columns) cells.push(await cell(row))
    console.log(`${row}: ${cells.join(', ')}`)
    measured.push(cells)
  }
  return measured
}

const wanted = process.argv.indexOf(ROW_OPTION)
if (wanted !== -1) {
  process.stdout.write(await NODE_WASI.cell(process.argv[wanted + 1]!))
} else if (process.argv.includes('--check')) {
  const measured = await measure(HEDDLE)
  const written = tableOf(readFileSync(page, 'utf8'))
  const differing = ROWS.filter((row, i) => written.get(row)?.slice(0, HEDDLE.length).join() !== measured[i]!.join())
  for (const row of differing) console.error(`SECURITY.md says otherwise about ${row}`)
  process.exitCode = differing.length === 0 ? 0 : 1
} else {
  const columns = [...HEDDLE, nodeWasiAside]
  const names = columns.map(({ name }) => name)
  writeFileSync(page, withTable(readFileSync(page, 'utf8'), securityTable(names, ROWS, await measure(columns))))
}
