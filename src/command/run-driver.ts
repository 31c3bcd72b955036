// Drives the runs of one `run` call under one account of fuel, one deadline and one signal: start functions, initialisers, the function
// itself.

import { Pace, type Signal } from '../embed/pace.ts'
import type { Run } from '../embed/run.ts'
import { UsageError } from '../errors/heddle-error.ts'
import { quoted } from '../errors/quote.ts'
import { Trap } from '../errors/trap.ts'
import { stackFrame, type Poll } from '../runtime/tier.ts'

interface DriverOptions {
  /** Units; without it, none are counted but those of start functions. */
  readonly fuel?: number | undefined
  /** Milliseconds from now on. */
  readonly timeout?: number | undefined
  /** Ends the run when it is raised. */
  readonly signal?: Signal | undefined
}

export class RunDriver {
  readonly metered: boolean
  /** Ends calls that are running at the deadline. */
  readonly poll: Poll | undefined
  private readonly fuel: number
  private readonly timeout: number
  private readonly deadline: number
  private readonly signal: Signal | undefined
  private used = 0

  constructor({ fuel, timeout, signal }: DriverOptions) {
    if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0)) {
      throw new UsageError(`timeout must be a number of milliseconds, not ${quoted(String(timeout))}`)
    }
    if (fuel !== undefined && !(fuel === Infinity || (Number.isInteger(fuel) && fuel >= 0))) {
      throw new UsageError(`fuel must be a whole number that is not negative, not ${quoted(String(fuel))}`)
    }
    // Slices are measured in fuel.
    this.metered = fuel !== undefined || signal !== undefined
    this.fuel = fuel ?? Infinity
    this.timeout = timeout ?? Infinity
    this.deadline = Date.now() + this.timeout
    this.signal = signal
    this.poll = timeout === undefined ? undefined : () => (Date.now() < this.deadline ? undefined : this.outOfTime())
  }

  get fuelUsed(): number {
    return this.used
  }

  /** To the end; gives the result, or throws: a run that ran out of fuel or time, or was aborted, has stopped then and could go on. */
  async drive(run: Run): Promise<unknown> {
    const before = this.used - run.fuelUsed
    const pace = this.signal === undefined ? undefined : new Pace()
    for (;;) {
      if (this.signal?.aborted === true) throw stoppedAt(run, this.abortion())
      const state = run.run({ fuel: Math.min(Math.max(0, this.fuel - this.used), pace?.units ?? Infinity) })
      this.used = before + run.fuelUsed
      switch (state.kind) {
        case 'done':
          return state.value
        case 'trap':
          throw state.error
        case 'fuel':
          if (pace === undefined || this.used >= this.fuel) {
            throw stoppedAt(run, new Trap('FUEL_EXHAUSTED', `${this.fuel} units are used up`))
          }
          await pace.turn()
          break
        case 'breakpoint':
          break
        case 'host':
          // What the run needs next is this promise.
          await this.wait(run, state.promise)
      }
    }
  }

  private outOfTime(): Trap {
    return new Trap('TIMEOUT', `${this.timeout} ms are over`)
  }

  private abortion(): Trap {
    return new Trap('ABORTED', '', [], { cause: this.signal?.reason })
  }

  private async wait(run: Run, promise: Promise<void>): Promise<void> {
    const { deadline, signal } = this
    if (deadline === Infinity && signal === undefined) return promise
    let timer: unknown
    let stop = (): void => undefined
    const ending = new Promise<Trap>((resolve) => {
      stop = () => resolve(this.abortion())
      signal?.addEventListener('abort', stop)
      if (deadline === Infinity) return
      timer = setTimeout(() => resolve(this.outOfTime()), Math.min(Math.max(0, deadline - Date.now()), MAX_DELAY))
    })
    try {
      const trap = await Promise.race([promise, ending])
      if (trap !== undefined) throw stoppedAt(run, trap)
      // Promises that are always settled leave the timer no turn.
      if (Date.now() >= deadline) throw stoppedAt(run, this.outOfTime())
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
    }
  }
}

/** The longest delay of timers. */
const MAX_DELAY = 2 ** 31 - 1

/** The trap with the stack of the run that it ends. */
function stoppedAt(run: Run, trap: Trap): Trap {
  return trap.withFrames(run.stack.map(stackFrame), run.depth)
}
