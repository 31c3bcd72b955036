// References across the boundary to JavaScript: what they are there, and that nothing comes in that is not of the type.
// https://webassembly.github.io/spec/js-api/#towebassemblyvalue

import { describe, expect, it } from 'vitest'
import { Engine, Store, UsageError, createException, createGlobal, createTable } from '../../../src/index.ts'
import { createTag, type Instance, type Table } from '../../../src/index.ts'
import { parseModule } from '../../../src/text/parse-module.ts'

function instantiate(fields: string, imports = {}, options = {}): Instance {
  return new Engine().compile(parseModule(`(module ${fields})`)).instantiateSync(imports, options)
}

const TYPES = `
  (type $unary (func (param i32) (result i32)))
  (type $nullary (func))
  (type $point (struct (field i32)))
  (type $other (struct (field i64)))`

const { exports } = instantiate(`${TYPES}
  (func $f (export "f") (param i32) (result i32) (local.get 0))
  (func $g (export "g"))
  (func (export "ref f") (result (ref $unary)) (ref.func $f))
  (func (export "unary") (param (ref null $unary)) (result (ref null $unary)) (local.get 0))
  (func (export "not null") (param (ref $unary)))
  (func (export "make") (result (ref $point)) (struct.new $point (i32.const 7)))
  (func (export "make other") (result (ref $other)) (struct.new $other (i64.const 7)))
  (func (export "x") (param (ref $point)) (result i32) (struct.get $point 0 (local.get 0)))
  (func (export "any") (param anyref) (result anyref) (local.get 0))
  (func (export "eq") (param eqref) (result eqref) (local.get 0))
  (func (export "i31") (param i31ref) (result i32) (i31.get_s (local.get 0)))
  (func (export "to i31") (param i32) (result i31ref) (ref.i31 (local.get 0)))
  (func (export "extern") (param (ref extern)) (result externref) (local.get 0))
  (table (export "t") 1 (ref null $unary))
  (global (export "v") (mut (ref null $unary)) (ref.func $f))`)

function call(name: string, ...args: unknown[]): unknown {
  return (exports[name] as (...args: unknown[]) => unknown)(...args)
}

describe('a function of a defined type', () => {
  it('is the exported function itself, as a result, in a table and in a global', () => {
    const table = exports['t'] as Table
    expect(call('ref f')).toBe(exports['f'])
    expect(call('unary', exports['f'])).toBe(exports['f'])
    table.set(0, exports['f'])
    expect(table.get(0)).toBe(exports['f'])
    expect(exports['v']).toMatchObject({ value: exports['f'] })
  })

  it('is refused where it is of another type, or none, or null where that may not be', () => {
    for (const value of [exports['g'], () => 0, {}, 5, undefined]) {
      expect(() => call('unary', value)).toThrow(UsageError)
      expect(() => (exports['t'] as Table).set(0, value)).toThrow(UsageError)
      expect(() => Object.assign(exports['v']!, { value })).toThrow(UsageError)
    }
    expect(call('unary', null)).toBeNull()
    expect(() => call('not null', null)).toThrow('argument 1')
  })
})

describe('an object of the garbage-collected heap', () => {
  it('goes out and in as itself', () => {
    const point = call('make')
    expect(call('x', point)).toBe(7)
    expect(call('any', point)).toBe(point)
    expect(call('eq', point)).toBe(point)
    expect(call('extern', point)).toBe(point)
  })

  it('is refused where it is of another type', () => {
    for (const value of [call('make other'), {}, null, 7, exports['f']])
      expect(() => call('x', value)).toThrow(UsageError)
  })
})

describe('a number', () => {
  it('is an i31 where it is one', () => {
    expect(call('to i31', 0x7fffffff)).toBe(-1)
    expect(call('i31', -(2 ** 30))).toBe(-(2 ** 30))
    expect(call('eq', 5)).toBe(5)
    for (const value of [2 ** 30, 1.5, -0, 1n]) expect(() => call('i31', value)).toThrow(UsageError)
  })

  it('is a value of the host where it is none', () => {
    expect(call('any', 1.5)).toBe(1.5)
    expect(() => call('eq', 1.5)).toThrow(UsageError)
  })
})

describe('a value of the host', () => {
  it('is of the types any and extern, null only where that may be', () => {
    const value = { some: 'object' }
    expect(call('any', value)).toBe(value)
    expect(call('extern', value)).toBe(value)
    expect(call('extern', exports['f'])).toBe(exports['f'])
    expect(() => call('extern', null)).toThrow(UsageError)
  })

  it('does not notice that it passes, is cast or is looked for in the heap, though it is a Proxy', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    const of = instantiate(
      `(type $s (struct (field anyref))) (func (export "f") (param externref) (result externref) (local $n i32)
        (loop
          (drop (ref.test (ref $s) (any.convert_extern (local.get 0))))
          (drop (ref.test (ref eq) (any.convert_extern (local.get 0))))
          (drop (struct.new $s (any.convert_extern (local.get 0))))
          (br_if 0 (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))
        (local.get 0))`,
      {},
      { limits: { heapBytes: 10_000 } },
    )
    expect(of.call('f', proxy)).toBe(proxy)
  })

  it('may be what a global that is not nullable holds', () => {
    const value = {}
    const module = '(import "a" "g" (global (ref extern))) (func (export "g") (result externref) (global.get 0))'
    expect(instantiate(module, { a: { g: createGlobal('(ref extern)', value) } }).call('g')).toBe(value)
    expect(() => createGlobal('(ref extern)', null)).toThrow(UsageError)
    expect(() => createGlobal('(ref any)', null)).toThrow(UsageError)
  })
})

describe('a table of the host', () => {
  it('has no nulls where its elements are never null', () => {
    const store = new Store()
    const element = '(ref func)'
    expect(() => createTable(store, { element, min: 1 })).toThrow(/^the element must be null or an exported function/)
    expect(store.usage().tableElements).toBe(0)
    const table = createTable(store, { element, min: 2 }, exports['f'])
    expect(table.get(1)).toBe(exports['f'])
    expect(() => table.grow(1)).toThrow(UsageError)
    expect(() => table.set(0, null)).toThrow(UsageError)
  })
})

describe('what the host makes', () => {
  it.each([
    ['a tag of nothing', () => createTag(null as never)],
    ['a tag of numbers', () => createTag([1 as never])],
    ['an exception without tag', () => createException({} as never, [])],
    ['an exception without values', () => createException(createTag([]), null as never)],
    ['an exception of another type', () => createException(createTag(['exnref']), [{}])],
  ])('is refused with a UsageError: %s', (_, make) => {
    expect(make).toThrow(UsageError)
  })
})

describe('an unknown import with a result that is not nullable', () => {
  it('traps when it is called: there is no default', () => {
    const module = '(import "a" "f" (func $f (result (ref extern)))) (func (export "f") (drop (call $f)))'
    expect(() => instantiate(module, {}, { unknownImports: 'default' }).call('f')).toThrow('unknown import')
  })
})
