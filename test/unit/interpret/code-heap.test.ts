// The code heap: bounded by the size of the code that it comes from, and given back.

import { describe, expect, it } from 'vitest'
import { CodeAllocator } from '../../../src/interpret/code-allocator.ts'
import { placeFunction } from '../../../src/interpret/code-heap.ts'
import { usedCodeWords } from '../../../src/interpret/machine.ts'
import { CompiledModule } from '../../../src/runtime/instance.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { call, instance, thrownBy } from './wat-instance.ts'

describe('the allocator', () => {
  it('gives out stretches that do not overlap, and joins what comes back', () => {
    const allocator = new CodeAllocator(10, 110)
    const stretches = [30, 20, 50].map((length) => {
      const start = allocator.take(length)!
      return { start, end: start + length }
    })
    expect(stretches.map(({ start }) => start)).toEqual([10, 40, 60])
    expect(allocator.take(1)).toBeUndefined()
    allocator.give([stretches[2]!, stretches[0]!])
    expect(allocator.available).toBe(80)
    expect(allocator.take(51)).toBeUndefined()
    allocator.give([stretches[1]!])
    expect(allocator.take(100)).toBe(10)
  })

  it('takes any number of stretches back in one go', () => {
    const count = 200_000
    const allocator = new CodeAllocator(0, count * 2)
    const stretches = Array.from({ length: count }, (_, i) => ({ start: i * 2, end: i * 2 + 1 }))
    for (let i = 0; i < count; i++) allocator.take(2)
    allocator.give(stretches)
    allocator.give(stretches.map(({ end }) => ({ start: end, end: end + 1 })))
    expect(allocator.take(count * 2)).toBe(0)
  })
})

describe('lowered code', () => {
  const place = (text: string): number => {
    const compiled = new CompiledModule(parseModule(text))
    const { start, end } = placeFunction(compiled, 0, 'fast')
    return end - start
  }

  it('does not grow with the number of locals of reference type', () => {
    const locals = (count: number): number => place(`(module (func (local ${'funcref '.repeat(count)})))`)
    expect(locals(50_000)).toBe(locals(1))
  })

  it('is made once for each function', () => {
    const compiled = new CompiledModule(parseModule('(module (func (nop)))'))
    const before = usedCodeWords()
    const first = placeFunction(compiled, 0, 'fast')
    expect(usedCodeWords()).toBe(before + first.end - first.start)
    expect(placeFunction(compiled, 0, 'fast')).toBe(first)
  })

  it('that would be out of all proportion to its module is refused', () => {
    // Each of many labels wants its thousand operands elsewhere.
    const labels = 20_000
    const type = `(result ${'i32 '.repeat(1000)})`
    const table = Array.from({ length: labels }, (_, i) => i).join(' ')
    const text = `(module (type $t (func ${type})) (func (export "f") ${type}
      ${'block (type $t) i32.const 0 '.repeat(labels)} ${'i32.const 0 '.repeat(1001)} br_table ${table}
      ${'end unreachable '.repeat(labels)}))`
    const error = thrownBy(() => place(text))
    expect(error).toMatchObject({ code: 'CODE_QUOTA' })
  })

  it('has labels beyond the default limit where the module was compiled under a higher one', () => {
    const targets = 70_000
    const own = instance(
      `(module (func (export "f") (param i32) (result i32)
        (block (br_table ${'0 '.repeat(targets)} 0 (local.get 0))) (i32.const 7)))`,
      { moduleLimits: { brTableTargets: targets } },
    )
    expect(call(own, 'f', 69_999)).toEqual([7])
  })
})
