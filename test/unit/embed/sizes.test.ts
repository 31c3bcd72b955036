// Sizes, amounts and values that the embedder gives: what makes no sense is refused, and changes nothing.

import { describe, expect, it } from 'vitest'
import { Engine, Store, UsageError, createGlobal, createMemory, createTable } from '../../../src/index.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { thrownBy } from '../interpret/wat-instance.ts'

const NO_SIZES = [-1, 0.5, NaN, Infinity, -Infinity, 2 ** 53, '1', null, undefined, 1n] as readonly number[]

describe('what is no size', () => {
  it.each(NO_SIZES)('does not grow or shrink a memory: %s', (delta) => {
    const store = new Store()
    const memory = createMemory(store, { min: 2 })
    expect(() => memory.grow(delta)).toThrow(UsageError)
    expect([memory.pages, store.usage().memoryBytes]).toEqual([2, 2 * 65_536])
  })

  it.each(NO_SIZES)('does not grow or shrink a table: %s', (delta) => {
    const store = new Store()
    const table = createTable(store, { element: 'funcref', min: 2 })
    expect(() => table.grow(delta)).toThrow(UsageError)
    expect([table.length, store.usage().tableElements]).toEqual([2, 2])
  })

  it.each(NO_SIZES)('is no limit of a memory or table: %s', (size) => {
    const store = new Store()
    expect(() => createMemory(store, { min: size })).toThrow(UsageError)
    expect(() => createTable(store, { element: 'externref', min: size })).toThrow(UsageError)
    if (size !== undefined) {
      expect(() => createMemory(store, { min: 0, max: size })).toThrow(UsageError)
      expect(() => createTable(store, { element: 'externref', min: 0, max: size })).toThrow(UsageError)
    }
    expect(store.usage()).toEqual({ instances: 0, memoryBytes: 0, tableElements: 0, heapBytes: 0 })
  })
})

describe('a size that is too large', () => {
  it('is -1 where something is to grow', () => {
    const store = new Store()
    expect(createMemory(store, { min: 1 }).grow(2 ** 40)).toBe(-1)
    expect(createTable(store, { element: 'funcref', min: 1 }).grow(2 ** 40)).toBe(-1)
  })

  it.each([
    [{ min: 2, max: 1 }, 'size minimum must not be greater than maximum: 2 and 1'],
    [{ min: 65_537 }, 'memory size must be at most 65536 pages (4GiB), not 65537'],
    [{ min: 0, max: 65_537 }, 'memory size must be at most 65536 pages (4GiB), not 65537'],
  ])('is refused for a memory, in the words of the validator: %j', (limits, message) => {
    expect(thrownBy(() => createMemory(new Store(), limits))).toMatchObject({ name: 'UsageError', message })
  })

  it.each([
    [{ min: 2, max: 1 }, 'size minimum must not be greater than maximum: 2 and 1'],
    [{ min: 0, max: 2 ** 32 }, 'table size must be at most 2^32-1, not 4294967296'],
  ])('is refused for a table, in the words of the validator: %j', (limits, message) => {
    const attempt = (): unknown => createTable(new Store(), { element: 'funcref', ...limits })
    expect(thrownBy(attempt)).toMatchObject({ name: 'UsageError', message })
  })
})

describe('addresses', () => {
  const memory = createMemory(new Store(), { min: 1 })

  it.each([0.5, NaN, 2 ** 32, -(2 ** 31) - 1, '1', undefined])('that are no 32-bit integers are refused: %s', (x) => {
    expect(() => memory.slice(x as number, 1)).toThrow(UsageError)
    expect(() => memory.slice(1, x as number)).toThrow(UsageError)
    expect(() => memory.cString(x as number)).toThrow(UsageError)
    expect(() => memory.write(x as number, 'x')).toThrow(UsageError)
  })

  it('may be signed, as wasm gives them', () => {
    expect(() => memory.slice(-1, 1)).toThrow('address 4294967295 + 1 is outside')
    expect(memory.slice(65_535, 1)).toHaveLength(1)
  })
})

describe('memories and tables with 64-bit addresses', () => {
  it('are made for modules that import them, and for no others', () => {
    const store = new Store()
    const memory = createMemory(store, { min: 1, address: 'i64' })
    const table = createTable(store, { element: 'funcref', min: 1, address: 'i64' })
    const importing = (addrType: string): unknown =>
      new Engine()
        .compile(
          parseModule(
            `(module (import "a" "m" (memory ${addrType} 1)) (import "a" "t" (table ${addrType} 1 funcref)))`,
          ),
        )
        .instantiateSync({ a: { m: memory, t: table } }, { store })
    expect(importing('i64')).toBeDefined()
    expect(() => importing('i32')).toThrow('expected memory 1, got memory i64 1')
    expect([memory.address, memory.pageSize]).toEqual(['i64', 65_536])
  })

  it('are told apart in what a module says of itself', () => {
    const text = '(module (import "a" "n" (memory 1)) (memory (export "m") i64 1 2) (table (export "t") i64 3 funcref))'
    const { imports, exports } = new Engine().compile(parseModule(text))
    expect([...imports, ...exports].map(({ type }) => type)).toEqual(['1', 'i64 1 2', 'i64 3 funcref'])
  })

  it('take their addresses as the bigints that wasm gives', () => {
    const memory = createMemory(new Store(), { min: 1, address: 'i64' })
    expect(memory.write(65_534n, 'hi')).toBe(2)
    expect([memory.string(65_534n, 2n), memory.slice(65_534, 2).length]).toEqual(['hi', 2])
    expect(() => memory.slice(-1n, 1n)).toThrow('is outside of a memory of 65536 bytes')
    expect(() => memory.slice(2n ** 32n, 1n)).toThrow('address 4294967296 + 1 is outside')
    expect(() => memory.slice(2n ** 64n, 1n)).toThrow(UsageError)
    expect(() => memory.cString(2n ** 63n)).toThrow(UsageError)
  })

  it.each(['i16', 'I64', null, 64])('have no other type of addresses: %s', (address) => {
    expect(() => createMemory(new Store(), { min: 1, address: address as 'i64' })).toThrow(UsageError)
    expect(() => createTable(new Store(), { element: 'funcref', min: 1, address: address as 'i64' })).toThrow(
      UsageError,
    )
  })
})

describe('a memory with pages of one byte', () => {
  it('has the size that it was given, to the byte', () => {
    const store = new Store()
    const memory = createMemory(store, { min: 5, max: 7, pageSize: 1 })
    expect([memory.byteLength, memory.pages, memory.pageSize, store.usage().memoryBytes]).toEqual([5, 5, 1, 5])
    expect([memory.grow(2), memory.grow(1), memory.byteLength]).toEqual([5, -1, 7])
  })

  it.each([0, 2, 65_535, 0.5, '1', null])('has no pages of another size: %s', (pageSize) => {
    expect(() => createMemory(new Store(), { min: 1, pageSize: pageSize as number })).toThrow(UsageError)
  })
})

describe('createTable', () => {
  it('refuses elements that are no references', () => {
    expect(() => createTable(new Store(), { element: 'i32', min: 1 })).toThrow('a reference type, not of i32')
  })
})

describe('createGlobal without a value', () => {
  it.each([
    ['i32', 0],
    ['i64', 0n],
    ['f32', 0],
    ['f64', 0],
    ['funcref', null],
    ['externref', undefined],
  ])('gives the default of %s', (type, value) => {
    expect(createGlobal(type).value).toBe(value)
    expect(createGlobal(type, undefined, true).value).toBe(value)
  })

  it('gives a v128 of zeros, which an instance can import', () => {
    const text =
      '(module (import "a" "g" (global v128)) (func (export "any") (result i32) (v128.any_true (global.get 0))))'
    const module = new Engine().compile(parseModule(text))
    expect(module.instantiateSync({ a: { g: createGlobal('v128') } }).call('any')).toBe(0)
  })

  it('does not take null for a number', () => {
    expect(() => createGlobal('i64', null)).toThrow(UsageError)
  })
})

describe('fuel', () => {
  const engine = new Engine()
  const looping = engine.compile(parseModule('(module (func (export "f") (loop (br 0))))')).instantiateSync()

  it.each([-1, 0.5, NaN, -Infinity, '5', null])('of a stretch is a whole number, not %s', (fuel) => {
    const run = looping.start('f')
    expect(() => run.run({ fuel: fuel as number })).toThrow(UsageError)
    expect(run.fuelUsed).toBe(0)
    expect(run.run({ fuel: 10 }).kind).toBe('fuel')
  })

  it.each([-1, 0.5, NaN, Infinity, '5'])('that a host function charges is a whole number, not %s', (fuel) => {
    const instance = engine
      .compile(parseModule('(module (import "a" "f" (func)) (export "f" (func 0)))'))
      .instantiateSync({
        a: { f: ({ charge }: { charge: (fuel: number) => void }) => charge(fuel as number) },
      })
    const run = instance.start('f')
    const state = run.run({ fuel: 100 })
    expect(state).toMatchObject({ kind: 'trap', error: { name: 'UsageError' } })
    expect(Number.isFinite(run.fuelUsed) && run.fuelUsed >= 0).toBe(true)
  })
})
