// Snapshots of a memory of 16 MiB of which 1 MiB was written to, in one piece or in scattered pages: how long each step takes beside copying
// those bytes, how large a snapshot is, and that what is restored has the same memory.

import { Engine, Snapshot, type Instance, type Run } from 'heddle'
import { wat2wasm } from 'heddle/wat'
import { timed } from './measure.ts'
import { joined, type Bar, type Cell, type Report } from './report.ts'

export interface SnapshotsOptions {
  /** Samples of each step. */
  readonly rounds: number
}

const MEMORY = 16 << 20
const TOUCHED = 1 << 20
const PAGE = 4096
/** From one page that is written to to the next. */
const LAYOUTS = { 'in one piece': PAGE, 'in scattered pages': MEMORY / (TOUCHED / PAGE) } as const

/** What a snapshot may cost, in times of copying, and in size beside what was written. */
const MOST_COPIES = 3
const MOST_SIZE = 1.02

/** Of each step in a turn. */
const CALLS = 20
const WARM_UP_ROUNDS = 3

/** `touch` writes to every word of pages that are `step` apart; `spin` then goes on for ever. */
const guest = (step: number): string => `(module (memory ${MEMORY / 65_536})
  (data (i32.const 100) "what a module brings along")
  (func $touch (export "touch") (local $page i32) (local $at i32)
    (loop $pages
      (local.set $at (i32.const 0))
      (loop $words
        (i32.store
          (i32.add (i32.mul (local.get $page) (i32.const ${step})) (local.get $at))
          (i32.mul (i32.add (local.get $page) (local.get $at)) (i32.const 0x9e3779b1)))
        (br_if $words (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 4))) (i32.const ${PAGE}))))
      (br_if $pages (i32.lt_u (local.tee $page (i32.add (local.get $page) (i32.const 1))) (i32.const ${TOUCHED / PAGE})))))
  (func (export "spin") (call $touch) (loop $for_ever (br $for_ever))))`

/** Enough fuel for all that is touched. */
const FUEL = 20 * TOUCHED

export function measureSnapshots({ rounds }: SnapshotsOptions): Report {
  return joined((Object.keys(LAYOUTS) as (keyof typeof LAYOUTS)[]).map((layout) => measureLayout(layout, rounds)))
}

function measureLayout(layout: keyof typeof LAYOUTS, rounds: number): Report {
  const step = LAYOUTS[layout]
  const engine = new Engine()
  const module = engine.compile(wat2wasm(guest(step)))
  const instance = module.instantiateSync()
  instance.call('touch')
  const run = module.instantiateSync().start('spin')
  const state = run.run({ fuel: FUEL })
  const snapshot = instance.snapshot()
  const bytes = snapshot.encode({ modules: true })

  const steps: readonly (readonly [name: string, work: () => unknown])[] = [
    ['copy the bytes', copying(instance.memory!.runtime.bytes, step)],
    ['snapshot of the instance', () => instance.snapshot()],
    ['snapshot of a stopped run', () => run.snapshot()],
    ['encode', () => snapshot.encode({ modules: true })],
    ['decode', () => Snapshot.decode(bytes)],
    ['allocate 16 MiB', () => new ArrayBuffer(MEMORY)],
    ['restore', () => engine.restore(snapshot)],
    ['fork the instance', () => instance.fork()],
    ['fork the run', () => run.fork()],
  ]
  const times = sampled(
    rounds,
    steps.map(([, work]) => work),
  )
  const copied = times[0]!
  const size = bytes.length / TOUCHED
  const rows = steps.map(([name], i): Cell[] => [name, times[i]!, times[i]! / copied, name === 'encode' ? size : null])
  const what = `snapshot of 16 MiB, 1 MiB touched ${layout}`
  const bars: Bar[] = [
    { what: `${what}: time ÷ copying it`, value: times[1]! / copied, atMost: MOST_COPIES },
    { what: `${what}: size ÷ 1 MiB`, value: size, atMost: MOST_SIZE },
  ]
  const table = {
    title: `Snapshots of 16 MiB, 1 MiB touched ${layout}`,
    columns: [
      { name: '' },
      { name: 'ms', decimals: 2 },
      { name: '÷ copying', decimals: 2 },
      { name: 'size ÷ 1 MiB', decimals: 3 },
    ],
    rows,
  }
  return {
    tables: [table],
    bars,
    failures: state.kind === 'fuel' ? faults(instance, run, bytes) : ['the run did not stop'],
  }
}

/** Copies what was touched, piece by piece, into one array: whatever keeps those bytes needs memory for them. */
function copying(from: Uint8Array, step: number): () => unknown {
  const length = step === PAGE ? TOUCHED : PAGE
  return () => {
    const copy = new Uint8Array(TOUCHED)
    for (let i = 0; i < TOUCHED / length; i++) copy.set(from.subarray(i * step, i * step + length), i * length)
    return copy
  }
}

/**
 * What one call of each takes, in milliseconds: the least of turns in which each is called many times,
 * since work on memory suffers most from other processes. What the calls of a turn give is kept
 * to its end, as snapshots are: whether the host has memory at hand that was just given back would decide otherwise.
 */
function sampled(rounds: number, works: readonly (() => unknown)[]): number[] {
  const repeated = (work: () => unknown): number => {
    // What others have left is not to be freed at the cost of this one: buffers are freed between two collections. Needs --expose-gc.
    for (let i = 0; i < 3; i++) globalThis.gc?.()
    return timed(() => Array.from({ length: CALLS }, work)).ms / CALLS
  }
  const samples: number[][] = works.map(() => [])
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (let turn = 0; turn < works.length; turn++) {
      // Another one first each time: what was freed just before decides how fast memory is given.
      const i = (turn + round + WARM_UP_ROUNDS) % works.length
      const ms = repeated(works[i]!)
      if (round >= 0) samples[i]!.push(ms)
    }
  }
  return samples.map((all) => Math.min(...all))
}

function faults(instance: Instance, run: Run, bytes: Uint8Array): string[] {
  const expected = instance.memory!.hash()
  const others = {
    restored: new Engine().restore(bytes).instance,
    forked: instance.fork().instance,
    'forked with its run': run.fork().instance,
  }
  return Object.entries(others).flatMap(([how, { memory }]) =>
    memory!.hash() === expected ? [] : [`a memory that was ${how} is another one`],
  )
}
