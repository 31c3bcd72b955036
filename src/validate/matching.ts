// When a type may stand for another. Types with type indices are compared in a space that knows them: of a module, or of the store,
// where types are closed. The linker compares the types of imports with what it is given by the functions below.
// https://webassembly.github.io/spec/core/valid/matching.html

import {
  ANY,
  ARRAY,
  BOT,
  BOT_HEAP,
  CONT,
  EQ,
  EXN,
  EXTERN,
  FUNC,
  I31,
  NOCONT,
  NOEXN,
  NOEXTERN,
  NOFUNC,
  NONE,
  STRUCT,
  heapTypeOf,
  isExact,
  isNullable,
  isRefType,
  pageSizeOf,
} from '../syntax/types.ts'
import type { CompType, ExternType, FieldType, FuncType, GlobalType, HeapType, Limits } from '../syntax/types.ts'
import type { MemoryType, TableType, ValType } from '../syntax/types.ts'
import { CLOSED, type CanonicalType, type TypeSpace } from './canonical-types.ts'

/** The abstract heap types above each, and itself. */
const ABSTRACT_SUPERTYPES: ReadonlyMap<HeapType, ReadonlySet<HeapType>> = new Map([
  [ANY, new Set([ANY])],
  [EQ, new Set([EQ, ANY])],
  [I31, new Set([I31, EQ, ANY])],
  [STRUCT, new Set([STRUCT, EQ, ANY])],
  [ARRAY, new Set([ARRAY, EQ, ANY])],
  [NONE, new Set([NONE, I31, STRUCT, ARRAY, EQ, ANY])],
  [FUNC, new Set([FUNC])],
  [NOFUNC, new Set([NOFUNC, FUNC])],
  [EXTERN, new Set([EXTERN])],
  [NOEXTERN, new Set([NOEXTERN, EXTERN])],
  [EXN, new Set([EXN])],
  [NOEXN, new Set([NOEXN, EXN])],
  [CONT, new Set([CONT])],
  [NOCONT, new Set([NOCONT, CONT])],
])

/** The abstract heap type right above the types of a kind, and the one below all of them. */
const ABOVE: Readonly<Record<CompType['kind'], HeapType>> = { func: FUNC, struct: STRUCT, array: ARRAY, cont: CONT }
const BELOW: Readonly<Record<CompType['kind'], HeapType>> = { func: NOFUNC, struct: NONE, array: NONE, cont: NOCONT }

/** https://webassembly.github.io/spec/core/valid/matching.html#heap-types */
export function matchesHeapType(actual: HeapType, expected: HeapType, types: TypeSpace): boolean {
  if (actual === expected || actual === BOT_HEAP) return true
  if (expected >= 0) {
    if (actual >= 0) return matchesDefinedType(actual, expected, types)
    return actual === BELOW[types.kindOf(expected)]
  }
  const abstract = actual >= 0 ? ABOVE[types.kindOf(actual)] : actual
  return ABSTRACT_SUPERTYPES.get(abstract)?.has(expected) === true
}

/** An exact type has no subtypes but itself, and is a subtype of what its definition is one of. */
function matchesDefinedType(actual: HeapType, expected: HeapType, types: TypeSpace): boolean {
  const sub = types.canonical(actual)
  const above = types.canonical(expected)
  return isExact(expected) ? isExact(actual) && sub === above : sub.isSubtypeOf(above)
}

/** https://webassembly.github.io/spec/core/valid/matching.html#value-types */
export function matchesValType(actual: ValType, expected: ValType, types: TypeSpace): boolean {
  if (actual === expected || actual === BOT) return true
  if (!isRefType(actual) || !isRefType(expected) || (isNullable(actual) && !isNullable(expected))) return false
  return matchesHeapType(heapTypeOf(actual), heapTypeOf(expected), types)
}

/** The greatest type of a heap type's hierarchy: casts stay within it. */
export function topOf(heap: HeapType, types: TypeSpace): HeapType {
  const abstract = heap >= 0 ? ABOVE[types.kindOf(heap)] : heap
  return [...(ABSTRACT_SUPERTYPES.get(abstract) ?? [])].at(-1) ?? abstract
}

/** https://webassembly.github.io/spec/core/valid/matching.html#result-types */
export function matchesResultType(actual: readonly ValType[], expected: readonly ValType[], types: TypeSpace): boolean {
  return actual.length === expected.length && actual.every((t, i) => matchesValType(t, expected[i]!, types))
}

/** https://webassembly.github.io/spec/core/valid/matching.html#function-types */
function matchesFuncType(actual: FuncType, expected: FuncType, types: TypeSpace): boolean {
  return (
    matchesResultType(expected.params, actual.params, types) &&
    matchesResultType(actual.results, expected.results, types)
  )
}

/** https://webassembly.github.io/spec/core/valid/matching.html#field-types */
function matchesFieldType(actual: FieldType, expected: FieldType, types: TypeSpace): boolean {
  if (actual.mutable !== expected.mutable) return false
  return expected.mutable
    ? matchesBothWays(actual.type, expected.type, types)
    : matchesValType(actual.type, expected.type, types)
}

/** https://webassembly.github.io/spec/core/valid/matching.html#composite-types */
export function matchesCompType(actual: CompType, expected: CompType, types: TypeSpace): boolean {
  switch (expected.kind) {
    case 'func':
      return actual.kind === 'func' && matchesFuncType(actual, expected, types)
    case 'struct':
      return (
        actual.kind === 'struct' &&
        actual.fields.length >= expected.fields.length &&
        expected.fields.every((field, i) => matchesFieldType(actual.fields[i]!, field, types))
      )
    case 'array':
      return actual.kind === 'array' && matchesFieldType(actual.elem, expected.elem, types)
    case 'cont':
      return actual.kind === 'cont' && matchesHeapType(actual.typeIdx, expected.typeIdx, types)
  }
}

/** https://webassembly.github.io/spec/core/valid/matching.html#limits */
export function matchesLimits(actual: Limits, expected: Limits): boolean {
  if (actual.min < expected.min) return false
  return expected.max === undefined || (actual.max !== undefined && actual.max <= expected.max)
}

/** A table is written and read through one type, so that element types match in both directions. */
function matchesTableType(actual: TableType, expected: TableType): boolean {
  return (
    actual.addrType === expected.addrType &&
    matchesLimits(actual.limits, expected.limits) &&
    matchesBothWays(actual.elem, expected.elem, CLOSED)
  )
}

function matchesMemoryType(actual: MemoryType, expected: MemoryType): boolean {
  return (
    actual.addrType === expected.addrType &&
    actual.shared === expected.shared &&
    pageSizeOf(actual) === pageSizeOf(expected) &&
    matchesLimits(actual.limits, expected.limits)
  )
}

/** https://webassembly.github.io/spec/core/valid/matching.html#global-types */
function matchesGlobalType(actual: GlobalType, expected: GlobalType): boolean {
  if (actual.mutable !== expected.mutable) return false
  return expected.mutable
    ? matchesBothWays(actual.type, expected.type, CLOSED)
    : matchesValType(actual.type, expected.type, CLOSED)
}

function matchesBothWays(a: ValType, b: ValType, types: TypeSpace): boolean {
  return matchesValType(a, b, types) && matchesValType(b, a, types)
}

/** The type of an import or export that means the same in every module: type indices are resolved, and the others closed. */
export type ClosedExternType =
  | { readonly kind: 'func'; readonly type: CanonicalType; readonly exact?: true | undefined }
  | { readonly kind: 'tag'; readonly type: CanonicalType }
  | Exclude<ExternType, { readonly kind: 'func' | 'tag' }>

/** https://webassembly.github.io/spec/core/valid/matching.html#external-types */
export function matchesExternType(actual: ClosedExternType, expected: ClosedExternType): boolean {
  switch (expected.kind) {
    case 'func':
      if (actual.kind !== 'func') return false
      return expected.exact === true ? actual.type === expected.type : actual.type.isSubtypeOf(expected.type)
    case 'table':
      return actual.kind === 'table' && matchesTableType(actual.type, expected.type)
    case 'memory':
      return actual.kind === 'memory' && matchesMemoryType(actual.type, expected.type)
    case 'global':
      return actual.kind === 'global' && matchesGlobalType(actual.type, expected.type)
    case 'tag':
      return actual.kind === 'tag' && actual.type === expected.type
  }
}
