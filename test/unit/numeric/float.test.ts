// The operators of numeric/f32 and numeric/f64 against the host's instructions, bit for bit but for the payloads that
// the specification leaves open.

import { describe, expect, test } from 'vitest'
import { f32_reinterpret_i32, f64_reinterpret_i64, i32_reinterpret_f32 } from '../../../src/numeric/convert.ts'
import * as f32 from '../../../src/numeric/f32.ts'
import * as f64 from '../../../src/numeric/f64.ts'
import { hostInstruction } from './host-instruction.ts'
import { bitsOfF64, f32Edges, f64Edges, randomI32 } from './operands.ts'

const F32_CANONICAL = 0x7fc00000
const F64_CANONICAL = 0x7ff8000000000000n

function f32IsNaN(bits: number): boolean {
  return (bits & 0x7fffffff) > 0x7f800000
}

function f64IsNaN(bits: bigint): boolean {
  return BigInt.asUintN(63, bits) > 0x7ff0000000000000n
}

/** A NaN must be quiet, and canonical where no operand is another NaN. */
function f32Agrees(ours: number, host: number, operands: readonly number[]): boolean {
  if (!f32IsNaN(host)) return ours === host
  const canonical = operands.every((bits) => !f32IsNaN(bits) || (bits & 0x7fffffff) === F32_CANONICAL)
  return f32IsNaN(ours) && (canonical ? (ours & 0x7fffffff) === F32_CANONICAL : (ours & 0x400000) !== 0)
}

function f64Agrees(ours: bigint, host: bigint, operands: readonly bigint[]): boolean {
  if (!f64IsNaN(host)) return ours === host
  const canonical = operands.every((bits) => !f64IsNaN(bits) || BigInt.asUintN(63, bits) === F64_CANONICAL)
  const magnitude = BigInt.asUintN(63, ours)
  return f64IsNaN(ours) && (canonical ? magnitude === F64_CANONICAL : (ours & 0x8000000000000n) !== 0n)
}

function f64OfBits(bits: bigint): number {
  return f64_reinterpret_i64(Number(BigInt.asIntN(32, bits)), highOf(bits))
}

function highOf(bits: bigint): number {
  return Number(bits >> 32n)
}

function withHigh(bits: bigint, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt.asUintN(32, bits)
}

type Unary = (a: number) => number
type Binary = (a: number, b: number) => number

// prettier-ignore
const unary: [name: string, f32Opcode: number, f32: Unary, f64Opcode: number, f64: Unary][] = [
  ['ceil', 0x8d, f32.ceil, 0x9b, f64.ceil],
  ['floor', 0x8e, f32.floor, 0x9c, f64.floor],
  ['trunc', 0x8f, f32.trunc, 0x9d, f64.trunc],
  ['nearest', 0x90, f32.nearest, 0x9e, f64.nearest],
  ['sqrt', 0x91, f32.sqrt, 0x9f, f64.sqrt],
]

// prettier-ignore
const binary: [name: string, f32Opcode: number, f32: Binary, f64Opcode: number, f64: Binary][] = [
  ['min', 0x96, f32.min, 0xa4, f64.min],
  ['max', 0x97, f32.max, 0xa5, f64.max],
]

const next = randomI32(32)
/** Any bits, and bits of numbers around the fractions. */
const f32Operands = [
  ...f32Edges,
  ...Array.from({ length: 4000 }, (_, n) => (n & 1 ? next() : 0x3f000000 + (next() >>> 4))),
]
const f64Operands = [
  ...f64Edges,
  ...Array.from({ length: 4000 }, (_, n) =>
    n & 1 ? (BigInt(next()) << 32n) | BigInt(next() >>> 0) : bitsOfF64(next() / 4),
  ),
]

describe.each(unary)('%s', (_, f32Opcode, f32Ours, f64Opcode, f64Ours) => {
  test('of an f32 is the host’s', () => {
    const host = hostInstruction(f32Opcode, ['f32'], 'f32')
    const ours = (bits: number): number => i32_reinterpret_f32(f32Ours(f32_reinterpret_i32(bits)))
    expect(f32Operands.filter((a) => !f32Agrees(ours(a), host(a) as number, [a]))).toEqual([])
  })

  test('of an f64 is the host’s', () => {
    const host = hostInstruction(f64Opcode, ['f64'], 'f64')
    const ours = (bits: bigint): bigint => bitsOfF64(f64Ours(f64OfBits(bits)))
    expect(f64Operands.filter((a) => !f64Agrees(ours(a), host(a) as bigint, [a]))).toEqual([])
  })

  test('of an f32 is an f32', () => {
    const inexact = f32Operands.filter((a) => {
      const result = f32Ours(f32_reinterpret_i32(a))
      return !Object.is(result, Math.fround(result))
    })
    expect(inexact).toEqual([])
  })
})

describe.each(binary)('%s', (_, f32Opcode, f32Ours, f64Opcode, f64Ours) => {
  test('of two f32 is the host’s', () => {
    const host = hostInstruction(f32Opcode, ['f32', 'f32'], 'f32')
    const ours = (a: number, b: number): number =>
      i32_reinterpret_f32(f32Ours(f32_reinterpret_i32(a), f32_reinterpret_i32(b)))
    const differences = f32Edges.flatMap((a) =>
      f32Edges.filter((b) => !f32Agrees(ours(a, b), host(a, b) as number, [a, b])).map((b) => [a, b]),
    )
    expect(differences).toEqual([])
  })

  test('of two f64 is the host’s', () => {
    const host = hostInstruction(f64Opcode, ['f64', 'f64'], 'f64')
    const ours = (a: bigint, b: bigint): bigint => bitsOfF64(f64Ours(f64OfBits(a), f64OfBits(b)))
    const differences = f64Edges.flatMap((a) =>
      f64Edges.filter((b) => !f64Agrees(ours(a, b), host(a, b) as bigint, [a, b])).map((b) => [a, b]),
    )
    expect(differences).toEqual([])
  })
})

describe('on bits, also those of signalling NaNs, the host’s result is that of', () => {
  test('f32.abs and f32.neg', () => {
    const abs = hostInstruction(0x8b, ['f32'], 'f32')
    const neg = hostInstruction(0x8c, ['f32'], 'f32')
    expect(f32Operands.map(f32.absBits)).toEqual(f32Operands.map((a) => abs(a)))
    expect(f32Operands.map(f32.negBits)).toEqual(f32Operands.map((a) => neg(a)))
  })

  test('f32.copysign', () => {
    const host = hostInstruction(0x98, ['f32', 'f32'], 'f32')
    for (const a of f32Edges) {
      expect(f32Edges.map((b) => f32.copysignBits(a, b))).toEqual(f32Edges.map((b) => host(a, b)))
    }
  })

  test('f64.abs and f64.neg', () => {
    const abs = hostInstruction(0x99, ['f64'], 'f64')
    const neg = hostInstruction(0x9a, ['f64'], 'f64')
    expect(f64Operands.map((a) => withHigh(a, f64.absHigh(highOf(a))))).toEqual(f64Operands.map((a) => abs(a)))
    expect(f64Operands.map((a) => withHigh(a, f64.negHigh(highOf(a))))).toEqual(f64Operands.map((a) => neg(a)))
  })

  test('f64.copysign', () => {
    const host = hostInstruction(0xa6, ['f64', 'f64'], 'f64')
    for (const a of f64Edges) {
      const ours = f64Edges.map((b) => withHigh(a, f64.copysignHigh(highOf(a), highOf(b))))
      expect(ours).toEqual(f64Edges.map((b) => host(a, b)))
    }
  })
})

describe('as numbers', () => {
  const numbers = f64Edges.filter((bits) => !f64IsNaN(bits)).map(f64OfBits)

  test.each([
    ['abs', 0x99, f64.abs],
    ['neg', 0x9a, f64.neg],
  ] as const)('%s is the host’s', (_, opcode, ours) => {
    const host = hostInstruction(opcode, ['f64'], 'f64')
    expect(numbers.map((a) => bitsOfF64(ours(a)))).toEqual(numbers.map((a) => host(bitsOfF64(a))))
  })

  test('copysign is the host’s, and takes the sign of a NaN', () => {
    const host = hostInstruction(0xa6, ['f64', 'f64'], 'f64')
    for (const sign of [...numbers.map(bitsOfF64), F64_CANONICAL, BigInt.asIntN(64, F64_CANONICAL | (1n << 63n))]) {
      const ours = numbers.map((a) => bitsOfF64(f64.copysign(a, f64OfBits(sign))))
      expect(ours).toEqual(numbers.map((a) => host(bitsOfF64(a), sign)))
    }
  })

  test('nearest takes a tie to the even neighbour and keeps the sign of zero', () => {
    expect([-2.5, -1.5, -0.5, -0, 0, 0.5, 1.5, 2.5].map(f64.nearest)).toEqual([-2, -2, -0, -0, 0, 0, 2, 2])
  })

  test('min and max tell the zeros apart', () => {
    expect([f64.min(0, -0), f64.min(-0, 0), f64.max(0, -0), f64.max(-0, 0)]).toEqual([-0, -0, 0, 0])
  })
})
