// Rounding an f32 to an integer. An f32 is a number that is exactly a float32, and of such a number f64.ts gives one again: nothing is left
// to round.
// https://webassembly.github.io/spec/core/exec/numerics.html#floating-point-operations

import * as f64 from './f64.ts'

export const ceil: (a: number) => number = f64.ceil
export const floor: (a: number) => number = f64.floor
export const trunc: (a: number) => number = f64.trunc
export const nearest: (a: number) => number = f64.nearest
