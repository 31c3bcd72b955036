// The stubs of memories, tables, globals and tags: what the host makes for each, of the type that the module asks for.

import { memoryTypeName, limitsName, pageSizeOf, isRefType, V128 } from '../../syntax/types.ts'
import type { FuncType, GlobalType, MemoryType, TableType, AddrType, Limits } from '../../syntax/types.ts'
import { closedTypeName } from '../../validate/closed-type-name.ts'
import type { ClosedExternType } from '../../validate/matching.ts'
import { typeText, type Stub } from './function-stub.ts'
import { hasName, propertyKey, typeLiteral, typeScriptType, zero } from './spelling.ts'

type Extern = Exclude<ClosedExternType, { readonly kind: 'func' }>

export function externStub(name: string, type: Extern): Stub {
  switch (type.kind) {
    case 'memory':
      return made(name, 'Memory', `memory ${memoryTypeName(type.type)}`, memory(type.type))
    case 'table': {
      const { elem } = type.type
      const text = `table ${limitsName(type.type)} ${closedTypeName(elem)}`
      return made(name, 'Table', text, hasName(elem) && zero(elem) !== undefined ? table(type.type) : undefined)
    }
    case 'global':
      return globalStub(name, type.type)
    case 'tag': {
      const comp = type.type.comp as FuncType
      const types = comp.params.map(typeLiteral).join(', ')
      return made(
        name,
        'Tag',
        `tag ${typeText(comp)}`,
        comp.params.every(hasName) ? `createTag([${types}])` : undefined,
      )
    }
  }
}

/** Without an expression, JavaScript can't make it. */
function made(name: string, type: string, text: string, expression: string | undefined): Stub {
  const key = propertyKey(name)
  if (expression !== undefined) {
    return { type: [`${key}: ${type}`], value: [`// ${text}`, `${key}: heddle.${expression},`] }
  }
  return {
    type: [`${key}?: ${type} | undefined`],
    value: [`// ${text}: only a module can make it (--preload takes what one exports)`, `${key}: undefined,`],
  }
}

function memory(type: MemoryType): string {
  const { addrType, limits, shared, pageSizeLog2 } = type
  const options = [
    ...(pageSizeLog2 === undefined ? [] : [`pageSize: ${pageSizeOf(type)}`]),
    ...(shared ? ['shared: true'] : []),
  ]
  return `createMemory(new heddle.Store(), { ${[...size(addrType, limits), ...options].join(', ')} })`
}

function table({ addrType, limits, elem }: TableType): string {
  const options = [`element: ${typeLiteral(elem)}`, ...size(addrType, limits)]
  return `createTable(new heddle.Store(), { ${options.join(', ')} })`
}

/** A maximum that no number holds is as good as the largest that one does. */
function size(addrType: AddrType, { min, max }: Limits): string[] {
  const whole = (value: number | bigint): string =>
    String(value > Number.MAX_SAFE_INTEGER ? Number.MAX_SAFE_INTEGER : value)
  return [
    ...(addrType === 'i64' ? ["address: 'i64'"] : []),
    `min: ${whole(min)}`,
    ...(max === undefined ? [] : [`max: ${whole(max)}`]),
  ]
}

function globalStub(name: string, { type, mutable }: GlobalType): Stub {
  const text = `global ${mutable ? 'mut ' : ''}${closedTypeName(type)}`
  const value = zero(type)
  if (!mutable && !isRefType(type) && type !== V128) {
    const key = propertyKey(name)
    return { type: [`${key}: ${typeScriptType(type)} | Global`], value: [`// ${text}`, `${key}: ${value!},`] }
  }
  const isPossible = hasName(type) && (value !== undefined || type === V128)
  const given = value ?? 'undefined'
  return made(name, 'Global', text, isPossible ? `createGlobal(${typeLiteral(type)}, ${given}, ${mutable})` : undefined)
}
