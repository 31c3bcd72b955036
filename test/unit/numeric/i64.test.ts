// The operators of numeric/i64 against the host's instructions on edges, and against BigInt on random operands.

import { describe, expect, test } from 'vitest'
import * as i64 from '../../../src/numeric/i64.ts'
import { hostInstruction } from './host-instruction.ts'
import { i32Edges, i64Edges, randomI32, randomI64 } from './operands.ts'

type Halves = (al: number, ah: number, bl: number, bh: number) => number
type Comparison = (al: number, ah: number, bl: number, bh: number) => boolean

function lowOf(value: bigint): number {
  return Number(BigInt.asIntN(32, value))
}

function highOf(value: bigint): number {
  return Number(BigInt.asIntN(32, value >> 32n))
}

function onBigInts(ours: Halves): (a: bigint, b: bigint) => bigint {
  return (a, b) => {
    const low = ours(lowOf(a), highOf(a), lowOf(b), highOf(b))
    if (low !== (low | 0) || i64.hi !== (i64.hi | 0)) throw new Error(`not int32: ${low} ${i64.hi}`)
    return i64.toBigInt(low, i64.hi)
  }
}

const binary: Record<string, [opcode: number, ours: Halves]> = {
  add: [0x7c, i64.add],
  sub: [0x7d, i64.sub],
  mul: [0x7e, i64.mul],
  div_s: [0x7f, i64.div_s],
  div_u: [0x80, i64.div_u],
  rem_s: [0x81, i64.rem_s],
  rem_u: [0x82, i64.rem_u],
  and: [0x83, i64.and],
  or: [0x84, i64.or],
  xor: [0x85, i64.xor],
  shl: [0x86, i64.shl],
  shr_s: [0x87, i64.shr_s],
  shr_u: [0x88, i64.shr_u],
  rotl: [0x89, i64.rotl],
  rotr: [0x8a, i64.rotr],
}

const unary: Record<string, [opcode: number, ours: (low: number, high: number) => number]> = {
  clz: [0x79, i64.clz],
  ctz: [0x7a, i64.ctz],
  popcnt: [0x7b, i64.popcnt],
  extend8_s: [0xc2, i64.extend8_s],
  extend16_s: [0xc3, i64.extend16_s],
  extend32_s: [0xc4, i64.extend32_s],
}

const comparisons: Record<string, [opcode: number, ours: Comparison]> = {
  eq: [0x51, i64.eq],
  ne: [0x52, i64.ne],
  lt_s: [0x53, i64.lt_s],
  lt_u: [0x54, i64.lt_u],
  gt_s: [0x55, i64.gt_s],
  gt_u: [0x56, i64.gt_u],
  le_s: [0x57, i64.le_s],
  le_u: [0x58, i64.le_u],
  ge_s: [0x59, i64.ge_s],
  ge_u: [0x5a, i64.ge_u],
}

describe('on edges', () => {
  test.each(Object.entries(binary))('i64.%s is the host’s wherever that doesn’t trap', (_, [opcode, halves]) => {
    const host = hostInstruction(opcode, ['i64', 'i64'], 'i64')
    const ours = onBigInts(halves)
    const differences = i64Edges.flatMap((a) =>
      i64Edges.flatMap((b) => {
        const expected = host(a, b)
        return expected === undefined || ours(a, b) === expected ? [] : [{ a, b, ours: ours(a, b), expected }]
      }),
    )
    expect(differences).toEqual([])
  })

  test.each(Object.entries(unary))('i64.%s is the host’s', (_, [opcode, halves]) => {
    const host = hostInstruction(opcode, ['i64'], 'i64')
    const ours = onBigInts(halves)
    expect(i64Edges.map((a) => ours(a, 0n))).toEqual(i64Edges.map((a) => host(a)))
  })

  test.each(Object.entries(comparisons))('i64.%s is the host’s', (_, [opcode, ours]) => {
    const host = hostInstruction(opcode, ['i64', 'i64'], 'i32')
    const differences = i64Edges.flatMap((a) =>
      i64Edges.filter((b) => ours(lowOf(a), highOf(a), lowOf(b), highOf(b)) !== (host(a, b) === 1)).map((b) => [a, b]),
    )
    expect(differences).toEqual([])
  })

  test.each([
    ['extend_i32_s', 0xac, i64.extend_i32_s],
    ['extend_i32_u', 0xad, i64.extend_i32_u],
  ] as const)('i64.%s is the host’s', (_, opcode, extend) => {
    const host = hostInstruction(opcode, ['i32'], 'i64')
    const ours = i32Edges.map((a) => i64.toBigInt(extend(a), i64.hi))
    expect(ours).toEqual(i32Edges.map((a) => host(a)))
  })

  test('each count of a shift or rotation is taken modulo 64', () => {
    const value = 0x8123456789abcdefn
    for (const name of ['shl', 'shr_s', 'shr_u', 'rotl', 'rotr']) {
      const [opcode, halves] = binary[name]!
      const host = hostInstruction(opcode, ['i64', 'i64'], 'i64')
      const counts = Array.from({ length: 260 }, (_, index) => BigInt(index - 130))
      const ours = onBigInts(halves)
      expect(
        counts.map((n) => ours(value, n)),
        name,
      ).toEqual(counts.map((n) => host(BigInt.asIntN(64, value), n)))
    }
  })

  test('isZero holds for 0 alone and isMin for -2^63 alone', () => {
    expect(i64Edges.filter((a) => i64.isZero(lowOf(a), highOf(a)))).toEqual([0n])
    expect(i64Edges.filter((a) => i64.eqz(lowOf(a), highOf(a)))).toEqual([0n])
    expect(i64Edges.filter((a) => i64.isMin(lowOf(a), highOf(a)))).toEqual([-(1n << 63n)])
  })

  test('a bigint is taken modulo 2^64 and given back as signed', () => {
    for (const value of [
      ...i64Edges,
      1n << 63n,
      (1n << 64n) - 1n,
      1n << 64n,
      (1n << 64n) + 5n,
      -(1n << 63n) - 1n,
      1n << 200n,
    ]) {
      expect(i64.toBigInt(i64.fromBigInt(value), i64.hi)).toBe(BigInt.asIntN(64, value))
    }
  })
})

describe('on 120,000 random pairs', () => {
  const pairs: [a: bigint, b: bigint][] = []
  const next = randomI64(64)
  const small = randomI32(65)
  for (let n = 0; n < 60_000; n++) pairs.push([next(), next()])
  // Near multiples of the divisor, where an estimated quotient is most easily wrong.
  for (let n = 0; n < 60_000; n++) {
    const b = next()
    const near = b * next() + BigInt((small() & 3) - 1)
    const fits = b === 0n ? near : b * (BigInt.asIntN(64, near) / b) + BigInt((small() & 3) - 1)
    pairs.push([BigInt.asIntN(64, fits), b])
  }

  const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value)
  const meanings: Record<string, (a: bigint, b: bigint) => bigint> = {
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    mul: (a, b) => a * b,
    div_s: (a, b) => a / b,
    div_u: (a, b) => unsigned(a) / unsigned(b),
    rem_s: (a, b) => a % b,
    rem_u: (a, b) => unsigned(a) % unsigned(b),
  }

  test.each(Object.entries(meanings))('i64.%s is exact', (name, meaning) => {
    const divides = name.startsWith('div') || name.startsWith('rem')
    const ours = onBigInts(binary[name]![1])
    const differences = pairs.filter(
      ([a, b]) => !(divides && b === 0n) && ours(a, b) !== BigInt.asIntN(64, meaning(a, b)),
    )
    expect(differences).toEqual([])
  })

  test.each(['shl', 'shr_s', 'shr_u', 'rotl', 'rotr'])('i64.%s is the host’s', (name) => {
    const [opcode, halves] = binary[name]!
    const host = hostInstruction(opcode, ['i64', 'i64'], 'i64')
    const ours = onBigInts(halves)
    expect(pairs.slice(0, 20_000).filter(([a, b]) => ours(a, b) !== host(a, b))).toEqual([])
  })

  test.each(Object.entries(comparisons))('i64.%s is the host’s', (_, [opcode, ours]) => {
    const host = hostInstruction(opcode, ['i64', 'i64'], 'i32')
    const differences = pairs
      .slice(0, 10_000)
      .filter(([a, b]) => ours(lowOf(a), highOf(a), lowOf(b), highOf(b)) !== (host(a, b) === 1))
    expect(differences).toEqual([])
  })
})
