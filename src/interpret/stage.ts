// Who uses the machine's stack at this moment. Runs lie on it one above the other: a run that a host function starts begins where its
// caller's frames end, and has what is left of its caller's limits. A run that has stopped stays where it is until its place is needed.

import { UsageError } from '../errors/heddle-error.ts'

/** A stopped run whose frames are still on the stack, on top of everything else. */
export interface Resident {
  /** Moves its frames away. */
  readonly park: () => void
}

/** A run below, while a host function that it called is under way. */
export interface Caller {
  readonly metered: boolean
  readonly fuel: number
  /** Whether its fuel is a limit that ends it: then it holds for calls that are made from its host functions, too. */
  readonly endsWithoutFuel: boolean
  charge: (fuel: number) => void
  /** Why calls that its host functions make must end, where they must. */
  verdict: () => Error | undefined
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
  /** Who called the innermost of them. */
  caller: Caller | undefined
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
  caller: undefined,
  resident: undefined,
  closed: false,
}

/** Makes room on top of the stack for `run`. */
export function clearStage(run: Resident): void {
  if (stage.closed) throw new UsageError('a limiter or a poll must not call into wasm', 'REENTRANT')
  if (stage.resident !== undefined && stage.resident !== run) stage.resident.park()
}
