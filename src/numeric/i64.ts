// Integer operators of 64 bits on pairs of int32 numbers, low half first. A function whose result is an i64 returns the
// low half and leaves the high half in `hi`, which the next such function overwrites: read it at once. Nothing traps
// here: whoever divides has seen to it that the divisor isn't zero and that `div_s` doesn't overflow.
// https://webassembly.github.io/spec/core/exec/numerics.html#integer-operations

const { floor, imul } = Math

const TWO_32 = 0x1_0000_0000
const TWO_TO_MINUS_18 = 1 / 0x4_0000

/** The high half of the last i64 that a function of this layer returned. */
export let hi: number = 0

/** For the other files of this layer, which return i64 values in the same way. */
export function setHi(high: number): void {
  hi = high
}

/** The low half of `value` modulo 2^64. */
export function fromBigInt(value: bigint): number {
  hi = Number(BigInt.asIntN(32, value >> 32n))
  return Number(BigInt.asIntN(32, value))
}

/** The value read as signed. */
export function toBigInt(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0)
}

/** The value read as unsigned. */
export function toUnsignedBigInt(low: number, high: number): bigint {
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-iadd */
export function add(al: number, ah: number, bl: number, bh: number): number {
  const low = (al + bl) | 0
  // The plus sign takes the carry as a number: `? 1 : 0` costs 7.6 ns a call, this 4.8.
  hi = (ah + bh + +(low >>> 0 < al >>> 0)) | 0
  return low
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-isub */
export function sub(al: number, ah: number, bl: number, bh: number): number {
  hi = (ah - bh - +(al >>> 0 < bl >>> 0)) | 0
  return (al - bl) | 0
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-imul */
export function mul(al: number, ah: number, bl: number, bh: number): number {
  hi = (mulHigh(al, bl) + imul(al, bh) + imul(ah, bl)) | 0
  return imul(al, bl)
}

/** The high half of the product of two u32. */
function mulHigh(a: number, b: number): number {
  const a0 = a & 0xffff
  const a1 = a >>> 16
  const b0 = b & 0xffff
  const b1 = b >>> 16
  // Neither sum reaches 2^32, so that wrapping at 32 bits loses nothing.
  const middle = (imul(a1, b0) + (imul(a0, b0) >>> 16)) | 0
  const carried = (imul(a0, b1) + (middle & 0xffff)) | 0
  return (imul(a1, b1) + (middle >>> 16) + (carried >>> 16)) | 0
}

// Division takes the first way that holds: 32 bits by 32 (2.2 ns); a dividend below 2^53, where the quotient of doubles
// is exact once it is truncated (6 ns); one digit of base 2^32 after the other (6 ns up to a divisor of 2^31, then 9 to
// 17).

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-idiv-u */
export function div_u(al: number, ah: number, bl: number, bh: number): number {
  if ((ah | bh) === 0) {
    hi = 0
    return ((al >>> 0) / (bl >>> 0)) | 0
  }
  if (ah >>> 0 < 0x20_0000) return fromDouble(toDouble(al, ah) / toDouble(bl, bh))
  if (bh !== 0) {
    const quotient = divideDigit(al, ah, bl, bh)
    hi = 0
    return quotient
  }
  const high = ((ah >>> 0) / (bl >>> 0)) | 0
  const rest = (ah - imul(high, bl)) | 0
  const low = bl > 0 ? divideDigitByI31(al, rest, bl) : divideDigit(al, rest, bl, 0)
  hi = high
  return low
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-irem-u */
export function rem_u(al: number, ah: number, bl: number, bh: number): number {
  if ((ah | bh) === 0) {
    hi = 0
    return ((al >>> 0) % (bl >>> 0)) | 0
  }
  if (ah >>> 0 < 0x20_0000) {
    const dividend = toDouble(al, ah)
    const divisor = toDouble(bl, bh)
    return fromDouble(dividend - floor(dividend / divisor) * divisor)
  }
  if (bh !== 0) return (al - imul(divideDigit(al, ah, bl, bh), bl)) | 0
  const rest = ((ah >>> 0) % (bl >>> 0)) | 0
  const quotient = bl > 0 ? divideDigitByI31(al, rest, bl) : divideDigit(al, rest, bl, 0)
  return (al - imul(quotient, bl)) | 0
}

/** Read as unsigned and rounded. */
function toDouble(low: number, high: number): number {
  return (high >>> 0) * TWO_32 + (low >>> 0)
}

/** The integer part of a number from 0 up to 2^53. */
function fromDouble(value: number): number {
  hi = (value / TWO_32) | 0
  return value | 0
}

/**
 * The quotient of two u64 where it is below 2^32; `hi` is then the high half of the remainder (the low one is a
 * multiplication away).
 *
 * The quotient of doubles is wrong by less than 2^-19 + 2^-21: each operand and the division are rounded by at most
 * 2^-53 of a value below 2^32, the subtraction once more. With 2^-18 taken off, it is the true one or one less. The
 * remainder tells which, and can't overflow, since it is never more than the dividend.
 */
function divideDigit(al: number, ah: number, bl: number, bh: number): number {
  const estimate = (toDouble(al, ah) / toDouble(bl, bh) - TWO_TO_MINUS_18) >>> 0
  const low = imul(estimate, bl)
  const restLow = (al - low) | 0
  const restHigh = (ah - mulHigh(estimate, bl) - imul(estimate, bh) - +(al >>> 0 < low >>> 0)) | 0
  if (lt_u(restLow, restHigh, bl, bh)) {
    hi = restHigh
    return estimate | 0
  }
  hi = (restHigh - bh - +(restLow >>> 0 < bl >>> 0)) | 0
  return (estimate + 1) | 0
}

/** The same for a divisor below 2^31: twice that still fits in 32 bits, so the low half of the remainder tells. */
function divideDigitByI31(al: number, ah: number, b: number): number {
  const estimate = (toDouble(al, ah) / b - TWO_TO_MINUS_18) >>> 0
  hi = 0
  return (estimate + +((al - imul(estimate, b)) >>> 0 >= b)) | 0
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-idiv-s */
export function div_s(al: number, ah: number, bl: number, bh: number): number {
  const negative = (ah ^ bh) < 0
  if (ah < 0) {
    al = negate(al, ah)
    ah = hi
  }
  if (bh < 0) {
    bl = negate(bl, bh)
    bh = hi
  }
  const quotient = div_u(al, ah, bl, bh)
  return negative ? negate(quotient, hi) : quotient
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-irem-s */
export function rem_s(al: number, ah: number, bl: number, bh: number): number {
  const negative = ah < 0
  if (negative) {
    al = negate(al, ah)
    ah = hi
  }
  if (bh < 0) {
    bl = negate(bl, bh)
    bh = hi
  }
  const remainder = rem_u(al, ah, bl, bh)
  return negative ? negate(remainder, hi) : remainder
}

function negate(low: number, high: number): number {
  hi = (~high + +(low === 0)) | 0
  return -low | 0
}

// Of the count of a shift or rotation only the low half is passed, since no more than its six low bits matter.
// JavaScript's shifts take their count modulo 32, so `x >>> 1 >>> ~n` is `x >>> (32 - n)`, and right also where n is 0.

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-ishl */
export function shl(low: number, high: number, n: number): number {
  if ((n & 32) !== 0) {
    hi = low << n
    return 0
  }
  hi = (high << n) | ((low >>> 1) >>> ~n)
  return low << n
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-ishr-s */
export function shr_s(low: number, high: number, n: number): number {
  if ((n & 32) !== 0) {
    hi = high >> 31
    return high >> n
  }
  hi = high >> n
  return (low >>> n) | ((high << 1) << ~n)
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-ishr-u */
export function shr_u(low: number, high: number, n: number): number {
  if ((n & 32) !== 0) {
    hi = 0
    return (high >>> n) | 0
  }
  hi = (high >>> n) | 0
  return (low >>> n) | ((high << 1) << ~n)
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-irotl */
export function rotl(low: number, high: number, n: number): number {
  if ((n & 32) !== 0) {
    hi = (low << n) | ((high >>> 1) >>> ~n)
    return (high << n) | ((low >>> 1) >>> ~n)
  }
  hi = (high << n) | ((low >>> 1) >>> ~n)
  return (low << n) | ((high >>> 1) >>> ~n)
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-irotr */
export function rotr(low: number, high: number, n: number): number {
  return rotl(low, high, -n)
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-ieq */
export function eq(al: number, ah: number, bl: number, bh: number): boolean {
  return al === bl && ah === bh
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-ine */
export function ne(al: number, ah: number, bl: number, bh: number): boolean {
  return al !== bl || ah !== bh
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-ilt-s */
export function lt_s(al: number, ah: number, bl: number, bh: number): boolean {
  return ah === bh ? al >>> 0 < bl >>> 0 : ah < bh
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-ilt-u */
function lt_u(al: number, ah: number, bl: number, bh: number): boolean {
  return ah === bh ? al >>> 0 < bl >>> 0 : ah >>> 0 < bh >>> 0
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-igt-s */
export function gt_s(al: number, ah: number, bl: number, bh: number): boolean {
  return ah === bh ? al >>> 0 > bl >>> 0 : ah > bh
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-ile-s */
export function le_s(al: number, ah: number, bl: number, bh: number): boolean {
  return ah === bh ? al >>> 0 <= bl >>> 0 : ah < bh
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-ige-s */
export function ge_s(al: number, ah: number, bl: number, bh: number): boolean {
  return ah === bh ? al >>> 0 >= bl >>> 0 : ah > bh
}

/** The halves of the second i64, where the function of this layer that was called last gives two. */
export let lo2: number = 0
export let hi2: number = 0

/** The sum of two i128, each a low and a high i64. The low half of the sum comes first. */
export function add128(
  al: number,
  ah: number,
  al2: number,
  ah2: number,
  bl: number,
  bh: number,
  bl2: number,
  bh2: number,
): number {
  const low = add(al, ah, bl, bh)
  const high = hi
  const carry = +lt_u(low, high, al, ah)
  lo2 = add(add(al2, ah2, bl2, bh2), hi, carry, 0)
  hi2 = hi
  hi = high
  return low
}

/** The difference of two i128, likewise. */
export function sub128(
  al: number,
  ah: number,
  al2: number,
  ah2: number,
  bl: number,
  bh: number,
  bl2: number,
  bh2: number,
): number {
  const low = sub(al, ah, bl, bh)
  const high = hi
  const borrow = +lt_u(al, ah, bl, bh)
  lo2 = sub(sub(al2, ah2, bl2, bh2), hi, borrow, 0)
  hi2 = hi
  hi = high
  return low
}

/** The whole product of two u64: column by column of 32 bits, none of which sums up to 2^53. */
export function mul_wide_u(al: number, ah: number, bl: number, bh: number): number {
  const second = (mulHigh(al, bl) >>> 0) + (imul(al, bh) >>> 0) + (imul(ah, bl) >>> 0)
  const third = floor(second / TWO_32) + (mulHigh(al, bh) >>> 0) + (mulHigh(ah, bl) >>> 0) + (imul(ah, bh) >>> 0)
  const fourth = floor(third / TWO_32) + (mulHigh(ah, bh) >>> 0)
  hi = second | 0
  lo2 = third | 0
  hi2 = fourth | 0
  return imul(al, bl)
}

/** The whole product of two i64: a negative one, read as a u64, is 2^64 too much. */
export function mul_wide_s(al: number, ah: number, bl: number, bh: number): number {
  const low = mul_wide_u(al, ah, bl, bh)
  const high = hi
  if (ah < 0) {
    lo2 = sub(lo2, hi2, bl, bh)
    hi2 = hi
  }
  if (bh < 0) {
    lo2 = sub(lo2, hi2, al, ah)
    hi2 = hi
  }
  hi = high
  return low
}
