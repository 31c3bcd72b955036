// Vectors as 128 bits, and their ways between slots and memory. `at` is an address that has been checked; memory is little-endian
// whatever the host is.
// https://webassembly.github.io/spec/core/exec/instructions.html#vector-instructions

import * as i16x8 from './i16x8.ts'
import * as i32x4 from './i32x4.ts'
import * as i64x2 from './i64x2.ts'
import * as i8x16 from './i8x16.ts'
import type { Lanes } from './lanes.ts'

export function not({ i32 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = ~i32[a + i]!
}

export function and({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32[a + i]! & i32[b + i]!
}

export function andnot({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32[a + i]! & ~i32[b + i]!
}

export function or({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32[a + i]! | i32[b + i]!
}

export function xor({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32[a + i]! ^ i32[b + i]!
}

/** Bits of `a` where `c` has a one, of `b` elsewhere. */
export function bitselect({ i32 }: Lanes, r: number, a: number, b: number, c: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = (i32[a + i]! & i32[c + i]!) | (i32[b + i]! & ~i32[c + i]!)
}

export function any_true({ i32 }: Lanes, a: number): number {
  return +((i32[a]! | i32[a + 1]! | i32[a + 2]! | i32[a + 3]!) !== 0)
}

export function load({ i32 }: Lanes, r: number, d: DataView, at: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = d.getInt32(at + 4 * i, true)
}

export function load8x8_s({ i16 }: Lanes, r: number, d: DataView, at: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = d.getInt8(at + i)
}

export function load8x8_u({ i16 }: Lanes, r: number, d: DataView, at: number): void {
  for (let i = 0; i < 8; i++) i16[r * 2 + i] = d.getUint8(at + i)
}

export function load16x4_s({ i32 }: Lanes, r: number, d: DataView, at: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = d.getInt16(at + 2 * i, true)
}

export function load16x4_u({ i32 }: Lanes, r: number, d: DataView, at: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = d.getUint16(at + 2 * i, true)
}

export function load32x2_s({ i32 }: Lanes, r: number, d: DataView, at: number): void {
  for (let i = 0; i < 2; i++) {
    const low = d.getInt32(at + 4 * i, true)
    i32[r + 2 * i] = low
    i32[r + 2 * i + 1] = low >> 31
  }
}

export function load32x2_u({ i32 }: Lanes, r: number, d: DataView, at: number): void {
  for (let i = 0; i < 2; i++) {
    const low = d.getInt32(at + 4 * i, true)
    i32[r + 2 * i] = low
    i32[r + 2 * i + 1] = 0
  }
}

export function load8_splat(l: Lanes, r: number, d: DataView, at: number): void {
  i8x16.splat(l, r, d.getInt8(at))
}

export function load16_splat(l: Lanes, r: number, d: DataView, at: number): void {
  i16x8.splat(l, r, d.getInt16(at, true))
}

export function load32_splat(l: Lanes, r: number, d: DataView, at: number): void {
  i32x4.splat(l, r, d.getInt32(at, true))
}

export function load64_splat(l: Lanes, r: number, d: DataView, at: number): void {
  i64x2.splat(l, r, d.getInt32(at, true), d.getInt32(at + 4, true))
}

export function load32_zero({ i32 }: Lanes, r: number, d: DataView, at: number): void {
  i32[r] = d.getInt32(at, true)
  i32[r + 1] = i32[r + 2] = i32[r + 3] = 0
}

export function load64_zero({ i32 }: Lanes, r: number, d: DataView, at: number): void {
  i32[r] = d.getInt32(at, true)
  i32[r + 1] = d.getInt32(at + 4, true)
  i32[r + 2] = i32[r + 3] = 0
}

export function load8_lane(l: Lanes, r: number, a: number, d: DataView, at: number, lane: number): void {
  i8x16.replace_lane(l, r, a, d.getInt8(at), lane)
}

export function load16_lane(l: Lanes, r: number, a: number, d: DataView, at: number, lane: number): void {
  i16x8.replace_lane(l, r, a, d.getInt16(at, true), lane)
}

export function load32_lane(l: Lanes, r: number, a: number, d: DataView, at: number, lane: number): void {
  i32x4.replace_lane(l, r, a, d.getInt32(at, true), lane)
}

export function load64_lane(l: Lanes, r: number, a: number, d: DataView, at: number, lane: number): void {
  i64x2.replace_lane(l, r, a, d.getInt32(at, true), d.getInt32(at + 4, true), lane)
}

export function store({ i32 }: Lanes, a: number, d: DataView, at: number): void {
  for (let i = 0; i < 4; i++) d.setInt32(at + 4 * i, i32[a + i]!, true)
}

export function store8_lane({ i8 }: Lanes, a: number, d: DataView, at: number, lane: number): void {
  d.setInt8(at, i8[a * 4 + lane]!)
}

export function store16_lane({ i16 }: Lanes, a: number, d: DataView, at: number, lane: number): void {
  d.setInt16(at, i16[a * 2 + lane]!, true)
}

export function store32_lane({ i32 }: Lanes, a: number, d: DataView, at: number, lane: number): void {
  d.setInt32(at, i32[a + lane]!, true)
}

export function store64_lane({ i32 }: Lanes, a: number, d: DataView, at: number, lane: number): void {
  d.setInt32(at, i32[a + 2 * lane]!, true)
  d.setInt32(at + 4, i32[a + 2 * lane + 1]!, true)
}
