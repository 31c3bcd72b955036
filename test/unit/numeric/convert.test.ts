// The rows that convert, against the host's instructions on the operands where rounding and range decide (rows.test.ts has the edges), and
// the functions through which a number becomes its bits.

import { describe, expect, test } from 'vitest'
import * as convert from '../../../src/numeric/convert.ts'
import * as i64 from '../../../src/numeric/i64.ts'
import { hostInstruction, type Bits, type NumType } from './host-instruction.ts'
import { bitsOfF64, f32Edges, f64Edges, i64Edges, randomI32, randomI64 } from './operands.ts'
import { highOf, lowOf, rowFunction } from './row-function.ts'

const next = randomI32(4)
const nextI64 = randomI64(3)
const i64Operands = [...i64Edges, ...Array.from({ length: 20_000 }, nextI64)]
// Exponents from 2^-7 to 2^72, where the bounds of all integer types lie.
const f32Operands = [
  ...f32Edges,
  ...Array.from({ length: 4000 }, () => (next() & ~0x7f800000) | ((120 + ((next() >>> 0) % 80)) << 23)),
]
const f64Operands = [
  ...f64Edges,
  ...f32Edges.map((bits) => bitsOfF64(convert.f32_reinterpret_i32(bits))),
  ...Array.from({ length: 8000 }, () => {
    const high = (next() & ~0x7ff00000) | ((1016 + ((next() >>> 0) % 80)) << 20)
    return (BigInt(high) << 32n) | BigInt(next() >>> 0)
  }),
]

// One above and below the points halfway between two floats, where rounding twice goes wrong.
const halfways = Array.from({ length: 20_000 }, () => {
  const width = 26n + BigInt((next() >>> 0) % 39)
  const float = BigInt(0x800000 | (next() & 0x7fffff))
  const halfway = ((float << 1n) | 1n) << (width - 25n)
  const magnitude = halfway + BigInt(((next() >>> 0) % 3) - 1)
  return BigInt.asIntN(64, next() < 0 ? -magnitude : magnitude)
})

// The same for the topmost u64, which are small negative numbers if read as signed.
const topmostHalfways = Array.from({ length: 300 }, (_, i) => {
  const halfway = ((BigInt(0xffffff - Math.floor(i / 3)) << 1n) | 1n) << 39n
  return BigInt.asIntN(64, halfway + BigInt((i % 3) - 1))
})

// prettier-ignore
const truncations: readonly (readonly [name: string, hostOpcode: number])[] = [
  ['i32.trunc_f32_s', 0xa8], ['i32.trunc_f32_u', 0xa9], ['i32.trunc_f64_s', 0xaa], ['i32.trunc_f64_u', 0xab],
  ['i64.trunc_f32_s', 0xae], ['i64.trunc_f32_u', 0xaf], ['i64.trunc_f64_s', 0xb0], ['i64.trunc_f64_u', 0xb1],
  ['i32.trunc_sat_f32_s', 0xfc00], ['i32.trunc_sat_f32_u', 0xfc01], ['i32.trunc_sat_f64_s', 0xfc02], ['i32.trunc_sat_f64_u', 0xfc03],
  ['i64.trunc_sat_f32_s', 0xfc04], ['i64.trunc_sat_f32_u', 0xfc05], ['i64.trunc_sat_f64_s', 0xfc06], ['i64.trunc_sat_f64_u', 0xfc07],
]

describe('around the bounds of the integer types, the host’s result or its trap is that of', () => {
  test.each(truncations)('%s', (name, opcode) => {
    const from: NumType = name.includes('f32') ? 'f32' : 'f64'
    expect(differences(name, opcode, from, from === 'f32' ? f32Operands : f64Operands)).toEqual([])
  })
})

describe('also next to a tie, the host’s result is that of', () => {
  test.each([
    ['f32.convert_i64_s', 0xb4],
    ['f32.convert_i64_u', 0xb5],
    ['f64.convert_i64_s', 0xb9],
    ['f64.convert_i64_u', 0xba],
  ] as const)('%s', (name, opcode) => {
    expect(differences(name, opcode, 'i64', [...i64Operands, ...halfways, ...topmostHalfways])).toEqual([])
  })
})

function differences(name: string, opcode: number, from: NumType, operands: readonly Bits[]): readonly Bits[] {
  const ours = rowFunction(name)
  const host = hostInstruction(opcode, [from], name.slice(0, 3) as NumType)
  return operands.filter((a) => ours(a) !== host(a))
}

function f64OfBits(bits: bigint): number {
  return convert.f64_reinterpret_i64(lowOf(bits), highOf(bits))
}

test('the bits of an f32 survive as a number, but that a signalling NaN turns quiet', () => {
  for (const bits of f32Operands) {
    const quiet = (bits & 0x7fffffff) > 0x7f800000 ? bits | 0x400000 : bits
    expect(convert.i32_reinterpret_f32(convert.f32_reinterpret_i32(bits))).toBe(quiet)
  }
})

test('the bits of an f64 survive as a number: lowHalf and highHalf give them, and leave the last result’s high half alone', () => {
  i64.setHi(77)
  const halves = (number: number): bigint => i64.toBigInt(convert.lowHalf(number), convert.highHalf(number))
  expect(f64Operands.filter((bits) => halves(f64OfBits(bits)) !== bits)).toEqual([])
  expect(i64.hi).toBe(77)
})
