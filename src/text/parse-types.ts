// Types of the text format: values, references, fields, functions, limits, tables, memories, globals. `types` is the index space that
// heap types may refer to. Definitions of types are in parse-type-definitions.ts.
// https://webassembly.github.io/spec/core/text/types.html

import { MAX_TYPE_IDX } from '../instructions/type-codes.ts'
import { exactly, isRefType, refType, HEAP_TYPES_BY_NAME, I16, I8 } from '../syntax/types.ts'
import type {
  AddrType,
  FieldType,
  FuncType,
  GlobalType,
  HeapType,
  Limits,
  MemoryType,
  RefType,
  StorageType,
  TableType,
  ValType,
} from '../syntax/types.ts'
import type { IndexSpace } from './index-space.ts'
import type { TokenCursor } from './token-cursor.ts'
import { ID, KEYWORD, LEFT_PAREN, NAT, RIGHT_PAREN } from './tokens.ts'

/** Called for each parameter or local, where its identifier would stand. */
export type BindParam = () => void

export function parseValType(cursor: TokenCursor, types: IndexSpace): ValType {
  const { tokens, pos, words } = cursor
  const kind = tokens.kind(pos)
  if (kind === KEYWORD) {
    const type = words.valType(tokens.atom(pos))
    if (type === undefined) throw cursor.unexpected()
    cursor.pos++
    return type
  }
  if (kind !== LEFT_PAREN || !cursor.atClause(words.ref)) throw cursor.unexpected()
  return parseLongRefType(cursor, types)
}

export function parseRefType(cursor: TokenCursor, types: IndexSpace): RefType {
  const start = cursor.pos
  const type = parseValType(cursor, types)
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

/** `(ref null? heaptype)`, of which the nullable abstract ones are what `funcref` and the like abbreviate. */
function parseLongRefType(cursor: TokenCursor, types: IndexSpace): RefType {
  cursor.pos += 2
  const nullable = cursor.takeWord('null')
  const type = refType(nullable, parseHeapType(cursor, types))
  cursor.expectRight()
  return type
}

export function parseHeapType(cursor: TokenCursor, types: IndexSpace): HeapType {
  if (cursor.atIndex()) return parseTypeIdx(cursor, types)
  if (!cursor.takeClause('exact')) return parseAbstractHeapType(cursor)
  const typeIdx = parseTypeIdx(cursor, types)
  cursor.expectRight()
  return exactly(typeIdx)
}

/** What no module can have is one index, which is unknown wherever it is used. */
function parseTypeIdx(cursor: TokenCursor, types: IndexSpace): number {
  return Math.min(types.resolve(cursor), MAX_TYPE_IDX)
}

export function parseAbstractHeapType(cursor: TokenCursor): HeapType {
  const { word } = cursor
  const heap = word === undefined ? undefined : HEAP_TYPES_BY_NAME.get(word)
  if (heap === undefined) throw cursor.unexpected()
  cursor.pos++
  return heap
}

function parseStorageType(cursor: TokenCursor, types: IndexSpace): StorageType {
  if (cursor.takeWord('i8')) return I8
  return cursor.takeWord('i16') ? I16 : parseValType(cursor, types)
}

export function parseFieldType(cursor: TokenCursor, types: IndexSpace): FieldType {
  const mutable = cursor.atClause(cursor.words.mut)
  if (!mutable) return { type: parseStorageType(cursor, types), mutable }
  cursor.pos += 2
  const type = parseStorageType(cursor, types)
  cursor.expectRight()
  return { type, mutable }
}

/** Any number of `(param …)`, then of `(result …)`. Identifiers are admitted only with `bind`, one to a clause. */
export function parseParamsAndResults(cursor: TokenCursor, types: IndexSpace, bind?: BindParam): FuncType {
  const { words } = cursor
  const params: ValType[] = []
  const results: ValType[] = []
  while (cursor.atClause(words.param)) {
    cursor.pos += 2
    parseTypedNames(cursor, types, params, bind)
  }
  while (cursor.atClause(words.result)) {
    cursor.pos += 2
    while (cursor.kind !== RIGHT_PAREN) results.push(parseValType(cursor, types))
    cursor.pos++
  }
  if (cursor.atClause(words.param)) throw cursor.unexpected()
  return { kind: 'func', params, results }
}

/** What follows `(param` or `(local`: an identifier with a type, or any number of types. Passes the closing parenthesis. */
export function parseTypedNames(cursor: TokenCursor, types: IndexSpace, into: ValType[], bind?: BindParam): void {
  if (cursor.kind === ID && bind !== undefined) {
    bind()
    into.push(parseValType(cursor, types))
    return cursor.expectRight()
  }
  while (cursor.kind !== RIGHT_PAREN) {
    // Only an annotation can name what stands among several.
    if (cursor.kind !== ID) bind?.()
    into.push(parseValType(cursor, types))
  }
  cursor.pos++
}

function parseLimits(cursor: TokenCursor): Limits {
  const min = cursor.readU64()
  return cursor.kind === NAT ? { min, max: cursor.readU64() } : { min }
}

/** An address type is i32 where none is written. */
export function parseAddrType(cursor: TokenCursor): AddrType {
  if (cursor.takeWord('i64')) return 'i64'
  cursor.takeWord('i32')
  return 'i32'
}

export function parseTableType(cursor: TokenCursor, types: IndexSpace): TableType {
  const addrType = parseAddrType(cursor)
  const limits = parseLimits(cursor)
  return { addrType, limits, elem: parseRefType(cursor, types) }
}

export function parseMemoryType(cursor: TokenCursor): MemoryType {
  const addrType = parseAddrType(cursor)
  const type = { addrType, limits: parseLimits(cursor), shared: cursor.takeWord('shared') }
  const pageSizeLog2 = parsePageSize(cursor)
  return pageSizeLog2 === undefined ? type : { ...type, pageSizeLog2 }
}

/** `(pagesize N)`, where it is written, as an exponent. https://github.com/WebAssembly/custom-page-sizes */
export function parsePageSize(cursor: TokenCursor): number | undefined {
  if (!cursor.takeClause('pagesize')) return undefined
  const token = cursor.pos
  const size = BigInt(cursor.readU64())
  const exponent = size.toString(2).length - 1
  if (size !== 1n << BigInt(exponent)) throw cursor.tokens.error(token, `invalid custom page size: ${size}`)
  cursor.expectRight()
  return exponent
}

export function parseGlobalType(cursor: TokenCursor, types: IndexSpace): GlobalType {
  const mutable = cursor.atClause(cursor.words.mut)
  if (!mutable) return { type: parseValType(cursor, types), mutable }
  cursor.pos += 2
  const type = parseValType(cursor, types)
  cursor.expectRight()
  return { type, mutable }
}
