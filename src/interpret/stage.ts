// Who uses the machine's stack at this moment. Runs lie on it one above the other: a run that a host function starts begins where its
// caller's frames end, and has what is left of its caller's limits. A run that has stopped stays where it is until its place is needed.

/** A stopped run whose frames are still on the stack, on top of everything else. */
export interface Resident {
  /** Moves its frames away. */
  readonly park: () => void
}

export interface Stage {
  /** Where the next run begins, in words of the stack of slots and of the stack of calls. */
  stackTop: number
  callTop: number
  /** How far it may go. */
  stackLimit: number
  callLimit: number
  /** Host functions that have been called and have not returned. */
  hostDepth: number
  resident: Resident | undefined
}

export const stage: Stage = {
  stackTop: 0,
  callTop: 0,
  stackLimit: Infinity,
  callLimit: Infinity,
  hostDepth: 0,
  resident: undefined,
}

/** Makes room on top of the stack for `run`. */
export function clearStage(run: Resident): void {
  if (stage.resident !== undefined && stage.resident !== run) stage.resident.park()
}
