// Conversions between the number types that take more than a line; the others stand in the rows. Each is named for its instruction where
// that name is unambiguous; a truncation takes an f32 and an f64 alike, as both are numbers. An i64 is taken and returned as in i64.ts.
// Nothing traps here: whoever truncates has seen to it that the result fits.
// https://webassembly.github.io/spec/core/exec/numerics.html#conversions

import { setHi } from './i64.ts'

const { floor, fround, trunc } = Math

const TWO_31 = 0x8000_0000
const TWO_32 = 0x1_0000_0000
const TWO_63 = TWO_31 * TWO_32
const TWO_64 = TWO_32 * TWO_32

// The memory through which a number becomes its bits.
const f64View = new Float64Array(1)
const f32View = new Float32Array(f64View.buffer)
const i32View = new Int32Array(f64View.buffer)

// Which of the two int32 is the low half of the double is up to the host's processor.
f64View[0] = 1
const HIGH = i32View[0] === 0 ? 1 : 0
const LOW = 1 - HIGH

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-reinterpret */
export function i32_reinterpret_f32(a: number): number {
  f32View[0] = a
  return i32View[0]!
}

/**
 * A signalling NaN comes out quiet: an f32 that is only moved had better stay bits.
 * https://webassembly.github.io/spec/core/exec/numerics.html#op-reinterpret
 */
export function f32_reinterpret_i32(bits: number): number {
  i32View[0] = bits
  return f32View[0]!
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-reinterpret */
export function f64_reinterpret_i64(low: number, high: number): number {
  i32View[LOW] = low
  i32View[HIGH] = high
  return f64View[0]!
}

/** The low half of an f64's bits, for those who must leave `hi` alone. */
export function lowHalf(a: number): number {
  f64View[0] = a
  return i32View[LOW]!
}

/** The high half of an f64's bits, for those who must leave `hi` alone. */
export function highHalf(a: number): number {
  f64View[0] = a
  return i32View[HIGH]!
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-convert-s */
export function f32_convert_i64_s(low: number, high: number): number {
  const isExact = high >= -HIGH_53 && high < HIGH_53
  return fround(high * TWO_32 + ((isExact ? low : jam(low)) >>> 0))
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-convert-u */
export function f32_convert_i64_u(low: number, high: number): number {
  const isExact = high >>> 0 < HIGH_53
  return fround((high >>> 0) * TWO_32 + ((isExact ? low : jam(low)) >>> 0))
}

/** The high half of 2^53: integers below are exact as doubles. */
const HIGH_53 = 0x20_0000

/**
 * The low half of an integer outside ±2^53 that converts to the same f32 and is exact as a double, so that it is rounded
 * once. Bits 0 to 10 become one: if any is set, so is bit 11. That keeps the value between the same two multiples of 2^12,
 * and there all floats and the points halfway between them are such multiples.
 */
function jam(low: number): number {
  return (low & ~0x7ff) | (((low & 0x7ff) + 0x7ff) & 0x800)
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-trunc-s */
export function i64_trunc_s(a: number): number {
  return truncate(a)
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-trunc-u */
export function i64_trunc_u(a: number): number {
  return truncate(a)
}

/** Towards zero, modulo 2^64. Dividing by 2^32 is exact, and `| 0` takes a double of any size modulo 2^32. */
function truncate(a: number): number {
  setHi(floor(trunc(a) / TWO_32) | 0)
  return a | 0
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-trunc-sat-s */
export function i32_trunc_sat_s(a: number): number {
  if (a >= TWO_31) return 0x7fff_ffff
  return a < -TWO_31 ? -TWO_31 : a | 0
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-trunc-sat-u */
export function i32_trunc_sat_u(a: number): number {
  if (a >= TWO_32) return -1
  return a < 0 ? 0 : a | 0
}

/** Is a truncation to i64, signed, defined? Not for a NaN. */
function fitsS64(a: number): boolean {
  return a >= -TWO_63 && a < TWO_63
}

/** Is a truncation to i64, unsigned, defined? Not for a NaN. */
function fitsU64(a: number): boolean {
  return a > -1 && a < TWO_64
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-trunc-sat-s */
export function i64_trunc_sat_s(a: number): number {
  if (fitsS64(a)) return truncate(a)
  if (a > 0) {
    setHi(0x7fff_ffff)
    return -1
  }
  setHi(a < 0 ? -TWO_31 : 0)
  return 0
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-trunc-sat-u */
export function i64_trunc_sat_u(a: number): number {
  if (fitsU64(a)) return truncate(a)
  const all = a > 0 ? -1 : 0
  setHi(all)
  return all
}
