// Programs that allocate without end: what they drop costs nothing, what they keep is counted, and where the store allows no more they
// trap, whatever the host's collector does.

import { describe, expect, it } from 'vitest'
import { Store } from '../../src/runtime/store.ts'
import { Trap } from '../../src/errors/trap.ts'
import { instantiateText } from './module-text.ts'

const MIB = 1024 * 1024

/** `drop n` makes n cells and keeps none; `keep n` makes a list of n; `nest` makes one array of arrays after another. */
const LISTS = `
  (type $cell (struct (field i64) (field (ref null $cell))))
  (type $bytes (array (mut i8)))
  (type $refs (array (mut (ref null $bytes))))
  (global $list (mut (ref null $cell)) (ref.null $cell))
  (func (export "drop") (param $n i32)
    (loop $again
      (drop (struct.new $cell (i64.const 7) (ref.null $cell)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "keep") (param $n i32)
    (loop $again
      (global.set $list (struct.new $cell (i64.const 7) (global.get $list)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
  (func (export "forget") (global.set $list (ref.null $cell)))
  (func (export "bytes") (param i32) (result i32)
    (array.len (array.new_default $bytes (local.get 0))))
  (func (export "nested") (param i32) (result i32)
    (array.len (array.new $refs (array.new_default $bytes (i32.const 1000)) (local.get 0))))`

function lists(heapBytes: number): { store: Store; call: (name: string, ...args: number[]) => unknown } {
  const store = new Store({ heapBytes })
  const instance = instantiateText(LISTS, {}, { store })
  return { store, call: (name, ...args) => instance.call(name, ...args) }
}

function trapOf(run: () => unknown): string | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (!(error instanceof Trap)) throw error
    return error.code
  }
}

describe('a heap of one MiB', () => {
  it('holds a program that drops a hundred times as much', () => {
    const { store, call } = lists(MIB)
    expect(trapOf(() => call('drop', 1_000_000))).toBeUndefined()
    expect(store.usage().heapBytes).toBeLessThanOrEqual(MIB)
  })

  it('ends a program that keeps more, at the same allocation every time', () => {
    const counts = [1, 2, 3].map(() => {
      const { call } = lists(MIB)
      let kept = 0
      while (trapOf(() => call('keep', 1)) === undefined) kept++
      return kept
    })
    expect(counts[0]).toBeGreaterThan(1000)
    expect(new Set(counts).size).toBe(1)
  })

  it('is there again when what filled it is dropped', () => {
    const { call } = lists(MIB)
    expect(trapOf(() => call('keep', 1_000_000))).toBe('HEAP_EXHAUSTED')
    expect(trapOf(() => call('keep', 1))).toBe('HEAP_EXHAUSTED')
    call('forget')
    expect(trapOf(() => call('keep', 1000))).toBeUndefined()
  })

  it('takes no array that is larger, of any length', () => {
    const { call } = lists(MIB)
    for (const length of [2 * MIB, 2 ** 31 - 1, -1]) expect(trapOf(() => call('bytes', length))).toBe('HEAP_EXHAUSTED')
    expect(call('bytes', 1000)).toBe(1000)
    expect(trapOf(() => call('nested', MIB))).toBe('HEAP_EXHAUSTED')
    expect(call('nested', 1000)).toBe(1000)
  })

  it('is counted anew no more than once for every sixteenth of it', () => {
    const { store, call } = lists(MIB)
    let counted = 0
    const { heap } = store
    const objects = heap.objects.bind(heap)
    heap.objects = function* () {
      counted++
      yield* objects()
    }
    const kept = 5000
    call('keep', kept)
    call('drop', 100_000)
    const bytes = 105_000 * (96 + 3 * 8)
    expect(counted).toBeGreaterThan(0)
    expect(counted).toBeLessThanOrEqual((16 * bytes) / MIB)
  })
})

describe('the objects of a heap', () => {
  it('can be listed: each that an instance reaches, once', () => {
    const { store, call } = lists(MIB)
    call('keep', 1000)
    call('drop', 1000)
    expect([...store.heap.objects()].length).toBeGreaterThanOrEqual(1000)
    expect([...store.heap.objects()].length).toBeLessThan(1010)
    call('forget')
    expect([...store.heap.objects()].length).toBeLessThan(10)
  })
})
