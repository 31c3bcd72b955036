// The core scripts once more, and those of proposals that change control, with every call as a run that stops every few units of fuel and goes on: it comes to the same, and uses the
// same fuel, as one that runs through.

import { interpreter, type ScriptResult, type Tier } from 'heddle/script'
import { describe, expect, it } from 'vitest'
import { resultOf, runOn, scripts, type Script } from './official-scripts.ts'

const stopped = scripts.filter(([name]) => /^(core|legacy|proposals\/stack-switching)\//.test(name))

/** Stops of one run, beyond which it goes on to its end: a length of 4 GiB takes half a billion units. */
const MAX_STOPS = 5_000

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

function runStopping(k: number, script: Script): { readonly result: ScriptResult; readonly fuel: readonly number[] } {
  const fuel: number[] = []
  return { result: runOn(stopping(k, fuel), script), fuel }
}

describe.skipIf(stopped.length === 0)('stopping and going on', () => {
  it.each(stopped)('%s', (name, path) => {
    const script = [name, path] as const
    const through = runStopping(Infinity, script)
    expect(through.result).toEqual(resultOf(script))
    for (const k of [1, 3, 1000]) expect(runStopping(k, script), `every ${k}`).toEqual(through)
  })
})
