// Who uses the machine's stack at this moment. Runs lie on it one above the other: a run that a host function starts begins where its
// caller's frames end, and has what is left of its caller's limits. A run that has stopped stays where it is until its place is needed.

import { UsageError } from '../errors/heddle-error.ts'

/** A stopped run whose frames are still on the stack, on top of everything else. */
export interface Resident {
  /** Moves its frames away. */
  readonly park: () => void
}

interface Stage {
  /** Where the next run begins, in words of the stack of slots and of the stack of calls. */
  stackTop: number
  callTop: number
  /** How far it may go. */
  stackLimit: number
  callLimit: number
  /** Host functions that have been called and have not returned. */
  hostDepth: number
  resident: Resident | undefined
  /** While the loop runs, or somebody is asked who must not call back: a limiter, a poll. Then no run may begin or go on. */
  closed: boolean
}

export const stage: Stage = {
  stackTop: 0,
  callTop: 0,
  stackLimit: Infinity,
  callLimit: Infinity,
  hostDepth: 0,
  resident: undefined,
  closed: false,
}

/** Makes room on top of the stack for `run`. */
export function clearStage(run: Resident): void {
  if (stage.closed) throw new UsageError('a limiter or a poll must not call into wasm', 'REENTRANT')
  if (stage.resident !== undefined && stage.resident !== run) stage.resident.park()
}
