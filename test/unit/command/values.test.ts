// Arguments and results as people type and read them.

import { describe, expect, it } from 'vitest'
import { formatValue, parseArguments, resultOf } from '../../../src/command/values.ts'
import { toJs, type Value } from '../../../src/runtime/value.ts'
import { EXTERNREF, F32, F64, FUNCREF, I32, I64, V128, type ValType } from '../../../src/syntax/types.ts'

function parseExact(type: ValType, text: string): Value {
  return parseArguments('f', { kind: 'func', params: [type], results: [] }, [text])[0]!
}

function parse(type: ValType, text: string): unknown {
  return toJs(parseExact(type, text))
}

/** What an argument reads when it comes back. */
function echo(type: ValType, text: string): string {
  return formatValue(resultOf(parseExact(type, text)))
}

describe('an argument', () => {
  it.each<[type: ValType, text: string, value: unknown]>([
    [I32, '1', 1],
    [I32, '-2147483648', -2147483648],
    [I32, '4294967295', -1],
    [I32, '0xFF', 255],
    [I32, '-0x10', -16],
    [I32, '+1_000', 1000],
    [I64, '-9223372036854775808', -(2n ** 63n)],
    [I64, '18446744073709551615', -1n],
    [F64, '1.5', 1.5],
    [F64, '.5e1', 5],
    [F64, '1.', 1],
    [F64, '0x1.8p3', 12],
    [F64, '0x.8', 0.5],
    [F64, '-0', -0],
    [F64, '-inf', -Infinity],
    [F32, 'NaN', NaN],
    [F32, '1_0.5', 10.5],
    [FUNCREF, 'null', null],
    [EXTERNREF, 'null', null],
  ])('of type %i may be %s', (type, text, value) => {
    expect(parse(type, text)).toEqual(value)
  })

  it.each<[type: ValType, text: string, bits: readonly number[]]>([
    [F32, 'nan', [0x7fc00000]],
    [F32, '-nan', [0xffc00000]],
    [F32, 'nan:0x1', [0x7f800001]],
    [F32, '-nan:0x7f_ffff', [0xffffffff]],
    [F64, 'nan', [0, 0x7ff80000]],
    [F64, 'nan:0x123', [0x123, 0x7ff00000]],
    [F64, '-nan:0xfffffffffffff', [0xffffffff, 0xffffffff]],
    [V128, 'i32x4:1,-1,0x10,4294967295', [1, 0xffffffff, 16, 0xffffffff]],
    [V128, 'i8x16:0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,-1', [0x03020100, 0x07060504, 0x0b0a0908, 0xff0e0d0c]],
    [V128, 'i16x8:1,2,3,4,5,6,7,8', [0x20001, 0x40003, 0x60005, 0x80007]],
    [V128, 'i64x2:-2,0x100000000', [0xfffffffe, 0xffffffff, 0, 1]],
    [V128, 'f32x4:1,-0,nan:0x1,inf', [0x3f800000, 0x80000000, 0x7f800001, 0x7f800000]],
    [V128, 'f64x2:1,-inf', [0, 0x3ff00000, 0, 0xfff00000]],
  ])('of type %i that is %s keeps every bit', (type, text, bits) => {
    const { lo, hi, upper } = parseExact(type, text)
    const words = [lo, hi, upper?.lo ?? 0, upper?.hi ?? 0].map((word) => word >>> 0)
    expect(words.slice(0, Math.max(bits.length, type === F32 ? 1 : 2))).toEqual(bits)
  })

  it.each<[type: ValType, text: string, what: string]>([
    [I32, '4294967296', 'an i32'],
    [I32, '-2147483649', 'an i32'],
    [I32, '1.5', 'an i32'],
    [I32, '', 'an i32'],
    [I32, '1__0', 'an i32'],
    [I32, '0x', 'an i32'],
    [I64, '18446744073709551616', 'an i64'],
    [F64, '0x', 'an f64'],
    [F64, '.', 'an f64'],
    [F64, 'one', 'an f64'],
    [F64, ' 1', 'an f64'],
    [FUNCREF, '0', 'funcref'],
    [V128, '1', 'v128'],
    [V128, 'i32x4:1,2,3', 'v128'],
    [V128, 'i32x2:1,2', 'v128'],
    [V128, 'i8x16:0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,256', 'v128'],
    [V128, 'f16x8:0,0,0,0,0,0,0,0', 'v128'],
    [F32, 'nan:0x0', 'an f32'],
    [F32, 'nan:0x800000', 'an f32'],
    [F64, 'nan:0x10000000000000', 'an f64'],
    [F64, 'nan:1', 'an f64'],
  ])('of type %i may not be "%s"', (type, text, what) => {
    expect(() => parse(type, text)).toThrow(what)
  })
})

it('the name of a parameter is told where the module gives it one', () => {
  const type = { kind: 'func', params: [I32, I32], results: [] } as const
  const paramName = (index: number): string | undefined => ['lhs'][index]
  expect(() => parseArguments('f', type, ['x', '1'], paramName)).toThrow('argument 1 ($lhs) of "f" must be an i32')
  expect(() => parseArguments('f', type, ['1', 'x'], paramName)).toThrow('argument 2 of "f" must be an i32')
})

describe('a result', () => {
  it.each<[type: ValType, given: string, text: string]>([
    [F32, 'nan', 'nan'],
    [F32, '-nan', '-nan'],
    [F32, 'nan:0x400001', 'nan:0x400001'],
    [F64, '-nan:0x1', '-nan:0x1'],
    [V128, 'i64x2:1,-1', 'i32x4:0x00000001,0x00000000,0xffffffff,0xffffffff'],
  ])('of type %i that was given as %s reads %s', (type, given, text) => {
    expect(echo(type, given)).toBe(text)
    expect(echo(type, text)).toBe(text)
  })

  it.each<[type: string, value: unknown, text: string]>([
    ['i32', -1, '-1'],
    ['i64', 2n ** 63n - 1n, '9223372036854775807'],
    ['f32', Math.fround(0.1), '0.1'],
    ['f32', Math.fround(16777217), '16777216'],
    ['f32', 1.401298464324817e-45, '1e-45'],
    ['f64', 0.1, '0.1'],
    ['f64', -0, '-0'],
    ['f64', -Infinity, '-inf'],
    ['f64', NaN, 'nan'],
    ['externref', null, 'null'],
    ['externref', {}, 'externref'],
  ])('of type %s that is %s reads %s', (type, value, text) => {
    expect(formatValue({ type, value })).toBe(text)
  })

  it('of type f32 reads back as the same number', () => {
    const float = new Float32Array(1)
    const bits = new Uint32Array(float.buffer)
    for (let i = 0; i < 2000; i++) {
      bits[0] = Math.imul(i, 0x9e3779b9) & 0x7f7fffff
      const value = float[0]!
      expect(Math.fround(parse(F32, formatValue({ type: 'f32', value })) as number)).toBe(value)
    }
  })
})
