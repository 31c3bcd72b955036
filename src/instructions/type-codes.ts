// Value and heap types in the binary format, which bodies and sections share.
// https://webassembly.github.io/spec/core/binary/types.html

import { unsupported } from '../errors/module-error.ts'
import type { ByteReader } from '../syntax/byte-reader.ts'
import type { ByteWriter } from '../syntax/byte-writer.ts'
import { HEAP_TYPES_BY_NAME, VAL_TYPES_BY_NAME, heapTypeOf, isRefType } from '../syntax/types.ts'
import type { HeapType, RefType, ValType } from '../syntax/types.ts'
import { PLANNED_TYPE_CODES } from './planned.ts'

/** Types that are one byte: their code as an unsigned byte → the type. A nullable abstract reference is written by its heap type alone. */
const BY_CODE: ReadonlyMap<number, ValType> = new Map(
  [...VAL_TYPES_BY_NAME.values()].map((t) => [(isRefType(t) ? heapTypeOf(t) : t) & 0x7f, t]),
)

export function readValType(reader: ByteReader): ValType {
  const start = reader.pos
  const code = reader.readByte()
  const type = BY_CODE.get(code)
  if (type !== undefined) return type
  const planned = PLANNED_TYPE_CODES.get(code)
  if (planned !== undefined) throw unsupported(planned, `type code 0x${code.toString(16)}`, { offset: start })
  throw reader.malformed('malformed value type', start)
}

export function readRefType(reader: ByteReader): RefType {
  const start = reader.pos
  const type = readValType(reader)
  if (!isRefType(type)) throw reader.malformed('malformed reference type', start)
  return type
}

const ABSTRACT: ReadonlySet<HeapType> = new Set(HEAP_TYPES_BY_NAME.values())

export function readHeapType(reader: ByteReader): HeapType {
  const start = reader.pos
  const heap = reader.readS33()
  if (ABSTRACT.has(heap)) return heap
  if (heap >= 0) throw unsupported('function-references', 'a heap type that is a type index', { offset: start })
  const planned = PLANNED_TYPE_CODES.get(heap & 0x7f)
  if (planned !== undefined) throw unsupported(planned, `heap type 0x${(heap & 0x7f).toString(16)}`, { offset: start })
  throw reader.malformed('malformed heap type', start)
}

export function writeValType(writer: ByteWriter, type: ValType): void {
  writer.writeByte((isRefType(type) ? heapTypeOf(type) : type) & 0x7f)
}

export function writeHeapType(writer: ByteWriter, heap: HeapType): void {
  writer.writeS33(heap)
}
