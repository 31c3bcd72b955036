// 64-bit integers by halves: the rows against BigInt on random operands (rows.test.ts has the edges), and the functions that vectors and
// constant expressions use where the row is an expression of its own.

import { describe, expect, test } from 'vitest'
import * as i64 from '../../../src/numeric/i64.ts'
import { hostInstruction } from './host-instruction.ts'
import { i64Edges, randomI32, randomI64 } from './operands.ts'
import { highOf, lowOf, rowFunction, rowOf } from './row-function.ts'

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
  const isMin = (value: bigint): boolean => value === -(1n << 63n)

  test.each(Object.entries(meanings))('i64.%s is exact, and traps where it must', (name, meaning) => {
    const divides = name.startsWith('div') || name.startsWith('rem')
    const ours = rowFunction(`i64.${name}`)
    const expected = (a: bigint, b: bigint): bigint | undefined => {
      const traps = (divides && b === 0n) || (name === 'div_s' && isMin(a) && b === -1n)
      return traps ? undefined : BigInt.asIntN(64, meaning(a, b))
    }
    expect(pairs.filter(([a, b]) => ours(a, b) !== expected(a, b))).toEqual([])
  })

  const others = ['shl', 'shr_s', 'shr_u', 'rotl', 'rotr', 'and', 'or', 'xor']
  test.each(others)('i64.%s is the host’s', (name) => {
    const ours = rowFunction(`i64.${name}`)
    const host = hostInstruction(rowOf(`i64.${name}`).opcode, ['i64', 'i64'], 'i64')
    expect(pairs.slice(0, 20_000).filter(([a, b]) => ours(a, b) !== host(a, b))).toEqual([])
  })

  const comparisons = ['eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'gt_u', 'le_s', 'le_u', 'ge_s', 'ge_u']
  test.each(comparisons)('i64.%s is the host’s', (name) => {
    const ours = rowFunction(`i64.${name}`)
    const host = hostInstruction(rowOf(`i64.${name}`).opcode, ['i64', 'i64'], 'i32')
    expect(pairs.slice(0, 10_000).filter(([a, b]) => ours(a, b) !== host(a, b))).toEqual([])
  })
})

test.each(['shl', 'shr_s', 'shr_u', 'rotl', 'rotr'])('each count of i64.%s is taken modulo 64', (name) => {
  const value = BigInt.asIntN(64, 0x8123456789abcdefn)
  const counts = Array.from({ length: 260 }, (_, index) => BigInt(index - 130))
  const ours = rowFunction(`i64.${name}`)
  const host = hostInstruction(rowOf(`i64.${name}`).opcode, ['i64', 'i64'], 'i64')
  expect(counts.map((n) => ours(value, n))).toEqual(counts.map((n) => host(value, n)))
})

describe('the function', () => {
  const pairs = i64Edges.flatMap((a) => i64Edges.map((b) => [a, b] as const))

  test.each(Object.entries({ add: i64.add, sub: i64.sub, mul: i64.mul }))(
    'i64.%s gives what the row gives',
    (name, halves) => {
      const row = rowFunction(`i64.${name}`)
      const ours = (a: bigint, b: bigint): bigint => {
        const low = halves(lowOf(a), highOf(a), lowOf(b), highOf(b))
        expect([low, i64.hi]).toEqual([low | 0, i64.hi | 0])
        return i64.toBigInt(low, i64.hi)
      }
      expect(pairs.filter(([a, b]) => ours(a, b) !== row(a, b))).toEqual([])
    },
  )

  const { eq, ne, lt_s, gt_s, le_s, ge_s } = i64
  test.each(Object.entries({ eq, ne, lt_s, gt_s, le_s, ge_s }))('i64.%s gives what the row gives', (name, compare) => {
    const row = rowFunction(`i64.${name}`)
    const ours = (a: bigint, b: bigint): boolean => compare(lowOf(a), highOf(a), lowOf(b), highOf(b))
    expect(pairs.filter(([a, b]) => ours(a, b) !== (row(a, b) === 1))).toEqual([])
  })
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
