// Proposals switched off: a module that needs one is refused with its name, and what our features say is what the host's say.

import { describe, expect, it } from 'vitest'
import { Engine, FEATURE_NAMES, UsageError, type Features } from '../../src/index.ts'
import { PROPOSALS } from '../../src/instructions/proposals.ts'
import { parseModule } from '../../src/text/parse-module.ts'
import { requiredProposals } from '../../src/validate/proposals.ts'
import { bytesOf, everySection, moduleOf, moduleOfBody, section, u32, vector } from '../unit/binary/module-bytes.ts'
import { decodeModule } from '../../src/binary/decode-module.ts'
import { HOST_FEATURES, HOST_OPTIONS, PROBES } from './host-features.ts'
import { generateModule } from './generate-module.ts'

const required = (text: string): string[] =>
  [...requiredProposals(parseModule(text)).keys()].filter((name) => name !== 'mvp')
const requiredByBytes = (bytes: Uint8Array): string[] =>
  [...requiredProposals(decodeModule(bytes)).keys()].filter((name) => name !== 'mvp')

describe('a proposal', () => {
  it.each(FEATURE_NAMES)('%s has a probe that needs it and no other', (name) => {
    expect(required(PROBES[name]!)).toEqual([name])
  })

  it.each(FEATURE_NAMES)('%s is refused by its name where it is off, and only then', (name) => {
    const module = parseModule(PROBES[name]!)
    const error = new Engine({ features: { [name]: false } }).check(module)
    expect(error?.kind).toBe('unsupported')
    expect(error?.place.proposal).toBe(name)
    expect(error?.message).toContain(`enable it with features: { '${name}': true }`)
    const alone = Object.fromEntries(FEATURE_NAMES.map((other) => [other, other === name]))
    expect(new Engine({ features: alone }).check(module)).toBeUndefined()
    expect(new Engine({ features: { [name]: true } }).check(module)).toBeUndefined()
  })

  it('of another name is a UsageError that lists all', () => {
    for (const name of ['simd128', 'mvp', '__proto__', 'exceptions']) {
      const features = JSON.parse(`{ ${JSON.stringify(name)}: true }`) as Features
      expect(() => new Engine({ features })).toThrow(UsageError)
    }
    expect(() => new Engine({ features: { nothing: false } })).toThrow('reference-types')
  })

  it('is on where nothing is said, if it is finished', () => {
    const off = PROPOSALS.filter(({ on }) => !on).map(({ name }) => name)
    for (const name of FEATURE_NAMES.filter((each) => !off.includes(each))) {
      expect(new Engine().check(parseModule(PROBES[name]!))).toBeUndefined()
    }
  })

  it('is told with its place', () => {
    const text = '(module (func) (func $f (drop (i32.extend8_s (i32.const 0)))))'
    const error = new Engine({ features: { 'sign-extension-ops': false } }).check(parseModule(text))
    expect(error?.place).toMatchObject({ within: '$f', instruction: 'i32.extend8_s' })
  })
})

describe('what needs', () => {
  it.each<[string, string, readonly string[]]>([
    ['a 64-bit memory', '(memory i64 1)', ['memory64']],
    ['a 64-bit table', '(table i64 1 funcref)', ['memory64']],
    ['a 64-bit memory of the host', '(import "m" "m" (memory i64 1))', ['memory64']],
    ['a page size that is spelled', '(memory 1 (pagesize 65536))', ['custom-page-sizes']],
    ['nothing', '(func (export "f") (param i32) (result i32) (local.get 0)) (memory 1) (table 1 funcref)', []],
    ['a block with a type index', '(func (block (param) (result) nop))', []],
    ['a block with parameters', '(func (i32.const 1) (block (param i32) (drop)))', ['multi-value']],
    ['a type with two results', '(type (func (result i32 i32)))', ['multi-value']],
    ['an imported mutable global', '(import "m" "g" (global (mut i32)))', ['mutable-global']],
    ['a mutable global that nobody sees', '(global (mut i32) (i32.const 0))', []],
    ['a parameter that is a reference', '(func (param funcref))', ['reference-types']],
    ['a local that is a vector', '(func (local v128))', ['simd']],
    ['a global that is a vector', '(import "m" "g" (global v128))', ['simd']],
    ['a block that gives a vector', '(func (drop (block (result v128) (unreachable))))', ['simd']],
    ['two tables', '(table 1 funcref) (table 1 funcref)', ['reference-types']],
    ['a table of the host', '(table 1 externref)', ['reference-types']],
    ['a passive segment', '(memory 1) (data "x")', ['bulk-memory-operations']],
    ['a declarative segment', '(func $f) (elem declare func $f)', ['reference-types']],
    ['an active segment', '(memory 1) (data (i32.const 0) "x") (table 1 funcref) (elem (i32.const 0) 0) (func)', []],
    ['a vector load', '(memory 1) (func (drop (v128.load8_lane 1 (i32.const 0) (v128.const i64x2 0 0))))', ['simd']],
    ['a parameter that is a function', '(func (param (ref func)))', ['reference-types', 'function-references']],
    ['a parameter of a type by index', '(type (func)) (func (param (ref null 0)))', ['function-references']],
    ['a local of a type by index', '(type (func)) (func (local (ref null 0)))', ['function-references']],
    [
      'a block that gives a type by index',
      '(type (func)) (func (drop (block (result (ref 0)) (unreachable))))',
      ['function-references'],
    ],
    ['null of a type by index', '(type (func)) (func (drop (ref.null 0)))', ['reference-types', 'function-references']],
    [
      'a choice between types by index',
      '(type (func)) (func (drop (select (result (ref 0)) (unreachable))))',
      ['reference-types', 'function-references'],
    ],
    ['a call of a reference', '(type (func)) (func (call_ref 0 (unreachable)))', ['function-references']],
    ['a table with an initial value', '(table 1 funcref (ref.null func))', ['function-references', 'reference-types']],
    ['an array', '(type (array i8))', ['gc']],
    ['an array of vectors', '(type (array v128))', ['gc', 'simd']],
    ['an empty group', '(rec)', ['gc']],
    ['a final type that says so', '(type (sub final (func)))', ['gc']],
    [
      'a struct of references',
      '(type (struct (field (ref null 0) (ref func))))',
      ['gc', 'function-references', 'reference-types'],
    ],
    ['null of any type', '(func (drop (ref.null any)))', ['reference-types', 'gc']],
    ['a parameter that is not null', '(func (param (ref any)))', ['gc', 'function-references']],
    [
      'a test of a type',
      '(func (param anyref) (drop (ref.test (ref i31) (local.get 0))))',
      ['gc', 'function-references'],
    ],
    [
      'a branch on a type by index',
      '(type (struct)) (func (drop (block (result anyref) (br_on_cast 0 anyref (ref null 0) (unreachable)))))',
      ['gc', 'function-references'],
    ],
    ['a global that begins as another one', '(global i32 (i32.const 1)) (global i32 (global.get 0))', ['gc']],
    ['a global that begins as an imported one', '(import "m" "g" (global i32)) (global i32 (global.get 0))', []],
    ['an exception', '(func (param exnref))', ['exception-handling']],
    ['functions by index', '(func $f) (table 1 funcref) (elem (i32.const 0) $f)', []],
    [
      'an access to a second memory',
      '(memory 1) (memory 1) (func (drop (i32.load 1 (i32.const 0))))',
      ['multi-memory'],
    ],
  ])('%s', (_, text, names) => {
    expect(required(text)).toEqual(names)
  })

  const accessing = (...code: readonly number[]): Uint8Array => {
    const body = bytesOf(0, code, 0x0b)
    return moduleOf(
      section(1, vector([0x60, 0, 0])),
      section(3, vector(0)),
      section(4, vector([0x70, 0, 1])),
      section(5, vector([0, 1])),
      section(10, vector([u32(body.length), body])),
    )
  }

  it.each<[string, readonly number[], readonly string[]]>([
    ['a zero byte as a memory', [0x3f, 0, 0x1a], []],
    ['a longer zero as a memory', [0x3f, 0x80, 0, 0x1a], ['multi-memory']],
    ['a zero byte as a table', [0x41, 0, 0x11, 0, 0], []],
    ['a longer zero as a table', [0x41, 0, 0x11, 0, 0x80, 0], ['reference-types']],
    ['a longer type index', [0x41, 0, 0x11, 0x80, 0, 0], []],
    ['a memory index in a load', [0x41, 0, 0x28, 0x42, 0, 0, 0x1a], ['multi-memory']],
    ['a longer alignment in a load', [0x41, 0, 0x28, 0x82, 0, 0, 0x1a], []],
    ['a memory index in a vector load', [0x41, 0, 0xfd, 0, 0x44, 0, 0, 0x1a], ['simd', 'multi-memory']],
    ['zero bytes as two memories', [0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 10, 0, 0], ['bulk-memory-operations']],
    [
      'a longer zero as one of two memories',
      [0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 10, 0x80, 0, 0],
      ['bulk-memory-operations', 'multi-memory'],
    ],
  ])('%s, in bytes', (_, code, names) => {
    expect(requiredByBytes(accessing(...code))).toEqual(names)
  })

  it('a data count section that nothing needs, in bytes', () => {
    expect(requiredByBytes(moduleOf(section(12, 0)))).toEqual(['bulk-memory-operations'])
    expect(requiredByBytes(moduleOfBody(0, 0x0b))).toEqual([])
  })

  it('a module with every section, all that has no instructions of its own', () => {
    expect(requiredByBytes(everySection)).toEqual([
      'reference-types',
      'multi-value',
      'multi-memory',
      'extended-const',
      'mutable-global',
      'bulk-memory-operations',
    ])
  })

  it('random modules is what the host has', () => {
    const engine = new Engine({ features: HOST_FEATURES })
    for (let seed = 1; seed <= 50; seed++) {
      expect(engine.check(generateModule(seed, HOST_OPTIONS).bytes)).toBeUndefined()
    }
  })
})
