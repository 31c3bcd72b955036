// Which pages of a memory are given as changed, whoever has changed them: what has no marks is not looked at, what may be written unseen is.

import { describe, expect, it } from 'vitest'
import { Memory as HostMemory } from '../../../src/embed/memory.ts'
import { Engine } from '../../../src/index.ts'
import type { ImportProvider } from '../../../src/runtime/import-provider.ts'
import { InitialContent } from '../../../src/runtime/initial-content.ts'
import { Memory, type MemoryObserver } from '../../../src/runtime/memory.ts'
import { Store } from '../../../src/runtime/store.ts'
import type { Module } from '../../../src/syntax/module.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { call, instance } from '../interpret/wat-instance.ts'
import { PAGE, changedPages, countMarks, differingPages } from './memory-state.ts'

const allocate = (min = 1, max = 16): Memory =>
  Memory.allocate({ addrType: 'i32', limits: { min, max }, shared: false }, new Store())

const WRITER = `(memory (export "m") 1 64)
  (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))`

describe('a memory', () => {
  it('of a new instance has no marks and no changed pages, whatever its active segments have written', () => {
    const own = instance(`(module ${WRITER} (data (i32.const 4090) "across a border") (data (i32.const 0) "x"))`)
    expect(own.memory.bytes[4096]).not.toBe(0)
    expect([countMarks(own.memory), changedPages(own.memory)]).toEqual([0, []])
  })

  it('gives pages as they are now, not copied, and the last one as long as it is', () => {
    const memory = Memory.allocate(
      { addrType: 'i32', limits: { min: PAGE + 7, max: 1 << 20 }, shared: false, pageSizeLog2: 0 },
      new Store(),
    )
    memory.bytes[PAGE + 6] = 1
    memory.mark(PAGE + 6, 1)
    const [page, ...others] = memory.changedPages()
    expect(others).toEqual([])
    expect(page).toMatchObject({ address: PAGE, bytes: Uint8Array.of(0, 0, 0, 0, 0, 0, 1) })
    memory.bytes[PAGE] = 9
    expect(page!.bytes[0]).toBe(9)
  })

  it('leaves out pages that were written to and are as before', () => {
    const own = instance(`(module ${WRITER} (data (i32.const 8) "\\07\\00\\00\\00"))`)
    call(own, 'store', 8, 1)
    expect(changedPages(own.memory)).toEqual([0])
    call(own, 'store', 8, 7)
    expect([changedPages(own.memory), countMarks(own.memory)]).toEqual([[], 1])
  })

  it('gives a page whose initial bytes were overwritten with zeros', () => {
    const own = instance(`(module ${WRITER} (data (i32.const 5000) "abcd"))`)
    call(own, 'store', 5000, 0)
    expect(changedPages(own.memory)).toEqual([1])
  })

  it('keeps its marks when it grows, and marks what it has grown by', () => {
    const own = instance(`(module ${WRITER})`)
    call(own, 'store', 5, 1)
    for (const delta of [1, 2, 0, 5, 20]) {
      const size = own.memory.byteLength
      call(own, 'grow', delta)
      if (delta > 0) call(own, 'store', size + PAGE - 2, -1)
      expect(changedPages(own.memory)).toEqual(differingPages(own.memory))
    }
    expect([changedPages(own.memory).length, countMarks(own.memory)]).toEqual([9, 5])
  })

  it('keeps its marks where they are when it grows by nothing', () => {
    const memory = allocate()
    const { marks } = memory
    for (let i = 0; i < 1_000_000; i++) memory.grow(0)
    expect(memory.marks).toBe(marks)
  })

  it('of 4 GiB has a mebibyte of marks', () => {
    expect(allocate(65_536, 65_536).marks.length).toBe(1 << 20)
  })

  it('is compared as a whole once somebody may write unseen, what it grows by included', () => {
    const memory = allocate(1, 4)
    memory.bytes[7] = 1
    expect([...memory.changedPages()]).toEqual([])
    memory.markAll()
    expect(changedPages(memory)).toEqual([0])
    memory.grow(2)
    memory.bytes[0x2ffff] = 1
    expect(changedPages(memory)).toEqual([0, 47])
  })

  it('that other threads have is compared as a whole, in each of them', () => {
    const shared = { addrType: 'i32', limits: { min: 1, max: 2 }, shared: true } as const
    const memory = Memory.allocate(shared, new Store())
    memory.bytes[1] = 1
    expect([...memory.changedPages()]).toEqual([])
    const other = Memory.fromShared(memory.share()!, new Store())
    other.bytes[5 * PAGE] = 1
    expect(changedPages(memory)).toEqual([0, 5])
    expect(changedPages(other)).toEqual([0, 5])
  })

  it('is compared with whatever beginning it is asked about', () => {
    const memory = allocate()
    memory.bytes.fill(3, 10, 20)
    memory.mark(10, 10)
    const asked: (readonly number[])[] = []
    const pages = memory.changedPages((address, byteLength) => {
      asked.push([address, byteLength])
      return address === 0 ? memory.bytes.slice(address, address + byteLength) : undefined
    })
    expect([...pages]).toEqual([])
    // The first page as it is marked, and what a store may have written behind it.
    expect(asked).toEqual([
      [0, PAGE],
      [PAGE, 16],
    ])
  })
})

describe('what active segments have written', () => {
  const moduleWith = (...texts: string[]): Module =>
    parseModule(`(module (memory 1) ${texts.map((text) => `(data "${text}")`).join(' ')})`)
  const text = (bytes: Uint8Array | undefined): string | undefined =>
    bytes === undefined ? undefined : String.fromCharCode(...bytes).replaceAll('\0', '.')

  it('is read as the last of them has left it, across pages, with zeros between', () => {
    const content = new InitialContent()
    const module = moduleWith('abcdef', 'XY', '')
    content.add(module, 0, PAGE - 3)
    content.add(module, 1, PAGE - 1)
    content.add(module, 2, 0)
    expect(text(content.read(PAGE - 5, 10))).toBe('..abXYef..')
    expect(text(content.read(PAGE - 2, 1))).toBe('b')
    expect(text(content.read(PAGE + 1, 2))).toBe('ef')
    expect(content.read(2 * PAGE, PAGE)).toBeUndefined()
  })

  it('is the sum of what all instances of a memory brought, later ones on top', () => {
    const memory = allocate()
    const importer = (data: string): unknown =>
      instance(`(module (memory (import "" "m") 1) (data (i32.const ${PAGE - 2}) "${data}"))`, {
        imports: { m: memory },
      })
    importer('1234')
    importer('ab')
    expect(text(memory.initial.read(PAGE - 3, 6))).toBe('.ab34.')
    expect([changedPages(memory), countMarks(memory)]).toEqual([[], 0])
    memory.bytes.set([9], 100)
    memory.mark(100, 1)
    importer('z')
    expect(changedPages(memory)).toEqual([0])
  })

  it('stays where a later segment was out of bounds', () => {
    const memory = allocate()
    const failing = '(module (memory (import "" "m") 1) (data (i32.const 3) "abc") (data (i32.const 0x10000) "d"))'
    expect(() => instance(failing, { imports: { m: memory } })).toThrow('out of bounds')
    expect(text(memory.initial.read(0, 8))).toBe('...abc..')
    expect(changedPages(memory)).toEqual([])
  })

  it('counts as written once its module is none of those that are known', () => {
    const memory = allocate()
    const imports = { m: memory }
    const kept = instance(`(module (memory (import "" "m") 1) (data (i32.const ${PAGE}) "kept"))`, { imports })
    instance(`(module (memory (import "" "m") 1) (data (i32.const ${3 * PAGE - 2}) "gone"))`, { imports })
    memory.keepInitial((module) => module === kept.compiled.module)
    expect(changedPages(memory)).toEqual([2, 3])
  })

  it('is no more than four times the memory, however often modules are instantiated', () => {
    const memory = allocate()
    const text = `(module (memory (import "" "m") 1) (data (i32.const ${PAGE}) "${'x'.repeat(2 * PAGE)}"))`
    for (let i = 0; i < 100; i++) {
      instance(text, { imports: { m: memory } })
      expect(memory.initial.byteLength).toBeLessThanOrEqual(4 * memory.byteLength)
      expect(changedPages(memory)).toEqual([])
    }
    expect(countMarks(memory)).toBe(2)
  })

  it('has offsets as instantiation has evaluated them', () => {
    const own = instance(
      `(module (memory i64 1) (global $at i64 (i64.const 4000))
        (data (i64.add (global.get $at) (i64.const 95)) "ab") (data "passive") (data (i64.const 1) ""))`,
    )
    expect(own.memory.initial.segments).toMatchObject([{ dataIdxs: [0], addresses: [4095] }])
  })
})

/** What an observer is told, as text. */
function observed(memory: Memory): string[] {
  const told: string[] = []
  const observer: MemoryObserver = {
    handedOut: (of, address, byteLength) => told.push(`handed out ${address} ${byteLength} ${of === memory}`),
    wrote: (of, address, byteLength) => told.push(`wrote ${address} ${byteLength} ${of === memory}`),
    grew: (of, delta) => told.push(`grew ${delta} ${of === memory}`),
  }
  memory.observer = observer
  return told
}

describe('the host', () => {
  it('marks what it writes, exactly', () => {
    const runtime = allocate()
    const told = observed(runtime)
    const memory = HostMemory.of(runtime)
    memory.write(PAGE - 2, 'text')
    memory.write(3 * PAGE, Uint8Array.of(1))
    memory.write(9 * PAGE, '')
    expect([changedPages(runtime), countMarks(runtime)]).toEqual([[0, 1, 3], 3])
    expect(told).toEqual([`wrote ${PAGE - 2} 4 true`, `wrote ${3 * PAGE} 1 true`, `wrote ${9 * PAGE} 0 true`])
  })

  it('leaves no marks where it reads', () => {
    const runtime = allocate()
    const told = observed(runtime)
    const memory = HostMemory.of(runtime)
    expect([memory.string(5, 3), memory.cString(8), memory.byteLength]).toEqual(['\0\0\0', '', 0x10000])
    expect(() => memory.slice(0xffff, 2)).toThrow('outside')
    expect(() => memory.write(0xffff, 'ab')).toThrow('outside')
    runtime.markAll()
    expect([changedPages(runtime), countMarks(runtime), told]).toEqual([[], 0, []])
  })

  it('has every byte of a slice compared, whenever it writes there', () => {
    const runtime = allocate()
    const told = observed(runtime)
    const slice = HostMemory.of(runtime).slice(2 * PAGE - 1, PAGE + 2)
    expect([changedPages(runtime), countMarks(runtime)]).toEqual([[], 3])
    slice[0] = 1
    slice[PAGE + 1] = 1
    expect(changedPages(runtime)).toEqual([1, 3])
    expect(told).toEqual([`handed out ${2 * PAGE - 1} ${PAGE + 2} true`])
  })

  it.each(['bytes', 'view'] as const)('has the whole memory compared once it was given `%s`', (whole) => {
    const runtime = allocate()
    const told = observed(runtime)
    const { buffer } = HostMemory.of(runtime)[whole]
    new Uint8Array(buffer)[7 * PAGE] = 1
    expect(changedPages(runtime)).toEqual([7])
    expect(told).toEqual(['handed out 0 65536 true'])
  })

  it('is observed when it grows a memory, and wasm is not', () => {
    const own = instance(
      `(module ${WRITER} (func (export "fill") (memory.fill (i32.const 0) (i32.const 1) (i32.const 9))))`,
    )
    const told = observed(own.memory)
    call(own, 'store', 0, 1)
    call(own, 'fill')
    call(own, 'grow', 1)
    expect(told).toEqual([])
    expect([HostMemory.of(own.memory).grow(2), HostMemory.of(own.memory).grow(1000)]).toEqual([2, -1])
    expect(told).toEqual(['grew 2 true'])
  })

  it('is observed when it instantiates a module that writes to a memory', () => {
    const memory = allocate()
    const told = observed(memory)
    instance('(module (memory (import "" "m") 1) (data (i32.const 9) "abc"))', { imports: { m: memory } })
    expect(told).toEqual(['wrote 9 3 true'])
  })

  it('has what a host function takes of the memory compared', () => {
    const module = new Engine().compile(
      parseModule(`(module (import "env" "take" (func $take (param i32 i32))) (memory (export "m") 1)
        (func (export "run") (call $take (i32.const 5000) (i32.const 8))))`),
    )
    let taken: Uint8Array = new Uint8Array()
    const own = module.instantiateSync({
      env: { take: ({ bytes }, pointer: number, length: number) => void (taken = bytes(pointer, length)) },
    })
    own.call('run')
    taken[3] = 1
    expect(changedPages(own.memory!.runtime)).toEqual([1])
  })

  it('marks what a provider of imports says it wrote', () => {
    const provider: ImportProvider = {
      moduleName: 'env',
      typeOf: () => ({ params: ['i32'], results: [] }),
      imports: (memory) => ({
        put: (address) => {
          const guest = memory()
          guest.view.setInt32(Number(address), -1, true)
          guest.wrote?.(Number(address), 4)
        },
      }),
    }
    const module = new Engine().compile(
      parseModule(`(module (import "env" "put" (func $put (param i32))) (memory 1)
        (func (export "run") (param i32) (call $put (local.get 0))))`),
    )
    const own = module.instantiateSync({}, { wasi: provider })
    own.call('run', 2 * PAGE - 1)
    const { runtime } = own.memory!
    expect([changedPages(runtime), countMarks(runtime)]).toEqual([[1, 2], 2])
  })
})
