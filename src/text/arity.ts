// How many operands an instruction takes and how many results it leaves, told by its own typing rule, which runs here against a
// context that counts instead of checking. Folded printing needs no more: whatever is folded, the order of instructions stays.

import { InternalError } from '../errors/heddle-error.ts'
import { ModuleError } from '../errors/module-error.ts'
import type { Instruction } from '../instructions/define.ts'
import type { Immediates } from '../instructions/immediates.ts'
import type { ControlKind, Typing } from '../instructions/typing.ts'
import { funcTypeAt, type IndexSpaces, type Module } from '../syntax/module.ts'
import { EMPTY_BLOCK, FUNCREF, I32 } from '../syntax/types.ts'
import type {
  ArrayType,
  BlockType,
  ContType,
  FuncType,
  GlobalType,
  HeapType,
  MemoryType,
  RefType,
} from '../syntax/types.ts'
import type { StructType, TableType, ValType } from '../syntax/types.ts'

const EMPTY: FuncType = { kind: 'func', params: [], results: [] }
const NO_FIELDS: StructType = { kind: 'struct', fields: [] }
const NO_CONT: ContType = { kind: 'cont', typeIdx: -1 }
const ANY_ARRAY: ArrayType = { kind: 'array', elem: { type: I32, mutable: true } }
const ANY_GLOBAL: GlobalType = { type: I32, mutable: true }
const ANY_TABLE: TableType = { addrType: 'i32', limits: { min: 0 }, elem: FUNCREF }
/** It admits every offset. */
const ANY_MEMORY: MemoryType = { addrType: 'i64', limits: { min: 0 }, shared: false }

interface OpenBlock {
  readonly kind: ControlKind
  readonly type: FuncType
}

export class ArityCounter implements Typing {
  /** Of the instruction that was counted last. */
  popped = 0
  pushed = 0
  private readonly module: Module
  private readonly spaces: IndexSpaces
  private ownType: FuncType = EMPTY
  private readonly blocks: OpenBlock[] = []

  constructor(module: Module, spaces: IndexSpaces) {
    this.module = module
    this.spaces = spaces
  }

  /** Begins with the body of a function of that type, or with a constant expression where there is none. */
  enter(type: FuncType | undefined): void {
    this.ownType = type ?? EMPTY
    this.blocks.length = 0
  }

  /**
   * An instruction whose rule refuses it counts as taking and leaving nothing. What opens a block takes the block's parameters
   * and leaves nothing; what ends one leaves its results.
   */
  count(row: Instruction, im: Immediates): void {
    this.popped = 0
    this.pushed = 0
    if (row.structure === 'else') return
    if (row.structure === 'end') {
      this.pushed = (this.blocks.pop()?.type ?? EMPTY).results.length
      return
    }
    if (row.rule === undefined) {
      this.popped = row.signature?.params.length ?? 0
      this.pushed = row.signature?.results.length ?? 0
      return
    }
    try {
      row.rule(this, im)
    } catch (error) {
      if (!(error instanceof ModuleError)) throw error
      this.popped = 0
      this.pushed = 0
    }
  }

  pop(): void {
    if (this.pushed > 0) this.pushed--
    else this.popped++
  }

  popAny(): ValType {
    this.pop()
    return I32
  }

  popRef(): RefType {
    this.pop()
    return FUNCREF
  }

  popRefOf(): RefType {
    return this.popRef()
  }

  popCopies(_: ValType, count: number): void {
    for (let i = 0; i < count; i++) this.pop()
  }

  push(): void {
    this.pushed++
  }

  popAll(types: readonly ValType[]): void {
    for (let i = 0; i < types.length; i++) this.pop()
  }

  pushAll(types: readonly ValType[]): void {
    this.pushed += types.length
  }

  peekAll(): void {}

  addr(): ValType {
    return I32
  }

  readLocal(): ValType {
    return I32
  }

  setLocal(): ValType {
    return I32
  }

  global(): GlobalType {
    return ANY_GLOBAL
  }

  table(): TableType {
    return ANY_TABLE
  }

  memory(): MemoryType {
    return ANY_MEMORY
  }

  func(x: number): FuncType {
    const typeIdx = this.spaces.funcs[x]
    return typeIdx === undefined ? EMPTY : this.type(typeIdx)
  }

  type(x: number): FuncType {
    return funcTypeAt(this.module, x) ?? EMPTY
  }

  funcTypeIdx(): number {
    return 0
  }

  isExactFunc(): boolean {
    return true
  }

  descriptor(x: number): number | undefined {
    return this.module.descriptors?.get(x)?.descriptor
  }

  structType(x: number): StructType {
    const type = this.module.types[x]
    return type?.kind === 'struct' ? type : NO_FIELDS
  }

  arrayType(x: number): ArrayType {
    const type = this.module.types[x]
    return type?.kind === 'array' ? type : ANY_ARRAY
  }

  contType(x: number): ContType {
    const type = this.module.types[x]
    return type?.kind === 'cont' ? type : NO_CONT
  }

  tag(x: number): FuncType {
    const typeIdx = this.spaces.tags[x]
    return typeIdx === undefined ? EMPTY : this.type(typeIdx)
  }

  valType(type: ValType): ValType {
    return type
  }

  heapType(heap: HeapType): HeapType {
    return heap
  }

  topOf(heap: HeapType): HeapType {
    return heap
  }

  elem(): RefType {
    return FUNCREF
  }

  data(): void {}
  matches(): void {}

  isSubtype(): boolean {
    return true
  }

  isOn(): boolean {
    return true
  }

  matchAll(): void {}
  needDataCount(): void {}
  declaredFunc(): void {}

  blockType(type: BlockType): FuncType {
    if (type === EMPTY_BLOCK) return EMPTY
    if (type >= 0 && type < 2 ** 30) return this.type(type)
    return { kind: 'func', params: [], results: [type] }
  }

  label(l: number): readonly ValType[] {
    const block = this.blocks[this.blocks.length - 1 - l]
    if (block === undefined) return this.ownType.results
    return block.kind === 'loop' ? block.type.params : block.type.results
  }

  /** Whether a label may be rethrown from makes no difference to the operands. */
  labelKind(): ControlKind {
    return 'catch'
  }

  returns(): readonly ValType[] {
    return this.ownType.results
  }

  pushControl(kind: ControlKind, type: FuncType): void {
    this.blocks.push({ kind, type })
  }

  popControl(): never {
    // Only what closes blocks asks for this, and that is counted without its rule.
    throw new InternalError('counting met a rule that closes a block')
  }

  unreachable(): void {}

  invalid(reason: string): never {
    throw new ModuleError('invalid', reason)
  }
}
