// Floating-point operators of 64 bits that JavaScript doesn't spell with an operator of its own. An f64 is a number. A
// host may change the sign of a NaN that it carries as a number. Where the bits matter, `abs`, `neg` and `copysign`
// exist on the high half too; the low half stays as it is.
// https://webassembly.github.io/spec/core/exec/numerics.html#floating-point-operations

import { f64_reinterpret_i64, highHalf, lowHalf } from './convert.ts'

const TWO_52 = 0x10_0000_0000_0000

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-fmin */
export const min: (a: number, b: number) => number = Math.min

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-fmax */
export const max: (a: number, b: number) => number = Math.max

// A signalling NaN has to come out quiet. `Math.ceil` and its like give it back as it is (V8), a sum does not.

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-fceil */
export function ceil(a: number): number {
  return Number.isNaN(a) ? a + a : Math.ceil(a)
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-ffloor */
export function floor(a: number): number {
  return Number.isNaN(a) ? a + a : Math.floor(a)
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-ftrunc */
export function trunc(a: number): number {
  return Number.isNaN(a) ? a + a : Math.trunc(a)
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-fsqrt */
export const sqrt: (a: number) => number = Math.sqrt

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-fabs */
export const abs: (a: number) => number = Math.abs

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-fneg */
export function neg(a: number): number {
  return -a
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-fcopysign */
export function copysign(a: number, b: number): number {
  return f64_reinterpret_i64(lowHalf(a), copysignHigh(highHalf(a), highHalf(b)))
}

/**
 * Ties go to the even neighbour: from 2^52 on a double has no fraction, so adding that much rounds as the format itself
 * does.
 * https://webassembly.github.io/spec/core/exec/numerics.html#op-fnearest
 */
export function nearest(a: number): number {
  if (a > 0) return a < TWO_52 ? a + TWO_52 - TWO_52 : a
  if (a < 0) return a > -TWO_52 ? -(TWO_52 - a - TWO_52) : a
  // A zero keeps its sign, and a signalling NaN turns quiet.
  return a + a
}

export function absHigh(high: number): number {
  return high & 0x7fff_ffff
}

export function negHigh(high: number): number {
  return high ^ 0x8000_0000
}

export function copysignHigh(high: number, signHigh: number): number {
  return (high & 0x7fff_ffff) | (signHigh & 0x8000_0000)
}
