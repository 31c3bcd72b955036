// Arguments and results of functions as people type and read them: `1 -1 0x10 1.5 nan inf null`, by the function's type.

import { UsageError } from '../errors/heddle-error.ts'
import { quoted } from '../errors/quote.ts'
import { F32, F64, I32, I64, isRefType, type FuncType } from '../syntax/types.ts'
import { closedResultTypeName, closedTypeName } from '../validate/closed-type-name.ts'
import type { ValType } from '../syntax/types.ts'

export type Argument = string | number | bigint | null

/** What an invoked function returned, with its type's name. */
export interface ResultValue {
  readonly type: string
  readonly value: unknown
}

/** The arguments of a call as JavaScript values. Texts are parsed by the type of their parameter; all else is taken as it is. */
export function parseArguments(name: string, { params }: FuncType, args: readonly Argument[]): unknown[] {
  if (args.length !== params.length) {
    const count = `${params.length} ${params.length === 1 ? 'argument' : 'arguments'}`
    throw new UsageError(
      `${quoted(name)} takes ${count} ${closedResultTypeName(params)}, not ${args.length}`,
      'ARITY_MISMATCH',
    )
  }
  return params.map((type, i) => {
    const arg = args[i]!
    return typeof arg === 'string' ? parseValue(type, arg, `argument ${i + 1} of ${quoted(name)}`) : arg
  })
}

function parseValue(type: ValType, text: string, what: string): unknown {
  const value = valueOf(type, text)
  if (value !== undefined) return value
  throw new UsageError(`${what} must be ${SYNTAX.get(type) ?? REF_SYNTAX(type)}, not ${quoted(text)}`, 'TYPE_MISMATCH')
}

const SYNTAX: ReadonlyMap<ValType, string> = new Map([
  [I32, 'an i32 such as 1, -1 or 0x10'],
  [I64, 'an i64 such as 1, -1 or 0x10'],
  [F32, 'an f32 such as 1, -1.5, 1e9, 0x1.8p3, nan or inf'],
  [F64, 'an f64 such as 1, -1.5, 1e9, 0x1.8p3, nan or inf'],
])

const REF_SYNTAX = (type: ValType): string =>
  isRefType(type)
    ? `null, the only ${closedTypeName(type)} that can be written`
    : `a ${closedTypeName(type)}, which can't be written`

function valueOf(type: ValType, text: string): unknown {
  switch (type) {
    case I32: {
      const integer = parseInteger(text, 32n)
      return integer === undefined ? undefined : Number(integer)
    }
    case I64:
      return parseInteger(text, 64n)
    case F32:
    case F64:
      return parseFloatText(text)
    default:
      return isRefType(type) && text === 'null' ? null : undefined
  }
}

/** Signed or unsigned, as long as it fits. */
function parseInteger(text: string, bits: bigint): bigint | undefined {
  const match = /^([+-]?)(0x[0-9a-f]+(?:_[0-9a-f]+)*|\d+(?:_\d+)*)$/i.exec(text)
  if (match === null) return undefined
  const magnitude = BigInt(match[2]!.replaceAll('_', ''))
  const value = match[1] === '-' ? -magnitude : magnitude
  return value < -(1n << (bits - 1n)) || value >= 1n << bits ? undefined : value
}

function parseFloatText(text: string): number | undefined {
  const [, sign, magnitude = ''] = /^([+-]?)(.*)$/s.exec(text.toLowerCase().replaceAll(/(?<=\w)_(?=\w)/g, ''))!
  const value = parseMagnitude(magnitude)
  return value === undefined || sign !== '-' ? value : -value
}

function parseMagnitude(text: string): number | undefined {
  if (text === 'nan') return NaN
  if (text === 'inf' || text === 'infinity') return Infinity
  if (/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(text)) return Number(text)
  const hex = /^0x([0-9a-f]*)(?:\.([0-9a-f]*))?(?:p([+-]?\d+))?$/.exec(text)
  if (hex === null) return undefined
  const [, whole = '', fraction = '', exponent = '0'] = hex
  if (whole + fraction === '') return undefined
  // One rounding: the significand's; the power of two is exact unless the value is subnormal.
  return Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (Number(exponent) - 4 * fraction.length)
}

/** As `parseArguments` reads it; an f32 with no more digits than tell it from its neighbours. */
export function formatValue({ type, value }: ResultValue): string {
  if (value === null) return 'null'
  if (typeof value === 'number') return formatNumber(value, type === 'f32')
  if (typeof value === 'function') return `funcref ${value.name}`
  return typeof value === 'bigint' ? String(value) : type
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
