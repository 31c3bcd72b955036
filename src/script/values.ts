// Values of the script language against values of the engine: arguments, and results compared bit by bit or by class of NaN.

import { FuncInstance } from '../runtime/func.ts'
import { hasHeapType } from '../runtime/reference.ts'
import { numberValue, refValue, vectorValue, type Ref, type Value } from '../runtime/value.ts'
import { F32, F64, I32, I64, V128, heapTypeName, heapTypeOf, isRefType, refType } from '../syntax/types.ts'
import { valTypeName, type ValType } from '../syntax/types.ts'
import { CLOSED } from '../validate/canonical-types.ts'
import { matchesHeapType, topOf } from '../validate/matching.ts'
import { printF32, printF64, printI32, printI64, printVector } from '../text/print-number.ts'
import type { ResultPattern, ScriptValue } from '../text/script.ts'

/** A reference of the host's own. Those of one script with the same number are the same. */
class HostReference {
  readonly number: number

  constructor(number: number) {
    this.number = number
  }
}

export class HostReferences {
  private readonly known = new Map<number, HostReference>()

  get(number: number): Ref {
    let reference = this.known.get(number)
    if (reference === undefined) {
      reference = new HostReference(number)
      this.known.set(number, reference)
    }
    return reference
  }
}

export function toValue(value: ScriptValue, hosts: HostReferences): Value {
  switch (value.kind) {
    case 'num':
      return numberValue(value.type, value.lo, value.hi)
    case 'vec':
      return vectorValue(value.words)
    case 'null':
      return refValue(refType(true, value.heap), null)
    case 'host':
      return refValue(refType(false, value.heap), hosts.get(value.number))
  }
}

export function matchesPattern(pattern: ResultPattern, value: Value): boolean {
  const { type, ref } = value
  switch (pattern.kind) {
    case 'num':
      return pattern.type === type && pattern.lo === value.lo && (!isWide(type) || pattern.hi === value.hi)
    case 'nan':
      return pattern.type === type && isNan(value, pattern.nan)
    case 'vec':
      return type === V128 && wordsOf(value).every((word, i) => word === pattern.words[i])
    case 'lanes':
      return type === V128 && pattern.lanes.every((lane, i) => matchesPattern(lane, laneOf(value, lane.type, i)))
    case 'null':
      return isRefType(type) && ref === null && topOf(heapTypeOf(type), CLOSED) === topOf(pattern.heap, CLOSED)
    case 'any null':
      return isRefType(type) && ref === null
    case 'host':
      return isRefType(type) && ref instanceof HostReference && ref.number === pattern.number
    case 'ref':
      return (
        isRefType(type) &&
        isRefOf(ref, type, pattern.heap) &&
        (pattern.index === undefined || indexOf(ref) === pattern.index)
      )
    case 'either':
      return pattern.patterns.some((alternative) => matchesPattern(alternative, value))
  }
}

function isWide(type: ValType): boolean {
  return type === I64 || type === F64
}

function wordsOf({ lo, hi, upper }: Value): readonly number[] {
  return [lo, hi, upper?.lo ?? 0, upper?.hi ?? 0]
}

/** A lane of a vector as a value of its own. */
function laneOf(vector: Value, type: ValType, lane: number): Value {
  const words = wordsOf(vector)
  return isWide(type) ? numberValue(type, words[2 * lane]!, words[2 * lane + 1]) : numberValue(type, words[lane]!)
}

/** The reference lies in some hierarchy: only functions are known to lie in theirs. */
function isRefOf(ref: Ref, type: ValType, heap: number): boolean {
  if (ref === null || !matchesHeapType(heapTypeOf(type), topOf(heap, CLOSED), CLOSED)) return false
  return hasHeapType(ref, heap, CLOSED)
}

function indexOf(ref: Ref): number | undefined {
  return ref instanceof FuncInstance ? ref.funcIdx : undefined
}

/**
 * A canonical NaN has the topmost bit of its payload set and no other; an arithmetic one has it set.
 * https://webassembly.github.io/spec/core/syntax/values.html#floating-point
 */
function isNan({ type, lo, hi }: Value, nan: 'canonical' | 'arithmetic'): boolean {
  const canonical = type === F32 ? 0x7fc00000 : 0x7ff80000
  const top = type === F32 ? lo : hi
  if (nan === 'arithmetic') return (top & canonical) === canonical
  return (top & 0x7fffffff) === canonical && (type === F32 || lo === 0)
}

/** As a script would write it. */
export function valueText(value: Value): string {
  const { type, lo, hi, ref } = value
  switch (type) {
    case I32:
      return `i32.const ${printI32(lo)}`
    case I64:
      return `i64.const ${printI64(lo, hi)}`
    case F32:
      return `f32.const ${printF32(lo)}`
    case F64:
      return `f64.const ${printF64(lo, hi)}`
    case V128:
      return `v128.const ${printVector(wordsOf(value))}`
    default:
      if (!isRefType(type)) return valTypeName(type)
      if (ref === null) return `ref.null ${heapTypeName(heapTypeOf(type))}`
      return ref instanceof HostReference ? `ref.extern ${ref.number}` : `ref.${heapTypeName(heapTypeOf(type))}`
  }
}

export function patternText(pattern: ResultPattern): string {
  switch (pattern.kind) {
    case 'num':
      return valueText(numberValue(pattern.type, pattern.lo, pattern.hi))
    case 'nan':
      return `${valTypeName(pattern.type)}.const nan:${pattern.nan}`
    case 'vec':
      return valueText(vectorValue(pattern.words))
    case 'lanes':
      return `v128.const lanes (${pattern.lanes.map(patternText).join(', ')})`
    case 'null':
      return `ref.null ${heapTypeName(pattern.heap)}`
    case 'any null':
      return 'ref.null'
    case 'host':
      return `ref.extern ${pattern.number}`
    case 'ref':
      return `ref.${heapTypeName(pattern.heap)}${pattern.index === undefined ? '' : ` ${pattern.index}`}`
    case 'either':
      return `either ${pattern.patterns.map(patternText).join(' | ')}`
  }
}
