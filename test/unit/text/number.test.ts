// Numbers of the text format to bits and back, against an exact reference in rational numbers.

import { describe, expect, test } from 'vitest'
import {
  parseF32,
  parseF64,
  parseI32,
  parseI64,
  parseInteger,
  parseNanPattern,
  parseU64,
  parseUnsigned,
  type Bits64,
} from '../../../src/text/number.ts'
import { printF32, printF64, printI32, printI64, printU64 } from '../../../src/text/print-number.ts'

function wide(bits: Bits64 | undefined): bigint | undefined {
  return bits && (BigInt(bits.hi >>> 0) << 32n) | BigInt(bits.lo >>> 0)
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
    return (state ^ (state >>> 13)) | 0
  }
}

describe('integers', () => {
  test.each([
    ['0', 0],
    ['-0', 0],
    ['+7', 7],
    ['4294967295', -1],
    ['0xffff_ffff', -1],
    ['-2147483648', -0x80000000],
    ['2147483648', -0x80000000],
    ['-0x8000_0000', -0x80000000],
    ['1_000', 1000],
    ['0x7fffFFFF', 0x7fffffff],
    [`${'0'.repeat(100)}1`, 1],
    ['4294967296', undefined],
    ['0x100000000', undefined],
    ['-2147483649', undefined],
    ['-4294967295', undefined],
    ['9'.repeat(400), undefined],
    [`-${'9'.repeat(400)}`, undefined],
  ])('i32 %s is %s', (text, bits) => {
    expect(parseI32(text)).toBe(bits)
  })

  test.each([
    ['255', 8, -1],
    ['-128', 8, -128],
    ['256', 8, undefined],
    ['-129', 8, undefined],
    ['0xffff', 16, -1],
    ['0x8000', 16, -32768],
    ['65536', 16, undefined],
    ['-32769', 16, undefined],
  ])('%s as an integer of %d bits is %s', (text, bits, value) => {
    expect(parseInteger(text, bits)).toBe(value)
  })

  test.each([
    ['255', 8, 255],
    ['256', 8, undefined],
    ['4294967295', 32, 4294967295],
    ['4294967296', 32, undefined],
    ['0x1_0000_0000', 32, undefined],
    ['-1', 32, undefined],
    ['-0', 32, undefined],
  ])('%s as an unsigned integer of %d bits is %s', (text, bits, value) => {
    expect(parseUnsigned(text, bits)).toBe(value)
  })

  test.each([
    ['0', 0n],
    ['-1', 0xffffffffffffffffn],
    ['+1_0', 10n],
    ['18446744073709551615', 0xffffffffffffffffn],
    ['-9223372036854775808', 0x8000000000000000n],
    ['0xffff_ffff_ffff_ffff', 0xffffffffffffffffn],
    ['9007199254740993', 9007199254740993n],
    ['-0x1234_5678_9abc_def0', 0xedcba98765432110n],
    [`0x${'0'.repeat(50)}f`, 15n],
    [`${'0'.repeat(50)}9`, 9n],
    ['18446744073709551616', undefined],
    ['0x10000000000000000', undefined],
    ['-9223372036854775809', undefined],
    ['-0x8000_0000_0000_0001', undefined],
    ['9'.repeat(1_000_000), undefined],
  ])('i64 %.40s is %s', (text, bits) => {
    expect(wide(parseI64(text))).toBe(bits)
  })

  test('u64 has no sign', () => {
    expect(wide(parseU64('18446744073709551615'))).toBe(0xffffffffffffffffn)
    expect(parseU64('18446744073709551616')).toBeUndefined()
    expect(parseU64('-1')).toBeUndefined()
  })

  test('halves of 64 bits are signed', () => {
    expect(parseI64('0xffffffff_80000000')).toEqual({ lo: -0x80000000, hi: -1 })
  })
})

/** A decimal or hexadecimal number without sign, exactly, as numerator and denominator. */
function rational(text: string): readonly [bigint, bigint] {
  const hex = text.startsWith('0x')
  const [mantissa = '', exponent = '0'] = text
    .slice(hex ? 2 : 0)
    .replaceAll('_', '')
    .split(hex ? /p/i : /e/i)
  const [integer = '', fraction = ''] = mantissa.split('.')
  const base = hex ? 16n : 10n
  const digits = BigInt((hex ? '0x0' : '0') + integer + fraction)
  const scale = (hex ? 2n : 10n) ** BigInt(Math.abs(Number(exponent)))
  const denominator = base ** BigInt(fraction.length)
  return Number(exponent) < 0 ? [digits, denominator * scale] : [digits * scale, denominator]
}

interface Format {
  readonly mantissaBits: bigint
  readonly bias: bigint
}

const F32: Format = { mantissaBits: 23n, bias: 127n }
const F64: Format = { mantissaBits: 52n, bias: 1023n }

/** The value of a finite float in units of 2^-1200, and that of infinity as if its exponent were one like any other. */
function scaled(bits: bigint, { mantissaBits, bias }: Format): bigint {
  const exponent = bits >> mantissaBits
  const fraction = bits & ((1n << mantissaBits) - 1n)
  const significand = exponent === 0n ? fraction : fraction | (1n << mantissaBits)
  return significand << ((exponent === 0n ? 1n : exponent) - bias - mantissaBits + 1200n)
}

/** Rounding by definition: search the two neighbours and take the nearer, or the even one. */
function reference(text: string, format: Format): bigint | undefined {
  const [numerator, denominator] = rational(text)
  const value = numerator << 1200n
  const infinity = (2n * format.bias + 1n) << format.mantissaBits
  let low = 0n
  let high = infinity
  if (value >= scaled(infinity, format) * denominator) return undefined
  while (high - low > 1n) {
    const middle = (low + high) >> 1n
    if (scaled(middle, format) * denominator <= value) low = middle
    else high = middle
  }
  const twice = 2n * value
  const sum = (scaled(low, format) + scaled(high, format)) * denominator
  const nearest = twice === sum ? low + (low & 1n) : twice < sum ? low : high
  return nearest === infinity ? undefined : nearest
}

function expectF32(text: string): void {
  const expected = reference(text, F32)
  expect([text, parseF32(text)]).toEqual([text, expected === undefined ? undefined : Number(expected)])
  const negative = parseF32(`-${text}`)
  expect(negative).toBe(expected === undefined ? undefined : Number(expected) | 0x80000000)
}

function expectF64(text: string): void {
  expect([text, wide(parseF64(text))]).toEqual([text, reference(text, F64)])
}

/** The decimal digits of a number of units of 2^-1200, exactly. */
function exactDecimal(units: bigint): string {
  return `${units * 5n ** 1200n}e-1200`
}

/** Numbers at a midpoint between two floats, and by the least bit beside it. */
function aroundMidpoint(low: bigint, format: Format): string[] {
  const midpoint = (scaled(low, format) + scaled(low + 1n, format)) / 2n
  const decimal = exactDecimal(midpoint)
  const [digits = ''] = decimal.split('e')
  const below = `${BigInt(digits) - 1n}e-1200`
  const hex = `0x${midpoint.toString(16)}`
  return [
    decimal,
    below,
    `${digits}.${'0'.repeat(30)}1e-1200`,
    `${digits}.${'0'.repeat(800)}e-1200`,
    `${digits}.${'0'.repeat(800)}1e-1200`,
    `${BigInt(digits) - 1n}.${'9'.repeat(800)}e-1200`,
    `${hex}p-1200`,
    `${hex}.${'0'.repeat(300)}1p-1200`,
    `0x${(midpoint - 1n).toString(16)}.${'f'.repeat(300)}p-1200`,
  ]
}

describe('floats', () => {
  // prettier-ignore
  const texts = [
    '0', '0.', '0.0', '0e9999', '0e-9999', '0x0', '0x0p5', '0x0.0p-99999', '1', '1.', '1.e1', '1.5', '1_0.2_5e1_0', '0x1', '0xA.8p1', '0xAB.cdP-1_0', '0123.4500',
    '3.4028234e38', '3.4028235677973366e38', '3.4028235677973362e38', '3.402823566e38', '340282356779733623858607532500980858880', '340282356779733661637539395458142568448',
    '340282356779733661637539395458142568447', '340282356779733661637539395458142568447.9999999', '0x1.fffffefffffffffffp127', '0x1.ffffffp127', '0x1.fffffep127', '0x1p127', '0x1p128',
    '1e38', '1e39', '1e-45', '7e-46', '7.006492321624085e-46', '7.0064923216240853546186479164495806564013097093825788587853e-46', '7.1e-46', '1.1754942e-38', '1.17549435e-38',
    '0x1p-149', '0x1p-150', '0x1.000001p-150', '0x0.8p-149', '0x1p-151', '0x1.8p-149', '0x1.7fffffp-149', '0x1p-1074', '0x1p-1075', '0x1.0000000000000000000001p-1075', '0x1.8p-1074', '0x1p-1076',
    '1.7976931348623157e308', '1.7976931348623158e308', '1.797693134862315807e308', '1.7976931348623159e308', '0x1.fffffffffffffp1023', '0x1.fffffffffffff7ffffffffp1023', '0x1.fffffffffffff8p1023', '0x1p1023', '0x1p1024',
    '5e-324', '2.4703282292062327e-324', '2.4703282292062328e-324', '2.2250738585072011e-308', '2.2250738585072014e-308', '9007199254740993', '9007199254740992.99999', '16777217', '16777217.0000000000000000001', '16777216.9999999999999999',
    '1.00000005960464477539062500000000000000001', '1.000000059604644775390625', '1.0000000596046447753906249999999999', '0x1.000001p0', '0x1.00000100000000000000001p0', '0x1.000003p0', '0x1.0000000000000800000000001p0', '0x1.00000000000008p0', '0x1.00000000000018p0',
  ]
  test.each(texts)('%s is rounded to the nearest f32 and f64, ties to even', (text) => {
    expectF32(text)
    expectF64(text)
  })

  test('a decimal or hexadecimal at or beside a midpoint between two f32 is rounded once', () => {
    const random = seeded(11)
    const lows = [0n, 1n, 2n, 0x7ffffen, 0x7fffffn, 0x800000n, 0x7f7ffffen, 0x7f7fffffn, 0x3f800000n, 0x3f7fffffn]
    for (let i = 0; i < 60; i++) lows.push(BigInt((random() >>> 1) % 0x7f800000))
    for (const low of lows) for (const text of aroundMidpoint(low, F32)) expectF32(text)
  })

  test('a decimal or hexadecimal at or beside a midpoint between two f64 is rounded right', () => {
    const random = seeded(12)
    const lows = [
      0n,
      1n,
      0xfffffffffffffn,
      0x10000000000000n,
      0x7feffffffffffffen,
      0x7fefffffffffffffn,
      0x3ff0000000000000n,
    ]
    for (let i = 0; i < 40; i++)
      lows.push(((BigInt(random() >>> 1) << 32n) | BigInt(random() >>> 0)) % 0x7ff0000000000000n)
    for (const low of lows) for (const text of aroundMidpoint(low, F64)) expectF64(text)
  })

  test('random decimals with few and many digits are rounded right', () => {
    const random = seeded(13)
    for (let i = 0; i < 1500; i++) {
      const digits = String(random() >>> 0) + (i % 2 === 0 ? '' : String(random() >>> 0) + String(random() >>> 0))
      const point = (random() >>> 0) % digits.length
      const mantissa = `${digits.slice(0, point + 1)}.${digits.slice(point + 1)}`
      expectF32(`${mantissa}e${(random() % 45) - 5}`)
      expectF64(`${mantissa}e${random() % 320}`)
    }
  })

  test('random hexadecimals with few and many digits are rounded right', () => {
    const random = seeded(14)
    for (let i = 0; i < 1500; i++) {
      const digits = Array.from({ length: 1 + (i % 5) }, () => (random() >>> 0).toString(16)).join('')
      const point = (random() >>> 0) % digits.length
      const mantissa = `0x${'0'.repeat(i % 3)}${digits.slice(0, point + 1)}.${digits.slice(point + 1)}`
      expectF32(`${mantissa}p${random() % 170}`)
      expectF64(`${mantissa}p${random() % 1090}`)
    }
  })

  test('exponents and digits without end are zero, out of range, or what they cancel to', () => {
    const huge = '9'.repeat(400)
    expect(parseF32(`1e${huge}`)).toBeUndefined()
    expect(parseF64(`1e${huge}`)).toBeUndefined()
    expect(parseF64(`0x1p${huge}`)).toBeUndefined()
    expect(parseF32(`1e-${huge}`)).toBe(0)
    expect(parseF64(`-0x1p-${huge}`)).toEqual({ lo: 0, hi: -0x80000000 })
    expect(parseF64(`0x0p${huge}`)).toEqual({ lo: 0, hi: 0 })
    expect(parseF32(`${'1'.repeat(1_000_000)}e-999999`)).toBe(parseF32('1.1111111111111'))
    expect(parseF32(`0.${'0'.repeat(1_000_000)}1e1000001`)).toBe(0x3f800000)
    expect(parseF32(`0x0.${'0'.repeat(1_000_000)}1p4000004`)).toBe(0x3f800000)
    expect(wide(parseF64(`0x1${'0'.repeat(1_000_000)}p-4000000`))).toBe(0x3ff0000000000000n)
    expect(parseF64('9'.repeat(1_000_000))).toBeUndefined()
  })

  test.each([
    ['inf', 0x7f800000, 0x7ff0000000000000n],
    ['+inf', 0x7f800000, 0x7ff0000000000000n],
    ['-inf', 0xff800000, 0xfff0000000000000n],
    ['nan', 0x7fc00000, 0x7ff8000000000000n],
    ['-nan', 0xffc00000, 0xfff8000000000000n],
    ['nan:0x1', 0x7f800001, 0x7ff0000000000001n],
    ['-nan:0x40_0000', 0xffc00000, 0xfff0000000400000n],
    ['nan:0x7F_ffff', 0x7fffffff, 0x7ff00000007fffffn],
    ['nan:0x0000_0000_0000_0000_0001', 0x7f800001, 0x7ff0000000000001n],
    ['-0', 0x80000000, 0x8000000000000000n],
    ['-0.0e5', 0x80000000, 0x8000000000000000n],
    ['-0x0p-5', 0x80000000, 0x8000000000000000n],
  ])('%s has the bits 0x%x and 0x%x', (text, f32, f64) => {
    expect(parseF32(text)).toBe(f32 | 0)
    expect(wide(parseF64(text))).toBe(f64)
  })

  test('a NaN payload has one to all bits of the mantissa', () => {
    expect(parseF32('nan:0x0')).toBeUndefined()
    expect(parseF64('nan:0x0')).toBeUndefined()
    expect(parseF32('nan:0x80_0000')).toBeUndefined()
    expect(parseF64('-nan:0x10_0000_0000_0000')).toBeUndefined()
    expect(parseF64('nan:0x1_0000_0000_0000_0001')).toBeUndefined()
    expect(wide(parseF64('nan:0xf_ffff_ffff_ffff'))).toBe(0x7fffffffffffffffn)
  })

  test('the NaN patterns of scripts are no numbers of modules', () => {
    expect(['nan:canonical', 'nan:arithmetic', 'nan', 'nan:0x1'].map(parseNanPattern)).toEqual([
      'canonical',
      'arithmetic',
      undefined,
      undefined,
    ])
  })
})

describe('printing', () => {
  test('integers are decimal', () => {
    expect([0, 1, -1, -0x80000000, 0x7fffffff].map(printI32)).toEqual(['0', '1', '-1', '-2147483648', '2147483647'])
    expect([printI64(0, 0), printI64(-1, -1), printI64(0, -0x80000000), printI64(-1, 0)]).toEqual([
      '0',
      '-1',
      '-9223372036854775808',
      '4294967295',
    ])
    expect([printU64(-1, -1), printU64(0, 1)]).toEqual(['18446744073709551615', '4294967296'])
  })

  test.each([
    [0, '0'],
    [0x80000000, '-0'],
    [0x3f800000, '1'],
    [0xbfc00000, '-1.5'],
    [0x3dcccccd, '0.1'],
    [0x40490fdb, '3.1415927'],
    [1, '1e-45'],
    [0x007fffff, '1.1754942e-38'],
    [0x00800000, '1.1754944e-38'],
    [0x7f7fffff, '3.4028235e+38'],
    [0x4b800000, '16777216'],
    [0x7149f2ca, '1e+30'],
    [0x7f800000, 'inf'],
    [0xff800000, '-inf'],
    [0x7fc00000, 'nan'],
    [0xffc00000, '-nan'],
    [0x7fa00000, 'nan:0x200000'],
    [0xffffffff, '-nan:0x7fffff'],
  ])('the f32 0x%x is %s', (bits, text) => {
    expect(printF32(bits | 0)).toBe(text)
  })

  test.each([
    [0, 0, '0'],
    [0, 0x80000000, '-0'],
    [0x9999999a, 0x3fb99999, '0.1'],
    [1, 0, '5e-324'],
    [0xffffffff, 0x7fefffff, '1.7976931348623157e+308'],
    [0, 0xc0080000, '-3'],
    [0, 0x7ff00000, 'inf'],
    [0, 0xfff00000, '-inf'],
    [0, 0x7ff80000, 'nan'],
    [0, 0xfff80000, '-nan'],
    [1, 0x7ff80000, 'nan:0x8000000000001'],
    [0xffffffff, 0xffffffff, '-nan:0xfffffffffffff'],
    [0, 0x7ff40000, 'nan:0x4000000000000'],
  ])('the f64 with the halves 0x%x and 0x%x is %s', (lo, hi, text) => {
    expect(printF64(lo | 0, hi | 0)).toBe(text)
  })

  test('every printed number parses back to the same bits', () => {
    const random = seeded(21)
    for (let i = 0; i < 20_000; i++) {
      const lo = random()
      const hi = random()
      expect(parseF32(printF32(lo))).toBe(lo)
      expect(parseF64(printF64(lo, hi))).toEqual({ lo, hi })
      expect(parseI32(printI32(lo))).toBe(lo)
      expect(parseUnsigned(String(lo >>> 0), 32)).toBe(lo >>> 0)
      expect(parseI64(printI64(lo, hi))).toEqual({ lo, hi })
      expect(parseU64(printU64(lo, hi))).toEqual({ lo, hi })
    }
  })

  test('NaNs, infinities, subnormals and powers of two parse back to the same bits', () => {
    for (let bit = 0; bit < 23; bit++) {
      for (const bits of [1 << bit, 0x7f800000 | (1 << bit), 0xff800000 | (1 << bit) | 0])
        expect(parseF32(printF32(bits))).toBe(bits)
    }
    for (let exponent = 0; exponent < 256; exponent++) expect(parseF32(printF32(exponent << 23))).toBe(exponent << 23)
    for (let exponent = 0; exponent < 2048; exponent++) {
      const hi = (exponent << 20) | 0
      for (const lo of [0, 1, -1]) expect(parseF64(printF64(lo, hi))).toEqual({ lo, hi })
    }
  })

  test('a printed f32 is the shortest decimal that is read back, at powers of two also', () => {
    const random = seeded(22)
    const cases = Array.from({ length: 255 }, (_, exponent) => exponent << 23).slice(1)
    for (let i = 0; i < 300; i++) cases.push((random() >>> 1) % 0x7f800000 || 1)
    for (const bits of cases) {
      const length = significantDigits(printF32(bits))
      expect([bits, length]).toEqual([bits, fewestDigits(BigInt(bits))])
    }
  })
})

function significantDigits(text: string): number {
  return text.replace(/e.*/, '').replace('.', '').replace(/^0+/, '').replace(/0+$/, '').length
}

/** The least number of digits of any decimal that is nearest to this f32, by trying all that can be, exactly. */
function fewestDigits(bits: bigint): number {
  const value = scaled(bits, F32)
  const below = scaled(bits - 1n, F32) + value
  const above = scaled(bits + 1n, F32) + value
  const isEven = (bits & 1n) === 0n
  for (let digits = 1; ; digits++) {
    // In units of 2^-1201 · 10^-60, so that the unit of the last of the digits is whole.
    const scale = 10n ** 60n
    const unit = 10n ** BigInt(String((value * scale) >> 1200n).length - digits)
    const quotient = (value * scale) / (unit << 1200n)
    for (const candidate of [quotient, quotient + 1n]) {
      const doubled = 2n * candidate * (unit << 1200n)
      if (
        isEven
          ? doubled >= below * scale && doubled <= above * scale
          : doubled > below * scale && doubled < above * scale
      )
        return digits
    }
  }
}
