// Encodes the types that sections hold: the counterpart of decode-types.ts. It can write more than the decoder reads: what later
// proposals bring to these types is in their fields already.
// https://webassembly.github.io/spec/core/binary/types.html

import { writeValType } from '../instructions/type-codes.ts'
import type { ByteWriter } from '../syntax/byte-writer.ts'
import { EXTERN_KINDS } from '../syntax/types.ts'
import type { AddrType, CompType, ExternKind, ExternType, GlobalType, Limits } from '../syntax/types.ts'
import type { MemoryType, TableType, ValType } from '../syntax/types.ts'
import { FUNC_TYPE } from './sections.ts'
import { writeVector } from './write-section.ts'

export function writeTypeDefinition(writer: ByteWriter, type: CompType): void {
  const writeType = (t: ValType): void => writeValType(writer, t)
  writer.writeByte(FUNC_TYPE)
  writeVector(writer, type.params, writeType)
  writeVector(writer, type.results, writeType)
}

function writeLimits(writer: ByteWriter, { min, max }: Limits, addrType: AddrType, shared: boolean): void {
  writer.writeByte((max === undefined ? 0 : 1) | (shared ? 2 : 0) | (addrType === 'i64' ? 4 : 0))
  writeLimit(writer, min)
  if (max !== undefined) writeLimit(writer, max)
}

/** A limit that was rounded up to 2^64 is the greatest one. */
function writeLimit(writer: ByteWriter, limit: number): void {
  if (limit >= 2 ** 64) writer.writeU64(-1, -1)
  else writer.writeU64(limit | 0, Math.floor(limit / 2 ** 32) | 0)
}

export function writeTableType(writer: ByteWriter, { elem, limits, addrType }: TableType): void {
  writeValType(writer, elem)
  writeLimits(writer, limits, addrType, false)
}

export function writeMemoryType(writer: ByteWriter, { limits, addrType, shared }: MemoryType): void {
  writeLimits(writer, limits, addrType, shared)
}

export function writeGlobalType(writer: ByteWriter, { type, mutable }: GlobalType): void {
  writeValType(writer, type)
  writer.writeByte(mutable ? 1 : 0)
}

export function writeExternKind(writer: ByteWriter, kind: ExternKind): void {
  writer.writeByte(EXTERN_KINDS.indexOf(kind))
}

export function writeExternType(writer: ByteWriter, type: ExternType): void {
  writeExternKind(writer, type.kind)
  switch (type.kind) {
    case 'func':
      return writer.writeU32(type.typeIdx)
    case 'table':
      return writeTableType(writer, type.type)
    case 'memory':
      return writeMemoryType(writer, type.type)
    case 'global':
      return writeGlobalType(writer, type.type)
  }
}
