// The numbers that `heddle stats` tells are those of the module.

import { describe, expect, it } from 'vitest'
import { encodeModule } from '../../../src/binary/encode-module.ts'
import { moduleStats } from '../../../src/debug/stats/module-stats.ts'
import { statsText } from '../../../src/debug/stats/stats-text.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { moduleOf, section, sized } from '../binary/module-bytes.ts'

const bytes = encodeModule(
  parseModule(`(module $m
    (import "env" "f" (func)) (import "env" "g" (global i32)) (import "wasi" "h" (func))
    (memory 1) (export "m" (memory 0)) (data "x")
    (func $small) (func $large (i32.add (i32.const 1) (i32.const 2)) drop (drop (i32.extend8_s (i32.const 0)))))`),
  { names: true },
)

describe('statistics', () => {
  const stats = moduleStats(bytes)

  it('count index spaces, imports and exports', () => {
    expect(stats).toMatchObject({
      name: 'm',
      types: 1,
      datas: 1,
      elems: 0,
      imported: { func: 2, global: 1 },
      defined: { func: 2, memory: 1, global: 0 },
      exported: { memory: 1, func: 0 },
      imports: [
        { module: 'env', func: 1, global: 1 },
        { module: 'wasi', func: 1, global: 0 },
      ],
    })
  })

  it('count instructions by name and by proposal, the most frequent first', () => {
    expect(stats.instructions).toEqual({
      total: 9,
      byName: [
        { name: 'i32.const', count: 3 },
        { name: 'end', count: 2 },
        { name: 'drop', count: 2 },
        { name: 'i32.add', count: 1 },
        { name: 'i32.extend8_s', count: 1 },
      ],
      byProposal: [
        { name: 'mvp', count: 8 },
        { name: 'sign-extension-ops', count: 1 },
      ],
    })
  })

  it('tell the largest functions, with names and in order', () => {
    expect(stats.largestFunctions.map(({ index, name }) => [index, name])).toEqual([
      [3, 'large'],
      [2, 'small'],
    ])
    expect(moduleStats(bytes, { top: 1 }).largestFunctions).toHaveLength(1)
  })

  it('tell the proposals that are needed, and what for', () => {
    expect(stats.proposals).toEqual([
      { name: 'bulk-memory-operations', what: 'a passive segment', within: 'data 0' },
      { name: 'sign-extension-ops', what: 'i32.extend8_s', within: 'func 3' },
    ])
  })

  it('have sections that make up all of the module but its header', () => {
    for (const each of [bytes, moduleOf(), moduleOf(section(0, sized('x'), 1))]) {
      const { sections } = moduleStats(each)
      expect(sections.reduce((sum, section) => sum + section.bytes, 8)).toBe(each.length)
    }
  })

  it('are laid out for any module', () => {
    for (const each of [bytes, moduleOf()])
      expect(statsText(moduleStats(each), 'm.wasm')).toContain(`${each.length} bytes`)
  })

  it('refuse what is not valid', () => {
    expect(() => moduleStats(moduleOf(section(8, 0)))).toThrow('unknown function')
  })
})
