// docs/conformance.md, made from a run of the official scripts, from what the host's own WebAssembly was found to do on the same
// directives, and from the lists of what is known to differ.

import { tally, tallyByKind, tallyWording, type Expectations, type ScriptResult, type Tally } from 'heddle/script'
import type { HostOutcome, HostResult } from './host-script.ts'

/** Passed, failed, not observable. */
type HostSums = readonly [passed: number, failed: number, unobservable: number]

/** What the host was found to do, kept so that the page can be made again without it. */
export interface HostRecord {
  /** `Node v20.20.2, V8 11.3.244.8-node.38` */
  readonly host: string
  /** Script → kind of directive → sums. */
  readonly scripts: Readonly<Record<string, Readonly<Record<string, HostSums>>>>
}

const HOST_OUTCOMES: readonly HostOutcome[] = ['passed', 'failed', 'not observable']

/** The record's entry for a script. */
export function hostSums(results: readonly HostResult[]): Record<string, HostSums> {
  const kinds = [...new Set(results.map(({ keyword }) => keyword))]
  return Object.fromEntries(
    kinds.map((kind) => {
      const ofKind = results.filter(({ keyword }) => keyword === kind)
      const [passed = 0, failed = 0, unobservable = 0] = HOST_OUTCOMES.map(
        (outcome) => ofKind.filter((result) => result.outcome === outcome).length,
      )
      return [kind, [passed, failed, unobservable] as const]
    }),
  )
}

export interface Conformance {
  readonly results: readonly ScriptResult[]
  readonly record: HostRecord
  /** Repository → commit that the suite is of. */
  readonly commits: ReadonlyMap<string, string>
  readonly folderOf: (script: string) => string
  readonly failures: Expectations
  readonly messages: Expectations
}

export function conformancePage(conformance: Conformance): string {
  const { results, record, commits, folderOf, failures, messages } = conformance
  const names = [...new Set(results.map(({ name }) => folderOf(name)))]
  const folders = names.map((folder) => [folder, results.filter(({ name }) => folderOf(name) === folder)] as const)
  const all = results.flatMap(({ directives }) => directives)
  const { expected, agreeing } = tallyWording(all)
  const sources = [...commits].map(([repository, commit]) => `WebAssembly/${repository} at \`${commit.slice(0, 9)}\``)
  return [
    HEAD,
    `The suite: ${sources.join(', ')}. The host: ${record.host}.\n`,
    '## By folder\n',
    table(
      ['folder', ...COLUMNS],
      [...folders.map(([folder, scripts]) => sumRow(folder, scripts, record)), sumRow('all', results, record)],
    ),
    '## By kind\n',
    ...folders.flatMap(([folder, scripts]) => [
      `### ${folder}\n`,
      table(['directive', ...COLUMNS], kindRows(scripts, record)),
    ]),
    '## Failures that are known\n',
    expectationTable('directive', failures),
    '## Messages in other words\n',
    `${expected} assertions of errors hold; the messages of ${agreeing} begin with the text that the script expects. The others:\n`,
    expectationTable('assertion', messages),
    '## By script\n',
    ...folders.flatMap(([folder, scripts]) => [
      `### Scripts of ${folder}\n`,
      table(
        ['script', ...COLUMNS],
        scripts.map((script) => sumRow(script.name.slice(folder.length + 1), [script], record)),
      ),
    ]),
  ].join('\n')
}

const HEAD = `# Conformance

Every directive of the official test scripts: those of the standard (\`core\`, \`custom\`), those of legacy exceptions (\`legacy\`), and those
of proposals beyond it. Folders of a proposal run with that proposal switched on, all others as Heddle is by default. \`npm run conformance\`
writes this page from a run, and a test holds it to what the scripts come to.

Beside Heddle stands the host's own WebAssembly, used through its JavaScript interface on the same directives, in the bytes that Heddle's
encoder gives; a small module around each function shows vectors and the bits of NaNs as integers. It has no text format, and its JavaScript
does not show references to exceptions, vectors beside references, or where a thread waits: what depends on these is _not seen_, and so is
what Heddle's own parser skips. Wording is compared for Heddle alone.
`

const COLUMNS = ['directives', 'passed', 'failed', 'skipped', 'host passed', 'host failed', 'not seen'] as const

type Row = readonly (string | number)[]

function sumRow(name: string, scripts: readonly ScriptResult[], record: HostRecord): Row {
  const sums = scripts.flatMap((script) => Object.values(record.scripts[script.name] ?? {}))
  return row(name, tally(scripts.flatMap(({ directives }) => directives)), sums)
}

function kindRows(scripts: readonly ScriptResult[], record: HostRecord): Row[] {
  const kinds = [...tallyByKind(scripts.flatMap(({ directives }) => directives))]
  return kinds.map(([kind, ours]) => {
    const sums = scripts.flatMap(({ name }) => {
      const ofKind = record.scripts[name]?.[kind]
      return ofKind === undefined ? [] : [ofKind]
    })
    return row(kind, ours, sums)
  })
}

function row(name: string, { passed, failed, skipped }: Tally, host: readonly HostSums[]): Row {
  const hostColumns = [0, 1, 2].map((i) => host.reduce((sum, each) => sum + each[i]!, 0))
  return [name, passed + failed + skipped, passed, failed, skipped, ...hostColumns]
}

function expectationTable(what: string, list: Expectations): string {
  return list.size === 0 ? 'None.\n' : table([what, 'reason'], [...list])
}

/** Laid out as the formatter does. */
function table(head: readonly string[], rows: readonly Row[]): string {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...rows].map((cells) => String(cells[i]).length)))
  const rule = widths.map((width) => '-'.repeat(width))
  const lines = [head, rule, ...rows].map((cells) => cells.map((cell, i) => String(cell).padEnd(widths[i] ?? 0)))
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`
}
