// Runs that an AbortSignal can end: driven in slices, between which the host's event loop has its turn, since that is where a signal is
// raised.

/** What is asked of an AbortSignal. */
export interface Signal {
  readonly aborted: boolean
  readonly reason?: unknown
  addEventListener: (type: 'abort', listener: () => void) => void
  removeEventListener: (type: 'abort', listener: () => void) => void
}

/** Milliseconds of a slice: a signal is seen after one at most. Clocks of hosts tick in milliseconds, and timers take about one. */
const SLICE = 10
const FIRST_UNITS = 50_000
const LEAST_UNITS = 1_000

/** How much fuel a slice gets, learnt from how long the last one took. */
export class Pace {
  units: number = FIRST_UNITS
  private since = Date.now()

  /** Behind a slice. */
  async turn(): Promise<void> {
    const elapsed = Math.max(1, Date.now() - this.since)
    const factor = Math.min(2, SLICE / elapsed)
    this.units = Math.max(LEAST_UNITS, Math.round(this.units * factor))
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 0)
    })
    this.since = Date.now()
  }
}
