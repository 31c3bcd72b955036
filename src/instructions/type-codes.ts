// Value and heap types in the binary format, which bodies and sections share.
// https://webassembly.github.io/spec/core/binary/types.html

import type { ByteReader } from '../syntax/byte-reader.ts'
import type { ByteWriter } from '../syntax/byte-writer.ts'
import { HEAP_TYPES_BY_NAME, I16, I8, VAL_TYPES_BY_NAME, heapTypeOf, isNullable, isRefType } from '../syntax/types.ts'
import {
  exactly,
  isExact,
  refType,
  typeIdxOf,
  type HeapType,
  type RefType,
  type StorageType,
  type ValType,
} from '../syntax/types.ts'

/** Types that are one byte: their code as an unsigned byte → the type. A nullable abstract reference is written by its heap type alone. */
const BY_CODE: ReadonlyMap<number, ValType> = new Map(
  [...VAL_TYPES_BY_NAME.values()].map((t) => [(isRefType(t) ? heapTypeOf(t) : t) & 0x7f, t]),
)

/** The codes before a heap type that say whether the reference may be null. */
const REF = 0x64
const REF_NULL = 0x63

/** The code before a type index that says that the heap type is exact. */
const EXACT = 0x62

export function readValType(reader: ByteReader): ValType {
  return readTypeOr(reader, 'malformed value type')
}

/** A value type, or an error in these words. */
function readTypeOr(reader: ByteReader, fault: string): ValType {
  const start = reader.pos
  const code = reader.readByte()
  const type = BY_CODE.get(code)
  if (type !== undefined) return type
  if (code === REF || code === REF_NULL) return refType(code === REF_NULL, readHeapType(reader))
  throw reader.malformed(fault, start)
}

export function readStorageType(reader: ByteReader): StorageType {
  const code = reader.peekByte()
  if (code !== (I8 & 0x7f) && code !== (I16 & 0x7f)) return readTypeOr(reader, 'malformed storage type')
  reader.pos++
  return code | ~0x7f
}

export function readRefType(reader: ByteReader): RefType {
  const start = reader.pos
  const type = readValType(reader)
  if (!isRefType(type)) throw reader.malformed('malformed reference type', start)
  return type
}

/** More than a module's types may be: 2^27 leaves room for what else a heap type may say. */
export const MAX_TYPE_IDX: number = 2 ** 27 - 1

const ABSTRACT: ReadonlySet<HeapType> = new Set(HEAP_TYPES_BY_NAME.values())

export function readHeapType(reader: ByteReader): HeapType {
  const start = reader.pos
  if (reader.peekByte() === EXACT) {
    reader.pos++
    return exactly(Math.min(reader.readU32(), MAX_TYPE_IDX))
  }
  const heap = reader.readS33()
  if (ABSTRACT.has(heap)) return heap
  if (heap < 0) throw reader.malformed('malformed heap type', start)
  // What no module can have is one index, which is unknown wherever it is used.
  return Math.min(heap, MAX_TYPE_IDX)
}

export function writeValType(writer: ByteWriter, type: ValType): void {
  const heap = heapTypeOf(type)
  if (isRefType(type) && (heap >= 0 || !isNullable(type))) {
    writer.writeByte(isNullable(type) ? REF_NULL : REF)
    writeHeapType(writer, heap)
  } else writer.writeByte((isRefType(type) ? heap : type) & 0x7f)
}

export function writeStorageType(writer: ByteWriter, type: StorageType): void {
  writeValType(writer, type)
}

export function writeHeapType(writer: ByteWriter, heap: HeapType): void {
  if (isExact(heap)) writer.writeByte(EXACT)
  // Of an exact type, the index is unsigned; written as a signed one it is the same number, also for those who read it as signed.
  writer.writeS33(heap < 0 ? heap : typeIdxOf(heap))
}
