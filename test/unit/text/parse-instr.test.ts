// Instructions: flat and folded, their immediates in the order of the text, labels, and nesting without recursion.

import { describe, expect, test } from 'vitest'
import { ModuleError } from '../../../src/errors/module-error.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { codeText, comparable } from './comparable-module.ts'

/** A function's instructions in hexadecimal, without its locals and its `end`. */
function instructions(body: string, fields = ''): string {
  const code = codeText(parseModule(`(func ${body}) ${fields}`).funcs[0]!.code)
  expect(code.endsWith('0b')).toBe(true)
  return code.slice(2, -2)
}

function reasonOf(text: string): string {
  try {
    parseModule(text)
  } catch (error) {
    if (error instanceof ModuleError && error.kind === 'malformed') return error.reason
    throw error
  }
  throw new Error('accepted')
}

describe('folded and flat', () => {
  test.each([
    ['(i32.add (i32.const 1) (i32.const 2))', 'i32.const 1 i32.const 2 i32.add'],
    ['(drop (i32.eqz (i32.const 1) (nop)))', 'i32.const 1 nop i32.eqz drop'],
    ['i32.const 1 (i32.add (i32.const 2)) drop', 'i32.const 1 i32.const 2 i32.add drop'],
    ['(block (nop) nop)', 'block nop nop end'],
    ['(block $a (result i32) (br $a (i32.const 1)))', 'block (result i32) i32.const 1 br 0 end'],
    ['(if (i32.const 1) (then (nop)))', 'i32.const 1 if nop end'],
    ['(if (i32.const 1) (then) (else))', 'i32.const 1 if else end'],
    ['(if $a (result i32) (i32.const 1) (then (br $a (i32.const 2))) (else i32.const 3))', 'i32.const 1 if (result i32) i32.const 2 br 0 else i32.const 3 end'],
    ['i32.const 1 (if (then nop) (else nop))', 'i32.const 1 if nop else nop end'],
    ['(if (block (result i32) (i32.const 1)) (then (if (i32.const 2) (then))))', 'block (result i32) i32.const 1 end if i32.const 2 if end end'],
    ['(select (i32.const 1) (i32.const 2) (if (result i32) (i32.const 3) (then i32.const 4) (else i32.const 5)))', 'i32.const 1 i32.const 2 i32.const 3 if (result i32) i32.const 4 else i32.const 5 end select'],
    ['(loop (block) (i32.store offset=4 (i32.const 0) (i32.const 1)))', 'loop block end i32.const 0 i32.const 1 i32.store offset=4 end'],
  ])('%s is %s', (folded, flat) => {
    expect(instructions(folded)).toBe(instructions(flat))
  }) // prettier-ignore

  test('encode as the binary format does', () => {
    expect(instructions('(drop (i32.add (i32.const -1) (i32.const 128)))')).toBe('417f4180016a1a')
    expect(instructions('(block (param i32) (result i32 i32) unreachable)')).toBe('0201000b')
    expect(instructions('(block (result f64) unreachable)')).toBe('027c000b')
    expect(instructions('(drop (i32.trunc_sat_f32_s (f32.const nan:0x200000)))')).toBe('430000a07ffc001a')
  })

  test.each([
    '(func (i32.add i32.const 1 i32.const 2))',
    '(func (if i32.const 1 (then)))',
    '(func (if (i32.const 1)))',
    '(func (if (i32.const 1) (else)))',
    '(func (if (i32.const 1) (then) (then)))',
    '(func (if (i32.const 1) (then) (else) (else)))',
    '(func (if (i32.const 1) (then) nop))',
    '(func block)',
    '(func end)',
    '(func else)',
    '(func (end))',
    '(func (else))',
    '(func (then))',
    '(func block else end)',
    '(func if else else end)',
    '(func (block end))',
    '(func (block block) end)',
    '(func ())',
    '(func (nop nop))',
    '(func (br 0 1))',
    '(func nop 1)',
    '(func (local.get))',
    '(func (memory.copy 0))',
    '(func (block (result i32) (type 0)))',
  ])('%s is no instruction sequence', (text) => {
    expect(reasonOf(text)).toMatch(/^unexpected token/)
  })
})

describe('immediates', () => {
  const fields = `(table $t 1 funcref) (table $u 1 funcref) (memory $m 1) (memory $n 1) (data $d) (data $e) (elem $x func) (elem $y func)
    (type $void (func)) (type $unary (func (param i32)))`

  test.each([
    ['memory.init $e', 'fc080100'],
    ['memory.init $n $e', 'fc080101'],
    ['memory.init 1', 'fc080100'],
    ['table.init $y', 'fc0c0100'],
    ['table.init $u $x', 'fc0c0001'],
    ['memory.copy', 'fc0a0000'],
    ['memory.copy $n $m', 'fc0a0100'],
    ['table.copy $u $t', 'fc0e0100'],
    ['memory.fill $n', 'fc0b01'],
    ['memory.size', '3f00'],
    ['memory.grow 1', '4001'],
    ['table.get $u', '2501'],
    ['table.size', 'fc1000'],
    ['call_indirect', '110000'],
    ['call_indirect (type $unary)', '110100'],
    ['call_indirect $u (type $unary)', '110101'],
    ['call_indirect 1 (param i32)', '110101'],
    ['return_call_indirect $u', '130001'],
    ['i32.load', '280200'],
    ['i32.load offset=1 align=1', '280001'],
    ['i32.load $n', '28420100'],
    ['i32.load 1 offset=0x1_0', '28420110'],
    ['i64.load align=8', '290300'],
    ['i32.load8_u offset=4294967296', '2d008080808010'],
    ['select', '1b'],
    ['select (result i32)', '1c017f'],
    ['select (result i32) (result i64)', '1c027f7e'],
    ['select (result)', '1c00'],
    ['ref.null extern', 'd06f'],
    ['ref.func 0', 'd200'],
    ['br_table 1 2 3', '0e02010203'],
    ['br_table 0', '0e0000'],
    ['i32.const 0xffffffff', '417f'],
    ['i32.const -0x8000_0000', '418080808078'],
    ['i64.const 18446744073709551615', '427f'],
    ['i64.const 0x7fffffffffffffff', '42ffffffffffffffffff00'],
    ['f32.const -0x1p-149', '4301000080'],
    ['f32.const 1', '430000803f'],
    ['f64.const inf', '44000000000000f07f'],
    ['f64.const +0.5', '44000000000000e03f'],
    ['v128.const i32x4 1 -1 0x80000000 0', 'fd0c01000000ffffffff0000008000000000'],
    ['v128.const f32x4 1 nan:0x1 -0 inf', 'fd0c0000803f0100807f000000800000807f'],
    ['v128.const i64x2 -1 1', 'fd0cffffffffffffffff0100000000000000'],
    ['i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31', 'fd0d000102030405060708090a0b0c0d0e1f'],
    ['i8x16.extract_lane_s 15', 'fd150f'],
    ['v128.load8_lane 3', 'fd54000003'],
    ['v128.load16_lane offset=4 3', 'fd55010403'],
    ['v128.load8_lane 1 3', 'fd5440010003'],
    ['v128.load8_lane $n offset=4 3', 'fd5440010403'],
    ['v128.load8_lane 0 align=1 3', 'fd54000003'],
    ['v128.load offset=1 align=1', 'fd000001'],
  ])('of %s', (text, bytes) => {
    expect(instructions(text, fields)).toBe(bytes)
    expect(instructions(`(${text})`, fields)).toBe(bytes)
  })

  test.each([
    ['constant out of range', '(func (i32.const 4294967296))'],
    ['constant out of range', '(func (i32.const -2147483649))'],
    ['constant out of range', '(func (i64.const 18446744073709551616))'],
    ['constant out of range', '(func (f32.const 1e39))'],
    ['constant out of range', '(func (f64.const nan:0x0))'],
    ['unexpected token', '(func (i32.const 1.0))'],
    ['unexpected token', '(func (f32.const nan:canonical))'],
    ['alignment must be a power of two', '(func (i32.load align=3))'],
    ['alignment must be a power of two', '(func (i32.load align=0))'],
    ['offset out of range', '(func (i32.load offset=18446744073709551616))'],
    ['unknown operator offset=-1', '(func (i32.load offset=-1))'],
    ['unknown operator offset=', '(func (i32.load offset=))'],
    ['unexpected token', '(func (i32.load align=1 offset=1))'],
    ['wrong number of lane literals', '(func (v128.const i32x4 1 2 3))'],
    ['wrong number of lane literals', '(func (v128.const i64x2 1 2 3))'],
    ['constant out of range', '(func (v128.const i64x2 1 18446744073709551616))'],
    ['constant out of range', '(func (v128.const i8x16 256 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1))'],
    ['unexpected token', '(func (v128.const i64x2 1 2.0))'],
    ['wrong number of lane literals', '(func (v128.const f64x2 1 nan:canonical))'],
    ['unexpected token', '(func (v128.const 1 2 3 4))'],
    ['invalid lane length', '(func (i8x16.shuffle 0 1))'],
    ['i8 constant out of range', '(func (i8x16.extract_lane_s 256))'],
    ['unexpected token', '(func (i8x16.extract_lane_s -1))'],
  ])('out of range: %s: %s', (reason, text) => {
    expect(reasonOf(text)).toBe(reason)
  })
})

describe('labels', () => {
  test('are counted from the inside, and hide others of the same name', () => {
    expect(instructions('block $a block $b block $a br $a br $b end br $a end br $a end')).toBe(
      instructions('block block block br 0 br 1 end br 1 end br 0 end'),
    )
  })

  test('of an if do not reach into its condition', () => {
    expect(instructions('(block $a (if $a (br_if $a (i32.const 1)) (then (br $a))))')).toBe(
      instructions('block i32.const 1 br_if 0 if br 0 end end'),
    )
  })

  test('of a folded block do not reach its neighbours', () => {
    expect(reasonOf('(func (i32.add (block $a (result i32) (i32.const 1)) (br $a)))')).toBe('unknown label $a')
  })

  test('end with their function', () => {
    expect(reasonOf('(func block $a end) (func (br $a))')).toBe('unknown label $a')
  })

  test('may be repeated at else and end', () => {
    expect(instructions('i32.const 1 if $a else $a end $a')).toBe(instructions('i32.const 1 if else end'))
  })

  test.each(['block end $a', 'block $a end $b', 'i32.const 0 if $a else $b end', 'i32.const 0 if else $a end'])(
    'must be the same where repeated: %s',
    (body) => {
      expect(reasonOf(`(func ${body})`)).toBe('mismatching label')
    },
  )

  test('are named by their position in the code, where the condition of an if comes before it', () => {
    const { names } = parseModule('(func (if $outer (block $first (result i32) (i32.const 1)) (then (loop $last))))')
    expect(names?.labels?.get(0)).toEqual(new Map([[0, 'first'], [1, 'outer'], [2, 'last']])) // prettier-ignore
  })
})

describe('nesting a million deep is no recursion:', () => {
  const depth = 1_000_000

  test.each([
    ['flat blocks', `${'block '.repeat(depth)}${'end '.repeat(depth)}`, 3 * depth],
    ['folded blocks', `${'(block '.repeat(depth)}${')'.repeat(depth)}`, 3 * depth],
    ['operands', `${'(i32.eqz '.repeat(depth)}(i32.const 0)${')'.repeat(depth)} drop`, depth + 3],
    ['conditions', `${'(if (result i32) '.repeat(depth)}(i32.const 0)${'(then unreachable))'.repeat(depth)} drop`, 4 * depth + 3],
  ])('%s', (_, body, length) => {
    const { code } = parseModule(`(func ${body})`).funcs[0]!
    expect(code.end - code.start).toBe(length + 2)
  }) // prettier-ignore

  test('parentheses that nothing closes', () => {
    expect(reasonOf('(func '.repeat(depth))).toMatch(/^unexpected token/)
  })
})

test('code of all functions and expressions lies in one buffer', () => {
  const { funcs, globals } = parseModule('(func) (global i32 (i32.const 1)) (func)')
  expect(new Set([...funcs.map(({ code }) => code.bytes), ...globals.map(({ init }) => init.bytes)]).size).toBe(1)
})

test('constant expressions may be flat or folded', () => {
  const flat = parseModule('(global i32 i32.const 1 i32.const 2 i32.add)')
  expect(comparable(flat)).toEqual(comparable(parseModule('(global i32 (i32.add (i32.const 1) (i32.const 2)))')))
  expect(codeText(flat.globals[0]!.init)).toBe('410141026a0b')
})
