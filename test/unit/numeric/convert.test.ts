// The conversions of numeric/convert against the host's instructions.

import { describe, expect, test } from 'vitest'
import * as convert from '../../../src/numeric/convert.ts'
import * as i64 from '../../../src/numeric/i64.ts'
import { hostInstruction } from './host-instruction.ts'
import { bitsOfF32, bitsOfF64, f32Edges, f64Edges, i32Edges, i64Edges, randomI32, randomI64 } from './operands.ts'

const next = randomI32(4)
const nextI64 = randomI64(3)
const i32Operands = [...i32Edges, ...Array.from({ length: 2000 }, (_, n) => next() >> (n & 31))]
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

function lowOf(value: bigint): number {
  return Number(BigInt.asIntN(32, value))
}

function highOf(value: bigint): number {
  return Number(value >> 32n)
}

function f64OfBits(bits: bigint): number {
  return convert.f64_reinterpret_i64(lowOf(bits), highOf(bits))
}

type Truncation = [
  name: string,
  fits: (a: number) => boolean,
  f32Opcode: number,
  f64Opcode: number,
  ours: (a: number) => number,
]
const always = (): boolean => true

// prettier-ignore
const toI32: Truncation[] = [
  ['i32.trunc_s', convert.fits_i32_s, 0xa8, 0xaa, convert.i32_trunc_s],
  ['i32.trunc_u', convert.fits_i32_u, 0xa9, 0xab, convert.i32_trunc_u],
  ['i32.trunc_sat_s', always, 0xfc00, 0xfc02, convert.i32_trunc_sat_s],
  ['i32.trunc_sat_u', always, 0xfc01, 0xfc03, convert.i32_trunc_sat_u],
]

// prettier-ignore
const toI64: Truncation[] = [
  ['i64.trunc_s', convert.fits_i64_s, 0xae, 0xb0, convert.i64_trunc_s],
  ['i64.trunc_u', convert.fits_i64_u, 0xaf, 0xb1, convert.i64_trunc_u],
  ['i64.trunc_sat_s', always, 0xfc04, 0xfc06, convert.i64_trunc_sat_s],
  ['i64.trunc_sat_u', always, 0xfc05, 0xfc07, convert.i64_trunc_sat_u],
]

describe.each(toI32)(
  '%s is the host’s, and defined where the host doesn’t trap:',
  (_, fits, f32Opcode, f64Opcode, ours) => {
    const result = (a: number): number | undefined => (fits(a) ? ours(a) : undefined)

    test('of an f32', () => {
      const host = hostInstruction(f32Opcode, ['f32'], 'i32')
      expect(f32Operands.filter((a) => !Object.is(result(convert.f32_reinterpret_i32(a)), host(a)))).toEqual([])
    })

    test('of an f64', () => {
      const host = hostInstruction(f64Opcode, ['f64'], 'i32')
      expect(f64Operands.filter((a) => !Object.is(result(f64OfBits(a)), host(a)))).toEqual([])
    })
  },
)

describe.each(toI64)(
  '%s is the host’s, and defined where the host doesn’t trap:',
  (_, fits, f32Opcode, f64Opcode, ours) => {
    const result = (a: number): bigint | undefined => {
      if (!fits(a)) return undefined
      const low = ours(a)
      if (!Object.is(low, low | 0) || !Object.is(i64.hi, i64.hi | 0)) throw new Error(`not int32: ${low} ${i64.hi}`)
      return i64.toBigInt(low, i64.hi)
    }

    test('of an f32', () => {
      const host = hostInstruction(f32Opcode, ['f32'], 'i64')
      expect(f32Operands.filter((a) => result(convert.f32_reinterpret_i32(a)) !== host(a))).toEqual([])
    })

    test('of an f64', () => {
      const host = hostInstruction(f64Opcode, ['f64'], 'i64')
      expect(f64Operands.filter((a) => result(f64OfBits(a)) !== host(a))).toEqual([])
    })
  },
)

test.each([
  ['f32.convert_i32_s', 0xb2, convert.f32_convert_i32_s],
  ['f32.convert_i32_u', 0xb3, convert.f32_convert_i32_u],
] as const)('%s is the host’s', (_, opcode, ours) => {
  const host = hostInstruction(opcode, ['i32'], 'f32')
  expect(i32Operands.filter((a) => bitsOfF32(ours(a)) !== host(a) || ours(a) !== Math.fround(ours(a)))).toEqual([])
})

test.each([
  ['f64.convert_i32_s', 0xb7, convert.f64_convert_i32_s],
  ['f64.convert_i32_u', 0xb8, convert.f64_convert_i32_u],
] as const)('%s is the host’s', (_, opcode, ours) => {
  const host = hostInstruction(opcode, ['i32'], 'f64')
  expect(i32Operands.filter((a) => bitsOfF64(ours(a)) !== host(a))).toEqual([])
})

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

test.each([
  ['f32.convert_i64_s', 0xb4, convert.f32_convert_i64_s],
  ['f32.convert_i64_u', 0xb5, convert.f32_convert_i64_u],
] as const)('%s is the host’s, also next to a tie', (_, opcode, ours) => {
  const host = hostInstruction(opcode, ['i64'], 'f32')
  const differences = [...i64Operands, ...halfways, ...topmostHalfways].filter((a) => {
    const result = ours(lowOf(a), highOf(a))
    return bitsOfF32(result) !== host(a) || result !== Math.fround(result)
  })
  expect(differences).toEqual([])
})

test.each([
  ['f64.convert_i64_s', 0xb9, convert.f64_convert_i64_s],
  ['f64.convert_i64_u', 0xba, convert.f64_convert_i64_u],
] as const)('%s is the host’s', (_, opcode, ours) => {
  const host = hostInstruction(opcode, ['i64'], 'f64')
  const operands = [...i64Operands, ...halfways]
  expect(operands.filter((a) => bitsOfF64(ours(lowOf(a), highOf(a))) !== host(a))).toEqual([])
})

test('f32.demote_f64 is the host’s, and a NaN stays a quiet one', () => {
  const host = hostInstruction(0xb6, ['f64'], 'f32')
  const differences = f64Operands.filter((a) => {
    const ours = bitsOfF32(convert.f32_demote_f64(f64OfBits(a)))
    const expected = host(a) as number
    return (expected & 0x7fffffff) > 0x7f800000 ? (ours & 0x7fc00000) !== 0x7fc00000 : ours !== expected
  })
  expect(differences).toEqual([])
})

test('f64.promote_f32 is the host’s, and a NaN stays a quiet one', () => {
  const host = hostInstruction(0xbb, ['f32'], 'f64')
  const quiet = 0x7ff8000000000000n
  const differences = f32Operands.filter((a) => {
    const ours = bitsOfF64(convert.f64_promote_f32(convert.f32_reinterpret_i32(a)))
    const expected = host(a) as bigint
    return BigInt.asUintN(63, expected) > 0x7ff0000000000000n ? (ours & quiet) !== quiet : ours !== expected
  })
  expect(differences).toEqual([])
})

test('the bits of an f32 survive as a number, but that a signalling NaN turns quiet', () => {
  for (const bits of f32Operands) {
    const quiet = (bits & 0x7fffffff) > 0x7f800000 ? bits | 0x400000 : bits
    expect(convert.i32_reinterpret_f32(convert.f32_reinterpret_i32(bits))).toBe(quiet)
  }
})

test('the bits of an f64 survive as a number', () => {
  const changed = f64Operands.filter(
    (bits) => i64.toBigInt(convert.i64_reinterpret_f64(f64OfBits(bits)), i64.hi) !== bits,
  )
  expect(changed).toEqual([])
})

test('lowHalf and highHalf give the bits of an f64 and leave the last result’s high half alone', () => {
  i64.setHi(77)
  const halves = (number: number): bigint => i64.toBigInt(convert.lowHalf(number), convert.highHalf(number))
  expect(f64Operands.filter((bits) => halves(f64OfBits(bits)) !== bits)).toEqual([])
  expect(i64.hi).toBe(77)
})
