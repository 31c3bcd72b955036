// A row of the instruction table as a function: its conditions and its expression, evaluated as they stand. The spellings of operands
// are names in JavaScript, so that they are the parameters.

import type { Instruction } from '../../../src/instructions/define.ts'
import { instructionByName } from '../../../src/instructions/table.ts'
import * as convert from '../../../src/numeric/convert.ts'
import * as f32 from '../../../src/numeric/f32.ts'
import * as f64 from '../../../src/numeric/f64.ts'
import * as i32 from '../../../src/numeric/i32.ts'
import * as i64 from '../../../src/numeric/i64.ts'
import { F32, F64, I32, I64, valTypeName, type ValType } from '../../../src/syntax/types.ts'
import type { Bits, NumType } from './host-instruction.ts'

const libraries = { convert, f32, f64, i32, i64 }

/** Takes and gives bits, as the host's instruction does: undefined where the instruction traps. */
export type RowFunction = (...operands: Bits[]) => Bits | undefined

export function rowOf(name: string): Instruction {
  const row = instructionByName(name)
  if (row?.expr === undefined) throw new Error(`${name} is not the name of an expression`)
  return row
}

export function rowFunction(name: string): RowFunction {
  const row = rowOf(name)
  const { params, results } = row.signature!
  const evaluate = compile(row)
  return (...operands) => {
    const result = evaluate(...operands.flatMap((operand, i) => spellingsOf(params[i]!, operand)))
    return result === undefined ? undefined : bitsOf(results[0]!, row.bits === true, result)
  }
}

/** The names of the types among operands and results, as the host's instruction takes them. */
export function numTypes(types: readonly ValType[]): NumType[] {
  return types.map((type) => valTypeName(type) as NumType)
}

type Result = readonly [low: number | boolean, high: number | undefined]

function compile({ signature, traps = [], expr = '', high = 'i64.hi' }: Instruction): (...values: number[]) => Result {
  const names = signature!.params.flatMap((_, i) => [`$${i}`, `$${i}b`, `$${i}l`, `$${i}h`])
  const conditions = traps.map(({ when }) => `if (${when}) return\n`).join('')
  const body = `${conditions}const $low = ${expr}\nreturn [$low, ${high}]`
  // oxlint-disable-next-line no-new-func, no-implied-eval -- an expression of the table is JavaScript, and here it is tested as such.
  const made = new Function(...Object.keys(libraries), ...names, body) as (...values: unknown[]) => Result
  return (...values) => made(...Object.values(libraries), ...values)
}

/** The operand by value, by its 32 bits, and by the halves of its 64; what the type hasn't got is NaN. */
function spellingsOf(type: ValType, operand: Bits): [value: number, bits: number, low: number, high: number] {
  if (typeof operand === 'number') {
    return [type === F32 ? convert.f32_reinterpret_i32(operand) : operand, operand, NaN, NaN]
  }
  const low = lowOf(operand)
  const high = highOf(operand)
  return [type === F64 ? convert.f64_reinterpret_i64(low, high) : NaN, NaN, low, high]
}

function bitsOf(type: ValType, asBits: boolean, [low, high]: Result): Bits {
  if (type === I32 || (type === F32 && asBits)) return int32(Number(low))
  if (type === I64 || (type === F64 && asBits)) return i64.toBigInt(int32(Number(low)), int32(high!))
  const value = Number(low)
  if (type === F32 && !Object.is(value, Math.fround(value))) throw new Error(`not a float32: ${value}`)
  return type === F32
    ? convert.i32_reinterpret_f32(value)
    : i64.toBigInt(convert.lowHalf(value), convert.highHalf(value))
}

function int32(value: number): number {
  if (!Object.is(value, value | 0)) throw new Error(`not an int32: ${value}`)
  return value
}

export function lowOf(bits: bigint): number {
  return Number(BigInt.asIntN(32, bits))
}

export function highOf(bits: bigint): number {
  return Number(BigInt.asIntN(32, bits >> 32n))
}
