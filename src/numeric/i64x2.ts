// Vectors of two 64-bit integers, as pairs of words. Conditions give lanes of all ones or zeros.
// https://webassembly.github.io/spec/core/exec/instructions.html#vector-instructions

import * as i64 from './i64.ts'
import { setHi } from './i64.ts'
import { copy, out, put, type Lanes } from './lanes.ts'

/** Stores what a function of i64.ts has just returned, with the high half that it left. */
function setLane(words: Int32Array, at: number, low: number): void {
  words[at] = low
  words[at + 1] = i64.hi
}

export function splat({ i32 }: Lanes, r: number, low: number, high: number): void {
  for (let i = 0; i < 4; i += 2) {
    i32[r + i] = low
    i32[r + i + 1] = high
  }
}

export function extract_lane({ i32 }: Lanes, a: number, lane: number): number {
  setHi(i32[a + 2 * lane + 1]!)
  return i32[a + 2 * lane]!
}

export function replace_lane(l: Lanes, r: number, a: number, low: number, high: number, lane: number): void {
  copy(l, r, a)
  l.i32[r + 2 * lane] = low
  l.i32[r + 2 * lane + 1] = high
}

export function eq({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i += 2) {
    i32[r + i] = i32[r + i + 1] = i64.eq(i32[a + i]!, i32[a + i + 1]!, i32[b + i]!, i32[b + i + 1]!) ? -1 : 0
  }
}

export function ne({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i += 2) {
    i32[r + i] = i32[r + i + 1] = i64.ne(i32[a + i]!, i32[a + i + 1]!, i32[b + i]!, i32[b + i + 1]!) ? -1 : 0
  }
}

export function lt_s({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i += 2) {
    i32[r + i] = i32[r + i + 1] = i64.lt_s(i32[a + i]!, i32[a + i + 1]!, i32[b + i]!, i32[b + i + 1]!) ? -1 : 0
  }
}

export function gt_s({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i += 2) {
    i32[r + i] = i32[r + i + 1] = i64.gt_s(i32[a + i]!, i32[a + i + 1]!, i32[b + i]!, i32[b + i + 1]!) ? -1 : 0
  }
}

export function le_s({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i += 2) {
    i32[r + i] = i32[r + i + 1] = i64.le_s(i32[a + i]!, i32[a + i + 1]!, i32[b + i]!, i32[b + i + 1]!) ? -1 : 0
  }
}

export function ge_s({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i += 2) {
    i32[r + i] = i32[r + i + 1] = i64.ge_s(i32[a + i]!, i32[a + i + 1]!, i32[b + i]!, i32[b + i + 1]!) ? -1 : 0
  }
}

export function neg({ i32 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i += 2) setLane(i32, r + i, i64.sub(0, 0, i32[a + i]!, i32[a + i + 1]!))
}

export function abs({ i32 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i += 2) {
    const [low, high] = [i32[a + i]!, i32[a + i + 1]!]
    // A sign is all ones or zeros: (x ^ sign) - sign.
    const sign = high >> 31
    setLane(i32, r + i, i64.sub(low ^ sign, high ^ sign, sign, sign))
  }
}

export function all_true({ i32 }: Lanes, a: number): number {
  return +((i32[a]! | i32[a + 1]!) !== 0 && (i32[a + 2]! | i32[a + 3]!) !== 0)
}

export function bitmask({ i32 }: Lanes, a: number): number {
  return (i32[a + 1]! >>> 31) | ((i32[a + 3]! >>> 31) << 1)
}

export function shl({ i32 }: Lanes, r: number, a: number, n: number): void {
  for (let i = 0; i < 4; i += 2) setLane(i32, r + i, i64.shl(i32[a + i]!, i32[a + i + 1]!, n))
}

export function shr_s({ i32 }: Lanes, r: number, a: number, n: number): void {
  for (let i = 0; i < 4; i += 2) setLane(i32, r + i, i64.shr_s(i32[a + i]!, i32[a + i + 1]!, n))
}

export function shr_u({ i32 }: Lanes, r: number, a: number, n: number): void {
  for (let i = 0; i < 4; i += 2) setLane(i32, r + i, i64.shr_u(i32[a + i]!, i32[a + i + 1]!, n))
}

export function add({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i += 2) {
    setLane(i32, r + i, i64.add(i32[a + i]!, i32[a + i + 1]!, i32[b + i]!, i32[b + i + 1]!))
  }
}

export function sub({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i += 2) {
    setLane(i32, r + i, i64.sub(i32[a + i]!, i32[a + i + 1]!, i32[b + i]!, i32[b + i + 1]!))
  }
}

export function mul({ i32 }: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 4; i += 2) {
    setLane(i32, r + i, i64.mul(i32[a + i]!, i32[a + i + 1]!, i32[b + i]!, i32[b + i + 1]!))
  }
}

export function extend_low_i32x4_s({ i32 }: Lanes, r: number, a: number): void {
  const [x, y] = [i32[a]!, i32[a + 1]!]
  i32[r] = x
  i32[r + 1] = x >> 31
  i32[r + 2] = y
  i32[r + 3] = y >> 31
}

export function extend_high_i32x4_s({ i32 }: Lanes, r: number, a: number): void {
  const [x, y] = [i32[a + 2]!, i32[a + 3]!]
  i32[r] = x
  i32[r + 1] = x >> 31
  i32[r + 2] = y
  i32[r + 3] = y >> 31
}

export function extend_low_i32x4_u({ i32 }: Lanes, r: number, a: number): void {
  const [x, y] = [i32[a]!, i32[a + 1]!]
  i32[r] = x
  i32[r + 1] = 0
  i32[r + 2] = y
  i32[r + 3] = 0
}

export function extend_high_i32x4_u({ i32 }: Lanes, r: number, a: number): void {
  const [x, y] = [i32[a + 2]!, i32[a + 3]!]
  i32[r] = x
  i32[r + 1] = 0
  i32[r + 2] = y
  i32[r + 3] = 0
}

export function extmul_low_i32x4_s(l: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) {
    const [x, y] = [l.i32[a + i]!, l.i32[b + i]!]
    setLane(out.i32, 2 * i, i64.mul(x, x >> 31, y, y >> 31))
  }
  put(l, r)
}

export function extmul_high_i32x4_s(l: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) {
    const [x, y] = [l.i32[a + 2 + i]!, l.i32[b + 2 + i]!]
    setLane(out.i32, 2 * i, i64.mul(x, x >> 31, y, y >> 31))
  }
  put(l, r)
}

export function extmul_low_i32x4_u(l: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) {
    const [x, y] = [l.i32[a + i]!, l.i32[b + i]!]
    setLane(out.i32, 2 * i, i64.mul(x, 0, y, 0))
  }
  put(l, r)
}

export function extmul_high_i32x4_u(l: Lanes, r: number, a: number, b: number): void {
  for (let i = 0; i < 2; i++) {
    const [x, y] = [l.i32[a + 2 + i]!, l.i32[b + 2 + i]!]
    setLane(out.i32, 2 * i, i64.mul(x, 0, y, 0))
  }
  put(l, r)
}
