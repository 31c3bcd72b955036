// Items 23 to 27 of the adversarial checklist: tables and memories that are larger than there is room for. Everything is counted before it is
// allocated, and what cannot be had leaves things as they were.

import { afterEach, describe, expect, it, vi } from 'vitest'
import { Store, type Memory, type Table } from '../../src/index.ts'
import { bytesOf, moduleOf, section, sized, u32, vector } from '../unit/binary/module-bytes.ts'
import { codeOf, compileText, engine, instantiateText, repeated } from './module-text.ts'

const PAGE = 65_536

afterEach(() => void vi.unstubAllGlobals())

/** How much the process has grown by what is done, in MiB of resident memory. */
function growth(attempt: () => unknown): number {
  const { rss } = process.memoryUsage()
  attempt()
  return (process.memoryUsage().rss - rss) / 1024 ** 2
}

describe('tables (adversarial.md 23)', () => {
  const tables = (count: number, size: number): Uint8Array =>
    moduleOf(section(4, u32(count), bytesOf(...Array.from({ length: count }, () => [0x70, 0, u32(size)]))))

  it('of 400 million elements in 252 bytes are refused before any is allocated', () => {
    const module = engine.compile(tables(40, 10_000_000))
    const store = new Store()
    let code = ''
    expect(growth(() => (code = codeOf(() => module.instantiateSync({}, { store }))))).toBeLessThan(64)
    expect(code).toBe('TABLE_QUOTA')
    expect(store.usage()).toEqual({ instances: 0, memoryBytes: 0, tableElements: 0, heapBytes: 0 })
  })

  it('may be 100,000 of one element, and no more', () => {
    const store = new Store()
    engine.compile(tables(100_000, 1)).instantiateSync({}, { store })
    expect(store.usage().tableElements).toBe(100_000)
    expect(codeOf(() => engine.compile(tables(100_001, 1)))).toBe('LIMIT')
  })

  it('tell what they were before growing, also where a limiter has grown them itself', () => {
    const asked: number[] = []
    const store = new Store({}, (_, current, desired) => {
      asked.push(current, desired)
      if (asked.length === 2) (instance.exports['t'] as Table).grow(2)
      return true
    })
    const instance = instantiateText(
      `(module (table (export "t") 1 4 funcref) (func (export "grow") (result i32) (table.grow (ref.null func) (i32.const 1))))`,
      {},
      { store },
    )
    expect([instance.call('grow'), instance.call('grow')]).toEqual([3, -1])
    expect([asked, store.usage().tableElements]).toEqual([[1, 2, 1, 3, 3, 4], 4])
  })

  it('may have 10,000,000 elements, and no more', () => {
    expect(codeOf(() => engine.compile(tables(1, 10_000_001)))).toBe('LIMIT')
    const store = new Store()
    engine.compile(tables(1, 10_000_000)).instantiateSync({}, { store })
    expect(codeOf(() => engine.compile(tables(1, 1)).instantiateSync({}, { store }))).toBe('TABLE_QUOTA')
  })
})

describe('memories (adversarial.md 24)', () => {
  const memories = (count: number, pages: number): Uint8Array =>
    moduleOf(section(5, u32(count), bytesOf(...Array.from({ length: count }, () => [0, u32(pages)]))))

  it('of 65,536 pages are 4 GiB that nobody pays for before they are used, or a refusal', () => {
    const module = engine.compile(memories(1, 65_536))
    let code = ''
    expect(growth(() => (code = codeOf(() => module.instantiateSync())))).toBeLessThan(256)
    expect(['ok', 'MEMORY_QUOTA']).toContain(code)
  })

  it('of 65,537 pages are invalid', () => {
    expect(engine.check(memories(1, 65_537))?.kind).toBe('invalid')
  })

  it('by the hundred, of 4 GiB each, are refused before any is allocated', () => {
    const module = engine.compile(memories(100, 65_536))
    const store = new Store()
    let code = ''
    expect(growth(() => (code = codeOf(() => module.instantiateSync({}, { store }))))).toBeLessThan(64)
    expect(code).toBe('MEMORY_QUOTA')
    expect(store.usage()).toEqual({ instances: 0, memoryBytes: 0, tableElements: 0, heapBytes: 0 })
    expect(codeOf(() => engine.compile(memories(101, 0)))).toBe('LIMIT')
  })

  it('that the host cannot allocate cost no quota', () => {
    refuseBuffersFrom(3 * PAGE)
    const store = new Store()
    const module = compileText('(module (memory 1) (memory 3) (table 5 funcref))')
    expect(codeOf(() => module.instantiateSync({}, { store }))).toBe('MEMORY_QUOTA')
    expect(store.usage()).toEqual({ instances: 0, memoryBytes: 0, tableElements: 0, heapBytes: 0 })
  })
})

/** Makes the host refuse ArrayBuffers of so many bytes and more. */
function refuseBuffersFrom(length: number): void {
  const construct = (target: typeof ArrayBuffer, args: [number]): ArrayBuffer => {
    if (args[0] >= length) throw new RangeError('Array buffer allocation failed')
    return new target(...args)
  }
  vi.stubGlobal('ArrayBuffer', new Proxy(ArrayBuffer, { construct }))
}

const GROWING = `(module (memory (export "m") 1 10)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "size") (result i32) (memory.size))
  (func (export "poke") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "idle") (param i32) (loop (drop (memory.grow (i32.const 0)))
    (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))`

describe('memory.grow (adversarial.md 25)', () => {
  it.each([
    ['beyond 4 GiB', 0xffff],
    ['by 2^32 - 1 pages', 0xffff_ffff],
    ['by 2^31 pages', 0x8000_0000],
    ['past its maximum', 10],
  ])('%s gives -1 and changes nothing', (_, delta) => {
    const instance = instantiateText(GROWING)
    const memory = instance.exports['m'] as Memory
    const { bytes } = memory
    instance.call('poke', 65_535, 7)
    expect(instance.call('grow', delta)).toBe(-1)
    expect([instance.call('size'), memory.pages, memory.bytes === bytes]).toEqual([1, 1, true])
    expect(instance.call('peek', 65_535)).toBe(7)
  })

  it('past the quota gives -1 and takes nothing from it', () => {
    const store = new Store({ memoryBytes: 3 * PAGE })
    const instance = instantiateText(GROWING, {}, { store })
    expect([instance.call('grow', 3), instance.call('grow', 2), instance.call('grow', 1)]).toEqual([-1, 1, -1])
    expect(store.usage().memoryBytes).toBe(3 * PAGE)
  })

  it('past what a limiter allows gives -1', () => {
    const asked: number[] = []
    const limiter = (_: string, current: number, desired: number): boolean => {
      asked.push(current, desired)
      return desired <= 2 * PAGE
    }
    const instance = instantiateText(GROWING, {}, { limiter })
    expect([instance.call('grow', 2), instance.call('grow', 1)]).toEqual([-1, 1])
    expect(asked).toEqual([PAGE, 3 * PAGE, PAGE, 2 * PAGE])
  })

  it('by a limiter that grows it itself comes on top of that: the limiter is asked again, and nothing shrinks', () => {
    const asked: number[] = []
    const store = new Store({}, (_, current, desired) => {
      asked.push(current / PAGE, desired / PAGE)
      if (asked.length === 2) memory.grow(2)
      return true
    })
    const instance = instantiateText(GROWING, {}, { store })
    const memory = instance.exports['m'] as Memory
    expect([instance.call('grow', 1), instance.call('size'), memory.pages]).toEqual([3, 4, 4])
    expect(asked).toEqual([1, 2, 1, 3, 3, 4])
    expect(store.usage().memoryBytes).toBe(4 * PAGE)
  })

  it('leaves no old view in use: code and host see the new memory at once', () => {
    const instance = instantiateText(GROWING)
    const memory = instance.exports['m'] as Memory
    instance.call('poke', 5, 9)
    expect(instance.call('grow', 4)).toBe(1)
    instance.call('poke', 5 * PAGE - 1, 8)
    expect([memory.byteLength, memory.bytes[5], memory.view.getUint8(5 * PAGE - 1)]).toEqual([5 * PAGE, 9, 8])
    memory.bytes[5] = 10
    expect(instance.call('peek', 5)).toBe(10)
    expect(codeOf(() => instance.call('peek', 5 * PAGE))).toBe('TRAP_OUT_OF_BOUNDS')
  })

  it('by zero, a million times, allocates nothing', () => {
    const store = new Store()
    const instance = instantiateText(GROWING, {}, { store })
    const memory = instance.exports['m'] as Memory
    const { buffer } = memory.bytes
    instance.call('idle', 1_000_000)
    expect(memory.bytes.buffer).toBe(buffer)
    expect(store.usage().memoryBytes).toBe(PAGE)
  })

  it('that the host cannot do gives -1, and the memory is as it was (adversarial.md 26)', () => {
    const store = new Store()
    const instance = instantiateText(GROWING, {}, { store })
    instance.call('poke', 3, 7)
    refuseBuffersFrom(2 * PAGE)
    expect([instance.call('grow', 1), instance.call('size'), instance.call('peek', 3)]).toEqual([-1, 1, 7])
    expect(store.usage().memoryBytes).toBe(PAGE)
    vi.unstubAllGlobals()
    expect([instance.call('grow', 1), instance.call('size'), instance.call('peek', 3)]).toEqual([1, 2, 7])
  })
})

describe('tables at run time (adversarial.md 27)', () => {
  const TABLES = `(module (memory 1) (data $d "abc") (elem $e func $f $f) (func $f)
    (table $t (export "t") 4 funcref)
    (func (export "grow") (param i32) (result i32) (table.grow $t (ref.func $f) (local.get 0)))
    (func (export "fill") (param i32 i32) (table.fill $t (local.get 0) (ref.func $f) (local.get 1)))
    (func (export "copy") (param i32 i32 i32) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
    (func (export "init") (param i32 i32 i32) (table.init $t $e (local.get 0) (local.get 1) (local.get 2)))
    (func (export "memory.fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 1) (local.get 1)))
    (func (export "memory.copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
    (func (export "memory.init") (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
    (func (export "sum") (result i32) (local i32 i32)
      (loop (local.set 1 (i32.add (local.get 1) (i32.load8_u (local.get 0))))
        (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 65536))))
      (local.get 1)))`

  it('grow to 10,000,000 elements and not beyond', () => {
    const instance = instantiateText(TABLES, {}, { limits: { tableElements: 20_000_000 } })
    expect([instance.call('grow', 0xffff_ffff), instance.call('grow', 10_000_000)]).toEqual([-1, -1])
    expect([instance.call('grow', 9_999_996), instance.call('grow', 1), instance.call('grow', 0)]).toEqual([
      4, -1, 10_000_000,
    ])
  })

  it('past the quota do not grow, and take nothing from it', () => {
    const store = new Store({ tableElements: 10 })
    const instance = instantiateText(TABLES, {}, { store })
    expect([instance.call('grow', 7), instance.call('grow', 6), store.usage().tableElements]).toEqual([-1, 4, 10])
  })

  const HUGE = [0xffff_ffff, 0x8000_0000, 5, 4] as const
  it.each(HUGE)(
    'trap before any write where they are filled, copied or initialised by %i elements from 1 on',
    (length) => {
      const instance = instantiateText(TABLES)
      const table = instance.exports['t'] as Table
      for (const attempt of [
        () => instance.call('fill', 1, length),
        () => instance.call('copy', 1, 0, length),
        () => instance.call('copy', 0, 1, length),
        () => instance.call('init', 1, 0, length),
        () => instance.call('fill', 0xffff_ffff, length),
      ]) {
        expect(codeOf(attempt)).toBe('TRAP_TABLE_OUT_OF_BOUNDS')
      }
      expect([0, 1, 2, 3].map((i) => table.get(i))).toEqual([null, null, null, null])
    },
  )

  it.each([0xffff_ffff, 0x8000_0000, 65_536])('and so do memories, by %i bytes from 1 on', (length) => {
    const instance = instantiateText(TABLES)
    for (const attempt of [
      () => instance.call('memory.fill', 1, length),
      () => instance.call('memory.copy', 1, 0, length),
      () => instance.call('memory.copy', 0, 1, length),
      () => instance.call('memory.init', 1, 0, length),
      () => instance.call('memory.fill', 0xffff_ffff, length),
    ]) {
      expect(codeOf(attempt)).toBe('TRAP_OUT_OF_BOUNDS')
    }
    expect(instance.call('sum')).toBe(0)
  })
})

describe('segments (adversarial.md 27)', () => {
  it('by 100,000 may be active, and are written in order', () => {
    const segments = bytesOf(u32(100_000), repeated(100_000, 0, 0x41, 0, 0x0b, 1, 0x2a))
    const bytes = moduleOf(section(5, vector([0, 1])), section(7, vector([sized('m'), 2, 0])), section(11, segments))
    const memory = engine.compile(bytes).instantiateSync().exports['m'] as Memory
    expect(memory.bytes[0]).toBe(0x2a)
  })
})
