// Memory instructions of Wasm 1.0. https://webassembly.github.io/spec/core/valid/instructions.html#memory-instructions

import type { ImmediateKind, Immediates } from './immediates.ts'
import { parseSignature, ruled, type Access, type Facts, type Instruction } from './define.ts'
import type { ValType } from '../syntax/types.ts'
import type { Typing } from './typing.ts'

const MEMARG: readonly ImmediateKind[] = ['memarg']

/** The checks that every memory access shares; `natural` is its alignment, as an exponent. Gives the type of the address operand. */
export function checkMemarg(C: Typing, im: Immediates, natural: number): ValType {
  const { addrType } = C.memory(im.x)
  if (im.align > natural) C.invalid('alignment must not be larger than natural')
  if (addrType === 'i32' && im.hi !== 0) C.invalid('offset out of range')
  return C.addr(addrType)
}

function load(
  opcode: number,
  name: string,
  result: string,
  bytes: Access['bytes'],
  expr: string,
  facts: Facts = {},
): Instruction {
  const signature = parseSignature(`-> ${result}`)
  const natural = Math.log2(bytes)
  const loaded = signature.results[0]!
  const rule = (C: Typing, im: Immediates): void => {
    C.pop(checkMemarg(C, im, natural))
    C.push(loaded)
  }
  return { ...ruled(opcode, name, MEMARG, rule, { access: { kind: 'load', bytes }, expr, ...facts }), signature }
}

/** In a store's expression `$0` is the value: the address is `$a`. */
function store(opcode: number, name: string, operand: string, bytes: Access['bytes'], expr: string): Instruction {
  const signature = parseSignature(`${operand} ->`)
  const natural = Math.log2(bytes)
  const stored = signature.params[0]!
  const rule = (C: Typing, im: Immediates): void => {
    const address = checkMemarg(C, im, natural)
    C.pop(stored)
    C.pop(address)
  }
  return { ...ruled(opcode, name, MEMARG, rule, { access: { kind: 'store', bytes }, expr }), signature }
}

// An f32 travels as its bits: a JavaScript number would quiet a signalling NaN.
const BITS: Facts = { bits: true }

// prettier-ignore
export const memory: readonly Instruction[] = [
  load(0x28, 'i32.load', 'i32', 4, '$d.getInt32($a, true)'),
  load(0x29, 'i64.load', 'i64', 8, '$d.getInt32($a, true)', { high: '$d.getInt32($a + 4, true)' }),
  load(0x2a, 'f32.load', 'f32', 4, '$d.getInt32($a, true)', BITS),
  load(0x2b, 'f64.load', 'f64', 8, '$d.getFloat64($a, true)'),
  load(0x2c, 'i32.load8_s', 'i32', 1, '$d.getInt8($a)'),
  load(0x2d, 'i32.load8_u', 'i32', 1, '$d.getUint8($a)'),
  load(0x2e, 'i32.load16_s', 'i32', 2, '$d.getInt16($a, true)'),
  load(0x2f, 'i32.load16_u', 'i32', 2, '$d.getUint16($a, true)'),
  load(0x30, 'i64.load8_s', 'i64', 1, '$d.getInt8($a)', { high: '$low >> 31' }),
  load(0x31, 'i64.load8_u', 'i64', 1, '$d.getUint8($a)', { high: '0' }),
  load(0x32, 'i64.load16_s', 'i64', 2, '$d.getInt16($a, true)', { high: '$low >> 31' }),
  load(0x33, 'i64.load16_u', 'i64', 2, '$d.getUint16($a, true)', { high: '0' }),
  load(0x34, 'i64.load32_s', 'i64', 4, '$d.getInt32($a, true)', { high: '$low >> 31' }),
  load(0x35, 'i64.load32_u', 'i64', 4, '$d.getInt32($a, true)', { high: '0' }),
  store(0x36, 'i32.store', 'i32', 4, '$d.setInt32($a, $0, true)'),
  store(0x37, 'i64.store', 'i64', 8, '$d.setInt32($a, $0l, true); $d.setInt32($a + 4, $0h, true)'),
  store(0x38, 'f32.store', 'f32', 4, '$d.setInt32($a, $0b, true)'),
  store(0x39, 'f64.store', 'f64', 8, '$d.setFloat64($a, $0, true)'),
  store(0x3a, 'i32.store8', 'i32', 1, '$d.setInt8($a, $0)'),
  store(0x3b, 'i32.store16', 'i32', 2, '$d.setInt16($a, $0, true)'),
  store(0x3c, 'i64.store8', 'i64', 1, '$d.setInt8($a, $0l)'),
  store(0x3d, 'i64.store16', 'i64', 2, '$d.setInt16($a, $0l, true)'),
  store(0x3e, 'i64.store32', 'i64', 4, '$d.setInt32($a, $0l, true)'),

  ruled(0x3f, 'memory.size', ['memidx'], (C, { x }) => C.push(C.addr(C.memory(x).addrType))),
  ruled(0x40, 'memory.grow', ['memidx'], (C, { x }) => {
    const address = C.addr(C.memory(x).addrType)
    C.pop(address)
    C.push(address)
  }),
]
