// Definitions of types in text: recursion groups, subtypes, structs, arrays and typed references, read and written.

import { describe, expect, it, test } from 'vitest'
import { decodeModule } from '../../../src/binary/decode-module.ts'
import { decodeNames } from '../../../src/binary/decode-names.ts'
import { encodeModule } from '../../../src/binary/encode-module.ts'
import { ModuleError } from '../../../src/errors/module-error.ts'
import type { Module } from '../../../src/syntax/module.ts'
import { ANY, EXN, FUNC, FUNCTION, I16, I32, I64, I8, NONE, STRUCT, refType } from '../../../src/syntax/types.ts'
import type { CompType, FieldType, ValType } from '../../../src/syntax/types.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { printModule } from '../../../src/text/print-module.ts'
import { codeText, comparable } from './comparable-module.ts'

const field = (type: ValType, mutable = false): FieldType => ({ type, mutable })
const struct = (...fields: readonly FieldType[]): CompType => ({ kind: 'struct', fields })
const func = (params: readonly ValType[] = [], results: readonly ValType[] = []): CompType => {
  return { kind: 'func', params, results }
}

function errorOf(text: string): ModuleError {
  try {
    parseModule(text)
  } catch (error) {
    if (error instanceof ModuleError) return error
    throw error
  }
  throw new Error('accepted')
}

/** The module without its names. */
function meaning(text: string): Omit<ReturnType<typeof comparable>, 'names'> {
  const { names: _, ...rest } = comparable(parseModule(text))
  return rest
}

describe('a type in text', () => {
  it('is a function, a struct, an array or a continuation', () => {
    const { types } = parseModule(`
      (type (func (param i32) (result i64)))
      (type (struct))
      (type (struct (field i8) (field (mut i16) (mut i32)) (field) (field $x i64) (field (ref 0))))
      (type (array (mut i8)))
      (type (array anyref))
      (type (cont 0))`)
    expect(types).toEqual([
      func([I32], [I64]),
      struct(),
      struct(field(I8), field(I16, true), field(I32, true), field(I64), field(refType(false, 0))),
      { kind: 'array', elem: field(I8, true) },
      { kind: 'array', elem: field(refType(true, ANY)) },
      { kind: 'cont', typeIdx: 0 },
    ])
  })

  it('says what it is a subtype of only where the text says it', () => {
    const { subtypes } = parseModule(`
      (type $a (sub (struct)))
      (type (sub $a (struct (field i32))))
      (type (sub final 0 (struct)))
      (type (sub final (func)))
      (type (struct))
      (type (sub 0 1 2 (struct)))`)
    expect([...subtypes]).toEqual([
      [0, { final: false, supertypes: [] }],
      [1, { final: false, supertypes: [0] }],
      [2, { final: true, supertypes: [0] }],
      [3, { final: true, supertypes: [] }],
      [5, { final: false, supertypes: [0, 1, 2] }],
    ])
  })

  it('is in a group where the text spells one, though it be empty or of one', () => {
    const { types, recGroups } = parseModule(
      '(rec) (type (func)) (rec (type (func))) (rec (type (func)) (type (func))) (rec)',
    )
    expect(types).toHaveLength(4)
    expect(recGroups).toEqual([
      { start: 0, count: 0 },
      { start: 1, count: 1 },
      { start: 2, count: 2 },
      { start: 4, count: 0 },
    ])
  })

  it('may be named before it is defined, by its group and by everything else', () => {
    const text = `
      (func $f (param (ref $tree)) (unreachable))
      (rec
        (type $tree (struct (field $left (ref null $tree)) (field $next (ref $list))))
        (type $list (array (ref $tree))))
      (type $sub (sub $tree (struct)))`
    expect(parseModule(text).types.slice(0, 2)).toEqual([
      struct(field(refType(true, 0)), field(refType(false, 1))),
      { kind: 'array', elem: field(refType(false, 0)) },
    ])
    expect(parseModule(text).subtypes.get(2)).toEqual({ final: false, supertypes: [0] })
  })

  it('has fields with names of their own', () => {
    const { names } = parseModule(`
      (type $p (struct (field $x i32) (field i32) (field $y i32)))
      (type (struct (field i32)))
      (type (struct (field $x i32)))`)
    expect(names?.fields).toEqual(new Map([[0, new Map([[0, 'x'], [2, 'y']])], [2, new Map([[0, 'x']])]])) // prettier-ignore
  })

  test.each([
    ['duplicate field $x', '(type (struct (field $x i32) (field $x i32)))'],
    ['duplicate type $t', '(rec (type $t (func)) (type $t (func)))'],
    ['unknown type $t', '(type (struct (field (ref $t))))'],
    ['unknown type $t', '(type (sub $t (struct)))'],
    ['unknown field $y', '(type $t (struct (field $x i32))) (func (drop (struct.get $t $y (unreachable))))'],
    ['unknown field $x', '(type $t (struct (field i32))) (func (drop (struct.get $t $x (unreachable))))'],
    ['unexpected token', '(type (struct (field $x i32 i32)))'],
    ['unexpected token', '(type (struct (field i32 $x i32)))'],
    ['unexpected token', '(type (struct i32))'],
    ['unexpected token', '(type (array))'],
    ['unexpected token', '(type (array i32 i32))'],
    ['unexpected token', '(type (array (field i32)))'],
    ['unexpected token', '(type (sub))'],
    ['unexpected token', '(type (sub (sub (struct))))'],
    ['unexpected token', '(type (sub (struct) final))'],
    ['unexpected token', '(type (sub $t final (struct))) (type $t (struct))'],
    ['unexpected token', '(type (rec))'],
    ['unexpected token', '(rec (func))'],
    ['unexpected token', '(rec (rec))'],
    ['unexpected token', '(rec $g (type (func)))'],
    ['unexpected token', '(type (func) (func))'],
    ['unexpected token', '(type)'],
    ['unexpected token', '(func (param i8))'],
    ['unexpected token', '(func (param (ref)))'],
    ['unexpected token', '(func (param (ref null)))'],
    ['unexpected token', '(func (param (ref i32)))'],
    ['unexpected token', '(func (param (ref null null)))'],
    ['unknown operator structure', '(type (structure))'],
    ['unknown operator any_ref', '(func (param any_ref))'],
  ])('is malformed, with the words %s: %s', (reason, text) => {
    expect(errorOf(text)).toMatchObject({ kind: 'malformed', reason })
  })
})

describe('a reference type in text', () => {
  test.each([
    ['anyref', '(ref null any)'],
    ['eqref', '(ref null eq)'],
    ['i31ref', '(ref null i31)'],
    ['structref', '(ref null struct)'],
    ['arrayref', '(ref null array)'],
    ['exnref', '(ref null exn)'],
    ['contref', '(ref null cont)'],
    ['nullref', '(ref null none)'],
    ['nullfuncref', '(ref null nofunc)'],
    ['nullexternref', '(ref null noextern)'],
    ['nullexnref', '(ref null noexn)'],
    ['nullcontref', '(ref null nocont)'],
  ])('%s abbreviates %s, and is what is printed', (short, long) => {
    const module = parseModule(`(func (param ${long}))`)
    expect(comparable(parseModule(`(func (param ${short}))`))).toEqual(comparable(module))
    expect(printModule(module)).toContain(`(param ${short})`)
    expect(parseModule(`(func (param ${long.replace('null ', '')}))`).types[0]).not.toEqual(module.types[0])
  })

  it('stands wherever a value type may', () => {
    const text = `
      (type $t (func))
      (import "m" "g" (global $g (ref null $t)))
      (table $tab 1 2 (ref null $t))
      (global (mut (ref null $t)) (ref.null $t))
      (func $f (param $p (ref $t)) (param (ref func) (ref null struct)) (result (ref $t))
        (local $l (ref $t)) (local (ref exn) (ref none))
        (block (result (ref $t)) (loop (param (ref $t)) (result (ref $t) i32)))
        (drop (select (result (ref null $t)) (ref.null $t) (ref.null $t) (i32.const 0))))`
    const module = parseModule(text)
    expect(module.types.slice(1)).toEqual([
      func([refType(false, 0), FUNCTION, refType(true, STRUCT)], [refType(false, 0)]),
      func([refType(false, 0)], [refType(false, 0), I32]),
    ])
    // The locals are three runs; the codes 64 and 63 stand before a heap type.
    expect(codeText(module.funcs[0]!.code)).toMatch(/^0301640001646901647102640003020b0b/)
    expect(module.globals[0]?.type).toEqual({ type: refType(true, 0), mutable: true })
  })

  it('of an index that no module can have is unknown, not another type', () => {
    const { types } = parseModule('(func (param (ref 4294967295)))')
    expect(types).toEqual([func([refType(false, 2 ** 27 - 1)])])
    expect(errorOf('(func (param (ref 4294967296)))').reason).toBe('i32 constant out of range')
    const block = parseModule('(func (block (type 4294967295)))').funcs[0]!
    expect(() => encodeModule(parseModule('(func (block (type 4294967295)))'))).not.toThrow()
    expect(codeText(block.code)).toMatch(/^0002ffffff/)
  })
})

describe('a type use', () => {
  const typeIdxOf = (text: string): number | undefined => parseModule(text).funcs[0]?.typeIdx

  it('finds a type that is final, has no supertypes and is alone in its group, however that is spelled', () => {
    expect(typeIdxOf('(type (func)) (func)')).toBe(0)
    expect(typeIdxOf('(rec (type (func))) (func)')).toBe(0)
    expect(typeIdxOf('(type (sub final (func))) (func)')).toBe(0)
    expect(typeIdxOf('(rec (type (sub final (func)))) (func)')).toBe(0)
  })

  it('defines a type where there are others only', () => {
    expect(typeIdxOf('(type (sub (func))) (func)')).toBe(1)
    expect(typeIdxOf('(rec (type (func)) (type (func))) (func)')).toBe(2)
    expect(typeIdxOf('(type $s (sub (func))) (type (sub final $s (func))) (func)')).toBe(2)
    expect(typeIdxOf('(type (struct)) (rec) (func)')).toBe(1)
  })

  it('tells references to different types apart', () => {
    const { types, funcs } = parseModule(
      '(type $a (func)) (type $b (struct)) (func (param (ref $a))) (func (param (ref $b)))',
    )
    expect(funcs.map(({ typeIdx }) => typeIdx)).toEqual([2, 3])
    expect(types.slice(2)).toEqual([func([refType(false, 0)]), func([refType(false, 1)])])
  })

  it('may repeat a type of any kind of definition, and must not differ from it', () => {
    const definitions = '(rec (type $f (sub (func (param (ref $s))))) (type $s (struct)))'
    expect(typeIdxOf(`${definitions} (func (type $f) (param (ref $s)))`)).toBe(0)
    expect(errorOf(`${definitions} (func (type $f) (param (ref null $s)))`).reason).toMatch(/^inline function type/)
    expect(errorOf(`${definitions} (func (type $s) (param i32))`).reason).toMatch(/^inline function type/)
  })
})

describe('a table in text', () => {
  it('may have an initial value, folded or not', () => {
    const folded = parseModule('(table 1 (ref func) (ref.func $f)) (func $f)')
    expect(codeText(folded.tables[0]!.init!)).toBe('d2000b')
    expect(meaning('(table 1 (ref func) ref.func $f) (func $f)')).toEqual(
      meaning('(table 1 (ref func) (ref.func $f)) (func $f)'),
    )
    expect(parseModule('(table 1 funcref)').tables[0]).not.toHaveProperty('init')
  })

  it('lends its type to the functions inside of it, where they must have it', () => {
    expect(meaning('(type $t (func)) (table (ref null $t) (elem $f $f)) (func $f)')).toEqual(
      meaning(`(type $t (func)) (table 2 2 (ref null $t)) (func $f)
        (elem (i32.const 0) (ref null $t) (ref.func $f) (ref.func $f))`),
    )
    expect(meaning('(table (ref func) (elem $f)) (func $f)')).toEqual(
      meaning('(table 1 1 (ref func)) (elem (i32.const 0) func $f) (func $f)'),
    )
  })
})

describe('an element segment in text', () => {
  it('of functions by index has functions that are there, and other types where they are spelled', () => {
    const { elems } = parseModule(`
      (type $t (func)) (func $f)
      (elem func $f)
      (elem (ref func) (ref.func $f))
      (elem declare (ref $t) (item ref.func $f))
      (elem (i32.const 0) (ref null $t) (ref.null $t))
      (elem (ref null func))`)
    expect(elems.map(({ type, mode }) => [type, mode.kind])).toEqual([
      [FUNCTION, 'passive'],
      [FUNCTION, 'passive'],
      [refType(false, 0), 'declarative'],
      [refType(true, 0), 'active'],
      [refType(true, FUNC), 'passive'],
    ])
    expect(elems[3]?.mode).toMatchObject({ explicit: true })
  })
})

const everyType = `(module
  (type $void (;0;) (func))
  (rec
  )
  (rec
    (type $tree (;1;) (sub (struct (field $left (mut (ref null $tree))) (field i8) (field $kids (ref $trees)))))
    (type $trees (;2;) (array (mut (ref null $tree))))
    (type (;3;) (sub final $tree (struct (field (mut (ref null $tree))) (field i8) (field (ref none)))))
  )
  (rec
    (type $visit (;4;) (func (param (ref $tree) structref) (result exnref)))
  )
  (type $k (;5;) (cont $void))
  (type (;6;) (sub final (array i16)))
  (rec
  )
  (import "m" "t" (table (;0;) 1 (ref null $visit)))
  (table $all (;1;) 1 (ref $void) (ref.func $f))
  (global (;0;) (mut (ref null $tree)) (ref.null $tree))
  (elem (;0;) declare (ref $void) (ref.func $f))
  (func $f (;0;) (type $void)
    (local $x (ref null $tree)) (local (ref $trees))
    block (type $visit) (param (ref $tree) structref) (result exnref) ;; label = @1
      unreachable
    end
    block (result (ref null $k)) ;; label = @1
      unreachable
    end
    select (result (ref $tree))
    ref.null $k
  )
)
`

describe('a printed module', () => {
  it('spells its types as the module does, with the names of types and fields', () => {
    expect(printModule(parseModule(everyType))).toBe(everyType)
  })

  it('without names has indices', () => {
    const text = printModule(parseModule(everyType), { names: {} })
    expect(text).toContain(
      '(type (;3;) (sub final 1 (struct (field (mut (ref null 1))) (field i8) (field (ref none)))))',
    )
    expect(text).toContain('(local (ref null 1) (ref 2))')
    expect(meaning(text)).toEqual(meaning(everyType))
  })

  it('tells fields of one name apart, and keeps the name', () => {
    const { types } = parseModule('(type (struct (field i32 i32 i32)))')
    const fields = new Map([[0, new Map([[0, 'x'], [1, 'x'], [2, '']])]]) // prettier-ignore
    const text = printModule({ ...parseModule(''), types }, { names: { fields } })
    expect(text).toContain('(struct (field $x i32) (field $x#1 (@name "x") i32) (field (@name "") i32))')
    expect(parseModule(text).names).toEqual({ fields })
  })
})

const everyUse = `
  (type $p (struct (field $x (mut i32)) (field $y i8)))
  (type $a (array (mut i8)))
  (type $b (array (mut funcref)))
  (type $f (func (param i32) (result i32)))
  (data $d "") (elem $e funcref)
  (func $all (param $r (ref null $p)) (param $v (ref null $a)) (param $w (ref null $b)) (param $g (ref null $f)) (param $any anyref)
    (drop (struct.new $p (i32.const 1) (i32.const 2)))
    (drop (struct.new_default $p))
    (drop (struct.get $p $x (local.get $r)))
    (drop (struct.get_s $p $y (local.get $r)))
    (drop (struct.get_u $p 1 (local.get $r)))
    (struct.set $p $x (local.get $r) (i32.const 3))
    (drop (array.new $a (i32.const 1) (i32.const 2)))
    (drop (array.new_default $a (i32.const 2)))
    (drop (array.new_fixed $a 2 (i32.const 1) (i32.const 2)))
    (drop (array.new_data $a $d (i32.const 0) (i32.const 0)))
    (drop (array.new_elem $b $e (i32.const 0) (i32.const 0)))
    (drop (array.get $b (local.get $w) (i32.const 0)))
    (drop (array.get_s $a (local.get $v) (i32.const 0)))
    (array.set $a (local.get $v) (i32.const 0) (i32.const 1))
    (drop (array.len (local.get $v)))
    (array.fill $a (local.get $v) (i32.const 0) (i32.const 1) (i32.const 2))
    (array.copy $a 1 (local.get $v) (i32.const 0) (local.get $v) (i32.const 1) (i32.const 2))
    (array.init_data $a $d (local.get $v) (i32.const 0) (i32.const 0) (i32.const 0))
    (array.init_elem $b $e (local.get $w) (i32.const 0) (i32.const 0) (i32.const 0))
    (drop (ref.test (ref $p) (local.get $any)))
    (drop (ref.test (ref null $p) (local.get $any)))
    (drop (ref.cast (ref i31) (local.get $any)))
    (drop (ref.cast nullref (local.get $any)))
    (drop (block $l (result (ref null $p))
      (drop (br_on_cast $l anyref (ref null $p) (local.get $any)))
      (drop (br_on_cast_fail 0 (ref null any) (ref i31) (local.get $any)))
      (unreachable)))
    (drop (ref.eq (ref.i31 (i32.const 1)) (local.get $r)))
    (drop (i31.get_s (ref.null i31)))
    (drop (any.convert_extern (extern.convert_any (local.get $any))))
    (drop (call_ref $f (i32.const 1) (local.get $g)))
    (drop (ref.as_non_null (local.get $g)))
    (drop (block $n (result (ref $f)) (br_on_non_null $n (local.get $g)) (unreachable)))
    (block $n (drop (br_on_null $n (local.get $g)))))
  (func (result i32) (return_call_ref $f (i32.const 1) (ref.null $f)))`

describe('instructions on typed references and objects', () => {
  const module = parseModule(everyUse)
  const bytes = encodeModule(module, { names: true })
  const print = (source: Module, folded: boolean): string => printModule(source, { folded, names: decodeNames(source) })

  it.each([false, true])('are printed with the names of types, fields and labels (folded: %s)', (folded) => {
    const text = print(decodeModule(bytes), folded)
    expect(text).toContain('struct.get $p $x')
    expect(text).toContain('struct.get_u $p $y')
    expect(text).toContain('array.copy $a $a')
    expect(text).toContain('array.new_fixed $a 2')
    expect(text).toContain('array.new_elem $b $e')
    expect(text).toContain('ref.test (ref null $p)')
    expect(text).toContain('br_on_cast $l anyref (ref null $p)')
    expect(text).toContain('br_on_cast_fail $l anyref (ref i31)')
    expect(text).toContain('ref.cast nullref')
    expect(text).toContain('return_call_ref $f')
  })

  it.each([false, true])('parse back to the same bytes (folded: %s)', (folded) => {
    expect(encodeModule(parseModule(print(decodeModule(bytes), folded)), { names: true })).toEqual(bytes)
    expect(comparable(parseModule(printModule(module, { folded })))).toEqual(comparable(module))
  })

  it('fold into each other wherever they were folded', () => {
    const text = print(module, true)
    expect(text).toMatch(/\(struct\.set \$p \$x\s+\(local\.get \$r\)\s+\(i32\.const 3\)\)/)
    expect(text.match(/^ {4}\(/gm)).toHaveLength(everyUse.match(/^ {4}\(/gm)!.length + 1)
  })
})

it('the names of fields and tags go through the name section', () => {
  const source = parseModule('(type $p (struct (field $x i32) (field i32) (field $y i32))) (import "m" "t" (tag $t))')
  const names = decodeNames(decodeModule(encodeModule(source, { names: true })))
  expect(names).toEqual({ ...source.names })
  expect(names.tags).toEqual(new Map([[0, 't']]))
  expect(names.fields).toEqual(new Map([[0, new Map([[0, 'x'], [2, 'y']])]])) // prettier-ignore
})

it('heap types that are abstract have the codes of the binary format', () => {
  const codes = (text: string): string => codeText(parseModule(`(func (drop (ref.null ${text})))`).funcs[0]!.code)
  expect([codes('any'), codes('none'), codes('exn')]).toEqual(
    [ANY, NONE, EXN].map((heap) => `00d0${(heap & 0x7f).toString(16)}1a0b`),
  )
})
