// SECURITY.md says of Heddle's hosts what is measured, and what is measured is that nothing leads out; its limits are those that the code has.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { HEDDLE, NODE_WASI, RACE, ROWS } from '../scripts/security-columns.ts'
import { tableOf } from '../scripts/security-page.ts'
import { Engine } from '../src/embed/engine.ts'
import { STORE_LIMITS } from '../src/runtime/store.ts'
import { DEFAULT_LIMITS } from '../src/wasi/preview1/limits.ts'
import { projectRoot } from './source-tree.ts'

const isLinux = process.platform === 'linux'
const page = readFileSync(join(projectRoot, 'SECURITY.md'), 'utf8')
const written = tableOf(page)

test('the table has a row for each kind of way, and a column for each host', () => {
  expect([...written.keys()]).toEqual(ROWS)
  const head = page.split('\n').find((line) => line.includes(HEDDLE.at(-1)!.name) && line.startsWith('|'))!
  const columns = head.split('|').slice(2, -1)
  expect(columns.map((name) => name.trim().replace(/ of Node .*/, ''))).toEqual([
    ...HEDDLE.map(({ name }) => name),
    NODE_WASI.name.replace(/ of Node .*/, ''),
  ])
})

// The race is in test/wasi/race.test.ts, and longer there.
describe.runIf(isLinux).each(ROWS.filter((row) => row !== RACE))('adversarial.md 53, 54, 58: %s', (row) => {
  test.each(HEDDLE.map(({ name, cell }, i) => [name, cell, i] as const))(
    'is 0 of all attempts: %s',
    async (_, cell, i) => {
      const measured = await cell(row)
      expect(measured).toMatch(/^(0 of [1-9][0-9,]*|–)$/)
      expect(written.get(row)?.[i]).toBe(measured)
    },
  )
})

test('of races, too, the page says that none led out', () => {
  for (const [i, { name }] of HEDDLE.entries())
    expect([name, written.get(RACE)?.[i]]).toEqual([name, expect.stringMatching(/^(0 of |–|best effort)/)])
})

/** As the page says it. */
function amount(name: string, value: number): string {
  if (value === Infinity) return 'none'
  if (!/bytes$/i.test(name) || value % 2 ** 20 !== 0) return value.toLocaleString('en')
  return value % 2 ** 30 === 0 ? `${value / 2 ** 30} GiB` : `${value / 2 ** 20} MiB`
}

test('the defaults are those of the code', () => {
  const { moduleBytes } = (new Engine() as unknown as { readonly limits: { readonly moduleBytes: number } }).limits
  const limits = Object.entries({ moduleBytes, ...STORE_LIMITS, ...DEFAULT_LIMITS })
  const rows = [...page.matchAll(/^\| `(\w+)` +\| (.*?) +\|$/gm)].map(([, name, value]) => [name, value])
  expect(rows).toEqual(limits.map(([name, value]) => [name, amount(name, value)]))
})
