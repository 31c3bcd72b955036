// Values as the engine keeps them between tiers and faces: bits for numbers, so that no NaN payload is lost, and references as they are.

import { I64, F32, F64, I32, V128, isRefType, valTypeName, type ValType } from '../syntax/types.ts'
import { closedTypeName } from '../validate/closed-type-name.ts'
import { UsageError } from '../errors/heddle-error.ts'
import { f32_reinterpret_i32, f64_reinterpret_i64, highHalf, i32_reinterpret_f32, lowHalf } from '../numeric/convert.ts'
import { hi, fromBigInt, toBigInt } from '../numeric/i64.ts'
import { FuncInstance } from './func.ts'

/** A reference: null, a function, or whatever the host handed in as an externref. */
export type Ref = unknown

/** One value. `lo` and `hi` are the bits of a number (`hi` counts for 64-bit types only); `ref` is meant for reference types. */
export interface Value {
  readonly type: ValType
  readonly lo: number
  readonly hi: number
  readonly ref: Ref
  /** The upper 64 bits of a v128. */
  readonly upper?: { readonly lo: number; readonly hi: number } | undefined
}

export function numberValue(type: ValType, lo: number, high = 0): Value {
  return { type, lo, hi: high, ref: null }
}

/** A v128 of four words, the lowest first. */
export function vectorValue(words: ArrayLike<number>): Value {
  const [lo, high, upperLo, upperHi] = [words[0]!, words[1]!, words[2]!, words[3]!]
  return { type: V128, lo, hi: high, ref: null, upper: { lo: upperLo, hi: upperHi } }
}

export function refValue(type: ValType, ref: Ref): Value {
  return { type, lo: 0, hi: 0, ref }
}

export function i32Value(x: number): Value {
  return numberValue(I32, x | 0)
}

/** The value that a variable of the type starts with. */
export function defaultValue(type: ValType): Value {
  return { type, lo: 0, hi: 0, ref: null }
}

/** JavaScript's view of a value: i32, f32 and f64 are numbers, i64 is a signed bigint, references are themselves. A v128 has none. */
export function toJs(value: Value): unknown {
  switch (value.type) {
    case I32:
      return value.lo
    case I64:
      return toBigInt(value.lo, value.hi)
    case F32:
      return f32_reinterpret_i32(value.lo)
    case F64:
      return f64_reinterpret_i64(value.lo, value.hi)
    case V128:
      throw noVector('a value')
    default:
      return value.ref
  }
}

/**
 * The value of a type that a JavaScript value stands for. i32 takes any number or bigint modulo 2^32, i64 a bigint modulo 2^64 (a number
 * would lose bits unseen: it must be a safe integer), f32 is rounded.
 */
export function fromJs(type: ValType, x: unknown, what = 'value'): Value {
  switch (type) {
    case I32:
      if (typeof x === 'bigint') return numberValue(I32, Number(BigInt.asIntN(32, x)))
      if (typeof x === 'boolean') return numberValue(I32, x ? 1 : 0)
      return numberValue(I32, asNumber(x, type, what) | 0)
    case I64: {
      if (typeof x !== 'bigint' && !Number.isSafeInteger(x)) throw mismatch(x, type, what)
      const lo = fromBigInt(BigInt(x as bigint | number))
      return numberValue(I64, lo, hi)
    }
    case F32:
      return numberValue(F32, i32_reinterpret_f32(asNumber(x, type, what)))
    case F64: {
      const number = asNumber(x, type, what)
      return numberValue(F64, lowHalf(number), highHalf(number))
    }
    case V128:
      throw noVector(what)
    default:
      if (!isRefType(type) || !isRefOf(type, x)) throw mismatch(x, type, what)
      return refValue(type, x)
  }
}

function asNumber(x: unknown, type: ValType, what: string): number {
  if (typeof x !== 'number') throw mismatch(x, type, what)
  return x
}

function isRefOf(type: ValType, x: unknown): boolean {
  return valTypeName(type) === 'funcref' ? x === null || x instanceof FuncInstance : true
}

/** For what would have to show a v128 to JavaScript. */
export function noVector(what: string): UsageError {
  return new UsageError(`${what} is a v128, which JavaScript has no value for`, 'TYPE_MISMATCH')
}

function mismatch(x: unknown, type: ValType, what: string): UsageError {
  const given = x === null ? 'null' : typeof x
  const hint = valTypeName(type) === 'i64' ? ' (an i64 is a bigint)' : ''
  return new UsageError(`${what} must be an ${closedTypeName(type)}, not ${given}${hint}`, 'TYPE_MISMATCH')
}
