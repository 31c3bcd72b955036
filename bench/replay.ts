// Recorded runs and their replays, beside the same runs without a recorder: programs that call their host all the time, that it writes to, and
// that hardly need it.

import { readFileSync } from 'node:fs'
import { Engine, Recorder, replay, type HostContext, type Imports, type Module } from 'heddle'
import { parseWat } from 'heddle/wat'
import { median, timed } from './measure.ts'
import type { Report } from './report.ts'

export interface ReplayOptions {
  /** A kernel that calls nobody. */
  readonly kernel: string
  /** Calls of host functions. */
  readonly calls: number
  readonly rounds: number
}

const CALLS = `(module (import "host" "next" (func $next (param i32) (result i32))) (memory (export "memory") 16)
  (func (export "run") (param $n i32) (result i32) (local $sum i32)
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (call $next (local.get $n))))
      (i32.store (i32.const 1024) (local.get $sum))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (i32.add (local.get $sum) (i32.load (i32.const 64)))))`

const next = (_context: HostContext, x: number): number => (x * 7) ^ 5
const writing = (context: HostContext, x: number): number => {
  context.memory.write(64, Uint8Array.of(x, x >> 8, x >> 16, 0))
  return x
}
const viewing = (context: HostContext, x: number): number => {
  context.bytes(64, 4)[0] = x
  return x
}

interface Program {
  readonly name: string
  readonly module: Module
  readonly imports: Imports
  readonly args: readonly number[]
}

/** In a process of its own. */
export function measureReplay({ kernel, calls, rounds }: ReplayOptions): Report {
  const engine = new Engine()
  const calling = engine.compile(parseWat(CALLS))
  const program = (name: string, host: unknown): Program => ({
    name,
    module: calling,
    imports: { host: { next: host } } as Imports,
    args: [calls],
  })
  const programs: readonly Program[] = [
    program('calls of the host', next),
    program('which writes memory', writing),
    program('through a view', viewing),
    { name: 'a kernel', module: engine.compile(new Uint8Array(readFileSync(kernel))), imports: {}, args: [] },
  ]
  const failures: string[] = []
  const rows = programs.map((each) => measure(each, rounds, failures))
  // The kernel is the same code in both: it shows what a replay costs besides.
  const worst = Math.max(...rows.slice(0, -1).map((row) => row[5] as number))
  return {
    tables: [
      {
        title: `Recorded runs and replays, ${calls} calls`,
        columns: [
          { name: '' },
          { name: 'run ms' },
          { name: 'recorded ms' },
          { name: 'replay ms' },
          { name: 'recorded ÷ run', decimals: 2 },
          { name: 'replay ÷ recorded', decimals: 2 },
          { name: 'bytes a call', decimals: 1 },
        ],
        rows,
      },
    ],
    bars: [{ what: 'replay ÷ recorded run, the worst of those that call', value: worst, atMost: 1 }],
    failures,
  }
}

function measure(
  { name, module, imports, args }: Program,
  rounds: number,
  failures: string[],
): readonly (string | number)[] {
  const plain: number[] = []
  const recorded: number[] = []
  const replayed: number[] = []
  let bytes = 0
  // The first turn is for warming up.
  for (let round = 0; round <= rounds; round++) {
    const run = timed(() =>
      module
        .instantiateSync(imports)
        .start('run', ...args)
        .run(),
    )
    const recorder = new Recorder()
    const record = timed(() =>
      module
        .instantiateSync(imports, { record: recorder })
        .start('run', ...args)
        .run(),
    )
    const recording = recorder.encode()
    const again = timed(() => replay(recording, { modules: [module] }))
    const results = [run.value, record.value].map((state) => (state.kind === 'done' ? state.value : state.kind))
    if (new Set([...results, again.value.value]).size !== 1) failures.push(`${name}: ${results.join(', ')}`)
    bytes = recording.length
    if (round === 0) continue
    plain.push(run.ms)
    recorded.push(record.ms)
    replayed.push(again.ms)
  }
  const [a, b, c] = [median(plain), median(recorded), median(replayed)]
  return [name, a, b, c, b / a, c / b, args.length === 0 ? 0 : bytes / args[0]!]
}
