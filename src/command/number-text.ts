// Numbers and vectors as people type them, to the bits that they stand for. It admits a little more than the text format does: `.5`,
// `infinity`, `+1`.

import { toUnsignedBigInt } from '../numeric/i64.ts'
import { highHalf, i32_reinterpret_f32, lowHalf } from '../numeric/convert.ts'

/** Signed or unsigned, as long as it fits. */
export function parseIntegerText(text: string, bits: number): bigint | undefined {
  const match = /^([+-]?)(0x[0-9a-f]+(?:_[0-9a-f]+)*|\d+(?:_\d+)*)$/i.exec(text)
  if (match === null) return undefined
  const magnitude = BigInt(match[2]!.replaceAll('_', ''))
  const value = match[1] === '-' ? -magnitude : magnitude
  const width = BigInt(bits)
  return value < -(1n << (width - 1n)) || value >= 1n << width ? undefined : BigInt.asUintN(bits, value)
}

interface FloatFormat {
  readonly bits: 32 | 64
  readonly fractionBits: bigint
}

const FORMATS: Readonly<Record<32 | 64, FloatFormat>> = {
  32: { bits: 32, fractionBits: 23n },
  64: { bits: 64, fractionBits: 52n },
}

/** The bits of a number; of a NaN its payload too, as in `nan:0x123`. */
export function parseFloatText(text: string, bits: 32 | 64): bigint | undefined {
  const [, sign, magnitude = ''] = /^([+-]?)(.*)$/s.exec(text.toLowerCase().replaceAll(/(?<=\w)_(?=\w)/g, ''))!
  const unsigned = nanBits(magnitude, FORMATS[bits]) ?? floatBits(parseMagnitude(magnitude), bits)
  if (unsigned === undefined || sign !== '-') return unsigned
  return unsigned | (1n << BigInt(bits - 1))
}

function nanBits(text: string, { bits, fractionBits }: FloatFormat): bigint | undefined {
  const infinity = ((1n << BigInt(bits - 1)) - 1n) ^ ((1n << fractionBits) - 1n)
  if (text === 'nan') return infinity | (1n << (fractionBits - 1n))
  const hex = /^nan:(0x[0-9a-f]+)$/.exec(text)?.[1]
  const payload = hex === undefined ? 0n : BigInt(hex)
  return payload === 0n || payload >= 1n << fractionBits ? undefined : infinity | payload
}

function floatBits(value: number | undefined, bits: 32 | 64): bigint | undefined {
  if (value === undefined) return undefined
  if (bits === 32) return BigInt(i32_reinterpret_f32(value) >>> 0)
  return toUnsignedBigInt(lowHalf(value), highHalf(value))
}

function parseMagnitude(text: string): number | undefined {
  if (text === 'inf' || text === 'infinity') return Infinity
  if (/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(text)) return Number(text)
  const hex = /^0x([0-9a-f]*)(?:\.([0-9a-f]*))?(?:p([+-]?\d+))?$/.exec(text)
  if (hex === null) return undefined
  const [, whole = '', fraction = '', exponent = '0'] = hex
  if (whole + fraction === '') return undefined
  // One rounding: the significand's; the power of two is exact unless the value is subnormal.
  return Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length)
}

/** `i32x4:1,2,3,4` and its like: the lowest lane first. */
export function parseVectorText(text: string): bigint | undefined {
  const [, kind, width, count, list = ''] = /^([if])(8|16|32|64)x(\d+):(.*)$/s.exec(text.toLowerCase()) ?? []
  const bits = Number(width)
  const lanes = list.split(',')
  if (lanes.length !== Number(count) || bits * lanes.length !== 128) return undefined
  let vector = 0n
  for (const lane of lanes.reverse()) {
    const value =
      kind === 'i' ? parseIntegerText(lane, bits) : isFloatWidth(bits) ? parseFloatText(lane, bits) : undefined
    if (value === undefined) return undefined
    vector = (vector << BigInt(bits)) | value
  }
  return vector
}

function isFloatWidth(bits: number): bits is 32 | 64 {
  return bits === 32 || bits === 64
}

/** As `parseFloatText` reads it. The canonical NaN has no payload to tell. */
export function nanText(bits: bigint, width: 32 | 64): string {
  const { fractionBits } = FORMATS[width]
  const payload = BigInt.asUintN(Number(fractionBits), bits)
  const sign = bits >> BigInt(width - 1) === 1n ? '-' : ''
  return payload === 1n << (fractionBits - 1n) ? `${sign}nan` : `${sign}nan:0x${payload.toString(16)}`
}

/** `i32x4:0x00000001,0x00000002,…` */
export function vectorText(vector: bigint): string {
  const lanes = [0n, 32n, 64n, 96n].map((shift) =>
    BigInt.asUintN(32, vector >> shift)
      .toString(16)
      .padStart(8, '0'),
  )
  return `i32x4:${lanes.map((lane) => `0x${lane}`).join(',')}`
}
