// The kernels: one folder of modules that export `run`, the interpreter beside the host in one process, turn by turn. Every answer is
// compared with the one that is expected.

import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
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
}

const MIN_SAMPLE_MS = 8
/** V8 starts with its baseline compiler. After these calls TurboFan's code is in place: with --no-liftoff the times are the same. */
const NATIVE_WARM_UP_CALLS = 8
const WARM_UP_ROUNDS = 1
/** Every so many kernels one is measured with fuel, too. */
const METERED_EVERY = 4

export function measureKernels({ folder, expected, rounds, atMost }: KernelOptions): Report {
  const failures: string[] = []
  const kernels = Object.keys(expected).map((name) => load(folder, name, expected[name]!))
  for (const kernel of kernels) firstCalls(kernel, rounds > 0, failures)
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const [i, kernel] of kernels.entries()) {
      takeTurns(kernel, i % METERED_EVERY === 0, round >= 0 && rounds > 0, rounds > 0, failures)
    }
  }
  const rows = kernels.map(row)
  const ratios = rows.map((cells) => cells[3]).filter((ratio) => typeof ratio === 'number')
  if (ratios.length === 0) return { tables: [table(folder, rows)], bars: [], failures }
  const mean = geometricMean(ratios)
  rows.push(['geometric mean', null, null, mean, null, null, null, null])
  const bars = atMost === undefined ? [] : [{ what: `${basename(folder)}, time ÷ host's`, value: mean, atMost }]
  return { tables: [table(folder, rows)], bars, failures }
}

function load(folder: string, name: string, expected: string): Kernel {
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
  }
}

function firstCalls(kernel: Kernel, warmUp: boolean, failures: string[]): void {
  const first = timed(kernel.ours)
  kernel.firstMs = first.ms
  check(kernel, 'interpreter', first.value, failures)
  const { native } = kernel
  if (native === undefined) return
  check(kernel, 'host', native(), failures)
  if (!warmUp) return
  for (let i = 0; i < NATIVE_WARM_UP_CALLS; i++) native()
  const { ms } = timed(native)
  kernel.nativeCalls = Math.max(1, Math.ceil(MIN_SAMPLE_MS / Math.max(ms, 0.01)))
}

/** One turn: the host, then the interpreter, then the interpreter with fuel. Without `measured` the turn only warms up. */
function takeTurns(kernel: Kernel, metered: boolean, measured: boolean, withPlain: boolean, failures: string[]): void {
  const { native, nativeCalls } = kernel
  if (withPlain) {
    if (native !== undefined) {
      const { ms } = timed(() => {
        for (let i = 0; i < nativeCalls; i++) native()
      })
      if (measured) kernel.nativeMs.push(ms / nativeCalls)
    }
    const plain = timed(kernel.ours)
    check(kernel, 'interpreter, again', plain.value, failures)
    if (measured) kernel.oursMs.push(plain.ms)
  }
  if (!metered) return
  const run = kernel.instance.start('run')
  const { ms, value: state } = timed(() => run.run())
  check(kernel, 'interpreter with fuel', state.kind === 'done' ? (state.value as number) : NaN, failures)
  if (kernel.fuel !== null && kernel.fuel !== run.fuelUsed) {
    failures.push(`${kernel.name}: used ${run.fuelUsed} units of fuel, and ${kernel.fuel} before`)
  }
  kernel.fuel = run.fuelUsed
  if (measured) kernel.meteredMs.push(ms)
}

function check({ name, expected }: Kernel, who: string, answer: number, failures: string[]): void {
  const text = Number.isNaN(answer) ? 'nothing' : (answer >>> 0).toString(16).padStart(8, '0')
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
