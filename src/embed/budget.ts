// What a run may use, or several one after the other: units of fuel, time, and for how long a signal lets them. Whoever has time or a signal
// runs in slices, between which the host's event loop has its turn, since that is where timers go off and signals are raised.

import { optionNames } from '../errors/check-options.ts'
import { UsageError } from '../errors/heddle-error.ts'
import { quoted } from '../errors/quote.ts'
import { Trap } from '../errors/trap.ts'
import type { Poll } from '../runtime/tier.ts'
import { now, type Signal } from '../runtime/host-loop.ts'

export interface BudgetOptions {
  /** Units. When they are used up the run ends with `FUEL_EXHAUSTED`. Without it nothing is counted where that is faster. */
  readonly fuel?: number | undefined
  /** Milliseconds from now on, after which the run ends with `TIMEOUT`. */
  readonly timeout?: number | undefined
  /** Ends the run with `ABORTED` when it is raised. */
  readonly signal?: Signal | undefined
  /** Milliseconds between two turns of the event loop. 10 where there is a timeout or a signal; else the loop turns where the run waits. */
  readonly sliceMs?: number | undefined
}

export const BUDGET_OPTIONS: readonly string[] = optionNames<BudgetOptions>({
  fuel: true,
  timeout: true,
  signal: true,
  sliceMs: true,
})

const SLICE_MS = 10

/** The longest delay of timers. */
const MAX_DELAY = 2 ** 31 - 1

export class Budget {
  /** Units that are left; below zero where a host function charged more than that. */
  fuel: number
  readonly isMetered: boolean
  /** A run that it watches is executing, or a host function of that run is. */
  isDriving = false
  private given: number
  private readonly timeout: number
  private readonly deadline: number
  private readonly signal: Signal | undefined
  private readonly sliceMs: number

  constructor({ fuel, timeout, signal, sliceMs }: BudgetOptions) {
    if (fuel !== undefined && !(fuel === Infinity || (Number.isInteger(fuel) && fuel >= 0))) {
      throw new UsageError(`fuel must be a whole number that is not negative, not ${quoted(String(fuel))}`)
    }
    checkMilliseconds(timeout, 'timeout')
    checkMilliseconds(sliceMs, 'sliceMs')
    if (signal !== undefined) checkSignal(signal)
    this.isMetered = fuel !== undefined
    this.given = fuel ?? Infinity
    this.fuel = this.given
    this.timeout = timeout ?? Infinity
    this.deadline = now() + this.timeout
    this.signal = signal
    this.sliceMs = sliceMs ?? (timeout === undefined && signal === undefined ? Infinity : SLICE_MS)
  }

  /** Whether there is time or a signal to look at. */
  get isTimed(): boolean {
    return this.deadline !== Infinity || this.signal !== undefined
  }

  addFuel(fuel: number): void {
    this.given += fuel
  }

  outOfFuel(): Trap {
    return new Trap('FUEL_EXHAUSTED', `${this.given} units are used up`)
  }

  /** Why a run must end at once, if it must. */
  readonly verdict = (): Trap | undefined => {
    if (this.signal?.aborted === true) return this.abortion()
    return this.deadline !== Infinity && now() >= this.deadline ? this.outOfTime() : undefined
  }

  /** For a slice that begins now: it pauses where it is over, or where there is a verdict. */
  slice(): Poll | undefined {
    const pause = this.sliceMs === Infinity ? undefined : pauseAfter(this.sliceMs)
    if (!this.isTimed) return pause
    return () => (this.verdict() === undefined ? pause?.() : 'pause')
  }

  /** Waits for the promise. Gives the trap where the budget ends before. */
  async waitFor(promise: Promise<void>): Promise<Trap | undefined> {
    if (!this.isTimed) {
      await promise
      return undefined
    }
    const { deadline, signal } = this
    let timer: unknown
    let stop = (): void => undefined
    const ending = new Promise<Trap>((resolve) => {
      stop = () => resolve(this.abortion())
      signal?.addEventListener('abort', stop)
      if (deadline === Infinity) return
      timer = setTimeout(() => resolve(this.outOfTime()), Math.min(Math.max(0, Math.ceil(deadline - now())), MAX_DELAY))
    })
    try {
      return (await Promise.race([promise, ending])) ?? undefined
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
  }

  private outOfTime(): Trap {
    return new Trap('TIMEOUT', `${this.timeout} ms are over`)
  }

  private abortion(): Trap {
    return new Trap('ABORTED', '', [], { cause: this.signal?.reason })
  }
}

/** Asks for a pause from then on. */
export function pauseAfter(milliseconds: number): () => 'pause' | undefined {
  const end = now() + milliseconds
  return () => (now() >= end ? 'pause' : undefined)
}

/** Before anything runs: it is listened to only where the run waits. */
function checkSignal(signal: unknown): void {
  if (typeof (signal as Signal | null)?.addEventListener === 'function') return
  throw new UsageError(`signal must be an AbortSignal, not ${signal === null ? 'null' : typeof signal}`)
}

export function checkMilliseconds(value: unknown, name: string): void {
  if (value === undefined || (typeof value === 'number' && value >= 0)) return
  throw new UsageError(
    `${name} must be a number of milliseconds, not ${quoted(typeof value === 'number' ? String(value) : typeof value)}`,
  )
}
