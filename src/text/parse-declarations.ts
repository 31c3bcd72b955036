// The first pass over a module's fields: it counts and names what they define, so that the second may meet names before their
// definition. It looks no further into a field than that takes; what is wrong there is found by the second pass.

import type { ExternKind } from '../syntax/types.ts'
import { EXTERN_KINDS } from '../syntax/types.ts'
import type { IndexSpace } from './index-space.ts'
import type { ModuleContext } from './parse-context.ts'
import { bindTypes, TypeDefinitionParser } from './parse-type-definitions.ts'
import { atRefType, parseAddrType, parsePageSize } from './parse-types.ts'
import { LEFT_PAREN, STRING } from './tokens.ts'

export function externKind(word: string | undefined): ExternKind | undefined {
  return EXTERN_KINDS.find((kind) => kind === word)
}

/** Gives the token that each field begins with, up to `end`. */
export function declareFields(context: ModuleContext, end: number): number[] {
  const { cursor } = context
  const declarations = new Declarations(context)
  const fields: number[] = []
  while (cursor.pos < end) {
    const field = cursor.pos
    if (cursor.kind !== LEFT_PAREN) throw cursor.unexpected()
    fields.push(field)
    declarations.declare()
    cursor.pos = field
    cursor.skipGroup()
  }
  declarations.defineTypes()
  return fields
}

class Declarations {
  private readonly context: ModuleContext
  /** What was defined first; from then on imports come too late. */
  private firstDefinition: IndexSpace | undefined
  /** The fields that define types. */
  private readonly typeFields: number[] = []

  constructor(context: ModuleContext) {
    this.context = context
  }

  declare(): void {
    const { context } = this
    const { cursor, annotations } = context
    const field = cursor.pos
    const { clause } = cursor
    if (clause === 'type' || clause === 'rec') {
      this.typeFields.push(field)
      return bindTypes(cursor, context.types, annotations)
    }
    cursor.pos += 2
    const kind = externKind(clause)
    if (kind !== undefined) return this.declareExtern(kind, field)
    if (clause === 'import') this.declareImport(field)
    else if (clause === 'elem') context.elems.bind(cursor, annotations)
    else if (clause === 'data') context.datas.bind(cursor, annotations)
  }

  /** They come before everything that may use them, and after all of their identifiers. */
  defineTypes(): void {
    const { cursor, types, annotations } = this.context
    const parser = new TypeDefinitionParser(cursor, types, annotations)
    const end = cursor.pos
    for (const field of this.typeFields) {
      cursor.pos = field
      parser.parseField()
    }
    cursor.pos = end
  }

  private declareImport(field: number): void {
    const { context } = this
    const { cursor } = context
    cursor.readName()
    if (cursor.kind !== STRING) return this.declareImportGroup(field)
    cursor.readName()
    const kind = externKind(cursor.clause)
    if (kind === undefined) return
    this.refuseLateImport(field)
    cursor.pos += 2
    context.space(kind).bind(cursor, context.annotations)
  }

  /** Items with a type of their own may have identifiers; of those that share one there are only so many. */
  private declareImportGroup(field: number): void {
    const { context } = this
    const { cursor } = context
    this.refuseLateImport(field)
    let untyped = 0
    while (cursor.clause === 'item') {
      const item = cursor.pos
      cursor.pos += 2
      cursor.readName()
      const kind = externKind(cursor.clause)
      cursor.pos += 2
      if (kind === undefined) untyped++
      else context.space(kind).bind(cursor, context.annotations)
      cursor.pos = item
      cursor.skipGroup()
    }
    const shared = externKind(cursor.clause)
    if (shared !== undefined) context.space(shared).bindAnonymous(untyped)
  }

  private declareExtern(kind: ExternKind, field: number): void {
    const { context } = this
    const { cursor } = context
    const space = context.space(kind)
    space.bind(cursor, context.annotations)
    while (cursor.clause === 'export') cursor.skipGroup()
    if (cursor.clause === 'import') return this.refuseLateImport(field)
    this.firstDefinition ??= space
    if (kind === 'table') {
      parseAddrType(cursor)
      if (atRefType(cursor)) context.elems.bindAnonymous()
    } else if (kind === 'memory') {
      parseAddrType(cursor)
      parsePageSize(cursor)
      if (cursor.clause === 'data') context.datas.bindAnonymous()
    }
  }

  private refuseLateImport(field: number): void {
    if (this.firstDefinition === undefined) return
    throw this.context.cursor.tokens.error(field + 1, `import after ${this.firstDefinition.longKind}`)
  }
}
