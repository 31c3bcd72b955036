// Types of chapter 2.3. A value type is one int32, so that validators and tiers keep stacks of them in typed arrays:
//
//   number and vector types   -1 … -5        the binary format's own codes, sign-extended (0x7f is -1)
//   reference types           1<<30 | nullable<<29 | heap type in 29 bits
//   a heap type               ≥ 0 a type index, with 1<<27 set where it is exact; < 0 an abstract one (again the binary code, sign-extended)
//
// https://webassembly.github.io/spec/core/syntax/types.html

import { listed } from '../errors/quote.ts'

export type ValType = number
export type RefType = ValType
export type HeapType = number

export const I32: ValType = -1
export const I64: ValType = -2
export const F32: ValType = -3
export const F64: ValType = -4
export const V128: ValType = -5

/** The unknown type of unreachable code: matches everything. Never appears in a module. */
export const BOT: ValType = 0

const REF = 1 << 30
const NULLABLE = 1 << 29
const HEAP_MASK = NULLABLE - 1

export const NOCONT: HeapType = -11
export const NOEXN: HeapType = -12
export const NOFUNC: HeapType = -13
export const NOEXTERN: HeapType = -14
export const NONE: HeapType = -15
export const FUNC: HeapType = -16
export const EXTERN: HeapType = -17
export const ANY: HeapType = -18
export const EQ: HeapType = -19
export const I31: HeapType = -20
export const STRUCT: HeapType = -21
export const ARRAY: HeapType = -22
export const EXN: HeapType = -23
export const CONT: HeapType = -24

/** The heap type of a reference in unreachable code: matches every other. Never appears in a module. */
export const BOT_HEAP: HeapType = -128

/** Above every type index: the heap type is this type alone, without its subtypes (custom-descriptors). */
const EXACT = 1 << 27

/** The heap type of what is of the type itself, not of a subtype. */
export function exactly(typeIdx: number): HeapType {
  return typeIdx | EXACT
}

export function isExact(heap: HeapType): boolean {
  return heap >= EXACT
}

/** The type index of a heap type that is not abstract. */
export function typeIdxOf(heap: HeapType): number {
  return heap & ~EXACT
}

export function refType(nullable: boolean, heap: HeapType): RefType {
  return REF | (nullable ? NULLABLE : 0) | (heap & HEAP_MASK)
}

export function isRefType(t: ValType): boolean {
  return t >= REF
}

export function isNullable(t: RefType): boolean {
  return (t & NULLABLE) !== 0
}

export function heapTypeOf(t: RefType): HeapType {
  return (t << 3) >> 3
}

/** The same reference type, without null. */
export function nonNull(t: RefType): RefType {
  return t & ~NULLABLE
}

/** Whether a variable of the type has a value before it is given one: all but references that are not nullable. */
export function isDefaultable(t: ValType): boolean {
  return !isRefType(t) || isNullable(t)
}

export const FUNCREF: RefType = refType(true, FUNC)
/** A function that is there. */
export const FUNCTION: RefType = refType(false, FUNC)
export const EXTERNREF: RefType = refType(true, EXTERN)
export const EXNREF: RefType = refType(true, EXN)
export const CONTREF: RefType = refType(true, CONT)

const HEAP_NAMES: ReadonlyMap<HeapType, string> = new Map([
  [FUNC, 'func'],
  [EXTERN, 'extern'],
  [ANY, 'any'],
  [EQ, 'eq'],
  [I31, 'i31'],
  [STRUCT, 'struct'],
  [ARRAY, 'array'],
  [EXN, 'exn'],
  [CONT, 'cont'],
  [NONE, 'none'],
  [NOFUNC, 'nofunc'],
  [NOEXTERN, 'noextern'],
  [NOEXN, 'noexn'],
  [NOCONT, 'nocont'],
])

/** Nullable abstract references have names of one word: `anyref`, and `nullref` where the heap type is a bottom. */
const BOTTOM_REF_NAMES: ReadonlyMap<HeapType, string> = new Map([
  [NONE, 'nullref'],
  [NOFUNC, 'nullfuncref'],
  [NOEXTERN, 'nullexternref'],
  [NOEXN, 'nullexnref'],
  [NOCONT, 'nullcontref'],
])

const NAMES: ReadonlyMap<ValType, string> = new Map([
  [I32, 'i32'],
  [I64, 'i64'],
  [F32, 'f32'],
  [F64, 'f64'],
  [V128, 'v128'],
  ...[...HEAP_NAMES].map(([heap, name]): [ValType, string] => [
    refType(true, heap),
    BOTTOM_REF_NAMES.get(heap) ?? `${name}ref`,
  ]),
  [BOT, 'unknown'],
])

/** `i32`, `funcref`, `(ref null 5)`: as the text format writes it. */
export function valTypeName(t: ValType): string {
  return spellValType(t, String)
}

/** Likewise, with what the type indices are called. */
export function spellValType(t: ValType, typeName: TypeNamer): string {
  const name = NAMES.get(t)
  if (name !== undefined) return name
  return `(ref ${isNullable(t) ? 'null ' : ''}${spellHeapType(heapTypeOf(t), typeName)})`
}

export function heapTypeName(heap: HeapType): string {
  return spellHeapType(heap, String)
}

export function spellHeapType(heap: HeapType, typeName: TypeNamer): string {
  if (heap < 0) return HEAP_NAMES.get(heap) ?? 'unknown'
  const name = typeName(typeIdxOf(heap))
  return isExact(heap) ? `(exact ${name})` : name
}

/** What a type index is called: `$list`, or `5`. */
export type TypeNamer = (typeIdx: number) => string

/** Value and heap types that are one word in the text format and one byte in the binary format, by that word. */
export const VAL_TYPES_BY_NAME: ReadonlyMap<string, ValType> = new Map(
  [...NAMES].flatMap(([type, name]) => (type === BOT ? [] : [[name, type] as const])),
)
export const HEAP_TYPES_BY_NAME: ReadonlyMap<string, HeapType> = new Map(
  [...HEAP_NAMES].map(([heap, name]) => [name, heap]),
)

/** `[i32 i64]`, as the specification's error messages write a result type; cut where it is longer than anybody reads. */
export function resultTypeName(types: ArrayLike<ValType>, typeName: TypeNamer = String): string {
  return `[${listed(types, (t) => spellValType(t, typeName), ' ')}]`
}

export interface FuncType {
  readonly kind: 'func'
  readonly params: readonly ValType[]
  readonly results: readonly ValType[]
}

/** What a field of a struct or array holds: a value type, or a packed one, which has no values of its own. */
export type StorageType = ValType
export const I8: StorageType = -8
export const I16: StorageType = -9

export interface FieldType {
  readonly type: StorageType
  readonly mutable: boolean
}

export interface StructType {
  readonly kind: 'struct'
  readonly fields: readonly FieldType[]
}

export interface ArrayType {
  readonly kind: 'array'
  readonly elem: FieldType
}

/** A continuation of a function type (stack switching). */
export interface ContType {
  readonly kind: 'cont'
  readonly typeIdx: number
}

/** What a type index stands for. */
export type CompType = FuncType | StructType | ArrayType | ContType

/** What a definition of type says about subtyping. One that says nothing is final and has no supertype. */
export interface Subtyping {
  readonly final: boolean
  /** Type indices; validation admits one at most. */
  readonly supertypes: readonly number[]
}

/** What a definition of a structure type says about descriptors, by type index (custom-descriptors). */
export interface DescriptorClauses {
  /** The type that its instances describe. */
  readonly describes?: number | undefined
  /** The type of what describes its instances. */
  readonly descriptor?: number | undefined
}

/** Types that are defined together, so that they may refer to one another: `count` from `start` on. */
export interface RecGroup {
  readonly start: number
  readonly count: number
}

export function isPacked(t: StorageType): boolean {
  return t === I8 || t === I16
}

/** The value type of what is read from a field. */
export function unpacked(t: StorageType): ValType {
  return isPacked(t) ? I32 : t
}

export function spellStorageType(t: StorageType, typeName: TypeNamer): string {
  return t === I8 ? 'i8' : t === I16 ? 'i16' : spellValType(t, typeName)
}

export function funcTypeName(type: FuncType): string {
  return `${resultTypeName(type.params)} -> ${resultTypeName(type.results)}`
}

/** Every reference to a type by index in a definition, its supertypes and descriptors apart. */
export function forEachTypeUse(type: CompType, visit: (typeIdx: number) => void): void {
  const visitType = (t: ValType): void => {
    if (isRefType(t) && heapTypeOf(t) >= 0) visit(typeIdxOf(heapTypeOf(t)))
  }
  switch (type.kind) {
    case 'func':
      for (const t of type.params) visitType(t)
      for (const t of type.results) visitType(t)
      return
    case 'struct':
      for (const field of type.fields) visitType(field.type)
      return
    case 'array':
      return visitType(type.elem.type)
    case 'cont':
      return visit(type.typeIdx)
  }
}

/** The definition with every type index replaced. The same object where it has none. */
export function mapTypeUses<T extends CompType>(type: T, map: (typeIdx: number) => number): T {
  let uses = 0
  forEachTypeUse(type, () => uses++)
  return uses === 0 ? type : (mapUses(type, map) as T)
}

function mapUses(type: CompType, map: (typeIdx: number) => number): CompType {
  const mapField = ({ type: storage, mutable }: FieldType): FieldType => ({ type: mapTypeUse(storage, map), mutable })
  switch (type.kind) {
    case 'func': {
      const mapAll = (types: readonly ValType[]): ValType[] => types.map((t) => mapTypeUse(t, map))
      return { kind: 'func', params: mapAll(type.params), results: mapAll(type.results) }
    }
    case 'struct':
      return { kind: 'struct', fields: type.fields.map(mapField) }
    case 'array':
      return { kind: 'array', elem: mapField(type.elem) }
    case 'cont':
      return { kind: 'cont', typeIdx: map(type.typeIdx) }
  }
}

/** The type with the type index that it may refer to replaced. */
export function mapTypeUse(t: ValType, map: (typeIdx: number) => number): ValType {
  const heap = heapTypeOf(t)
  if (!isRefType(t) || heap < 0) return t
  const mapped = map(typeIdxOf(heap))
  return refType(isNullable(t), isExact(heap) ? exactly(mapped) : mapped)
}

/** A block type in one int32: `EMPTY_BLOCK`, a value type (its own code), or a type index (≥ 0, < 2^30). */
export type BlockType = number
export const EMPTY_BLOCK: BlockType = -64

/** The type of addresses: `i64` with the memory64 proposal. */
export type AddrType = 'i32' | 'i64'

/** An unsigned number of 64 bits: a bigint only where a number would not be exact. Both compare with one another by `<`, `>`. */
export type Size = number | bigint

export function sizeOfHalves(lo: number, hi: number): Size {
  const high = hi >>> 0
  return high < 2 ** 21 ? high * 2 ** 32 + (lo >>> 0) : (BigInt(high) << 32n) | BigInt(lo >>> 0)
}

export interface Limits {
  readonly min: Size
  readonly max?: Size | undefined
}

export interface TableType {
  readonly addrType: AddrType
  readonly limits: Limits
  readonly elem: RefType
}

/** Limits in pages. */
export interface MemoryType {
  readonly addrType: AddrType
  readonly limits: Limits
  readonly shared: boolean
  /** The exponent of two of its page size, where that is spelled. */
  readonly pageSizeLog2?: number | undefined
}

/** The exponent of a page size that is not spelled: 64 KiB. */
const DEFAULT_PAGE_SIZE_LOG2 = 16

/** In bytes. */
export function pageSizeOf({ pageSizeLog2 = DEFAULT_PAGE_SIZE_LOG2 }: MemoryType): number {
  return 2 ** pageSizeLog2
}

/** `i64 1 2 shared (pagesize 1)`: as the text format writes it. */
export function memoryTypeName(type: MemoryType): string {
  const { shared, pageSizeLog2 } = type
  const pageSize = pageSizeLog2 === undefined ? '' : ` (pagesize ${BigInt(pageSizeOf(type))})`
  return `${limitsName(type)}${shared ? ' shared' : ''}${pageSize}`
}

/** `i64 1 2`, `1`: limits behind the address type, for which nothing stands where it is i32. */
export function limitsName({ addrType, limits: { min, max } }: TableType | MemoryType): string {
  return `${addrType === 'i32' ? '' : 'i64 '}${min}${max === undefined ? '' : ` ${max}`}`
}

export interface GlobalType {
  readonly type: ValType
  readonly mutable: boolean
}

/** In the order of the binary format: the position is the kind's code in imports and exports. */
export const EXTERN_KINDS = ['func', 'table', 'memory', 'global', 'tag'] as const
export type ExternKind = (typeof EXTERN_KINDS)[number]

/** The type of an import or export. A function's and a tag's is a type index of its module. */
export type ExternType =
  | {
      readonly kind: 'func'
      readonly typeIdx: number
      /** An import that takes no function of a subtype (custom-descriptors). */
      readonly exact?: true | undefined
    }
  | { readonly kind: 'table'; readonly type: TableType }
  | { readonly kind: 'memory'; readonly type: MemoryType }
  | { readonly kind: 'global'; readonly type: GlobalType }
  | { readonly kind: 'tag'; readonly typeIdx: number }
