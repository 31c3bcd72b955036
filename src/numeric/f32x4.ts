// Vectors of four 32-bit floats. Storing a lane rounds it, once: what was computed in doubles is exact enough. Lanes that are only moved
// or changed in their sign go as bits, and for splats and single lanes i32x4.ts serves.
// https://webassembly.github.io/spec/core/exec/instructions.html#vector-instructions

import * as f64 from './f64.ts'
import { out, put, type Lanes } from './lanes.ts'

const { fround } = Math

export function eq({ i32, f32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = f32[a + i] === f32[b + i] ? -1 : 0
}

export function ne({ i32, f32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = f32[a + i] !== f32[b + i] ? -1 : 0
}

export function lt({ i32, f32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = f32[a + i]! < f32[b + i]! ? -1 : 0
}

export function gt({ i32, f32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = f32[a + i]! > f32[b + i]! ? -1 : 0
}

export function le({ i32, f32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = f32[a + i]! <= f32[b + i]! ? -1 : 0
}

export function ge({ i32, f32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = f32[a + i]! >= f32[b + i]! ? -1 : 0
}

export function abs({ i32 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32[a + i]! & 0x7fff_ffff
}

export function neg({ i32 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32[a + i]! ^ 0x8000_0000
}

export function ceil({ f32 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) f32[r + i] = f64.ceil(f32[a + i]!)
}

export function floor({ f32 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) f32[r + i] = f64.floor(f32[a + i]!)
}

export function trunc({ f32 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) f32[r + i] = f64.trunc(f32[a + i]!)
}

export function nearest({ f32 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) f32[r + i] = f64.nearest(f32[a + i]!)
}

export function sqrt({ f32 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) f32[r + i] = Math.sqrt(f32[a + i]!)
}

export function add({ f32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) f32[r + i] = f32[a + i]! + f32[b + i]!
}

export function sub({ f32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) f32[r + i] = f32[a + i]! - f32[b + i]!
}

export function mul({ f32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) f32[r + i] = f32[a + i]! * f32[b + i]!
}

export function div({ f32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) f32[r + i] = f32[a + i]! / f32[b + i]!
}

export function min({ f32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) f32[r + i] = Math.min(f32[a + i]!, f32[b + i]!)
}

export function max({ f32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) f32[r + i] = Math.max(f32[a + i]!, f32[b + i]!)
}

/** One of the operands as it is, bit for bit: `a` unless `b` is less. */
export function pmin({ i32, f32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = f32[b + i]! < f32[a + i]! ? i32[b + i]! : i32[a + i]!
}

/** One of the operands as it is, bit for bit: `a` unless `b` is greater. */
export function pmax({ i32, f32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = f32[a + i]! < f32[b + i]! ? i32[b + i]! : i32[a + i]!
}

// The deterministic profile rounds a product before it is added to: no fused multiplication. Storing the sum rounds that.

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-frelaxed-madd */
export function relaxed_madd({ f32 }: Lanes, r: number, a: number, b: number, c: number): void {
  for (let i = 0; i < 4; i++) f32[r + i] = fround(f32[a + i]! * f32[b + i]!) + f32[c + i]!
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-frelaxed-nmadd */
export function relaxed_nmadd({ f32 }: Lanes, r: number, a: number, b: number, c: number): void {
  for (let i = 0; i < 4; i++) f32[r + i] = fround(-f32[a + i]! * f32[b + i]!) + f32[c + i]!
}

export function convert_i32x4_s({ i32, f32 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) f32[r + i] = i32[a + i]!
}

export function convert_i32x4_u({ u32, f32 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) f32[r + i] = u32[a + i]!
}

export function demote_f64x2_zero(l: Lanes, r: number, a: number): void {
  const { f64 } = l
  for (let i = 0; i < 2; i++) out.f32[i] = f64[(a >> 1) + i]!
  out.i32[2] = out.i32[3] = 0
  put(l, r)
}
