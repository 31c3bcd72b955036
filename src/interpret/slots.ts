// How values lie in the frame: 8 bytes each, a v128 in two of those.

import { F64, I64, V128, isRefType, type ValType } from '../syntax/types.ts'

/** A number of two words. */
export function isWide(type: ValType): boolean {
  return type === I64 || type === F64
}

/** Words of a value's slot. */
export function slotWords(type: ValType): number {
  return type === V128 ? 4 : 2
}

/** The opcode for values of the type. */
export function byType(type: ValType, narrow: number, wide: number, ref: number, vector: number): number {
  return isRefType(type) ? ref : type === V128 ? vector : isWide(type) ? wide : narrow
}
