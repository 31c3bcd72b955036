// Floating-point operators of 32 bits. An f32 is a number that is exactly a float32; as bits, it is an int32.
// As a number, a signalling NaN doesn't survive: where the bits matter, `abs`, `neg` and `copysign` exist on bits too.
// https://webassembly.github.io/spec/core/exec/numerics.html#floating-point-operations

const { fround, sqrt: sqrtF64 } = Math

// These take float32 values to float32 values, so that nothing is left to round.
export { abs, ceil, copysign, floor, max, min, nearest, neg, trunc } from './f64.ts'

/**
 * Rounding twice is harmless here: a double has more than twice the precision of a float, and two bits.
 * https://webassembly.github.io/spec/core/exec/numerics.html#op-fsqrt
 */
export function sqrt(a: number): number {
  return fround(sqrtF64(a))
}

export function absBits(bits: number): number {
  return bits & 0x7fff_ffff
}

export function negBits(bits: number): number {
  return bits ^ 0x8000_0000
}

export function copysignBits(bits: number, signBits: number): number {
  return (bits & 0x7fff_ffff) | (signBits & 0x8000_0000)
}
