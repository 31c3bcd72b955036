// Structures and arrays: objects whose fields keep the bits of numbers, so that no NaN payload is lost, and references as they are.
// https://webassembly.github.io/spec/core/exec/runtime.html#aggregate-instances

import {
  F64,
  I16,
  I64,
  I8,
  V128,
  isRefType,
  type ArrayType,
  type StorageType,
  type StructType,
} from '../syntax/types.ts'
import type { CanonicalType } from '../validate/canonical-types.ts'
import { HeapObject } from './heap.ts'
import type { Ref, Value } from './value.ts'

/** How a field is kept: in how many words, packed, or as a reference. */
export type FieldKind = 'i8' | 'i16' | 'word' | 'wide' | 'vector' | 'ref'

function fieldKind(type: StorageType): FieldKind {
  switch (type) {
    case I8:
      return 'i8'
    case I16:
      return 'i16'
    case I64:
    case F64:
      return 'wide'
    case V128:
      return 'vector'
    default:
      return isRefType(type) ? 'ref' : 'word'
  }
}

const WORDS: Readonly<Record<FieldKind, number>> = { i8: 1, i16: 1, word: 1, wide: 2, vector: 4, ref: 1 }
const BYTES: Readonly<Record<FieldKind, number>> = { i8: 1, i16: 2, word: 4, wide: 8, vector: 16, ref: 8 }

interface FieldLayout {
  readonly kind: FieldKind
  /** Position of its first word, or of the reference, in the structure. */
  readonly at: number
}

/** What every structure of a type has in common. */
export interface StructLayout {
  readonly type: CanonicalType
  readonly fields: readonly FieldLayout[]
  /** Words and references together. */
  readonly length: number
  /** The zeros and nulls that its values begin as. */
  readonly zeros: readonly Ref[]
}

export interface ArrayLayout {
  readonly type: CanonicalType
  readonly kind: FieldKind
  /** Words of one element in the array; bytes of one element in a data segment. */
  readonly stride: number
  readonly bytes: number
}

export function structLayout(type: CanonicalType): StructLayout {
  let length = 0
  const fields = (type.comp as StructType).fields.map((field): FieldLayout => {
    const kind = fieldKind(field.type)
    const at = length
    length += WORDS[kind]
    return { kind, at }
  })
  const zeros = Array.from<Ref>({ length }).fill(0)
  for (const { kind, at } of fields) if (kind === 'ref') zeros[at] = null
  return { type, fields, length, zeros }
}

export function arrayLayout(type: CanonicalType): ArrayLayout {
  const kind = fieldKind((type.comp as ArrayType).elem.type)
  return { type, kind, stride: WORDS[kind], bytes: BYTES[kind] }
}

/** A number as it is kept: its words, or a packed one extended by its sign. */
function wordsOf(kind: FieldKind, { lo, hi, upper }: Value): readonly number[] {
  switch (kind) {
    case 'i8':
      return [(lo << 24) >> 24]
    case 'i16':
      return [(lo << 16) >> 16]
    case 'wide':
      return [lo, hi]
    case 'vector':
      return [lo, hi, upper?.lo ?? 0, upper?.hi ?? 0]
    default:
      return [lo]
  }
}

/** About what a host takes for an object besides its fields. */
const STRUCT_BYTES = 96
const ARRAY_BYTES = 200

export function structBytes(length: number): number {
  return STRUCT_BYTES + 8 * length
}

export function arrayBytes({ bytes }: ArrayLayout, length: number): number {
  return ARRAY_BYTES + bytes * length
}

export class StructInstance extends HeapObject {
  readonly type: CanonicalType
  /** By `FieldLayout.at`: int32 words, packed values extended by their sign, and references. */
  readonly values: Ref[]
  /** What describes it; null where its type has no descriptors. */
  readonly descriptor: StructInstance | null

  constructor(type: CanonicalType, values: Ref[], descriptor: StructInstance | null = null) {
    super()
    this.type = type
    this.values = values
    this.descriptor = descriptor
  }

  /** With zeros and nulls. */
  static zero({ type, zeros }: StructLayout, descriptor: StructInstance | null = null): StructInstance {
    return new StructInstance(type, zeros.slice(), descriptor)
  }

  set({ kind, at }: FieldLayout, value: Value): void {
    if (kind === 'ref') this.values[at] = value.ref
    else for (const [i, word] of wordsOf(kind, value).entries()) this.values[at + i] = word
  }

  get byteSize(): number {
    return structBytes(this.values.length)
  }

  references(): Iterable<Ref> {
    return this.descriptor === null ? this.values : [...this.values, this.descriptor]
  }
}

type Words = Int8Array | Int16Array | Int32Array

const NO_WORDS = new Int32Array(0)
const NO_REFS: Ref[] = []

export class ArrayInstance extends HeapObject {
  readonly layout: ArrayLayout
  readonly length: number
  /** The elements, unless they are references: `stride` words each, or one packed value. */
  readonly words: Words
  /** The elements that are references. */
  readonly refs: Ref[]

  /** Zeros, or nulls. Throws a RangeError where the host has not got the memory. */
  constructor(layout: ArrayLayout, length: number) {
    super()
    this.layout = layout
    this.length = length
    this.words = layout.kind === 'ref' ? NO_WORDS : allocateWords(layout, length)
    this.refs = layout.kind === 'ref' ? nulls(length) : NO_REFS
  }

  get type(): CanonicalType {
    return this.layout.type
  }

  set(index: number, value: Value): void {
    const { kind, stride } = this.layout
    if (kind === 'ref') this.refs[index] = value.ref
    else this.words.set(wordsOf(kind, value), index * stride)
  }

  get byteSize(): number {
    return arrayBytes(this.layout, this.length)
  }

  references(): Iterable<Ref> {
    return this.refs
  }

  contains(index: number, count: number): boolean {
    return index + count <= this.length
  }

  /** The elements as the bytes that a data segment would hold. Not for references. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.words.buffer)
  }
}

/** An array that is longer than this when it is made becomes a dictionary in V8. */
const LONGEST_AT_ONCE = 2 ** 25

/** `Array.from` takes a hundred times as long. */
function nulls(length: number): Ref[] {
  const refs = new Array<Ref>(Math.min(length, LONGEST_AT_ONCE)).fill(null)
  for (let i = refs.length; i < length; i++) refs.push(null)
  return refs
}

function allocateWords({ kind, stride }: ArrayLayout, length: number): Words {
  if (kind === 'i8') return new Int8Array(length)
  return kind === 'i16' ? new Int16Array(length) : new Int32Array(length * stride)
}
