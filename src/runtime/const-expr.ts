// Evaluates constant expressions: a handler for each instruction that may stand in one.
// https://webassembly.github.io/spec/core/exec/instructions.html#expressions

import { InternalError } from '../errors/heddle-error.ts'
import { Trap } from '../errors/trap.ts'
import type { Immediates } from '../instructions/immediates.ts'
import { InstructionReader } from '../instructions/instruction-reader.ts'
import * as i64 from '../numeric/i64.ts'
import type { Code } from '../syntax/module.ts'
import { ANY, EXTERNREF, F32, F64, FUNCREF, I31, I64, refType, type RefType } from '../syntax/types.ts'
import type { CanonicalType } from '../validate/canonical-types.ts'
import { ArrayInstance, StructInstance, arrayBytes, structBytes } from './aggregate.ts'
import type { Instance } from './instance.ts'
import { i31 } from './reference.ts'
import { i32Value, numberValue, refValue, vectorValue, type Value } from './value.ts'

type Handler = (stack: Value[], im: Immediates, instance: Instance) => void

const binary32 =
  (combine: (a: number, b: number) => number): Handler =>
  (stack) => {
    const b = stack.pop()!
    const a = stack.pop()!
    stack.push(i32Value(combine(a.lo, b.lo)))
  }

const binary64 =
  (combine: (al: number, ah: number, bl: number, bh: number) => number): Handler =>
  (stack) => {
    const b = stack.pop()!
    const a = stack.pop()!
    const lo = combine(a.lo, a.hi, b.lo, b.hi)
    stack.push(numberValue(I64, lo, i64.hi))
  }

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['i32.const', (stack, { x }) => stack.push(i32Value(x))],
  ['i64.const', (stack, { lo, hi }) => stack.push(numberValue(I64, lo, hi))],
  ['f32.const', (stack, { x }) => stack.push(numberValue(F32, x))],
  ['f64.const', (stack, { lo, hi }) => stack.push(numberValue(F64, lo, hi))],
  ['v128.const', (stack, { vector }) => stack.push(vectorValue(vector))],
  ['global.get', (stack, { x }, instance) => stack.push(instance.globals[x]!.get())],
  ['ref.null', (stack, { x }, { compiled }) => stack.push(refValue(compiled.types.close(refType(true, x)), null))],
  ['ref.func', (stack, { x }, instance) => stack.push(refValue(FUNCREF, instance.func(x)))],
  ['ref.i31', (stack) => stack.push(refValue(refType(false, I31), i31(stack.pop()!.lo)))],
  ['any.convert_extern', (stack) => stack.push(refValue(refType(true, ANY), stack.pop()!.ref))],
  ['extern.convert_any', (stack) => stack.push(refValue(EXTERNREF, stack.pop()!.ref))],
  ['struct.new', (stack, { x }, instance) => newStruct(stack, x, instance, { isDefault: false, isDescribed: false })],
  [
    'struct.new_default',
    (stack, { x }, instance) => newStruct(stack, x, instance, { isDefault: true, isDescribed: false }),
  ],
  [
    'struct.new_desc',
    (stack, { x }, instance) => newStruct(stack, x, instance, { isDefault: false, isDescribed: true }),
  ],
  [
    'struct.new_default_desc',
    (stack, { x }, instance) => newStruct(stack, x, instance, { isDefault: true, isDescribed: true }),
  ],
  [
    'array.new',
    (stack, { x }, instance) => {
      const length = stack.pop()!.lo >>> 0
      newArray(stack, x, instance, length, 1)
    },
  ],
  ['array.new_default', (stack, { x }, instance) => newArray(stack, x, instance, stack.pop()!.lo >>> 0, 0)],
  ['array.new_fixed', (stack, { x, y }, instance) => newArray(stack, x, instance, y, y)],
  ['i32.add', binary32((a, b) => a + b)],
  ['i32.sub', binary32((a, b) => a - b)],
  ['i32.mul', binary32(Math.imul)],
  ['i64.add', binary64(i64.add)],
  ['i64.sub', binary64(i64.sub)],
  ['i64.mul', binary64(i64.mul)],
])

const newStruct = (
  stack: Value[],
  x: number,
  instance: Instance,
  { isDefault, isDescribed }: { readonly isDefault: boolean; readonly isDescribed: boolean },
): void => {
  const layout = instance.compiled.structLayout(x)
  const { type, fields, length } = layout
  if (isDescribed && stack.at(-1)!.ref === null) throw new Trap('TRAP_NULL_DESCRIPTOR')
  // The operands are still on the stack: they count.
  instance.store.heap.claim(structBytes(length))
  const descriptor = isDescribed ? (stack.pop()!.ref as StructInstance) : null
  const struct = StructInstance.zero(layout, descriptor)
  const operands = isDefault ? [] : stack.splice(stack.length - fields.length)
  operands.forEach((value, i) => struct.set(fields[i]!, value))
  stack.push(refValue(closedRef(type), struct))
}

/** `count`: operands that are its elements, one for all or one for each. */
const newArray = (stack: Value[], x: number, instance: Instance, length: number, count: number): void => {
  const layout = instance.compiled.arrayLayout(x)
  // The operands are still on the stack: they count.
  instance.store.heap.claim(arrayBytes(layout, length))
  const array = new ArrayInstance(layout, length)
  const elements = stack.splice(stack.length - count)
  for (let i = 0; i < length && elements.length > 0; i++) array.set(i, elements[i % elements.length]!)
  stack.push(refValue(closedRef(layout.type), array))
}

/** A reference to what was just made. */
function closedRef({ id }: CanonicalType): RefType {
  return refType(false, id)
}

/** The value of a valid constant expression. Globals that it names must have been initialised. */
export function evaluate(code: Code, instance: Instance): Value {
  const reader = InstructionReader.of(code)
  const stack: Value[] = []
  instance.operands = stack
  for (;;) {
    const row = reader.next()
    if (row.structure === 'end') break
    const handler = HANDLERS.get(row.name)
    if (handler === undefined) throw new InternalError(`${row.name} in a constant expression`)
    handler(stack, reader, instance)
  }
  instance.operands = []
  const value = stack.pop()
  if (value === undefined) throw new InternalError('a constant expression without a value')
  return value
}

/** The offset of an active segment, unsigned; exact below 2^53, beyond which it is out of bounds wherever it is. */
export function evaluateOffset(code: Code, instance: Instance): number {
  const { type, lo, hi } = evaluate(code, instance)
  return type === I64 ? (hi >>> 0) * 2 ** 32 + (lo >>> 0) : lo >>> 0
}
