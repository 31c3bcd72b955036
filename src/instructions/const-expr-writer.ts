// Writes constant expressions of values: the instructions that make numbers, references, structures and arrays, each by its row. Which
// of them a value takes, and whether they fit together, is the caller's.
// https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions

import { InternalError } from '../errors/heddle-error.ts'
import type { Code } from '../syntax/module.ts'
import { F32, F64, I32, I64, V128, type AddrType, type HeapType, type ValType } from '../syntax/types.ts'
import type { Instruction } from './define.ts'
import type { Immediates } from './immediates.ts'
import { InstructionWriter } from './instruction-writer.ts'
import { instructionByName } from './table.ts'

const END = row('end')
const NULL = row('ref.null')
const FUNC = row('ref.func')
const GLOBAL = row('global.get')
const I31 = row('ref.i31')
const STRUCT = row('struct.new')
const DESCRIBED_STRUCT = row('struct.new_desc')
const ARRAY = row('array.new')
const FIXED_ARRAY = row('array.new_fixed')
const TO_EXTERN = row('extern.convert_any')
const TO_ANY = row('any.convert_extern')

const NUMBERS: ReadonlyMap<ValType, Instruction> = new Map([
  [I32, row('i32.const')],
  [I64, row('i64.const')],
  [F32, row('f32.const')],
  [F64, row('f64.const')],
  [V128, row('v128.const')],
])

function row(name: string): Instruction {
  const found = instructionByName(name)
  if (found === undefined) throw new InternalError(`no instruction ${name}`)
  return found
}

const NOTHING: Immediates = { x: 0, y: 0, align: 0, lo: 0, hi: 0, list: [], count: 0, vector: new Int32Array(4) }

export class ConstExprWriter {
  private readonly writer = new InstructionWriter()

  /** A number or vector by its bits: as many words of 32 bits as it has, the lowest first. */
  number(type: ValType, words: ArrayLike<number>): void {
    const instruction = NUMBERS.get(type)
    if (instruction === undefined) throw new InternalError(`no constant of type ${type}`)
    const [x, hi = 0] = [words[0]!, words[1]]
    const vector = type === V128 ? Int32Array.from(words) : NOTHING.vector
    this.write(instruction, { x, lo: x, hi, vector })
  }

  null(heap: HeapType): void {
    this.write(NULL, { x: heap })
  }

  func(funcIdx: number): void {
    this.write(FUNC, { x: funcIdx })
  }

  global(globalIdx: number): void {
    this.write(GLOBAL, { x: globalIdx })
  }

  i31(value: number): void {
    this.number(I32, [value])
    this.write(I31, {})
  }

  /** Of the operands that were written before: the fields, and behind them its descriptor where it has one. */
  struct(typeIdx: number, isDescribed: boolean): void {
    this.write(isDescribed ? DESCRIBED_STRUCT : STRUCT, { x: typeIdx })
  }

  /** Of `length` operands that were written before. */
  fixedArray(typeIdx: number, length: number): void {
    this.write(FIXED_ARRAY, { x: typeIdx, y: length })
  }

  /** Of the one operand that was written before, `length` times. */
  uniformArray(typeIdx: number, length: number): void {
    this.number(I32, [length])
    this.write(ARRAY, { x: typeIdx })
  }

  /** The reference that was written before as one of the other hierarchy. */
  convertTo(hierarchy: 'extern' | 'any'): void {
    this.write(hierarchy === 'extern' ? TO_EXTERN : TO_ANY, {})
  }

  end(): Code {
    this.write(END, {})
    const bytes = this.writer.toBytes()
    return { bytes, start: 0, end: bytes.length }
  }

  private write(instruction: Instruction, immediates: Partial<Immediates>): void {
    this.writer.write(instruction, { ...NOTHING, ...immediates })
  }
}

/** An address or an index as a constant. */
export function addressExpr(addrType: AddrType, address: number): Code {
  const writer = new ConstExprWriter()
  if (addrType === 'i32') writer.number(I32, [address | 0])
  else writer.number(I64, [address | 0, Math.floor(address / 2 ** 32)])
  return writer.end()
}
