// When a type may stand for another. Value types match by equality until a proposal brings subtypes; this is the one place that knows.
// The linker compares the types of imports with what it is given by the functions below.
// https://webassembly.github.io/spec/core/valid/matching.html

import { BOT } from '../syntax/types.ts'
import type { ExternType, FuncType, GlobalType, Limits, MemoryType, TableType, ValType } from '../syntax/types.ts'

export function matchesValType(actual: ValType, expected: ValType): boolean {
  return actual === expected || actual === BOT
}

/** https://webassembly.github.io/spec/core/valid/matching.html#result-types */
function matchesResultType(actual: readonly ValType[], expected: readonly ValType[]): boolean {
  return actual.length === expected.length && actual.every((t, i) => matchesValType(t, expected[i]!))
}

/** https://webassembly.github.io/spec/core/valid/matching.html#function-types */
function matchesFuncType(actual: FuncType, expected: FuncType): boolean {
  return matchesResultType(expected.params, actual.params) && matchesResultType(actual.results, expected.results)
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
    matchesBothWays(actual.elem, expected.elem)
  )
}

function matchesMemoryType(actual: MemoryType, expected: MemoryType): boolean {
  return (
    actual.addrType === expected.addrType &&
    actual.shared === expected.shared &&
    matchesLimits(actual.limits, expected.limits)
  )
}

/** https://webassembly.github.io/spec/core/valid/matching.html#global-types */
function matchesGlobalType(actual: GlobalType, expected: GlobalType): boolean {
  if (actual.mutable !== expected.mutable) return false
  return expected.mutable ? matchesBothWays(actual.type, expected.type) : matchesValType(actual.type, expected.type)
}

function matchesBothWays(a: ValType, b: ValType): boolean {
  return matchesValType(a, b) && matchesValType(b, a)
}

/** The type of an import or export that means the same in every module: a function's is resolved. */
export type ResolvedExternType =
  | { readonly kind: 'func'; readonly type: FuncType }
  | Exclude<ExternType, { readonly kind: 'func' }>

/** https://webassembly.github.io/spec/core/valid/matching.html#external-types */
export function matchesExternType(actual: ResolvedExternType, expected: ResolvedExternType): boolean {
  switch (expected.kind) {
    case 'func':
      return actual.kind === 'func' && matchesFuncType(actual.type, expected.type)
    case 'table':
      return actual.kind === 'table' && matchesTableType(actual.type, expected.type)
    case 'memory':
      return actual.kind === 'memory' && matchesMemoryType(actual.type, expected.type)
    case 'global':
      return actual.kind === 'global' && matchesGlobalType(actual.type, expected.type)
  }
}
