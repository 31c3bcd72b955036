// Errors of validation in a module that was parsed from text: they show the line, though validation knows only the packed code.

import { describe, expect, it } from 'vitest'
import { Engine } from '../../../src/embed/engine.ts'
import { parseModule } from '../../../src/text/parse-module.ts'

const engine = new Engine()

/** Line, column and what the caret points at, of the error of an invalid text. */
function faultIn(text: string): [line: number | undefined, column: number | undefined, word: string | undefined] {
  const place = engine.check(parseModule(text))?.place
  const line = text.split('\n')[(place?.line ?? 0) - 1]
  const carets = /\^+/.exec(place?.excerpt ?? '')?.[0].length ?? 0
  const column = place?.column
  return [place?.line, column, column === undefined ? undefined : line?.slice(column - 1, column - 1 + carets)]
}

describe('an invalid instruction is shown', () => {
  it.each([
    ['flat', '(module (func\n  i32.const 1\n  i64.eqz\n  drop))', [3, 3, 'i64.eqz']],
    [
      'folded, behind its operands',
      '(module (func\n  (drop\n    (i64.add (i64.const 1)\n      (i32.const 2)))))',
      [3, 6, 'i64.add'],
    ],
    ['short and folded', '(module (func (result i32)\n  (local.get 7)))', [2, 4, 'local.get']],
    [
      'among the operands of another',
      '(module (func (drop (i32.add\n  (i32.const 1)\n  (i32.eqz (i64.const 1))))))',
      [3, 4, 'i32.eqz'],
    ],
    ['that opens a flat block', '(module (func\n  i64.const 1\n  if\n  end))', [3, 3, 'if']],
    ['that opens a folded if', '(module (func\n  (if\n    (i64.const 1)\n    (then))))', [2, 4, 'if']],
    ['in the second function', '(module (func nop) (func\n nop\n  br 3))', [3, 3, 'br']],
    ['in a constant expression', '(module (global i32\n  (i64.const 1)))', [2, 16, ')']],
    ['at the end of a body that lacks its result', '(module (func (result i32)\n  nop\n))', [3, 1, ')']],
    ['at the end of a flat block', '(module (func\n  block (result i32)\n  end\n  drop))', [3, 3, 'end']],
  ])('%s', (_, text, fault) => {
    expect(faultIn(text)).toEqual(fault)
  })

  it('with the name of the source', () => {
    const error = engine.check(parseModule('(module (func (result i32)))', { name: 'a.wat' }))
    expect(error?.message).toContain('--> a.wat:1:27')
    expect(error?.kind).toBe('invalid')
  })
})

it('a parsed module is plain data all the same', () => {
  const module = parseModule('(module (func nop))')
  expect(Object.keys(module)).not.toContain('locate')
  expect(structuredClone(module)).toEqual(module)
})
