// What closed types are called where people read them: their type indices are ids of this process, which mean nothing outside of it, so
// that definitions are spelled out. What those refer to is named by its kind alone, as types may be recursive.

import { listed } from '../errors/quote.ts'
import { spellStorageType, spellValType } from '../syntax/types.ts'
import type { CompType, FieldType, FuncType, ValType } from '../syntax/types.ts'
import { canonicalById } from './canonical-types.ts'

/** `i32`, `(ref null (func (param i32)))`, `(ref (struct (mut i8) (ref func)))` … Precondition: somebody holds the types that it names. */
export function closedTypeName(type: ValType): string {
  return spellValType(type, (id) => definitionText(canonicalById(id).comp))
}

/** `[i32 (ref null (func))]`, cut where it is longer than anybody reads. */
export function closedResultTypeName(types: readonly ValType[]): string {
  return `[${listed(types, closedTypeName, ' ')}]`
}

export function closedFuncTypeName({ params, results }: FuncType): string {
  return `${closedResultTypeName(params)} -> ${closedResultTypeName(results)}`
}

function definitionText(comp: CompType): string {
  switch (comp.kind) {
    case 'func':
      return `(func${clause('param', comp.params)}${clause('result', comp.results)})`
    case 'struct':
      return `(struct${comp.fields.length === 0 ? '' : ` ${listed(comp.fields, fieldText, ' ')}`})`
    case 'array':
      return `(array ${fieldText(comp.elem)})`
    case 'cont':
      return '(cont func)'
  }
}

function clause(keyword: 'param' | 'result', types: readonly ValType[]): string {
  return types.length === 0 ? '' : ` (${keyword} ${listed(types, innerText, ' ')})`
}

function fieldText({ type, mutable }: FieldType): string {
  const text = spellStorageType(type, kindText)
  return mutable ? `(mut ${text})` : text
}

function innerText(type: ValType): string {
  return spellValType(type, kindText)
}

function kindText(id: number): string {
  return canonicalById(id).comp.kind
}
