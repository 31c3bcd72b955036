// The annotations that a module understands: names and custom sections.

import { describe, expect, test } from 'vitest'
import { ModuleError } from '../../../src/errors/module-error.ts'
import { parseModule } from '../../../src/text/parse-module.ts'

function reasonOf(text: string): string {
  try {
    parseModule(text)
  } catch (error) {
    if (error instanceof ModuleError && error.kind === 'malformed') return error.reason
    throw error
  }
  throw new Error('accepted')
}

describe('@custom', () => {
  test('is a section behind all others, unless it says where', () => {
    const { customs } = parseModule(`
      (@custom "last" "a" "b") (func) (@custom "before func" (before func)) (@custom "after import" (after import))
      (@custom "first" (before first)) (@custom "after last" (after last)) (@custom "before code" (before code))`)
    expect(customs.map(({ name, after, bytes }) => [name, after, String.fromCharCode(...bytes)])).toEqual([
      ['first', 0, ''],
      ['after import', 2, ''],
      ['before func', 2, ''],
      ['before code', 12, ''],
      ['last', 11, 'ab'],
      ['after last', 11, ''],
    ])
  })

  test.each([
    ['@custom annotation: missing section name', '(@custom x)'],
    ['@custom annotation: malformed UTF-8 encoding', String.raw`(@custom "\ff")`],
    ['@custom annotation: malformed placement', '(@custom "x" (beside type))'],
    ['@custom annotation: malformed section kind', '(@custom "x" (after first))'],
    ['@custom annotation: malformed section kind', '(@custom "x" (before last))'],
    ['@custom annotation: unexpected token', '(@custom "x" "y" z)'],
    ['misplaced @custom annotation', '(func (@custom "x"))'],
    ['misplaced @custom annotation', '(module (func (nop (@custom "x"))))'],
  ])('is refused: %s', (reason, text) => {
    expect(reasonOf(text)).toBe(reason)
  })
})

describe('@name', () => {
  test('names what an identifier cannot, or has named otherwise', () => {
    const { names } = parseModule(`
      (module $m (@name "M 1")
        (func $f (@name "f 1") (param (@name "x 1") i32) (param i32 (@name "y 1") i32) (local $z (@name "z 1") i32)
          (block (@name "b 1") (br 0)))
        (memory (@name "m 1") 1))`)
    expect(names).toEqual({
      module: 'M 1',
      funcs: new Map([[0, 'f 1']]),
      locals: new Map([[0, new Map([[0, 'x 1'], [2, 'y 1'], [3, 'z 1']])]]), // prettier-ignore
      labels: new Map([[0, new Map([[0, 'b 1']])]]),
      memories: new Map([[0, 'm 1']]),
    })
  })

  test.each([
    ['@name annotation: multiple module', '(module (@name "a") (@name "b"))'],
    ['@name annotation: unexpected token', '(module (@name a))'],
    ['@name annotation: malformed UTF-8 encoding', String.raw`(func (@name "\ff"))`],
    ['misplaced @name annotation', '(func nop (@name "x"))'],
    ['misplaced @name annotation', '(module (func) (@name "x"))'],
  ])('is refused: %s', (reason, text) => {
    expect(reasonOf(text)).toBe(reason)
  })
})

test('other annotations mean nothing', () => {
  expect(parseModule('(module (@x (y "z")) (func (@custom.x)))').customs).toEqual([])
})
