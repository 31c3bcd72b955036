// Random choices that are the same in every run with the same seed, and the operands at which arithmetic goes wrong.

/** mulberry32. */
export class Random {
  private state: number

  constructor(seed: number) {
    this.state = seed | 0
  }

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    const { state } = this
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** An integer in [0, n). */
  below(n: number): number {
    return Math.floor(this.next() * n)
  }

  /** An integer in [low, high]. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }

  list<T>(length: number, make: () => T): T[] {
    return Array.from({ length }, make)
  }

  /** 32 random bits, as an int32. */
  word(): number {
    return (this.next() * 4294967296) | 0
  }

  i32(): number {
    const kind = this.below(4)
    return kind === 0 ? this.pick(I32_EDGES) | 0 : kind === 1 ? this.between(-8, 64) : this.word()
  }

  /** The bits of an f32. */
  f32Bits(): number {
    const kind = this.below(4)
    return kind === 0 ? this.word() : kind === 1 ? bitsOf(this.between(-100, 100) / 4) : this.pick(F32_EDGES) | 0
  }

  /** The halves of an i64. */
  i64(): readonly [lo: number, hi: number] {
    const kind = this.below(4)
    if (kind === 0) return this.pick(I64_EDGES)
    if (kind === 1) return [this.word(), this.word()]
    const low = this.i32()
    return [low, this.chance(0.5) ? low >> 31 : this.below(4)]
  }

  /** The halves of the bits of an f64. */
  f64Bits(): readonly [lo: number, hi: number] {
    const kind = this.below(4)
    if (kind === 0) return [this.word(), this.word()]
    return kind === 1 ? halvesOf(this.between(-100, 100) / 4) : this.pick(F64_EDGES)
  }
}

const scratch = new DataView(new ArrayBuffer(8))

function bitsOf(x: number): number {
  scratch.setFloat32(0, x)
  return scratch.getInt32(0)
}

function halvesOf(x: number): readonly [number, number] {
  scratch.setFloat64(0, x)
  return [scratch.getInt32(4), scratch.getInt32(0)]
}

// prettier-ignore
const I32_EDGES = [
  0, 1, -1, 2, 31, 32, 33, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 1 << 31,
]

const I64_EDGES: readonly (readonly [number, number])[] = [
  [0, 0],
  [1, 0],
  [-1, -1],
  [0, 1],
  [-1, 0],
  [0, 1 << 31],
  [-1, 0x7fffffff],
  [1 << 31, 0],
  [0x7fffffff, 0],
  [1 << 31, -1],
  [0, -1],
  [63, 0],
  [64, 0],
  [0, 0x200000],
]

// Zeros, ones, infinities, quiet and signalling NaNs with payloads, denormals, the limits of conversions.
// prettier-ignore
const F32_EDGES = [
  0, 0x80000000, 0x3f800000, 0xbf800000, 0x3f000000, 0xbf000000, 0x3fc00000, 0x7f800000, 0xff800000, 0x7fc00000,
  0xffc00000, 0x7fa00001, 0xff812345, 1, 0x80000001, 0x007fffff, 0x00800000, 0x7f7fffff, 0x4f000000, 0xcf000000,
  0xcf000001, 0x4f800000, 0x5f000000, 0xdf000000, 0x5f800000, 0x4b000001, 0x4affffff, 0xbf7fffff,
]

// prettier-ignore
const F64_VALUES = [
  0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, Infinity, -Infinity, Number.MIN_VALUE, -Number.MIN_VALUE, Number.MAX_VALUE,
  2147483647.5, 2147483648, -2147483648.9, -2147483649, 4294967295.5, 4294967296, -0.9, 2 ** 52, 2 ** 53, 2 ** 53 - 1,
  2 ** 63, -(2 ** 63), 2 ** 63 - 1024, 2 ** 64, 2 ** 64 - 2048, 2 ** -1022, 2 ** -150, 3.4028235677973366e38,
]

/** Those, and NaNs. */
const F64_EDGES: readonly (readonly [number, number])[] = F64_VALUES.map(halvesOf).concat([
  [0, 0x7ff80000],
  [0, 0xfff80000 | 0],
  [1, 0x7ff00000],
  [0x12345678, 0xfff80abc | 0],
])
