// Groups of imports (the proposal compact-import-section): they are imports like any other, are spelled as they were, in binary and in
// text, and an engine takes them where the proposal is on.

import { describe, expect, it } from 'vitest'
import { decodeModule } from '../../../src/binary/decode-module.ts'
import { decodeNames } from '../../../src/binary/decode-names.ts'
import { encodeModule } from '../../../src/binary/encode-module.ts'
import { objdump } from '../../../src/debug/objdump/objdump.ts'
import { Engine } from '../../../src/embed/engine.ts'
import { MODULE_LIMITS } from '../../../src/syntax/limits.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { printModule } from '../../../src/text/print-module.ts'
import { bytesOf, moduleOf, outcome, section, sized, vector, type Piece } from './module-bytes.ts'

const func = [0, 0]
const global = [3, 0x7f, 0]
const type = section(1, vector([0x60, 0, 0]))

function withImports(...entries: readonly Piece[]): Uint8Array {
  return moduleOf(type, section(2, vector(...entries)))
}

const single = (module: string, name: string): Piece => [sized(module), sized(name), func]
const typed = (module: string, ...items: readonly Piece[]): Piece => [sized(module), 0, 0x7f, vector(...items)]
const shared = (module: string, of: Piece, ...names: readonly string[]): Piece => [
  sized(module),
  0,
  0x7e,
  of,
  vector(...names.map((name) => sized(name))),
]

const everyForm = withImports(
  single('', ''),
  typed('none'),
  typed('m', [sized('f'), func], [sized('g'), global]),
  single('m', 'h'),
  shared('n', global, 'a', 'b', ''),
  shared('empty', func),
  typed('last', [sized(''), func]),
)

const importNames = (bytes: Uint8Array): string[] =>
  decodeModule(bytes).imports.map(({ module, name, type: { kind } }) => `${module}.${name} ${kind}`)

describe('groups of imports', () => {
  it('are imports one after another', () => {
    expect(importNames(everyForm)).toEqual([
      '. func',
      'm.f func',
      'm.g global',
      'm.h func',
      'n.a global',
      'n.b global',
      'n. global',
      'last. func',
    ])
  })

  it('keep their encoding', () => {
    for (const bytes of [everyForm, withImports(typed('none')), withImports(shared('none', func))]) {
      expect(encodeModule(decodeModule(bytes))).toEqual(bytes)
    }
  })

  it('come back from text in the same encoding, flat or folded', () => {
    for (const folded of [false, true]) {
      expect(encodeModule(parseModule(printModule(decodeModule(everyForm), { folded })))).toEqual(everyForm)
    }
  })

  it('of one type are printed with that of each where they have names', () => {
    const named = encodeModule({ ...decodeModule(withImports(shared('n', func, 'a', 'b'))), names: { funcs: new Map([[1, 'x']]) } }, { names: true }) // prettier-ignore
    const module = decodeModule(named)
    const text = printModule(module, { names: decodeNames(module) })
    expect(text).toContain('(item "b" (func $x (;1;) (type 0)))')
    const parsed = parseModule(text)
    expect(parsed.names).toEqual({ funcs: new Map([[1, 'x']]) })
    expect(encodeModule(parsed)).toEqual(withImports(typed('n', [sized('a'), func], [sized('b'), func])))
    expect(printModule(module)).toContain('(func (type 0))')
  })

  it('are told by objdump', () => {
    const text = objdump(everyForm, 'm.wasm', { details: true })
    expect(text).toContain(' - group of 3 of one type <- n\n  - global[1] i32 mutable=0 <- n.a\n')
    expect(text).toContain(' - group of 0 <- none\n - group of 2 <- m\n  - func[1] sig=0 <m.f> <- m.f\n')
  })

  it.each([
    ['a kind behind a name', withImports([sized('a'), sized('b'), 0x7f, vector([sized('b'), func])])],
    ['a kind behind a name', withImports([sized('a'), sized('b'), 0x7e, func, vector(sized('b'))])],
    ['a padded form', withImports([sized('a'), 0, 0xff, 0, vector()])],
    ['another form', withImports([sized('a'), 0, 0x7d, vector()])],
  ])('are malformed with %s', (_, bytes) => {
    expect(outcome(bytes)).toBe('malformed: malformed import kind')
  })

  it('count by their items', () => {
    const limits = { ...MODULE_LIMITS, imports: 3 }
    const bytes = (n: number): Uint8Array =>
      withImports(shared('m', func, ...Array.from('abcdef').slice(0, n)), single('x', 'y'))
    expect(outcome(bytes(2), { limits })).toBe('module')
    expect(outcome(bytes(3), { limits })).toBe('limit: 4 imports, more than 3')
    expect(outcome(bytes(4), { limits })).toBe('limit: 4 imports, more than 3')
    const huge = moduleOf(type, section(2, 1, 0, 0, 0x7e, func, bytesOf(0xff, 0xff, 0xff, 0xff, 0x0f)))
    expect(outcome(huge)).toBe('malformed: length out of bounds')
  })

  it('need the proposal, which is off unless it is switched on', () => {
    expect(new Engine().check(everyForm)?.message).toBe(
      'a group of imports from "none" needs the proposal "compact-import-section", which is switched off: ' +
        "enable it with features: { 'compact-import-section': true }",
    )
    expect(new Engine({ features: { 'compact-import-section': true } }).check(everyForm)).toBeUndefined()
    expect(new Engine().check(withImports(single('', '')))).toBeUndefined()
  })
})

describe('groups of imports in text', () => {
  it('may have identifiers beside a type of their own', () => {
    const { names, imports } = parseModule(
      '(import "m" (item "f" (func $f)) (item "g" (global $g i32))) (export "f" (func $f)) (export "g" (global $g))',
    )
    expect(names).toEqual({ funcs: new Map([[0, 'f']]), globals: new Map([[0, 'g']]) })
    expect(imports.map(({ module, name }) => module + name)).toEqual(['mf', 'mg'])
  })

  it('of one type count in its index space', () => {
    const { exports, globals } = parseModule(
      '(import "m" (item "a") (item "b") (global i32)) (global $g i32 (i32.const 0)) (export "g" (global $g))',
    )
    expect(globals).toHaveLength(1)
    expect(exports[0]?.index).toBe(2)
  })

  it.each([
    ['identifier not allowed', '(import "m" (item "a") (func $f))'],
    ['import after function', '(func) (import "m" (item "a") (func))'],
    ['unexpected token', '(import "m" (item "a"))'],
    ['unexpected token', '(import "m" (item "a") (item "b" (func)))'],
    ['unexpected token', '(import "m" (item "a" (func)) (item "b"))'],
    ['unexpected token', '(import "m" (item "a" (func)) (func))'],
    ['unexpected token', '(import "m" (item "a" "b" (func)))'],
    ['unexpected token', '(import "m" (item $f (func)))'],
  ])('are malformed: %s', (reason, text) => {
    expect(() => parseModule(text)).toThrow(reason)
  })
})
