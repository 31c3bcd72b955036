// Calls of the embedder's own functions, told as those of WASI are.

import { wrapImports } from '../embed/wrap-imports.ts'
import type { HostFunction } from '../embed/functions.ts'
import type { Imports } from '../embed/imports.ts'

/** A call of a host function that is over. */
export interface HostCall {
  readonly kind: 'host'
  /** Counts the calls of host functions, from 1. */
  readonly id: number
  readonly module: string
  readonly name: string
  readonly args: readonly unknown[]
  /** `abandoned`: the run ended while it waited for this function. */
  readonly ending: 'returned' | 'threw' | 'abandoned'
  /** What it gave: nothing, one value, or an array. */
  readonly result: unknown
  /** What it threw. */
  readonly error: unknown
  /** Nanoseconds on the trace's clock. */
  readonly start: bigint
  readonly duration: bigint
}

export type HostListener = (call: HostCall) => void

type Ended = Pick<HostCall, 'ending'> & Partial<Pick<HostCall, 'result' | 'error'>>

/** The same imports, whose host functions tell the listener of each call. `now` is a clock in nanoseconds. */
export function traceImports(imports: Imports, listener: HostListener, now: () => bigint): Imports {
  let begun = 0
  return wrapImports(imports, (module, name, call) => {
    const traced: HostFunction = (context, ...args: readonly unknown[]) => {
      const id = ++begun
      const start = now()
      let isOver = false
      const tell = (ended: Ended): void => {
        if (isOver) return
        isOver = true
        const duration = now() - start
        listener({
          kind: 'host',
          id,
          module,
          name,
          args,
          result: undefined,
          error: undefined,
          ...ended,
          start,
          duration,
        })
      }
      const returned = <T>(result: T): T => {
        tell({ ending: 'returned', result })
        return result
      }
      const threw = (error: unknown): void => tell({ ending: 'threw', error })
      try {
        const outcome = call(context, ...args)
        if (!(outcome instanceof Promise)) return returned(outcome)
        context.signal.addEventListener('abort', () => tell({ ending: 'abandoned' }))
        // The promise itself is handed on: whoever looks at it finds it as it was.
        outcome.then(returned, threw)
        return outcome
      } catch (error) {
        threw(error)
        throw error
      }
    }
    return traced
  })
}
