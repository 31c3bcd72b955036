// The proposal relaxed-simd: instructions whose results the specification leaves to the machine within bounds. Of what it admits they give
// what its deterministic profile prescribes, which mostly is another instruction's meaning: the tiers then share their code.
// https://webassembly.github.io/spec/core/exec/numerics.html#relaxed-operations

import { withNan, type Instruction } from './define.ts'
import { binary, ternary, unary } from './simd.ts'

// prettier-ignore
export const relaxedSimd: readonly Instruction[] = [
  binary(0x100, 'i8x16.relaxed_swizzle', 'i8x16.swizzle'),
  unary(0x101, 'i32x4.relaxed_trunc_f32x4_s', 'i32x4.trunc_sat_f32x4_s'),
  unary(0x102, 'i32x4.relaxed_trunc_f32x4_u', 'i32x4.trunc_sat_f32x4_u'),
  unary(0x103, 'i32x4.relaxed_trunc_f64x2_s_zero', 'i32x4.trunc_sat_f64x2_s_zero'),
  unary(0x104, 'i32x4.relaxed_trunc_f64x2_u_zero', 'i32x4.trunc_sat_f64x2_u_zero'),
  withNan(32, ternary(0x105, 'f32x4.relaxed_madd')),
  withNan(32, ternary(0x106, 'f32x4.relaxed_nmadd')),
  withNan(64, ternary(0x107, 'f64x2.relaxed_madd')),
  withNan(64, ternary(0x108, 'f64x2.relaxed_nmadd')),
  ternary(0x109, 'i8x16.relaxed_laneselect', 'v128.bitselect'),
  ternary(0x10a, 'i16x8.relaxed_laneselect', 'v128.bitselect'),
  ternary(0x10b, 'i32x4.relaxed_laneselect', 'v128.bitselect'),
  ternary(0x10c, 'i64x2.relaxed_laneselect', 'v128.bitselect'),
  withNan(32, binary(0x10d, 'f32x4.relaxed_min', 'f32x4.min')),
  withNan(32, binary(0x10e, 'f32x4.relaxed_max', 'f32x4.max')),
  withNan(64, binary(0x10f, 'f64x2.relaxed_min', 'f64x2.min')),
  withNan(64, binary(0x110, 'f64x2.relaxed_max', 'f64x2.max')),
  binary(0x111, 'i16x8.relaxed_q15mulr_s', 'i16x8.q15mulr_sat_s'),
  binary(0x112, 'i16x8.relaxed_dot_i8x16_i7x16_s'),
  ternary(0x113, 'i32x4.relaxed_dot_i8x16_i7x16_add_s'),
]
