// The proposal simd: vectors of 128 bits. Functions of `numeric/` have the instructions' names, so that most expressions follow from them.
// https://github.com/WebAssembly/simd

import { V128 } from '../syntax/types.ts'
import { parseSignature, prefixed, pure, ruled, withNan, type Access, type Facts, type Instruction } from './define.ts'
import type { ImmediateKind } from './immediates.ts'
import { checkMemarg } from './memory.ts'
import type { Typing } from './typing.ts'

const PREFIX = 0xfd

/** `meaning`: the function, where that is another instruction's. */
export function unary(number: number, name: string, meaning: string = name): Instruction {
  return pure(prefixed(PREFIX, number), name, 'v128 -> v128', `${meaning}($v, $r, $0)`)
}

export function binary(number: number, name: string, meaning: string = name): Instruction {
  return pure(prefixed(PREFIX, number), name, 'v128 v128 -> v128', `${meaning}($v, $r, $0, $1)`)
}

export function ternary(number: number, name: string, meaning: string = name): Instruction {
  return pure(prefixed(PREFIX, number), name, 'v128 v128 v128 -> v128', `${meaning}($v, $r, $0, $1, $2)`)
}

/** The count is taken modulo the width of a lane. */
function shift(number: number, name: string): Instruction {
  return pure(prefixed(PREFIX, number), name, 'v128 i32 -> v128', `${name}($v, $r, $0, $1)`)
}

function toI32(number: number, name: string): Instruction {
  return pure(prefixed(PREFIX, number), name, 'v128 -> i32', `${name}($v, $0)`)
}

/** Lanes of floats are moved as integers, so that no NaN changes: `expr` is of the integer shape. */
function splat(number: number, name: string, lane: string, expr: string): Instruction {
  return pure(prefixed(PREFIX, number), name, `${lane} -> v128`, expr)
}

function checkLane(C: Typing, lane: number, lanes: number): void {
  if (lane >= lanes) C.invalid(`invalid lane index ${lane}`)
}

/** A row of fixed type whose immediate is one of `lanes` lanes. */
function onLane(
  number: number,
  name: string,
  lanes: number,
  type: string,
  expr: string,
  facts: Facts = {},
): Instruction {
  const signature = parseSignature(type)
  const rule = (C: Typing, { y }: { readonly y: number }): void => {
    checkLane(C, y, lanes)
    C.popAll(signature.params)
    C.pushAll(signature.results)
  }
  return { ...ruled(prefixed(PREFIX, number), name, ['laneidx'], rule, { expr, ...facts }), signature }
}

const MEMARG: readonly ImmediateKind[] = ['memarg']
const MEMARG_LANE: readonly ImmediateKind[] = ['memarg', 'laneidx']

/** A row that accesses memory. Its signature is without the address operand, which lies below the others. */
function accessing(
  number: number,
  name: string,
  access: Access,
  type: string,
  args: string,
  lanes?: number,
): Instruction {
  const signature = parseSignature(type)
  const natural = Math.log2(access.bytes)
  const rule: Instruction['rule'] = (C, im) => {
    const address = checkMemarg(C, im, natural)
    if (lanes !== undefined) checkLane(C, im.y, lanes)
    C.popAll([address, ...signature.params])
    C.pushAll(signature.results)
  }
  const immediates = lanes === undefined ? MEMARG : MEMARG_LANE
  return { ...ruled(prefixed(PREFIX, number), name, immediates, rule, { access, expr: `${name}(${args})` }), signature }
}

function load(number: number, name: string, bytes: Access['bytes']): Instruction {
  return accessing(number, name, { kind: 'load', bytes }, '-> v128', '$v, $r, $d, $a')
}

function store(number: number, name: string, bytes: Access['bytes']): Instruction {
  return accessing(number, name, { kind: 'store', bytes }, 'v128 ->', '$v, $0, $d, $a')
}

function loadLane(number: number, name: string, bytes: Access['bytes']): Instruction {
  return accessing(number, name, { kind: 'load', bytes }, 'v128 -> v128', '$v, $r, $0, $d, $a, $x', 16 / bytes)
}

function storeLane(number: number, name: string, bytes: Access['bytes']): Instruction {
  return accessing(number, name, { kind: 'store', bytes }, 'v128 ->', '$v, $0, $d, $a, $x', 16 / bytes)
}

// prettier-ignore
const memory: readonly Instruction[] = [
  load(0x00, 'v128.load', 16),
  load(0x01, 'v128.load8x8_s', 8),
  load(0x02, 'v128.load8x8_u', 8),
  load(0x03, 'v128.load16x4_s', 8),
  load(0x04, 'v128.load16x4_u', 8),
  load(0x05, 'v128.load32x2_s', 8),
  load(0x06, 'v128.load32x2_u', 8),
  load(0x07, 'v128.load8_splat', 1),
  load(0x08, 'v128.load16_splat', 2),
  load(0x09, 'v128.load32_splat', 4),
  load(0x0a, 'v128.load64_splat', 8),
  store(0x0b, 'v128.store', 16),
  loadLane(0x54, 'v128.load8_lane', 1),
  loadLane(0x55, 'v128.load16_lane', 2),
  loadLane(0x56, 'v128.load32_lane', 4),
  loadLane(0x57, 'v128.load64_lane', 8),
  storeLane(0x58, 'v128.store8_lane', 1),
  storeLane(0x59, 'v128.store16_lane', 2),
  storeLane(0x5a, 'v128.store32_lane', 4),
  storeLane(0x5b, 'v128.store64_lane', 8),
  load(0x5c, 'v128.load32_zero', 4),
  load(0x5d, 'v128.load64_zero', 8),
]

// prettier-ignore
const constants: readonly Instruction[] = [
  ruled(prefixed(PREFIX, 0x0c), 'v128.const', ['v128'], (C) => C.push(V128), { constant: true }),
]

const SHUFFLE = parseSignature('v128 v128 -> v128')

// prettier-ignore
const lanes: readonly Instruction[] = [
  {
    ...ruled(prefixed(PREFIX, 0x0d), 'i8x16.shuffle', ['lanes'], (C, { vector }) => {
      // A lane of the two operands together is five bits.
      if (vector.some((word) => (word & 0xe0e0e0e0) !== 0)) C.invalid('invalid lane index')
      C.popAll(SHUFFLE.params)
      C.pushAll(SHUFFLE.results)
    }, { expr: 'i8x16.shuffle($v, $r, $0, $1, $w0, $w1, $w2, $w3)' }),
    signature: SHUFFLE,
  },
  binary(0x0e, 'i8x16.swizzle'),
  splat(0x0f, 'i8x16.splat', 'i32', 'i8x16.splat($v, $r, $0)'),
  splat(0x10, 'i16x8.splat', 'i32', 'i16x8.splat($v, $r, $0)'),
  splat(0x11, 'i32x4.splat', 'i32', 'i32x4.splat($v, $r, $0)'),
  splat(0x12, 'i64x2.splat', 'i64', 'i64x2.splat($v, $r, $0l, $0h)'),
  splat(0x13, 'f32x4.splat', 'f32', 'i32x4.splat($v, $r, $0b)'),
  splat(0x14, 'f64x2.splat', 'f64', 'i64x2.splat($v, $r, $0l, $0h)'),

  onLane(0x15, 'i8x16.extract_lane_s', 16, 'v128 -> i32', 'i8x16.extract_lane_s($v, $0, $x)'),
  onLane(0x16, 'i8x16.extract_lane_u', 16, 'v128 -> i32', 'i8x16.extract_lane_u($v, $0, $x)'),
  onLane(0x17, 'i8x16.replace_lane', 16, 'v128 i32 -> v128', 'i8x16.replace_lane($v, $r, $0, $1, $x)'),
  onLane(0x18, 'i16x8.extract_lane_s', 8, 'v128 -> i32', 'i16x8.extract_lane_s($v, $0, $x)'),
  onLane(0x19, 'i16x8.extract_lane_u', 8, 'v128 -> i32', 'i16x8.extract_lane_u($v, $0, $x)'),
  onLane(0x1a, 'i16x8.replace_lane', 8, 'v128 i32 -> v128', 'i16x8.replace_lane($v, $r, $0, $1, $x)'),
  onLane(0x1b, 'i32x4.extract_lane', 4, 'v128 -> i32', 'i32x4.extract_lane($v, $0, $x)'),
  onLane(0x1c, 'i32x4.replace_lane', 4, 'v128 i32 -> v128', 'i32x4.replace_lane($v, $r, $0, $1, $x)'),
  onLane(0x1d, 'i64x2.extract_lane', 2, 'v128 -> i64', 'i64x2.extract_lane($v, $0, $x)'),
  onLane(0x1e, 'i64x2.replace_lane', 2, 'v128 i64 -> v128', 'i64x2.replace_lane($v, $r, $0, $1l, $1h, $x)'),
  onLane(0x1f, 'f32x4.extract_lane', 4, 'v128 -> f32', 'i32x4.extract_lane($v, $0, $x)', { bits: true }),
  onLane(0x20, 'f32x4.replace_lane', 4, 'v128 f32 -> v128', 'i32x4.replace_lane($v, $r, $0, $1b, $x)'),
  onLane(0x21, 'f64x2.extract_lane', 2, 'v128 -> f64', 'i64x2.extract_lane($v, $0, $x)', { bits: true }),
  onLane(0x22, 'f64x2.replace_lane', 2, 'v128 f64 -> v128', 'i64x2.replace_lane($v, $r, $0, $1l, $1h, $x)'),
]

// prettier-ignore
const bits: readonly Instruction[] = [
  unary(0x4d, 'v128.not'),
  binary(0x4e, 'v128.and'),
  binary(0x4f, 'v128.andnot'),
  binary(0x50, 'v128.or'),
  binary(0x51, 'v128.xor'),
  ternary(0x52, 'v128.bitselect'),
  toI32(0x53, 'v128.any_true'),
]

// prettier-ignore
const i8x16: readonly Instruction[] = [
  binary(0x23, 'i8x16.eq'),
  binary(0x24, 'i8x16.ne'),
  binary(0x25, 'i8x16.lt_s'),
  binary(0x26, 'i8x16.lt_u'),
  binary(0x27, 'i8x16.gt_s'),
  binary(0x28, 'i8x16.gt_u'),
  binary(0x29, 'i8x16.le_s'),
  binary(0x2a, 'i8x16.le_u'),
  binary(0x2b, 'i8x16.ge_s'),
  binary(0x2c, 'i8x16.ge_u'),
  unary(0x60, 'i8x16.abs'),
  unary(0x61, 'i8x16.neg'),
  unary(0x62, 'i8x16.popcnt'),
  toI32(0x63, 'i8x16.all_true'),
  toI32(0x64, 'i8x16.bitmask'),
  binary(0x65, 'i8x16.narrow_i16x8_s'),
  binary(0x66, 'i8x16.narrow_i16x8_u'),
  shift(0x6b, 'i8x16.shl'),
  shift(0x6c, 'i8x16.shr_s'),
  shift(0x6d, 'i8x16.shr_u'),
  binary(0x6e, 'i8x16.add'),
  binary(0x6f, 'i8x16.add_sat_s'),
  binary(0x70, 'i8x16.add_sat_u'),
  binary(0x71, 'i8x16.sub'),
  binary(0x72, 'i8x16.sub_sat_s'),
  binary(0x73, 'i8x16.sub_sat_u'),
  binary(0x76, 'i8x16.min_s'),
  binary(0x77, 'i8x16.min_u'),
  binary(0x78, 'i8x16.max_s'),
  binary(0x79, 'i8x16.max_u'),
  binary(0x7b, 'i8x16.avgr_u'),
]

// prettier-ignore
const i16x8: readonly Instruction[] = [
  binary(0x2d, 'i16x8.eq'),
  binary(0x2e, 'i16x8.ne'),
  binary(0x2f, 'i16x8.lt_s'),
  binary(0x30, 'i16x8.lt_u'),
  binary(0x31, 'i16x8.gt_s'),
  binary(0x32, 'i16x8.gt_u'),
  binary(0x33, 'i16x8.le_s'),
  binary(0x34, 'i16x8.le_u'),
  binary(0x35, 'i16x8.ge_s'),
  binary(0x36, 'i16x8.ge_u'),
  unary(0x7c, 'i16x8.extadd_pairwise_i8x16_s'),
  unary(0x7d, 'i16x8.extadd_pairwise_i8x16_u'),
  unary(0x80, 'i16x8.abs'),
  unary(0x81, 'i16x8.neg'),
  binary(0x82, 'i16x8.q15mulr_sat_s'),
  toI32(0x83, 'i16x8.all_true'),
  toI32(0x84, 'i16x8.bitmask'),
  binary(0x85, 'i16x8.narrow_i32x4_s'),
  binary(0x86, 'i16x8.narrow_i32x4_u'),
  unary(0x87, 'i16x8.extend_low_i8x16_s'),
  unary(0x88, 'i16x8.extend_high_i8x16_s'),
  unary(0x89, 'i16x8.extend_low_i8x16_u'),
  unary(0x8a, 'i16x8.extend_high_i8x16_u'),
  shift(0x8b, 'i16x8.shl'),
  shift(0x8c, 'i16x8.shr_s'),
  shift(0x8d, 'i16x8.shr_u'),
  binary(0x8e, 'i16x8.add'),
  binary(0x8f, 'i16x8.add_sat_s'),
  binary(0x90, 'i16x8.add_sat_u'),
  binary(0x91, 'i16x8.sub'),
  binary(0x92, 'i16x8.sub_sat_s'),
  binary(0x93, 'i16x8.sub_sat_u'),
  binary(0x95, 'i16x8.mul'),
  binary(0x96, 'i16x8.min_s'),
  binary(0x97, 'i16x8.min_u'),
  binary(0x98, 'i16x8.max_s'),
  binary(0x99, 'i16x8.max_u'),
  binary(0x9b, 'i16x8.avgr_u'),
  binary(0x9c, 'i16x8.extmul_low_i8x16_s'),
  binary(0x9d, 'i16x8.extmul_high_i8x16_s'),
  binary(0x9e, 'i16x8.extmul_low_i8x16_u'),
  binary(0x9f, 'i16x8.extmul_high_i8x16_u'),
]

// prettier-ignore
const i32x4: readonly Instruction[] = [
  binary(0x37, 'i32x4.eq'),
  binary(0x38, 'i32x4.ne'),
  binary(0x39, 'i32x4.lt_s'),
  binary(0x3a, 'i32x4.lt_u'),
  binary(0x3b, 'i32x4.gt_s'),
  binary(0x3c, 'i32x4.gt_u'),
  binary(0x3d, 'i32x4.le_s'),
  binary(0x3e, 'i32x4.le_u'),
  binary(0x3f, 'i32x4.ge_s'),
  binary(0x40, 'i32x4.ge_u'),
  unary(0x7e, 'i32x4.extadd_pairwise_i16x8_s'),
  unary(0x7f, 'i32x4.extadd_pairwise_i16x8_u'),
  unary(0xa0, 'i32x4.abs'),
  unary(0xa1, 'i32x4.neg'),
  toI32(0xa3, 'i32x4.all_true'),
  toI32(0xa4, 'i32x4.bitmask'),
  unary(0xa7, 'i32x4.extend_low_i16x8_s'),
  unary(0xa8, 'i32x4.extend_high_i16x8_s'),
  unary(0xa9, 'i32x4.extend_low_i16x8_u'),
  unary(0xaa, 'i32x4.extend_high_i16x8_u'),
  shift(0xab, 'i32x4.shl'),
  shift(0xac, 'i32x4.shr_s'),
  shift(0xad, 'i32x4.shr_u'),
  binary(0xae, 'i32x4.add'),
  binary(0xb1, 'i32x4.sub'),
  binary(0xb5, 'i32x4.mul'),
  binary(0xb6, 'i32x4.min_s'),
  binary(0xb7, 'i32x4.min_u'),
  binary(0xb8, 'i32x4.max_s'),
  binary(0xb9, 'i32x4.max_u'),
  binary(0xba, 'i32x4.dot_i16x8_s'),
  binary(0xbc, 'i32x4.extmul_low_i16x8_s'),
  binary(0xbd, 'i32x4.extmul_high_i16x8_s'),
  binary(0xbe, 'i32x4.extmul_low_i16x8_u'),
  binary(0xbf, 'i32x4.extmul_high_i16x8_u'),
  unary(0xf8, 'i32x4.trunc_sat_f32x4_s'),
  unary(0xf9, 'i32x4.trunc_sat_f32x4_u'),
  unary(0xfc, 'i32x4.trunc_sat_f64x2_s_zero'),
  unary(0xfd, 'i32x4.trunc_sat_f64x2_u_zero'),
]

// prettier-ignore
const i64x2: readonly Instruction[] = [
  unary(0xc0, 'i64x2.abs'),
  unary(0xc1, 'i64x2.neg'),
  toI32(0xc3, 'i64x2.all_true'),
  toI32(0xc4, 'i64x2.bitmask'),
  unary(0xc7, 'i64x2.extend_low_i32x4_s'),
  unary(0xc8, 'i64x2.extend_high_i32x4_s'),
  unary(0xc9, 'i64x2.extend_low_i32x4_u'),
  unary(0xca, 'i64x2.extend_high_i32x4_u'),
  shift(0xcb, 'i64x2.shl'),
  shift(0xcc, 'i64x2.shr_s'),
  shift(0xcd, 'i64x2.shr_u'),
  binary(0xce, 'i64x2.add'),
  binary(0xd1, 'i64x2.sub'),
  binary(0xd5, 'i64x2.mul'),
  binary(0xd6, 'i64x2.eq'),
  binary(0xd7, 'i64x2.ne'),
  binary(0xd8, 'i64x2.lt_s'),
  binary(0xd9, 'i64x2.gt_s'),
  binary(0xda, 'i64x2.le_s'),
  binary(0xdb, 'i64x2.ge_s'),
  binary(0xdc, 'i64x2.extmul_low_i32x4_s'),
  binary(0xdd, 'i64x2.extmul_high_i32x4_s'),
  binary(0xde, 'i64x2.extmul_low_i32x4_u'),
  binary(0xdf, 'i64x2.extmul_high_i32x4_u'),
]

// prettier-ignore
const f32x4: readonly Instruction[] = [
  binary(0x41, 'f32x4.eq'),
  binary(0x42, 'f32x4.ne'),
  binary(0x43, 'f32x4.lt'),
  binary(0x44, 'f32x4.gt'),
  binary(0x45, 'f32x4.le'),
  binary(0x46, 'f32x4.ge'),
  withNan(32, unary(0x5e, 'f32x4.demote_f64x2_zero')),
  withNan(32, unary(0x67, 'f32x4.ceil')),
  withNan(32, unary(0x68, 'f32x4.floor')),
  withNan(32, unary(0x69, 'f32x4.trunc')),
  withNan(32, unary(0x6a, 'f32x4.nearest')),
  unary(0xe0, 'f32x4.abs'),
  unary(0xe1, 'f32x4.neg'),
  withNan(32, unary(0xe3, 'f32x4.sqrt')),
  withNan(32, binary(0xe4, 'f32x4.add')),
  withNan(32, binary(0xe5, 'f32x4.sub')),
  withNan(32, binary(0xe6, 'f32x4.mul')),
  withNan(32, binary(0xe7, 'f32x4.div')),
  withNan(32, binary(0xe8, 'f32x4.min')),
  withNan(32, binary(0xe9, 'f32x4.max')),
  binary(0xea, 'f32x4.pmin'),
  binary(0xeb, 'f32x4.pmax'),
  unary(0xfa, 'f32x4.convert_i32x4_s'),
  unary(0xfb, 'f32x4.convert_i32x4_u'),
]

// prettier-ignore
const f64x2: readonly Instruction[] = [
  binary(0x47, 'f64x2.eq'),
  binary(0x48, 'f64x2.ne'),
  binary(0x49, 'f64x2.lt'),
  binary(0x4a, 'f64x2.gt'),
  binary(0x4b, 'f64x2.le'),
  binary(0x4c, 'f64x2.ge'),
  withNan(64, unary(0x5f, 'f64x2.promote_low_f32x4')),
  withNan(64, unary(0x74, 'f64x2.ceil')),
  withNan(64, unary(0x75, 'f64x2.floor')),
  withNan(64, unary(0x7a, 'f64x2.trunc')),
  withNan(64, unary(0x94, 'f64x2.nearest')),
  unary(0xec, 'f64x2.abs'),
  unary(0xed, 'f64x2.neg'),
  withNan(64, unary(0xef, 'f64x2.sqrt')),
  withNan(64, binary(0xf0, 'f64x2.add')),
  withNan(64, binary(0xf1, 'f64x2.sub')),
  withNan(64, binary(0xf2, 'f64x2.mul')),
  withNan(64, binary(0xf3, 'f64x2.div')),
  withNan(64, binary(0xf4, 'f64x2.min')),
  withNan(64, binary(0xf5, 'f64x2.max')),
  binary(0xf6, 'f64x2.pmin'),
  binary(0xf7, 'f64x2.pmax'),
  unary(0xfe, 'f64x2.convert_low_i32x4_s'),
  unary(0xff, 'f64x2.convert_low_i32x4_u'),
]

// prettier-ignore
export const simd: readonly Instruction[] = [
  ...memory, ...constants, ...lanes, ...bits, ...i8x16, ...i16x8, ...i32x4, ...i64x2, ...f32x4, ...f64x2,
]
