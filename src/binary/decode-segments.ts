// Decodes element and data segments, of which the binary format has eight and three forms.
// https://webassembly.github.io/spec/core/binary/modules.html#element-section

import { readRefType } from '../instructions/type-codes.ts'
import type { ByteReader } from '../syntax/byte-reader.ts'
import type { ModuleLimits } from '../syntax/limits.ts'
import type { Code, Data, Elem, SegmentMode } from '../syntax/module.ts'
import { FUNCREF, FUNCTION, type RefType } from '../syntax/types.ts'
import type { CodeDecoder } from './decode-code.ts'
import { readCount, readLength } from './read-vector.ts'
import { EXPLICIT_INDEX, EXPRESSIONS, NOT_ACTIVE } from './sections.ts'

const PASSIVE: SegmentMode = { kind: 'passive' }
const DECLARATIVE: SegmentMode = { kind: 'declarative' }

export function readElem(reader: ByteReader, code: CodeDecoder, limits: ModuleLimits): Elem {
  const start = reader.pos
  const flags = reader.readU32()
  if (flags > 7) throw reader.malformed('malformed elements segment kind', start)
  const mode = readElemMode(reader, code, flags)
  const type = readElemType(reader, flags)
  const count = readCount(reader, limits.tableSize, 'entries of an element segment')
  return { type, mode, items: flags & EXPRESSIONS ? readExprs(code, count) : readIndices(reader, count) }
}

function readElemMode(reader: ByteReader, code: CodeDecoder, flags: number): SegmentMode {
  if ((flags & NOT_ACTIVE) === 0) return readActive(reader, code, flags)
  return flags & EXPLICIT_INDEX ? DECLARATIVE : PASSIVE
}

function readActive(reader: ByteReader, code: CodeDecoder, flags: number): SegmentMode {
  const explicit = (flags & EXPLICIT_INDEX) !== 0
  const index = explicit ? reader.readU32() : 0
  return { kind: 'active', index, offset: code.readExpr(), explicit }
}

/** The two oldest forms have no type: they hold functions, which are not null where they are indices. */
function readElemType(reader: ByteReader, flags: number): RefType {
  if ((flags & (NOT_ACTIVE | EXPLICIT_INDEX)) === 0) return flags & EXPRESSIONS ? FUNCREF : FUNCTION
  if (flags & EXPRESSIONS) return readRefType(reader)
  const start = reader.pos
  if (reader.readByte() !== 0) throw reader.malformed('malformed element kind', start)
  return FUNCTION
}

function readExprs(code: CodeDecoder, count: number): Code[] {
  const exprs: Code[] = []
  for (let i = 0; i < count; i++) exprs.push(code.readExpr())
  return exprs
}

function readIndices(reader: ByteReader, count: number): Uint32Array {
  const indices = new Uint32Array(count)
  for (let i = 0; i < count; i++) indices[i] = reader.readU32()
  return indices
}

export function readData(reader: ByteReader, code: CodeDecoder): Data {
  const start = reader.pos
  const flags = reader.readU32()
  if (flags > EXPLICIT_INDEX) throw reader.malformed('malformed data segment kind', start)
  const mode = flags & NOT_ACTIVE ? PASSIVE : readActive(reader, code, flags)
  return { mode, bytes: reader.readBytes(readLength(reader)) }
}
