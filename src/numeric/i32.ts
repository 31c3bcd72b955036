// Integer operators of 32 bits, as far as one JavaScript operator doesn't say them. An i32 is an int32 number, as `| 0`
// leaves it. Nothing traps here: whoever divides has seen to it that the divisor isn't zero and that `div_s` doesn't
// overflow.
// https://webassembly.github.io/spec/core/exec/numerics.html#integer-operations

// Taken once, so that nothing has to be looked up (or can be replaced) later.
const { clz32, imul } = Math

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-iclz */
export function clz(a: number): number {
  return clz32(a)
}

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

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-idiv-s */
export function div_s(a: number, b: number): number {
  return (a / b) | 0
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-idiv-u */
export function div_u(a: number, b: number): number {
  return ((a >>> 0) / (b >>> 0)) | 0
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-irem-s */
export function rem_s(a: number, b: number): number {
  return (a % b) | 0
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-irem-u */
export function rem_u(a: number, b: number): number {
  return ((a >>> 0) % (b >>> 0)) | 0
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-irotl */
export function rotl(a: number, n: number): number {
  return (a << n) | (a >>> (32 - n))
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-irotr */
export function rotr(a: number, n: number): number {
  return (a >>> n) | (a << (32 - n))
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-iextendn-s */
export function extend8_s(a: number): number {
  return (a << 24) >> 24
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-iextendn-s */
export function extend16_s(a: number): number {
  return (a << 16) >> 16
}
