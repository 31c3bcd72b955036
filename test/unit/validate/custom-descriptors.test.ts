// The rules that custom-descriptors adds, and those that it changes, which are as they were while it is off.

import { describe, expect, it } from 'vitest'
import { Engine } from '../../../src/embed/engine.ts'
import { ModuleError } from '../../../src/errors/module-error.ts'
import { exactly, refType } from '../../../src/syntax/types.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { CLOSED, ModuleTypes } from '../../../src/validate/canonical-types.ts'
import { matchesValType } from '../../../src/validate/matching.ts'

const on = new Engine({ features: { 'custom-descriptors': true } })
const off = new Engine()

function outcome(engine: Engine, text: string): string {
  try {
    engine.compile(parseModule(text))
    return 'valid'
  } catch (error) {
    if (error instanceof ModuleError) return `${error.kind}: ${error.reason}`
    throw error
  }
}

const PAIR = '(rec (type $a (descriptor $b) (struct)) (type $b (describes $a) (struct)))'

describe('while the proposal is off', () => {
  it.each([
    ['a type with a descriptor', PAIR],
    ['an exact type', '(type (struct)) (func (param (ref (exact 0))))'],
    ['an exact type in a cast', '(type (struct)) (func (drop (ref.test (ref (exact 0)) (ref.null any))))'],
    ['an exact null', '(type (struct)) (func (drop (ref.null (exact 0))))'],
    ['an exact import', '(import "" "" (func (exact)))'],
  ])('%s needs it', (_, text) => {
    expect(outcome(off, text)).toMatch(/^unsupported: .* needs the proposal "custom-descriptors"/)
    expect(outcome(on, text)).toBe('valid')
  })

  it.each([
    ['br_on_cast', '(br_on_cast 0 eqref anyref (unreachable))'],
    ['br_on_cast', '(br_on_cast 0 structref arrayref (unreachable))'],
    ['br_on_cast_fail', '(br_on_cast_fail 0 eqref anyref (unreachable))'],
  ])('%s casts to subtypes alone: %s', (_, body) => {
    const text = `(func (result anyref) ${body})`
    expect(outcome(off, text)).toMatch(/^invalid: type mismatch/)
    expect(outcome(on, text)).toBe('valid')
  })

  it('casts never leave their hierarchy', () => {
    const text = '(func (result anyref) (br_on_cast 0 anyref funcref (unreachable)))'
    for (const engine of [on, off]) expect(outcome(engine, text)).toMatch(/^invalid: type mismatch/)
  })
})

describe('exactness', () => {
  const types = `
    (type $super (sub (struct)))
    (type $sub (sub $super (struct)))`
  const passes = (from: string, to: string): string =>
    outcome(on, `${types} (func (param ${from}) (result ${to}) (local.get 0))`)

  it.each([
    ['(ref (exact $super))', '(ref $super)'],
    ['(ref (exact $sub))', '(ref $super)'],
    ['(ref (exact $sub))', '(ref null (exact $sub))'],
    ['(ref (exact $sub))', 'structref'],
    ['nullref', '(ref null (exact $sub))'],
  ])('lets %s be %s', (from, to) => {
    expect(passes(from, to)).toBe('valid')
  })

  it.each([
    ['(ref $super)', '(ref (exact $super))'],
    ['(ref $sub)', '(ref (exact $super))'],
    ['(ref (exact $sub))', '(ref (exact $super))'],
    ['(ref null (exact $sub))', '(ref (exact $sub))'],
    ['(ref struct)', '(ref (exact $sub))'],
    ['nullfuncref', '(ref null (exact $sub))'],
  ])('does not let %s be %s', (from, to) => {
    expect(passes(from, to)).toMatch(/^invalid: type mismatch/)
  })

  it('is part of what an imported function is only where the import says so', () => {
    const use = (type: string): string =>
      outcome(on, `(type $f (func)) (import "" "" (func $g ${type})) (global (ref (exact $f)) (ref.func $g))`)
    expect(use('(exact (type $f))')).toBe('valid')
    expect(use('(type $f)')).toMatch(/^invalid: type mismatch/)
  })

  it('refers to a type that exists', () => {
    expect(outcome(on, '(func (param (ref (exact 7))))')).toBe('invalid: unknown type 7')
    expect(outcome(on, '(func (drop (ref.null (exact 7))))')).toBe('invalid: unknown type 7')
  })
})

describe('descriptors', () => {
  it.each([
    ['described type is outside rec group', '(type (describes 4000000000) (struct))'],
    ['descriptor type is outside rec group', '(type (descriptor 4000000000) (struct))'],
    ['descriptor type is outside rec group', `${PAIR} (rec (type (descriptor $b) (struct)))`],
    [
      'type is not described by its descriptor',
      '(rec (type (descriptor 2) (struct)) (type (descriptor 2) (struct)) (type (describes 1) (struct)))',
    ],
    [
      'described type must be a struct',
      '(rec (type (descriptor 1) (struct)) (type (describes 0) (cont 2)) (type (func)))',
    ],
    [
      'sub type 2 does not match super type 0',
      `(rec (type $s (sub (descriptor $d) (struct))) (type $d (describes $s) (struct))) (type (sub $s (struct)))`,
    ],
  ])('are refused: %s', (reason, text) => {
    expect(outcome(on, text).startsWith(`invalid: ${reason}`)).toBe(true)
  })

  it('may be a hundred thousand, each describing the one before it', () => {
    const count = 100_000
    const types = Array.from({ length: count }, (_, i) => {
      const describes = i === 0 ? '' : `(describes ${i - 1})`
      return `(type ${describes} ${i === count - 1 ? '' : `(descriptor ${i + 1})`} (struct))`
    })
    const text = `(rec ${types.join('')}) (func (param (ref (exact 5))) (result (ref 5)) (local.get 0))`
    expect(outcome(on, text)).toBe('valid')
  })

  it('are part of what a type is', () => {
    const module = parseModule(`
      (rec (type (descriptor 1) (struct)) (type (describes 0) (struct)))
      (rec (type (descriptor 3) (struct)) (type (describes 2) (struct)))
      (rec (type (struct)) (type (struct)))
      (rec (type (descriptor 8) (struct)) (type (struct)) (type (describes 6) (struct)))
      (rec (type (descriptor 10) (struct)) (type (describes 9) (struct)) (type (struct)))`)
    const types = new ModuleTypes(module)
    expect(types.canonical(2)).toBe(types.canonical(0))
    expect(types.canonical(3)).toBe(types.canonical(1))
    expect(types.canonical(4)).not.toBe(types.canonical(0))
    expect(types.canonical(6)).not.toBe(types.canonical(9))
  })

  it('and exactness mean the same outside of their module', () => {
    const types = new ModuleTypes(parseModule('(type (func)) (type (struct)) (type (struct (field (ref (exact 1)))))'))
    const other = new ModuleTypes(
      parseModule('(type (struct)) (type (struct (field (ref (exact 0))))) (type (struct (field (ref 0))))'),
    )
    const exact = types.close(refType(false, exactly(1)))
    expect(other.close(refType(false, exactly(0)))).toBe(exact)
    expect(matchesValType(exact, other.close(refType(false, 0)), CLOSED)).toBe(true)
    expect(matchesValType(other.close(refType(false, 0)), exact, CLOSED)).toBe(false)
    expect(other.canonical(1)).toBe(types.canonical(2))
    expect(other.canonical(2)).not.toBe(types.canonical(2))
    expect(types.canonical(exactly(2))).toBe(types.canonical(2))
  })
})
