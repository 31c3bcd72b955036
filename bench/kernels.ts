// The kernels: one folder of modules that export `run`, the interpreter beside the host in one process, turn by turn. Every answer is
// compared with the one that is expected.

import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { Engine, type Instance } from 'heddle'
import { host, hostRun } from './host.ts'
import { geometricMean, median, timed } from './measure.ts'
import type { Cell, Report } from './report.ts'

export interface KernelOptions {
  readonly folder: string
  /** Name of the kernel → what it must answer, as eight hexadecimal digits. */
  readonly expected: Readonly<Record<string, string>>
  /** Turns that are measured. With 0 each kernel runs once, for its answer alone. */
  readonly rounds: number
  /** The bar on the geometric mean of the ratios, where there is one. */
  readonly atMost?: number | undefined
}

interface Kernel {
  readonly name: string
  readonly expected: string
  readonly instance: Instance
  readonly ours: () => number
  readonly native: (() => number) | undefined
  /** Native calls that make one sample: a sample shorter than the clock is good for would be noise. */
  nativeCalls: number
  /** The first call: lowering, and the host's compiler at work on our loop. */
  firstMs: number
  fuel: number | null
  readonly oursMs: number[]
  readonly nativeMs: number[]
  readonly meteredMs: number[]
  readonly failures: string[]
}

const MIN_SAMPLE_MS = 8
/** V8 starts with its baseline compiler. After these calls TurboFan's code is in place: with --no-liftoff the times are the same. */
const NATIVE_WARM_UP_CALLS = 8
/** Turns that don't count. Without a JIT nothing gets warm. */
const WARM_UP_ROUNDS = host === undefined ? 0 : 1
/** Every so many kernels one is measured with fuel, too. */
const METERED_EVERY = 4

export function measureKernels({ folder, expected, rounds, atMost }: KernelOptions): Report {
  const failures: string[] = []
  const kernels = Object.keys(expected).map((name) => load(folder, name, expected[name]!, failures))
  const metered = new Set(kernels.filter((_, i) => i % METERED_EVERY === 0))
  for (const kernel of kernels) callOurs(kernel, (ms) => (kernel.firstMs = ms))
  for (const kernel of kernels) warmUpHost(kernel)
  for (const kernel of metered) callMetered(kernel, () => {})
  for (let round = rounds === 0 ? 0 : -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const kernel of kernels) {
      const into = (samples: number[]) => (ms: number) => void (round >= 0 && samples.push(ms))
      callHost(kernel, into(kernel.nativeMs))
      callOurs(kernel, into(kernel.oursMs))
      if (metered.has(kernel)) callMetered(kernel, into(kernel.meteredMs))
    }
  }
  const rows = kernels.map(row)
  const ratios = rows.map((cells) => cells[3]).filter((ratio) => typeof ratio === 'number')
  const place = relative(process.cwd(), folder)
  if (ratios.length === 0) return { tables: [table(place, rows)], bars: [], failures }
  const mean = geometricMean(ratios)
  rows.push(['geometric mean', null, null, mean, null, null, null, null])
  const bars = atMost === undefined ? [] : [{ what: `${place}: time ÷ host's, geometric mean`, value: mean, atMost }]
  return { tables: [table(place, rows)], bars, failures }
}

function load(folder: string, name: string, expected: string, failures: string[]): Kernel {
  const bytes = readFileSync(join(folder, `${name}.wasm`))
  const instance = new Engine({ tier: 'interpret' }).compile(bytes).instantiateSync()
  return {
    name,
    expected,
    instance,
    ours: instance.exports['run'] as () => number,
    native: host === undefined ? undefined : hostRun(host, bytes),
    nativeCalls: 1,
    firstMs: 0,
    fuel: null,
    oursMs: [],
    nativeMs: [],
    meteredMs: [],
    failures,
  }
}

function warmUpHost(kernel: Kernel): void {
  const { native } = kernel
  if (native === undefined) return
  check(kernel, 'host', native())
  for (let i = 0; i < NATIVE_WARM_UP_CALLS; i++) native()
  const { ms } = timed(native)
  kernel.nativeCalls = Math.max(1, Math.ceil(MIN_SAMPLE_MS / Math.max(ms, 0.01)))
}

function callHost({ native, nativeCalls }: Kernel, took: (ms: number) => void): void {
  if (native === undefined) return
  const { ms } = timed(() => {
    for (let i = 0; i < nativeCalls; i++) native()
  })
  took(ms / nativeCalls)
}

function callOurs(kernel: Kernel, took: (ms: number) => void): void {
  const { ms, value } = timed(kernel.ours)
  check(kernel, 'interpreter', value)
  took(ms)
}

/** As a run that could stop: with fuel counted, and never out of it. */
function callMetered(kernel: Kernel, took: (ms: number) => void): void {
  const run = kernel.instance.start('run')
  const { ms, value: state } = timed(() => run.run())
  check(kernel, 'interpreter with fuel', state.kind === 'done' ? (state.value as number) : undefined)
  if (kernel.fuel !== null && kernel.fuel !== run.fuelUsed) {
    kernel.failures.push(`${kernel.name}: used ${run.fuelUsed} units of fuel, and ${kernel.fuel} before`)
  }
  kernel.fuel = run.fuelUsed
  took(ms)
}

function check({ name, expected, failures }: Kernel, who: string, answer: number | undefined): void {
  const text = answer === undefined ? 'nothing' : (answer >>> 0).toString(16).padStart(8, '0')
  if (text !== expected) failures.push(`${name}: ${who} gives ${text} instead of ${expected}`)
}

function row({ name, firstMs, oursMs, nativeMs, meteredMs, fuel }: Kernel): Cell[] {
  const ours = oursMs.length > 0 ? median(oursMs) : null
  const native = nativeMs.length > 0 ? median(nativeMs) : null
  const metered = meteredMs.length > 0 ? median(meteredMs) : null
  return [
    name,
    ours,
    native,
    ours === null || native === null ? null : ours / native,
    firstMs,
    fuel === null ? null : fuel / 1e6,
    fuel === null || metered === null ? null : fuel / metered / 1e3,
    ours === null || metered === null ? null : metered / ours,
  ]
}

function table(folder: string, rows: readonly Cell[][]): Report['tables'][number] {
  return {
    title: `Kernels of ${folder}`,
    columns: [
      { name: 'kernel' },
      { name: 'heddle ms' },
      { name: 'host ms', decimals: 2 },
      { name: 'ratio', decimals: 2 },
      { name: 'first call ms', decimals: 0 },
      { name: 'fuel M', decimals: 2 },
      { name: 'fuel M/s', decimals: 0 },
      { name: 'metered ÷ plain', decimals: 2 },
    ],
    rows,
  }
}
