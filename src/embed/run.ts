// A run as the embedder holds it: a call that is driven piece by piece.

import { UsageError } from '../errors/heddle-error.ts'
import type { RunFrame, RunHandle, Stop } from '../runtime/tier.ts'
import { resultsToJs } from './functions.ts'

/** How a stretch of a run ended. `fuel`: it can go on. `host`: it can go on once `promise` has settled. */
export type RunState =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'fuel' }
  | { readonly kind: 'host'; readonly promise: Promise<void> }
  | { readonly kind: 'trap'; readonly error: Error }

export class Run {
  private readonly handle: RunHandle
  private readonly metered: boolean
  private awaited: Promise<void> | undefined

  constructor(handle: RunHandle, metered = true) {
    this.handle = handle
    this.metered = metered
  }

  /** Units of fuel used so far. One unit an instruction; see docs/fuel.md. */
  get fuelUsed(): number {
    return this.handle.fuelUsed
  }

  get finished(): boolean {
    return this.handle.finished
  }

  /** Goes on until the end, a trap, a host function that gave a promise, or for at most `fuel` units. */
  run(options: { readonly fuel?: number } = {}): RunState {
    const { fuel = Infinity } = options
    if (!(fuel >= 0)) throw new UsageError(`fuel must be a number that is not negative, not ${fuel}`)
    if (fuel !== Infinity) this.checkMetered()
    return this.state(this.handle.resume(fuel))
  }

  /** Executes one instruction. */
  step(): RunState {
    this.checkMetered()
    return this.state(this.handle.step())
  }

  /** Goes on to the end, waiting for host functions where that is needed; gives the result, or throws. */
  async finish(): Promise<unknown> {
    await this.awaited
    for (;;) {
      const state = this.run()
      if (state.kind === 'done') return state.value
      if (state.kind === 'trap') throw state.error
      // Each promise is the next thing that the run needs.
      if (state.kind === 'host') await state.promise
    }
  }

  /** The call stack where the run has stopped, innermost first. */
  get stack(): readonly RunFrame[] {
    return this.handle.stack()
  }

  /** Ends the run where it is. */
  abort(): void {
    this.handle.abort()
  }

  private checkMetered(): void {
    if (!this.metered) throw new UsageError('the run is not metered: it counts no fuel and takes no steps')
  }

  private state(stop: Stop): RunState {
    switch (stop.kind) {
      case 'done':
        return { kind: 'done', value: resultsToJs(stop.results) }
      case 'host':
        this.awaited = stop.promise.then(
          (values) => this.handle.settle({ values }),
          (error: unknown) => this.handle.settle({ error }),
        )
        return { kind: 'host', promise: this.awaited }
      default:
        return stop
    }
  }
}
