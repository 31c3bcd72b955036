// Types in the text format, with the identifiers of type definitions.
// https://webassembly.github.io/spec/core/text/types.html

import { funcTypeAt, type Module } from '../syntax/module.ts'
import {
  EMPTY_BLOCK,
  valTypeName,
  type BlockType,
  type FuncType,
  type GlobalType,
  type Limits,
  type MemoryType,
  type TableType,
  type ValType,
} from '../syntax/types.ts'
import type { IdSpace } from './print-ids.ts'

/** Up to so many parameters and results a block repeats those of its type, for the reader; beyond, the text would no longer be linear. */
const MAX_REPEATED_TYPES = 16

/** `(param i32 i64)`, or nothing where there are none. */
export function printTypeList(keyword: 'param' | 'result' | 'local', types: readonly ValType[]): string {
  return types.length === 0 ? '' : `(${keyword} ${types.map(valTypeName).join(' ')})`
}

export function printFuncType(type: FuncType): string {
  return joinWords(['(func', printTypeList('param', type.params), printTypeList('result', type.results)]) + ')'
}

function printLimits({ min, max }: Limits): string {
  return max === undefined ? printSize(min) : `${printSize(min)} ${printSize(max)}`
}

/** Digits, where String() would turn to exponents. */
function printSize(size: number): string {
  return String(BigInt(size))
}

export function printTableType({ addrType, limits, elem }: TableType): string {
  return `${printAddrType(addrType)}${printLimits(limits)} ${valTypeName(elem)}`
}

export function printMemoryType({ addrType, limits, shared }: MemoryType): string {
  return `${printAddrType(addrType)}${printLimits(limits)}${shared ? ' shared' : ''}`
}

export function printGlobalType({ type, mutable }: GlobalType): string {
  return mutable ? `(mut ${valTypeName(type)})` : valTypeName(type)
}

/** `i32` is what stands for nothing. */
function printAddrType(addrType: TableType['addrType']): string {
  return addrType === 'i32' ? '' : `${addrType} `
}

/** Block types by their code, each spelled once. */
export class BlockTypePrinter {
  private readonly module: Module
  private readonly types: IdSpace
  private readonly printed: Map<BlockType, string> = new Map([[EMPTY_BLOCK, '']])

  constructor(module: Module, types: IdSpace) {
    this.module = module
    this.types = types
  }

  /** With a space before it, or nothing. */
  print(blockType: BlockType): string {
    const known = this.printed.get(blockType)
    if (known !== undefined) return known
    const text = ` ${this.spell(blockType)}`
    this.printed.set(blockType, text)
    return text
  }

  private spell(blockType: BlockType): string {
    const type = funcTypeAt(this.module, blockType)
    // What is no type index is a value type, and reference types are larger than any index.
    if (blockType < 0 || blockType >= 2 ** 30) return printTypeList('result', [blockType])
    const use = `(type ${this.types.use(blockType)})`
    if (type === undefined || type.params.length + type.results.length > MAX_REPEATED_TYPES) return use
    return joinWords([use, printTypeList('param', type.params), printTypeList('result', type.results)])
  }
}

/** Joins what isn't empty by spaces. */
export function joinWords(words: readonly string[]): string {
  return words.filter((word) => word !== '').join(' ')
}
