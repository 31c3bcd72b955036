// Items 28 to 30 of the adversarial checklist: what imports do while they are read, start functions that don't end well, segments that
// don't fit.

import { describe, expect, it, vi } from 'vitest'
import { LinkError, Store, Trap, UsageError, createMemory, createTable, type Instance } from '../../src/index.ts'
import type { ExportedFunction, Imports } from '../../src/index.ts'
import { codeOf, compileText, instantiateText } from './module-text.ts'

const TWO =
  '(module (import "a" "f" (func)) (import "b" "g" (func)) (memory 1) (func (export "run") (call 0) (call 1)))'

describe('imports that are properties with a getter (adversarial.md 28)', () => {
  it('are read once each, in order, and not again by calls', () => {
    const read: string[] = []
    const getting = (name: string, value: unknown): object => ({
      get [name]() {
        read.push(name)
        return value
      },
    })
    const imports = {
      get a() {
        read.push('a')
        return getting('f', () => undefined)
      },
      get b() {
        read.push('b')
        return getting('g', () => undefined)
      },
    }
    const instance = instantiateText(TWO, imports as Imports)
    instance.call('run')
    expect(read).toEqual(['a', 'f', 'b', 'g'])
  })

  it('and throw end the instantiation with that very error, and nothing was allocated', () => {
    const store = new Store()
    const thrown = new RangeError('mine')
    const imports = {
      a: {
        get f(): never {
          throw thrown
        },
      },
    }
    expect(() => instantiateText(TWO, imports, { store })).toThrow(thrown)
    expect(store.usage()).toEqual({ instances: 0, memoryBytes: 0, tableElements: 0, heapBytes: 0 })
  })

  it('may change what is read after them', () => {
    const seen: string[] = []
    const imports: Record<string, Record<string, () => void>> = {
      a: {
        get f() {
          imports['b'] = { g: () => void seen.push('new g') }
          return () => void seen.push('f')
        },
      },
      b: { g: () => void seen.push('old g') },
    }
    instantiateText(TWO, imports).call('run')
    expect(seen).toEqual(['f', 'new g'])
  })

  it('may run another instance, and instantiate the same module again', () => {
    const other = instantiateText('(module (func (export "f") (result i32) (i32.const 7)))')
    const module = compileText(TWO)
    const none = (): undefined => undefined
    let inner: Instance | undefined
    const imports = {
      a: {
        get f() {
          expect(other.call('f')).toBe(7)
          inner = module.instantiateSync({ a: { f: none }, b: { g: none } })
          return none
        },
      },
      b: { g: none },
    }
    const outer = module.instantiateSync(imports)
    expect(inner).toBeDefined()
    expect(outer).not.toBe(inner)
    outer.call('run')
  })

  it('may grow a memory that was imported before: the instance sees the memory as it is', () => {
    const memory = createMemory(new Store(), { min: 1, max: 3 })
    const text = `(module (import "a" "m" (memory 1 3)) (import "a" "f" (func))
      (func (export "size") (result i32) (memory.size)) (data (i32.const 131071) "x"))`
    const imports = {
      a: {
        m: memory,
        get f() {
          memory.grow(1)
          return () => undefined
        },
      },
    }
    expect(instantiateText(text, imports).call('size')).toBe(2)
    expect(memory.bytes[131_071]).toBe(0x78)
  })

  it('are own properties: what every object has is no import', () => {
    const text = '(module (import "a" "toString" (func)) (import "__proto__" "constructor" (func)))'
    let error: unknown
    try {
      instantiateText(text, { a: {} })
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(LinkError)
    expect((error as LinkError).imports.map(({ reason }) => reason)).toEqual(['unknown import', 'unknown import'])
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['a number', 5],
    ['a text', 'f'],
  ])('where there is %s in place of a module, are a UsageError', (_, value) => {
    expect(() => instantiateText(TWO, { a: value } as Imports)).toThrow(UsageError)
  })
})

describe('a host function (adversarial.md 28)', () => {
  const text = `(module (import "a" "f" (func $f (param i32) (result i32))) (memory (export "m") 1)
    (func (export "run") (param i32) (result i32)
      (i32.store (i32.const 0) (i32.const 5))
      (drop (call $f (local.get 0)))
      (i32.load (i32.const 0))))`

  it('may call back into the instance, which goes on with what that left', () => {
    const depth: number[] = []
    const instance: Instance = instantiateText(text, {
      a: {
        f: (_: unknown, x: number) => {
          depth.push(x)
          return x === 0 ? 0 : instance.call('run', x - 1)
        },
      },
    })
    expect(instance.call('run', 50)).toBe(5)
    expect(depth).toHaveLength(51)
  })

  it('may grow the memory of its caller, which sees it', () => {
    const instance: Instance = instantiateText(text, {
      a: {
        f: (context: { memory: { grow: (n: number) => number; view: DataView } }) => {
          context.memory.grow(1)
          context.memory.view.setInt32(0, 6, true)
          return 0
        },
      },
    })
    expect(instance.call('run', 0)).toBe(6)
  })

  it('that throws leaves an instance that can be called again', () => {
    const thrown = new TypeError('mine')
    let mustThrow = true
    const instance = instantiateText(text, {
      a: {
        f: () => {
          if (mustThrow) throw thrown
          return 0
        },
      },
    })
    expect(() => instance.call('run', 0)).toThrow(thrown)
    mustThrow = false
    expect(instance.call('run', 0)).toBe(5)
  })
})

describe('a start function (adversarial.md 29)', () => {
  const trapping = compileText('(module (global (export "g") (mut i32) (i32.const 0)) (func unreachable) (start 0))')
  const endless = compileText('(module (func (loop (br 0))) (start 0))')

  it('that traps gives its trap instead of an instance', async () => {
    expect(codeOf(() => trapping.instantiateSync())).toBe('TRAP_UNREACHABLE')
    await expect(trapping.instantiate()).rejects.toBeInstanceOf(Trap)
  })

  it('that does not end is ended by a poll', async () => {
    const poll = (): Error | undefined => new UsageError('enough', 'TIMEOUT')
    expect(codeOf(() => endless.instantiateSync({}, { poll }))).toBe('TIMEOUT')
    await expect(endless.instantiate({}, { poll })).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  it('that does not end is ended by the one who drives it, after exactly its fuel', async () => {
    const used: number[] = []
    const started = endless.instantiate(
      {},
      {
        driveStart: (run) => {
          expect(run.run({ fuel: 12_345 })).toEqual({ kind: 'fuel' })
          used.push(run.fuelUsed)
          run.abort()
          return Promise.reject(new Trap('FUEL_EXHAUSTED'))
        },
      },
    )
    await expect(started).rejects.toMatchObject({ code: 'FUEL_EXHAUSTED' })
    expect(used).toEqual([12_345])
  })

  it('runs after the segments are written, and once', () => {
    const seen: unknown[] = []
    const text = `(module (import "a" "f" (func (param i32))) (memory 1) (data (i32.const 0) "*")
      (func $start (call 0 (i32.load8_u (i32.const 0)))) (start $start))`
    instantiateText(text, { a: { f: (_: unknown, x: number) => void seen.push(x) } })
    expect(seen).toEqual([0x2a])
  })
})

describe('an active segment that does not fit (adversarial.md 30)', () => {
  it('leaves the ones before it written, in memories and tables that are shared', () => {
    const store = new Store()
    const memory = createMemory(store, { min: 1 })
    const table = createTable(store, { element: 'funcref', min: 3 })
    const text = `(module (import "a" "m" (memory 1)) (import "a" "t" (table 3 funcref))
      (func $f (result i32) (i32.const 7))
      (elem (i32.const 1) $f)
      (data (i32.const 0) "first") (data (i32.const 65534) "too long") (data (i32.const 10) "never"))`
    const attempt = (): unknown => instantiateText(text, { a: { m: memory, t: table } }, { store })
    expect(codeOf(attempt)).toBe('TRAP_OUT_OF_BOUNDS')
    expect(memory.string(0, 5)).toBe('first')
    expect([memory.bytes[65_534], memory.bytes[10]]).toEqual([0, 0])
    // The instance is nobody's, but its function lives in the table.
    expect((table.get(1) as ExportedFunction)()).toBe(7)
  })

  it('of elements traps before the data are written', () => {
    const memory = createMemory(new Store(), { min: 1 })
    const text = `(module (import "a" "m" (memory 1)) (table 1 funcref) (func $f)
      (data (i32.const 0) "data") (elem (i32.const 0) $f) (elem (i32.const 1) $f))`
    expect(codeOf(() => instantiateText(text, { a: { m: memory } }))).toBe('TRAP_TABLE_OUT_OF_BOUNDS')
    expect(memory.bytes[0]).toBe(0)
  })

  it.each(['-1', '0xffffffff', '0x80000000', '65537'])('at %s traps, even where it is empty', (offset) => {
    expect(codeOf(() => instantiateText(`(module (memory 1) (data (i32.const ${offset}) ""))`))).toBe(
      'TRAP_OUT_OF_BOUNDS',
    )
    const table = `(module (table 1 funcref) (elem (i32.const ${offset}) func))`
    expect(codeOf(() => instantiateText(table))).toBe('TRAP_TABLE_OUT_OF_BOUNDS')
  })

  it('at the very end fits where it is empty', () => {
    expect(codeOf(() => instantiateText('(module (memory 1) (data (i32.const 65536) ""))'))).toBe('ok')
  })

  it('does not keep the start function from never running', () => {
    const start = vi.fn()
    const text = '(module (import "a" "f" (func)) (memory 0) (data (i32.const 0) "x") (start 0))'
    expect(codeOf(() => instantiateText(text, { a: { f: start } }))).toBe('TRAP_OUT_OF_BOUNDS')
    expect(start).not.toHaveBeenCalled()
  })
})
