// What a module looks like as text: every kind of field, and every shape of immediates. That the text parses back is held by
// round-trip.test.ts.

import { describe, expect, it } from 'vitest'
import { ModuleError } from '../../../src/errors/module-error.ts'
import { printModule, printModuleChunks } from '../../../src/text/print-module.ts'
import type { Elem, Module } from '../../../src/syntax/module.ts'
import { EXTERNREF, F64, FUNCREF, I32, I64 } from '../../../src/syntax/types.ts'
import { codeOf, moduleOf, moduleOfBody } from './module-builder.ts'

const zero = codeOf(0x41, 0, 0x0b)
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The lines of the body of the only function. */
function printBody(instructions: readonly number[], parts: Partial<Module> = {}): string[] {
  const lines = printModule(moduleOfBody(instructions, parts)).split('\n')
  const start = lines.findIndex((line) => line.startsWith('  (func '))
  return lines.slice(start + 1, lines.indexOf('  )', start)).map((line) => line.slice(4))
}

const fields = (module: Module): string[] =>
  printModule(module)
    .split('\n')
    .slice(1, -2)
    .map((line) => line.slice(2))

describe('a field of a printed module', () => {
  it('is missing where the module is empty', () => {
    expect(printModule(moduleOf({}))).toBe('(module)\n')
  })

  it('is a type, import, table, memory, global, export, start, segment or function', () => {
    const module = moduleOf({
      types: [
        { kind: 'func', params: [I32, I64], results: [F64] },
        { kind: 'func', params: [], results: [] },
      ],
      imports: [
        { module: 'env', name: 'f', type: { kind: 'func', typeIdx: 0 } },
        {
          module: 'env',
          name: 't',
          type: { kind: 'table', type: { addrType: 'i32', limits: { min: 1 }, elem: EXTERNREF } },
        },
        {
          module: 'env',
          name: 'm',
          type: { kind: 'memory', type: { addrType: 'i32', limits: { min: 1, max: 2 }, shared: false } },
        },
        { module: 'env', name: 'g', type: { kind: 'global', type: { type: I32, mutable: true } } },
      ],
      funcs: [{ typeIdx: 1, code: codeOf(1, 2, 0x7f, 0x0b) }],
      tables: [{ type: { addrType: 'i32', limits: { min: 2, max: 0xffff_ffff }, elem: FUNCREF } }],
      memories: [{ addrType: 'i64', limits: { min: 1, max: 3 }, shared: true }],
      globals: [
        { type: { type: I32, mutable: false }, init: codeOf(0x41, 1, 0x23, 0, 0x6a, 0x0b) },
        { type: { type: FUNCREF, mutable: true }, init: codeOf(0xd0, 0x70, 0x0b) },
      ],
      exports: [
        { name: 'run "it"', kind: 'func', index: 1 },
        { name: '', kind: 'memory', index: 0 },
      ],
      start: 1,
      elems: [{ type: FUNCREF, mode: { kind: 'passive' }, items: Uint32Array.of(0, 1) }],
      datas: [{ mode: { kind: 'passive' }, bytes: utf8('a"\\\n') }],
    })
    expect(printModule(module)).toBe(`(module
  (type (;0;) (func (param i32 i64) (result f64)))
  (type (;1;) (func))
  (import "env" "f" (func (;0;) (type 0)))
  (import "env" "t" (table (;0;) 1 externref))
  (import "env" "m" (memory (;0;) 1 2))
  (import "env" "g" (global (;0;) (mut i32)))
  (table (;1;) 2 4294967295 funcref)
  (memory (;1;) i64 1 3 shared)
  (global (;1;) i32 (i32.add (i32.const 1) (global.get 0)))
  (global (;2;) (mut funcref) (ref.null func))
  (export "run \\"it\\"" (func 1))
  (export "" (memory 0))
  (start 1)
  (elem (;0;) func 0 1)
  (func (;1;) (type 1)
    (local i32 i32)
  )
  (data (;0;) "a\\22\\5c\\0a")
)
`)
  })

  it('is a table with an initial value', () => {
    const table = { type: { addrType: 'i32', limits: { min: 1 }, elem: FUNCREF }, init: codeOf(0xd2, 3, 0x0b) } as const
    expect(fields(moduleOf({ tables: [table] }))).toEqual(['(table (;0;) 1 funcref (ref.func 3))'])
  })

  it('is a custom section as an annotation with its place', () => {
    const customs = [
      { name: 'a"b', bytes: new Uint8Array(0), after: 0 },
      { name: 'c', bytes: Uint8Array.of(0, 0x41), after: 3 },
      { name: 'd', bytes: Uint8Array.of(1), after: 12 },
      { name: 'e', bytes: Uint8Array.of(2), after: 11 },
    ]
    expect(fields(moduleOf({ customs }))).toEqual([
      '(@custom "a\\"b" (before first))',
      '(@custom "c" (after func) "\\00A")',
      '(@custom "d" (after datacount) "\\01")',
      '(@custom "e" (after data) "\\02")',
    ])
  })

  it('is the name section as bytes only while its names are not asked for', () => {
    const module = moduleOf({ customs: [{ name: 'name', bytes: Uint8Array.of(0, 2, 1, 0x6d), after: 0 }] })
    expect(printModule(module)).toContain('(@custom "name"')
    expect(printModule(module, { names: {} })).toContain('(@custom "name"')
    expect(printModule(module, { names: { module: 'm' } })).toBe('(module $m)\n')
  })

  it('has the names of imports and exports readable, without characters that hide or reorder', () => {
    const name = 'é漢😀\u202e\u0007\u200b\ud800'
    expect(fields(moduleOf({ exports: [{ name, kind: 'func', index: 0 }] }))).toEqual([
      '(export "é漢😀\\u{202e}\\07\\u{200b}\ufffd" (func 0))',
    ])
  })
})

describe('a segment', () => {
  const printElem = (elem: Elem): string => fields(moduleOf({ elems: [elem] })).join('')
  const items = Uint32Array.of(7)
  const exprs = [codeOf(0xd2, 1, 0x0b), codeOf(0xd0, 0x70, 0x0b)]
  const active = { kind: 'active', index: 0, offset: zero, explicit: false } as const

  // The eight forms of the binary format, by their flags.
  it.each<[flags: number, elem: Elem, text: string]>([
    [0, { type: FUNCREF, mode: active, items }, '(elem (;0;) (i32.const 0) func 7)'],
    [1, { type: FUNCREF, mode: { kind: 'passive' }, items }, '(elem (;0;) func 7)'],
    [2, { type: FUNCREF, mode: { ...active, explicit: true }, items }, '(elem (;0;) (table 0) (i32.const 0) func 7)'],
    [3, { type: FUNCREF, mode: { kind: 'declarative' }, items }, '(elem (;0;) declare func 7)'],
    [
      4,
      { type: FUNCREF, mode: active, items: exprs },
      '(elem (;0;) (i32.const 0) funcref (ref.func 1) (ref.null func))',
    ],
    [5, { type: EXTERNREF, mode: { kind: 'passive' }, items: [] }, '(elem (;0;) externref)'],
    [
      6,
      { type: FUNCREF, mode: { ...active, index: 2, explicit: true }, items: exprs },
      '(elem (;0;) (table 2) (i32.const 0) funcref (ref.func 1) (ref.null func))',
    ],
    [
      7,
      { type: FUNCREF, mode: { kind: 'declarative' }, items: exprs },
      '(elem (;0;) declare funcref (ref.func 1) (ref.null func))',
    ],
  ])('of elements with flags %i keeps its form', (_, elem, text) => {
    expect(printElem(elem)).toBe(text)
  })

  it('of data keeps an explicit memory index 0', () => {
    const mode = { ...active, explicit: true }
    expect(fields(moduleOf({ datas: [{ mode, bytes: new Uint8Array(0) }] }))).toEqual([
      '(data (;0;) (memory 0) (i32.const 0) "")',
    ])
  })

  it('has its expression named where it is not one folded instruction', () => {
    const mode = { ...active, offset: codeOf(0x41, 1, 0x41, 2, 0x0b) }
    expect(printElem({ type: FUNCREF, mode, items: [codeOf(0x0b)] })).toBe(
      '(elem (;0;) (offset (i32.const 1) (i32.const 2)) funcref (item))',
    )
  })

  it('of much data goes over lines of 64 bytes', () => {
    const lines = fields(moduleOf({ datas: [{ mode: { kind: 'passive' }, bytes: new Uint8Array(130).fill(0x61) }] }))
    expect(lines).toEqual(['(data (;0;)', `  "${'a'.repeat(64)}"`, `  "${'a'.repeat(64)}"`, '  "aa")'])
  })
})

describe('an instruction', () => {
  it.each<[text: string, bytes: readonly number[]]>([
    ['i32.const -1', [0x41, 0x7f]],
    ['i64.const -9223372036854775808', [0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]],
    ['f32.const nan:0x200000', [0x43, 0, 0, 0xa0, 0x7f]],
    ['f64.const -0', [0x44, 0, 0, 0, 0, 0, 0, 0, 0x80]],
    ['i32.load', [0x28, 2, 0]],
    ['i32.load offset=4294967295 align=1', [0x28, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['i64.store8 1 offset=8', [0x3c, 0x40, 1, 8]],
    ['i32.load align=8', [0x28, 3, 0]],
    ['memory.size', [0x3f, 0]],
    ['memory.grow 2', [0x40, 2]],
    ['memory.copy', [0xfc, 10, 0, 0]],
    ['memory.copy 1 0', [0xfc, 10, 1, 0]],
    ['memory.init 5', [0xfc, 8, 5, 0]],
    ['memory.init 1 5', [0xfc, 8, 5, 1]],
    ['table.init 1 5', [0xfc, 12, 5, 1]],
    ['table.copy 0 1', [0xfc, 14, 0, 1]],
    ['table.get 0', [0x25, 0]],
    ['elem.drop 3', [0xfc, 13, 3]],
    ['call 0', [0x10, 0]],
    ['call_indirect (type 0)', [0x11, 0, 0]],
    ['return_call_indirect 1 (type 0)', [0x13, 0, 1]],
    ['select', [0x1b]],
    ['select (result i32)', [0x1c, 1, 0x7f]],
    ['select (result)', [0x1c, 0]],
    ['ref.null extern', [0xd0, 0x6f]],
    ['ref.func 0', [0xd2, 0]],
    ['br 0 (;@0;)', [0x0c, 0]],
    ['br 7', [0x0c, 7]],
  ])('%s', (text, bytes) => {
    expect(printBody(bytes)).toEqual([text])
  })

  it('that opens a block carries the number by which branches show it', () => {
    expect(printBody([0x02, 0x40, 0x03, 0x7f, 0x0e, 2, 0, 1, 2, 0x0b, 0x1a, 0x0b])).toEqual([
      'block ;; label = @1',
      '  loop (result i32) ;; label = @2',
      '    br_table 0 (;@2;) 1 (;@1;) 2 (;@0;)',
      '  end',
      '  drop',
      'end',
    ])
  })

  it('with a type index as its block type repeats the type, unless it is long or unknown', () => {
    const types = [
      { kind: 'func', params: [], results: [] },
      { kind: 'func', params: [I32], results: [I64, I64] },
      { kind: 'func', params: Array<number>(17).fill(I32), results: [] },
    ] as const
    const bytes = [0x02, 0, 0x02, 1, 0x02, 2, 0x02, 9, 0x0b, 0x0b, 0x0b, 0x0b]
    expect(printBody(bytes, { types }).filter((line) => line.includes('block'))).toEqual([
      'block (type 0) ;; label = @1',
      '  block (type 1) (param i32) (result i64 i64) ;; label = @2',
      '    block (type 2) ;; label = @3',
      '      block (type 9) ;; label = @4',
    ])
  })

  it('after else stands as deep as that before it', () => {
    expect(printBody([0x41, 0, 0x04, 0x40, 0x01, 0x05, 0x01, 0x0b])).toEqual([
      'i32.const 0',
      'if ;; label = @1',
      '  nop',
      'else',
      '  nop',
      'end',
    ])
  })
})

describe('printing', () => {
  it('a million nested blocks neither recurses nor indents without end', () => {
    const depth = 1_000_000
    const bytes = new Uint8Array(depth * 3 + 2)
    for (let i = 0; i < depth; i++) bytes.set([0x02, 0x40], 1 + 2 * i)
    bytes.fill(0x0b, 1 + 2 * depth)
    const module = moduleOfBody([], { funcs: [{ typeIdx: 0, code: { bytes, start: 0, end: bytes.length } }] })
    const flat = printModule(module)
    expect(flat.length).toBeLessThan(250 * depth)
    expect(flat).toContain(`${' '.repeat(80)}block ;; label = @${depth}\n`)
    const folded = printModule(module, { folded: true })
    expect(folded.length).toBeLessThan(250 * depth)
    expect(folded).toContain(`(block ;; label = @${depth}\n`)
  })

  it('in chunks gives the same text', () => {
    const func = { typeIdx: 0, code: codeOf(0, ...Array<number>(3000).fill(0x01), 0x0b) }
    const module = moduleOfBody([], { funcs: Array.from({ length: 20 }, () => func) })
    const chunks = [...printModuleChunks(module)]
    expect(chunks.length).toBeGreaterThan(2)
    expect(chunks.join('')).toBe(printModule(module))
  })

  it('refuses more locals than any engine takes', () => {
    const module = moduleOfBody([], {
      funcs: [{ typeIdx: 0, code: codeOf(1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b) }],
    })
    expect(() => printModule(module)).toThrow(ModuleError)
  })

  it('indents by as much as is asked for', () => {
    expect(printModule(moduleOfBody([0x01]), { indent: 1 })).toBe(
      '(module\n (type (;0;) (func))\n (func (;0;) (type 0)\n  nop\n )\n)\n',
    )
  })
})
