// Identifiers in printed modules: names become unique identifiers that mean what they name.

import { describe, expect, it } from 'vitest'
import { printModule } from '../../../src/text/print-module.ts'
import type { Module } from '../../../src/syntax/module.ts'
import type { Names } from '../../../src/syntax/names.ts'
import { F32, I32, I64 } from '../../../src/syntax/types.ts'
import { codeOf, moduleOf, moduleOfBody } from './module-builder.ts'

const nop = { typeIdx: 0, code: codeOf(0, 0x0b) }

function headers(names: readonly string[]): string[] {
  const module = moduleOfBody([], { funcs: names.map(() => nop) })
  const text = printModule(module, { names: { funcs: new Map(names.entries()) } })
  return text
    .split('\n')
    .filter((line) => line.startsWith('  (func '))
    .map((line) => line.slice('  (func '.length).replace(' (type 0)', ''))
}

function body(module: Module, names: Names, folded = false): string[] {
  const lines = printModule(module, { names, folded }).split('\n')
  const start = lines.findIndex((line) => line.startsWith('  (func '))
  return lines.slice(start, lines.indexOf('  )', start)).map((line) => line.slice(2))
}

describe('a name', () => {
  it('is an identifier where the grammar lets it be', () => {
    expect(headers(['a.b', "!#$%&'*+-./:<=>?@\\^_`|~"])).toEqual(['$a.b (;0;)', "$!#$%&'*+-./:<=>?@\\^_`|~ (;1;)"])
  })

  it('is quoted where it holds other characters', () => {
    expect(headers(['f(int, char)', 'é', '"', '\u202eevil', '\n'])).toEqual([
      '$"f(int, char)" (;0;)',
      '$"é" (;1;)',
      '$"\\"" (;2;)',
      '$"\\u{202e}evil" (;3;)',
      '$"\\0a" (;4;)',
    ])
  })

  it('that came before gets its index, and an annotation with the name itself', () => {
    expect(headers(['f', 'f', 'f#1', 'f'])).toEqual([
      '$f (;0;)',
      '$f#1# (@name "f") (;1;)',
      '$f#1 (;2;)',
      '$f#3 (@name "f") (;3;)',
    ])
  })

  it('that is empty is an annotation only', () => {
    expect(headers([''])).toEqual(['(@name "") (;0;)'])
  })

  it('of an index that is not there is left out', () => {
    expect(printModule(moduleOf({}), { names: { funcs: new Map([[4_000_000_000, 'f']]) } })).toBe('(module)\n')
  })

  it('stands for its index in every space', () => {
    const names: Names = {
      module: 'my module',
      types: new Map([[0, 't']]),
      funcs: new Map([[0, 'f']]),
      tables: new Map([[0, 'tab']]),
      memories: new Map([[0, 'mem']]),
      globals: new Map([[0, 'g']]),
      elems: new Map([[0, 'e']]),
      datas: new Map([[0, 'd']]),
    }
    const code = [0x10, 0, 0x23, 0, 0x11, 0, 0, 0xfc, 8, 0, 0, 0xfc, 12, 0, 0, 0x25, 0, 0x02, 0, 0x0b]
    const module = moduleOfBody(code, {
      tables: [{ type: { addrType: 'i32', limits: { min: 0 }, elem: 0x7fff_fff0 } }],
      memories: [{ addrType: 'i32', limits: { min: 0 }, shared: false }],
      globals: [{ type: { type: I32, mutable: false }, init: codeOf(0x41, 0, 0x0b) }],
      exports: [{ name: 'x', kind: 'table', index: 0 }],
      start: 0,
      elems: [{ type: 0x7fff_fff0, mode: { kind: 'passive' }, items: Uint32Array.of(0) }],
      datas: [
        { mode: { kind: 'active', index: 0, explicit: true, offset: codeOf(0x23, 0, 0x0b) }, bytes: new Uint8Array(0) },
      ],
    })
    expect(printModule(module, { names })).toBe(`(module $"my module"
  (type $t (;0;) (func))
  (table $tab (;0;) 0 funcref)
  (memory $mem (;0;) 0)
  (global $g (;0;) i32 (i32.const 0))
  (export "x" (table $tab))
  (start $f)
  (elem $e (;0;) func $f)
  (func $f (;0;) (type $t)
    call $f
    global.get $g
    call_indirect (type $t)
    memory.init $d
    table.init $e
    table.get $tab
    block (type $t) ;; label = @1
    end
  )
  (data $d (;0;) (memory $mem) (global.get $g) "")
)
`)
  })
})

describe('names of locals', () => {
  it('stand with parameters and locals, and those without share parentheses', () => {
    const module = moduleOf({
      types: [{ kind: 'func', params: [I32, I32, I64], results: [F32] }],
      funcs: [{ typeIdx: 0, code: codeOf(1, 2, 0x7d, 0x20, 1, 0x20, 3, 0x20, 4, 0x0b) }],
    })
    const locals = new Map([[0, new Map([[1, 'x'], [3, 'x'], [9, 'gone']])]]) // prettier-ignore
    expect(body(module, { locals })).toEqual([
      '(func (;0;) (type 0) (param i32) (param $x i32) (param i64) (result f32)',
      '  (local $x#3 (@name "x") f32) (local f32)',
      '  local.get $x',
      '  local.get $x#3',
      '  local.get 4',
    ])
  })
})

describe('names of labels', () => {
  const labels = (...names: readonly string[]): Names => ({ labels: new Map([[0, new Map(names.entries())]]) })

  it('stand for the innermost block of that name, and a number for those that it hides', () => {
    const module = moduleOfBody([0x02, 0x40, 0x02, 0x40, 0x0c, 0, 0x0c, 1, 0x0b, 0x0c, 0, 0x0b])
    expect(body(module, labels('l', 'l'))).toEqual([
      '(func (;0;) (type 0)',
      '  block $l ;; label = @1',
      '    block $l ;; label = @2',
      '      br $l',
      '      br 1 (;@1;)',
      '    end',
      '    br $l',
      '  end',
    ])
  })

  it('are counted in the order of the code, though folded operands print behind their instruction', () => {
    // (block (result i32) ...) is the condition of the `if`, so that it is the first label and the `if` the second.
    const module = moduleOfBody([0x02, 0x7f, 0x41, 0, 0x0b, 0x04, 0x40, 0x0c, 0, 0x0b])
    expect(body(module, labels('first', 'second'), true)).toEqual([
      '(func (;0;) (type 0)',
      '  (if $second ;; label = @1',
      '    (block $first (result i32) ;; label = @1',
      '      (i32.const 0))',
      '    (then',
      '      (br $second)))',
    ])
  })
})
