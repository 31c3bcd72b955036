// What a typing rule may ask and do: the context C and the operand and control stacks of the specification's algorithm. The validator
// implements it by checking; a tier's lowering implements it on code that is known to be valid.
// https://webassembly.github.io/spec/core/appendix/algorithm.html

import type {
  AddrType,
  ArrayType,
  BlockType,
  ContType,
  FuncType,
  GlobalType,
  HeapType,
  MemoryType,
  RefType,
  StructType,
  TableType,
  ValType,
} from '../syntax/types.ts'
import type { Immediates } from './immediates.ts'

/** The structured instruction that opened a control frame; `func` is the body itself. */
export type ControlKind = 'func' | 'block' | 'loop' | 'if' | 'else' | 'try' | 'catch' | 'catch_all'

export interface Typing {
  /** Pops an operand that must match `expected`. */
  pop(expected: ValType): void
  /** Pops an operand of any type; BOT where the code is unreachable. */
  popAny(): ValType
  /** Pops a reference of any type; where the code is unreachable, one that is not null and matches every other. */
  popRef(): RefType
  /** Likewise, of a type in the hierarchy whose greatest heap type this is. */
  popRefOf(top: HeapType): RefType
  /** Pops `count` operands of one type. */
  popCopies(type: ValType, count: number): void
  push(type: ValType): void
  popAll(types: readonly ValType[]): void
  pushAll(types: readonly ValType[]): void
  /** Checks the topmost operands against `types` and leaves them. */
  peekAll(types: readonly ValType[]): void

  /** The value type of addresses of that kind. */
  addr(type: AddrType): ValType

  /** Each reports `unknown local 7` and the like where there is none. */
  /** The type of a local that is read: one without default must have been set. */
  readLocal(x: number): ValType
  /** The type of a local that is set: it has a value from here to the end of the block. */
  setLocal(x: number): ValType
  global(x: number): GlobalType
  table(x: number): TableType
  memory(x: number): MemoryType
  func(x: number): FuncType
  /** The index of a function's type. */
  funcTypeIdx(x: number): number
  /** Whether the function's type is that one itself, and not a subtype. */
  isExactFunc(x: number): boolean
  /** The type of what describes the type's instances; undefined where nothing does. */
  descriptor(x: number): number | undefined
  /** Each reports a type that is of another kind. */
  type(x: number): FuncType
  structType(x: number): StructType
  arrayType(x: number): ArrayType
  contType(x: number): ContType
  /** The type of a tag: a function, whose results are what a suspension gives. */
  tag(x: number): FuncType
  /** Checks that a type which an instruction spells exists, and gives it. */
  valType(type: ValType): ValType
  heapType(heap: HeapType): HeapType
  /** The greatest type of the heap type's hierarchy. */
  topOf(heap: HeapType): HeapType
  elem(x: number): RefType
  data(x: number): void
  /** Checks that `actual` is `expected` or a subtype of it. */
  matches(actual: ValType, expected: ValType): void
  isSubtype(actual: ValType, expected: ValType): boolean
  /** Checks that operands of the types `actual` may go where `expected` are wanted. */
  matchAll(actual: readonly ValType[], expected: readonly ValType[]): void
  /** Checks that the function may be referenced (C.refs). */
  declaredFunc(x: number): void
  /** The type of a block, from its immediate. */
  blockType(type: BlockType): FuncType
  /** Operands that a branch to the label takes. */
  label(l: number): readonly ValType[]
  /** What the frame of the label is at this place. */
  labelKind(l: number): ControlKind
  returns(): readonly ValType[]

  pushControl(kind: ControlKind, type: FuncType): void
  /** Checks the frame's results, closes it and gives what it was, until the next call. */
  popControl(): { readonly kind: ControlKind; readonly type: FuncType }
  /** The rest of the block cannot be reached: its operand stack becomes polymorphic. */
  unreachable(): void
  /** Whether a proposal is on, for a rule of another one that it changes. */
  isOn(proposal: string): boolean
  /** Reports an invalid instruction in the specification's words. */
  invalid(reason: string): never
}

/** The typing rule of an instruction whose type depends on the context. */
export type TypingRule = (C: Typing, im: Immediates) => void
