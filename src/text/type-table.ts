// The types of a module while it is parsed: those that it defines, and behind them those that its type uses imply. A type use implies
// a function type that is final, without supertypes and alone in its recursion group, so that only such a one is reused.
// https://webassembly.github.io/spec/core/text/modules.html#type-uses

import { MAX_TYPE_IDX } from '../instructions/type-codes.ts'
import { EMPTY_BLOCK, type BlockType, type CompType, type ExternType, type FuncType } from '../syntax/types.ts'
import type { DescriptorClauses, RecGroup, Subtyping, ValType } from '../syntax/types.ts'
import { IndexSpace } from './index-space.ts'
import { parseParamsAndResults, type BindParam } from './parse-types.ts'
import type { TokenCursor } from './token-cursor.ts'

/** What one `(type …)` says. */
export interface TypeDefinition {
  readonly type: CompType
  readonly subtyping?: Subtyping | undefined
  readonly clauses?: DescriptorClauses | undefined
  /** The identifiers of its fields, where there are any. */
  readonly fields?: IndexSpace | undefined
}

const NO_FIELDS = new IndexSpace('field')

export class TypeTable {
  readonly space: IndexSpace = new IndexSpace('type')
  readonly types: CompType[] = []
  readonly subtypes: Map<number, Subtyping> = new Map()
  readonly descriptors: Map<number, DescriptorClauses> = new Map()
  readonly recGroups: RecGroup[] = []
  /** The identifiers of fields, by type index, of the structs that have any. */
  readonly fields: Map<number, IndexSpace> = new Map()
  private readonly byShape = new Map<string, number>()

  /** Definitions of one recursion group; `spelled` where it stands in a `(rec …)`. */
  defineGroup(definitions: readonly TypeDefinition[], spelled: boolean): void {
    const { types, subtypes, descriptors } = this
    const start = types.length
    if (spelled) this.recGroups.push({ start, count: definitions.length })
    for (const { type, subtyping, clauses, fields } of definitions) {
      const index = types.push(type) - 1
      if (subtyping !== undefined) subtypes.set(index, subtyping)
      if (clauses !== undefined) descriptors.set(index, clauses)
      if (fields !== undefined) this.fields.set(index, fields)
    }
    if (definitions.length === 1) this.offer(definitions[0]!, start)
  }

  /** The space of the fields of a type; an empty one where it is no struct whose fields have identifiers. */
  fieldSpace(typeIdx: number): IndexSpace {
    return this.fields.get(typeIdx) ?? NO_FIELDS
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
    const type = parseParamsAndResults(cursor, this.space, bind)
    return index < 0 ? this.indexOf(type) : this.agree(cursor, start, index, type)
  }

  /** The type of an imported function: a type use, or `(exact …)` around one. */
  parseExactTypeUse(cursor: TokenCursor, bind: BindParam): ExternType {
    if (!cursor.takeClause('exact')) return { kind: 'func', typeIdx: this.parseTypeUse(cursor, bind) }
    const typeIdx = this.parseTypeUse(cursor, bind)
    cursor.expectRight()
    return { kind: 'func', typeIdx, exact: true }
  }

  /** The type of a block. Without `(type x)` it is no more than a value type where that is enough. */
  parseBlockType(cursor: TokenCursor): BlockType {
    const { words } = cursor
    if (!cursor.atClause(words.type) && !cursor.atClause(words.param) && !cursor.atClause(words.result)) {
      return EMPTY_BLOCK
    }
    const start = cursor.pos
    const index = this.parseReference(cursor)
    const type = parseParamsAndResults(cursor, this.space)
    // A block type has no room for an index that no module can have; this one is as unknown.
    if (index >= 0) return Math.min(this.agree(cursor, start, index, type), MAX_TYPE_IDX)
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
    const known = this.byShape.get(shapeOf(type))
    if (known !== undefined) return known
    const index = this.types.length
    this.defineGroup([{ type }], false)
    return index
  }

  /** Lets type uses find the type, unless there is an equal one before it. */
  private offer({ type, subtyping, clauses }: TypeDefinition, index: number): void {
    const isPlain = subtyping === undefined || (subtyping.final && subtyping.supertypes.length === 0)
    if (type.kind !== 'func' || !isPlain || clauses !== undefined) return
    const shape = shapeOf(type)
    if (!this.byShape.has(shape)) this.byShape.set(shape, index)
  }
}

function shapeOf({ params, results }: FuncType): string {
  return `${params.join()}>${results.join()}`
}

function sameTypes(a: readonly ValType[], b: readonly ValType[]): boolean {
  return a.length === b.length && a.every((type, i) => type === b[i])
}
