// Values as a recording tells them, as far as that needs no names: numbers, and the primitives of JavaScript.

import { RecordingError } from '../errors/recording-error.ts'
import { numberValue, vectorValue, type Ref, type Value } from '../runtime/value.ts'
import type { RecordedValue } from '../snapshot/recording-data.ts'
import {
  F32,
  F64,
  I32,
  I64,
  V128,
  VAL_TYPES_BY_NAME,
  heapTypeOf,
  isRefType,
  nonNull,
  type ValType,
} from '../syntax/types.ts'

const PLAIN_TYPES: ReadonlySet<ValType> = new Set(
  [...VAL_TYPES_BY_NAME.values()].flatMap((type) => (isRefType(type) ? [type, nonNull(type)] : [type])),
)

/** Whether it means the same everywhere. */
export function isPlainType(type: ValType): boolean {
  return PLAIN_TYPES.has(type) && !(isRefType(type) && heapTypeOf(type) >= 0)
}

export function numberData({ type, lo, hi, upper }: Value): RecordedValue | undefined {
  switch (type) {
    case I32:
      return { kind: 'i32', lo }
    case I64:
      return { kind: 'i64', lo, hi }
    case F32:
      return { kind: 'f32', lo }
    case F64:
      return { kind: 'f64', lo, hi }
    case V128:
      return { kind: 'v128', words: [lo, hi, upper?.lo ?? 0, upper?.hi ?? 0] }
    default:
      return undefined
  }
}

export function numberOf(data: RecordedValue, type: ValType): Value | undefined {
  switch (type) {
    case I32:
      return data.kind === 'i32' ? numberValue(type, data.lo) : undefined
    case F32:
      return data.kind === 'f32' ? numberValue(type, data.lo) : undefined
    case I64:
      return data.kind === 'i64' ? numberValue(type, data.lo, data.hi) : undefined
    case F64:
      return data.kind === 'f64' ? numberValue(type, data.lo, data.hi) : undefined
    default:
      return data.kind === 'v128' && data.words.length === 4 ? vectorValue(data.words) : undefined
  }
}

export function primitiveData(ref: Ref): RecordedValue | undefined {
  switch (typeof ref) {
    case 'undefined':
      return { kind: 'undefined' }
    case 'boolean':
      return { kind: ref ? 'true' : 'false' }
    case 'number':
      return { kind: 'number', value: ref }
    case 'bigint':
      return { kind: 'bigint', text: ref.toString(16) }
    case 'string':
      return { kind: 'string', text: ref }
    default:
      return ref === null ? { kind: 'null' } : undefined
  }
}

export function bigintOf(text: string): bigint {
  const [, sign = '', digits] = /^(-?)([0-9a-f]+)$/.exec(text) ?? []
  if (digits === undefined) throw new RecordingError('the recording has an integer that is none')
  return sign === '' ? BigInt(`0x${digits}`) : -BigInt(`0x${digits}`)
}
