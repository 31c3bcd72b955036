// What validation reports, in the words of the official scripts first and with what was expected and found behind them. Where it
// happened is added by whoever knows: the offset and the instruction in code.ts, the definition in module.ts.

import { ModuleError } from '../errors/module-error.ts'
import { nameText } from '../errors/quote.ts'
import type { Module } from '../syntax/module.ts'
import type { NamedSpace } from '../syntax/names.ts'
import { resultTypeName, spellValType, type Size, type TypeNamer, type ValType } from '../syntax/types.ts'

export function invalid(reason: string): ModuleError {
  return new ModuleError('invalid', reason)
}

/** `what` is the name of the index space in the scripts: `local`, `elem segment` … */
export function unknown(what: string, x: number): ModuleError {
  return invalid(`unknown ${what} ${x}`)
}

/** What a module calls its types: `$list`, or the index. The mismatches below take one. */
export function typeNamer({ names }: Module): TypeNamer {
  return (typeIdx) => {
    const name = names?.types?.get(typeIdx)
    return name === undefined ? String(typeIdx) : `$${nameText(name)}`
  }
}

/** An instruction's operands: the ones that it takes against the topmost ones that are there. */
export function operandMismatch(name: TypeNamer, required: ArrayLike<ValType>, found: ArrayLike<ValType>): ModuleError {
  const [requires, has] = [resultTypeName(required, name), resultTypeName(found, name)]
  return invalid(`type mismatch: instruction requires ${requires} but stack has ${has}`)
}

/** The end of a block: its results against everything that is left in it. */
export function resultMismatch(name: TypeNamer, results: ArrayLike<ValType>, found: ArrayLike<ValType>): ModuleError {
  const [expected, has] = [resultTypeName(results, name), resultTypeName(found, name)]
  return invalid(`type mismatch: block requires ${expected} but stack has ${has}`)
}

export function typeMismatch(name: TypeNamer, expected: ValType, found: ValType): ModuleError {
  return invalid(`type mismatch: expected ${spellValType(expected, name)} but found ${spellValType(found, name)}`)
}

/** The operands that a label or a function takes against those that it would get. */
export function listMismatch(name: TypeNamer, expected: ArrayLike<ValType>, found: ArrayLike<ValType>): ModuleError {
  return invalid(`type mismatch: expected ${resultTypeName(expected, name)} but found ${resultTypeName(found, name)}`)
}

/** `what` in the plural: `1001 parameters`. */
export function overLimit(count: Size, what: string, limit: number): ModuleError {
  return new ModuleError('limit', `${count} ${what}, more than ${limit}`)
}

export type DefinitionKind = 'func' | 'table' | 'memory' | 'global' | 'elem' | 'data' | 'type' | 'tag'

/** Kinds of definitions: as people read them, and where their identifiers are. */
const NAMED: Readonly<Record<DefinitionKind, NamedSpace>> = {
  func: 'funcs',
  table: 'tables',
  memory: 'memories',
  global: 'globals',
  elem: 'elems',
  data: 'datas',
  type: 'types',
  tag: 'tags',
}

/** A definition as people know it: `$fac`, or `func 7` where it has no name. */
export function definitionName({ names }: Module, kind: DefinitionKind, index: number): string {
  const name = names?.[NAMED[kind]]?.get(index)
  return name === undefined ? `${kind} ${index}` : `$${nameText(name)}`
}
