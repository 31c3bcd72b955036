// adversarial.md 69: programs that are stopped everywhere, taken as snapshots, and go on in another engine, and in another process.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { begun, endOf, restored, stopsOf, taken, type End, type Taken } from './carry.ts'
import { differing, endsElsewhere } from './elsewhere.ts'
import { CHARGE, SHORT_PROGRAMS } from './programs.ts'

const NAMES = Object.keys(SHORT_PROGRAMS)
/** Snapshots for each process. */
const BATCH = 2500
/** What the bar asks for, of one program; the others are about something, again and again. */
const INSTRUCTIONS = 10_000
const INSTRUCTIONS_OF_OTHERS = 400
/** Programs that wait for the host, and those that call a function which charges more than the call. */
const WAITING: readonly string[] = ['atomics', 'continuations', 'host-calls', 'tail-calls']
const CHARGED: readonly string[] = ['host-calls', 'tail-calls']

interface Whole {
  readonly end: End
  readonly stops: readonly Taken[]
}

const wholes = new Map<string, Promise<Whole>>()

/** How the program ends that is left alone, and what is taken of it at every instruction. */
function wholeOf(name: string): Promise<Whole> {
  let whole = wholes.get(name)
  if (whole === undefined) {
    whole = Promise.all([endOf(begun(name)), stopsOf(name, 1)]).then(([end, stops]) => ({ end, stops }))
    wholes.set(name, whole)
  }
  return whole
}

describe.each(NAMES)('adversarial.md 69: the program %s, stopped at every instruction,', (name) => {
  it('stops at every unit of its fuel, and while the host is asked', async () => {
    const { end, stops } = await wholeOf(name)
    expect(end.fuelUsed).toBeGreaterThan(name === 'plain' ? INSTRUCTIONS : INSTRUCTIONS_OF_OTHERS)
    const steps = stops.slice(1).map(({ fuelUsed }, i) => fuelUsed - stops[i]!.fuelUsed)
    expect(steps.every((step) => step <= 1 || (CHARGED.includes(name) && step === 1 + CHARGE))).toBe(true)
    const waited = stops.filter(({ at }) => at === 'host').length
    expect(stops.filter(({ at }) => at === 'settled').length).toBe(waited)
    expect(waited > 5).toBe(WAITING.includes(name))
  })

  it('ends in another process as it does where it is left alone', async () => {
    const { end, stops } = await wholeOf(name)
    expect(differing(end, stops, await endsElsewhere(name, stops, BATCH))).toEqual([])
  })

  it('is in the same states where it is carried from each of them to the next', async () => {
    // The long one in larger steps, which is enough.
    const k = name === 'plain' ? 7 : 1
    const stops = k === 1 ? (await wholeOf(name)).stops : await stopsOf(name, k)
    let { run } = begun(name)
    const different: number[] = []
    for (const [i, { fuelUsed, at, bytes }] of stops.entries()) {
      const reached = taken(run)
      if (Buffer.compare(reached, bytes) !== 0) different.push(fuelUsed)
      // What is done with is collected between turns of the event loop.
      if (i % 50 === 0) await nextTurn()
      run = restored(name, reached).run
      if (Buffer.compare(taken(run), bytes) !== 0) different.push(fuelUsed)
      const state = run.run({ fuel: k })
      if (state.kind === 'host' && at === 'host') await state.promise
    }
    expect(run.finished).toBe(true)
    expect(different).toEqual([])
  })
})
