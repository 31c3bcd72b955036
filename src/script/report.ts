// The results of scripts as people and as programs read them: lines of text, and data for JSON. Nothing is printed here.

import { findExpectation, judgeFailures, type Expectations } from './expectations.ts'
import { skippedByProposal, tally, tallyByKind, tallyWording, type ScriptResult, type Tally } from './result.ts'

const NOTHING_EXPECTED: Expectations = new Map()

/** One script: a line with its sums, and one for each directive that failed, as `file:line assert_return …`. */
export function renderScript(result: ScriptResult, expectations: Expectations = NOTHING_EXPECTED): string {
  const { name, directives } = result
  const lines = [`${name}: ${renderTally(tally(directives))}`]
  for (const directive of directives) {
    if (directive.status !== 'failed') continue
    const { line, keyword, message } = directive
    const expectation = findExpectation(expectations, name, line)
    const reason = expectation === undefined ? '' : `\n    which is expected: ${expectations.get(expectation)!}`
    lines.push(`  ${name}:${line} ${keyword} ${message.replaceAll('\n', '\n    ')}${reason}`)
  }
  return lines.join('\n')
}

/**
 * All scripts together: the sums of each kind of directive, what was skipped by proposal, failures that were expected or no longer happen,
 * and as the last line `N passed, N failed, N skipped`.
 */
export function renderTotals(results: readonly ScriptResult[], expectations: Expectations = NOTHING_EXPECTED): string {
  const all = results.flatMap(({ directives }) => directives)
  const { expected, stale } = judgeFailures(results, expectations)
  const skipped = [...skippedByProposal(all)].sort(([, a], [, b]) => b - a)
  const list = skipped.map(([proposal, count]) => `${proposal} ${count}`).join(', ')
  return [
    ...renderKinds(tallyByKind(all)),
    ...(list === '' ? [] : [`skipped, by proposal: ${list}`]),
    ...(expected === 0 ? [] : [`${expected} of the failures ${expected === 1 ? 'is' : 'are'} expected`]),
    ...stale.map((place) => `${place} is listed, but does not fail: ${expectations.get(place)!}`),
    renderTally(tally(all)),
  ].join('\n')
}

/** A line for each kind, in columns. */
function renderKinds(kinds: ReadonlyMap<string, Tally>): string[] {
  const rows = [...kinds].map(([kind, { passed, failed, skipped }]) => [kind, passed, failed, skipped])
  const table = [['', 'passed', 'failed', 'skipped'], ...rows].map((row) => row.map(String))
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]!.length)))
  return table.map(([kind = '', ...sums]) =>
    [kind.padEnd(widths[0]!), ...sums.map((sum, i) => sum.padStart(widths[i + 1]!))].join('  '),
  )
}

/** The report of a whole run, with the last line `N passed, N failed, N skipped`. */
export function renderReport(results: readonly ScriptResult[], expectations?: Expectations): string {
  return [...results.map((result) => renderScript(result, expectations)), renderTotals(results, expectations)].join(
    '\n',
  )
}

export function renderTally({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** Sums for JSON. */
export interface JsonSums extends Tally {
  /** By keyword: `assert_return`, `module` … */
  readonly kinds: Readonly<Record<string, Tally>>
  /** Skipped directives by proposal. */
  readonly proposals: Readonly<Record<string, number>>
  /** Passed assertions of errors, and how many of the errors begin with the expected text. */
  readonly wording: { readonly expected: number; readonly agreeing: number }
}

export interface JsonScript extends JsonSums {
  readonly name: string
  readonly failures: readonly JsonFailure[]
}

export interface JsonFailure {
  readonly line: number
  readonly kind: string
  readonly message: string
  /** Why it was expected; undefined where it was not. */
  readonly expected?: string | undefined
}

export interface JsonReport extends JsonSums {
  /** Failures that were not expected. */
  readonly unexpected: number
  /** Places that are listed as failures, and did not fail. */
  readonly stale: readonly string[]
  readonly scripts: readonly JsonScript[]
}

export function jsonReport(
  results: readonly ScriptResult[],
  expectations: Expectations = NOTHING_EXPECTED,
): JsonReport {
  const { unexpected, stale } = judgeFailures(results, expectations)
  const sums = jsonSums(results.flatMap(({ directives }) => directives))
  return { ...sums, unexpected, stale, scripts: results.map((result) => jsonScript(result, expectations)) }
}

function jsonScript({ name, directives }: ScriptResult, expectations: Expectations): JsonScript {
  const failures = directives.flatMap((directive) => {
    if (directive.status !== 'failed') return []
    const { line, keyword, message } = directive
    const expectation = findExpectation(expectations, name, line)
    const expected = expectation === undefined ? {} : { expected: expectations.get(expectation)! }
    return [{ line, kind: keyword, message, ...expected }]
  })
  return { name, ...jsonSums(directives), failures }
}

function jsonSums(directives: ScriptResult['directives']): JsonSums {
  return {
    ...tally(directives),
    kinds: Object.fromEntries(tallyByKind(directives)),
    proposals: Object.fromEntries(skippedByProposal(directives)),
    wording: tallyWording(directives),
  }
}
