// Decodes the types that sections hold: function types, limits, and the types of tables, memories and globals.
// https://webassembly.github.io/spec/core/binary/types.html

import { readRefType, readStorageType, readValType } from '../instructions/type-codes.ts'
import type { ByteReader } from '../syntax/byte-reader.ts'
import type { ModuleLimits } from '../syntax/limits.ts'
import type { Tag } from '../syntax/module.ts'
import { EXTERN_KINDS, sizeOfHalves } from '../syntax/types.ts'
import type { AddrType, CompType, DescriptorClauses, ExternKind, FieldType, ExternType } from '../syntax/types.ts'
import type { GlobalType, Limits, MemoryType, RecGroup, Size, Subtyping, TableType, ValType } from '../syntax/types.ts'
import { overLimit, readCount } from './read-vector.ts'
import { ARRAY_TYPE, CONT_TYPE, DESCRIBES, DESCRIPTOR, EXACT_FUNC, FUNC_TYPE, REC_GROUP } from './sections.ts'
import { STRUCT_TYPE, SUB_FINAL_TYPE, SUB_TYPE } from './sections.ts'
import { HAS_64_BITS, HAS_MAX, HAS_PAGE_SIZE, IS_SHARED } from './sections.ts'

/** All empty lists of types are one. */
const NO_TYPES: readonly ValType[] = []

/** What the type section says, gathered definition by definition. */
export class TypeDefinitions {
  readonly types: CompType[] = []
  readonly subtypes: Map<number, Subtyping> = new Map()
  readonly descriptors: Map<number, DescriptorClauses> = new Map()
  readonly recGroups: RecGroup[] = []
}

/** An entry of the type section: one definition, or a recursion group of any number. */
export function readRecType(reader: ByteReader, into: TypeDefinitions, limits: ModuleLimits): void {
  const start = reader.pos
  if (reader.peekByte() !== REC_GROUP) {
    readSubType(reader, into, limits)
  } else {
    reader.pos++
    const count = readCount(reader, limits.types, 'types in a recursion group')
    into.recGroups.push({ start: into.types.length, count })
    for (let i = 0; i < count; i++) readSubType(reader, into, limits)
  }
  if (into.types.length > limits.types) throw overLimit('types', into.types.length, limits.types, start)
}

function readSubType(reader: ByteReader, into: TypeDefinitions, limits: ModuleLimits): void {
  const form = reader.peekByte()
  if (form === SUB_TYPE || form === SUB_FINAL_TYPE) {
    reader.pos++
    const supertypes: number[] = []
    for (let count = readCount(reader, limits.types, 'supertypes'); count > 0; count--)
      supertypes.push(reader.readU32())
    into.subtypes.set(into.types.length, { final: form === SUB_FINAL_TYPE, supertypes })
  }
  const clauses = readDescriptorClauses(reader)
  if (clauses !== undefined) into.descriptors.set(into.types.length, clauses)
  into.types.push(readCompType(reader, limits))
}

/** What is described stands before what describes. Undefined where neither is there. */
function readDescriptorClauses(reader: ByteReader): DescriptorClauses | undefined {
  const describes = readClause(reader, DESCRIBES)
  const descriptor = readClause(reader, DESCRIPTOR)
  if (describes === undefined) return descriptor === undefined ? undefined : { descriptor }
  return descriptor === undefined ? { describes } : { describes, descriptor }
}

function readClause(reader: ByteReader, code: number): number | undefined {
  if (reader.peekByte() !== code) return undefined
  reader.pos++
  return reader.readU32()
}

function readCompType(reader: ByteReader, limits: ModuleLimits): CompType {
  const start = reader.pos
  const form = reader.readByte()
  switch (form) {
    case FUNC_TYPE: {
      const params = readResultType(reader, limits.params, 'parameters')
      const results = readResultType(reader, limits.results, 'results')
      return { kind: 'func', params, results }
    }
    case STRUCT_TYPE: {
      const fields: FieldType[] = []
      for (let count = readCount(reader, limits.fields, 'fields'); count > 0; count--)
        fields.push(readFieldType(reader))
      return { kind: 'struct', fields }
    }
    case ARRAY_TYPE:
      return { kind: 'array', elem: readFieldType(reader) }
    case CONT_TYPE:
      return { kind: 'cont', typeIdx: reader.readS33() }
  }
  // The code is a signed LEB128 of seven bits.
  throw reader.malformed(form >= 0x80 ? 'integer representation too long' : 'malformed definition type', start)
}

function readFieldType(reader: ByteReader): FieldType {
  const type = readStorageType(reader)
  return { type, mutable: readMutability(reader) }
}

function readMutability(reader: ByteReader): boolean {
  const start = reader.pos
  const mutability = reader.readByte()
  if (mutability > 1) throw reader.malformed('malformed mutability', start)
  return mutability === 1
}

function readResultType(reader: ByteReader, limit: number, what: string): readonly ValType[] {
  const count = readCount(reader, limit, what)
  if (count === 0) return NO_TYPES
  const types: ValType[] = []
  for (let i = 0; i < count; i++) types.push(readValType(reader))
  return types
}

/** The flags that may stand before limits; those of memories have more. */
function readLimitsFlags(reader: ByteReader, admitted: number): number {
  const start = reader.pos
  const flags = reader.readByte()
  // Where nothing follows, no proposal can make sense of it: the flags themselves are what is wrong.
  const isBare = (flags & HAS_PAGE_SIZE) !== 0 && reader.pos === reader.end
  if ((flags & ~admitted) !== 0 || isBare) throw reader.malformed('malformed limits flags', start)
  return flags
}

function addrTypeOf(flags: number): AddrType {
  return flags & HAS_64_BITS ? 'i64' : 'i32'
}

function readLimits(reader: ByteReader, flags: number): Limits {
  const min = readLimit(reader)
  return flags & HAS_MAX ? { min, max: readLimit(reader) } : { min }
}

/** 64 bits in every case: whether they fit is the validator's. */
function readLimit(reader: ByteReader): Size {
  const lo = reader.readU64()
  return sizeOfHalves(lo, reader.hi)
}

export function readTableType(reader: ByteReader): TableType {
  const elem = readRefType(reader)
  const flags = readLimitsFlags(reader, HAS_MAX | HAS_64_BITS)
  return { addrType: addrTypeOf(flags), limits: readLimits(reader, flags), elem }
}

/** The byte before the type index is an attribute, of which there is one: exception. */
export function readTag(reader: ByteReader): Tag {
  const start = reader.pos
  if (reader.readByte() !== 0) throw reader.malformed('malformed tag attribute', start)
  return { typeIdx: reader.readU32() }
}

export function readMemoryType(reader: ByteReader): MemoryType {
  const flags = readLimitsFlags(reader, HAS_MAX | IS_SHARED | HAS_64_BITS | HAS_PAGE_SIZE)
  const shared = (flags & IS_SHARED) !== 0
  const type = { addrType: addrTypeOf(flags), limits: readLimits(reader, flags), shared }
  return flags & HAS_PAGE_SIZE ? { ...type, pageSizeLog2: readPageSize(reader) } : type
}

/** https://github.com/WebAssembly/custom-page-sizes/blob/main/proposals/custom-page-sizes/Overview.md */
function readPageSize(reader: ByteReader): number {
  const start = reader.pos
  const exponent = reader.readU32()
  if (exponent >= 64) throw reader.malformed(`invalid custom page size: 2^${exponent}`, start)
  return exponent
}

export function readGlobalType(reader: ByteReader): GlobalType {
  const type = readValType(reader)
  return { type, mutable: readMutability(reader) }
}

/** `use` is `import` or `export`, for the error. */
export function readExternKind(reader: ByteReader, use: string): ExternKind {
  const start = reader.pos
  const code = reader.readByte()
  const kind = EXTERN_KINDS[code]
  if (kind === undefined) throw reader.malformed(`malformed ${use} kind`, start)
  return kind
}

/** The type of an import. */
export function readExternType(reader: ByteReader): ExternType {
  if (reader.peekByte() === EXACT_FUNC) {
    reader.pos++
    return { kind: 'func', typeIdx: reader.readU32(), exact: true }
  }
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
    case 'tag':
      return { kind, ...readTag(reader) }
  }
}
