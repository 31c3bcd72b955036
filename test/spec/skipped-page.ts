// docs/skipped.md, made from what a run of the core scripts came to.

import { jsonReport, tally, type ScriptResult } from 'heddle/script'

const HEAD = `# What is skipped

The official scripts of WebAssembly 3.0 (\`core/\`, 258 of them) are run directive by directive. A directive whose module needs a proposal that
Heddle does not have yet is skipped, and so is one that depends on such a module; everything else in the same script runs. This page is
written from a run by \`npx vitest run test/spec/core.test.ts --update\`, and a test holds it to that. Issue 3, "All of WebAssembly 3.0",
empties it.
`

export function skippedPage(results: readonly ScriptResult[]): string {
  const { passed, failed, skipped, proposals } = jsonReport(results)
  const byProposal = Object.entries(proposals)
    .toSorted(([, a], [, b]) => b - a)
    .map(([proposal, count]) => {
      const scripts = results.filter(({ directives }) =>
        directives.some((directive) => directive.status === 'skipped' && directive.proposal === proposal),
      )
      return [proposal, count, scripts.length]
    })
  const byScript = results
    .filter(({ directives }) => tally(directives).skipped > 0)
    .map((result) => {
      const skips = Object.entries(jsonReport([result]).proposals).map(([proposal, count]) => `${proposal} ${count}`)
      return [result.name.replace(/^core\//, ''), tally(result.directives).passed, skips.join(', ')]
    })
  return [
    HEAD,
    `${passed} directives pass, ${failed} fail, ${skipped} are skipped.\n`,
    '## By proposal\n',
    table(['proposal', 'directives', 'scripts'], byProposal),
    '## By script\n',
    'Scripts that are not listed run whole.\n',
    table(['script', 'run', 'skipped, for'], byScript),
  ].join('\n')
}

/** Laid out as the formatter does. */
function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((cells) => String(cells[i]).length)))
  const rule = widths.map((width) => '-'.repeat(width))
  const lines = [head, rule, ...rows].map((cells) => cells.map((cell, i) => String(cell).padEnd(widths[i] ?? 0)))
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}
