// What a reference is at run time. Null is null; functions, structures, arrays, exceptions are objects of the engine; an integer that fits
// into 31 bits is an i31, as in the JavaScript API; everything else is the host's, whichever hierarchy it is in.
// https://webassembly.github.io/spec/core/exec/runtime.html#reference-values

import {
  ANY,
  ARRAY,
  CONT,
  EQ,
  EXN,
  EXTERN,
  FUNC,
  I31,
  STRUCT,
  heapTypeOf,
  isExact,
  isNullable,
} from '../syntax/types.ts'
import type { HeapType, RefType } from '../syntax/types.ts'
import { CLOSED, type CanonicalType, type TypeSpace } from '../validate/canonical-types.ts'
import { topOf } from '../validate/matching.ts'
import { ArrayInstance, StructInstance } from './aggregate.ts'
import { ContinuationInstance } from './continuation.ts'
import { ExceptionInstance } from './exception.ts'
import { FuncInstance } from './func.ts'
import { HeapObject } from './heap.ts'
import type { Ref } from './value.ts'

export function isI31(ref: Ref): ref is number {
  return typeof ref === 'number' && (ref << 1) >> 1 === ref && !Object.is(ref, -0)
}

/** An i31 of the lower 31 bits. */
export function i31(value: number): number {
  return (value << 1) >> 1
}

/** The type of an object that was defined in a module. */
function definedType(ref: Ref): CanonicalType | undefined {
  if (FuncInstance.is(ref)) return ref.canonical
  if (!HeapObject.is(ref)) return undefined
  if (ref instanceof StructInstance || ref instanceof ArrayInstance || ref instanceof ContinuationInstance)
    return ref.type
  return undefined
}

/** Whether a reference of the heap type's hierarchy, which is not null, is of that type. */
export function hasHeapType(ref: Ref, heap: HeapType, types: TypeSpace): boolean {
  if (heap >= 0) {
    const type = definedType(ref)
    const expected = types.canonical(heap)
    return isExact(heap) ? type === expected : type?.isSubtypeOf(expected) === true
  }
  switch (heap) {
    case ANY:
    case FUNC:
    case EXTERN:
      return true
    case I31:
      return isI31(ref)
  }
  return HeapObject.is(ref) ? isOfKind(ref, heap) : heap === EQ && isI31(ref)
}

/** Likewise, of an object of the engine's. */
function isOfKind(ref: HeapObject, heap: HeapType): boolean {
  switch (heap) {
    case EXN:
      return ref instanceof ExceptionInstance
    case CONT:
      return ref instanceof ContinuationInstance
    case EQ:
      return ref instanceof StructInstance || ref instanceof ArrayInstance
    case STRUCT:
      return ref instanceof StructInstance
    case ARRAY:
      return ref instanceof ArrayInstance
    default:
      return false
  }
}

/** Whether a reference is of a type in its hierarchy. */
export function hasRefType(ref: Ref, type: RefType, types: TypeSpace): boolean {
  return ref === null ? isNullable(type) : hasHeapType(ref, heapTypeOf(type), types)
}

/** Whether a reference of which nothing is known is of a closed type. */
export function isOfRefType(ref: Ref, type: RefType): boolean {
  const isFunction = topOf(heapTypeOf(type), CLOSED) === FUNC
  return (!isFunction || ref === null || FuncInstance.is(ref)) && hasRefType(ref, type, CLOSED)
}

/** Whether a reference is null where the type admits that, or a structure that has just this descriptor, by which it is of the type. */
export function isDescribedBy(ref: Ref, type: RefType, descriptor: Ref): boolean {
  return ref === null ? isNullable(type) : ref instanceof StructInstance && ref.descriptor === descriptor
}
