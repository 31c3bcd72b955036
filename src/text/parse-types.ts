// Types of the text format: values, references, functions, limits, tables, memories, globals.
// https://webassembly.github.io/spec/core/text/types.html

import { isRefType, refType, HEAP_TYPES_BY_NAME, FUNCREF, EXTERNREF } from '../syntax/types.ts'
import type {
  FuncType,
  GlobalType,
  HeapType,
  Limits,
  MemoryType,
  RefType,
  TableType,
  ValType,
} from '../syntax/types.ts'
import type { TokenCursor } from './token-cursor.ts'
import { ID, KEYWORD, LEFT_PAREN, NAT, RIGHT_PAREN } from './tokens.ts'

/** Called for each parameter or local, where its identifier would stand. */
export type BindParam = () => void

export function parseValType(cursor: TokenCursor): ValType {
  const { tokens, pos, words } = cursor
  const kind = tokens.kind(pos)
  if (kind === KEYWORD) {
    const type = words.valType(tokens.atom(pos))
    if (type === undefined) throw cursor.unexpected()
    cursor.pos++
    return type
  }
  if (kind !== LEFT_PAREN || !cursor.atClause(words.ref)) throw cursor.unexpected()
  return parseLongRefType(cursor)
}

export function parseRefType(cursor: TokenCursor): RefType {
  const start = cursor.pos
  const type = parseValType(cursor)
  if (!isRefType(type)) throw cursor.unexpected(start)
  return type
}

/** Whether a reference type comes next. */
export function atRefType(cursor: TokenCursor): boolean {
  if (cursor.atClause(cursor.words.ref)) return true
  if (cursor.kind !== KEYWORD) return false
  const type = cursor.words.valType(cursor.tokens.atom(cursor.pos))
  return type !== undefined && isRefType(type)
}

/** `(ref null? heaptype)`, of which the nullable abstract ones are what `funcref` and `externref` abbreviate. */
function parseLongRefType(cursor: TokenCursor): RefType {
  const start = cursor.pos
  cursor.pos += 2
  const nullable = cursor.takeWord('null')
  const type = refType(nullable, parseHeapType(cursor))
  cursor.expectRight()
  if (type !== FUNCREF && type !== EXTERNREF) {
    throw cursor.unsupported('function-references', 'a reference that is not nullable', start + 1)
  }
  return type
}

export function parseHeapType(cursor: TokenCursor): HeapType {
  if (cursor.atIndex()) throw cursor.unsupported('function-references', 'a heap type that is a type index')
  const { word } = cursor
  const heap = word === undefined ? undefined : HEAP_TYPES_BY_NAME.get(word)
  if (heap === undefined) throw cursor.unexpected()
  cursor.pos++
  return heap
}

/** Any number of `(param …)`, then of `(result …)`. Identifiers are admitted only with `bind`, one to a clause. */
export function parseParamsAndResults(cursor: TokenCursor, bind?: BindParam): FuncType {
  const { words } = cursor
  const params: ValType[] = []
  const results: ValType[] = []
  while (cursor.atClause(words.param)) {
    cursor.pos += 2
    parseTypedNames(cursor, params, bind)
  }
  while (cursor.atClause(words.result)) {
    cursor.pos += 2
    while (cursor.kind !== RIGHT_PAREN) results.push(parseValType(cursor))
    cursor.pos++
  }
  if (cursor.atClause(words.param)) throw cursor.unexpected()
  return { kind: 'func', params, results }
}

/** What follows `(param` or `(local`: an identifier with a type, or any number of types. Passes the closing parenthesis. */
export function parseTypedNames(cursor: TokenCursor, types: ValType[], bind?: BindParam): void {
  if (cursor.kind === ID && bind !== undefined) {
    bind()
    types.push(parseValType(cursor))
    return cursor.expectRight()
  }
  while (cursor.kind !== RIGHT_PAREN) {
    // Only an annotation can name what stands among several.
    if (cursor.kind !== ID) bind?.()
    types.push(parseValType(cursor))
  }
  cursor.pos++
}

/** `(func (param …)* (result …)*)`; other kinds of types belong to proposals. */
export function parseFuncType(cursor: TokenCursor): FuncType {
  cursor.expectClause('func')
  const type = parseParamsAndResults(cursor, () => void cursor.takeId())
  cursor.expectRight()
  return type
}

function parseLimits(cursor: TokenCursor): Limits {
  const min = cursor.readU64()
  return cursor.kind === NAT ? { min, max: cursor.readU64() } : { min }
}

/** Passes an address type, where there is one. */
export function skipAddrType(cursor: TokenCursor): void {
  if (cursor.word === 'i64') throw cursor.unsupported('memory64', 'a 64-bit address')
  cursor.takeWord('i32')
}

export function parseTableType(cursor: TokenCursor): TableType {
  skipAddrType(cursor)
  const limits = parseLimits(cursor)
  return { addrType: 'i32', limits, elem: parseRefType(cursor) }
}

export function parseMemoryType(cursor: TokenCursor): MemoryType {
  skipAddrType(cursor)
  return { addrType: 'i32', limits: parseLimits(cursor), shared: false }
}

export function parseGlobalType(cursor: TokenCursor): GlobalType {
  const mutable = cursor.atClause(cursor.words.mut)
  if (!mutable) return { type: parseValType(cursor), mutable }
  cursor.pos += 2
  const type = parseValType(cursor)
  cursor.expectRight()
  return { type, mutable }
}
