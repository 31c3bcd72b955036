// Rounding an f64 to an integer, in the ways that JavaScript doesn't spell as WebAssembly means them; the other floating-point operators
// stand in the rows. An f64 is a number.
// https://webassembly.github.io/spec/core/exec/numerics.html#floating-point-operations

const TWO_52 = 0x10_0000_0000_0000

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
