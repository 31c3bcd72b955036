// Items 38, 40 and 42 of the adversarial checklist: the edges of integer and float arithmetic as the specification has them, told one by
// one, and i64 values on their way between JavaScript and WebAssembly.

import { describe, expect, it } from 'vitest'
import { createGlobal, type ExportedFunction, type Global } from '../../src/index.ts'
import { codeOf, instantiateText } from './module-text.ts'

/** The value of an expression of that type, or the code of its trap. */
function valueOf(type: string, expression: string): unknown {
  const { f } = instantiateText(`(module (func (export "f") (result ${type}) ${expression}))`).exports
  let value: unknown
  const code = codeOf(() => (value = (f as ExportedFunction)()))
  return code === 'ok' ? value : code
}

const typeOf = (op: string): string => op.slice(0, 3)

const binary = (op: string, a: string, b: string): unknown => {
  const type = typeOf(op)
  return valueOf(type, `(${op} (${type}.const ${a}) (${type}.const ${b}))`)
}

const converted = (op: string, x: string): unknown => {
  const operand = op.includes('_f32') ? 'f32' : 'f64'
  return valueOf(typeOf(op), `(${op} (${operand}.const ${x}))`)
}

describe('adversarial.md 38: integers', () => {
  it.each(['i32.div_s', 'i32.div_u', 'i32.rem_s', 'i32.rem_u', 'i64.div_s', 'i64.div_u', 'i64.rem_s', 'i64.rem_u'])(
    '%s by zero is a trap, whatever is divided',
    (op) => {
      expect(['0', '1', '-1'].map((x) => binary(op, x, '0'))).toEqual(Array(3).fill('TRAP_DIVIDE_BY_ZERO'))
    },
  )

  it.each([
    ['i32', '-0x80000000', -0x80000000, 0],
    ['i64', '-0x8000000000000000', -(2n ** 63n), 0n],
  ])('the least %s by -1 overflows, and has the remainder 0', (type, least, same, zero) => {
    expect(binary(`${type}.div_s`, least, '-1')).toBe('TRAP_INTEGER_OVERFLOW')
    expect(binary(`${type}.rem_s`, least, '-1')).toBe(zero)
    expect(binary(`${type}.div_u`, least, '-1')).toBe(zero)
    expect(binary(`${type}.rem_u`, least, '-1')).toBe(same)
  })

  it.each<[op: string, x: string, value: unknown]>([
    ['i32.trunc_f64_s', '2147483647.5', 2147483647],
    ['i32.trunc_f64_s', '2147483648', 'TRAP_INTEGER_OVERFLOW'],
    ['i32.trunc_f64_s', '-2147483648.9', -2147483648],
    ['i32.trunc_f64_s', '-2147483649', 'TRAP_INTEGER_OVERFLOW'],
    ['i32.trunc_f64_u', '4294967295.9', -1],
    ['i32.trunc_f64_u', '4294967296', 'TRAP_INTEGER_OVERFLOW'],
    ['i32.trunc_f64_u', '-0.9', 0],
    ['i32.trunc_f64_u', '-1', 'TRAP_INTEGER_OVERFLOW'],
    ['i32.trunc_f32_s', '2147483520', 2147483520],
    ['i32.trunc_f32_s', '2147483648', 'TRAP_INTEGER_OVERFLOW'],
    ['i64.trunc_f64_s', '0x1p63', 'TRAP_INTEGER_OVERFLOW'],
    ['i64.trunc_f64_s', '-0x1p63', -(2n ** 63n)],
    ['i64.trunc_f64_s', '0x1.fffffffffffffp62', 2n ** 63n - 1024n],
    ['i64.trunc_f64_u', '0x1p63', -(2n ** 63n)],
    ['i64.trunc_f64_u', '0x1p64', 'TRAP_INTEGER_OVERFLOW'],
    ['i64.trunc_f32_u', '0x1.fffffep63', -(2n ** 40n)],
    ['i32.trunc_f32_u', 'nan', 'TRAP_INVALID_CONVERSION'],
    ['i64.trunc_f64_s', 'nan:0x1', 'TRAP_INVALID_CONVERSION'],
    ['i32.trunc_f64_s', 'inf', 'TRAP_INTEGER_OVERFLOW'],
    ['i64.trunc_f32_u', '-inf', 'TRAP_INTEGER_OVERFLOW'],
    ['i32.trunc_sat_f64_s', '2147483648', 2147483647],
    ['i32.trunc_sat_f64_u', '-inf', 0],
    ['i64.trunc_sat_f64_s', '0x1p63', 2n ** 63n - 1n],
    ['i64.trunc_sat_f32_u', 'inf', -1n],
    ['i64.trunc_sat_f64_s', 'nan', 0n],
  ])('%s of %s is %s', (op, x, value) => {
    expect(converted(op, x)).toBe(value)
  })
})

describe('adversarial.md 40: floats', () => {
  it.each<[op: string, a: string, b: string, value: number]>([
    ['f32.add', '16777216', '1', 16777216],
    ['f32.add', '16777216', '3', 16777220],
    ['f32.sub', '0x1p-149', '0x1p-149', 0],
    ['f32.mul', '0x1p-149', '0.5', 0],
    ['f32.mul', '0x1p-149', '0.75', 2 ** -149],
    ['f32.mul', '0x1p-148', '0.75', 2 ** -148],
    ['f32.mul', '0x1p-75', '0x1p-75', 0],
    ['f32.mul', '0x1.000002p-75', '0x1p-75', 2 ** -149],
    ['f32.mul', '0x1.fffffep127', '2', Infinity],
    ['f32.div', '1', '3', Math.fround(1 / 3)],
    ['f32.div', '1', '-0', -Infinity],
    ['f64.add', '0x1p53', '1', 2 ** 53],
    ['f64.mul', '0x1p-1074', '0.5', 0],
    ['f64.div', '0x1p-1022', '2', 2 ** -1023],
    ['f32.min', '0', '-0', -0],
    ['f32.min', '-0', '0', -0],
    ['f32.max', '0', '-0', 0],
    ['f64.max', '-0', '0', 0],
    ['f64.min', '-0', '0', -0],
    ['f32.copysign', '1', '-0', -1],
  ])('%s of %s and %s', (op, a, b, value) => {
    expect(binary(op, a, b)).toBe(value)
  })

  it.each<[op: string, x: string, value: number]>([
    ['f64.nearest', '0.5', 0],
    ['f64.nearest', '-0.5', -0],
    ['f64.nearest', '1.5', 2],
    ['f64.nearest', '2.5', 2],
    ['f64.nearest', '-2.5', -2],
    ['f64.nearest', '0.49999999999999994', 0],
    ['f64.nearest', '0x1.0000000000001p52', 2 ** 52 + 1],
    ['f32.nearest', '8388607.5', 8388608],
    ['f32.nearest', '-0.25', -0],
    ['f32.sqrt', '-0', -0],
    ['f32.sqrt', '2', Math.fround(Math.SQRT2)],
    ['f64.ceil', '-0.5', -0],
    ['f64.trunc', '-0.5', -0],
    ['f32.floor', '-0', -0],
    ['f32.neg', '0', -0],
  ])('%s of %s', (op, x, value) => {
    const type = typeOf(op)
    expect(valueOf(type, `(${op} (${type}.const ${x}))`)).toBe(value)
  })

  it('of an i64 are rounded once', () => {
    // By way of an f64 it would be rounded to the tie first, and then down.
    const x = '0x20000020000001'
    expect(valueOf('f32', `(f32.convert_i64_s (i64.const ${x}))`)).toBe(2 ** 53 + 2 ** 30)
    expect(valueOf('f32', `(f32.convert_i64_u (i64.const -1))`)).toBe(2 ** 64)
    expect(valueOf('f64', `(f64.convert_i64_u (i64.const 0x8000000000000401))`)).toBe(2 ** 63 + 2048)
  })

  it('keep their denormals through memory and promotion', () => {
    expect(valueOf('f64', '(f64.promote_f32 (f32.const 0x1p-149))')).toBe(2 ** -149)
    expect(valueOf('f32', '(f32.demote_f64 (f64.const 0x1p-150))')).toBe(0)
    expect(valueOf('f32', '(f32.demote_f64 (f64.const 0x1.0000000000001p-150))')).toBe(2 ** -149)
  })
})

describe('adversarial.md 42: an i64 between JavaScript and WebAssembly', () => {
  const text = `(module (import "" "h" (func $h (param i64) (result i64))) (global (export "g") (mut i64) (i64.const 0))
    (func (export "same") (param i64) (result i64) (local.get 0))
    (func (export "through") (param i64) (result i64) (call $h (local.get 0))))`
  let answer: unknown = 0n
  let seen: unknown
  const instance = instantiateText(text, {
    '': {
      h: (_: unknown, x: bigint) => {
        seen = x
        return answer
      },
    },
  })
  const global = instance.exports['g'] as Global

  it.each([
    [2n ** 63n - 1n, 2n ** 63n - 1n],
    [2n ** 63n, -(2n ** 63n)],
    [2n ** 64n - 1n, -1n],
    [2n ** 64n, 0n],
    [2n ** 64n + 5n, 5n],
    [-(2n ** 63n) - 1n, 2n ** 63n - 1n],
    [2n ** 200n + 7n, 7n],
  ])('%s wraps to %s: as an argument, a result of the host, and the value of a global', (given, wrapped) => {
    expect(instance.call('same', given)).toBe(wrapped)
    answer = given
    expect(instance.call('through', given)).toBe(wrapped)
    expect(seen).toBe(wrapped)
    global.value = given
    expect(global.value).toBe(wrapped)
    expect(createGlobal('i64', given).value).toBe(wrapped)
  })

  it.each([[1.5], [2 ** 53], [NaN], [-Infinity], ['1'], [undefined], [null], [true], [{}], [Symbol('1')]])(
    'is never made of %s',
    (given) => {
      expect(codeOf(() => instance.call('same', given))).toBe('TYPE_MISMATCH')
      answer = given
      expect(codeOf(() => instance.call('through', 1n))).toBe('TYPE_MISMATCH')
      expect(codeOf(() => (global.value = given))).toBe('TYPE_MISMATCH')
    },
  )

  // The JS API takes no number at all; here one is as good as a bigint where no bit of it can be lost.
  it('is a number that is given, where that is a safe integer', () => {
    expect([instance.call('same', -5), instance.call('same', 2 ** 53 - 1)]).toEqual([-5n, 2n ** 53n - 1n])
  })
})
