// Integer operators of 32 bits that take more than a line; the others stand in the rows. An i32 is an int32 number, as `| 0` leaves it.
// https://webassembly.github.io/spec/core/exec/numerics.html#integer-operations

// Taken once, so that nothing has to be looked up (or can be replaced) later.
const { clz32, imul } = Math

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-ictz */
export function ctz(a: number): number {
  return a === 0 ? 32 : 31 - clz32(a & -a)
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-ipopcnt */
export function popcnt(a: number): number {
  const pairs = a - ((a >>> 1) & 0x55555555)
  const nibbles = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333)
  const bytes = (nibbles + (nibbles >>> 4)) & 0x0f0f0f0f
  return imul(bytes, 0x01010101) >>> 24
}
