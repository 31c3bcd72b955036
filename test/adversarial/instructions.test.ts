// Item 41 of the adversarial checklist: a module of one instruction for every instruction that computes, loads or stores a number, on thirty
// operands where arithmetic goes wrong, decoded, validated and run; the host's own WebAssembly runs the same bytes. The instructions on
// vectors are compared in test/unit/interpret/simd.test.ts.

import { Engine, Trap, type ExportedFunction } from 'heddle'
import { describe, expect, it } from 'vitest'
import type { Instruction } from '../../src/instructions/define.ts'
import { INSTRUCTIONS, proposalOf } from '../../src/instructions/table.ts'
import { V128, isRefType } from '../../src/syntax/types.ts'
import { native } from '../fuzz/native.ts'
import { moduleOf, section, sized, vector, type Piece } from '../unit/binary/module-bytes.ts'
import { instructionModule, type Bits, type NumType } from '../unit/numeric/host-instruction.ts'
import { agrees } from '../unit/numeric/nan.ts'
import { f32Edges, f64Edges, i32Edges, i64Edges } from '../unit/numeric/operands.ts'
import { numTypes } from '../unit/numeric/row-function.ts'

const EDGES = 30

/** Thirty of them, from all over the list. */
function thirty<T>(all: readonly T[]): T[] {
  return Array.from({ length: EDGES }, (_, i) => all[Math.floor((i * all.length) / EDGES)]!)
}

const edges: Readonly<Record<NumType, readonly Bits[]>> = {
  i32: thirty(i32Edges),
  i64: thirty(i64Edges),
  f32: thirty(f32Edges),
  f64: thirty(f64Edges),
}

function tuplesOf(types: readonly NumType[]): Bits[][] {
  return types.reduce<Bits[][]>(
    (all, type) => all.flatMap((tuple) => edges[type].map((operand) => [...tuple, operand])),
    [[]],
  )
}

type Op = (...operands: Bits[]) => Bits | undefined

/** Undefined where it traps. */
function orTrap(call: (...operands: Bits[]) => unknown, trap: abstract new (...args: never) => Error): Op {
  return (...operands) => {
    try {
      return call(...operands) as Bits
    } catch (error) {
      if (error instanceof trap) return undefined
      throw error
    }
  }
}

const engine = new Engine()

function ours(bytes: Uint8Array): Op {
  return orTrap(engine.compile(bytes).instantiateSync().exports['op'] as ExportedFunction, Trap)
}

function hosts(bytes: Uint8Array): Op {
  const { op } = new native.Instance(new native.Module(bytes), {}).exports
  return orTrap(op as (...operands: Bits[]) => unknown, native.RuntimeError)
}

/** How the host's instruction is named in these tests: the prefix stands in front of the number. */
function opcodeOf({ opcode }: Instruction): number {
  return opcode > 0xff ? ((opcode >>> 16) << 8) | (opcode & 0xff) : opcode
}

function isOfNumbers({ signature }: Instruction): boolean {
  return (
    signature !== undefined && [...signature.params, ...signature.results].every((t) => t !== V128 && !isRefType(t))
  )
}

/** Those that every host has. */
const ON_EVERY_HOST = ['mvp', 'sign-extension-ops', 'nontrapping-float-to-int-conversions']
const known = INSTRUCTIONS.filter((row) => isOfNumbers(row) && ON_EVERY_HOST.includes(proposalOf(row).name))
const computing = known.filter(({ access, expr, signature }) => {
  return access === undefined && expr !== undefined && signature!.results.length === 1
})
const accessing = known.filter(({ access }) => access !== undefined)

describe('adversarial.md 41: every instruction on thirty operands each is the host’s', () => {
  it.each(computing.map((row) => [row.name, row] as const))('%s', (_, row) => {
    const params = numTypes(row.signature!.params)
    const [result] = numTypes(row.signature!.results)
    const bytes = instructionModule(opcodeOf(row), params, result!)
    const [our, host] = [ours(bytes), hosts(bytes)]
    const isArithmetic = row.bits !== true && (result === 'f32' || result === 'f64')
    const differences = tuplesOf(params)
      .map((operands) => ({ operands, our: our(...operands), host: host(...operands) }))
      .filter(({ operands, our: a, host: b }) => (isArithmetic ? !agrees(a!, b!, operands) : a !== b))
    expect(differences).toEqual([])
  })

  it.each(accessing.map((row) => [row.name, row] as const))('%s', (_, row) => {
    const [our, host] = [ours(accessModule(row)), hosts(accessModule(row))]
    const [type] = numTypes(row.access!.kind === 'load' ? row.signature!.results : row.signature!.params)
    const values = row.access!.kind === 'load' ? edges.i64.slice(0, 1) : edges[type!]
    const tuples = ADDRESSES.flatMap((address) => values.map((value): Bits[] => [address, BigInt(value)]))
    const outcomes = tuples.map((operands) => ({ operands, our: our(...operands), host: host(...operands) }))
    expect(outcomes.filter(({ our: a, host: b }) => a !== b)).toEqual([])
    expect(outcomes.some(({ our: a }) => a === undefined)).toBe(true)
  })

  it('which are 136 that compute and 23 that load and store', () => {
    expect([computing.length, accessing.length]).toEqual([136, 23])
  })
})

const PAGE = 0x10000
const ADDRESSES = [
  0,
  1,
  3,
  8,
  40,
  PAGE - 16,
  PAGE - 8,
  PAGE - 7,
  PAGE - 4,
  PAGE - 1,
  PAGE,
  0x7fffffff,
  -0x80000000,
  -8,
  -1,
]

const [LOCAL_GET, I64_LOAD, END, I32, I64] = [0x20, 0x29, 0x0b, 0x7f, 0x7e] as const

/** i64 → type, type → i64, by their bits. */
const CARRY: Readonly<Record<NumType, { readonly from: Piece; readonly to: Piece }>> = {
  i32: { from: 0xa7, to: 0xad },
  i64: { from: [], to: [] },
  f32: { from: [0xa7, 0xbe], to: [0xbc, 0xad] },
  f64: { from: 0xbf, to: 0xbd },
}

/** `op` takes an address and an i64: it loads from there, or stores the value and gives what 8 bytes there are then. */
function accessModule(row: Instruction): Uint8Array {
  const isLoad = row.access!.kind === 'load'
  const [type] = numTypes(isLoad ? row.signature!.results : row.signature!.params)
  const { from, to } = CARRY[type!]
  const memarg = [0, 0]
  const body: Piece = isLoad
    ? [LOCAL_GET, 0, opcodeOf(row), memarg, to]
    : [LOCAL_GET, 0, LOCAL_GET, 1, from, opcodeOf(row), memarg, LOCAL_GET, 0, I64_LOAD, memarg]
  const pattern = Uint8Array.from({ length: 64 }, (_, i) => (i * 73 + 0x7f) & 0xff)
  const at = (address: number): Piece => [0x41, ...signed(address), END]
  return moduleOf(
    section(1, vector([0x60, vector(I32, I64), vector(I64)])),
    section(3, vector(0)),
    section(5, vector([0, 1])),
    section(7, vector([sized('op'), 0, 0])),
    section(10, vector(sized(0, body, END))),
    section(11, vector([0, at(0), sized(pattern)], [0, at(PAGE - 64), sized(pattern)])),
  )
}

/** LEB128 of a small number that is not negative. */
function signed(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ((value >> 7) & 0x7f) | 0x80, value >> 14]
}
