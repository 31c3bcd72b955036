// Vectors of four 32-bit integers. Lanes are stored modulo 2^32 by the typed arrays; conditions give lanes of all ones or zeros.
// https://webassembly.github.io/spec/core/exec/instructions.html#vector-instructions

import { i32_trunc_sat_s, i32_trunc_sat_u } from './convert.ts'
import { relaxedDotLane } from './i16x8.ts'
import { copy, out, put, type Lanes } from './lanes.ts'

export function splat({ i32 }: Lanes, r: number, x: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = x
}

export function extract_lane({ i32 }: Lanes, a: number, lane: number): number {
  return i32[a + lane]!
}

export function replace_lane(l: Lanes, r: number, a: number, x: number, lane: number): void {
  copy(l, r, a)
  l.i32[r + lane] = x
}

export function eq({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32[a + i] === i32[b + i] ? -1 : 0
}

export function ne({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32[a + i] !== i32[b + i] ? -1 : 0
}

export function lt_s({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32[a + i]! < i32[b + i]! ? -1 : 0
}

export function lt_u({ i32, u32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = u32[a + i]! < u32[b + i]! ? -1 : 0
}

export function gt_s({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32[a + i]! > i32[b + i]! ? -1 : 0
}

export function gt_u({ i32, u32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = u32[a + i]! > u32[b + i]! ? -1 : 0
}

export function le_s({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32[a + i]! <= i32[b + i]! ? -1 : 0
}

export function le_u({ i32, u32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = u32[a + i]! <= u32[b + i]! ? -1 : 0
}

export function ge_s({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32[a + i]! >= i32[b + i]! ? -1 : 0
}

export function ge_u({ i32, u32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = u32[a + i]! >= u32[b + i]! ? -1 : 0
}

export function abs({ i32 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = Math.abs(i32[a + i]!)
}

export function neg({ i32 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = -i32[a + i]!
}

export function all_true({ i32 }: Lanes, a: number): number {
  for (let i = 0; i < 4; i++) if (i32[a + i] === 0) return 0
  return 1
}

export function bitmask({ u32 }: Lanes, a: number): number {
  let mask = 0
  for (let i = 0; i < 4; i++) mask |= (u32[a + i]! >>> 31) << i
  return mask
}

export function shl({ i32 }: Lanes, r: number, a: number, n: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32[a + i]! << n
}

export function shr_s({ i32 }: Lanes, r: number, a: number, n: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32[a + i]! >> n
}

export function shr_u({ i32, u32 }: Lanes, r: number, a: number, n: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = u32[a + i]! >>> n
}

export function add({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32[a + i]! + i32[b + i]!
}

export function sub({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32[a + i]! - i32[b + i]!
}

export function mul({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = Math.imul(i32[a + i]!, i32[b + i]!)
}

export function min_s({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = Math.min(i32[a + i]!, i32[b + i]!)
}

export function min_u({ i32, u32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = Math.min(u32[a + i]!, u32[b + i]!)
}

export function max_s({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = Math.max(i32[a + i]!, i32[b + i]!)
}

export function max_u({ i32, u32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = Math.max(u32[a + i]!, u32[b + i]!)
}

export function extend_low_i16x8_s(l: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) out.i32[i] = l.i16[a * 2 + i]!
  put(l, r)
}

export function extend_high_i16x8_s(l: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) out.i32[i] = l.i16[a * 2 + 4 + i]!
  put(l, r)
}

export function extend_low_i16x8_u(l: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) out.i32[i] = l.u16[a * 2 + i]!
  put(l, r)
}

export function extend_high_i16x8_u(l: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) out.i32[i] = l.u16[a * 2 + 4 + i]!
  put(l, r)
}

export function extadd_pairwise_i16x8_s(l: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) out.i32[i] = l.i16[a * 2 + 2 * i]! + l.i16[a * 2 + 2 * i + 1]!
  put(l, r)
}

export function extadd_pairwise_i16x8_u(l: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) out.i32[i] = l.u16[a * 2 + 2 * i]! + l.u16[a * 2 + 2 * i + 1]!
  put(l, r)
}

export function extmul_low_i16x8_s(l: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) out.i32[i] = l.i16[a * 2 + i]! * l.i16[b * 2 + i]!
  put(l, r)
}

export function extmul_high_i16x8_s(l: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) out.i32[i] = l.i16[a * 2 + 4 + i]! * l.i16[b * 2 + 4 + i]!
  put(l, r)
}

export function extmul_low_i16x8_u(l: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) out.i32[i] = l.u16[a * 2 + i]! * l.u16[b * 2 + i]!
  put(l, r)
}

export function extmul_high_i16x8_u(l: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) out.i32[i] = l.u16[a * 2 + 4 + i]! * l.u16[b * 2 + 4 + i]!
  put(l, r)
}

export function dot_i16x8_s(l: Lanes, r: number, a: number, b: number): void {
  const { i16 } = l
  for (let i = 0; i < 4; i++) {
    const [p, q] = [a * 2 + 2 * i, b * 2 + 2 * i]
    out.i32[i] = i16[p]! * i16[q]! + i16[p + 1]! * i16[q + 1]!
  }
  put(l, r)
}

/**
 * Lanes of the dot product of 16 bits, added up in pairs and to the third operand.
 * https://webassembly.github.io/spec/core/exec/numerics.html#op-irelaxed-dot-add
 */
export function relaxed_dot_i8x16_i7x16_add_s(l: Lanes, r: number, a: number, b: number, c: number): void {
  for (let i = 0; i < 4; i++) {
    out.i32[i] = relaxedDotLane(l, a, b, 2 * i) + relaxedDotLane(l, a, b, 2 * i + 1) + l.i32[c + i]!
  }
  put(l, r)
}

export function trunc_sat_f32x4_s({ i32, f32 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32_trunc_sat_s(f32[a + i]!)
}

export function trunc_sat_f32x4_u({ i32, f32 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32_trunc_sat_u(f32[a + i]!)
}

export function trunc_sat_f64x2_s_zero(l: Lanes, r: number, a: number): void {
  const { f64 } = l
  for (let i = 0; i < 2; i++) out.i32[i] = i32_trunc_sat_s(f64[(a >> 1) + i]!)
  out.i32[2] = out.i32[3] = 0
  put(l, r)
}

export function trunc_sat_f64x2_u_zero(l: Lanes, r: number, a: number): void {
  const { f64 } = l
  for (let i = 0; i < 2; i++) out.i32[i] = i32_trunc_sat_u(f64[(a >> 1) + i]!)
  out.i32[2] = out.i32[3] = 0
  put(l, r)
}
