// Evaluates constant expressions: a handler for each instruction that may stand in one.
// https://webassembly.github.io/spec/core/exec/instructions.html#expressions

import { InternalError } from '../errors/heddle-error.ts'
import type { Immediates } from '../instructions/immediates.ts'
import { InstructionReader } from '../instructions/instruction-reader.ts'
import * as i64 from '../numeric/i64.ts'
import type { Code } from '../syntax/module.ts'
import { F32, F64, FUNCREF, I64, refType } from '../syntax/types.ts'
import type { Instance } from './instance.ts'
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
  ['ref.null', (stack, { x }) => stack.push(refValue(refType(true, x), null))],
  ['ref.func', (stack, { x }, instance) => stack.push(refValue(FUNCREF, instance.func(x)))],
  ['i32.add', binary32((a, b) => a + b)],
  ['i32.sub', binary32((a, b) => a - b)],
  ['i32.mul', binary32(Math.imul)],
  ['i64.add', binary64(i64.add)],
  ['i64.sub', binary64(i64.sub)],
  ['i64.mul', binary64(i64.mul)],
])

/** The value of a valid constant expression. Globals that it names must have been initialised. */
export function evaluate(code: Code, instance: Instance): Value {
  const reader = InstructionReader.of(code)
  const stack: Value[] = []
  for (;;) {
    const row = reader.next()
    if (row.structure === 'end') break
    const handler = HANDLERS.get(row.name)
    if (handler === undefined) throw new InternalError(`${row.name} in a constant expression`)
    handler(stack, reader, instance)
  }
  const value = stack.pop()
  if (value === undefined) throw new InternalError('a constant expression without a value')
  return value
}
