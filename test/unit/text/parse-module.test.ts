// Module fields, types and their abbreviations: what each way of writing means, and what is refused.

import { describe, expect, test } from 'vitest'
import { encodeModule } from '../../../src/binary/encode-module.ts'
import { ModuleError } from '../../../src/errors/module-error.ts'
import { funcTypeOf, type Module } from '../../../src/syntax/module.ts'
import { EXTERNREF, F32, FUNCTION, I32, I64 } from '../../../src/syntax/types.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { codeText, comparable } from './comparable-module.ts'

/** The module without its names. */
function meaning(text: string): Omit<ReturnType<typeof comparable>, 'names'> {
  const { names: _, ...rest } = comparable(parseModule(text))
  return rest
}

function errorOf(text: string | Uint8Array): ModuleError {
  try {
    parseModule(text, { name: 'test.wat' })
  } catch (error) {
    if (error instanceof ModuleError) return error
    throw error
  }
  throw new Error('accepted')
}

function shapes(module: Module): string[] {
  return module.types.map((_, x) => {
    const { params, results } = funcTypeOf(module, x)
    return `${params.join(' ')} -> ${results.join(' ')}`
  })
}

interface HostWebAssembly {
  instantiate(
    bytes: Uint8Array,
    imports: object,
  ): Promise<{ readonly instance: { readonly exports: Readonly<Record<string, (n: number) => number>> } }>
}

describe('a module', () => {
  test('may be spelled as its fields alone, and be empty', () => {
    expect(meaning('(module)')).toEqual(meaning(''))
    expect(meaning('(module (func) (memory 1))')).toEqual(meaning('(func) (memory 1)'))
  })

  test('may have an identifier, which is its name', () => {
    expect(parseModule('(module $calc (func))').names?.module).toBe('calc')
  })

  test('ends with its parenthesis', () => {
    expect(errorOf('(module) (module)').reason).toBe('unexpected token')
    expect(errorOf('(module))').reason).toBe('unexpected token')
    expect(errorOf('(module').reason).toMatch(/^unexpected token: the text ends inside a parenthesis/)
  })

  test('without identifiers has no names', () => {
    expect(parseModule('(func (param i32) (block))').names).toBeUndefined()
  })

  test('of bytes is read as UTF-8, and of ill-formed ones refused', () => {
    expect(parseModule(new TextEncoder().encode('(export "λ" (func 0))')).exports[0]?.name).toBe('λ')
    expect(errorOf(Uint8Array.of(0x3b, 0x3b, 0xff)).reason).toMatch(/^malformed UTF-8 encoding/)
  })
})

describe('names', () => {
  test('are kept for everything that has an identifier', () => {
    const { names } = parseModule(`
      (type $t (func)) (import "m" "f" (func $f)) (func $g (param $x i32) (local i32) (local $y i64) (block $a (loop) (block $b)))
      (table $tab 1 funcref) (memory $mem 1) (global $glob i32 (i32.const 0)) (elem $e func) (data $d)`)
    expect(names).toEqual({
      types: new Map([[0, 't']]),
      funcs: new Map([[0, 'f'], [1, 'g']]), // prettier-ignore
      locals: new Map([[1, new Map([[0, 'x'], [2, 'y']])]]), // prettier-ignore
      labels: new Map([[1, new Map([[0, 'a'], [2, 'b']])]]), // prettier-ignore
      tables: new Map([[0, 'tab']]),
      memories: new Map([[0, 'mem']]),
      globals: new Map([[0, 'glob']]),
      elems: new Map([[0, 'e']]),
      datas: new Map([[0, 'd']]),
    })
  })

  test('may be used before their definition', () => {
    expect(
      meaning('(func $a (call $b)) (start $b) (export "g" (global $g)) (func $b) (global $g i32 (i32.const 1))'),
    ).toEqual(meaning('(func (call 1)) (start 1) (export "g" (global 0)) (func) (global i32 (i32.const 1))'))
  })

  test('may be strings', () => {
    expect(meaning('(func $"a b" (call $"a b")) (func $c (call $"c"))')).toEqual(
      meaning('(func (call 0)) (func (call 1))'),
    )
  })

  test('of __proto__ and constructor are names like any other', () => {
    expect(errorOf('(func (call $__proto__))').reason).toBe('unknown function $__proto__')
    expect(parseModule('(func $constructor (call $constructor))').names?.funcs?.get(0)).toBe('constructor')
  })

  test.each([
    ['func', '(func $x) (func $x)'],
    ['func', '(import "" "" (func $x)) (func $x)'],
    ['table', '(table $x 1 funcref) (table $x 1 funcref)'],
    ['memory', '(memory $x 1) (memory $x 1)'],
    ['global', '(global $x i32 (i32.const 1)) (global $x i32 (i32.const 1))'],
    ['type', '(type $x (func)) (type $x (func))'],
    ['elem', '(elem $x func) (elem $x func)'],
    ['data', '(data $x) (data $x)'],
    ['local', '(func (param $x i32) (local $x i32))'],
  ])('of one kind (%s) must differ', (kind, text) => {
    expect(errorOf(text).reason).toBe(`duplicate ${kind} $x`)
  })

  test.each([
    ['unknown function $x', '(start $x)'],
    ['unknown table $x', '(func (drop (table.get $x (i32.const 0))))'],
    ['unknown memory $x', '(export "m" (memory $x))'],
    ['unknown global $x', '(func (drop (global.get $x)))'],
    ['unknown type $x', '(func (type $x))'],
    ['unknown elem segment $x', '(func (elem.drop $x))'],
    ['unknown data segment $x', '(func (data.drop $x))'],
    ['unknown local $x', '(func (drop (local.get $x)))'],
    ['unknown local $x', '(func (param $x i32)) (global i32 (local.get $x))'],
    ['unknown label $x', '(func (br $x))'],
    ['unknown label $x', '(func (block $x) (br $x))'],
  ])('that nothing has: %s', (reason, text) => {
    expect(errorOf(text).reason).toBe(reason)
  })
})

describe('type uses', () => {
  test('without an index find the first type that fits, even one defined later', () => {
    const module = parseModule('(func (param i32)) (type (func)) (type (func (param i32))) (type (func (param i32)))')
    expect(module.funcs[0]?.typeIdx).toBe(1)
    expect(module.types).toHaveLength(3)
  })

  test('define what is missing behind all types, in the order of the text', () => {
    const module = parseModule(`
      (func (param i32) (block (param i64) (result i64 i64) unreachable) unreachable)
      (func (result f32) unreachable)
      (type (func))`)
    expect(shapes(module)).toEqual([' -> ', `${I32} -> `, `${I64} -> ${I64} ${I64}`, ` -> ${F32}`])
  })

  test('may repeat the type, and must not differ from it', () => {
    expect(meaning('(type $t (func (param i32))) (func (type $t) (param $x i32) (drop (local.get $x)))')).toEqual(
      meaning('(type (func (param i32))) (func (type 0) (drop (local.get 0)))'),
    )
    expect(errorOf('(type $t (func)) (func (type $t) (param i32))').reason).toMatch(/^inline function type/)
    expect(errorOf('(type $t (func)) (func (type 7) (param i32))').reason).toBe('unknown type 7')
  })

  test('leave a type index without parameters to validation', () => {
    expect(parseModule('(func (type 7))').funcs[0]?.typeIdx).toBe(7)
  })

  test('count the parameters of the type before named locals', () => {
    expect(meaning('(type $t (func (param i32 i32))) (func (type $t) (local $x i32) (drop (local.get $x)))')).toEqual(
      meaning('(type (func (param i32 i32))) (func (type 0) (local i32) (drop (local.get 2)))'),
    )
  })

  test('list parameters before results', () => {
    expect(errorOf('(func (result i32) (param i32))').reason).toBe('unexpected token')
    expect(errorOf('(func (local i32) (param i32))').reason).toBe('unexpected token')
  })

  test('name one parameter to a clause', () => {
    expect(errorOf('(func (param $x i32 i32))').reason).toBe('unexpected token')
    expect(errorOf('(func (param i32 $x i32))').reason).toBe('unexpected token')
    expect(errorOf('(func (result $x i32))').reason).toBe('unexpected token')
    expect(errorOf('(func (block (param $x i32)))').reason).toBe('unexpected token')
    expect(meaning('(type (func (param $x i32) (param $x i32)))')).toEqual(meaning('(type (func (param i32 i32)))'))
  })
})

describe('types', () => {
  test('of references have a short and a long spelling', () => {
    expect(meaning('(func (param funcref externref))')).toEqual(
      meaning('(func (param (ref null func) (ref null extern)))'),
    )
  })

  test('of locals are grouped', () => {
    expect(codeText(parseModule('(func (local i32 i32) (local i32) (local i64) (local))').funcs[0]!.code)).toBe(
      '02037f017e0b',
    )
  })

  test('of limits are as large as 64 bits', () => {
    expect(parseModule('(memory 0 0x1_0000)').memories[0]?.limits).toEqual({ min: 0, max: 65_536 })
    expect(parseModule('(memory 4_294_967_296)').memories[0]?.limits).toEqual({ min: 2 ** 32 })
    expect(errorOf('(memory 18446744073709551616)').reason).toBe('i64 constant out of range')
  })

  test('of addresses may be spelled', () => {
    expect(meaning('(memory i32 1) (table i32 2 funcref)')).toEqual(meaning('(memory 1) (table 2 funcref)'))
  })
})

describe('imports and exports', () => {
  test.each([
    ['(func $x (import "m" "n") (param i32))', '(import "m" "n" (func $x (param i32)))'],
    ['(table (import "m" "n") 1 2 funcref)', '(import "m" "n" (table 1 2 funcref))'],
    ['(memory (import "m" "n") 1)', '(import "m" "n" (memory 1))'],
    ['(global (import "m" "n") (mut i32))', '(import "m" "n" (global (mut i32)))'],
    ['(func (export "a") (export "b"))', '(func) (export "a" (func 0)) (export "b" (func 0))'],
    ['(memory (export "a") (import "m" "n") 1)', '(import "m" "n" (memory 1)) (export "a" (memory 0))'],
    ['(table (export "a") 1 funcref)', '(table 1 funcref) (export "a" (table 0))'],
    ['(global (export "a") i32 (i32.const 0))', '(global i32 (i32.const 0)) (export "a" (global 0))'],
  ])('%s abbreviates %s', (short, long) => {
    expect(comparable(parseModule(short))).toEqual(comparable(parseModule(long)))
  })

  test('count in the index spaces before definitions', () => {
    expect(meaning('(import "" "" (func $i)) (func $d (call $i) (call $d))')).toEqual(
      meaning('(import "" "" (func)) (func (call 0) (call 1))'),
    )
  })

  test.each([
    ['function', '(func)'],
    ['table', '(table 1 funcref)'],
    ['memory', '(memory 1)'],
    ['global', '(global i32 (i32.const 0))'],
  ])('may not come after the definition of a %s', (kind, definition) => {
    expect(errorOf(`${definition} (import "" "" (func))`).reason).toBe(`import after ${kind}`)
    expect(errorOf(`${definition} (memory (import "" "") 1)`).reason).toBe(`import after ${kind}`)
  })

  test('have well-formed names', () => {
    expect(errorOf(String.raw`(func (export "\ff"))`).reason).toBe('malformed UTF-8 encoding')
  })

  test('of a start function are one at most', () => {
    expect(parseModule('(func) (start 0)').start).toBe(0)
    expect(parseModule('(func)').start).toBeUndefined()
    expect(errorOf('(func) (start 0) (start 0)').reason).toBe('multiple start sections')
  })
})

describe('segments', () => {
  test.each([
    ['(table 1 funcref) (elem (i32.const 0) 0 1)', '(table 1 funcref) (elem (offset i32.const 0) func 0 1)'],
    ['(table funcref (elem 0 1))', '(table 2 2 funcref) (elem (i32.const 0) func 0 1)'],
    [
      '(table funcref (elem (ref.func 0) (item ref.null func)))',
      '(table 2 2 funcref) (elem (i32.const 0) funcref (item (ref.func 0)) (item (ref.null func)))',
    ],
    ['(table 1 funcref) (elem 0 (i32.const 0) 0)', '(table 1 funcref) (elem (i32.const 0) func 0)'],
    ['(memory (data "ab" "c"))', '(memory 1 1) (data (i32.const 0) "abc")'],
    ['(memory 1) (data 0 (i32.const 0) "a")', '(memory 1) (data (offset (i32.const 0)) "a")'],
    ['(elem funcref)', '(elem (ref null func))'],
    ['(memory (data))', '(memory 0 0) (data (i32.const 0))'],
  ])('%s abbreviates %s', (short, long) => {
    expect(meaning(short)).toEqual(meaning(long))
  })

  test('inside tables and memories count among the others', () => {
    expect(
      meaning(
        '(memory (data "a")) (data $d "b") (func (data.drop $d)) (table funcref (elem)) (elem $e func) (func (elem.drop $e))',
      ),
    ).toEqual(
      meaning(
        '(memory (data "a")) (data "b") (func (data.drop 1)) (table funcref (elem)) (elem func) (func (elem.drop 1))',
      ),
    )
  })

  test('are active, passive or declarative', () => {
    const { elems, datas } = parseModule(`
      (elem func 0) (elem declare func 0) (elem (table 1) (i32.const 0) externref) (elem (i32.const 0) externref)
      (data "a") (data (memory 1) (i32.const 0) "b")`)
    expect(elems.map(({ mode, type }) => [mode.kind, type])).toEqual([
      ['passive', FUNCTION],
      ['declarative', FUNCTION],
      ['active', EXTERNREF],
      ['active', EXTERNREF],
    ])
    expect(elems[2]?.mode).toMatchObject({ index: 1, explicit: true })
    expect(elems[3]?.mode).toMatchObject({ index: 0, explicit: true })
    expect(datas.map(({ mode }) => mode.kind)).toEqual(['passive', 'active'])
    expect(datas[1]?.mode).toMatchObject({ index: 1, explicit: true })
  })

  test('spell the index 0 in binary where they spell it in text', () => {
    const { elems, datas } = parseModule(
      '(elem (table 0) (i32.const 0) func) (elem (i32.const 0) func) (data (memory 0) (i32.const 0)) (data (i32.const 0))',
    )
    const modes = [...elems, ...datas].map(({ mode }) => mode.kind === 'active' && mode.explicit)
    expect(modes).toEqual([true, false, true, false])
  })

  test('hold bytes of any value', () => {
    expect([...parseModule(String.raw`(data "\00\ff" "é\n")`).datas[0]!.bytes]).toEqual([0, 255, 0xc3, 0xa9, 10])
  })

  test.each(['(elem 0 1)', '(elem)', '(elem (table 0) (i32.const 0) 0)', '(elem declare 0)', '(data (i32.const 0) x)'])(
    'are not spelled %s',
    (text) => {
      expect(errorOf(text).kind).toBe('malformed')
    },
  )

  test('may be a memory of 65537 bytes', () => {
    expect(parseModule(`(memory (data "${'a'.repeat(65_537)}"))`).memories[0]?.limits).toEqual({ min: 2, max: 2 })
  })
})

describe('errors', () => {
  test('show their place', () => {
    const error = errorOf('(module\n  (func (i32.foo)))')
    expect(error.kind).toBe('malformed')
    expect(error.place).toMatchObject({ line: 2, column: 10 })
    expect(error.message).toBe(
      [
        'unknown operator i32.foo',
        '  --> test.wat:2:10',
        '   |',
        ' 2 |   (func (i32.foo)))',
        '   |          ^^^^^^^',
      ].join('\n'),
    )
  })

  test.each([
    ['unknown operator get_local', '(func (get_local 0))'],
    ['unknown operator fun', '(fun)'],
    ['unknown operator anyfunc', '(table 1 anyfunc)'],
    ['unknown operator 0x', '(func (i32.const 0x))'],
    ['unknown operator @a', '( @a)'],
    ['unexpected token', '(func (func))'],
    ['unexpected token', '(param i32)'],
    ['unexpected token', '(func (param i64.add128))'],
    ['unexpected token', '(func (i32.const))'],
    ['unexpected token', '(func "x")'],
    ['unexpected token', '(export "x")'],
    ['unexpected token', '(memory)'],
    ['unexpected token', 'func'],
    ['i32 constant out of range', '(func (call 4294967296))'],
  ])('%s: %s', (reason, text) => {
    expect(errorOf(text)).toMatchObject({ kind: 'malformed', reason })
  })
})

test('the host runs what was parsed', async () => {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: HostWebAssembly }
  const bytes = encodeModule(
    parseModule(`
      (module
        (import "env" "add" (func $add (param i32 i32) (result i32)))
        (memory (data "\\2a"))
        (table funcref (elem $twice))
        (global $base (mut i32) (i32.const 0))
        (start $init)
        (func $init (global.set $base (i32.load8_u (i32.const 0))))
        (func $twice (param $x i32) (result i32) (call $add (local.get $x) (local.get $x)))
        (func (export "run") (param $n i32) (result i32)
          (local $sum i32)
          (block $done
            (loop $next
              (br_if $done (i32.eqz (local.get $n)))
              (local.set $sum (i32.add (local.get $sum) (call_indirect (param i32) (result i32) (local.get $n) (i32.const 0))))
              (local.set $n (i32.sub (local.get $n) (i32.const 1)))
              (br $next)))
          (if (result i32) (local.get $sum)
            (then (i32.add (local.get $sum) (global.get $base)))
            (else (i32.const -1)))))`),
  )
  const { instance } = await WebAssembly.instantiate(bytes, {
    env: { add: (a: number, b: number) => a + b },
  })
  const run = instance.exports['run']!
  expect([run(4), run(0)]).toEqual([62, -1])
})
