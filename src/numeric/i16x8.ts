// Vectors of eight 16-bit integers. Lanes are stored modulo 2^16 by the typed arrays; conditions give lanes of all ones or zeros.
// https://webassembly.github.io/spec/core/exec/instructions.html#vector-instructions

import { copy, out, put, type Lanes } from './lanes.ts'

function saturateS(x: number): number {
  return x < -0x8000 ? -0x8000 : x > 0x7fff ? 0x7fff : x
}

function saturateU(x: number): number {
  return x < 0 ? 0 : x > 0xffff ? 0xffff : x
}

export function splat({ i16 }: Lanes, r: number, x: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = x
}

export function extract_lane_s({ i16 }: Lanes, a: number, lane: number): number {
  return i16[a * 2 + lane]!
}

export function extract_lane_u({ u16 }: Lanes, a: number, lane: number): number {
  return u16[a * 2 + lane]!
}

export function replace_lane(l: Lanes, r: number, a: number, x: number, lane: number): void {
  copy(l, r, a)
  l.i16[r * 2 + lane] = x
}

export function eq({ i16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = i16[a * 2 + i] === i16[b * 2 + i] ? -1 : 0
}

export function ne({ i16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = i16[a * 2 + i] !== i16[b * 2 + i] ? -1 : 0
}

export function lt_s({ i16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = i16[a * 2 + i]! < i16[b * 2 + i]! ? -1 : 0
}

export function lt_u({ i16, u16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = u16[a * 2 + i]! < u16[b * 2 + i]! ? -1 : 0
}

export function gt_s({ i16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = i16[a * 2 + i]! > i16[b * 2 + i]! ? -1 : 0
}

export function gt_u({ i16, u16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = u16[a * 2 + i]! > u16[b * 2 + i]! ? -1 : 0
}

export function le_s({ i16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = i16[a * 2 + i]! <= i16[b * 2 + i]! ? -1 : 0
}

export function le_u({ i16, u16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = u16[a * 2 + i]! <= u16[b * 2 + i]! ? -1 : 0
}

export function ge_s({ i16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = i16[a * 2 + i]! >= i16[b * 2 + i]! ? -1 : 0
}

export function ge_u({ i16, u16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = u16[a * 2 + i]! >= u16[b * 2 + i]! ? -1 : 0
}

export function abs({ i16 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = Math.abs(i16[a * 2 + i]!)
}

export function neg({ i16 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = -i16[a * 2 + i]!
}

export function all_true({ i16 }: Lanes, a: number): number {
  for (let i = 0; i < 8; i++) if (i16[a * 2 + i] === 0) return 0
  return 1
}

export function bitmask({ u16 }: Lanes, a: number): number {
  let mask = 0
  for (let i = 0; i < 8; i++) mask |= (u16[a * 2 + i]! >>> 15) << i
  return mask
}

export function shl({ i16 }: Lanes, r: number, a: number, n: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = i16[a * 2 + i]! << (n & 15)
}

export function shr_s({ i16 }: Lanes, r: number, a: number, n: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = i16[a * 2 + i]! >> (n & 15)
}

export function shr_u({ i16, u16 }: Lanes, r: number, a: number, n: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = u16[a * 2 + i]! >>> (n & 15)
}

export function add({ i16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = i16[a * 2 + i]! + i16[b * 2 + i]!
}

export function add_sat_s({ i16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = saturateS(i16[a * 2 + i]! + i16[b * 2 + i]!)
}

export function add_sat_u({ i16, u16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = saturateU(u16[a * 2 + i]! + u16[b * 2 + i]!)
}

export function sub({ i16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = i16[a * 2 + i]! - i16[b * 2 + i]!
}

export function sub_sat_s({ i16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = saturateS(i16[a * 2 + i]! - i16[b * 2 + i]!)
}

export function sub_sat_u({ i16, u16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = saturateU(u16[a * 2 + i]! - u16[b * 2 + i]!)
}

export function mul({ i16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = i16[a * 2 + i]! * i16[b * 2 + i]!
}

export function min_s({ i16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = Math.min(i16[a * 2 + i]!, i16[b * 2 + i]!)
}

export function min_u({ i16, u16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = Math.min(u16[a * 2 + i]!, u16[b * 2 + i]!)
}

export function max_s({ i16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = Math.max(i16[a * 2 + i]!, i16[b * 2 + i]!)
}

export function max_u({ i16, u16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = Math.max(u16[a * 2 + i]!, u16[b * 2 + i]!)
}

export function avgr_u({ i16, u16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = (u16[a * 2 + i]! + u16[b * 2 + i]! + 1) >> 1
}

/** The product of fixed-point numbers with 15 fractional bits, rounded. */
export function q15mulr_sat_s({ i16 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) {
    i16[r * 2 + i] = saturateS((i16[a * 2 + i]! * i16[b * 2 + i]! + 0x4000) >> 15)
  }
}

export function narrow_i32x4_s(l: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) {
    out.i16[i] = saturateS(l.i32[a + i]!)
    out.i16[4 + i] = saturateS(l.i32[b + i]!)
  }
  put(l, r)
}

export function narrow_i32x4_u(l: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) {
    out.i16[i] = saturateU(l.i32[a + i]!)
    out.i16[4 + i] = saturateU(l.i32[b + i]!)
  }
  put(l, r)
}

export function extend_low_i8x16_s(l: Lanes, r: number, a: number): void {
  for (let i = 0; i < 8; i++) out.i16[i] = l.i8[a * 4 + i]!
  put(l, r)
}

export function extend_high_i8x16_s(l: Lanes, r: number, a: number): void {
  for (let i = 0; i < 8; i++) out.i16[i] = l.i8[a * 4 + 8 + i]!
  put(l, r)
}

export function extend_low_i8x16_u(l: Lanes, r: number, a: number): void {
  for (let i = 0; i < 8; i++) out.i16[i] = l.u8[a * 4 + i]!
  put(l, r)
}

export function extend_high_i8x16_u(l: Lanes, r: number, a: number): void {
  for (let i = 0; i < 8; i++) out.i16[i] = l.u8[a * 4 + 8 + i]!
  put(l, r)
}

export function extadd_pairwise_i8x16_s(l: Lanes, r: number, a: number): void {
  for (let i = 0; i < 8; i++) out.i16[i] = l.i8[a * 4 + 2 * i]! + l.i8[a * 4 + 2 * i + 1]!
  put(l, r)
}

export function extadd_pairwise_i8x16_u(l: Lanes, r: number, a: number): void {
  for (let i = 0; i < 8; i++) out.i16[i] = l.u8[a * 4 + 2 * i]! + l.u8[a * 4 + 2 * i + 1]!
  put(l, r)
}

export function extmul_low_i8x16_s(l: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) out.i16[i] = l.i8[a * 4 + i]! * l.i8[b * 4 + i]!
  put(l, r)
}

export function extmul_high_i8x16_s(l: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) out.i16[i] = l.i8[a * 4 + 8 + i]! * l.i8[b * 4 + 8 + i]!
  put(l, r)
}

export function extmul_low_i8x16_u(l: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) out.i16[i] = l.u8[a * 4 + i]! * l.u8[b * 4 + i]!
  put(l, r)
}

export function extmul_high_i8x16_u(l: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) out.i16[i] = l.u8[a * 4 + 8 + i]! * l.u8[b * 4 + 8 + i]!
  put(l, r)
}

/**
 * Lane `i` of the sums of neighbouring products, read as signed and saturating, as the deterministic profile has it.
 * https://webassembly.github.io/spec/core/exec/numerics.html#op-irelaxed-dot
 */
export function relaxedDotLane({ i8 }: Lanes, a: number, b: number, i: number): number {
  const [p, q] = [a * 4 + 2 * i, b * 4 + 2 * i]
  return saturateS(i8[p]! * i8[q]! + i8[p + 1]! * i8[q + 1]!)
}

export function relaxed_dot_i8x16_i7x16_s(l: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) out.i16[i] = relaxedDotLane(l, a, b, i)
  put(l, r)
}
