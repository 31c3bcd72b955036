// An instruction that is no expression needs somebody who does it: a handler in the interpreter, and one more where it may stand in
// constant expressions. A row without one fails here, not in the first module that has it.

import { describe, expect, it } from 'vitest'
import type { Instruction } from '../src/instructions/define.ts'
import type { Immediates } from '../src/instructions/immediates.ts'
import { INSTRUCTIONS, instructionByName, proposalOf } from '../src/instructions/table.ts'
import { CONTROL_HANDLERS } from '../src/interpret/lower-control.ts'
import { isExpression } from '../src/interpret/ops.ts'
import { slowNumber } from '../src/interpret/slow.ts'
import { rowArity } from '../src/interpret/row-arity.ts'
import { evaluate } from '../src/runtime/const-expr.ts'
import type { Value } from '../src/runtime/value.ts'
import { FUNCREF, HEAP_TYPES_BY_NAME, valTypeName } from '../src/syntax/types.ts'
import { instance } from './unit/interpret/wat-instance.ts'
import { NO_IMMEDIATES, codeOf, writeLine } from './unit/validate/hand-assembled.ts'

const names = (rows: readonly Instruction[]): string[] => rows.map(({ name }) => name)

describe('the interpreter', () => {
  it('has a handler for each instruction that is no expression', () => {
    const handled = (row: Instruction): boolean =>
      CONTROL_HANDLERS[row.name] !== undefined || slowNumber(plainForm(row)) !== undefined
    expect(names(INSTRUCTIONS.filter((row) => !isExpression(row) && !handled(row)))).toEqual([])
  })

  it('has none for what is an expression, or no instruction', () => {
    const needless = Object.keys(CONTROL_HANDLERS).filter((name) => {
      const row = instructionByName(name)
      return row === undefined || isExpression(row)
    })
    expect(needless).toEqual([])
    expect(names(INSTRUCTIONS.filter((row) => isExpression(row) && slowNumber(row) !== undefined))).toEqual([])
  })
})

describe('a constant expression', () => {
  const of = instance(`(module
    (type (struct (field i32)))
    (type (array i32))
    (rec (type (descriptor 3) (struct)) (type (describes 2) (struct)))
    (global i32 (i32.const 42))
    (func))`)

  /** References among them are given as integers, whose reference is null. */
  const operandsOf = (row: Instruction, im: Immediates): string[] =>
    Array.from({ length: rowArity(row, im, of.compiled).params }, () => 'i32')

  const takesDescriptor = (row: Instruction): boolean => proposalOf(row).name === 'custom-descriptors'

  /** The value of the instruction alone, with a constant for each of its operands. */
  function valueOf(row: Instruction): Value {
    const code = codeOf((writer) => {
      const x = row.immediates.includes('heaptype')
        ? HEAP_TYPES_BY_NAME.get('func')!
        : row.name.startsWith('array')
          ? 1
          : takesDescriptor(row)
            ? 2
            : 0
      const immediates = { ...NO_IMMEDIATES, x, y: 2 }
      const params = row.signature?.params.map(valTypeName) ?? operandsOf(row, immediates)
      // Null would be refused: the type has no fields, so that its descriptor is all that it takes.
      if (takesDescriptor(row)) writeLine(writer, 'struct.new 3')
      else for (const type of params) writeLine(writer, `${type}.const 3`)
      writer.write(row, immediates)
      writeLine(writer, 'end')
    })
    return evaluate(code, of)
  }

  it.each(INSTRUCTIONS.filter(({ constant }) => constant).map((row) => [row.name, row] as const))(
    'may be %s',
    (_, row) => {
      const [result] = row.signature?.results ?? []
      const { type } = valueOf(row)
      if (result !== undefined) expect(valTypeName(type)).toBe(valTypeName(result))
      else expect(valTypeName(type)).toMatch(/^(i32|i64|f32|f64|v128|.*ref.*|\(ref .*\))$/)
    },
  )

  it('has the value that its handler gives', () => {
    expect(valueOf(instructionByName('i64.mul')!).lo).toBe(9)
    expect(valueOf(instructionByName('i32.sub')!).lo).toBe(0)
    expect(valueOf(instructionByName('global.get')!).lo).toBe(42)
    expect(valueOf(instructionByName('ref.func')!).type).toBe(FUNCREF)
  })

  it('of any other instruction is an internal error', () => {
    expect(() => valueOf(instructionByName('i32.xor')!)).toThrow('i32.xor in a constant expression')
  })
})

/** The row that an instruction with two opcodes is found by. */
function plainForm(row: Instruction): Instruction {
  return instructionByName(row.name) ?? row
}
