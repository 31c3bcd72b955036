// Matches a module's imports with what is offered for them, and reports all that fail at once.
// https://webassembly.github.io/spec/core/exec/modules.html#instantiation

import { LinkError, type UnlinkedImport } from '../errors/link-error.ts'
import type { Import } from '../syntax/module.ts'
import { limitsName, memoryTypeName, type ExternType, type FuncType } from '../syntax/types.ts'
import { closedFuncTypeName, closedTypeName } from '../validate/closed-type-name.ts'
import { matchesExternType, type ClosedExternType } from '../validate/matching.ts'
import { FuncInstance } from './func.ts'
import type { CompiledModule, ExternVal } from './instance.ts'
import { Memory } from './memory.ts'
import { Table } from './table.ts'
import { Tag } from './tag.ts'

/** The type of an import with its function type resolved. */
export function importType(compiled: CompiledModule, { type }: Import): ClosedExternType {
  return closedExternType(compiled, type)
}

/** A type of the module's, as it is told outside of it. */
export function closedExternType({ types }: CompiledModule, type: ExternType): ClosedExternType {
  switch (type.kind) {
    case 'func': {
      const func = { kind: type.kind, type: types.canonical(type.typeIdx) }
      return type.exact === true ? { ...func, exact: true } : func
    }
    case 'tag':
      return { kind: type.kind, type: types.canonical(type.typeIdx) }
    case 'table':
      return { kind: 'table', type: { ...type.type, elem: types.close(type.type.elem) } }
    case 'global':
      return { kind: 'global', type: { ...type.type, type: types.close(type.type.type) } }
    case 'memory':
      return type
  }
}

/** The type of a thing of the store, as it is now. */
function externTypeOf(value: ExternVal): ClosedExternType {
  if (value instanceof FuncInstance) return { kind: 'func', type: value.canonical }
  if (value instanceof Tag) return { kind: 'tag', type: value.canonical }
  if (value instanceof Table) return { kind: 'table', type: { ...value.type, limits: value.currentLimits } }
  if (value instanceof Memory) return { kind: 'memory', type: { ...value.type, limits: value.currentLimits } }
  return { kind: 'global', type: value.type }
}

/** Whether it may stand for the import. */
export function matchesImport(value: ExternVal, compiled: CompiledModule, request: Import): boolean {
  return matchesExternType(externTypeOf(value), importType(compiled, request))
}

/** An external type as people write it: `func [i32] -> []`, `memory 1 2`, `global mut i64`. */
function externTypeName(type: ClosedExternType): string {
  switch (type.kind) {
    case 'func':
      return `func ${type.exact === true ? 'exact ' : ''}${closedFuncTypeName(type.type.comp as FuncType)}`
    case 'tag':
      return `tag ${closedFuncTypeName(type.type.comp as FuncType)}`
    case 'table':
      return `table ${limitsName(type.type)} ${closedTypeName(type.type.elem)}`
    case 'memory':
      return `memory ${memoryTypeName(type.type)}`
    case 'global':
      return `global ${type.type.mutable ? 'mut ' : ''}${closedTypeName(type.type.type)}`
  }
}

/** Gives what stands for an import, or undefined where there is nothing of that name. */
type Resolver = (request: Import, type: ClosedExternType) => ExternVal | undefined

/**
 * What stands for each import, in order. Throws a LinkError that lists every import which is missing or does not match. `providedType`:
 * the type with which there would be a function of that name.
 */
export function linkImports(
  compiled: CompiledModule,
  resolve: Resolver,
  providedType?: (request: Import) => string | undefined,
): ExternVal[] {
  const failed: UnlinkedImport[] = []
  const values: ExternVal[] = []
  for (const request of compiled.module.imports) {
    const { module, name } = request
    const expected = importType(compiled, request)
    const value = resolve(request, expected)
    if (value === undefined) {
      const provided = providedType?.(request)
      const hint = provided === undefined ? '' : `; there is one of type ${provided}`
      failed.push({ module, name, reason: 'unknown import', detail: `${externTypeName(expected)}${hint}` })
    } else if (!matchesExternType(externTypeOf(value), expected)) {
      const detail = `expected ${externTypeName(expected)}, got ${externTypeName(externTypeOf(value))}`
      failed.push({ module, name, reason: 'incompatible import type', detail })
    } else values.push(value)
  }
  if (failed.length > 0) throw new LinkError(failed)
  return values
}
