// Definitions of types: `(type …)` by itself, and recursion groups. Identifiers of all types are bound before the first definition is
// parsed, for a type may refer to one that is defined behind it.
// https://webassembly.github.io/spec/core/text/types.html#recursive-types

import type {
  ArrayType,
  ContType,
  DescriptorClauses,
  FieldType,
  FuncType,
  StructType,
  Subtyping,
} from '../syntax/types.ts'
import type { ModuleAnnotations } from './annotations.ts'
import { IndexSpace } from './index-space.ts'
import { parseFieldType, parseParamsAndResults } from './parse-types.ts'
import type { TokenCursor } from './token-cursor.ts'
import { ID, RIGHT_PAREN } from './tokens.ts'
import type { TypeDefinition, TypeTable } from './type-table.ts'

/** Binds the identifier of each type in the field at the cursor, which is a `(type …)` or a `(rec …)`. */
export function bindTypes(cursor: TokenCursor, types: TypeTable, annotations: ModuleAnnotations): void {
  const isGroup = cursor.clause === 'rec'
  if (isGroup) cursor.pos += 2
  while (cursor.atClause(cursor.words.type)) {
    const start = cursor.pos
    cursor.pos += 2
    types.space.bind(cursor, annotations)
    if (!isGroup) return
    cursor.pos = start
    cursor.skipGroup()
  }
}

/** Parses the types whose identifiers `bindTypes` has bound. */
export class TypeDefinitionParser {
  private readonly cursor: TokenCursor
  private readonly types: TypeTable
  private readonly annotations: ModuleAnnotations

  constructor(cursor: TokenCursor, types: TypeTable, annotations: ModuleAnnotations) {
    this.cursor = cursor
    this.types = types
    this.annotations = annotations
  }

  /** The field at the cursor. */
  parseField(): void {
    const { cursor, types } = this
    if (!cursor.takeClause('rec')) return types.defineGroup([this.parseType()], false)
    const definitions: TypeDefinition[] = []
    while (cursor.kind !== RIGHT_PAREN) definitions.push(this.parseType())
    cursor.pos++
    types.defineGroup(definitions, true)
  }

  private parseType(): TypeDefinition {
    const { cursor } = this
    cursor.expectClause('type')
    cursor.takeId()
    const definition = this.parseSubType()
    cursor.expectRight()
    return definition
  }

  /** `(sub final? x* desctype)`, or a described type alone. */
  private parseSubType(): TypeDefinition {
    const { cursor } = this
    if (!cursor.takeClause('sub')) return this.parseDescType()
    const final = cursor.takeWord('final')
    const supertypes: number[] = []
    while (cursor.atIndex()) supertypes.push(this.types.space.resolve(cursor))
    const subtyping: Subtyping = { final, supertypes }
    const definition = { ...this.parseDescType(), subtyping }
    cursor.expectRight()
    return definition
  }

  /** `(describes x)? (descriptor x)? comptype` */
  private parseDescType(): TypeDefinition {
    const describes = this.parseClause('describes')
    const descriptor = this.parseClause('descriptor')
    const definition = this.parseCompType()
    if (describes === undefined && descriptor === undefined) return definition
    const clauses: DescriptorClauses = {
      ...(describes === undefined ? {} : { describes }),
      ...(descriptor === undefined ? {} : { descriptor }),
    }
    return { ...definition, clauses }
  }

  private parseClause(keyword: string): number | undefined {
    const { cursor } = this
    if (!cursor.takeClause(keyword)) return undefined
    const typeIdx = this.types.space.resolve(cursor)
    cursor.expectRight()
    return typeIdx
  }

  private parseCompType(): TypeDefinition {
    const { cursor } = this
    cursor.expectLeft()
    const { word } = cursor
    cursor.pos++
    const definition = this.parseCompTypeOf(word)
    cursor.expectRight()
    return definition
  }

  /** What stands behind the keyword. */
  private parseCompTypeOf(word: string | undefined): TypeDefinition {
    switch (word) {
      case 'func':
        return { type: this.parseFuncType() }
      case 'struct':
        return this.parseStruct()
      case 'array':
        return { type: this.parseArrayType() }
      case 'cont':
        return { type: this.parseContType() }
      default:
        throw this.cursor.unexpected(this.cursor.pos - 1)
    }
  }

  private parseFuncType(): FuncType {
    const { cursor } = this
    // Names of parameters mean nothing here, however they are written.
    return parseParamsAndResults(cursor, this.types.space, () => {
      cursor.takeId()
      this.annotations.takeName(cursor.pos, 'parameter')
    })
  }

  private parseArrayType(): ArrayType {
    return { kind: 'array', elem: parseFieldType(this.cursor, this.types.space) }
  }

  private parseContType(): ContType {
    return { kind: 'cont', typeIdx: this.types.space.resolve(this.cursor) }
  }

  /** `(field …)*`: an identifier with a type, or any number of types. */
  private parseStruct(): TypeDefinition {
    const { cursor, annotations } = this
    const { space } = this.types
    const names = new IndexSpace('field')
    const fields: FieldType[] = []
    while (cursor.takeClause('field')) {
      const isNamed = cursor.tokens.kind(cursor.pos) === ID
      while (cursor.kind !== RIGHT_PAREN) {
        if (!isNamed && cursor.kind === ID) throw cursor.unexpected()
        names.bind(cursor, annotations)
        fields.push(parseFieldType(cursor, space))
        if (isNamed) break
      }
      cursor.expectRight()
    }
    const type: StructType = { kind: 'struct', fields }
    return names.names.size === 0 ? { type } : { type, fields: names }
  }
}
