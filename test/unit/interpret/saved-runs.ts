// Runs that are saved and restored at their stops, for tests of whether that changes anything.

import { interpreter } from '../../../src/interpret/interpreter.ts'
import { isWide } from '../../../src/interpret/slots.ts'
import type { CallOptions, RunHandle, Stop } from '../../../src/runtime/tier.ts'

/** What a run came to: a result or the error that ended it, and its fuel. */
export interface Ending {
  readonly results: readonly unknown[] | undefined
  readonly error: string | undefined
  readonly fuelUsed: number
}

/** The same run in another handle, while the first one is dropped. */
export function moved(run: RunHandle, options?: CallOptions): RunHandle {
  const saved = run.save()
  run.abort()
  return interpreter.restore(saved, options)
}

/** Goes on to the end, stopping every `k` units, and waiting for promises. What `at` gives at a stop goes on instead. */
export async function drive(
  begun: RunHandle,
  k: number,
  at: (run: RunHandle, stop: Stop | undefined) => RunHandle,
): Promise<Ending> {
  let run = at(begun, undefined)
  let isAgain = false
  for (;;) {
    const stop = run.resume(k)
    if (stop.kind === 'done' || stop.kind === 'trap') return endingOf(run, stop)
    const isHost = stop.kind === 'host'
    if (isHost) stop.promise.catch(() => undefined)
    const next: RunHandle = isHost && isAgain ? run : at(run, stop)
    // What goes on instead makes the host call again.
    isAgain = isHost && next !== run
    run = next
    if (!isHost || isAgain) continue
    try {
      const values = await stop.promise
      run.settle({ values })
    } catch (error) {
      try {
        run.settle({ error })
      } catch {
        return { results: undefined, error: String(error), fuelUsed: run.fuelUsed }
      }
    }
    run = at(run, stop)
  }
}

function endingOf({ fuelUsed }: RunHandle, stop: Extract<Stop, { readonly kind: 'done' | 'trap' }>): Ending {
  if (stop.kind === 'trap') return { results: undefined, error: String(stop.error), fuelUsed }
  const results = stop.results.map(({ type, lo, hi, ref, upper }) => [
    lo,
    isWide(type) || upper !== undefined ? hi : 0,
    ref,
    upper,
  ])
  return { results, error: undefined, fuelUsed }
}
