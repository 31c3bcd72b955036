// The results of scripts as people and as programs read them: lines of text, and data for JSON. Nothing is printed here.

import { skippedByProposal, tally, tallyByKind, tallyWording, type ScriptResult, type Tally } from './result.ts'

/** One script: a line with its sums, and one for each directive that failed, as `file:line assert_return …`. */
export function renderScript(result: ScriptResult): string {
  const { name, directives } = result
  const lines = [`${name}: ${renderTally(tally(directives))}`]
  for (const directive of directives) {
    if (directive.status !== 'failed') continue
    lines.push(`  ${name}:${directive.line} ${directive.keyword} ${directive.message.replaceAll('\n', '\n    ')}`)
  }
  return lines.join('\n')
}

/** What was skipped over all scripts, by proposal, and the sums: the last line is `N passed, N failed, N skipped`. */
export function renderTotals(results: readonly ScriptResult[]): string {
  const all = results.flatMap(({ directives }) => directives)
  const skipped = [...skippedByProposal(all)].sort(([, a], [, b]) => b - a)
  const list = skipped.map(([proposal, count]) => `${proposal} ${count}`).join(', ')
  return (list === '' ? '' : `skipped, by proposal: ${list}\n`) + renderTally(tally(all))
}

/** The report of a whole run, with the last line `N passed, N failed, N skipped`. */
export function renderReport(results: readonly ScriptResult[]): string {
  return [...results.map(renderScript), renderTotals(results)].join('\n')
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
  readonly failures: readonly { readonly line: number; readonly kind: string; readonly message: string }[]
}

export interface JsonReport extends JsonSums {
  readonly scripts: readonly JsonScript[]
}

export function jsonReport(results: readonly ScriptResult[]): JsonReport {
  return { ...jsonSums(results.flatMap(({ directives }) => directives)), scripts: results.map(jsonScript) }
}

function jsonScript({ name, directives }: ScriptResult): JsonScript {
  const failures = directives.flatMap((directive) =>
    directive.status === 'failed'
      ? [{ line: directive.line, kind: directive.keyword, message: directive.message }]
      : [],
  )
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
