// Types of chapter 2.3. A value type is one int32, so that validators and tiers keep stacks of them in typed arrays:
//
//   number and vector types   -1 … -5        the binary format's own codes, sign-extended (0x7f is -1)
//   reference types           1<<30 | nullable<<29 | heap type in 29 bits
//   a heap type               ≥ 0 a type index, < 0 an abstract one (again the binary code, sign-extended)
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

export const FUNC: HeapType = -16
export const EXTERN: HeapType = -17

export function refType(nullable: boolean, heap: HeapType): RefType {
  return REF | (nullable ? NULLABLE : 0) | (heap & HEAP_MASK)
}

export function isRefType(t: ValType): boolean {
  return t >= REF
}

function isNullable(t: RefType): boolean {
  return (t & NULLABLE) !== 0
}

export function heapTypeOf(t: RefType): HeapType {
  return (t << 3) >> 3
}

export const FUNCREF: RefType = refType(true, FUNC)
export const EXTERNREF: RefType = refType(true, EXTERN)

const NAMES: ReadonlyMap<ValType, string> = new Map([
  [I32, 'i32'],
  [I64, 'i64'],
  [F32, 'f32'],
  [F64, 'f64'],
  [V128, 'v128'],
  [FUNCREF, 'funcref'],
  [EXTERNREF, 'externref'],
  [BOT, 'unknown'],
])

const HEAP_NAMES: ReadonlyMap<HeapType, string> = new Map([
  [FUNC, 'func'],
  [EXTERN, 'extern'],
])

/** `i32`, `funcref`, `(ref null 5)`: as the text format writes it. */
export function valTypeName(t: ValType): string {
  const name = NAMES.get(t)
  if (name !== undefined) return name
  const heap = heapTypeOf(t)
  return `(ref ${isNullable(t) ? 'null ' : ''}${heapTypeName(heap)})`
}

export function heapTypeName(heap: HeapType): string {
  return HEAP_NAMES.get(heap) ?? String(heap)
}

/** A value or heap type that is one byte in the binary format, by its name in the text format. */
export const VAL_TYPES_BY_NAME: ReadonlyMap<string, ValType> = new Map(
  [I32, I64, F32, F64, V128, FUNCREF, EXTERNREF].map((t) => [valTypeName(t), t]),
)
export const HEAP_TYPES_BY_NAME: ReadonlyMap<string, HeapType> = new Map(
  [...HEAP_NAMES].map(([heap, name]) => [name, heap]),
)

/** `[i32 i64]`, as the specification's error messages write a result type; cut where it is longer than anybody reads. */
export function resultTypeName(types: ArrayLike<ValType>): string {
  return `[${listed(types, valTypeName, ' ')}]`
}

export interface FuncType {
  readonly kind: 'func'
  readonly params: readonly ValType[]
  readonly results: readonly ValType[]
}

/** What a type index stands for. Structs and arrays join with the garbage-collection proposal. */
export type CompType = FuncType

export function funcTypeName(type: FuncType): string {
  return `${resultTypeName(type.params)} -> ${resultTypeName(type.results)}`
}

/** A block type in one int32: `EMPTY_BLOCK`, a value type (its own code), or a type index (≥ 0, < 2^30). */
export type BlockType = number
export const EMPTY_BLOCK: BlockType = -64

/** The type of addresses: `i64` with the memory64 proposal. */
export type AddrType = 'i32' | 'i64'

export interface Limits {
  readonly min: number
  readonly max?: number | undefined
}

export interface TableType {
  readonly addrType: AddrType
  readonly limits: Limits
  readonly elem: RefType
}

/** Limits in pages of 64 KiB. */
export interface MemoryType {
  readonly addrType: AddrType
  readonly limits: Limits
  readonly shared: boolean
}

export interface GlobalType {
  readonly type: ValType
  readonly mutable: boolean
}

/** In the order of the binary format: the position is the kind's code in imports and exports. */
export const EXTERN_KINDS = ['func', 'table', 'memory', 'global'] as const
export type ExternKind = (typeof EXTERN_KINDS)[number]

/** The type of an import or export. A function's is a type index of its module. */
export type ExternType =
  | { readonly kind: 'func'; readonly typeIdx: number }
  | { readonly kind: 'table'; readonly type: TableType }
  | { readonly kind: 'memory'; readonly type: MemoryType }
  | { readonly kind: 'global'; readonly type: GlobalType }
