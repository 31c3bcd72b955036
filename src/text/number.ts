// Numbers of the text format to bits: integers with their ranges, and floats rounded exactly. The texts are tokens that the lexer
// has taken for numbers; a number out of range is undefined, and what to call it ("i32 constant out of range") is the parser's to say.
// https://webassembly.github.io/spec/core/text/values.html

/** 64 bits, as two signed 32-bit integers. */
export interface Bits64 {
  readonly lo: number
  readonly hi: number
}

/** The shape of a float: 23 and 127 for f32, 52 and 1023 for f64. */
interface FloatFormat {
  readonly mantissaBits: number
  readonly bias: number
}

const F32: FloatFormat = { mantissaBits: 23, bias: 127 }
const F64: FloatFormat = { mantissaBits: 52, bias: 1023 }

/** uN for N up to 32. https://webassembly.github.io/spec/core/text/values.html#integers */
export function parseUnsigned(text: string, bits: number): number | undefined {
  const value = magnitude(text)
  return !isNegative(text) && value < 2 ** bits ? value : undefined
}

/** iN for N up to 32: anything that N bits can hold, signed or not. The result is signed. */
export function parseInteger(text: string, bits: number): number | undefined {
  const value = isNegative(text) ? -magnitude(text) : magnitude(text)
  if (value < -(2 ** (bits - 1)) || value >= 2 ** bits) return undefined
  return (value << (32 - bits)) >> (32 - bits)
}

export function parseI32(text: string): number | undefined {
  return parseInteger(text, 32)
}

export function parseI64(text: string): Bits64 | undefined {
  const value = isNegative(text) ? -bigMagnitude(text) : bigMagnitude(text)
  return value >= -(2n ** 63n) && value < 2n ** 64n ? splitBits(value) : undefined
}

export function parseU64(text: string): Bits64 | undefined {
  const value = bigMagnitude(text)
  return !isNegative(text) && value < 2n ** 64n ? splitBits(value) : undefined
}

/**
 * The bits of an f32, as a signed 32-bit integer. A decimal is not rounded to f64 on its way: that would round twice.
 * https://webassembly.github.io/spec/core/text/values.html#floating-point
 */
export function parseF32(text: string): number | undefined {
  const body = unsigned(text)
  let bits: number | undefined
  if (isDecimal(body)) {
    const value = nearestF32(body)
    bits = value === Infinity ? undefined : f32Bits(value)
  } else {
    const wide = nonDecimalBits(body, F32)
    bits = wide === undefined ? undefined : Number(wide)
  }
  if (bits === undefined) return undefined
  return isNegative(text) ? bits | 0x80000000 : bits
}

/** The bits of an f64. https://webassembly.github.io/spec/core/text/values.html#floating-point */
export function parseF64(text: string): Bits64 | undefined {
  const body = unsigned(text)
  let bits: Bits64 | undefined
  if (isDecimal(body)) {
    const value = Number(body)
    bits = value === Infinity ? undefined : f64Bits(value)
  } else {
    const wide = nonDecimalBits(body, F64)
    bits = wide === undefined ? undefined : splitBits(wide)
  }
  if (bits === undefined) return undefined
  return isNegative(text) ? { lo: bits.lo, hi: bits.hi | 0x80000000 } : bits
}

/** The NaN patterns of the script language, which are keywords there and no numbers. */
export function parseNanPattern(text: string): 'canonical' | 'arithmetic' | undefined {
  if (text === 'nan:canonical') return 'canonical'
  return text === 'nan:arithmetic' ? 'arithmetic' : undefined
}

function isNegative(text: string): boolean {
  return text.startsWith('-')
}

/** The number without its sign and underscores. */
function unsigned(text: string): string {
  const body = text.startsWith('-') || text.startsWith('+') ? text.slice(1) : text
  return body.includes('_') ? body.replaceAll('_', '') : body
}

/** Exact up to 2^53, which is enough to see that larger ones are out of range. */
function magnitude(text: string): number {
  return Number(unsigned(text))
}

/** Exact up to 2^64; the digits of larger ones may be millions, so they are not converted. */
function bigMagnitude(text: string): bigint {
  const body = unsigned(text)
  const hex = body.startsWith('0x')
  const digits = (hex ? body.slice(2) : body).replace(/^0+/, '')
  if (digits.length > (hex ? 16 : 20)) return 2n ** 64n
  return BigInt(hex ? `0x0${digits}` : digits)
}

function splitBits(value: bigint): Bits64 {
  return { lo: Number(BigInt.asIntN(32, value)), hi: Number(BigInt.asIntN(32, value >> 32n)) }
}

function f32Bits(value: number): number {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, value)
  return view.getInt32(0)
}

function f64Bits(value: number): Bits64 {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return { lo: view.getInt32(4), hi: view.getInt32(0) }
}

function isDecimal(body: string): boolean {
  return !body.startsWith('0x') && !body.startsWith('inf') && !body.startsWith('nan')
}

/**
 * The f32 nearest to a decimal, ties to even. The nearest f64 decides, unless its f32 neighbours differ: then a midpoint between
 * two f32 is so near that only the digits can tell on which side the decimal lies.
 */
function nearestF32(decimal: string): number {
  const nearest = Number(decimal)
  const below = Math.fround(nearest * (1 - Number.EPSILON))
  const above = Math.fround(nearest * (1 + Number.EPSILON))
  if (below === above) return above
  const midpoint = above === Infinity ? 2 ** 128 - 2 ** 103 : (below + above) / 2
  const side = compareDecimal(decimal, midpoint)
  if (side === 0) return Math.fround(midpoint)
  return side < 0 ? below : above
}

/** The sign of `decimal - midpoint`, exactly, where `midpoint` is a multiple of 2^-150, as all midpoints between two f32 are. */
function compareDecimal(decimal: string, midpoint: number): number {
  const left = normalizeDecimal(decimal)
  // m · 2^-150 = m · 5^150 · 10^-150
  const right = normalizeDecimal(`${BigInt(midpoint * 2 ** 150) * 5n ** 150n}e-150`)
  if (left.exponent !== right.exponent) return left.exponent - right.exponent
  if (left.digits === right.digits) return 0
  return left.digits < right.digits ? -1 : 1
}

/** A decimal above zero as 0.digits · 10^exponent, where `digits` neither begins nor ends with a zero: so the order of texts is that of values. */
function normalizeDecimal(decimal: string): { readonly digits: string; readonly exponent: number } {
  const [mantissa = '', exponent = '0'] = decimal.split(/e/i)
  const [integer = '', fraction = ''] = mantissa.split('.')
  const all = integer + fraction
  let first = 0
  while (all[first] === '0') first++
  let last = all.length
  while (all[last - 1] === '0') last--
  return { digits: all.slice(first, last), exponent: Number(exponent) + integer.length - first }
}

/** The bits of an unsigned hexadecimal float, infinity or NaN; undefined if it is out of range. */
function nonDecimalBits(body: string, format: FloatFormat): bigint | undefined {
  if (body.startsWith('0x')) return hexFloatBits(body.slice(2), format)
  const mantissaBits = BigInt(format.mantissaBits)
  const infinity = BigInt(2 * format.bias + 1) << mantissaBits
  if (body === 'inf') return infinity
  if (body === 'nan') return infinity | (1n << (mantissaBits - 1n))
  const payload = bigMagnitude(body.slice('nan:'.length))
  return payload >= 1n && payload < 1n << mantissaBits ? infinity | payload : undefined
}

/** Hexadecimal digits that are read exactly: 64 bits, more than any format keeps. Of the rest it matters only whether it is zero. */
const EXACT_DIGITS = 16

function hexFloatBits(body: string, format: FloatFormat): bigint | undefined {
  const [mantissa = '', exponent = '0'] = body.split(/p/i)
  const [integer = '', fraction = ''] = mantissa.split('.')
  const all = integer + fraction
  let first = 0
  while (all[first] === '0') first++
  if (first === all.length) return 0n
  const exact = all.slice(first, first + EXACT_DIGITS)
  const isInexact = /[^0]/.test(all.slice(first + EXACT_DIGITS))
  // One more bit holds a place for the rest, so that it can break ties.
  const significand = (BigInt(`0x${exact}`) << 1n) | (isInexact ? 1n : 0n)
  return roundFloat(significand, Number(exponent) + 4 * (integer.length - first - exact.length) - 1, format)
}

/** The bits of the float nearest to `significand` · 2^`exponent`, ties to even; undefined if that is infinity. */
function roundFloat(significand: bigint, exponent: number, format: FloatFormat): bigint | undefined {
  const { mantissaBits, bias } = format
  const top = exponent + significand.toString(2).length - 1
  if (top > bias) return undefined
  // Below the normal numbers the last bit doesn't get smaller.
  const lowest = Math.max(top, 1 - bias)
  const dropped = lowest - mantissaBits - exponent
  if (top < lowest - mantissaBits - 1) return 0n
  const mantissa = dropped <= 0 ? significand << BigInt(-dropped) : roundShift(significand, BigInt(dropped))
  // A normal mantissa brings its leading one along, which adds one to the exponent field; so does a carry out of the rounding.
  const bits = mantissa + (BigInt(lowest + bias - 1) << BigInt(mantissaBits))
  return bits < BigInt(2 * bias + 1) << BigInt(mantissaBits) ? bits : undefined
}

function roundShift(value: bigint, shift: bigint): bigint {
  const quotient = value >> shift
  const rest = value - (quotient << shift)
  const half = 1n << (shift - 1n)
  return rest > half || (rest === half && (quotient & 1n) === 1n) ? quotient + 1n : quotient
}
