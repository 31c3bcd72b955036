// Types in the text format, with the identifiers of type definitions.
// https://webassembly.github.io/spec/core/text/types.html

import { funcTypeAt, type Module } from '../syntax/module.ts'
import {
  EMPTY_BLOCK,
  limitsName,
  memoryTypeName,
  spellHeapType,
  spellStorageType,
  spellValType,
} from '../syntax/types.ts'
import type { BlockType, ExternType, FieldType, FuncType, GlobalType, HeapType } from '../syntax/types.ts'
import type { TableType, ValType } from '../syntax/types.ts'
import type { IdSpace } from './print-ids.ts'

/** Up to so many parameters and results a block repeats those of its type, for the reader; beyond, the text would no longer be linear. */
const MAX_REPEATED_TYPES = 16

export class TypePrinter {
  /** Identifiers of types. */
  readonly ids: IdSpace

  constructor(ids: IdSpace) {
    this.ids = ids
  }

  valType(type: ValType): string {
    return spellValType(type, this.name)
  }

  heapType(heap: HeapType): string {
    return spellHeapType(heap, this.name)
  }

  /** `(param i32 i64)`, or nothing where there are none. */
  list(keyword: 'param' | 'result' | 'local', types: readonly ValType[]): string {
    return types.length === 0 ? '' : `(${keyword} ${types.map((type) => this.valType(type)).join(' ')})`
  }

  /** `(param i32) (result i64)` */
  funcType({ params, results }: FuncType): string {
    return joinWords([this.list('param', params), this.list('result', results)])
  }

  fieldType({ type, mutable }: FieldType): string {
    const text = spellStorageType(type, this.name)
    return mutable ? `(mut ${text})` : text
  }

  tableType(type: TableType): string {
    return `${limitsName(type)} ${this.valType(type.elem)}`
  }

  globalType({ type, mutable }: GlobalType): string {
    return mutable ? `(mut ${this.valType(type)})` : this.valType(type)
  }

  /** What stands behind the kind and the identifier of an import. */
  externType(type: ExternType): string {
    switch (type.kind) {
      case 'func': {
        const use = `(type ${this.ids.use(type.typeIdx)})`
        return type.exact === true ? `(exact ${use})` : use
      }
      case 'tag':
        return `(type ${this.ids.use(type.typeIdx)})`
      case 'table':
        return this.tableType(type.type)
      case 'memory':
        return memoryTypeName(type.type)
      case 'global':
        return this.globalType(type.type)
    }
  }

  private readonly name = (typeIdx: number): string => this.ids.use(typeIdx)
}

/** Block types by their code, each spelled once. */
export class BlockTypePrinter {
  private readonly module: Module
  private readonly types: TypePrinter
  private readonly printed: Map<BlockType, string> = new Map([[EMPTY_BLOCK, '']])

  constructor(module: Module, types: TypePrinter) {
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
    const { types } = this
    const type = funcTypeAt(this.module, blockType)
    // What is no type index is a value type, and reference types are larger than any index.
    if (blockType < 0 || blockType >= 2 ** 30) return types.list('result', [blockType])
    const use = `(type ${types.ids.use(blockType)})`
    if (type === undefined || type.params.length + type.results.length > MAX_REPEATED_TYPES) return use
    return joinWords([use, types.funcType(type)])
  }
}

/** Joins what isn't empty by spaces. */
export function joinWords(words: readonly string[]): string {
  return words.filter((word) => word !== '').join(' ')
}
