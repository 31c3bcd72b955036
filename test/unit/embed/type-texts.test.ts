// The types of imports and exports as embedders see them: typed references are spelled out, for the indices of a module and the ids of
// canonical types mean nothing outside of it.

import { expect, it } from 'vitest'
import { Engine } from '../../../src/embed/engine.ts'
import { parseModule } from '../../../src/text/parse-module.ts'

const module = new Engine().compile(
  parseModule(`
    (rec
      (type $node (struct (field (ref null $node)) (field (mut (ref $list))) (field i8)))
      (type $list (sub (array (mut i16)))))
    (type $f (func (param i32 (ref $node)) (result (ref null $f))))
    (type $plain (func))
    (import "m" "f" (func (param (ref $node) anyref) (result (ref null $plain))))
    (import "m" "t" (table 1 (ref null $list)))
    (import "m" "g" (global (mut (ref null $f))))
    (import "m" "h" (global (ref i31)))
    (export "g" (global 0))`),
)

it('references to types say what the types are, and those inside of them of which kind', () => {
  expect(module.imports.map(({ type }) => type)).toEqual([
    '[(ref (struct (ref null struct) (mut (ref array)) i8)) anyref] -> [(ref null (func))]',
    '1 (ref null (array (mut i16)))',
    'mut (ref null (func (param i32 (ref struct)) (result (ref null func))))',
    '(ref i31)',
  ])
  expect(module.exports[0]?.type).toBe('mut (ref null (func (param i32 (ref struct)) (result (ref null func))))')
})

it('what does not match is told by the same spelling', () => {
  const other = new Engine().compile(
    parseModule('(type $s (struct)) (global (export "h") (ref null $s) (ref.null $s))'),
  )
  const needs = new Engine().compile(
    parseModule('(type $s (struct (field i8))) (import "m" "h" (global (ref null $s)))'),
  )
  expect(() => needs.instantiateSync({ m: { ...other.instantiateSync().exports } as never })).toThrow(
    'expected global (ref null (struct i8)), got global (ref null (struct))',
  )
})
