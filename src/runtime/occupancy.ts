// Who is in an instance that does not take every order of runs: those that began and have not ended, with frames in it. Instances that do,
// which is the rule, have no such list, and cost nothing.

import { HeddleError, UsageError } from '../errors/heddle-error.ts'
import { quoted } from '../errors/quote.ts'
import type { Instance } from './instance.ts'

/**
 * How runs may overlap in an instance. `free`: as they like. `nested`: what began last goes on and ends first, as a stack in linear memory
 * needs it. `exclusive`: one at a time, apart from calls that its host functions make before they return.
 */
export type Concurrency = 'free' | 'nested' | 'exclusive'

const CONCURRENCIES: readonly Concurrency[] = ['free', 'nested', 'exclusive']

/** A call or run, as far as it concerns the instances that it is in. */
export interface Occupant {
  /** Whether it has frames in the instance. */
  occupies: (instance: Instance) => boolean
  /** It is on JavaScript's stack: it runs, or a host function that it called does. */
  readonly isUnderWay: boolean
  /** It may stop before its end. */
  readonly mayAwait: boolean
}

export class Occupancy {
  readonly instance: Instance
  /** Why a run ended here without returning: what it left is half done, and nobody may come in any more. */
  interruption: Error | undefined
  readonly concurrency: 'nested' | 'exclusive'
  /** In the order in which they came; some may have gone. */
  private occupants: Occupant[] = []
  private waiting: (() => void)[] = []

  constructor(instance: Instance, concurrency: 'nested' | 'exclusive') {
    this.instance = instance
    this.concurrency = concurrency
  }

  /** Lets a run in, or go on in here. */
  enter(run: Occupant): void {
    if (this.interruption !== undefined) {
      const { message } = this.interruption
      throw new HeddleError(
        'INSTANCE_INTERRUPTED',
        `a run ended in the middle of this instance, which takes no more calls: make another, or restore a snapshot (${message})`,
        { cause: this.interruption },
      )
    }
    if (this.isLast(run)) return
    if (this.occupants.includes(run))
      throw busy('a run that began later has not ended in this instance: it must end first')
    const below = this.occupants.at(-1)
    if (this.concurrency === 'exclusive' && below !== undefined && (run.mayAwait || !below.isUnderWay)) {
      throw busy('this instance is exclusive, and a run is under way in it')
    }
    this.occupants.push(run)
  }

  /** Whether nobody is in here who came after the run. */
  isLast(run: Occupant): boolean {
    if (this.occupants.at(-1) === run) return true
    this.occupants = this.occupants.filter((each) => each.occupies(this.instance))
    return this.occupants.at(-1) === run
  }

  /** Resolves when somebody who is in here has stopped or ended. */
  changed(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve)
    })
  }

  change(): void {
    for (const resolve of this.waiting.splice(0)) resolve()
  }
}

/** What an instance needs to know of who is in it; nothing where it is free. */
export function occupancyOf(instance: Instance, concurrency: Concurrency): Occupancy | undefined {
  if (!CONCURRENCIES.includes(concurrency)) {
    throw new UsageError(`unknown concurrency ${quoted(concurrency)}: there are ${CONCURRENCIES.join(', ')}`)
  }
  return concurrency === 'free' ? undefined : new Occupancy(instance, concurrency)
}

function busy(message: string): UsageError {
  return new UsageError(message, 'INSTANCE_BUSY')
}
