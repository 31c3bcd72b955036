// How vectors lie in memory, for the files that are named for the shapes: slots of four words in one buffer, seen through typed arrays of
// every lane type. A vector is named by the position of its slot in words. Operands and results may be one slot; a function that
// writes lanes of another width than it reads goes through `out`.
// https://webassembly.github.io/spec/core/exec/numerics.html#vector-operations

export interface Lanes {
  readonly i8: Int8Array
  readonly u8: Uint8Array
  readonly i16: Int16Array
  readonly u16: Uint16Array
  readonly i32: Int32Array
  readonly u32: Uint32Array
  readonly f32: Float32Array
  readonly f64: Float64Array
}

export function lanesOver(buffer: ArrayBufferLike): Lanes {
  return {
    i8: new Int8Array(buffer),
    u8: new Uint8Array(buffer),
    i16: new Int16Array(buffer),
    u16: new Uint16Array(buffer),
    i32: new Int32Array(buffer),
    u32: new Uint32Array(buffer),
    f32: new Float32Array(buffer),
    f64: new Float64Array(buffer),
  }
}

/** Where a result is put together while its operands are still needed. */
export const out: Lanes = lanesOver(new ArrayBuffer(16))

/** Brings what is in `out` to a slot. */
export function put({ i32 }: Lanes, r: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = out.i32[i]!
}

/** Words are copied upwards, so that the slots may overlap when the target lies lower. */
export function copy({ i32 }: Lanes, r: number, a: number): void {
  for (let i = 0; i < 4; i++) i32[r + i] = i32[a + i]!
}
