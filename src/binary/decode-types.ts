// Decodes the types that sections hold: function types, limits, and the types of tables, memories and globals.
// https://webassembly.github.io/spec/core/binary/types.html

import { unsupported } from '../errors/module-error.ts'
import {
  PLANNED_DEFINITION_CODES,
  PLANNED_EXTERN_KINDS,
  PLANNED_LIMITS_FLAGS,
  PLANNED_TABLE_INIT,
} from '../instructions/planned.ts'
import { readRefType, readValType } from '../instructions/type-codes.ts'
import type { ByteReader } from '../syntax/byte-reader.ts'
import type { ModuleLimits } from '../syntax/limits.ts'
import type { Table } from '../syntax/module.ts'
import { EXTERN_KINDS } from '../syntax/types.ts'
import type { CompType, ExternKind, ExternType, GlobalType, Limits, MemoryType, TableType } from '../syntax/types.ts'
import type { ValType } from '../syntax/types.ts'
import { readCount } from './read-vector.ts'
import { FUNC_TYPE } from './sections.ts'

/** All empty lists of types are one. */
const NO_TYPES: readonly ValType[] = []

export function readTypeDefinition(reader: ByteReader, limits: ModuleLimits): CompType {
  const start = reader.pos
  const form = reader.readByte()
  if (form !== FUNC_TYPE) {
    // The code is a signed LEB128 of seven bits.
    if (form >= 0x80) throw reader.malformed('integer representation too long', start)
    refusePlanned(PLANNED_DEFINITION_CODES, form, 'a definition of type', start)
    throw reader.malformed('malformed definition type', start)
  }
  const params = readResultType(reader, limits.params, 'parameters')
  const results = readResultType(reader, limits.results, 'results')
  return { kind: 'func', params, results }
}

function readResultType(reader: ByteReader, limit: number, what: string): readonly ValType[] {
  const count = readCount(reader, limit, what)
  if (count === 0) return NO_TYPES
  const types: ValType[] = []
  for (let i = 0; i < count; i++) types.push(readValType(reader))
  return types
}

function readLimits(reader: ByteReader, isMemory: boolean): Limits {
  const start = reader.pos
  const flags = reader.readByte()
  if (flags > 1) {
    const proposal = PLANNED_LIMITS_FLAGS.get(flags)
    // Only memories are shared.
    if (isMemory || (flags & 2) === 0) refuse(proposal, `limits flags 0x${flags.toString(16)}`, start)
    throw reader.malformed('malformed limits flags', start)
  }
  const min = readLimit(reader)
  return flags === 1 ? { min, max: readLimit(reader) } : { min }
}

/** 64 bits in every case: whether they fit is the validator's. Beyond 2^53 the number is rounded. */
function readLimit(reader: ByteReader): number {
  const lo = reader.readU64()
  return (reader.hi >>> 0) * 2 ** 32 + (lo >>> 0)
}

function readTableType(reader: ByteReader): TableType {
  const elem = readRefType(reader)
  return { addrType: 'i32', limits: readLimits(reader, false), elem }
}

export function readTable(reader: ByteReader): Table {
  const start = reader.pos
  if (start < reader.end) {
    refusePlanned(PLANNED_TABLE_INIT, reader.bytes[start]!, 'a table with an initial value, code', start)
  }
  return { type: readTableType(reader) }
}

export function readMemoryType(reader: ByteReader): MemoryType {
  return { addrType: 'i32', limits: readLimits(reader, true), shared: false }
}

export function readGlobalType(reader: ByteReader): GlobalType {
  const type = readValType(reader)
  const start = reader.pos
  const mutability = reader.readByte()
  if (mutability > 1) throw reader.malformed('malformed mutability', start)
  return { type, mutable: mutability === 1 }
}

/** `use` is `import` or `export`, for the error. */
export function readExternKind(reader: ByteReader, use: string): ExternKind {
  const start = reader.pos
  const code = reader.readByte()
  const kind = EXTERN_KINDS[code]
  if (kind !== undefined) return kind
  refusePlanned(PLANNED_EXTERN_KINDS, code, `${use} kind`, start)
  throw reader.malformed(`malformed ${use} kind`, start)
}

export function readExternType(reader: ByteReader): ExternType {
  const kind = readExternKind(reader, 'import')
  switch (kind) {
    case 'func':
      return { kind, typeIdx: reader.readU32() }
    case 'table':
      return { kind, type: readTableType(reader) }
    case 'memory':
      return { kind, type: readMemoryType(reader) }
    case 'global':
      return { kind, type: readGlobalType(reader) }
  }
}

/** Throws where the code is one of a proposal that is not there yet. */
export function refusePlanned(planned: ReadonlyMap<number, string>, code: number, what: string, offset: number): void {
  refuse(planned.get(code), `${what} 0x${code.toString(16)}`, offset)
}

function refuse(proposal: string | undefined, what: string, offset: number): void {
  if (proposal !== undefined) throw unsupported(proposal, what, { offset })
}
