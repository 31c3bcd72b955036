// Vectors of sixteen 8-bit integers. Lanes are stored modulo 2^8 by the typed arrays; conditions give lanes of all ones or zeros.
// https://webassembly.github.io/spec/core/exec/instructions.html#vector-instructions

import { popcnt as popcnt32 } from './i32.ts'
import { copy, lanesOver, out, put, type Lanes } from './lanes.ts'

function saturateS(x: number): number {
  return x < -0x80 ? -0x80 : x > 0x7f ? 0x7f : x
}

function saturateU(x: number): number {
  return x < 0 ? 0 : x > 0xff ? 0xff : x
}

export function splat({ i8 }: Lanes, r: number, x: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = x
}

export function extract_lane_s({ i8 }: Lanes, a: number, lane: number): number {
  return i8[a * 4 + lane]!
}

export function extract_lane_u({ u8 }: Lanes, a: number, lane: number): number {
  return u8[a * 4 + lane]!
}

export function replace_lane(l: Lanes, r: number, a: number, x: number, lane: number): void {
  copy(l, r, a)
  l.i8[r * 4 + lane] = x
}

export function eq({ i8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = i8[a * 4 + i] === i8[b * 4 + i] ? -1 : 0
}

export function ne({ i8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = i8[a * 4 + i] !== i8[b * 4 + i] ? -1 : 0
}

export function lt_s({ i8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = i8[a * 4 + i]! < i8[b * 4 + i]! ? -1 : 0
}

export function lt_u({ i8, u8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = u8[a * 4 + i]! < u8[b * 4 + i]! ? -1 : 0
}

export function gt_s({ i8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = i8[a * 4 + i]! > i8[b * 4 + i]! ? -1 : 0
}

export function gt_u({ i8, u8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = u8[a * 4 + i]! > u8[b * 4 + i]! ? -1 : 0
}

export function le_s({ i8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = i8[a * 4 + i]! <= i8[b * 4 + i]! ? -1 : 0
}

export function le_u({ i8, u8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = u8[a * 4 + i]! <= u8[b * 4 + i]! ? -1 : 0
}

export function ge_s({ i8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = i8[a * 4 + i]! >= i8[b * 4 + i]! ? -1 : 0
}

export function ge_u({ i8, u8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = u8[a * 4 + i]! >= u8[b * 4 + i]! ? -1 : 0
}

export function abs({ i8 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = Math.abs(i8[a * 4 + i]!)
}

export function neg({ i8 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = -i8[a * 4 + i]!
}

export function all_true({ i8 }: Lanes, a: number): number {
  for (let i = 0; i < 16; i++) if (i8[a * 4 + i] === 0) return 0
  return 1
}

export function bitmask({ u8 }: Lanes, a: number): number {
  let mask = 0
  for (let i = 0; i < 16; i++) mask |= (u8[a * 4 + i]! >>> 7) << i
  return mask
}

export function shl({ i8 }: Lanes, r: number, a: number, n: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = i8[a * 4 + i]! << (n & 7)
}

export function shr_s({ i8 }: Lanes, r: number, a: number, n: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = i8[a * 4 + i]! >> (n & 7)
}

export function shr_u({ i8, u8 }: Lanes, r: number, a: number, n: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = u8[a * 4 + i]! >>> (n & 7)
}

export function add({ i8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = i8[a * 4 + i]! + i8[b * 4 + i]!
}

export function add_sat_s({ i8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = saturateS(i8[a * 4 + i]! + i8[b * 4 + i]!)
}

export function add_sat_u({ i8, u8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = saturateU(u8[a * 4 + i]! + u8[b * 4 + i]!)
}

export function sub({ i8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = i8[a * 4 + i]! - i8[b * 4 + i]!
}

export function sub_sat_s({ i8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = saturateS(i8[a * 4 + i]! - i8[b * 4 + i]!)
}

export function sub_sat_u({ i8, u8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = saturateU(u8[a * 4 + i]! - u8[b * 4 + i]!)
}

export function min_s({ i8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = Math.min(i8[a * 4 + i]!, i8[b * 4 + i]!)
}

export function min_u({ i8, u8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = Math.min(u8[a * 4 + i]!, u8[b * 4 + i]!)
}

export function max_s({ i8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = Math.max(i8[a * 4 + i]!, i8[b * 4 + i]!)
}

export function max_u({ i8, u8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = Math.max(u8[a * 4 + i]!, u8[b * 4 + i]!)
}

export function avgr_u({ i8, u8 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = (u8[a * 4 + i]! + u8[b * 4 + i]! + 1) >> 1
}

export function popcnt({ i8, u8 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 16; i++) i8[r * 4 + i] = popcnt32(u8[a * 4 + i]!)
}

export function narrow_i16x8_s(l: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) {
    out.i8[i] = saturateS(l.i16[a * 2 + i]!)
    out.i8[8 + i] = saturateS(l.i16[b * 2 + i]!)
  }
  put(l, r)
}

export function narrow_i16x8_u(l: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 8; i++) {
    out.i8[i] = saturateU(l.i16[a * 2 + i]!)
    out.i8[8 + i] = saturateU(l.i16[b * 2 + i]!)
  }
  put(l, r)
}

/** A lane of `b` beyond the last gives 0. */
export function swizzle(l: Lanes, r: number, a: number, b: number): void {
  const { u8 } = l
  for (let i = 0; i < 16; i++) {
    const lane = u8[b * 4 + i]!
    out.u8[i] = lane < 16 ? u8[a * 4 + lane]! : 0
  }
  put(l, r)
}

const picks = lanesOver(new ArrayBuffer(16))

/** Sixteen lanes of the two operands, as they are counted in one row; `w0` to `w3` hold the numbers, a byte each. */
export function shuffle(
  l: Lanes,
  r: number,
  a: number,
  b: number,
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): void {
  const { u8 } = l
  picks.i32[0] = w0
  picks.i32[1] = w1
  picks.i32[2] = w2
  picks.i32[3] = w3
  for (let i = 0; i < 16; i++) {
    const lane = picks.u8[i]!
    out.u8[i] = u8[lane < 16 ? a * 4 + lane : b * 4 + lane - 16]!
  }
  put(l, r)
}
