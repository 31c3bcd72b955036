// The deterministic profile: whatever arithmetic makes a NaN, its bits are the canonical ones, positive, in every form of the code; and
// what is no NaN, or only moved, is as it always is.

import { describe, expect, it } from 'vitest'
import type { Instruction } from '../../../src/instructions/define.ts'
import { INSTRUCTIONS } from '../../../src/instructions/table.ts'
import { interpreter } from '../../../src/interpret/interpreter.ts'
import { CompiledModule } from '../../../src/runtime/instance.ts'
import { instantiate } from '../../../src/runtime/instantiate.ts'
import { Store } from '../../../src/runtime/store.ts'
import { FuncInstance } from '../../../src/runtime/func.ts'
import { numberValue, vectorValue, type Value } from '../../../src/runtime/value.ts'
import { F32, F64, V128, valTypeName, type ValType } from '../../../src/syntax/types.ts'
import { parseModule } from '../../../src/text/parse-module.ts'

const ARITHMETIC = INSTRUCTIONS.filter((row) => row.nan !== undefined)

function functionOf(text: string, isDeterministic: boolean): FuncInstance {
  const compiled = new CompiledModule(parseModule(text), undefined, isDeterministic)
  const func = instantiate(new Store(), compiled, []).instance.exports.get('f')
  if (!(func instanceof FuncInstance)) throw new Error('no function')
  return func
}

function program({ name, signature }: Instruction): string {
  const { params, results } = signature!
  const operands = params.map((_, i) => `(local.get ${i})`).join(' ')
  return `(module (func (export "f") (param ${params.map(valTypeName).join(' ')}) (result ${results.map(valTypeName).join(' ')})
    (local $kept ${valTypeName(results[0]!)})
    (local.set $kept (${name} ${operands})) (local.get $kept)))`
}

/** A value of floats of the width, all with those bits. */
function filled(type: ValType, width: 32 | 64, lo: number, hi: number): Value {
  if (type === F32) return numberValue(F32, lo)
  if (type === F64) return numberValue(F64, lo, hi)
  return type === V128 ? vectorValue(width === 32 ? [lo, lo, lo, lo] : [lo, hi, lo, hi]) : numberValue(type, lo, hi)
}

/** How wide the floats are that the instruction takes: conversions take others than they give. */
const widthTaken = ({ name, nan }: Instruction): 32 | 64 =>
  /promote/.test(name) ? 32 : /demote/.test(name) ? 64 : nan!

const words = ({ type, lo, hi, upper }: Value): number[] =>
  type === F32 ? [lo] : [lo, hi, ...(upper === undefined ? [] : [upper.lo, upper.hi])]

/** Negative, with a payload. */
const NAN32 = [-0x3edcba, 0] as const
const NAN64 = [0x1234567, -0x7edcb] as const

describe('NaNs that arithmetic makes', () => {
  it.each(ARITHMETIC.map((row) => [row.name, row] as const))('are canonical: %s', (_, row) => {
    const width = widthTaken(row)
    const [lo, hi] = width === 32 ? NAN32 : NAN64
    const func = functionOf(program(row), true)
    const args = row.signature!.params.map((type) => filled(type, width, lo, hi))
    const lane = row.nan === 32 ? [0x7fc00000] : [0, 0x7ff80000]
    const [result] = interpreter.invoke(func, args)
    const given = words(result!)
    const isHalf = row.name.includes('demote_f64x2')
    const lanes = given.length / lane.length
    const expected = Array.from({ length: isHalf ? lanes / 2 : lanes }, () => lane).flat()
    expect(given).toEqual(isHalf ? [...expected, 0, 0] : expected)
    const stepped = interpreter.start(func, args)
    let stop = stepped.step()
    while (stop.kind === 'fuel') stop = stepped.step()
    expect(stop).toMatchObject({ kind: 'done', results: [result] })
  })

  it.each(ARITHMETIC.map((row) => [row.name, row] as const))('are all that differs: %s', (_, row) => {
    const width = widthTaken(row)
    const [lo, hi] = width === 32 ? [0x3fc00000, 0] : [0, 0x3ff80000]
    const args = row.signature!.params.map((type) => filled(type, width, lo, hi))
    const [plain, deterministic] = [false, true].map((is) => interpreter.invoke(functionOf(program(row), is), args))
    expect(deterministic).toEqual(plain)
  })

  it('are known for every instruction that computes floats', () => {
    const names = ARITHMETIC.map(({ name }) => name)
    for (const shape of ['f32', 'f64', 'f32x4', 'f64x2']) {
      for (const name of ['add', 'sub', 'mul', 'div', 'sqrt', 'min', 'max', 'ceil', 'floor', 'trunc', 'nearest']) {
        expect(names).toContain(`${shape}.${name}`)
      }
      for (const name of ['abs', 'neg', 'eq', 'lt']) expect(names).not.toContain(`${shape}.${name}`)
    }
    expect(names.filter((name) => /promote|demote|relaxed/.test(name))).toHaveLength(12)
  })

  it('are kept as they are where they are only moved', () => {
    const func = functionOf('(module (func (export "f") (param f32) (result f32) (f32.neg (local.get 0))))', true)
    expect(interpreter.invoke(func, [numberValue(F32, 0x7fa00001)])).toMatchObject([{ lo: 0xffa00001 | 0 }])
  })
})
