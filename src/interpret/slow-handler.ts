// What handlers of the second function work with: the arrays of the machine, traps as reasons to leave the loop, and how long work is
// told to the slice.

import { TRAP_CODES, type TrapCode } from '../errors/trap.ts'
import type { Instance } from '../runtime/instance.ts'
import type { Ref } from '../runtime/value.ts'
import { REASON, REGISTER } from './ops.ts'

/** The arrays that hold the slots: int32 halves, floats at the same places, and references. */
export interface Slots {
  readonly I32: Int32Array
  readonly F32: Float32Array
  readonly F64: Float64Array
  readonly R: Ref[]
  /** The loop's registers. */
  readonly S: Int32Array
}

/** Takes its operands from consecutive slots from `base` on, and leaves its results there. Gives 0, or the reason to leave the loop. */
export type SlowHandler = (slots: Slots, instance: Instance, base: number, x: number, y: number) => number

/** What long work takes from the slice, so that a loop of it is looked at as often as any other: one for a KiB, or 16 references. */
export function spend(S: Int32Array, amount: number): void {
  S[REGISTER.slice] = Math.max(S[REGISTER.slice]! - Math.floor(amount), -1)
}

/** Drops the references from an address on, where nothing is in use any more: what calls have left that returned is not to be kept alive. */
export function forgetReferences({ R }: Pick<Slots, 'R'>, end: number): void {
  if (R.length > end >> 1) R.length = end >> 1
}

/** Takes of the instance's heap; false where there is not enough. `end`: behind the operands, which are the last on the stack that is in use. */
export function claim(slots: Slots, { store: { heap } }: Instance, bytes: number, end: number): boolean {
  if (heap.mustCountFor(bytes)) {
    forgetReferences(slots, end)
    spend(slots.S, Infinity)
  }
  return heap.allocate(bytes)
}

export function trap(code: TrapCode): number {
  return REASON.trap + TRAP_CODES.indexOf(code)
}

/** Element by element, from whichever end keeps an overlap intact. */
export function copyRefs(target: Ref[], to: number, source: readonly Ref[], from: number, length: number): void {
  if (to <= from) for (let i = 0; i < length; i++) target[to + i] = source[from + i]
  else for (let i = length - 1; i >= 0; i--) target[to + i] = source[from + i]
}
