// When what an instance offers may stand for what a module imports.

import { describe, expect, it } from 'vitest'
import { EXTERNREF, FUNCREF, I32, I64 } from '../../../src/syntax/types.ts'
import type { GlobalType, Limits, MemoryType, TableType, ValType } from '../../../src/syntax/types.ts'
import { matchesExternType, matchesLimits, type ClosedExternType } from '../../../src/validate/matching.ts'
import { canonicalFuncType } from '../../../src/validate/canonical-types.ts'
import { funcType } from './hand-assembled.ts'

const func = (text: string): ClosedExternType => ({ kind: 'func', type: canonicalFuncType(funcType(text)) })
const table = (elem: ValType, limits: Limits, addrType: TableType['addrType'] = 'i32'): ClosedExternType => ({
  kind: 'table',
  type: { elem, limits, addrType },
})
const memory = (limits: Limits, facts: Partial<MemoryType> = {}): ClosedExternType => ({
  kind: 'memory',
  type: { addrType: 'i32', limits, shared: false, ...facts },
})
const global = (type: ValType, mutable: boolean): ClosedExternType => {
  const globalType: GlobalType = { type, mutable }
  return { kind: 'global', type: globalType }
}

describe('limits', () => {
  it.each<[Limits, Limits, boolean]>([
    [{ min: 1 }, { min: 1 }, true],
    [{ min: 2 }, { min: 1 }, true],
    [{ min: 1 }, { min: 2 }, false],
    [{ min: 1, max: 5 }, { min: 1 }, true],
    [{ min: 1 }, { min: 1, max: 5 }, false],
    [{ min: 1, max: 5 }, { min: 1, max: 5 }, true],
    [{ min: 1, max: 4 }, { min: 1, max: 5 }, true],
    [{ min: 1, max: 6 }, { min: 1, max: 5 }, false],
    [{ min: 0, max: 2n ** 53n + 1n }, { min: 0, max: 2 ** 53 }, false],
    [{ min: 0, max: 2 ** 53 }, { min: 0, max: 2n ** 53n + 1n }, true],
  ])('%o for %o: %s', (actual, expected, matches) => {
    expect(matchesLimits(actual, expected)).toBe(matches)
  })
})

describe('an external type', () => {
  it.each<[string, ClosedExternType, ClosedExternType, boolean]>([
    ['a function of the same type', func('i32 -> i64'), func('i32 -> i64'), true],
    ['a function with another parameter', func('i64 -> i64'), func('i32 -> i64'), false],
    ['a function with another result', func('i32 -> i32'), func('i32 -> i64'), false],
    ['a function with more results', func('i32 -> i64 i64'), func('i32 -> i64'), false],
    ['a larger table', table(FUNCREF, { min: 10 }), table(FUNCREF, { min: 1 }), true],
    ['a smaller table', table(FUNCREF, { min: 1 }), table(FUNCREF, { min: 10 }), false],
    ['a table of other references', table(EXTERNREF, { min: 1 }), table(FUNCREF, { min: 1 }), false],
    ['a table with other addresses', table(FUNCREF, { min: 1 }, 'i64'), table(FUNCREF, { min: 1 }), false],
    ['a memory with a lower maximum', memory({ min: 1, max: 2 }), memory({ min: 1, max: 3 }), true],
    ['a memory with a higher maximum', memory({ min: 1, max: 4 }), memory({ min: 1, max: 3 }), false],
    ['a shared memory', memory({ min: 1, max: 1 }, { shared: true }), memory({ min: 1, max: 1 }), false],
    ['a memory with other addresses', memory({ min: 1 }, { addrType: 'i64' }), memory({ min: 1 }), false],
    ['a memory of other pages', memory({ min: 1 }, { pageSizeLog2: 0 }), memory({ min: 1 }), false],
    ['a memory of the same pages, once spelled', memory({ min: 1 }, { pageSizeLog2: 16 }), memory({ min: 1 }), true],
    ['a global of the same type', global(I32, true), global(I32, true), true],
    ['a global of another type', global(I64, false), global(I32, false), false],
    ['a variable for a constant', global(I32, true), global(I32, false), false],
    ['a constant for a variable', global(I32, false), global(I32, true), false],
  ])('%s', (_, actual, expected, matches) => {
    expect(matchesExternType(actual, expected)).toBe(matches)
  })

  it('of one kind never matches another', () => {
    const all = [func('->'), table(FUNCREF, { min: 0 }), memory({ min: 0 }), global(I32, false)]
    for (const actual of all) {
      for (const expected of all) expect(matchesExternType(actual, expected)).toBe(actual === expected)
    }
  })
})
