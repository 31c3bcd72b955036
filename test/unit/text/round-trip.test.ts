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
