// Printing and parsing: the text of a module parses back to the same bytes, in every form that the printer has.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeModule } from '../../../src/binary/decode-module.ts'
import { decodeNames } from '../../../src/binary/decode-names.ts'
import { encodeModule } from '../../../src/binary/encode-module.ts'
import type { Names } from '../../../src/syntax/names.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { printModule, type PrintOptions } from '../../../src/text/print-module.ts'
import { codeOf, moduleOfBody } from './module-builder.ts'

const source = readFileSync(new URL('../../fixtures/objdump/everything.wat', import.meta.url))
const everything = encodeModule(parseModule(source), { names: true })
const nop = { typeIdx: 0, code: codeOf(0, 0x0b) }

function roundTrip(bytes: Uint8Array, options: PrintOptions): Uint8Array {
  return encodeModule(parseModule(printModule(decodeModule(bytes), options)), { names: true })
}

/** What the parser makes of the names of functions, as they were printed. */
function reparsedNames(names: Names, funcs: number): Names | undefined {
  const module = moduleOfBody([], { funcs: Array.from({ length: funcs }, () => nop) })
  return parseModule(printModule(module, { names })).names
}

describe('sizes of 64 bits and of pages', () => {
  it.each([
    '(memory i64 1)',
    '(memory i64 0 0x1_0000_0000_0000)',
    '(memory (pagesize 1) (data "xyz"))',
    '(memory i64 0 9007199254740993 (pagesize 1))',
    '(memory i64 9007199254740991 9007199254740992 (pagesize 1))',
    '(memory 3 0xffff_ffff (pagesize 1))',
    '(memory 1 (pagesize 65536))',
    '(memory 1 (pagesize 0x8000_0000_0000_0000))',
    '(memory i64 1 0xffff_ffff_ffff_ffff (pagesize 1))',
    '(table i64 0 0xffff_ffff_ffff_fffe funcref)',
    '(table i64 funcref (elem))',
    '(memory i64 (data "x"))',
    '(import "a" "m" (memory i64 0 18446744073709551613 (pagesize 1)))',
    '(import "a" "t" (table i64 0x8000_0000_0000_0001 externref))',
    '(memory i64 1) (func (drop (i32.load offset=0xffff_ffff_ffff_ffff (i64.const -1))))',
  ])('come back exactly: %s', (fields) => {
    const bytes = encodeModule(parseModule(`(module ${fields})`))
    expect(encodeModule(decodeModule(bytes))).toEqual(bytes)
    expect(decodeModule(encodeModule(decodeModule(bytes)))).toEqual(decodeModule(bytes))
    for (const folded of [false, true]) expect(roundTrip(bytes, { folded })).toEqual(bytes)
  })

  it('differ where they are different', () => {
    const sizes = [2n ** 53n, 2n ** 53n + 1n, 2n ** 64n - 2n, 2n ** 64n - 1n]
    const encoded = sizes.map((size) =>
      Buffer.from(encodeModule(parseModule(`(table i64 ${size} funcref)`))).toString('hex'),
    )
    expect(new Set(encoded).size).toBe(sizes.length)
  })
})

describe('a module with every section and every shape of immediates', () => {
  it.each<[form: string, options: PrintOptions]>([
    ['flat', {}],
    ['folded', { folded: true }],
    ['without indentation', { indent: 0 }],
  ])('parses back to the same bytes from its %s text', (_, options) => {
    expect(roundTrip(everything, options)).toEqual(everything)
  })

  it.each([false, true])('parses back to the same bytes from a text with its names (folded: %s)', (folded) => {
    const names = decodeNames(decodeModule(everything))
    expect(names.funcs?.get(1)).toBe('s')
    expect(decodeModule(roundTrip(everything, { names, folded }))).toEqual(decodeModule(everything))
  })
})

describe('names', () => {
  it('of every kind come back as they were, doubled and odd ones too', () => {
    const funcs = new Map(['f', 'f', 'f#1', 'a b', '"', '\\', 'é\u202e', '\u0000', '$', ';)', 'f#1#'].entries())
    expect(reparsedNames({ funcs }, funcs.size)?.funcs).toEqual(funcs)
  })

  it('of labels come back, hidden ones too, and branches mean what they meant', () => {
    const body = [0x02, 0x40, 0x03, 0x40, 0x0c, 0, 0x0c, 1, 0x0c, 2, 0x0b, 0x02, 0x40, 0x0c, 0, 0x0b, 0x0c, 0, 0x0b]
    const module = moduleOfBody(body)
    const labels = new Map([[0, new Map(['l', 'l', 'm'].entries())]])
    for (const folded of [false, true]) {
      const parsed = parseModule(printModule(module, { names: { labels }, folded }))
      expect(parsed.names?.labels).toEqual(labels)
      expect(encodeModule(parsed)).toEqual(encodeModule(module))
    }
  })
})

describe('deep nesting', () => {
  it('of a hundred thousand blocks parses back, flat and folded', () => {
    const depth = 100_000
    const bytes = new Uint8Array(depth * 3 + 2)
    for (let i = 0; i < depth; i++) bytes.set([0x02, 0x40], 1 + 2 * i)
    bytes.fill(0x0b, 1 + 2 * depth)
    const module = moduleOfBody([], { funcs: [{ typeIdx: 0, code: { bytes, start: 0, end: bytes.length } }] })
    const encoded = encodeModule(module)
    expect(encodeModule(parseModule(printModule(module)))).toEqual(encoded)
    expect(encodeModule(parseModule(printModule(module, { folded: true })))).toEqual(encoded)
  })
})
