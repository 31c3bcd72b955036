// The counter of directives against scripts made up here, and against the figures that the official suites are known by.

import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addCounts, countDirectives, countFile, findScripts } from '../scripts/count-assertions.ts'
import { requireSuites } from './suites.ts'

function directivesOf(source: string): Record<string, number> {
  return Object.fromEntries(countDirectives(source).directives)
}

describe('directives are counted', () => {
  it('on the outermost level only, so the action of an assertion is no bare invoke', () => {
    const script = '(module $M) (assert_return (invoke "f") (i32.const 1)) (invoke "g") (register "M" $M)'
    expect(directivesOf(script)).toEqual({ module: 1, assert_return: 1, invoke: 1, register: 1 })
  })

  it('without those in comments and strings', () => {
    const script = '(; (invoke "a") (; nested ;) (invoke "b") ;) ;; (invoke "c")\n(invoke "\\") (invoke \\"d")'
    expect(directivesOf(script)).toEqual({ invoke: 1 })
  })

  it('once for a script that is a bare list of module fields', () => {
    expect(directivesOf('(func) (memory 0) (func (export "f"))')).toEqual({ module: 1 })
  })

  it('with definitions and instances of modules told apart', () => {
    expect(directivesOf('(module definition $D) (module instance $I $D) (module $M)')).toEqual({
      'module definition': 1,
      'module instance': 1,
      module: 1,
    })
  })

  it('inside a thread too, without the list of what it shares', () => {
    expect(directivesOf('(thread $T (shared (module $M)) (register "m" $M) (invoke "f")) (wait $T)')).toEqual({
      register: 1,
      invoke: 1,
      thread: 1,
      wait: 1,
    })
  })

  it('by the form of a malformed module', () => {
    const { malformed } = countDirectives(
      '(assert_malformed (module quote "(func") "x") (assert_malformed (module $M binary "\\00") "x") (assert_malformed (module) "x")',
    )
    expect(Object.fromEntries(malformed)).toEqual({ quote: 1, binary: 1, text: 1 })
  })

  it.each([
    ['(invoke "f"', '1 unclosed "("'],
    ['(invoke "f"))', 'unbalanced ")"'],
    ['(; (; ;)', 'unclosed comment at offset 0'],
    ['(invoke "f)', 'unexpected character at offset 8'],
    ['(assert_retrun)', 'unknown directive (assert_retrun …)'],
  ])('never in what is not a script: %s', (source, message) => {
    expect(() => countDirectives(source)).toThrow(message)
  })
})

const spec = requireSuites('spec')

it.skipIf(spec === undefined)('the official scripts hold as many assertions of each kind as they are known to', () => {
  const folders = ['core', 'custom', 'legacy']
  const proposals = ['custom-descriptors', 'custom-page-sizes', 'threads', 'wide-arithmetic']
  const files = [...folders, ...proposals.map((name) => join('proposals', name))].flatMap((folder) =>
    findScripts(join(spec!, folder)),
  )
  const { directives, malformed } = addCounts(files.map(countFile))
  expect(Object.fromEntries(malformed)).toEqual({ quote: 1_278, binary: 930 })
  expect(Object.fromEntries(directives)).toEqual({
    module: 2_502,
    'module definition': 17,
    'module instance': 3,
    register: 91,
    invoke: 422,
    assert_return: 53_374,
    assert_trap: 5_259,
    assert_exhaustion: 15,
    assert_exception: 41,
    assert_invalid: 3_015,
    assert_malformed: 2_208,
    assert_unlinkable: 262,
    assert_malformed_custom: 19,
    assert_invalid_custom: 1,
  })
})
