// Floats as hexadecimal numbers, in the spelling that people know from wasm-objdump: `0x1.8p+0`, `-inf`, `nan:0x200000`.

import { toUnsignedBigInt } from '../../numeric/i64.ts'

interface FloatFormat {
  readonly exponentBits: number
  readonly mantissaBits: number
}

const F32_FORMAT: FloatFormat = { exponentBits: 8, mantissaBits: 23 }
const F64_FORMAT: FloatFormat = { exponentBits: 11, mantissaBits: 52 }

export function printHexF32(bits: number): string {
  return printHexFloat(BigInt(bits >>> 0), F32_FORMAT)
}

export function printHexF64(lo: number, hi: number): string {
  return printHexFloat(toUnsignedBigInt(lo, hi), F64_FORMAT)
}

function printHexFloat(bits: bigint, { exponentBits, mantissaBits }: FloatFormat): string {
  const width = BigInt(mantissaBits)
  const largest = 2 ** exponentBits - 1
  const sign = bits >> (width + BigInt(exponentBits)) === 0n ? '' : '-'
  const exponent = Number(bits >> width) & largest
  const mantissa = BigInt.asUintN(mantissaBits, bits)
  if (exponent === largest) return sign + printNonFinite(mantissa, width)
  const bias = largest >> 1
  if (exponent > 0) return sign + printFinite(mantissa, mantissaBits, exponent - bias, false)
  if (mantissa === 0n) return `${sign}0x0p+0`
  // Subnormal: the leading one moves to where it is implied in other numbers.
  const shift = mantissaBits + 1 - mantissa.toString(2).length
  const shifted = BigInt.asUintN(mantissaBits, mantissa << BigInt(shift))
  return sign + printFinite(shifted, mantissaBits, 1 - bias - shift, true)
}

function printNonFinite(mantissa: bigint, width: bigint): string {
  if (mantissa === 0n) return 'inf'
  return mantissa === 1n << (width - 1n) ? 'nan' : `nan:0x${mantissa.toString(16)}`
}

function printFinite(fraction: bigint, mantissaBits: number, exponent: number, point: boolean): string {
  const digits = Math.ceil(mantissaBits / 4)
  const aligned = fraction << BigInt(digits * 4 - mantissaBits)
  const hex = aligned.toString(16).padStart(digits, '0').replace(/0+$/, '')
  return `0x1${point || hex !== '' ? '.' : ''}${hex}p${exponent < 0 ? '' : '+'}${exponent}`
}
