// Drives the runs of one `run` call under one budget: start functions, initialisers, the function itself.

import { Budget, type BudgetOptions } from '../embed/budget.ts'
import type { Run } from '../embed/run.ts'
import type { Poll } from '../runtime/tier.ts'

export class RunDriver {
  /** Whether fuel is counted, but for start functions, where it always is. */
  readonly metered: boolean
  /** Ends calls that nobody drives who knows the budget: those that host functions make which have waited. */
  readonly poll: Poll | undefined
  private readonly budget: Budget
  private used = 0

  constructor(options: BudgetOptions) {
    const budget = new Budget(options)
    this.budget = budget
    this.metered = budget.isMetered
    this.poll = budget.isTimed ? () => (budget.isDriving ? undefined : budget.verdict()) : undefined
  }

  get fuelUsed(): number {
    return this.used
  }

  /** To the end; gives the result, or throws: a run that ran out of fuel or time, or was aborted, has stopped then and could go on. */
  async drive(run: Run): Promise<unknown> {
    const before = this.used - run.fuelUsed
    try {
      return await run.driveWithin(this.budget)
    } finally {
      this.used = before + run.fuelUsed
    }
  }
}
