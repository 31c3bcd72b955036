// Lowers a function body to register code: one pass over the instructions with a stack of operand descriptors. Operands that are
// locals or constants are not copied until something needs them in their slot; a result that goes straight into a local is written
// there; a comparison that feeds a branch becomes one operation with it.
//
// Input: a valid function. Output: words for the code heap, targets relative to their start. Invariant: at every label, every operand
// of the surrounding blocks lies in its own slot, so that all ways to the label agree.
//
// Modes:  fast      nothing is counted
//         metered   each basic block is charged where it begins, and all operands lie in their slots there and at calls
//         stepping  each instruction is charged, and all operands lie in their slots between any two instructions

import { InternalError } from '../errors/heddle-error.ts'
import type { Instruction } from '../instructions/define.ts'
import { InstructionReader } from '../instructions/instruction-reader.ts'
import { memargOffset } from '../instructions/immediates.ts'
import { readValType } from '../instructions/type-codes.ts'
import type { CompiledModule } from '../runtime/instance.ts'
import {
  EMPTY_BLOCK,
  F64,
  I32,
  I64,
  V128,
  isRefType,
  type BlockType,
  type FuncType,
  type ValType,
} from '../syntax/types.ts'
import { CONTROL_HANDLERS } from './lower-control.ts'
import { FIXED_OPS, OPS, formsOfRow, isExpression, isVectorial, type Expression, type RowForms } from './ops.ts'
import { slowNumber } from './slow.ts'
import { byType, isWide, slotWords } from './slots.ts'

export type Mode = 'fast' | 'metered' | 'stepping'

/** A lowered function, before it is placed in the code heap. */
export interface Lowered {
  readonly words: Int32Array
  /** Positions of words that hold a target. */
  readonly targets: readonly number[]
  /** Where execution begins. */
  readonly entry: number
  /** Size of the frame: parameters, locals and the deepest operand stack. */
  readonly frameWords: number
  /** Pairs: position in `words`, offset of the instruction in the module's bytes. Ascending. */
  readonly map: readonly number[]
  /** Pairs: position of a charge that begins a basic block, offset of the instruction that it precedes. Metered and stepping only. */
  readonly blocks: readonly number[]
}

/** What an entry of the operand stack is at this moment: in its slot, the value of a local, or a constant. */
const SLOT = 0
const LOCAL = 1
const CONST = 2

export interface Frame {
  readonly kind: 'func' | 'block' | 'loop' | 'if' | 'else'
  readonly type: FuncType
  /** Operands below the block's parameters, and the address behind them. */
  readonly height: number
  readonly slot: number
  /** Where a loop begins. */
  readonly start: number
  /** Words to be filled with the position of the end. */
  readonly exits: number[]
  /** The word that says where an `if` goes when its condition is false. */
  otherwise: number
  reachable: boolean
}

const EMPTY_TYPE: FuncType = { kind: 'func', params: [], results: [] }
const singles = new Map<ValType, FuncType>()

function singleResult(type: ValType): FuncType {
  let result = singles.get(type)
  if (result === undefined) {
    result = { kind: 'func', params: [], results: [type] }
    singles.set(type, result)
  }
  return result
}

export class Lowering {
  readonly compiled: CompiledModule
  readonly funcType: FuncType
  readonly mode: Mode
  readonly reader: InstructionReader

  private words: Int32Array = new Int32Array(1024)
  /** Words written so far. */
  position = 0
  readonly targets: number[] = []
  readonly map: number[] = []
  readonly blocks: number[] = []

  private readonly localTypes: ValType[] = []
  /** Addresses of the locals, and behind them of the operand stack. */
  private readonly localSlots: number[] = []
  private localWords = 0
  /** Operand stack: what each entry is, what that takes, its type, and the address of its slot. */
  private readonly kinds: number[] = []
  private readonly values: number[] = []
  private readonly highs: number[] = []
  private readonly types: ValType[] = []
  private readonly slots: number[] = []
  /** The address behind the topmost entry. */
  top = 0
  /** Constants of v128, four words each. */
  private readonly vectors: (readonly number[])[] = []
  height = 0
  /** Entries below lie in their slots. */
  private settled = 0
  /** How many entries are the value of each local. */
  private readonly aliases: Int32Array
  private maxTop = 0

  readonly frames: Frame[] = []
  /** Position of the last operation, where its result's slot can still be redirected; else −1. */
  private redirectable = -1
  /** Position of the last operation, where it is a condition that a branch can absorb; else −1. */
  private condition = -1
  private conditionForms: RowForms | undefined

  /** Position of the running block's charge; −1 before its first instruction with a cost. */
  private charge = -1
  private zeroWord = -1
  private firstZeroed = Infinity
  private lastZeroed = -1
  private readonly assigned: Uint8Array

  constructor(compiled: CompiledModule, funcIdx: number, mode: Mode) {
    const { module, spaces } = compiled
    const func = module.funcs[funcIdx - spaces.importedFuncs]
    if (func === undefined) throw new InternalError(`function ${funcIdx} has no body`)
    this.compiled = compiled
    this.mode = mode
    this.funcType = module.types[func.typeIdx]!
    this.reader = InstructionReader.of(func.code)
    this.readLocals()
    this.aliases = new Int32Array(this.localTypes.length)
    this.assigned = new Uint8Array(this.localTypes.length)
  }

  private readLocals(): void {
    for (const type of this.funcType.params) this.declareLocal(type)
    for (let groups = this.reader.readU32(); groups > 0; groups--) {
      const count = this.reader.readU32()
      const type = readValType(this.reader)
      for (let i = 0; i < count; i++) this.declareLocal(type)
    }
    this.top = this.localWords
    this.maxTop = this.top
  }

  private declareLocal(type: ValType): void {
    this.localTypes.push(type)
    this.localSlots.push(this.localWords)
    this.localWords += slotWords(type)
  }

  lower(): Lowered {
    this.emitPrologue()
    this.pushFrame('func', this.funcType, 0)
    while (this.frames.length > 0) this.lowerInstruction()
    this.patchPrologue()
    return {
      words: this.words.slice(0, this.position),
      targets: this.targets,
      entry: this.lastZeroed < 0 && this.mode === 'fast' ? this.zeroWord + 3 : 0,
      frameWords: this.maxTop,
      map: this.map,
      blocks: this.blocks,
    }
  }

  // Locals begin as zero or null. In fast mode, those that are always assigned before they are read are left out.
  private emitPrologue(): void {
    const params = this.funcType.params.length
    const declared = this.localTypes.length - params
    this.localTypes.forEach((type, x) => {
      if (x >= params && isRefType(type)) this.emit(OPS.null_ref, this.localSlots[x]!)
    })
    const hasRefs = this.position > 0
    this.zeroWord = this.position
    if (this.mode === 'fast') this.emit(OPS.zero, 0, 0)
    else if (declared > 0) this.emit(OPS.zero, this.localSlots[params]!, this.localWords - this.localSlots[params]!)
    if (hasRefs) this.needZero(params)
  }

  private patchPrologue(): void {
    if (this.mode !== 'fast' || this.lastZeroed < 0) return
    const first = this.localSlots[this.firstZeroed]!
    const last = this.localSlots[this.lastZeroed]! + slotWords(this.localTypes[this.lastZeroed]!)
    this.words[this.zeroWord + 1] = first
    this.words[this.zeroWord + 2] = last - first
  }

  private needZero(x: number): void {
    if (x < this.firstZeroed) this.firstZeroed = x
    if (x > this.lastZeroed) this.lastZeroed = x
  }

  private lowerInstruction(): void {
    const row = this.reader.next()
    const frame = this.frames[this.frames.length - 1]!
    if (!frame.reachable && row.structure === undefined) return
    if (frame.reachable) {
      this.map.push(this.position, this.reader.start)
      if (this.mode !== 'fast') this.account(row)
    }
    const forms = formsOfRow(row)
    if (forms !== undefined && isExpression(row)) this.lowerExpression(row, forms)
    else {
      const handler = CONTROL_HANDLERS[row.name]
      if (handler !== undefined) handler(this, this.reader, row)
      else this.lowerSlow(row)
    }
    if (this.mode === 'stepping' && frame.reachable) this.settle()
  }

  // ——— fuel ———

  /** Charges the instruction: in the block's charge, or by itself when stepping. */
  private account(row: Instruction): void {
    if (row.cost === 0) return
    const beginsBlock = this.charge < 0
    if (beginsBlock) {
      this.settle()
      this.charge = this.position
      this.blocks.push(this.position, this.reader.start)
      this.emit(this.mode === 'stepping' ? OPS.charge_block : OPS.charge, 0)
    } else if (this.mode === 'stepping') {
      this.emit(OPS.charge, 1)
    }
    this.words[this.charge + 1] = this.words[this.charge + 1]! + 1
    if (row.charge === undefined) return
    const depth = this.operandCount(row) - row.charge.operand
    this.settle()
    this.emit(OPS.charge_operand, this.slotOf(this.height - depth), Math.log2(row.charge.per))
    this.endBlock()
  }

  /** The next instruction with a cost begins a basic block. */
  endBlock(): void {
    this.charge = -1
  }

  // ——— emission ———

  /** The address of an entry's own slot; of the entry to come, where it would be the topmost. */
  slotOf(entry: number): number {
    return entry === this.height ? this.top : this.slots[entry]!
  }

  slotOfLocal(x: number): number {
    return this.localSlots[x]!
  }

  private room(count: number): void {
    if (this.position + count <= this.words.length) return
    const grown = new Int32Array(Math.max(this.words.length * 2, this.position + count))
    grown.set(this.words)
    this.words = grown
  }

  /** Appends an operation and gives its position. */
  emit(opcode: number, a?: number, b?: number, c?: number, d?: number, e?: number): number {
    this.room(6)
    const { position, words } = this
    words[this.position++] = opcode
    if (a !== undefined) words[this.position++] = a
    if (b !== undefined) words[this.position++] = b
    if (c !== undefined) words[this.position++] = c
    if (d !== undefined) words[this.position++] = d
    if (e !== undefined) words[this.position++] = e
    this.redirectable = -1
    this.condition = -1
    return position
  }

  /** Appends one word, e.g. a target of br_table. */
  emitWord(word: number): number {
    this.room(1)
    this.words[this.position] = word
    return this.position++
  }

  private emitWords(words: Iterable<number>): void {
    for (const word of words) this.emitWord(word)
  }

  /** The word at `at` is a target, known now or later. */
  markTarget(at: number, target: number): void {
    this.targets.push(at)
    this.words[at] = target
  }

  /** Points the words at the current position, where a label is. */
  bindHere(exits: readonly number[]): void {
    for (const at of exits) this.words[at] = this.position
    this.redirectable = -1
    this.condition = -1
  }

  // ——— the operand stack ———

  push(type: ValType): number {
    return this.pushEntry(type, SLOT, 0, 0)
  }

  private pushEntry(type: ValType, kind: number, value: number, high: number): number {
    const entry = this.height++
    const slot = this.top
    this.kinds[entry] = kind
    this.values[entry] = value
    this.highs[entry] = high
    this.types[entry] = type
    this.slots[entry] = slot
    this.top = slot + slotWords(type)
    if (kind === LOCAL) this.aliases[value] = this.aliases[value]! + 1
    if (this.top > this.maxTop) this.maxTop = this.top
    return slot
  }

  pushConst(type: ValType, lo: number, hi = 0): void {
    this.pushEntry(type, CONST, lo, hi)
  }

  pushLocal(x: number): void {
    if (this.assigned[x] === 0 && x >= this.funcType.params.length) this.needZero(x)
    this.pushEntry(this.localTypes[x]!, LOCAL, x, 0)
  }

  pushAll(types: readonly ValType[]): void {
    for (const type of types) this.push(type)
  }

  /** Takes the topmost entry off; its descriptor can still be looked at by its number. */
  pop(): number {
    const entry = --this.height
    this.top = this.slots[entry]!
    if (this.kinds[entry] === LOCAL) {
      const x = this.values[entry]!
      this.aliases[x] = this.aliases[x]! - 1
    }
    if (this.settled > this.height) this.settled = this.height
    return entry
  }

  popMany(count: number): void {
    for (let i = 0; i < count; i++) this.pop()
  }

  typeOf(entry: number): ValType {
    return this.types[entry]!
  }

  isConst(entry: number): boolean {
    return this.kinds[entry] === CONST
  }

  /** The slot in which the entry can be read: its own, or its local's. A constant is put into its own. */
  operand(entry: number): number {
    const kind = this.kinds[entry]
    if (kind === LOCAL) return this.localSlots[this.values[entry]!]!
    const slot = this.slots[entry]!
    if (kind === CONST) {
      this.emitConst(slot, entry)
      this.kinds[entry] = SLOT
    }
    return slot
  }

  /** A v128 constant: its four words lie behind the ones of an i64. */
  private emitVector(slot: number, entry: number): void {
    const [a, b, c, d] = this.vectors[this.values[entry]!]!
    this.emit(OPS.const64, slot, a!, b!)
    this.emit(OPS.const64, slot + 2, c!, d!)
  }

  pushVector(words: readonly number[]): void {
    this.pushEntry(V128, CONST, this.vectors.push(words) - 1, 0)
  }

  private emitConst(slot: number, entry: number): void {
    const type = this.types[entry]!
    if (isRefType(type)) this.emit(OPS.null_ref, slot)
    else if (type === V128) this.emitVector(slot, entry)
    else if (isWide(type)) this.emit(OPS.const64, slot, this.values[entry]!, this.highs[entry]!)
    else this.emit(OPS.const32, slot, this.values[entry]!)
  }

  /** Copies an entry to a slot. */
  moveTo(slot: number, entry: number): void {
    if (this.kinds[entry] === CONST) return this.emitConst(slot, entry)
    this.emitMove(slot, this.operand(entry), this.types[entry]!)
  }

  private emitMove(slot: number, from: number, type: ValType): void {
    if (slot === from) return
    this.emit(byType(type, OPS.move32, OPS.move64, OPS.move_ref, OPS.move128), slot, from)
  }

  /** Puts an entry into its own slot. */
  private settleEntry(entry: number): void {
    if (this.kinds[entry] === SLOT) return
    if (this.kinds[entry] === LOCAL) {
      const x = this.values[entry]!
      this.aliases[x] = this.aliases[x]! - 1
    }
    this.moveTo(this.slots[entry]!, entry)
    this.kinds[entry] = SLOT
  }

  /** Puts the topmost `count` entries into their slots. */
  settleTop(count: number): void {
    for (let entry = Math.max(this.settled, this.height - count); entry < this.height; entry++) this.settleEntry(entry)
  }

  /** Puts all entries into their slots. */
  settle(): void {
    for (let entry = this.settled; entry < this.height; entry++) this.settleEntry(entry)
    this.settled = this.height
  }

  /** Stores the popped entry in a local. */
  setLocal(x: number, entry: number): void {
    this.noteAssignment(x)
    const slot = this.slots[entry]!
    const { redirectable } = this
    if (this.aliases[x]! > 0) this.settle()
    if (
      redirectable >= 0 &&
      redirectable === this.redirectable &&
      this.kinds[entry] === SLOT &&
      this.words[redirectable + 1] === slot
    ) {
      this.words[redirectable + 1] = this.localSlots[x]!
      this.redirectable = -1
      this.condition = -1
      return
    }
    if (this.kinds[entry] === LOCAL && this.values[entry] === x) return
    this.moveTo(this.localSlots[x]!, entry)
  }

  /** Like `setLocal`, but the value stays on the stack. */
  teeLocal(x: number): void {
    const entry = this.pop()
    const [kind, value, high, type] = [this.kinds[entry]!, this.values[entry]!, this.highs[entry]!, this.types[entry]!]
    this.setLocal(x, entry)
    if (kind === CONST) this.pushEntry(type, CONST, value, high)
    else this.pushEntry(type, LOCAL, x, 0)
  }

  // Code outside of all blocks runs once and in order, so that a local which is first met there in an assignment needs no zero.
  private noteAssignment(x: number): void {
    if (this.assigned[x] !== 0 || x < this.funcType.params.length) return
    if (this.frames.length === 1) this.assigned[x] = 1
    else this.needZero(x)
  }

  // ——— instructions ———

  private lowerExpression(row: Expression, forms: RowForms): void {
    if (row.access !== undefined) return this.lowerAccess(row, forms)
    if (isVectorial(row)) return this.lowerAside(row, forms)
    const { params, results } = row.signature
    const result = results[0]!
    if (params.length === 1) {
      const a = this.operand(this.pop())
      this.emitValue(row, forms, forms.value, result, a)
      return
    }
    const right = this.pop()
    const left = this.pop()
    if (this.isConst(right) && forms.valueConst !== undefined && this.mode !== 'stepping') {
      const a = this.operand(left)
      const lo = this.values[right]!
      if (isWide(this.types[right]!)) this.emitValue(row, forms, forms.valueConst, result, a, lo, this.highs[right]!)
      else this.emitValue(row, forms, forms.valueConst, result, a, lo)
      return
    }
    const a = this.operand(left)
    const b = this.operand(right)
    this.emitValue(row, forms, forms.value, result, a, b)
  }

  private emitValue(
    row: Instruction,
    forms: RowForms,
    opcode: number,
    result: ValType,
    a: number,
    b?: number,
    c?: number,
  ): void {
    const slot = this.push(result)
    const position = this.emit(opcode, slot, a, b, c)
    if (this.mode === 'stepping') return
    this.redirectable = position
    if (row.test !== true) return
    this.condition = position
    this.conditionForms = forms
  }

  /** An operation that leaves its result in the slot named by its first word. */
  emitResult(opcode: number, type: ValType, a: number, b?: number, c?: number): void {
    const position = this.emit(opcode, this.push(type), a, b, c)
    if (this.mode !== 'stepping') this.redirectable = position
  }

  private lowerAccess(row: Expression, forms: RowForms): void {
    const { x: memIdx } = this.reader
    const offset = memargOffset(this.reader)
    if (memIdx !== 0 || isVectorial(row)) return this.lowerAside(row, forms, memIdx)
    if (row.access!.kind === 'load') {
      const address = this.operand(this.pop())
      this.emitValue(row, forms, forms.value, row.signature.results[0]!, address, offset)
      return
    }
    const value = this.pop()
    const entry = this.pop()
    if (this.isConst(value) && forms.valueConst !== undefined) {
      this.emit(forms.valueConst, this.operand(entry), offset, this.values[value]!)
      return
    }
    const address = this.operand(entry)
    this.emit(forms.value, address, offset, this.operand(value))
  }

  /**
   * An operation of the side loop. Its words, each where the row has it: the result's slot, the address and its offset, the operands, the
   * immediates, the memory.
   */
  private lowerAside({ signature, access, immediates }: Expression, forms: RowForms, memIdx = 0): void {
    const { reader } = this
    const offset = memargOffset(reader)
    const entries = signature.params.map(() => this.pop()).reverse()
    const address = access === undefined ? undefined : this.operand(this.pop())
    const last = entries.at(-1)
    const takesConst = memIdx === 0 && forms.valueConst !== undefined && this.isConst(last!) && this.mode !== 'stepping'
    const constant = takesConst ? entries.pop() : undefined
    const operands = entries.map((entry) => this.operand(entry))
    if (constant !== undefined) operands.push(this.values[constant]!)
    const [result] = signature.results
    const opcode = memIdx !== 0 ? forms.otherMemory! : takesConst ? forms.valueConst : forms.value
    const position = this.emit(opcode, result === undefined ? undefined : this.push(result))
    if (address !== undefined) this.emitWords([address, offset])
    this.emitWords(operands)
    if (immediates.includes('laneidx')) this.emitWord(reader.y)
    if (immediates.includes('lanes')) this.emitWords(reader.vector)
    if (memIdx !== 0) this.emitWord(memIdx)
    if (result !== undefined && this.mode !== 'stepping') this.redirectable = position
  }

  /** An operation of the second function: operands and results in their slots. */
  lowerSlow(row: Instruction): void {
    const { params, results } = this.typeOfRow(row)
    const number = slowNumber(row)
    if (number === undefined) throw new InternalError(`the interpreter has no operation for ${row.name}`)
    this.settleTop(params)
    this.popMany(params)
    this.emit(OPS.slow, number, this.slotOf(this.height), this.reader.x, this.reader.y)
    this.pushAll(results)
  }

  private operandCount(row: Instruction): number {
    return row.signature?.params.length ?? this.typeOfRow(row).params
  }

  /** How many operands an instruction takes and what it gives, found by running its typing rule over a stack of nothing. */
  private typeOfRow(row: Instruction): { params: number; results: readonly ValType[] } {
    if (row.signature !== undefined) return { params: row.signature.params.length, results: row.signature.results }
    return rowArity(this, row)
  }

  local(x: number): ValType {
    return this.localTypes[x]!
  }

  // ——— control ———

  blockType(type: BlockType): FuncType {
    if (type === EMPTY_BLOCK) return EMPTY_TYPE
    if (type >= 0 && !isRefType(type)) return this.compiled.module.types[type]!
    return singleResult(type)
  }

  /** Opens a block whose parameters are on top of the stack. Everything lies in its slot from here on. */
  pushFrame(kind: Frame['kind'], type: FuncType, otherwise: number): Frame {
    const height = this.height - (kind === 'func' ? 0 : type.params.length)
    const frame: Frame = {
      kind,
      type,
      height,
      slot: this.slotOf(height),
      start: this.position,
      exits: [],
      otherwise,
      reachable: true,
    }
    this.frames.push(frame)
    this.redirectable = -1
    this.condition = -1
    return frame
  }

  /** Sets the stack to a block's beginning or end: `types` above the operands that were there before it. */
  resetTo(height: number, types: readonly ValType[]): void {
    while (this.height > height) this.pop()
    this.pushAll(types)
    this.settled = this.height
  }

  /**
   * Takes the condition off the stack and branches on it: `sense` true where it holds. Where the operation before it is a comparison,
   * that becomes the branch. `prepare` emits what must happen before, with the condition's operands untouched. Gives the target's word.
   */
  branchOn(sense: boolean, prepare: () => void): number {
    const entry = this.pop()
    const position = this.condition
    const isOwn = position >= 0 && this.kinds[entry] === SLOT && this.words[position + 1] === this.slots[entry]
    if (!isOwn) {
      const slot = this.operand(entry)
      prepare()
      this.emit(sense ? OPS.br_if : OPS.br_unless, slot, 0)
      return this.position - 1
    }
    const forms = this.conditionForms!
    const opcode = this.words[position]
    const operands = this.words.slice(position + 2, this.position)
    this.position = position
    prepare()
    const isConst = opcode === forms.valueConst
    const branch = sense
      ? isConst
        ? forms.branchIfConst
        : forms.branchIf
      : isConst
        ? forms.branchUnlessConst
        : forms.branchUnless
    if (branch === undefined) {
      // Only i32.eqz has no branch of its own: its operand is the condition with the other sense.
      this.emit(sense ? OPS.br_unless : OPS.br_if, operands[0]!, 0)
    } else {
      this.emit(branch)
      for (const word of operands) this.emitWord(word)
      this.emitWord(0)
    }
    return this.position - 1
  }
}

/** A stand-in for the stacks that only counts what a typing rule pops and collects what it pushes. */
function rowArity(lowering: Lowering, row: Instruction): { params: number; results: readonly ValType[] } {
  const { module, spaces } = lowering.compiled
  let params = 0
  const results: ValType[] = []
  const none = (): never => {
    throw new InternalError(`${row.name} needs a handler of its own in the interpreter`)
  }
  row.rule!(
    {
      pop: () => void params++,
      popAny: () => {
        params++
        return 0
      },
      push: (type) => void results.push(type),
      popAll: (types) => void (params += types.length),
      pushAll: (types) => void results.push(...types),
      peekAll: none,
      addr: (type) => (type === 'i64' ? I64 : I32),
      local: (x) => lowering.local(x),
      global: (x) => spaces.globals[x]!,
      table: (x) => spaces.tables[x]!,
      memory: (x) => spaces.memories[x]!,
      func: (x) => module.types[spaces.funcs[x]!]!,
      type: (x) => module.types[x]!,
      elem: (x) => module.elems[x]!.type,
      data: () => undefined,
      matches: () => undefined,
      declaredFunc: () => undefined,
      blockType: none,
      label: none,
      returns: none,
      pushControl: none,
      popControl: none,
      unreachable: none,
      invalid: none,
    },
    lowering.reader,
  )
  return { params, results }
}

/** The name of an operation, for listings. */
export function opName(opcode: number): string {
  return FIXED_OPS[opcode] ?? `op ${opcode}`
}
