// Tags and try_table in text and in binary: every form is read, written, printed flat and folded, and dumped.

import { describe, expect, it } from 'vitest'
import { decodeModule } from '../../../src/binary/decode-module.ts'
import { encodeModule } from '../../../src/binary/encode-module.ts'
import { objdump } from '../../../src/debug/objdump/objdump.ts'
import type { Module } from '../../../src/syntax/module.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { printModule } from '../../../src/text/print-module.ts'
import { validateModule } from '../../../src/validate/module.ts'

const TEXT = `(module
  (type $t (func (param i32)))
  (import "m" "e" (tag $imported (type $t)))
  (tag $inline (export "x") (export "y") (import "m" "f") (param $named i32) (param i64))
  (tag $own (param i32))
  (tag (type $t) (param i32))
  (export "own" (tag $own))
  (func $f (param exnref) (result i32)
    (block $a (result i32 exnref)
      (try_table $b (result i32) (catch_ref $own $a) (catch_all $c) (catch_all_ref 0) (catch $imported 1)
        (throw $own (i32.const 1)))
      (return))
    (drop)))`

/** Labels that there are, for the module above. */
const VALID = TEXT.replace(
  '(catch_all $c) (catch_all_ref 0) (catch $imported 1)',
  '(catch_ref 0 0) (catch $imported 1)',
)

const fromText = (text: string): Module => parseModule(text)

describe('tags and clauses', () => {
  const module = fromText(VALID)

  it('are what the text says', () => {
    expect(module.imports.map(({ type }) => type)).toMatchObject([{ kind: 'tag', typeIdx: 0 }, { kind: 'tag' }])
    expect(module.tags).toEqual([{ typeIdx: 0 }, { typeIdx: 0 }])
    expect(module.exports).toEqual([
      { name: 'x', kind: 'tag', index: 1 },
      { name: 'y', kind: 'tag', index: 1 },
      { name: 'own', kind: 'tag', index: 2 },
    ])
    expect(module.names?.tags).toEqual(
      new Map([
        [0, 'imported'],
        [1, 'inline'],
        [2, 'own'],
      ]),
    )
    expect(() => validateModule(module)).not.toThrow()
  })

  it.each([false, true])('come back from their printed text (folded: %s)', (folded) => {
    const bytes = encodeModule(module)
    const printed = printModule(module, { folded })
    expect(encodeModule(parseModule(printed))).toEqual(bytes)
    expect(printed).toContain('(catch_ref $own $a) (catch_ref $imported $a) (catch $imported 1 (;@0;))')
    expect(encodeModule(parseModule(printModule(decodeModule(bytes), { folded })))).toEqual(bytes)
  })

  it('are dumped with their names', () => {
    const dump = objdump(encodeModule(module, { names: true }), 'module.wasm', { disassemble: true })
    expect(dump).toContain('try_table i32 (catch_ref 2 <own> 0) (catch_ref 0 <imported> 0) (catch 0 <imported> 1)')
    expect(dump).toContain('throw 2 <own>')
  })

  it('see the labels outside of their block', () => {
    expect(() => fromText(TEXT)).toThrow('unknown label $c')
    expect(() => fromText('(module (func (try_table $l (catch_all $l))))')).toThrow('unknown label $l')
  })

  it('stand in the text where they belong', () => {
    expect(() => fromText('(module (tag $e) (func (try_table (result i32) (catch $e 0) (param i32))))')).toThrow(
      'unexpected token',
    )
    expect(() => fromText('(module (func catch_all_ref))')).toThrow('unexpected token')
    expect(() => fromText('(module (tag) (import "" "" (func)))')).toThrow('import after tag')
  })

  it('have codes of their own in binary', () => {
    const bytes = encodeModule(fromText('(module (func (try_table (catch_all 0))))'))
    const at = bytes.indexOf(0x1f)
    expect([...bytes.subarray(at, at + 5)]).toEqual([0x1f, 0x40, 1, 2, 0])
    bytes[at + 3] = 4
    expect(() => decodeModule(bytes)).toThrow('malformed catch clause')
    bytes[at + 2] = 0x7f
    expect(() => decodeModule(bytes)).toThrow('unexpected end')
  })

  it('are checked against what there is', () => {
    const check = (text: string) => () => validateModule(fromText(`(module (tag (param i32)) ${text})`))
    expect(check('(func (try_table (catch 1 0)))')).toThrow('unknown tag 1')
    expect(check('(func (try_table (catch_all 1)))')).toThrow('unknown label 1')
    expect(check('(func (try_table (catch 0 0)))')).toThrow('type mismatch: expected [] but found [i32]')
    expect(check('(func (throw 3))')).toThrow('unknown tag 3')
    expect(check('(export "e" (tag 1))')).toThrow('unknown tag 1')
  })
})
