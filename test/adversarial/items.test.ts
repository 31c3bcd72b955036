// Every item of the adversarial checklist that concerns what is there is named by a test: decoder and validator, instantiation, execution,
// WASI.

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { projectRoot } from '../source-tree.ts'

/** The items that the names of tests cite: `adversarial.md 9`, `adversarial.md 4, 14 to 20`. */
function citedItems(): Set<number> {
  const folder = join(projectRoot, 'test')
  const items = new Set<number>()
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.test.ts') || name.endsWith('items.test.ts')) continue
    for (const [, list] of readFileSync(join(folder, name), 'utf8').matchAll(
      /adversarial\.md (\d+(?:(?:, | and | to )\d+)*)/g,
    )) {
      for (const [, first, last] of list!.matchAll(/(\d+)(?: to (\d+))?/g)) {
        for (let item = Number(first); item <= Number(last ?? first); item++) items.add(item)
      }
    }
  }
  return items
}

it.each([
  [1, 45],
  [53, 68],
])('all items from %d to %d have a test that says so', (first, last) => {
  const cited = citedItems()
  const all = Array.from({ length: last - first + 1 }, (_, i) => first + i)
  expect(all.filter((item) => !cited.has(item))).toEqual([])
})
