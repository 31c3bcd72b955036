// Operands where arithmetic goes wrong, and seeded random ones of every magnitude.

// prettier-ignore
export const i32Edges: readonly number[] = [
  0, 1, 2, 3, 5, 7, 8, 10, 31, 32, 33, 63, 64, 65, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0xffffff, 0x1000000,
  0x1000001, 0x3fffffff, 0x40000000, 0x7ffffffe, 0x7fffffff, -0x80000000, -0x7fffffff, -0x10000, -0x8000, -129, -128, -33, -2, -1,
  0x12345678, 0x55555555, -0x55555556,
]

// prettier-ignore
const i64Values: readonly bigint[] = [
  0n, 1n, 2n, 3n, 7n, 10n, 31n, 32n, 33n, 63n, 64n, 65n, 0x7fn, 0x80n, 0x7fffn, 0x8000n, 0xffffn, -1n, -2n, -10n, -128n, -129n,
  -0x8000n, -0x8001n, -0x80000000n, -0x80000001n, -0x100000000n, -0x20000000000001n, 0x0123456789abcdefn, 0x5555555555555555n,
  -0x1ffffffffn, -0x7fffffff00000001n,
]

const i64Powers: readonly bigint[] = [31n, 32n, 33n, 52n, 53n, 54n, 62n, 63n].flatMap((n) => {
  const power = 1n << n
  return [power - 1n, power, power + 1n].map((value) => BigInt.asIntN(64, value))
})

export const i64Edges: readonly bigint[] = [...i64Values, ...i64Powers]

// prettier-ignore
const f64Numbers: readonly number[] = [
  0, 0.1, 0.49999999999999994, 0.5, 0.5000000000000001, 0.75, 1, 1.5, 2, 2.5, 3.5, 4.5, Math.PI, 16777215, 16777217, 8388607.5,
  8388608.5, 2147483646.5, 2147483647, 2147483647.5, 2147483648, 2147483648.9, 2147483649, 4294967294.5, 4294967295,
  4294967295.5, 4294967296, 2 ** 51 + 0.5, 2 ** 52 - 0.5, 2 ** 52 + 1, 2 ** 53 - 1, 2 ** 53, 2 ** 62 + 2 ** 31, 2 ** 63 - 1024,
  2 ** 63, 2 ** 63 + 2048, 2 ** 64 - 2048, 2 ** 64, 2 ** 64 + 4096, 2 ** 84, 1e300, Number.MAX_VALUE, Number.MIN_VALUE,
  2 ** -1022, 2 ** -126, 2 ** -149, 2 ** -150, 2 ** -150 + 2 ** -202, 1 - 2 ** -53, Infinity,
  // The largest f32, the halfway point to what would be the next one, and the double below that.
  2 ** 128 - 2 ** 104, 2 ** 128 - 2 ** 103, 2 ** 128 - 2 ** 103 - 2 ** 75,
]

const view = new DataView(new ArrayBuffer(8))

export function bitsOfF64(value: number): bigint {
  view.setFloat64(0, value)
  return view.getBigInt64(0)
}

export function bitsOfF32(value: number): number {
  view.setFloat32(0, value)
  return view.getInt32(0)
}

const f64NaNs = [
  0x7ff8000000000000n,
  0x7ff8000000000001n,
  0x7ffc123456789abcn,
  0x7ff0000000000001n,
  0x7ff4000000000000n,
]
const f32NaNs = [0x7fc00000, 0x7fc00001, 0x7fe12345, 0x7f800001, 0x7fa00001]

/** As bits, with both signs; among the NaNs are signalling ones. */
export const f64Edges: readonly bigint[] = [...f64Numbers.map(bitsOfF64), ...f64NaNs].flatMap((bits) => [
  bits,
  BigInt.asIntN(64, bits ^ (1n << 63n)),
])

/** As bits, with both signs; among the NaNs are signalling ones. */
export const f32Edges: readonly number[] = [...new Set(f64Numbers.map(bitsOfF32)), ...f32NaNs].flatMap((bits) => [
  bits,
  bits ^ 0x80000000,
])

/** Marsaglia's xorshift: int32 numbers, the same ones for the same seed. */
export function randomI32(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state
  }
}

/** i64 values as signed bigints: of every magnitude, powers of two and their neighbours, and runs of ones. */
export function randomI64(seed: number): () => bigint {
  const next = randomI32(seed)
  return () => {
    const kind = next() & 7
    const shift = BigInt(next() & 63)
    if (kind === 0) return BigInt.asIntN(64, (1n << shift) + BigInt((next() & 3) - 1))
    if (kind === 1) return BigInt.asIntN(64, ((1n << BigInt(next() & 63)) - 1n) << shift)
    const whole = (BigInt(next()) << 32n) | BigInt(next() >>> 0)
    if (kind === 2) return whole
    return (next() & 1) === 0 ? whole >> shift : BigInt.asUintN(63, whole) >> shift
  }
}
