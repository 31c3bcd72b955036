// The proposal gc: structures, arrays, i31, casts. https://github.com/WebAssembly/gc

import {
  CONT,
  ANY,
  ARRAY,
  EQ,
  EXTERN,
  I31,
  I32,
  heapTypeOf,
  isDefaultable,
  isNullable,
  isPacked,
} from '../syntax/types.ts'
import { exactly, isRefType, nonNull, refType, unpacked } from '../syntax/types.ts'
import type { ArrayType, FieldType, HeapType, RefType, StructType, ValType } from '../syntax/types.ts'
import { prefixed, ruled, type Facts, type Instruction } from './define.ts'
import type { Immediates } from './immediates.ts'
import type { Typing, TypingRule } from './typing.ts'

const EQREF = refType(true, EQ)
const byElements = (operand: number): Facts => ({ charge: { operand, per: 1 } })

/** What an instruction makes is of the type itself; only custom-descriptors can tell that from a reference to the type. */
export const made = (typeIdx: number): RefType => refType(false, exactly(typeIdx))
const refNull = (typeIdx: number): RefType => refType(true, typeIdx)

/** What is known of a structure type: an instruction of a few bytes may ask for 10,000 fields. */
interface Fields {
  readonly operands: readonly ValType[]
  /** The first field without default. */
  readonly needsValue: FieldType | undefined
}

const knownFields = new WeakMap<StructType, Fields>()

export function fieldsOf(type: StructType): Fields {
  const known = knownFields.get(type)
  if (known !== undefined) return known
  const { fields } = type
  const operands = fields.map((each) => unpacked(each.type))
  const facts = { operands, needsValue: fields.find((each) => !isDefaultable(each.type)) }
  knownFields.set(type, facts)
  return facts
}

/** The field that the immediates name. */
function field(C: Typing, { x, y }: Immediates): FieldType {
  const { fields } = C.structType(x)
  return fields[y] ?? C.invalid(`unknown field ${y}`)
}

export function checkDefaultable(C: Typing, { type }: FieldType): void {
  if (!isDefaultable(type)) C.invalid('type mismatch: field type is not defaultable')
}

function mutableArray(C: Typing, x: number): ArrayType {
  const type = C.arrayType(x)
  if (!type.elem.mutable) C.invalid('immutable array')
  return type
}

/** Reading: with a sign for packed fields, without one for all others. */
function checkPacking(C: Typing, { type }: FieldType, extends_: boolean): void {
  if (isPacked(type) !== extends_) C.invalid(`type mismatch: field is ${extends_ ? 'not packed' : 'packed'}`)
}

const structGet =
  (extends_: boolean): TypingRule =>
  (C, im) => {
    const read = field(C, im)
    checkPacking(C, read, extends_)
    C.pop(refNull(im.x))
    C.push(unpacked(read.type))
  }

const arrayGet =
  (extends_: boolean): TypingRule =>
  (C, { x }) => {
    const { elem } = C.arrayType(x)
    checkPacking(C, elem, extends_)
    C.popAll([refNull(x), I32])
    C.push(unpacked(elem.type))
  }

/** The greatest type of the hierarchy that a cast stays in. Continuations are not cast. */
function castTop(C: Typing, target: RefType): HeapType {
  const top = C.topOf(heapTypeOf(C.valType(target)))
  return top === CONT ? C.invalid('invalid cast: the type of a continuation is not known when it runs') : top
}

/** What is cast comes from the target's hierarchy. */
function popCastOperand(C: Typing, target: RefType): void {
  C.pop(refType(true, castTop(C, target)))
}

/** The difference of reference types: what is left of `from` where a cast to `to` has failed. */
function castRest(from: RefType, to: RefType): RefType {
  return isNullable(to) ? nonNull(from) : from
}

/** The target is a subtype of what is cast; with custom-descriptors, it is enough that both are of one hierarchy. */
function checkCast(C: Typing, from: RefType, to: RefType): void {
  C.valType(to)
  C.valType(from)
  C.matches(to, C.isOn('custom-descriptors') ? refType(true, C.topOf(heapTypeOf(from))) : from)
}

/** The label takes a reference last; its other operands stay in any case. */
function checkCastBranch(C: Typing, label: number, from: RefType, to: RefType, taken: RefType, left: RefType): void {
  checkCast(C, from, to)
  castTop(C, to)
  const types = C.label(label)
  const last = types.at(-1)
  if (last === undefined) return C.invalid('type mismatch: the label of a cast takes a reference')
  C.matches(taken, last)
  C.pop(from)
  const others = types.slice(0, -1)
  C.popAll(others)
  C.pushAll(others)
  C.push(left)
}

export const brOnCast: TypingRule = (C, { x, lo: from, hi: to }) =>
  checkCastBranch(C, x, from, to, to, castRest(from, to))
export const brOnCastFail: TypingRule = (C, { x, lo: from, hi: to }) =>
  checkCastBranch(C, x, from, to, castRest(from, to), to)

const refTest: TypingRule = (C, { x: target }) => {
  popCastOperand(C, target)
  C.push(I32)
}

export const refCast: TypingRule = (C, { x: target }) => {
  popCastOperand(C, target)
  C.push(target)
}

const convert =
  (from: HeapType, to: HeapType): TypingRule =>
  (C) =>
    C.push(refType(isNullable(C.popRefOf(from)), to))

/** Where the type has descriptors, an instance cannot be made without one. */
function withoutDescriptor(C: Typing, x: number): StructType {
  const type = C.structType(x)
  if (C.descriptor(x) !== undefined) C.invalid('type with descriptor requires descriptor allocation')
  return type
}

export const gcOpcode = (number: number): number => prefixed(0xfb, number)

// prettier-ignore
export const gc: readonly Instruction[] = [
  ruled(0xd3, 'ref.eq', [], (C) => {
    C.popAll([EQREF, EQREF])
    C.push(I32)
  }),
  ruled(gcOpcode(0), 'struct.new', ['typeidx'], (C, { x }) => {
    C.popAll(fieldsOf(withoutDescriptor(C, x)).operands)
    C.push(made(x))
  }, { constant: true }),
  ruled(gcOpcode(1), 'struct.new_default', ['typeidx'], (C, { x }) => {
    const { needsValue } = fieldsOf(withoutDescriptor(C, x))
    if (needsValue !== undefined) checkDefaultable(C, needsValue)
    C.push(made(x))
  }, { constant: true }),
  ruled(gcOpcode(2), 'struct.get', ['typeidx', 'fieldidx'], structGet(false)),
  ruled(gcOpcode(3), 'struct.get_s', ['typeidx', 'fieldidx'], structGet(true)),
  ruled(gcOpcode(4), 'struct.get_u', ['typeidx', 'fieldidx'], structGet(true)),
  ruled(gcOpcode(5), 'struct.set', ['typeidx', 'fieldidx'], (C, im) => {
    const { type, mutable } = field(C, im)
    if (!mutable) C.invalid('immutable field')
    C.pop(unpacked(type))
    C.pop(refNull(im.x))
  }),
  ruled(gcOpcode(6), 'array.new', ['typeidx'], (C, { x }) => {
    C.popAll([unpacked(C.arrayType(x).elem.type), I32])
    C.push(made(x))
  }, { constant: true, ...byElements(1) }),
  ruled(gcOpcode(7), 'array.new_default', ['typeidx'], (C, { x }) => {
    checkDefaultable(C, C.arrayType(x).elem)
    C.pop(I32)
    C.push(made(x))
  }, { constant: true, ...byElements(0) }),
  ruled(gcOpcode(8), 'array.new_fixed', ['typeidx', 'u32'], (C, { x, y }) => {
    const type = unpacked(C.arrayType(x).elem.type)
    C.popCopies(type, y)
    C.push(made(x))
  }, { constant: true }),
  ruled(gcOpcode(9), 'array.new_data', ['typeidx', 'dataidx'], (C, { x, y }) => {
    if (isRefType(C.arrayType(x).elem.type)) C.invalid('type mismatch: array type is not numeric or vector')
    C.data(y)
    C.popAll([I32, I32])
    C.push(made(x))
  }, byElements(1)),
  ruled(gcOpcode(10), 'array.new_elem', ['typeidx', 'elemidx'], (C, { x, y }) => {
    C.matches(C.elem(y), C.arrayType(x).elem.type)
    C.popAll([I32, I32])
    C.push(made(x))
  }, byElements(1)),
  ruled(gcOpcode(11), 'array.get', ['typeidx'], arrayGet(false)),
  ruled(gcOpcode(12), 'array.get_s', ['typeidx'], arrayGet(true)),
  ruled(gcOpcode(13), 'array.get_u', ['typeidx'], arrayGet(true)),
  ruled(gcOpcode(14), 'array.set', ['typeidx'], (C, { x }) => {
    C.popAll([refNull(x), I32, unpacked(mutableArray(C, x).elem.type)])
  }),
  ruled(gcOpcode(15), 'array.len', [], (C) => {
    C.pop(refType(true, ARRAY))
    C.push(I32)
  }),
  ruled(gcOpcode(16), 'array.fill', ['typeidx'], (C, { x }) => {
    C.popAll([refNull(x), I32, unpacked(mutableArray(C, x).elem.type), I32])
  }, byElements(3)),
  ruled(gcOpcode(17), 'array.copy', ['typeidx', 'typeidx'], (C, { x, y }) => {
    const to = mutableArray(C, x).elem.type
    const from = C.arrayType(y).elem.type
    if (isPacked(to) || isPacked(from) ? to !== from : !C.isSubtype(from, to)) C.invalid('array types do not match')
    C.popAll([refNull(x), I32, refNull(y), I32, I32])
  }, byElements(4)),
  ruled(gcOpcode(18), 'array.init_data', ['typeidx', 'dataidx'], (C, { x, y }) => {
    if (isRefType(mutableArray(C, x).elem.type)) C.invalid('array type is not numeric or vector')
    C.data(y)
    C.popAll([refNull(x), I32, I32, I32])
  }, byElements(3)),
  ruled(gcOpcode(19), 'array.init_elem', ['typeidx', 'elemidx'], (C, { x, y }) => {
    C.matches(C.elem(y), mutableArray(C, x).elem.type)
    C.popAll([refNull(x), I32, I32, I32])
  }, byElements(3)),
  ruled(gcOpcode(20), 'ref.test', ['reftype'], refTest, { nullable: gcOpcode(21) }),
  ruled(gcOpcode(21), 'ref.test', ['nullreftype'], refTest),
  ruled(gcOpcode(22), 'ref.cast', ['reftype'], refCast, { nullable: gcOpcode(23) }),
  ruled(gcOpcode(23), 'ref.cast', ['nullreftype'], refCast),
  ruled(gcOpcode(24), 'br_on_cast', ['castop'], brOnCast),
  ruled(gcOpcode(25), 'br_on_cast_fail', ['castop'], brOnCastFail),
  ruled(gcOpcode(26), 'any.convert_extern', [], convert(EXTERN, ANY), { constant: true }),
  ruled(gcOpcode(27), 'extern.convert_any', [], convert(ANY, EXTERN), { constant: true }),
  ruled(gcOpcode(28), 'ref.i31', [], (C) => {
    C.pop(I32)
    C.push(refType(false, I31))
  }, { constant: true }),
  ruled(gcOpcode(29), 'i31.get_s', [], (C) => {
    C.pop(refType(true, I31))
    C.push(I32)
  }),
  ruled(gcOpcode(30), 'i31.get_u', [], (C) => {
    C.pop(refType(true, I31))
    C.push(I32)
  }),
]
