// The types of a module while it is parsed: those that it defines, and behind them those that its type uses imply.
// https://webassembly.github.io/spec/core/text/modules.html#type-uses

import { EMPTY_BLOCK, type BlockType, type CompType, type FuncType } from '../syntax/types.ts'
import type { RecGroup, Subtyping, ValType } from '../syntax/types.ts'
import { IndexSpace } from './index-space.ts'
import { parseParamsAndResults, type BindParam } from './parse-types.ts'
import type { TokenCursor } from './token-cursor.ts'

export class TypeTable {
  readonly space: IndexSpace = new IndexSpace('type')
  readonly types: CompType[] = []
  readonly subtypes: Map<number, Subtyping> = new Map()
  readonly recGroups: RecGroup[] = []
  /** The fields of each structure type. */
  readonly fields: Map<number, IndexSpace> = new Map()
  private readonly byShape = new Map<string, number>()

  define(type: FuncType): void {
    this.remember(type)
  }

  /** The index of a field of a structure type. */
  resolveField(cursor: TokenCursor, typeIdx: number): number {
    return this.fields.get(typeIdx)?.resolve(cursor) ?? cursor.readU32()
  }

  /** Parameters of a function type; none where it is no such. */
  paramCount(typeIdx: number): number {
    const type = this.types[typeIdx]
    return type?.kind === 'func' ? type.params.length : 0
  }

  /** `(type x)? (param …)* (result …)*` to a type index; the type is defined behind all others if it isn't known yet. */
  parseTypeUse(cursor: TokenCursor, bind?: BindParam): number {
    const start = cursor.pos
    const index = this.parseReference(cursor)
    const type = parseParamsAndResults(cursor, bind)
    return index < 0 ? this.indexOf(type) : this.agree(cursor, start, index, type)
  }

  /** The type of a block. Without `(type x)` it is no more than a value type where that is enough. */
  parseBlockType(cursor: TokenCursor): BlockType {
    const { words } = cursor
    if (!cursor.atClause(words.type) && !cursor.atClause(words.param) && !cursor.atClause(words.result)) {
      return EMPTY_BLOCK
    }
    const start = cursor.pos
    const index = this.parseReference(cursor)
    const type = parseParamsAndResults(cursor)
    if (index >= 0) return this.agree(cursor, start, index, type)
    if (type.params.length > 0 || type.results.length > 1) return this.indexOf(type)
    return type.results[0] ?? EMPTY_BLOCK
  }

  /** The index in `(type x)`, or -1 where there is none. */
  private parseReference(cursor: TokenCursor): number {
    if (!cursor.atClause(cursor.words.type)) return -1
    cursor.pos += 2
    const index = this.space.resolve(cursor)
    cursor.expectRight()
    return index
  }

  /** Parameters and results beside `(type x)` must repeat that type. */
  private agree(cursor: TokenCursor, start: number, index: number, { params, results }: FuncType): number {
    if (params.length === 0 && results.length === 0) return index
    const type = this.types[index]
    if (type === undefined) throw cursor.tokens.error(start + 2, `unknown type ${index}`)
    if (type.kind !== 'func' || !sameTypes(type.params, params) || !sameTypes(type.results, results)) {
      throw cursor.tokens.error(start + 1, 'inline function type does not match the type')
    }
    return index
  }

  private indexOf(type: FuncType): number {
    return this.byShape.get(shapeOf(type)) ?? this.remember(type)
  }

  private remember(type: FuncType): number {
    const index = this.types.push(type) - 1
    const shape = shapeOf(type)
    if (!this.byShape.has(shape)) this.byShape.set(shape, index)
    return index
  }
}

function shapeOf({ params, results }: FuncType): string {
  return `${params.join()}>${results.join()}`
}

function sameTypes(a: readonly ValType[], b: readonly ValType[]): boolean {
  return a.length === b.length && a.every((type, i) => type === b[i])
}
