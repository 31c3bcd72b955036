// Every official script on the interpreter, with the proposals that its folder is about. What is known to fail stands in
// expected-failures.txt, which messages differ in differing-messages.txt, and what all of it comes to in docs/conformance.md.

import { readFileSync } from 'node:fs'
import {
  findExpectation,
  jsonReport,
  judgeFailures,
  staleExpectations,
  tallyByKind,
  type ScriptResult,
} from 'heddle/script'
import { describe, expect, it } from 'vitest'
import { conformancePage, type HostRecord } from '../../scripts/conformance-page.ts'
import { countFile } from '../../scripts/count-assertions.ts'
import { suiteCommits } from '../../scripts/suite-commits.ts'
import { DIFFERING_MESSAGES, EXPECTED_FAILURES } from './expectation-lists.ts'
import { coreScripts, resultOf, scripts } from './official-scripts.ts'
import { folderOf } from './suite-features.ts'

const MOST_DIFFERING_MESSAGES = 50

function unexpectedFailures({ name, directives }: ScriptResult): string[] {
  return directives.flatMap((directive) => {
    const { line, keyword } = directive
    return directive.status === 'failed' && findExpectation(EXPECTED_FAILURES, name, line) === undefined
      ? [`${name}:${line} ${keyword} ${directive.message}`]
      : []
  })
}

/** Sums of all outcomes, by kind: what an independent scanner counts. */
function sumsOf(result: ScriptResult): ReadonlyMap<string, number> {
  const kinds = [...tallyByKind(result.directives)]
  return new Map(kinds.map(([keyword, { passed, failed, skipped }]) => [keyword, passed + failed + skipped]))
}

describe.skipIf(scripts.length === 0)('the official scripts', () => {
  it('of the standard are 258', () => {
    expect(coreScripts).toHaveLength(258)
  })

  it.each(scripts)('%s', (name, path) => {
    const result = resultOf([name, path])
    expect(unexpectedFailures(result)).toEqual([])
    expect(judgeFailures([result], EXPECTED_FAILURES).stale).toEqual([])
    expect(sumsOf(result)).toEqual(countFile(path).directives)
  })

  it('are refused, and trap, in the expected words, but for those that are listed', () => {
    const unworded = scripts
      .map(resultOf)
      .flatMap(({ name, directives }) =>
        directives.flatMap((d) => (d.status === 'passed' && d.worded === false ? [`${name}:${d.line}`] : [])),
      )
    expect(unworded.filter((place) => !DIFFERING_MESSAGES.has(place))).toEqual([])
    const names = scripts.map(([name]) => name)
    expect(staleExpectations(DIFFERING_MESSAGES, names, new Set(unworded))).toEqual([])
    expect(DIFFERING_MESSAGES.size).toBeLessThanOrEqual(MOST_DIFFERING_MESSAGES)
  })

  it('expect nothing of scripts that are not there', () => {
    const names = new Set(scripts.map(([name]) => name))
    const places = [...EXPECTED_FAILURES.keys(), ...DIFFERING_MESSAGES.keys()]
    expect(places.filter((place) => !names.has(place.replace(/:\d+$/, '')))).toEqual([])
  })

  it('skip nothing', () => {
    expect(jsonReport(scripts.map(resultOf)).proposals).toEqual({})
  })

  // Rewritten by `npm run conformance`. The host's part is a record: the host of this run may be another.
  it('come to what docs/conformance.md says', () => {
    const record = JSON.parse(readFileSync(new URL('host-record.json', import.meta.url), 'utf8')) as HostRecord
    const page = conformancePage({
      results: scripts.map(resultOf),
      record,
      commits: suiteCommits(),
      folderOf,
      failures: EXPECTED_FAILURES,
      messages: DIFFERING_MESSAGES,
    })
    expect(readFileSync(new URL('../../docs/conformance.md', import.meta.url), 'utf8')).toBe(page)
  })
})
