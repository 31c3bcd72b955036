// A run as the embedder holds it: a call that is driven piece by piece, or to its end within a budget.
/// <reference lib="esnext.disposable" preserve="true" />

import { HeddleError, UsageError } from '../errors/heddle-error.ts'
import { checkOptions } from '../errors/check-options.ts'
import { Trap, type StackFrame } from '../errors/trap.ts'
import { stackFrame, type RunHandle, type Stop, type StretchOptions } from '../runtime/tier.ts'
import type { Value } from '../runtime/value.ts'
import { Breakpoints } from './breakpoints.ts'
import { BUDGET_OPTIONS, Budget, checkMilliseconds, pauseAfter, type BudgetOptions } from './budget.ts'
import { resultsToJs } from './functions.ts'
import type { ForkOptions, Origin, Restored } from './origin.ts'
import { nextTurn } from '../runtime/host-loop.ts'
import { checkedSize } from './sizes.ts'
import { takeSnapshot, type Snapshot, type SnapshotOptions } from './snapshot.ts'

/**
 * How a stretch of a run ended. `fuel`, `pause`: it can go on. `breakpoint`: it is about to execute the instruction of `frame`, and goes on with
 * that. `host`: it waits for a host function, or for another thread to notify it, and
 * can go on once `promise` has settled. That promise rejects with the error that ended the run, where the host function's promise was
 * rejected; it need not be awaited, and is never an unhandled rejection. It resolves at once where the run is aborted.
 */
export type RunState =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'fuel' }
  | { readonly kind: 'pause' }
  | { readonly kind: 'breakpoint'; readonly frame: StackFrame }
  | { readonly kind: 'host'; readonly promise: Promise<void> }
  | { readonly kind: 'trap'; readonly error: Error }

const STRETCH_OPTIONS = ['fuel', 'sliceMs'] as const
const SYNC_OPTIONS = ['fuel', 'timeout'] as const

export class Run {
  private readonly handle: RunHandle
  private readonly metered: boolean
  private readonly present: (values: readonly Value[]) => unknown
  private readonly origin: Origin
  private ownBreakpoints: Breakpoints | undefined
  private awaited: Promise<void> | undefined
  /** Lets those go on who wait for `awaited`. */
  private wake: (() => void) | undefined
  private aborted: Trap | undefined
  private isDriven = false
  private budget: Budget | undefined

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

  /**
   * What is left of the fuel that `run` or `finish` gave, or was when it stopped; Infinity where none was. Below zero where a host function
   * charged more than there was.
   */
  get fuel(): number {
    return this.handle.fuel
  }

  get finished(): boolean {
    return this.handle.finished
  }

  /**
   * Goes on until the end, a trap, a host function that gave a promise, for at most `fuel` units, or for about `sliceMs` milliseconds. Both are
   * Infinity if absent, whatever was left before.
   */
  run(options: { readonly fuel?: number; readonly sliceMs?: number } = {}): RunState {
    checkOptions(options, STRETCH_OPTIONS, 'run')
    const { fuel = Infinity, sliceMs } = options
    if (fuel !== Infinity) {
      checkedSize(fuel, 'fuel')
      this.checkMetered()
    }
    checkMilliseconds(sliceMs, 'sliceMs')
    return this.drive(() => this.resume(fuel, sliceMs === undefined ? {} : { poll: pauseAfter(sliceMs) }))
  }

  /** Where `run` and `step` stop; `finish` does not. With any, the run is slower, and can be saved where it traps. */
  get breakpoints(): Breakpoints {
    this.checkMetered()
    return (this.ownBreakpoints ??= new Breakpoints(this.handle.breakpoints, this.handle.func.instance?.compiled))
  }

  /** Executes one instruction. */
  step(): RunState {
    this.checkMetered()
    return this.drive(() => this.state(this.handle.step()))
  }

  /**
   * Goes on to the end, waiting for host functions where that is needed, and for runs that must end before it; gives the result, or throws:
   * `FUEL_EXHAUSTED`, `TIMEOUT` and `ABORTED` end the run. With a timeout, a signal or `sliceMs` the event loop has its turn every few milliseconds.
   */
  async finish(options: BudgetOptions = {}): Promise<unknown> {
    checkOptions(options, BUDGET_OPTIONS, 'finish')
    try {
      return await this.driveWithin(new Budget(options))
    } catch (error) {
      if (error instanceof Trap) this.abortIn(error)
      throw error
    }
  }

  /** The same within a budget that several runs share. Where that is used up, the trap says so, and the run has stopped and could go on. */
  async driveWithin(budget: Budget): Promise<unknown> {
    this.begin(budget)
    try {
      return await this.goOn(budget)
    } finally {
      this.end()
    }
  }

  /** Goes on to the end without waiting: where a host function gives a promise, that is an error, and the run waits for it. */
  finishSync(options: Pick<BudgetOptions, 'fuel' | 'timeout'> = {}): unknown {
    checkOptions(options, SYNC_OPTIONS, 'finishSync')
    const { fuel, timeout } = options
    const budget = new Budget({ fuel, timeout, sliceMs: Infinity })
    this.begin(budget)
    try {
      for (;;) {
        const state = this.resumeWithin(budget)
        if (state.kind === 'done') return state.value
        if (state.kind === 'trap') throw state.error
        if (state.kind === 'host') {
          throw new HeddleError(
            'ASYNC_IMPORT',
            'the run waits for a host function, or for another thread: await finish()',
          )
        }
        const end = state.kind === 'fuel' ? budget.outOfFuel() : budget.verdict()
        if (end !== undefined) throw this.abortIn(this.stoppedIn(end))
      }
    } finally {
      this.end()
    }
  }

  /** Adds to the fuel of the `run` or `finish` that is under way: for host functions, and for whoever pays while others wait. */
  addFuel(fuel: number): void {
    checkedSize(fuel, 'fuel')
    if (!this.isDriven)
      throw new UsageError('nothing drives the run: say what the next stretch may use in run({ fuel })')
    this.handle.fuel += fuel
    this.budget?.addFuel(fuel)
  }

  /** How many calls are nested where the run has stopped. */
  get depth(): number {
    return this.handle.depth
  }

  /** The call stack where the run has stopped, innermost first: of a deep one, the 80 innermost and the 20 outermost frames. `renderFrames` makes text of it. */
  get stack(): readonly StackFrame[] {
    return this.handle.stack().map(stackFrame)
  }

  /**
   * Ends the run where it is. What a host function's promise comes to is then of no interest, and nobody waits for it. The reason is the
   * cause of the trap that `finish` throws, and what the host function's signal is raised with.
   */
  abort(reason?: unknown): void {
    this.abortIn(this.stoppedIn(new Trap('ABORTED', '', [], { cause: reason })))
  }

  /** `using run = instance.start(…)`: aborts it where it has not ended. */
  [Symbol.dispose](): void {
    this.abort()
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.abort()
    return Promise.resolve()
  }

  // ——— driving ———

  private begin(budget: Budget | undefined): void {
    if (budget?.isMetered === true) this.checkMetered()
    if (this.isDriven) throw new UsageError('the run is being driven already', 'RUN_BUSY')
    this.isDriven = true
    this.budget = budget
    if (budget !== undefined) this.handle.fuel = budget.fuel
  }

  private end(): void {
    this.isDriven = false
    if (this.budget !== undefined) this.budget.fuel = this.handle.fuel
    this.budget = undefined
  }

  private drive(stretch: () => RunState): RunState {
    this.begin(undefined)
    try {
      return stretch()
    } finally {
      this.end()
    }
  }

  private async goOn(budget: Budget): Promise<unknown> {
    for (;;) {
      if (this.aborted !== undefined) throw this.aborted
      let end = budget.verdict()
      const obstacle = this.awaited ?? this.turn()
      if (end === undefined && obstacle !== undefined) {
        end = await budget.waitFor(obstacle)
        if (end === undefined) continue
      }
      if (end !== undefined) throw this.stoppedIn(end)
      const state = this.resumeWithin(budget)
      if (state.kind === 'done') return state.value
      if (state.kind === 'trap') throw state.error
      if (state.kind === 'fuel') throw this.stoppedIn(budget.outOfFuel())
      if (state.kind === 'pause') await nextTurn()
    }
  }

  /** Others that must end first, where there are such. */
  private turn(): Promise<void> | undefined {
    const turn = this.handle.turn()
    return turn === undefined ? undefined : this.unlessAborted(turn)
  }

  private resumeWithin(budget: Budget): RunState {
    budget.isDriving = true
    try {
      return this.resume(this.handle.fuel, { poll: budget.slice(), verdict: budget.verdict })
    } finally {
      budget.isDriving = false
    }
  }

  private resume(fuel: number, options: StretchOptions): RunState {
    return this.state(this.handle.resume(fuel, options))
  }

  /** The trap with the stack of this moment. */
  private stoppedIn(trap: Trap): Trap {
    return trap.withFrames(this.stack, this.depth)
  }

  /** Ends the run in the trap, unless it has ended. */
  private abortIn(trap: Trap): Trap {
    if (this.finished) return trap
    // Refuses where the run executes: then nothing is to come of it later either.
    this.handle.abort(trap.code === 'ABORTED' ? trap.cause : trap)
    this.aborted = trap
    this.wake?.()
    return trap
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
      case 'breakpoint':
        return { kind: 'breakpoint', frame: stackFrame(stop.frame) }
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
    const awaited = this.unlessAborted(settling)
    // Who gives a run up need not wait for what it waited for.
    awaited.catch(() => undefined)
    return awaited
  }

  private unlessAborted(promise: Promise<void>): Promise<void> {
    const aborted = new Promise<void>((resolve) => {
      this.wake = resolve
    })
    return Promise.race([promise, aborted])
  }

  private settle(outcome: Parameters<RunHandle['settle']>[0]): void {
    if (this.finished) return
    this.handle.settle(outcome)
    this.awaited = undefined
  }
}
