// The reports of script results: lines for people, sums for programs.

import { expect, it } from 'vitest'
import { parseExpectations } from '../../../src/script/expectations.ts'
import { jsonReport, renderReport } from '../../../src/script/report.ts'
import { runScript } from '../../../src/script/run-script.ts'

const results = [
  runScript(
    `(module (func (export "f") (result i32) (i32.const 1)))
(assert_return (invoke "f") (i32.const 1))
(assert_return (invoke "f") (i32.const 2))
(assert_invalid (module (func (result i32))) "type mismatch")
(assert_invalid (module (func (result i32))) "other words")`,
    { name: 'a.wast' },
  ),
  runScript('(module (memory 0) (memory 0))\n(module (func (local v128)))\n(invoke "f")', {
    name: 'b.wast',
    features: { 'multi-memory': false, simd: false },
  }),
]

it('the text has a line for each script and each failure, and ends with the sums', () => {
  expect(renderReport(results).split('\n')).toEqual([
    'a.wast: 4 passed, 1 failed, 0 skipped',
    '  a.wast:3 assert_return expected (i32.const 2), got (i32.const 1)',
    'b.wast: 0 passed, 0 failed, 3 skipped',
    '                passed  failed  skipped',
    'module               1       0        2',
    'assert_return        1       1        0',
    'assert_invalid       2       0        0',
    'invoke               0       0        1',
    'skipped, by proposal: simd 2, multi-memory 1',
    '4 passed, 1 failed, 3 skipped',
  ])
})

it('the text names no proposals where nothing was skipped', () => {
  expect(renderReport(results.slice(0, 1))).not.toMatch(/proposal/)
})

it('the data has the sums by script and by kind, survives JSON, and lists the failures', () => {
  const report = jsonReport(results)
  expect(JSON.parse(JSON.stringify(report))).toEqual({
    passed: 4,
    failed: 1,
    skipped: 3,
    kinds: {
      module: { passed: 1, failed: 0, skipped: 2 },
      assert_return: { passed: 1, failed: 1, skipped: 0 },
      assert_invalid: { passed: 2, failed: 0, skipped: 0 },
      invoke: { passed: 0, failed: 0, skipped: 1 },
    },
    proposals: { 'multi-memory': 1, simd: 2 },
    wording: { expected: 2, agreeing: 1 },
    unexpected: 1,
    stale: [],
    scripts: [
      {
        name: 'a.wast',
        passed: 4,
        failed: 1,
        skipped: 0,
        kinds: {
          module: { passed: 1, failed: 0, skipped: 0 },
          assert_return: { passed: 1, failed: 1, skipped: 0 },
          assert_invalid: { passed: 2, failed: 0, skipped: 0 },
        },
        proposals: {},
        wording: { expected: 2, agreeing: 1 },
        failures: [{ line: 3, kind: 'assert_return', message: 'expected (i32.const 2), got (i32.const 1)' }],
      },
      {
        name: 'b.wast',
        passed: 0,
        failed: 0,
        skipped: 3,
        kinds: { module: { passed: 0, failed: 0, skipped: 2 }, invoke: { passed: 0, failed: 0, skipped: 1 } },
        proposals: { 'multi-memory': 1, simd: 2 },
        wording: { expected: 0, agreeing: 0 },
        failures: [],
      },
    ],
  })
})

it('a failure that is listed is told with its reason, and one that is listed and does not happen is told as well', () => {
  const list = parseExpectations('a.wast:3 for a reason\na.wast:2 no more\nc.wast:1 of no concern')
  expect(renderReport(results.slice(0, 1), list).split('\n')).toEqual([
    'a.wast: 4 passed, 1 failed, 0 skipped',
    '  a.wast:3 assert_return expected (i32.const 2), got (i32.const 1)',
    '    which is expected: for a reason',
    expect.stringContaining('passed'),
    expect.stringContaining('module'),
    expect.stringContaining('assert_return'),
    expect.stringContaining('assert_invalid'),
    '1 of the failures is expected',
    'a.wast:2 is listed, but does not fail: no more',
    '4 passed, 1 failed, 0 skipped',
  ])
  const { unexpected, stale, scripts } = jsonReport(results, list)
  expect({ unexpected, stale, expected: scripts[0]!.failures[0]!.expected }).toEqual({
    unexpected: 0,
    stale: ['a.wast:2'],
    expected: 'for a reason',
  })
})
