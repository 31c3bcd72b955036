// What it costs that a run can stop: kernels with fuel, a deadline and a signal all watched beside kernels that nobody watches; how late an
// endless loop ends; what a suspension takes, and what a suspended run holds.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Engine, type Imports, type Instance, type Run } from 'heddle'
import { parseWat } from 'heddle/wat'
import { cpuNow, geometricMean, median, retainedBytes } from './measure.ts'
import type { Cell, Report } from './report.ts'

export interface StoppingOptions {
  readonly folder: string
  /** Name of the kernel → what it must answer, as eight hexadecimal digits. */
  readonly expected: Readonly<Record<string, string>>
  /** Turns that are measured, for each kernel and each kind of end. */
  readonly rounds: number
  /** How many runs are suspended at once, in one measurement after the other. */
  readonly suspended: readonly number[]
}

/** All that can end a run, and nothing that does. */
const WATCHED = { fuel: 2 ** 50, timeout: 3_600_000, signal: new AbortController().signal }
const { timeout, signal } = WATCHED
const TIMED = { timeout, signal }

const MOST_FOR_WATCHING = 1.3
const MOST_MS_LATE = 100

export async function measureStopping(options: StoppingOptions): Promise<Report> {
  const failures: string[] = []
  const watching = await measureWatching(options, failures)
  const lateness = await measureLateness(options.rounds)
  const suspensions = await measureSuspensions(options)
  return {
    tables: [watching.table, lateness.table, suspensions],
    bars: [
      { what: 'fuel, deadline and signal watched ÷ nothing watched', value: watching.mean, atMost: MOST_FOR_WATCHING },
      { what: 'ms that an endless loop ends late, at worst', value: lateness.worst, atMost: MOST_MS_LATE },
    ],
    failures,
  }
}

interface Watching {
  readonly table: Report['tables'][number]
  readonly mean: number
}

/** Each way of running gets its turn on each kernel in each round. */
async function measureWatching({ folder, expected, rounds }: StoppingOptions, failures: string[]): Promise<Watching> {
  const ways: readonly ((instance: Instance) => unknown)[] = [
    (instance) => instance.call('run'),
    (instance) => instance.prepare('run', [], { metered: false }).finish(TIMED),
    (instance) => instance.start('run').finish(WATCHED),
  ]
  const kernels = Object.entries(expected).map(([name, answer]) => {
    const instance = new Engine().compile(readFileSync(join(folder, `${name}.wasm`))).instantiateSync()
    return { name, answer, instance, samples: ways.map(() => [] as number[]) }
  })
  for (let round = -1; round < rounds; round++) {
    for (const { name, answer, instance, samples } of kernels) {
      for (const [i, way] of ways.entries()) {
        const start = cpuNow()
        const given = await way(instance)
        if (round >= 0) samples[i]!.push(cpuNow() - start)
        const text = ((given as number) >>> 0).toString(16).padStart(8, '0')
        if (text !== answer) failures.push(`${name}: gives ${text} instead of ${answer}`)
      }
    }
  }
  const rows = kernels.map(({ name, samples }): Cell[] => {
    const [plain, timed, watched] = samples.map(median) as [number, number, number]
    return [name, plain, timed / plain, watched / plain]
  })
  const means = [2, 3].map((column) => geometricMean(rows.map((row) => row[column] as number)))
  rows.push(['geometric mean', null, ...means])
  const columns = [
    { name: 'kernel' },
    { name: 'nothing watched ms' },
    { name: 'deadline and signal ÷', decimals: 2 },
    { name: 'and fuel ÷', decimals: 2 },
  ]
  return { table: { title: 'Kernels that can be stopped', columns, rows }, mean: means[1]! }
}

const AFTER_MS = 50

/** How late `loop br 0` ends, by the clock on the wall. */
async function measureLateness(
  rounds: number,
): Promise<{ readonly table: Report['tables'][number]; readonly worst: number }> {
  const instance = instantiate('(module (func (export "f") (loop (br 0))))')
  const ends: readonly (readonly [name: string, end: (run: Run) => Promise<unknown>])[] = [
    ['timeout', (run) => run.finish({ timeout: AFTER_MS })],
    [
      'signal',
      (run) => {
        const controller = new AbortController()
        setTimeout(() => controller.abort(), AFTER_MS)
        return run.finish({ signal: controller.signal })
      },
    ],
  ]
  const rows: Cell[][] = []
  let worst = 0
  for (const [name, end] of ends) {
    for (const metered of [false, true]) {
      const late: number[] = []
      for (let round = -1; round < rounds * 3; round++) {
        const start = performance.now()
        await end(instance.prepare('f', [], { metered })).catch(() => undefined)
        if (round >= 0) late.push(performance.now() - start - AFTER_MS)
      }
      worst = Math.max(worst, ...late)
      rows.push([`${name}${metered ? ', fuel counted' : ''}`, median(late), Math.max(...late)])
    }
  }
  const columns = [{ name: 'an endless loop under a' }, { name: 'late ms (wall), median' }, { name: 'at worst' }]
  return { table: { title: `Lateness, after ${AFTER_MS} ms`, columns, rows }, worst }
}

const CALLING = `(module (import "a" "h" (func $h))
  (func (export "calls") (param i32) (loop (call $h) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func $deep (export "deep") (param i32) (if (local.get 0) (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (call $h)))))`
const CALLS = 20_000

async function measureSuspensions({ suspended }: StoppingOptions): Promise<Report['tables'][number]> {
  const settled = Promise.resolve()
  const rows: Cell[][] = []
  for (const [name, h] of [
    ['a host call', () => undefined],
    ['a host call with a promise', () => settled],
  ] as const) {
    const instance = instantiate(CALLING, { a: { h } })
    await instance.callAsync('calls', CALLS)
    const start = cpuNow()
    await instance.callAsync('calls', CALLS)
    rows.push([name, ((cpuNow() - start) / CALLS) * 1000, null])
  }
  const instance = instantiate(CALLING, { a: { h: () => new Promise<void>(() => {}) } })
  for (const count of suspended) {
    for (const depth of [1, 100]) rows.push([`${count} runs, ${depth} deep`, null, bytesOfEach(instance, count, depth)])
  }
  const columns = [{ name: 'suspended' }, { name: 'µs of CPU each', decimals: 2 }, { name: 'bytes each', decimals: 0 }]
  return { title: 'Suspending', columns, rows }
}

/** What a run holds that waits for a promise, with all others that wait, too. */
function bytesOfEach(instance: Instance, count: number, depth: number): number {
  const before = retainedBytes()
  const runs = Array.from({ length: count }, () => instance.start('deep', depth - 1))
  for (const run of runs) run.run()
  const bytes = retainedBytes() - before
  for (const run of runs) run.abort()
  return bytes / count
}

function instantiate(text: string, imports: Imports = {}): Instance {
  return new Engine().compile(parseWat(text)).instantiateSync(imports)
}
