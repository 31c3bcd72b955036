// Wide arithmetic against BigInt, in every form in which the interpreter executes an instruction of several results.

import { describe, expect, test } from 'vitest'
import { i64Edges, randomI64 } from '../numeric/operands.ts'
import { call, finish, instance, resultsOf, start } from './wat-instance.ts'

type Tuples = readonly (readonly bigint[])[]

interface Meaning {
  readonly operands: Tuples
  /** The result as a whole, of which 128 bits count. */
  readonly of: (...operands: readonly bigint[]) => bigint
}

const next = randomI64(128)

/** Each edge with each, and random ones. */
function tuples(count: number): Tuples {
  return [
    ...i64Edges.flatMap((a) => i64Edges.map((b) => (count === 2 ? [a, b] : [a, b, b ^ 1n, a]))),
    ...Array.from({ length: 2000 }, () => Array.from({ length: count }, next)),
  ]
}

const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value)
const joined = (low: bigint, high: bigint): bigint => (high << 64n) | unsigned(low)

const MEANINGS: Readonly<Record<string, Meaning>> = {
  'i64.add128': { operands: tuples(4), of: (a, b, c, d) => joined(a, b) + joined(c, d) },
  'i64.sub128': { operands: tuples(4), of: (a, b, c, d) => joined(a, b) - joined(c, d) },
  'i64.mul_wide_s': { operands: tuples(2), of: (a, b) => a * b },
  'i64.mul_wide_u': { operands: tuples(2), of: (a, b) => unsigned(a) * unsigned(b) },
}

/** Functions that return the results as they lie, put them into locals of operands, and compute before and after. */
function moduleOf(name: string, count: number): string {
  const type = `(param ${'i64 '.repeat(count)}) (result i64 i64)`
  const gets = Array.from({ length: count }, (_, i) => `local.get ${i}`)
  const sums = gets.map((get) => `${get} i64.const 1 i64.add i64.const 1 i64.sub`)
  return `(module
    (func (export "stack") ${type} ${gets.join(' ')} ${name})
    (func (export "first locals") ${type} ${gets.join(' ')} ${name} local.set 1 local.set 0 local.get 0 local.get 1)
    (func (export "last locals") ${type} ${gets.join(' ')} ${name}
      local.set ${count - 2} local.set ${count - 1} local.get ${count - 1} local.get ${count - 2})
    (func (export "computed") ${type} ${sums.join(' ')} ${name}
      i64.const 1 i64.add i64.const 1 i64.sub)
  )`
}

describe.each(Object.entries(MEANINGS))('%s is exact', (name, { operands, of }) => {
  const module = instance(moduleOf(name, operands[0]!.length))
  const expected = (tuple: readonly bigint[]): bigint[] => {
    const value = BigInt.asIntN(128, of(...tuple))
    return [BigInt.asIntN(64, value), value >> 64n]
  }
  const wrong = (some: Tuples, run: (tuple: readonly bigint[]) => unknown[]): Tuples =>
    some.filter((tuple) => String(run(tuple)) !== String(expected(tuple)))

  test.each(['stack', 'first locals', 'last locals', 'computed'])('with operands and results: %s', (form) => {
    expect(wrong(operands, (tuple) => call(module, form, ...tuple))).toEqual([])
  })

  test.each(['stack', 'first locals', 'computed'])('in a run that counts fuel: %s', (form) => {
    expect(wrong(operands.slice(-500), (tuple) => resultsOf(finish(start(module, form, ...tuple))))).toEqual([])
  })

  test.each(['stack', 'last locals', 'computed'])('in a run that stops at each instruction: %s', (form) => {
    expect(wrong(operands.slice(-200), (tuple) => resultsOf(finish(start(module, form, ...tuple), 1)))).toEqual([])
  })
})

test('operands may be constants', () => {
  const module = instance(`(module
    (func (export "sum") (result i64 i64) i64.const -1 i64.const 2 i64.const 1 i64.const 3 i64.add128)
    (func (export "product") (param i64) (result i64 i64) local.get 0 i64.const -5 i64.mul_wide_s))`)
  expect(call(module, 'sum')).toEqual([0n, 6n])
  expect(call(module, 'product', 7n)).toEqual([-35n, -1n])
})
