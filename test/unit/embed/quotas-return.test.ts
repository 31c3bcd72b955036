// Quotas of a store that many instances share: they come back with what they were taken for, not before and not never.

import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { Engine, Store, createMemory, createTable, type ExportedFunction, type Memory } from '../../../src/index.ts'
import type { Imports, Module, Table } from '../../../src/index.ts'
import { parseModule } from '../../../src/text/parse-module.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const PAGE = 65_536
const NOTHING = { instances: 0, memoryBytes: 0, tableElements: 0, heapBytes: 0 }
const engine = new Engine()

function compile(text: string): Module {
  return engine.compile(parseModule(text))
}

/** Collects what nobody can reach, until the store's usage is what is expected, or has had every chance to be. */
async function usageWhenCollected(store: Store, expected: unknown): Promise<unknown> {
  for (let i = 0; i < 20 && JSON.stringify(store.usage()) !== JSON.stringify(expected); i++) {
    collectGarbage()
    await nextTurn()
  }
  return store.usage()
}

/** In a function of its own, so that no register keeps the instance. */
function fill(store: Store, module: Module, count: number, imports: Imports = {}): void {
  for (let i = 0; i < count; i++) module.instantiateSync(imports, { store })
}

describe('what instances take of the quotas', () => {
  it('comes back when they are collected', async () => {
    const store = new Store({ instances: 100, memoryBytes: 100 * PAGE, tableElements: 200 })
    const module = compile('(module (memory 1) (table (export "t") 2 funcref) (elem (i32.const 0) $f) (func $f))')
    for (let round = 0; round < 3; round++) {
      fill(store, module, 100)
      expect(store.usage()).toEqual({ memoryBytes: 100 * PAGE, tableElements: 200, instances: 100, heapBytes: 0 })
      expect(await usageWhenCollected(store, { memoryBytes: 0, tableElements: 0, instances: 0, heapBytes: 0 })).toEqual(
        NOTHING,
      )
    }
  })

  it('comes back with what they grew by', async () => {
    const store = new Store()
    const module = compile('(module (memory (export "m") 1) (table (export "t") 2 externref))')
    const grow = (): void => {
      const { exports } = module.instantiateSync({}, { store })
      expect([(exports['m'] as Memory).grow(3), (exports['t'] as Table).grow(5)]).toEqual([1, 2])
    }
    grow()
    expect(store.usage()).toEqual({ memoryBytes: 4 * PAGE, tableElements: 7, instances: 1, heapBytes: 0 })
    expect(await usageWhenCollected(store, { memoryBytes: 0, tableElements: 0, instances: 0, heapBytes: 0 })).toEqual(
      NOTHING,
    )
  })

  it('stays for a memory that another instance has imported', async () => {
    const store = new Store()
    const importing = compile('(module (import "a" "m" (memory 1)) (func (export "size") (result i32) (memory.size)))')
    const build = (): ExportedFunction => {
      const exporter = compile('(module (memory (export "m") 1))').instantiateSync({}, { store })
      const importer = importing.instantiateSync({ a: { m: exporter.exports['m'] } }, { store })
      return importer.exports['size'] as ExportedFunction
    }
    const kept: { size?: ExportedFunction } = { size: build() }
    const left = { memoryBytes: PAGE, tableElements: 0, instances: 1, heapBytes: 0 }
    expect(await usageWhenCollected(store, left)).toEqual(left)
    expect(kept.size?.()).toBe(1)
    delete kept.size
    expect(await usageWhenCollected(store, { memoryBytes: 0, tableElements: 0, instances: 0, heapBytes: 0 })).toEqual(
      NOTHING,
    )
  })

  it('stays for an instance of which a table has a function', async () => {
    const store = new Store()
    const table = createTable(store, { element: 'funcref', min: 1 })
    const module = compile('(module (import "a" "t" (table 1 funcref)) (memory 1) (elem (i32.const 0) $f) (func $f))')
    fill(store, module, 3, { a: { t: table } })
    const left = { memoryBytes: PAGE, tableElements: 1, instances: 1, heapBytes: 0 }
    expect(await usageWhenCollected(store, left)).toEqual(left)
    ;(table.get(0) as ExportedFunction)()
  })

  it('comes back for memories and tables of the host', async () => {
    const store = new Store()
    const create = (): void => {
      createMemory(store, { min: 2 })
      createTable(store, { element: 'externref', min: 3 })
    }
    create()
    expect(store.usage()).toEqual({ memoryBytes: 2 * PAGE, tableElements: 3, instances: 0, heapBytes: 0 })
    expect(await usageWhenCollected(store, { memoryBytes: 0, tableElements: 0, instances: 0, heapBytes: 0 })).toEqual(
      NOTHING,
    )
  })
})

describe('an instantiation that fails', () => {
  const attempts = (store: Store, module: Module, imports: Imports = {}): void => {
    expect(() => module.instantiateSync(imports, { store })).toThrow(/out of bounds|unreachable|initial/)
  }

  it.each([
    ['a data segment does not fit', '(module (memory 1) (data (i32.const 65536) "x"))'],
    ['an element segment does not fit', '(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))'],
    ['the start function traps', '(module (memory 1) (table 1 funcref) (func $f (unreachable)) (start $f))'],
    [
      'a data segment does not fit, and a function was imported',
      '(module (import "a" "f" (func)) (memory 1) (data (i32.const 65536) "x"))',
    ],
  ])('gives everything back at once: %s', (_, text) => {
    const store = new Store({ instances: 1 })
    const module = compile(text)
    for (let i = 0; i < 3; i++) {
      attempts(store, module, { a: { f: () => undefined } })
      expect(store.usage()).toEqual(NOTHING)
    }
  })

  it('gives everything back once only', async () => {
    const store = new Store()
    const module = compile('(module (memory 1) (data (i32.const 65536) "x"))')
    for (let i = 0; i < 10; i++) attempts(store, module)
    for (let i = 0; i < 5; i++) {
      collectGarbage()
      await nextTurn()
    }
    expect(store.usage()).toEqual(NOTHING)
  })

  it('of which functions are in a table of others counts as long as they are there', async () => {
    const store = new Store()
    const table = createTable(store, { element: 'funcref', min: 1 })
    const module = compile(`(module (import "a" "t" (table 1 funcref)) (memory 1)
      (elem (i32.const 0) $f) (func $f) (data (i32.const 65536) "x"))`)
    const imports = { a: { t: table } }
    attempts(store, module, imports)
    const left = { memoryBytes: PAGE, tableElements: 1, instances: 1, heapBytes: 0 }
    expect(await usageWhenCollected(store, left)).toEqual(left)
    table.set(0, null)
    const none = { memoryBytes: 0, tableElements: 1, instances: 0, heapBytes: 0 }
    expect(await usageWhenCollected(store, none)).toEqual(none)
  })

  it('in an asynchronous start function gives everything back', async () => {
    const store = new Store()
    const module = compile('(module (memory 1) (func $f (unreachable)) (start $f))')
    await expect(module.instantiate({}, { store })).rejects.toThrow('unreachable')
    expect(store.usage()).toEqual(NOTHING)
  })
})
