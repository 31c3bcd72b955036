// Clauses of descriptors, exact types and exact imports in text and bytes, there and back.

import { describe, expect, it, test } from 'vitest'
import { decodeModule } from '../../../src/binary/decode-module.ts'
import { encodeModule } from '../../../src/binary/encode-module.ts'
import { ModuleError } from '../../../src/errors/module-error.ts'
import { exactly, heapTypeOf, isExact, refType, typeIdxOf, valTypeName } from '../../../src/syntax/types.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { printModule } from '../../../src/text/print-module.ts'

const CHAIN = `
  (rec
    (type $a (sub (descriptor $b) (struct (field (ref null (exact $b))))))
    (type $b (sub (describes $a) (descriptor $c) (struct)))
    (type $c (sub final (describes $b) (struct))))`

const hex = (text: string): string => Buffer.from(encodeModule(parseModule(text))).toString('hex')

function errorOf(text: string): ModuleError {
  try {
    parseModule(text)
  } catch (error) {
    if (error instanceof ModuleError) return error
    throw error
  }
  throw new Error('accepted')
}

describe('what a type says about descriptors', () => {
  it('is kept by type index, only where it is said', () => {
    expect([...parseModule(CHAIN).descriptors!]).toEqual([
      [0, { descriptor: 1 }],
      [1, { describes: 0, descriptor: 2 }],
      [2, { describes: 1 }],
    ])
    expect(parseModule('(type (struct))')).not.toHaveProperty('descriptors')
    expect(decodeModule(encodeModule(parseModule('(type (struct))')))).not.toHaveProperty('descriptors')
  })

  it('stands before the composite type in the binary format, what is described first', () => {
    expect(hex(CHAIN)).toContain('4e0350004d015f016362010050004c004d025f004f004c015f00')
  })

  it.each([
    ['in the other order', '(type (descriptor 1) (describes 0) (struct))'],
    ['twice', '(type (describes 0) (describes 0) (struct))'],
    ['outside of the subtype', '(type (descriptor 1) (sub (struct)))'],
    ['without a type', '(type (descriptor) (struct))'],
    ['alone', '(type (descriptor 1))'],
  ])('is no text %s', (_, text) => {
    expect(errorOf(text)).toMatchObject({ kind: 'malformed', reason: 'unexpected token' })
  })

  it('keeps a function type from being implied by a type use', () => {
    const { types, funcs } = parseModule('(type (descriptor 0) (func)) (func)')
    expect(types).toHaveLength(2)
    expect(funcs[0]!.typeIdx).toBe(1)
  })
})

describe('an exact heap type', () => {
  it('is a type index with a mark that no other heap type has', () => {
    const type = refType(true, exactly(5))
    expect(isExact(heapTypeOf(type))).toBe(true)
    expect(typeIdxOf(heapTypeOf(type))).toBe(5)
    expect(valTypeName(type)).toBe('(ref null (exact 5))')
    for (const heap of [5, 0, 2 ** 27 - 1, -5, -128]) {
      expect(isExact(heapTypeOf(refType(false, heap)))).toBe(false)
      expect(heapTypeOf(refType(false, heap))).toBe(heap)
    }
    const largest = refType(false, exactly(2 ** 27 - 1))
    expect(typeIdxOf(heapTypeOf(largest))).toBe(2 ** 27 - 1)
  })

  it.each([
    ['an abstract type', '(func (param (ref (exact any))))'],
    ['no type', '(func (param (ref (exact))))'],
    ['what is exact already', '(func (param (ref (exact (exact 0)))))'],
    ['a reference', '(func (param (exact (ref 0))))'],
    ['anything without parentheses', '(func (param (ref exact 0)))'],
  ])('is not made of %s', (_, text) => {
    expect(errorOf(text)).toMatchObject({ kind: 'malformed', reason: 'unexpected token' })
  })

  it('has an index that reads the same as an unsigned and as a signed number', () => {
    const types = '(type (struct))'.repeat(100)
    expect(hex(`${types} (func (param (ref (exact 98))))`)).toContain('60016462e20000')
  })

  it('may have its index spelled as an unsigned number', () => {
    const bytes = encodeModule(parseModule('(type (struct (field (ref (exact 60)))))'))
    const at = bytes.indexOf(0x62) + 1
    expect(bytes[at]).toBe(60)
    bytes[at] = 98
    expect(decodeModule(bytes).types).toMatchObject([{ fields: [{ type: refType(false, exactly(98)) }] }])
  })

  it('is the same unknown type for every index that no module can have', () => {
    for (const x of [2 ** 27, 2 ** 32 - 1]) {
      const { types } = parseModule(`(func (param (ref (exact ${x}))))`)
      expect(types).toMatchObject([{ params: [refType(false, exactly(2 ** 27 - 1))] }])
    }
  })
})

describe('an exact import', () => {
  it('has a kind of its own in the binary format', () => {
    expect(hex('(type (func)) (import "" "" (func (exact (type 0))))')).toContain('02050100002000')
  })

  it('spells its type in each form of a type use, inline too', () => {
    const { imports, types } = parseModule(`
      (type $f (func (param i32)))
      (import "" "" (func (exact (type $f))))
      (import "" "" (func $g (exact (type $f) (param $x i32))))
      (import "" "" (func (exact (param i64))))
      (func (export "e") (import "" "") (exact (result i32)))
      (import "" "" (func (exact)))`)
    expect(imports.map(({ type }) => type)).toEqual(
      [0, 0, 1, 2, 3].map((typeIdx) => ({ kind: 'func', typeIdx, exact: true })),
    )
    expect(types).toHaveLength(4)
  })

  it('is of a function that is imported, nothing else', () => {
    for (const text of ['(func (exact (type 0)))', '(import "" "" (tag (exact (type 0))))', '(tag (exact (type 0)))']) {
      expect(errorOf(`(type (func)) ${text}`)).toMatchObject({ kind: 'malformed', reason: 'unexpected token' })
    }
  })
})

test.each([
  CHAIN,
  `${CHAIN} (func (param anyref (ref (exact $b))) (result (ref null (exact $a)))
    (ref.cast_desc_eq (ref null (exact $a)) (local.get 0) (local.get 1)))`,
  `${CHAIN} (global (ref null (exact $a)) (ref.null (exact $a))) (table 1 (ref null (exact $c)))
    (elem (ref null (exact $b)) (item (ref.null none)))`,
  `${CHAIN} (func (param anyref (ref $b)) (result anyref)
    (br_on_cast_desc_eq 0 anyref (ref $a) (local.get 0) (local.get 1))
    (drop)
    (br_on_cast_desc_eq_fail 0 anyref (ref null $a) (local.get 0) (local.get 1)))`,
  `${CHAIN} (func (drop (ref.get_desc $a (struct.new_default_desc $a (struct.new_desc $b (struct.new $c))))))`,
  `(type $f (func)) (import "m" "f" (func $g (exact (type $f)))) (import "m" (item "x") (item "y") (func (exact (type $f))))`,
  '(type $f (func)) (func (block (result (ref (exact $f))) (unreachable)) (drop) (ref.test (ref (exact $f)) (ref.null nofunc)) (drop))',
])('text, bytes and text again are one module: %s', (text) => {
  const bytes = encodeModule(parseModule(text), { names: true })
  const decoded = decodeModule(bytes)
  expect(encodeModule(decoded)).toEqual(bytes)
  for (const folded of [false, true]) {
    const printed = printModule(decoded, { folded })
    expect(encodeModule(parseModule(printed), { names: true })).toEqual(bytes)
  }
})
