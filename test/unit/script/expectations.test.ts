// The lists of known failures: how they are read, and what they are held against.

import { describe, expect, it } from 'vitest'
import { UsageError } from '../../../src/errors/heddle-error.ts'
import { findExpectation, judgeFailures, parseExpectations } from '../../../src/script/expectations.ts'
import { runScript } from '../../../src/script/run-script.ts'

describe('a list of expectations', () => {
  it('has a place and a reason in each line, beside comments and empty lines', () => {
    const list = parseExpectations('# comment\n\na/b.wast:12   two words\r\n  c.wast:1 x\n')
    expect([...list]).toEqual([
      ['a/b.wast:12', 'two words'],
      ['c.wast:1', 'x'],
    ])
  })

  it.each([
    ['a.wast:12', 'without a reason'],
    ['a.wast reason', 'without a line'],
    ['a.wast:0 reason', 'with a line that there is not'],
    ['a.wast:1 x\na.wast:1 y', 'that says it twice'],
  ])('may not be %j: %s', (text) => {
    expect(() => parseExpectations(text)).toThrow(UsageError)
  })

  it('names scripts by the end of their path, at a separator', () => {
    const list = parseExpectations('b/c.wast:7 x')
    const find = (script: string, line = 7): string | undefined => findExpectation(list, script, line)
    expect([find('/a/b/c.wast'), find('b/c.wast'), find('a\\b\\c.wast')]).toEqual(Array(3).fill('b/c.wast:7'))
    expect([find('c.wast'), find('bb/c.wast'), find('b/c.wast', 8)]).toEqual([undefined, undefined, undefined])
  })
})

describe('a run is judged by its list', () => {
  const failing = runScript('(assert_trap (module) "unreachable")\n(module)', { name: 'x/a.wast' })
  const judge = (text: string): unknown => judgeFailures([failing], parseExpectations(text))

  it.each([
    ['', { unexpected: 1, expected: 0, stale: [] }],
    ['a.wast:1 known', { unexpected: 0, expected: 1, stale: [] }],
    ['a.wast:1 known\na.wast:2 fixed', { unexpected: 0, expected: 1, stale: ['a.wast:2'] }],
    ['x/a.wast:9 is no directive', { unexpected: 1, expected: 0, stale: ['x/a.wast:9'] }],
    ['b.wast:1 another script', { unexpected: 1, expected: 0, stale: [] }],
  ])('%j', (list, verdict) => {
    expect(judge(list)).toEqual(verdict)
  })
})
