// A stopped run as data, in the module's own terms: functions, offsets of instructions, values of locals and operands. No tier's own form of
// a frame is in it, so that any tier can make it, and go on from it.

import type { ExceptionInstance } from './exception.ts'
import type { FuncInstance } from './func.ts'
import type { Instance } from './instance.ts'
import type { Value } from './value.ts'

/** One call. All frames but the innermost stand at the instruction that called the next: a call, or the resumption of a continuation. */
export interface SavedFrame {
  readonly instance: Instance
  readonly funcIdx: number
  /** Byte offset in the module of that instruction. */
  readonly offset: number
  /** Parameters first. A local that cannot be null and was not set yet is null. */
  readonly locals: readonly Value[]
  /**
   * From the bottom of the stack. Of a call under way: without what it took. In a legacy handler, the exception lies below its values, as an
   * exnref of its own.
   */
  readonly operands: readonly Value[]
}

/** What happens first when a run goes on. */
export type NextStep =
  /** It has not begun: no frames. */
  | { readonly kind: 'begin'; readonly args: readonly Value[] }
  /**
   * The instruction at which the innermost frame stands. `paid` units of fuel are paid already: none; or, of an instruction that is charged by
   * length, one and as much of its length as was paid so far; or one, of a wait.
   */
  | { readonly kind: 'instruction'; readonly paid: number }
  /**
   * A host function, under way in the innermost frame's call, or called first of all where there are no frames. It had not returned: it is
   * called again. `caller`: the instance whose code called it, which a tail call may have left.
   */
  | {
      readonly kind: 'host'
      readonly func: FuncInstance
      readonly args: readonly Value[]
      readonly caller: Instance | undefined
    }
  /** The innermost frame's call has these results. Where there are no frames, the run has. */
  | { readonly kind: 'returned'; readonly results: readonly Value[] }
  /** The innermost frame's call has thrown. */
  | { readonly kind: 'thrown'; readonly exception: ExceptionInstance }

export interface SavedRun {
  /** The function that was called. */
  readonly func: FuncInstance
  /** Outermost first. */
  readonly frames: readonly SavedFrame[]
  readonly next: NextStep
  readonly fuelUsed: number
}

/** A suspended continuation: frames, outermost first; the innermost one stands at the `suspend` or `switch` that it will be resumed behind. */
export interface SavedStretch {
  readonly frames: readonly SavedFrame[]
}
