// Every row of numbers that is an expression against the host's instruction, on the operands where arithmetic goes wrong: the same bits,
// but for the payloads of NaNs that the specification leaves open, and a trap where the host traps.

import { describe, expect, test } from 'vitest'
import type { Instruction } from '../../../src/instructions/define.ts'
import { INSTRUCTIONS } from '../../../src/instructions/table.ts'
import { V128 } from '../../../src/syntax/types.ts'
import { hostInstruction, type Bits, type NumType } from './host-instruction.ts'
import { agrees } from './nan.ts'
import { bitsOfF64, f32Edges, f64Edges, i32Edges, i64Edges, randomI32, randomI64 } from './operands.ts'
import { numTypes, rowFunction, rowOf } from './row-function.ts'

const rows = INSTRUCTIONS.filter(
  ({ expr, signature, access }) =>
    expr !== undefined &&
    access === undefined &&
    signature!.results.length === 1 &&
    ![...signature!.params, ...signature!.results].includes(V128),
)

const edges: Readonly<Record<NumType, readonly Bits[]>> = { i32: i32Edges, i64: i64Edges, f32: f32Edges, f64: f64Edges }

/** Any bits, and bits of numbers near the integers. */
const random: Readonly<Record<NumType, () => Bits>> = {
  i32: mixed(38, (next, n) => next() >> (n & 31)),
  i64: randomI64(64),
  f32: mixed(32, (next, n) => (n & 1 ? next() : 0x3f000000 + (next() >>> 4))),
  f64: mixed(33, (next, n) => (n & 1 ? (BigInt(next()) << 32n) | BigInt(next() >>> 0) : bitsOfF64(next() / 4))),
}

function mixed(seed: number, make: (next: () => number, n: number) => Bits): () => Bits {
  const next = randomI32(seed)
  let n = 0
  return () => make(next, n++)
}

/** The edges, each with each other, and 4000 random ones. */
function operandsOf(types: readonly NumType[]): Bits[][] {
  const tuples = types.reduce<Bits[][]>(
    (all, type) => all.flatMap((tuple) => edges[type].map((operand) => [...tuple, operand])),
    [[]],
  )
  return [...tuples, ...Array.from({ length: 4000 }, () => types.map((type) => random[type]()))]
}

/** How the host's instruction is named in these tests: the prefix stands in front of the number. */
function hostOpcode({ opcode }: Instruction): number {
  return opcode > 0xff ? ((opcode >>> 16) << 8) | (opcode & 0xff) : opcode
}

describe.each(rows.map((row) => [row.name, row] as const))('%s', (name, row) => {
  const params = numTypes(row.signature!.params)
  const [result] = numTypes(row.signature!.results)
  const host = hostInstruction(hostOpcode(row), params, result!)
  const ours = rowFunction(name)
  // What moves bits and changes signs keeps a NaN as it is; an integer is none.
  const isArithmetic = row.bits !== true && (result === 'f32' || result === 'f64')

  test('is the host’s', () => {
    const differences = operandsOf(params)
      .map((operands) => ({ operands, ours: ours(...operands), host: host(...operands) }))
      .filter(({ operands, ours: a, host: b }) => (isArithmetic ? !agrees(a!, b!, operands) : a !== b))
    expect(differences).toEqual([])
  })
})

test('the rows are those of numbers: 123 of the first version, 5 sign extensions and 8 saturating truncations', () => {
  expect(rows).toHaveLength(136)
})

describe('a row’s function', () => {
  test('gives undefined where the row traps', () => {
    expect(rowFunction('i32.div_s')(1, 0)).toBeUndefined()
    expect(rowFunction('i64.trunc_f64_u')(bitsOfF64(-1))).toBeUndefined()
  })

  test('exists for expressions alone', () => {
    expect(() => rowOf('br_if')).toThrow('not the name of an expression')
  })
})
