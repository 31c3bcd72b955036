// Encodes the types that sections hold: the counterpart of decode-types.ts. It can write more than the decoder reads: what later
// proposals bring to these types is in their fields already.
// https://webassembly.github.io/spec/core/binary/types.html

import { writeStorageType, writeValType } from '../instructions/type-codes.ts'
import type { ByteWriter } from '../syntax/byte-writer.ts'
import type { Module, Tag } from '../syntax/module.ts'
import { EXTERN_KINDS } from '../syntax/types.ts'
import type { AddrType, CompType, DescriptorClauses, ExternKind, ExternType, FieldType } from '../syntax/types.ts'
import type { GlobalType, Limits, MemoryType, Size, TableType, ValType } from '../syntax/types.ts'
import { ARRAY_TYPE, CONT_TYPE, DESCRIBES, DESCRIPTOR, EXACT_FUNC, FUNC_TYPE, REC_GROUP } from './sections.ts'
import { STRUCT_TYPE, SUB_FINAL_TYPE, SUB_TYPE } from './sections.ts'
import { HAS_64_BITS, HAS_MAX, HAS_PAGE_SIZE, IS_SHARED } from './sections.ts'
import { writeVector } from './write-section.ts'

/** The contents of the type section: definitions, and recursion groups around them. */
export function writeTypes(writer: ByteWriter, module: Module): void {
  const { types, recGroups } = module
  const grouped = recGroups.reduce((sum, { count }) => sum + count, 0)
  writer.writeU32(types.length - grouped + recGroups.length)
  let nextGroup = 0
  for (let i = 0; i <= types.length;) {
    const group = recGroups[nextGroup]
    if (group?.start === i) {
      writer.writeByte(REC_GROUP)
      writer.writeU32(group.count)
      for (const end = i + group.count; i < end; i++) writeSubType(writer, module, i)
      nextGroup++
    } else if (i < types.length) {
      writeSubType(writer, module, i)
      i++
    } else return
  }
}

function writeSubType(writer: ByteWriter, { types, subtypes, descriptors }: Module, typeIdx: number): void {
  const subtyping = subtypes.get(typeIdx)
  if (subtyping !== undefined) {
    writer.writeByte(subtyping.final ? SUB_FINAL_TYPE : SUB_TYPE)
    writeVector(writer, subtyping.supertypes, (x) => writer.writeU32(x))
  }
  writeDescriptorClauses(writer, descriptors?.get(typeIdx) ?? {})
  writeCompType(writer, types[typeIdx]!)
}

function writeDescriptorClauses(writer: ByteWriter, { describes, descriptor }: DescriptorClauses): void {
  if (describes !== undefined) {
    writer.writeByte(DESCRIBES)
    writer.writeU32(describes)
  }
  if (descriptor !== undefined) {
    writer.writeByte(DESCRIPTOR)
    writer.writeU32(descriptor)
  }
}

function writeCompType(writer: ByteWriter, type: CompType): void {
  const writeType = (t: ValType): void => writeValType(writer, t)
  switch (type.kind) {
    case 'func':
      writer.writeByte(FUNC_TYPE)
      writeVector(writer, type.params, writeType)
      return writeVector(writer, type.results, writeType)
    case 'struct':
      writer.writeByte(STRUCT_TYPE)
      return writeVector(writer, type.fields, (field) => writeFieldType(writer, field))
    case 'array':
      writer.writeByte(ARRAY_TYPE)
      return writeFieldType(writer, type.elem)
    case 'cont':
      writer.writeByte(CONT_TYPE)
      writer.writeS33(type.typeIdx)
  }
}

function writeFieldType(writer: ByteWriter, { type, mutable }: FieldType): void {
  writeStorageType(writer, type)
  writer.writeByte(mutable ? 1 : 0)
}

export function writeTag(writer: ByteWriter, { typeIdx }: Tag): void {
  writer.writeByte(0)
  writer.writeU32(typeIdx)
}

/** `flags` of what is no part of limits. */
function writeLimits(writer: ByteWriter, { min, max }: Limits, addrType: AddrType, flags: number): void {
  writer.writeByte((max === undefined ? 0 : HAS_MAX) | (addrType === 'i64' ? HAS_64_BITS : 0) | flags)
  writeLimit(writer, min)
  if (max !== undefined) writeLimit(writer, max)
}

function writeLimit(writer: ByteWriter, limit: Size): void {
  if (typeof limit === 'number') writer.writeU64(limit | 0, Math.floor(limit / 2 ** 32) | 0)
  else writer.writeU64(Number(BigInt.asIntN(32, limit)), Number(BigInt.asIntN(32, limit >> 32n)))
}

export function writeTableType(writer: ByteWriter, { elem, limits, addrType }: TableType): void {
  writeValType(writer, elem)
  writeLimits(writer, limits, addrType, 0)
}

export function writeMemoryType(writer: ByteWriter, { limits, addrType, shared, pageSizeLog2 }: MemoryType): void {
  const flags = (shared ? IS_SHARED : 0) | (pageSizeLog2 === undefined ? 0 : HAS_PAGE_SIZE)
  writeLimits(writer, limits, addrType, flags)
  if (pageSizeLog2 !== undefined) writer.writeU32(pageSizeLog2)
}

export function writeGlobalType(writer: ByteWriter, { type, mutable }: GlobalType): void {
  writeValType(writer, type)
  writer.writeByte(mutable ? 1 : 0)
}

export function writeExternKind(writer: ByteWriter, kind: ExternKind): void {
  writer.writeByte(EXTERN_KINDS.indexOf(kind))
}

export function writeExternType(writer: ByteWriter, type: ExternType): void {
  if (type.kind === 'func' && type.exact === true) writer.writeByte(EXACT_FUNC)
  else writeExternKind(writer, type.kind)
  switch (type.kind) {
    case 'func':
      return writer.writeU32(type.typeIdx)
    case 'table':
      return writeTableType(writer, type.type)
    case 'memory':
      return writeMemoryType(writer, type.type)
    case 'global':
      return writeGlobalType(writer, type.type)
    case 'tag':
      return writeTag(writer, type)
  }
}
