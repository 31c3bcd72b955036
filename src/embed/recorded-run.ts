// A run that is recorded: what its driver does to it is noted before it is done.

import type { Breakpoints } from '../runtime/breakpoint.ts'
import type { FuncInstance } from '../runtime/func.ts'
import type { SavedRun } from '../runtime/saved-run.ts'
import type { Poll, RunFrame, RunHandle, Stop, StretchOptions } from '../runtime/tier.ts'
import type { Value } from '../runtime/value.ts'
import type { RecordedEvent } from '../snapshot/recording-data.ts'
import type { RecordedThings } from './recorded-things.ts'

type Settlement = { readonly values: readonly Value[] } | { readonly error: unknown }

/** Of whoever records it. */
export interface RunRecorder {
  readonly things: RecordedThings
  /** Records a stretch of the run, which `go` executes. */
  readonly stretch: (run: RecordedRun, go: () => Stop) => Stop
  /** Records something that the host does. It is asked for what when its references can be numbered. */
  readonly note: (event: () => RecordedEvent) => void
  /** Hears what the poll or the verdict says. */
  readonly hearing: <T extends ReturnType<Poll>>(poll: () => T) => () => T
}

export class RecordedRun implements RunHandle {
  readonly number: number
  /** What something outside ended it with, where it executes. */
  interruption: Error | undefined
  private readonly handle: RunHandle
  private readonly recorder: RunRecorder
  private state: 'stopped' | 'running' | 'awaiting' = 'stopped'
  /** By the last event that counted it. */
  private counted = 0
  /** Where it stopped last. */
  private stoppedAt = 0

  constructor(handle: RunHandle, number: number, recorder: RunRecorder) {
    this.handle = handle
    this.number = number
    this.recorder = recorder
  }

  get func(): FuncInstance {
    return this.handle.func
  }

  get breakpoints(): Breakpoints {
    return this.handle.breakpoints
  }

  get fuelUsed(): number {
    return this.handle.fuelUsed
  }

  get fuel(): number {
    return this.handle.fuel
  }

  set fuel(fuel: number) {
    this.handle.fuel = fuel
  }

  get finished(): boolean {
    return this.handle.finished
  }

  get depth(): number {
    return this.handle.depth
  }

  stack(): readonly RunFrame[] {
    return this.handle.stack()
  }

  turn(): Promise<void> | undefined {
    return this.handle.turn()
  }

  save(): SavedRun {
    return this.handle.save()
  }

  resume(fuel?: number, { poll, verdict }: StretchOptions = {}): Stop {
    const { hearing } = this.recorder
    const options = { poll: poll && hearing(poll), verdict: verdict && hearing(verdict) }
    return this.go(() => this.handle.resume(fuel, options))
  }

  step(): Stop {
    return this.go(() => this.handle.step())
  }

  private go(resume: () => Stop): Stop {
    // It can't go on, and says so.
    if (this.finished || this.state !== 'stopped') return resume()
    this.state = 'running'
    let stop: Stop | undefined
    try {
      stop = this.recorder.stretch(this, resume)
      return stop
    } finally {
      this.state = stop?.kind === 'host' ? 'awaiting' : 'stopped'
    }
  }

  settle(outcome: Settlement): void {
    if (this.state === 'awaiting' && !this.finished) {
      this.state = 'stopped'
      this.recorder.note(() => this.settlement(outcome))
    }
    this.handle.settle(outcome)
  }

  private settlement(outcome: Settlement): RecordedEvent {
    const { number: run } = this
    const { things } = this.recorder
    if ('error' in outcome) return { kind: 'reject', run, thrown: things.incomingThrow(outcome.error) }
    return { kind: 'settle', run, values: outcome.values.map((value) => things.incoming(value)) }
  }

  charge(fuel: number): void {
    this.handle.charge(fuel)
  }

  abort(reason?: unknown): void {
    const wasFinished = this.finished
    this.handle.abort(reason)
    if (!wasFinished) this.recorder.note(() => ({ kind: 'abort', run: this.number }))
  }

  /** Fuel that it has used since it was asked last. */
  takeSpent(fuelUsed: number = this.fuelUsed): number {
    const spent = fuelUsed - this.counted
    this.counted = fuelUsed
    return spent
  }

  /** It stopped, and nobody needs to know of that so far. */
  hold(): void {
    this.stoppedAt = this.fuelUsed
  }

  /** Whether it was charged for something since. */
  get wasCharged(): boolean {
    return this.fuelUsed !== this.stoppedAt
  }

  /** The stop that is to be told after all. */
  heldStop(): RecordedEvent {
    return { kind: 'fuel', fuel: this.stoppedAt - this.counted }
  }

  takeStop(): RecordedEvent {
    return { kind: 'fuel', fuel: this.takeSpent(this.stoppedAt) }
  }
}
