// Shared memories as an embedder has them: made, handed on, grown by one and seen by the other, counted. Two Memory objects over the same
// data stand for two threads; test/unit/node/worker-threads.test.ts has real ones.

import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  Engine,
  Memory,
  Store,
  UsageError,
  createMemory,
  type Instance,
  type SharedMemoryData,
} from '../../../src/index.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { thrownBy } from '../interpret/wat-instance.ts'

const engine = new Engine({ features: { threads: true } })

const MODULE = engine.compile(
  parseModule(`(module $worker (memory (import "" "m") 1 8 shared)
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "load vector") (param i32) (result i32) (i32x4.extract_lane 0 (v128.load (local.get 0))))
    (func (export "add") (param i32 i32) (result i32) (i32.atomic.rmw.add (local.get 0) (local.get 1)))
    (func (export "fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 7) (local.get 1)))
    (func (export "size") (result i32) (memory.size))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`),
)

const instantiate = (m: Memory): Instance => MODULE.instantiateSync({ '': { m } })

/** Two instances, each with a Memory and a store of its own over the same bytes. */
function pair(max = 8): { memories: [Memory, Memory]; instances: [Instance, Instance]; stores: [Store, Store] } {
  const stores: [Store, Store] = [new Store(), new Store()]
  const first = createMemory(stores[0], { min: 1, max, shared: true })
  const second = Memory.fromShared(structuredClone(first.share()), stores[1])
  return { memories: [first, second], instances: [instantiate(first), instantiate(second)], stores }
}

afterEach(() => vi.unstubAllGlobals())

describe('a shared memory', () => {
  it('handed on is the same memory', () => {
    const { memories, instances } = pair()
    memories[0].write(100, 'across')
    expect(memories[1].string(100, 6)).toBe('across')
    expect(instances[1].call('add', 4, 5)).toBe(0)
    expect(instances[0].call('add', 4, 6)).toBe(5)
    expect(memories.map(({ view }) => view.getInt32(4, true))).toEqual([11, 11])
    expect(memories.map(({ shared }) => shared)).toEqual([true, true])
  })

  it('that a module defines can be handed on as well', () => {
    const module = engine.compile(parseModule('(module (memory (export "m") 1 8 shared) (data (i32.const 0) "\\2a"))'))
    const memory = module.instantiateSync().exports['m'] as Memory
    expect(instantiate(Memory.fromShared(memory.share())).call('load', 0)).toBe(42)
    expect(module.exports).toMatchObject([{ kind: 'memory', type: '1 8 shared' }])
  })

  it('grown by one is seen by the other, before an access is found to be out of bounds', () => {
    for (const access of ['load', 'load vector', 'add', 'fill']) {
      const { memories, instances } = pair()
      const more = access.startsWith('load') ? [] : [1]
      expect(thrownBy(() => instances[1].call(access, 0x1fff0, ...more))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
      expect(instances[0].call('grow', 1)).toBe(1)
      instances[1].call(access, 0x1fff0, ...more)
      expect(memories[1].byteLength).toBe(0x20000)
      expect(thrownBy(() => instances[1].call(access, 0x20000, ...more))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
    }
  })

  it('grown by one has its new size for the other at once', () => {
    const { memories, instances } = pair()
    memories[0].grow(2)
    expect(instances[1].call('size')).toBe(3)
    expect([memories[1].pages, memories[1].byteLength, memories[1].bytes.length]).toEqual([3, 0x30000, 0x30000])
    expect(instances[1].call('grow', 1)).toBe(3)
    expect(instances[0].call('grow', 5)).toBe(-1)
    expect(instances[0].call('grow', 4)).toBe(4)
    expect(instances[1].call('size')).toBe(8)
  })

  it('grown by one matches an import that asks for the new size of the other', () => {
    const { memories } = pair()
    memories[0].grow(1)
    const module = engine.compile(parseModule('(module (memory (import "" "m") 2 8 shared))'))
    expect(module.instantiateSync({ '': { m: memories[1] } }).memory).toBe(memories[1])
  })

  it('keeps views good when it grows', () => {
    const { memories } = pair()
    const { bytes, view } = memories[1]
    memories[0].grow(1)
    memories[0].write(0, 'still')
    expect(bytes[0]).toBe(0x73)
    expect(view.getUint8(1)).toBe(0x74)
    expect(memories[1].bytes.buffer).toBe(bytes.buffer)
  })

  it('counts in each store that has it, with what others have grown it by', () => {
    const { memories, stores } = pair()
    const used = (): number[] => stores.map((store) => store.usage().memoryBytes / 0x10000)
    expect(used()).toEqual([1, 1])
    memories[0].grow(3)
    expect(used()).toEqual([4, 1])
    expect(memories[1].byteLength).toBe(0x40000)
    expect(used()).toEqual([4, 4])
  })

  it('does not grow, and is not taken over, beyond a quota', () => {
    const store = new Store({ memoryBytes: 0x30000 })
    const memory = createMemory(store, { min: 1, max: 100, shared: true })
    expect([memory.grow(3), memory.grow(2), memory.grow(1)]).toEqual([-1, 1, -1])
    expect(memory.bytes.buffer.byteLength).toBe(0x30000)
    expect(thrownBy(() => Memory.fromShared(memory.share(), store))).toMatchObject({ code: 'MEMORY_QUOTA' })
    expect(store.usage().memoryBytes).toBe(0x30000)
  })

  it('asks the limiter of the store in which it grows', () => {
    const asked: unknown[] = []
    const store = new Store({}, (...question) => asked.push(question) < 2)
    const memory = createMemory(store, { min: 1, max: 8, shared: true })
    expect([memory.grow(1), memory.grow(1)]).toEqual([1, -1])
    expect(asked).toEqual([
      ['memory', 0x10000, 0x20000],
      ['memory', 0x20000, 0x30000],
    ])
  })

  it('reserves less than its maximum where the host has not got that much, and then grows so far', () => {
    const Real = SharedArrayBuffer
    vi.stubGlobal(
      'SharedArrayBuffer',
      class extends Real {
        constructor(length: number) {
          if (length > 0x20000) throw new RangeError('Array buffer allocation failed')
          super(length)
        }
      },
    )
    const memory = createMemory(new Store(), { min: 1, max: 8, shared: true })
    expect([memory.grow(2), memory.grow(1), memory.grow(1)]).toEqual([-1, 1, -1])
    const store = new Store()
    expect(thrownBy(() => createMemory(store, { min: 3, max: 8, shared: true }))).toMatchObject({
      code: 'MEMORY_QUOTA',
    })
    expect(store.usage().memoryBytes).toBe(0)
  })

  it('is a clear error where the host has no SharedArrayBuffer', () => {
    vi.stubGlobal('SharedArrayBuffer', undefined)
    const store = new Store()
    const error = thrownBy(() => createMemory(store, { min: 1, max: 2, shared: true }))
    expect(error).toMatchObject({ code: 'NO_SHARED_MEMORY' })
    expect((error as Error).message).toMatch(/^this host has no SharedArrayBuffer, .*cross-origin isolated/)
    expect(store.usage().memoryBytes).toBe(0)
  })

  it('must have a maximum', () => {
    expect(() => createMemory(new Store(), { min: 1, shared: true })).toThrow('shared memory must have maximum')
    expect(engine.check(parseModule('(module (memory 1 shared))'))?.reason).toBe('shared memory must have maximum')
  })
})

describe('handing on', () => {
  it('a memory that is not shared is a UsageError', () => {
    const memory = createMemory(new Store(), { min: 1, max: 1 })
    expect(memory.shared).toBe(false)
    expect(thrownBy(() => memory.share())).toMatchObject({ name: 'UsageError', code: 'UNSHARED_MEMORY' })
  })

  it('anything else than what share() gave is a UsageError', () => {
    const data = createMemory(new Store(), { min: 1, max: 1, shared: true }).share()
    const tooLong = new SharedArrayBuffer(4)
    new Int32Array(tooLong)[0] = 2
    for (const wrong of [
      undefined,
      null,
      'shared memory',
      new SharedArrayBuffer(0x10000),
      { ...data, heddle: undefined },
      { ...data, type: { ...data.type, shared: false } },
      { ...data, type: { shared: true } },
      { ...data, type: { ...data.type, addrType: 'f32' } },
      { ...data, type: { ...data.type, limits: { min: 1 } } },
      { ...data, type: { ...data.type, limits: { min: 0.5, max: 1 } } },
      { ...data, type: { ...data.type, limits: { min: 2, max: 1 } } },
      { ...data, type: { ...data.type, limits: { min: '1', max: 1 } } },
      { ...data, type: { ...data.type, pageSizeLog2: -3 } },
      { ...data, bytes: new ArrayBuffer(0x10000) },
      { ...data, pages: new SharedArrayBuffer(3) },
      { ...data, pages: tooLong },
    ]) {
      expect(() => Memory.fromShared(wrong as SharedMemoryData)).toThrow(UsageError)
    }
  })

  it('is never longer than its bytes, whatever another thread claims', () => {
    const { memories, instances } = pair()
    const { pages, bytes } = memories[0].share()
    for (const claimed of [9, 0xffff, -1]) {
      new Int32Array(pages)[0] = claimed
      expect(instances[1].call('size')).toBe(8)
      expect(memories[1].bytes.length).toBe(bytes.byteLength)
      expect(thrownBy(() => instances[1].call('load', bytes.byteLength))).toMatchObject({ code: 'TRAP_OUT_OF_BOUNDS' })
    }
  })
})
