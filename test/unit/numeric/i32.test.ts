// The operators of numeric/i32 against the host's instructions.

import { expect, test } from 'vitest'
import * as i32 from '../../../src/numeric/i32.ts'
import { hostInstruction } from './host-instruction.ts'
import { i32Edges, randomI32 } from './operands.ts'

const unary: Record<string, [opcode: number, ours: (a: number) => number]> = {
  clz: [0x67, i32.clz],
  ctz: [0x68, i32.ctz],
  popcnt: [0x69, i32.popcnt],
  extend8_s: [0xc0, i32.extend8_s],
  extend16_s: [0xc1, i32.extend16_s],
}

const binary: Record<string, [opcode: number, ours: (a: number, b: number) => number]> = {
  div_s: [0x6d, i32.div_s],
  div_u: [0x6e, i32.div_u],
  rem_s: [0x6f, i32.rem_s],
  rem_u: [0x70, i32.rem_u],
  rotl: [0x77, i32.rotl],
  rotr: [0x78, i32.rotr],
}

function operands(): number[] {
  const next = randomI32(38)
  return [...i32Edges, ...Array.from({ length: 200 }, (_, index) => next() >> (index & 31))]
}

test.each(Object.entries(unary))('i32.%s is the host’s', (_, [opcode, ours]) => {
  const host = hostInstruction(opcode, ['i32'], 'i32')
  for (const a of operands()) if (!Object.is(ours(a), host(a))) expect([a, ours(a)]).toEqual([a, host(a)])
  expect(host(0)).toBe(ours(0))
})

test.each(Object.entries(binary))('i32.%s is the host’s wherever that doesn’t trap', (_, [opcode, ours]) => {
  const host = hostInstruction(opcode, ['i32', 'i32'], 'i32')
  const all = operands()
  const differences = all.flatMap((a) =>
    all.flatMap((b) => {
      const expected = host(a, b)
      return expected === undefined || Object.is(ours(a, b), expected) ? [] : [{ a, b, ours: ours(a, b), expected }]
    }),
  )
  expect(differences).toEqual([])
})
