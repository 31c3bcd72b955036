// Every official script on the interpreter. What is expected to fail stands in expected-failures.ts, what is skipped in docs/skipped.md.

import { jsonReport, tallyByKind, type ScriptResult } from 'heddle/script'
import { describe, expect, it } from 'vitest'
import { countFile } from '../../scripts/count-assertions.ts'
import { EXPECTED_FAILURES } from './expected-failures.ts'
import { coreScripts, resultOf, scripts } from './official-scripts.ts'
import { skippedPage } from './skipped-page.ts'

function failuresOf({ name, directives }: ScriptResult): { place: string; message: string }[] {
  return directives.flatMap((directive) => {
    const { line, keyword } = directive
    return directive.status === 'failed'
      ? [{ place: `${name}:${line}`, message: `${name}:${line} ${keyword} ${directive.message}` }]
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
    const failures = failuresOf(result)
    const unexpected = failures.filter(({ place }) => EXPECTED_FAILURES[place] === undefined)
    expect(unexpected.map(({ message }) => message)).toEqual([])
    const listed = Object.keys(EXPECTED_FAILURES).filter((place) => place.startsWith(`${name}:`))
    expect(listed.filter((place) => failures.every((failure) => failure.place !== place))).toEqual([])
    expect(sumsOf(result)).toEqual(countFile(path).directives)
  })

  it('are refused, and trap, in the expected words wherever they should', () => {
    const unworded = scripts
      .filter(([name]) => /^(core|custom)\//.test(name))
      .map(resultOf)
      .flatMap(({ name, directives }) =>
        directives.flatMap((d) => (d.status === 'passed' && d.worded === false ? [`${name}:${d.line}`] : [])),
      )
    expect(unworded).toEqual([])
  })

  it('expect no failure that is in no script', () => {
    const names = new Set(scripts.map(([name]) => name))
    expect(Object.keys(EXPECTED_FAILURES).filter((place) => !names.has(place.replace(/:\d+$/, '')))).toEqual([])
  })

  // Rewritten by `npx vitest run test/spec/core.test.ts --update`.
  it('skip what docs/skipped.md says, and nothing of WebAssembly 2.0, relaxed SIMD, extended constants, tail calls or multiple memories', async () => {
    const results = coreScripts.map(resultOf)
    await expect(skippedPage(results)).toMatchFileSnapshot('../../docs/skipped.md')
    const later = ['exception-handling', 'function-references', 'gc', 'relaxed-simd']
    expect(Object.keys(jsonReport(results).proposals).filter((proposal) => !later.includes(proposal))).toEqual([])
  })
})
