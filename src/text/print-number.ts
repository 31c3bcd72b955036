// Bits to numbers of the text format. Every text parses back to the very same bits, NaN payloads and the sign of zero included;
// floats are the shortest decimals that do.

import { toUnsignedBigInt } from '../numeric/i64.ts'
import { parseF32 } from './number.ts'

const F32_INFINITY = 0x7f800000
const F32_QUIET = 0x00400000
const F64_HI_INFINITY = 0x7ff00000
const F64_HI_QUIET = 0x00080000

/** Signed. */
export function printI32(bits: number): string {
  return String(bits | 0)
}

/** Signed. */
export function printI64(lo: number, hi: number): string {
  return String(BigInt.asIntN(64, toUnsignedBigInt(lo, hi)))
}

/** Unsigned. */
export function printU64(lo: number, hi: number): string {
  return String(toUnsignedBigInt(lo, hi))
}

/** The shape and lanes of a vector constant, from its four words. */
export function printVector(words: ArrayLike<number>): string {
  const lanes = Array.from(words, (word) => `0x${(word >>> 0).toString(16).padStart(8, '0')}`)
  return `i32x4 ${lanes.join(' ')}`
}

export function printF32(bits: number): string {
  const sign = bits < 0 ? '-' : ''
  const absolute = bits & 0x7fffffff
  if (absolute === F32_INFINITY) return `${sign}inf`
  if (absolute > F32_INFINITY) {
    const payload = absolute - F32_INFINITY
    return payload === F32_QUIET ? `${sign}nan` : `${sign}nan:0x${payload.toString(16)}`
  }
  return sign + shortestF32(absolute)
}

export function printF64(lo: number, hi: number): string {
  const sign = hi < 0 ? '-' : ''
  const high = hi & 0x7fffffff
  if (high >= F64_HI_INFINITY) {
    const payload = toUnsignedBigInt(lo, high - F64_HI_INFINITY)
    if (payload === 0n) return `${sign}inf`
    return payload === toUnsignedBigInt(0, F64_HI_QUIET) ? `${sign}nan` : `${sign}nan:0x${payload.toString(16)}`
  }
  const view = new DataView(new ArrayBuffer(8))
  view.setInt32(0, high)
  view.setInt32(4, lo)
  // ECMAScript defines the text of a number as the shortest decimal that it is read from.
  return sign + String(view.getFloat64(0))
}

function shortestF32(bits: number): string {
  const view = new DataView(new ArrayBuffer(4))
  view.setInt32(0, bits)
  const value = view.getFloat32(0)
  // Nine digits always do. When some number of digits does, so does every larger one, so the least can be searched by halving.
  let least = 1
  let shortest = value.toExponential(8)
  for (let most = 9; least < most;) {
    const digits = (least + most) >>> 1
    const found = decimalOfDigits(value, bits, digits)
    if (found === undefined) {
      least = digits + 1
    } else {
      most = digits
      shortest = found
    }
  }
  return String(Number(shortest))
}

/** A decimal of at most that many digits that is read back to the f32, if there is one. */
function decimalOfDigits(value: number, bits: number, digits: number): string | undefined {
  const [mantissa = '', exponent = '0'] = value.toExponential(digits - 1).split('e')
  const nearest = Number(mantissa.replace('.', ''))
  const text = (integer: number): string => `${integer}e${Number(exponent) - digits + 1}`
  if (parseF32(text(nearest)) === bits) return text(nearest)
  // At a power of two the numbers below lie closer together than those above: there a decimal above may be read back to the
  // value though the nearest one, below, isn't.
  const isPowerOfTwo = (bits & 0x7fffff) === 0
  return isPowerOfTwo && parseF32(text(nearest + 1)) === bits ? text(nearest + 1) : undefined
}
