// Drives the runs of one `run` call under one account of fuel and one deadline: start functions, initialisers, the function itself.

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
}

export class RunDriver {
  readonly metered: boolean
  /** Ends calls that are running at the deadline. */
  readonly poll: Poll | undefined
  private readonly fuel: number
  private readonly timeout: number
  private readonly deadline: number
  private used = 0

  constructor({ fuel, timeout }: DriverOptions) {
    if (timeout !== undefined && !(typeof timeout === 'number' && timeout >= 0)) {
      throw new UsageError(`timeout must be a number of milliseconds, not ${quoted(String(timeout))}`)
    }
    if (fuel !== undefined && !(fuel === Infinity || (Number.isInteger(fuel) && fuel >= 0))) {
      throw new UsageError(`fuel must be a whole number that is not negative, not ${quoted(String(fuel))}`)
    }
    this.metered = fuel !== undefined
    this.fuel = fuel ?? Infinity
    this.timeout = timeout ?? Infinity
    this.deadline = Date.now() + this.timeout
    this.poll = timeout === undefined ? undefined : () => (Date.now() < this.deadline ? undefined : this.outOfTime())
  }

  get fuelUsed(): number {
    return this.used
  }

  /** To the end; gives the result, or throws. */
  async drive(run: Run): Promise<unknown> {
    const before = this.used
    for (;;) {
      const state = run.run({ fuel: Math.max(0, this.fuel - this.used) })
      this.used = before + run.fuelUsed
      switch (state.kind) {
        case 'done':
          return state.value
        case 'trap':
          throw state.error
        case 'fuel':
          throw stoppedAt(run, new Trap('FUEL_EXHAUSTED', `${this.fuel} units are used up`))
        case 'host':
          // What the run needs next is this promise.
          await this.wait(run, state.promise)
      }
    }
  }

  private outOfTime(): Trap {
    return new Trap('TIMEOUT', `${this.timeout} ms are over`)
  }

  private async wait(run: Run, promise: Promise<void>): Promise<void> {
    if (this.deadline === Infinity) return promise
    let timer: unknown
    const expiry = new Promise<never>((_, reject) => {
      const left = Math.min(Math.max(0, this.deadline - Date.now()), MAX_DELAY)
      timer = setTimeout(() => reject(stoppedAt(run, this.outOfTime())), left)
    })
    try {
      await Promise.race([promise, expiry])
      // Promises that are always settled leave the timer no turn.
      if (Date.now() >= this.deadline) throw stoppedAt(run, this.outOfTime())
    } catch (error) {
      if (!run.finished) run.abort()
      throw error
    } finally {
      clearTimeout(timer)
    }
  }
}

/** The longest delay of timers. */
const MAX_DELAY = 2 ** 31 - 1

/** The trap with the stack of the run that it ends. */
function stoppedAt(run: Run, trap: Trap): Trap {
  return trap.withFrames(run.stack.map(stackFrame), run.depth)
}
