// Arguments and results of functions as people type and read them: `1 -1 0x10 1.5 nan:0x1 i32x4:1,2,3,4 null`, by the function's type.

import { valueFromJs, valueToJs } from '../embed/functions.ts'
import { UsageError } from '../errors/heddle-error.ts'
import { nameText, quoted } from '../errors/quote.ts'
import { numberValue, refValue, vectorValue, type Value } from '../runtime/value.ts'
import { F32, F64, I32, I64, V128, isNullable, isRefType } from '../syntax/types.ts'
import type { FuncType, ValType } from '../syntax/types.ts'
import { closedResultTypeName, closedTypeName } from '../validate/closed-type-name.ts'
import { nanText, parseFloatText, parseIntegerText, parseVectorText, vectorText } from './number-text.ts'

export type Argument = string | number | bigint | null

/** What an invoked function returned, with its type's name. */
export interface ResultValue {
  readonly type: string
  /** As JavaScript has it; of a v128 its 128 bits as a bigint. */
  readonly value: unknown
  /** Of an f32 or f64 that is no number: all of its bits. */
  readonly bits?: bigint | undefined
}

/**
 * The arguments of a call. Texts are parsed by the type of their parameter; all else is taken as it is. `paramName` says what the module
 * calls a parameter, if it does.
 */
export function parseArguments(
  name: string,
  { params }: FuncType,
  args: readonly Argument[],
  paramName: (index: number) => string | undefined = () => undefined,
): Value[] {
  if (args.length !== params.length) {
    const count = `${params.length} ${params.length === 1 ? 'argument' : 'arguments'}`
    throw new UsageError(
      `${quoted(name)} takes ${count} ${closedResultTypeName(params)}, not ${args.length}`,
      'ARITY_MISMATCH',
    )
  }
  return params.map((type, i) => {
    const arg = args[i]!
    const called = paramName(i)
    const what = `argument ${i + 1}${called === undefined ? '' : ` ($${nameText(called)})`} of ${quoted(name)}`
    return typeof arg === 'string' ? parseValue(type, arg, what) : valueFromJs(type, arg, what)
  })
}

function parseValue(type: ValType, text: string, what: string): Value {
  const value = valueOf(type, text)
  if (value !== undefined) return value
  throw new UsageError(`${what} must be ${SYNTAX.get(type) ?? refSyntax(type)}, not ${quoted(text)}`, 'TYPE_MISMATCH')
}

const SYNTAX: ReadonlyMap<ValType, string> = new Map([
  [I32, 'an i32 such as 1, -1 or 0x10'],
  [I64, 'an i64 such as 1, -1 or 0x10'],
  [F32, 'an f32 such as 1, -1.5, 1e9, 0x1.8p3, nan, nan:0x1 or inf'],
  [F64, 'an f64 such as 1, -1.5, 1e9, 0x1.8p3, nan, nan:0x1 or inf'],
  [V128, 'a v128 such as i32x4:1,2,3,4, i8x16:…, i16x8:…, i64x2:…, f32x4:… or f64x2:…'],
])

function refSyntax(type: ValType): string {
  return isRefType(type) && isNullable(type)
    ? `null, the only ${closedTypeName(type)} that can be written`
    : `a ${closedTypeName(type)}, which can't be written`
}

function valueOf(type: ValType, text: string): Value | undefined {
  switch (type) {
    case I32:
      return ofBits(type, parseIntegerText(text, 32))
    case I64:
      return ofBits(type, parseIntegerText(text, 64))
    case F32:
      return ofBits(type, parseFloatText(text, 32))
    case F64:
      return ofBits(type, parseFloatText(text, 64))
    case V128:
      return ofBits(type, parseVectorText(text))
    default:
      return isRefType(type) && isNullable(type) && text === 'null' ? refValue(type, null) : undefined
  }
}

function ofBits(type: ValType, bits: bigint | undefined): Value | undefined {
  if (bits === undefined) return undefined
  const words = [0n, 32n, 64n, 96n].map((shift) => Number(BigInt.asIntN(32, bits >> shift)))
  return type === V128 ? vectorValue(words) : numberValue(type, words[0]!, words[1])
}

/** What a function returned, for people and programs. */
export function resultOf(value: Value): ResultValue {
  const type = closedTypeName(value.type)
  if (value.type === V128) return { type, value: bitsOf(value) }
  const result = valueToJs(value)
  return Number.isNaN(result) ? { type, value: result, bits: bitsOf(value) } : { type, value: result }
}

function bitsOf({ type, lo, hi, upper }: Value): bigint {
  const words = type === F32 ? [lo] : [lo, hi, upper?.lo ?? 0, upper?.hi ?? 0]
  return words.reduceRight((bits, word) => (bits << 32n) | BigInt(word >>> 0), 0n)
}

/** As `parseArguments` reads it; an f32 with no more digits than tell it from its neighbours. */
export function formatValue({ type, value, bits }: ResultValue): string {
  if (value === null) return 'null'
  if (typeof value === 'number') {
    return bits === undefined ? formatNumber(value, type === 'f32') : nanText(bits, type === 'f32' ? 32 : 64)
  }
  if (typeof value === 'function') return `funcref ${value.name}`
  if (typeof value === 'bigint') return type === 'v128' ? vectorText(value) : String(value)
  return type
}

function formatNumber(value: number, single: boolean): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf'
  if (Object.is(value, -0)) return '-0'
  if (!single) return String(value)
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return String(short)
  }
  return String(Number(value.toPrecision(9)))
}
