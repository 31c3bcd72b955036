// Arguments and results as people type and read them.

import { describe, expect, it } from 'vitest'
import { formatValue, parseArguments } from '../../../src/command/values.ts'
import { EXTERNREF, F32, F64, FUNCREF, I32, I64, V128, type ValType } from '../../../src/syntax/types.ts'

function parse(type: ValType, text: string): unknown {
  return parseArguments('f', { kind: 'func', params: [type], results: [] }, [text])[0]
}

describe('an argument', () => {
  it.each<[type: ValType, text: string, value: unknown]>([
    [I32, '1', 1],
    [I32, '-2147483648', -2147483648],
    [I32, '4294967295', 4294967295],
    [I32, '0xFF', 255],
    [I32, '-0x10', -16],
    [I32, '+1_000', 1000],
    [I64, '-9223372036854775808', -(2n ** 63n)],
    [I64, '18446744073709551615', 2n ** 64n - 1n],
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
  ])('of type %i may not be "%s"', (type, text, what) => {
    expect(() => parse(type, text)).toThrow(what)
  })
})

describe('a result', () => {
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
