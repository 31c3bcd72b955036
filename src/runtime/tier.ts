// What a tier offers to the layers above: calls that run to their end, and runs that can stop.

import type { Breakpoints } from './breakpoint.ts'
import type { FuncInstance } from './func.ts'
import type { StackFrame, Trap } from '../errors/trap.ts'
import type { CanonicalType } from '../validate/canonical-types.ts'
import type { StackStretch } from './continuation.ts'
import type { SavedRun, SavedStretch } from './saved-run.ts'
import type { Value } from './value.ts'
import type { Waits } from './waits.ts'

/**
 * Looked at every few hundred microseconds of execution. An error that it gives ends the run; `pause` stops it so that it can go on later.
 * Calls, which cannot stop, go on until it gives something else.
 */
export type Poll = () => Error | 'pause' | undefined

export interface CallOptions {
  readonly poll?: Poll | undefined
  /** For runs: whether fuel is counted, which is slower. True if absent; without it a run stops for promises and pauses only. */
  readonly metered?: boolean | undefined
  /**
   * For metered runs: whether all of it is executed one instruction at a time, which is slower still. Where such a run traps, its frames stay as
   * they were before the instruction that trapped, and can be saved. Where a poll ends it, it stands between two instructions.
   */
  readonly precise?: boolean | undefined
  /** How `memory.atomic.wait` waits; by default as the host does. */
  readonly waits?: Waits | undefined
}

/** How a stretch of a run ended. */
export type Stop =
  | { readonly kind: 'done'; readonly results: readonly Value[] }
  /** The fuel of this stretch is used up; the run can go on. */
  | { readonly kind: 'fuel' }
  /** A poll asked for a pause; the run can go on at once. */
  | { readonly kind: 'pause' }
  /** The run is about to execute an instruction where a breakpoint is set; it goes on with that. */
  | { readonly kind: 'breakpoint'; readonly frame: RunFrame }
  /** A host function gave a promise, or the run waits for a notification; it can go on when the promise has settled. */
  | { readonly kind: 'host'; readonly promise: Promise<readonly Value[]> }
  /** `error` is a Trap, or what a host function threw. */
  | { readonly kind: 'trap'; readonly error: Trap | Error }

/** One frame of a run that has stopped, innermost first. */
export interface RunFrame {
  readonly func: FuncInstance | undefined
  readonly funcIdx: number
  readonly funcName: string | undefined
  /** Byte offset in the module of the next instruction, or of the call. */
  readonly offset: number | undefined
}

/** The same frame as a trap carries it. Its offset, too, is found when somebody looks at it. */
export function stackFrame(frame: RunFrame): StackFrame {
  const { func, funcIdx, funcName } = frame
  return {
    funcIdx,
    funcName,
    moduleName: func?.instance?.compiled.names().module,
    get offset() {
      return frame.offset
    },
  }
}

/** What holds for one stretch of a run, besides its fuel. */
export interface StretchOptions {
  /** Looked at beside the run's own. */
  readonly poll?: Poll | undefined
  /**
   * Where the fuel and the poll are limits and no mere pauses: why calls must end that host functions make back into wasm. They cannot stop, and
   * are held to the fuel, too.
   */
  readonly verdict?: (() => Error | undefined) | undefined
}

/** A call that can be driven piece by piece. Its whole state is data. */
export interface RunHandle {
  /** What was called. */
  readonly func: FuncInstance
  /** Units of fuel used so far. */
  readonly fuelUsed: number
  /** What is left of the fuel of this stretch, or was when it ended. Below zero where a host function charged more than there was. May be added to. */
  fuel: number
  readonly finished: boolean
  /** Where the run is to stop. With any, a metered run is precise. A UsageError where it is not metered. */
  readonly breakpoints: Breakpoints
  /** Goes on for at most `fuel` units. */
  resume: (fuel?: number, options?: StretchOptions) => Stop
  /** Executes one instruction (structure apart, which costs nothing). */
  step: () => Stop
  /** After a stop of kind `host`: what the promise came to. */
  settle: (outcome: { readonly values: readonly Value[] } | { readonly error: unknown }) => void
  /** Takes fuel on behalf of a host function; a negative amount gives back. */
  charge: (fuel: number) => void
  /**
   * Where runs begun later must end before this one may go on: a promise of a moment at which that may have changed. Undefined where nothing
   * is in the way.
   */
  turn: () => Promise<void> | undefined
  /** The innermost frames, and the outermost ones: `depth` says how many there are in truth. */
  stack: () => readonly RunFrame[]
  readonly depth: number
  /** Ends the run where it is. The reason is told to host functions that it waits for. */
  abort: (reason?: unknown) => void
  /**
   * The run as data, where it has not begun or has stopped, or was precise and has trapped. A host call that is under way will be made again.
   * Throws where it is driven, or has ended, or is not metered.
   */
  save: () => SavedRun
}

export interface Tier {
  readonly name: string
  /** Calls a function and gives its results; throws a Trap, or what a host function threw. */
  invoke: (func: FuncInstance, args: readonly Value[], options?: CallOptions) => readonly Value[]
  /** Prepares a call; nothing runs before `resume`. */
  start: (func: FuncInstance, args: readonly Value[], options?: CallOptions) => RunHandle
  /** A metered run that goes on where another was saved. What does not fit its modules is a SnapshotError. */
  restore: (saved: SavedRun, options?: CallOptions) => RunHandle
  saveStretch: (stretch: StackStretch) => SavedStretch
  /** What a continuation of the type was suspended with that has the values `bound` already. What does not fit is a SnapshotError. */
  restoreStretch: (saved: SavedStretch, type: CanonicalType, bound: readonly Value[]) => StackStretch
}
