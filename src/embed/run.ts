// A run as the embedder holds it: a call that is driven piece by piece.

import { UsageError } from '../errors/heddle-error.ts'
import { Trap } from '../errors/trap.ts'
import type { RunFrame, RunHandle, Stop } from '../runtime/tier.ts'
import type { Value } from '../runtime/value.ts'
import { Breakpoints } from './breakpoints.ts'
import { resultsToJs } from './functions.ts'
import { Pace, type Signal } from './pace.ts'
import type { ForkOptions, Origin, Restored } from './origin.ts'
import { checkedSize } from './sizes.ts'
import { takeSnapshot, type Snapshot, type SnapshotOptions } from './snapshot.ts'

/**
 * How a stretch of a run ended. `fuel`: it can go on. `breakpoint`: it is about to execute the instruction of `frame`, and goes on with that. `host`: it waits for a host function, or for another thread to notify it, and
 * can go on once `promise` has settled. That promise rejects with the error that ended the run, where the host function's promise was
 * rejected; it need not be awaited, and is never an unhandled rejection. It resolves at once where the run is aborted.
 */
export type RunState =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'fuel' }
  | { readonly kind: 'breakpoint'; readonly frame: RunFrame }
  | { readonly kind: 'host'; readonly promise: Promise<void> }
  | { readonly kind: 'trap'; readonly error: Error }

export class Run {
  private readonly handle: RunHandle
  private readonly metered: boolean
  private readonly present: (values: readonly Value[]) => unknown
  private readonly origin: Origin
  private ownBreakpoints: Breakpoints | undefined
  private awaited: Promise<void> | undefined
  /** Lets those go on who wait for `awaited`. */
  private wake: (() => void) | undefined
  private aborted: { readonly reason: unknown } | undefined

  /** `present` makes what the run gives of the results. */
  constructor(
    origin: Origin,
    handle: RunHandle,
    metered = true,
    present: (values: readonly Value[]) => unknown = resultsToJs,
  ) {
    this.origin = origin
    this.handle = handle
    this.metered = metered
    this.present = present
  }

  /** Units of fuel used so far. One unit an instruction; see docs/fuel.md. */
  get fuelUsed(): number {
    return this.handle.fuelUsed
  }

  get finished(): boolean {
    return this.handle.finished
  }

  /** Goes on until the end, a trap, a host function that gave a promise, or for at most `fuel` units: a whole number, or Infinity. */
  run(options: { readonly fuel?: number } = {}): RunState {
    const { fuel = Infinity } = options
    if (fuel !== Infinity) {
      checkedSize(fuel, 'fuel')
      this.checkMetered()
    }
    return this.state(this.handle.resume(fuel))
  }

  /** Where `run` and `step` stop; `finish` does not. With any, the run is slower, and can be saved where it traps. */
  get breakpoints(): Breakpoints {
    this.checkMetered()
    return (this.ownBreakpoints ??= new Breakpoints(this.handle.breakpoints, this.handle.func.instance?.compiled))
  }

  /** Executes one instruction. */
  step(): RunState {
    this.checkMetered()
    return this.state(this.handle.step())
  }

  /**
   * Goes on to the end, waiting for host functions where that is needed; gives the result, or throws: `ABORTED` after `abort`. With a
   * signal, the event loop has its turn every few milliseconds, and the run ends when the signal is raised.
   */
  async finish(options: { readonly signal?: Signal | undefined } = {}): Promise<unknown> {
    const { signal } = options
    if (signal === undefined) return this.goOn()
    this.checkMetered()
    // It may be raised by a host function, in the middle of a slice.
    const stopWaiting = (): void => this.wake?.()
    signal.addEventListener('abort', stopWaiting)
    try {
      return await this.goOn(signal, new Pace())
    } finally {
      signal.removeEventListener('abort', stopWaiting)
    }
  }

  private async goOn(signal?: Signal, pace?: Pace): Promise<unknown> {
    if (signal?.aborted !== true) await this.awaited
    for (;;) {
      if (signal?.aborted === true) this.abort(signal.reason)
      if (this.aborted !== undefined) throw new Trap('ABORTED', '', [], { cause: this.aborted.reason })
      const state = this.run({ fuel: pace?.units ?? Infinity })
      if (state.kind === 'done') return state.value
      if (state.kind === 'trap') throw state.error
      // Each promise is the next thing that the run needs.
      if (state.kind === 'host') await state.promise
      else if (state.kind === 'fuel') await pace?.turn()
    }
  }

  /** How many calls are nested where the run has stopped. */
  get depth(): number {
    return this.handle.depth
  }

  /** The call stack where the run has stopped, innermost first: of a deep one, the 80 innermost and the 20 outermost frames. */
  get stack(): readonly RunFrame[] {
    return this.handle.stack()
  }

  /**
   * Ends the run where it is. What a host function's promise comes to is then of no interest, and nobody waits for it. The reason is the
   * cause of the trap that `finish` throws.
   */
  abort(reason?: unknown): void {
    if (this.finished) return
    this.handle.abort()
    this.aborted = { reason }
    this.wake?.()
  }

  /**
   * The run as it has stopped, with all that it can reach. A host function that it waits for is called again where it goes on.
   * docs/snapshots.md says what can be saved.
   */
  snapshot(options: SnapshotOptions = {}): Snapshot {
    return takeSnapshot(this.origin, this.handle.save(), options)
  }

  /** A second run in the same state, which goes on independently of this one, in an instance of its own. */
  fork(options: ForkOptions = {}): Restored & { readonly run: Run } {
    const { origin } = this
    return origin.fork(origin, { saved: this.handle.save(), present: this.present }, options) as ReturnType<Run['fork']>
  }

  private checkMetered(): void {
    if (!this.metered) throw new UsageError('the run is not metered: it counts no fuel and takes no steps')
  }

  private state(stop: Stop): RunState {
    switch (stop.kind) {
      case 'done':
        return { kind: 'done', value: this.present(stop.results) }
      case 'host':
        this.awaited = this.settled(stop.promise)
        return { kind: 'host', promise: this.awaited }
      default:
        return stop
    }
  }

  /** A promise of the moment at which the run can go on. */
  private settled(promise: Promise<readonly Value[]>): Promise<void> {
    const settling = promise.then(
      (values) => this.settle({ values }),
      (error: unknown) => this.settle({ error }),
    )
    const aborted = new Promise<void>((resolve) => {
      this.wake = resolve
    })
    const awaited = Promise.race([settling, aborted])
    // Who gives a run up need not wait for what it waited for.
    awaited.catch(() => undefined)
    return awaited
  }

  private settle(outcome: Parameters<RunHandle['settle']>[0]): void {
    if (this.aborted === undefined) this.handle.settle(outcome)
  }
}
