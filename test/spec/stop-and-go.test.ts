// The core scripts once more, and those of proposals that change control, with every call as a run that stops every few units of fuel and
// goes on, or is saved, dropped and restored: it comes to the same, and uses the same fuel, as one that runs through.

import { interpreter, type ScriptResult, type Tier } from 'heddle/script'
import { describe, expect, it } from 'vitest'
import { resultOf, runOn, scripts, type Script } from './official-scripts.ts'

const stopped = scripts.filter(([name]) => /^(core|legacy|proposals\/stack-switching)\//.test(name))

/** Stops of one run, beyond which it goes on to its end: a length of 4 GiB takes half a billion units. */
const MAX_STOPS = 5_000
const CARRIED = 50

/** Stops every `k` units. Adds the fuel of each run to `fuel`. */
function stopping(k: number, fuel: number[]): Tier {
  return {
    ...interpreter,
    invoke: (func, args) => {
      const run = interpreter.start(func, args)
      for (let stops = 0; ; stops++) {
        const used = run.fuelUsed
        const stop = run.resume(stops < MAX_STOPS ? k : Infinity)
        if (stop.kind === 'fuel') expect(run.fuelUsed).toBe(used + k)
        else fuel.push(run.fuelUsed)
        if (stop.kind === 'done') return stop.results
        if (stop.kind === 'trap') throw stop.error
      }
    },
  }
}

/** Stops at every unit, as a run goes on that is restored from what was saved; beyond `CARRIED`, whenever it has used a quarter more. */
function carried(fuel: number[]): Tier {
  return {
    ...interpreter,
    invoke: (func, args, options) => {
      let run = interpreter.start(func, args, options)
      for (let stops = 0; ; stops++) {
        const stop = run.resume(stops < CARRIED ? 1 : Math.ceil(run.fuelUsed / 4))
        if (stop.kind === 'done' || stop.kind === 'trap') fuel.push(run.fuelUsed)
        if (stop.kind === 'done') return stop.results
        if (stop.kind === 'trap') throw stop.error
        const saved = run.save()
        run.abort()
        run = interpreter.restore(saved, options)
      }
    },
  }
}

interface Ran {
  readonly result: ScriptResult
  readonly fuel: readonly number[]
}

function runStopping(script: Script, tierFor: (fuel: number[]) => Tier): Ran {
  const fuel: number[] = []
  return { result: runOn(tierFor(fuel), script), fuel }
}

describe.skipIf(stopped.length === 0)('stopping and going on', () => {
  it.each(stopped)('%s', (name, path) => {
    const script = [name, path] as const
    const every = (k: number): Ran => runStopping(script, (fuel) => stopping(k, fuel))
    const through = every(Infinity)
    expect(through.result).toEqual(resultOf(script))
    for (const k of [1, 3, 1000]) expect(every(k), `every ${k}`).toEqual(through)
    expect(runStopping(script, carried), 'carried').toEqual(through)
  })
})
