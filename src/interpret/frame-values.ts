// Values in the machine's slots: arguments and results at the border of a run.

import type { Ref, Value } from '../runtime/value.ts'
import { V128, isRefType, type ValType } from '../syntax/types.ts'
import { machine } from './machine.ts'
import { slotWords } from './slots.ts'

/** Where values lie: in the machine's slots, or in some that were taken off it. */
export interface Words {
  readonly I32: Int32Array
  readonly R: Ref[]
}

/** Words that values of these types take. */
export function wordsOf(types: readonly ValType[]): number {
  return types.reduce((sum, type) => sum + slotWords(type), 0)
}

/** The values of these types that lie from `slot` on. */
export function readValues(types: readonly ValType[], slot: number, { I32, R }: Words = machine()): Value[] {
  let at = slot
  return types.map((type) => {
    const number = { type, lo: I32[at]!, hi: I32[at + 1]!, ref: isRefType(type) ? R[at >> 1] : null }
    const value = type === V128 ? { ...number, upper: { lo: I32[at + 2]!, hi: I32[at + 3]! } } : number
    at += slotWords(type)
    return value
  })
}

export function writeValues(values: readonly Value[], slot: number, { I32, R }: Words = machine()): void {
  let at = slot
  for (const { type, lo, hi, ref, upper } of values) {
    I32[at] = lo
    I32[at + 1] = hi
    if (upper !== undefined) {
      I32[at + 2] = upper.lo
      I32[at + 3] = upper.hi
    }
    if (isRefType(type)) R[at >> 1] = ref
    at += slotWords(type)
  }
}
