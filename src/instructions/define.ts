// What a row of the instruction table is, and how a proposal's file writes one.
//
// An expression is JavaScript over the operands:
//   $0 $1 $2     the operand as a number: i32 as int32, f32 and f64 as their value
//   $0l $0h      the halves of an i64 (or of an f64's bits), int32 each
//   $0b          the bits of an f32, int32
//   $d $a        in rows with `access`: the memory's DataView, and the effective address, already checked
//   $low         in `high` only: the low half that `expr` gave
//   $v           in rows with a v128: the lanes of all slots (`numeric/lanes.ts`); a v128 operand $0 is the position of its slot in them
//   $r           the position of the slot for a v128 result: the expression writes it there and has no value
//   $x           the lane that the immediate says
//   $w0 … $w3    the words of an immediate of 16 bytes
//                further results have expressions of their own, evaluated after the first's, which may read what a call left behind
//   i32. i64. f32. f64. convert. i8x16. … v128.    functions of `numeric/`; those that give an i64 return its low half and leave the high
//                one in `i64.hi`

import type { TrapCode } from '../errors/trap.ts'
import { BOT, VAL_TYPES_BY_NAME, type ValType } from '../syntax/types.ts'
import type { ImmediateKind } from './immediates.ts'
import type { TypingRule } from './typing.ts'

/** A condition over the operands under which the instruction traps. Checked in order, before the expression. */
export interface TrapCondition {
  readonly when: string
  readonly trap: TrapCode
}

export interface Signature {
  readonly params: readonly ValType[]
  readonly results: readonly ValType[]
}

/** A memory access of `bytes` bytes at the address operand plus the memarg's offset. An atomic one is told by `atomic`. */
export interface Access {
  readonly kind: 'load' | 'store' | 'atomic'
  readonly bytes: 1 | 2 | 4 | 8 | 16
}

/** What an atomic access does to the bytes at its address. Where they are fewer than those of an operand, it is wrapped. */
export type AtomicAccess = 'load' | 'store' | 'add' | 'sub' | 'and' | 'or' | 'xor' | 'xchg' | 'cmpxchg'

export type AtomicOp = AtomicAccess | 'wait' | 'notify' | 'fence'

/** A row of the table. */
export interface Instruction {
  /** One byte, or `prefix << 16 | number` for a prefixed instruction. */
  readonly opcode: number
  /** The name in the text format. */
  readonly name: string
  readonly immediates: readonly ImmediateKind[]
  /** Its type, where that does not depend on the context. Access rows: without the address operand. */
  readonly signature?: Signature | undefined
  /** Its typing rule, where the type depends on the context. */
  readonly rule?: TypingRule | undefined

  readonly expr?: string | undefined
  /** The high half of an i64 result. Absent: `expr` calls a function that leaves it in `i64.hi`. */
  readonly high?: string | undefined
  /** The results behind the first, in order; evaluated after it, so that `expr` may be a call which leaves them somewhere. */
  readonly further?: readonly { readonly expr: string; readonly high?: string | undefined }[] | undefined
  /** `expr` is a condition: true and false stand for 1 and 0. */
  readonly test?: true | undefined
  /** The result is given as bits, not as a value: an int32 for f32, `expr` and `high` for f64. */
  readonly bits?: true | undefined
  /**
   * The width of the floats in the result that may be NaNs which arithmetic makes: the specification leaves their bits open. For scalars the
   * table knows.
   */
  readonly nan?: 32 | 64 | undefined
  readonly traps?: readonly TrapCondition[] | undefined
  readonly access?: Access | undefined
  /** The instruction is ordered with all others of its kind, in all threads. */
  readonly atomic?: AtomicOp | undefined

  /** Fuel: 0 for pure structure; absent means 1. The cost table is explained in docs/fuel.md. */
  readonly cost?: 0 | undefined
  /** Fuel by length: the position of the operand that is charged on top, one unit per `per` elements. */
  readonly charge?: { readonly operand: number; readonly per: number } | undefined
  /** May stand in constant expressions. */
  readonly constant?: true | undefined
  /** The opcode of the same instruction with a type annotation (`select`). */
  readonly annotated?: number | undefined
  /** The opcode of the same instruction whose reference type may be null. */
  readonly nullable?: number | undefined
  /** Opens a block, continues one (`else`), or ends one. */
  readonly structure?: 'open' | 'else' | 'end' | undefined
  /** A block that `else` may continue. */
  readonly admitsElse?: true | undefined
  /** A conditional branch, which may carry a hint whether it is likely. */
  readonly hintable?: true | undefined
  /** A block that handlers of exceptions may continue, or one that delegates may end. */
  readonly admitsHandlers?: true | undefined
  /** Continues such a block with a handler of one tag or of all, after which no other comes; or ends it. */
  readonly handler?: 'tag' | 'all' | 'delegate' | undefined
  /** Its proposal is off unless switched on. Set by the table. */
  readonly optional?: true | undefined
  /** Control never goes on behind it. */
  readonly diverges?: true | undefined
  /**
   * Its frame waits there while others run: it calls a function, suspends the continuation that it stands in, or resumes another,
   * which gets its arguments, an exception that is made of them, or one that is there.
   */
  readonly transfer?: 'call' | 'suspend' | 'resume' | 'resume with exception' | 'resume with exnref' | undefined
}

/** The optional facts of a row. */
export type Facts = Omit<Instruction, 'opcode' | 'name' | 'immediates' | 'signature' | 'rule' | 'optional'>

/** `'i32 i32 -> i32'` as lists of types. */
export function parseSignature(text: string): Signature {
  const [params, results] = text.split('->').map((side) =>
    side
      .trim()
      .split(/\s+/)
      .filter((word) => word !== ''),
  )
  if (params === undefined || results === undefined) throw new Error(`not a signature: ${text}`)
  const types = (words: readonly string[]): ValType[] => words.map(parseValType)
  return { params: types(params), results: types(results) }
}

function parseValType(word: string): ValType {
  const type = VAL_TYPES_BY_NAME.get(word)
  if (type === undefined || type === BOT) throw new Error(`not a value type: ${word}`)
  return type
}

/** A row whose type is fixed. */
export function op(opcode: number, name: string, type: string, facts: Facts = {}): Instruction {
  return { opcode, name, immediates: [], signature: parseSignature(type), ...facts }
}

/** A row that is an expression over its operands. */
export function pure(opcode: number, name: string, type: string, expr: string, facts: Facts = {}): Instruction {
  return op(opcode, name, type, { expr, ...facts })
}

/** A row that is a condition over its operands. */
export function test(opcode: number, name: string, type: string, expr: string): Instruction {
  return op(opcode, name, type, { expr, test: true })
}

/** A row with immediates, typed by a rule. */
export function ruled(
  opcode: number,
  name: string,
  immediates: readonly ImmediateKind[],
  rule: TypingRule,
  facts: Facts = {},
): Instruction {
  return { opcode, name, immediates, rule, ...facts }
}

/** The row of an instruction on lanes of floats that may be NaNs. */
export function withNan(nan: 32 | 64, row: Instruction): Instruction {
  return { ...row, nan }
}

export function prefixed(prefix: number, number: number): number {
  return (prefix << 16) | number
}
