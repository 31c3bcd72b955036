// Numeric instructions of Wasm 1.0. https://webassembly.github.io/spec/core/exec/numerics.html

import { pure, ruled, test, type Instruction, type TrapCondition } from './define.ts'
import { F32, F64, I32, I64 } from '../syntax/types.ts'

const ZERO_32: TrapCondition = { when: '$1 === 0', trap: 'TRAP_DIVIDE_BY_ZERO' }
const ZERO_64: TrapCondition = { when: '($1l | $1h) === 0', trap: 'TRAP_DIVIDE_BY_ZERO' }
const OVERFLOW_32: TrapCondition = { when: '$1 === -1 && $0 === -0x80000000', trap: 'TRAP_INTEGER_OVERFLOW' }
const OVERFLOW_64: TrapCondition = {
  when: '($1l & $1h) === -1 && $0l === 0 && $0h === -0x80000000',
  trap: 'TRAP_INTEGER_OVERFLOW',
}
const NOT_A_NUMBER: TrapCondition = { when: '$0 !== $0', trap: 'TRAP_INVALID_CONVERSION' }
const outside = (low: string, high: string): TrapCondition => ({
  when: `!($0 ${low} && $0 < ${high})`,
  trap: 'TRAP_INTEGER_OVERFLOW',
})
// The exclusive or inclusive bounds between which a float truncates to an integer of the type.
const TO_S32 = [NOT_A_NUMBER, outside('> -2147483649', '2147483648')]
const TO_U32 = [NOT_A_NUMBER, outside('> -1', '4294967296')]
const TO_S64 = [NOT_A_NUMBER, outside('>= -9223372036854775808', '9223372036854775808')]
const TO_U64 = [NOT_A_NUMBER, outside('> -1', '18446744073709551616')]

// prettier-ignore
const constants: readonly Instruction[] = [
  ruled(0x41, 'i32.const', ['i32'], (C) => C.push(I32), { constant: true }),
  ruled(0x42, 'i64.const', ['i64'], (C) => C.push(I64), { constant: true }),
  ruled(0x43, 'f32.const', ['f32'], (C) => C.push(F32), { constant: true }),
  ruled(0x44, 'f64.const', ['f64'], (C) => C.push(F64), { constant: true }),
]

// prettier-ignore
const comparisons: readonly Instruction[] = [
  test(0x45, 'i32.eqz',  'i32 -> i32',     '$0 === 0'),
  test(0x46, 'i32.eq',   'i32 i32 -> i32', '$0 === $1'),
  test(0x47, 'i32.ne',   'i32 i32 -> i32', '$0 !== $1'),
  test(0x48, 'i32.lt_s', 'i32 i32 -> i32', '$0 < $1'),
  test(0x49, 'i32.lt_u', 'i32 i32 -> i32', '($0 >>> 0) < ($1 >>> 0)'),
  test(0x4a, 'i32.gt_s', 'i32 i32 -> i32', '$0 > $1'),
  test(0x4b, 'i32.gt_u', 'i32 i32 -> i32', '($0 >>> 0) > ($1 >>> 0)'),
  test(0x4c, 'i32.le_s', 'i32 i32 -> i32', '$0 <= $1'),
  test(0x4d, 'i32.le_u', 'i32 i32 -> i32', '($0 >>> 0) <= ($1 >>> 0)'),
  test(0x4e, 'i32.ge_s', 'i32 i32 -> i32', '$0 >= $1'),
  test(0x4f, 'i32.ge_u', 'i32 i32 -> i32', '($0 >>> 0) >= ($1 >>> 0)'),

  test(0x50, 'i64.eqz',  'i64 -> i32',     '($0l | $0h) === 0'),
  test(0x51, 'i64.eq',   'i64 i64 -> i32', '$0l === $1l && $0h === $1h'),
  test(0x52, 'i64.ne',   'i64 i64 -> i32', '$0l !== $1l || $0h !== $1h'),
  test(0x53, 'i64.lt_s', 'i64 i64 -> i32', '$0h === $1h ? ($0l >>> 0) < ($1l >>> 0) : $0h < $1h'),
  test(0x54, 'i64.lt_u', 'i64 i64 -> i32', '$0h === $1h ? ($0l >>> 0) < ($1l >>> 0) : ($0h >>> 0) < ($1h >>> 0)'),
  test(0x55, 'i64.gt_s', 'i64 i64 -> i32', '$0h === $1h ? ($0l >>> 0) > ($1l >>> 0) : $0h > $1h'),
  test(0x56, 'i64.gt_u', 'i64 i64 -> i32', '$0h === $1h ? ($0l >>> 0) > ($1l >>> 0) : ($0h >>> 0) > ($1h >>> 0)'),
  test(0x57, 'i64.le_s', 'i64 i64 -> i32', '$0h === $1h ? ($0l >>> 0) <= ($1l >>> 0) : $0h < $1h'),
  test(0x58, 'i64.le_u', 'i64 i64 -> i32', '$0h === $1h ? ($0l >>> 0) <= ($1l >>> 0) : ($0h >>> 0) < ($1h >>> 0)'),
  test(0x59, 'i64.ge_s', 'i64 i64 -> i32', '$0h === $1h ? ($0l >>> 0) >= ($1l >>> 0) : $0h > $1h'),
  test(0x5a, 'i64.ge_u', 'i64 i64 -> i32', '$0h === $1h ? ($0l >>> 0) >= ($1l >>> 0) : ($0h >>> 0) > ($1h >>> 0)'),

  test(0x5b, 'f32.eq', 'f32 f32 -> i32', '$0 === $1'),
  test(0x5c, 'f32.ne', 'f32 f32 -> i32', '$0 !== $1'),
  test(0x5d, 'f32.lt', 'f32 f32 -> i32', '$0 < $1'),
  test(0x5e, 'f32.gt', 'f32 f32 -> i32', '$0 > $1'),
  test(0x5f, 'f32.le', 'f32 f32 -> i32', '$0 <= $1'),
  test(0x60, 'f32.ge', 'f32 f32 -> i32', '$0 >= $1'),

  test(0x61, 'f64.eq', 'f64 f64 -> i32', '$0 === $1'),
  test(0x62, 'f64.ne', 'f64 f64 -> i32', '$0 !== $1'),
  test(0x63, 'f64.lt', 'f64 f64 -> i32', '$0 < $1'),
  test(0x64, 'f64.gt', 'f64 f64 -> i32', '$0 > $1'),
  test(0x65, 'f64.le', 'f64 f64 -> i32', '$0 <= $1'),
  test(0x66, 'f64.ge', 'f64 f64 -> i32', '$0 >= $1'),
]

// prettier-ignore
const integers: readonly Instruction[] = [
  pure(0x67, 'i32.clz',    'i32 -> i32',     'Math.clz32($0)'),
  pure(0x68, 'i32.ctz',    'i32 -> i32',     'i32.ctz($0)'),
  pure(0x69, 'i32.popcnt', 'i32 -> i32',     'i32.popcnt($0)'),
  pure(0x6a, 'i32.add',    'i32 i32 -> i32', '$0 + $1 | 0'),
  pure(0x6b, 'i32.sub',    'i32 i32 -> i32', '$0 - $1 | 0'),
  pure(0x6c, 'i32.mul',    'i32 i32 -> i32', 'Math.imul($0, $1)'),
  pure(0x6d, 'i32.div_s',  'i32 i32 -> i32', '$0 / $1 | 0', { traps: [ZERO_32, OVERFLOW_32] }),
  pure(0x6e, 'i32.div_u',  'i32 i32 -> i32', '($0 >>> 0) / ($1 >>> 0) | 0', { traps: [ZERO_32] }),
  pure(0x6f, 'i32.rem_s',  'i32 i32 -> i32', '$0 % $1 | 0', { traps: [ZERO_32] }),
  pure(0x70, 'i32.rem_u',  'i32 i32 -> i32', '($0 >>> 0) % ($1 >>> 0) | 0', { traps: [ZERO_32] }),
  pure(0x71, 'i32.and',    'i32 i32 -> i32', '$0 & $1'),
  pure(0x72, 'i32.or',     'i32 i32 -> i32', '$0 | $1'),
  pure(0x73, 'i32.xor',    'i32 i32 -> i32', '$0 ^ $1'),
  pure(0x74, 'i32.shl',    'i32 i32 -> i32', '$0 << $1'),
  pure(0x75, 'i32.shr_s',  'i32 i32 -> i32', '$0 >> $1'),
  pure(0x76, 'i32.shr_u',  'i32 i32 -> i32', '$0 >>> $1 | 0'),
  pure(0x77, 'i32.rotl',   'i32 i32 -> i32', '$0 << $1 | $0 >>> -$1'),
  pure(0x78, 'i32.rotr',   'i32 i32 -> i32', '$0 >>> $1 | $0 << -$1'),

  pure(0x79, 'i64.clz',    'i64 -> i64',     '$0h === 0 ? 32 + Math.clz32($0l) : Math.clz32($0h)', { high: '0' }),
  pure(0x7a, 'i64.ctz',    'i64 -> i64',     '$0l === 0 ? 32 + i32.ctz($0h) : i32.ctz($0l)', { high: '0' }),
  pure(0x7b, 'i64.popcnt', 'i64 -> i64',     'i32.popcnt($0l) + i32.popcnt($0h)', { high: '0' }),
  pure(0x7c, 'i64.add',    'i64 i64 -> i64', '$0l + $1l | 0', { high: '$0h + $1h + (($low >>> 0) < ($0l >>> 0) | 0) | 0' }),
  pure(0x7d, 'i64.sub',    'i64 i64 -> i64', '$0l - $1l | 0', { high: '$0h - $1h - (($0l >>> 0) < ($1l >>> 0) | 0) | 0' }),
  pure(0x7e, 'i64.mul',    'i64 i64 -> i64', 'i64.mul($0l, $0h, $1l, $1h)'),
  pure(0x7f, 'i64.div_s',  'i64 i64 -> i64', 'i64.div_s($0l, $0h, $1l, $1h)', { traps: [ZERO_64, OVERFLOW_64] }),
  pure(0x80, 'i64.div_u',  'i64 i64 -> i64', 'i64.div_u($0l, $0h, $1l, $1h)', { traps: [ZERO_64] }),
  pure(0x81, 'i64.rem_s',  'i64 i64 -> i64', 'i64.rem_s($0l, $0h, $1l, $1h)', { traps: [ZERO_64] }),
  pure(0x82, 'i64.rem_u',  'i64 i64 -> i64', 'i64.rem_u($0l, $0h, $1l, $1h)', { traps: [ZERO_64] }),
  pure(0x83, 'i64.and',    'i64 i64 -> i64', '$0l & $1l', { high: '$0h & $1h' }),
  pure(0x84, 'i64.or',     'i64 i64 -> i64', '$0l | $1l', { high: '$0h | $1h' }),
  pure(0x85, 'i64.xor',    'i64 i64 -> i64', '$0l ^ $1l', { high: '$0h ^ $1h' }),
  // The high half of a shift count is never looked at: counts are taken modulo 64.
  pure(0x86, 'i64.shl',    'i64 i64 -> i64', 'i64.shl($0l, $0h, $1l)'),
  pure(0x87, 'i64.shr_s',  'i64 i64 -> i64', 'i64.shr_s($0l, $0h, $1l)'),
  pure(0x88, 'i64.shr_u',  'i64 i64 -> i64', 'i64.shr_u($0l, $0h, $1l)'),
  pure(0x89, 'i64.rotl',   'i64 i64 -> i64', 'i64.rotl($0l, $0h, $1l)'),
  pure(0x8a, 'i64.rotr',   'i64 i64 -> i64', 'i64.rotr($0l, $0h, $1l)'),
]

// prettier-ignore
const floats: readonly Instruction[] = [
  pure(0x8b, 'f32.abs',      'f32 -> f32',     '$0b & 0x7fffffff', { bits: true }),
  pure(0x8c, 'f32.neg',      'f32 -> f32',     '$0b ^ 0x80000000', { bits: true }),
  pure(0x8d, 'f32.ceil',     'f32 -> f32',     'f32.ceil($0)'),
  pure(0x8e, 'f32.floor',    'f32 -> f32',     'f32.floor($0)'),
  pure(0x8f, 'f32.trunc',    'f32 -> f32',     'f32.trunc($0)'),
  pure(0x90, 'f32.nearest',  'f32 -> f32',     'f32.nearest($0)'),
  pure(0x91, 'f32.sqrt',     'f32 -> f32',     'Math.fround(Math.sqrt($0))'),
  pure(0x92, 'f32.add',      'f32 f32 -> f32', 'Math.fround($0 + $1)'),
  pure(0x93, 'f32.sub',      'f32 f32 -> f32', 'Math.fround($0 - $1)'),
  pure(0x94, 'f32.mul',      'f32 f32 -> f32', 'Math.fround($0 * $1)'),
  pure(0x95, 'f32.div',      'f32 f32 -> f32', 'Math.fround($0 / $1)'),
  pure(0x96, 'f32.min',      'f32 f32 -> f32', 'Math.min($0, $1)'),
  pure(0x97, 'f32.max',      'f32 f32 -> f32', 'Math.max($0, $1)'),
  pure(0x98, 'f32.copysign', 'f32 f32 -> f32', '$0b & 0x7fffffff | $1b & 0x80000000', { bits: true }),

  pure(0x99, 'f64.abs',      'f64 -> f64',     '$0l', { high: '$0h & 0x7fffffff', bits: true }),
  pure(0x9a, 'f64.neg',      'f64 -> f64',     '$0l', { high: '$0h ^ 0x80000000', bits: true }),
  pure(0x9b, 'f64.ceil',     'f64 -> f64',     'f64.ceil($0)'),
  pure(0x9c, 'f64.floor',    'f64 -> f64',     'f64.floor($0)'),
  pure(0x9d, 'f64.trunc',    'f64 -> f64',     'f64.trunc($0)'),
  pure(0x9e, 'f64.nearest',  'f64 -> f64',     'f64.nearest($0)'),
  pure(0x9f, 'f64.sqrt',     'f64 -> f64',     'Math.sqrt($0)'),
  pure(0xa0, 'f64.add',      'f64 f64 -> f64', '$0 + $1'),
  pure(0xa1, 'f64.sub',      'f64 f64 -> f64', '$0 - $1'),
  pure(0xa2, 'f64.mul',      'f64 f64 -> f64', '$0 * $1'),
  pure(0xa3, 'f64.div',      'f64 f64 -> f64', '$0 / $1'),
  pure(0xa4, 'f64.min',      'f64 f64 -> f64', 'Math.min($0, $1)'),
  pure(0xa5, 'f64.max',      'f64 f64 -> f64', 'Math.max($0, $1)'),
  pure(0xa6, 'f64.copysign', 'f64 f64 -> f64', '$0l', { high: '$0h & 0x7fffffff | $1h & 0x80000000', bits: true }),
]

// prettier-ignore
const conversions: readonly Instruction[] = [
  pure(0xa7, 'i32.wrap_i64',        'i64 -> i32', '$0l'),
  pure(0xa8, 'i32.trunc_f32_s',     'f32 -> i32', '$0 | 0', { traps: TO_S32 }),
  pure(0xa9, 'i32.trunc_f32_u',     'f32 -> i32', '$0 | 0', { traps: TO_U32 }),
  pure(0xaa, 'i32.trunc_f64_s',     'f64 -> i32', '$0 | 0', { traps: TO_S32 }),
  pure(0xab, 'i32.trunc_f64_u',     'f64 -> i32', '$0 | 0', { traps: TO_U32 }),
  pure(0xac, 'i64.extend_i32_s',    'i32 -> i64', '$0', { high: '$low >> 31' }),
  pure(0xad, 'i64.extend_i32_u',    'i32 -> i64', '$0', { high: '0' }),
  pure(0xae, 'i64.trunc_f32_s',     'f32 -> i64', 'convert.i64_trunc_s($0)', { traps: TO_S64 }),
  pure(0xaf, 'i64.trunc_f32_u',     'f32 -> i64', 'convert.i64_trunc_u($0)', { traps: TO_U64 }),
  pure(0xb0, 'i64.trunc_f64_s',     'f64 -> i64', 'convert.i64_trunc_s($0)', { traps: TO_S64 }),
  pure(0xb1, 'i64.trunc_f64_u',     'f64 -> i64', 'convert.i64_trunc_u($0)', { traps: TO_U64 }),
  pure(0xb2, 'f32.convert_i32_s',   'i32 -> f32', 'Math.fround($0)'),
  pure(0xb3, 'f32.convert_i32_u',   'i32 -> f32', 'Math.fround($0 >>> 0)'),
  pure(0xb4, 'f32.convert_i64_s',   'i64 -> f32', 'convert.f32_convert_i64_s($0l, $0h)'),
  pure(0xb5, 'f32.convert_i64_u',   'i64 -> f32', 'convert.f32_convert_i64_u($0l, $0h)'),
  pure(0xb6, 'f32.demote_f64',      'f64 -> f32', 'Math.fround($0)'),
  pure(0xb7, 'f64.convert_i32_s',   'i32 -> f64', '$0'),
  pure(0xb8, 'f64.convert_i32_u',   'i32 -> f64', '$0 >>> 0'),
  pure(0xb9, 'f64.convert_i64_s',   'i64 -> f64', '$0h * 4294967296 + ($0l >>> 0)'),
  pure(0xba, 'f64.convert_i64_u',   'i64 -> f64', '($0h >>> 0) * 4294967296 + ($0l >>> 0)'),
  pure(0xbb, 'f64.promote_f32',     'f32 -> f64', '$0'),
  pure(0xbc, 'i32.reinterpret_f32', 'f32 -> i32', '$0b'),
  pure(0xbd, 'i64.reinterpret_f64', 'f64 -> i64', '$0l', { high: '$0h' }),
  pure(0xbe, 'f32.reinterpret_i32', 'i32 -> f32', '$0', { bits: true }),
  pure(0xbf, 'f64.reinterpret_i64', 'i64 -> f64', '$0l', { high: '$0h', bits: true }),
]

export const numeric: readonly Instruction[] = [...constants, ...comparisons, ...integers, ...floats, ...conversions]
