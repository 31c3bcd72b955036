// Vectors of two 64-bit floats. Lanes that are only moved or changed in their sign go as bits, and for splats and single lanes i64x2.ts
// serves.
// https://webassembly.github.io/spec/core/exec/instructions.html#vector-instructions

import * as scalar from './f64.ts'
import { copy, out, put, type Lanes } from './lanes.ts'

export function eq({ i32, f64 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) {
    i32[r + 2 * i] = i32[r + 2 * i + 1] = f64[(a >> 1) + i] === f64[(b >> 1) + i] ? -1 : 0
  }
}

export function ne({ i32, f64 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) {
    i32[r + 2 * i] = i32[r + 2 * i + 1] = f64[(a >> 1) + i] !== f64[(b >> 1) + i] ? -1 : 0
  }
}

export function lt({ i32, f64 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) {
    i32[r + 2 * i] = i32[r + 2 * i + 1] = f64[(a >> 1) + i]! < f64[(b >> 1) + i]! ? -1 : 0
  }
}

export function gt({ i32, f64 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) {
    i32[r + 2 * i] = i32[r + 2 * i + 1] = f64[(a >> 1) + i]! > f64[(b >> 1) + i]! ? -1 : 0
  }
}

export function le({ i32, f64 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) {
    i32[r + 2 * i] = i32[r + 2 * i + 1] = f64[(a >> 1) + i]! <= f64[(b >> 1) + i]! ? -1 : 0
  }
}

export function ge({ i32, f64 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) {
    i32[r + 2 * i] = i32[r + 2 * i + 1] = f64[(a >> 1) + i]! >= f64[(b >> 1) + i]! ? -1 : 0
  }
}

export function abs(l: Lanes, r: number, a: number): void {
  copy(l, r, a)
  l.i32[r + 1]! &= 0x7fff_ffff
  l.i32[r + 3]! &= 0x7fff_ffff
}

export function neg(l: Lanes, r: number, a: number): void {
  copy(l, r, a)
  l.i32[r + 1]! ^= 0x8000_0000
  l.i32[r + 3]! ^= 0x8000_0000
}

export function ceil({ f64 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 2; i++) f64[(r >> 1) + i] = scalar.ceil(f64[(a >> 1) + i]!)
}

export function floor({ f64 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 2; i++) f64[(r >> 1) + i] = scalar.floor(f64[(a >> 1) + i]!)
}

export function trunc({ f64 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 2; i++) f64[(r >> 1) + i] = scalar.trunc(f64[(a >> 1) + i]!)
}

export function nearest({ f64 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 2; i++) f64[(r >> 1) + i] = scalar.nearest(f64[(a >> 1) + i]!)
}

export function sqrt({ f64 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 2; i++) f64[(r >> 1) + i] = Math.sqrt(f64[(a >> 1) + i]!)
}

export function add({ f64 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) f64[(r >> 1) + i] = f64[(a >> 1) + i]! + f64[(b >> 1) + i]!
}

export function sub({ f64 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) f64[(r >> 1) + i] = f64[(a >> 1) + i]! - f64[(b >> 1) + i]!
}

export function mul({ f64 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) f64[(r >> 1) + i] = f64[(a >> 1) + i]! * f64[(b >> 1) + i]!
}

export function div({ f64 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) f64[(r >> 1) + i] = f64[(a >> 1) + i]! / f64[(b >> 1) + i]!
}

export function min({ f64 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) f64[(r >> 1) + i] = Math.min(f64[(a >> 1) + i]!, f64[(b >> 1) + i]!)
}

export function max({ f64 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) f64[(r >> 1) + i] = Math.max(f64[(a >> 1) + i]!, f64[(b >> 1) + i]!)
}

/** One of the operands as it is, bit for bit: `a` unless `b` is less. */
export function pmin({ i32, f64 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) {
    const from = (f64[(b >> 1) + i]! < f64[(a >> 1) + i]! ? b : a) + 2 * i
    const [low, high] = [i32[from]!, i32[from + 1]!]
    i32[r + 2 * i] = low
    i32[r + 2 * i + 1] = high
  }
}

/** One of the operands as it is, bit for bit: `a` unless `b` is greater. */
export function pmax({ i32, f64 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) {
    const from = (f64[(a >> 1) + i]! < f64[(b >> 1) + i]! ? b : a) + 2 * i
    const [low, high] = [i32[from]!, i32[from + 1]!]
    i32[r + 2 * i] = low
    i32[r + 2 * i + 1] = high
  }
}

// As in f32x4.ts, products are rounded before they are added to.

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-frelaxed-madd */
export function relaxed_madd({ f64 }: Lanes, r: number, a: number, b: number, c: number): void {
  for (let i = 0; i < 2; i++) f64[(r >> 1) + i] = f64[(a >> 1) + i]! * f64[(b >> 1) + i]! + f64[(c >> 1) + i]!
}

/** https://webassembly.github.io/spec/core/exec/numerics.html#op-frelaxed-nmadd */
export function relaxed_nmadd({ f64 }: Lanes, r: number, a: number, b: number, c: number): void {
  for (let i = 0; i < 2; i++) f64[(r >> 1) + i] = -f64[(a >> 1) + i]! * f64[(b >> 1) + i]! + f64[(c >> 1) + i]!
}

export function convert_low_i32x4_s(l: Lanes, r: number, a: number): void {
  const { i32 } = l
  for (let i = 0; i < 2; i++) out.f64[i] = i32[a + i]!
  put(l, r)
}

export function convert_low_i32x4_u(l: Lanes, r: number, a: number): void {
  const { u32 } = l
  for (let i = 0; i < 2; i++) out.f64[i] = u32[a + i]!
  put(l, r)
}

export function promote_low_f32x4(l: Lanes, r: number, a: number): void {
  const { f32 } = l
  for (let i = 0; i < 2; i++) out.f64[i] = f32[a + i]!
  put(l, r)
}
