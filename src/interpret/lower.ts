// Lowers a function body to register code: one pass over the instructions with a stack of operand descriptors. Operands that are
// locals or constants are not copied until something needs them in their slot; a result that goes straight into a local is written
// there; a comparison that feeds a branch becomes one operation with it.
//
// Input: a valid function. Output: words for the code heap, targets relative to their start. Invariant: at every label, every operand
// of the surrounding blocks lies in its own slot, so that all ways to the label agree.
//
// Modes:  fast      nothing is counted
//         metered   each basic block is charged where it begins, and all operands lie in their slots there and at calls
//         stepping  each instruction is charged, and all operands lie in their slots between any two instructions; calls, and blocks that
//                   the fuel covers, go on in metered code
//         precise   likewise, but it is left for nothing, and an instruction that traps has changed nothing in the frame

import { InternalError } from '../errors/heddle-error.ts'
import type { Instruction } from '../instructions/define.ts'
import { InstructionReader } from '../instructions/instruction-reader.ts'
import { readValType } from '../instructions/type-codes.ts'
import type { CompiledModule } from '../runtime/instance.ts'
import { funcTypeOf } from '../syntax/module.ts'
import { EMPTY_BLOCK, V128, isRefType, type BlockType, type FuncType, type ValType } from '../syntax/types.ts'
import { CodeBuffer } from './code-buffer.ts'
import { LocalLayout } from './local-layout.ts'
import { NO_EXITS } from './control-frames.ts'
import { CONTROL_HANDLERS } from './lower-control.ts'
import { Landings, type Handler, type ResumeSite } from './lower-exceptions.ts'
import { OperandStack } from './operand-stack.ts'
import { OPS, formsOfRow, isAside, isExpression, isVectorial, type Expression, type RowForms } from './ops.ts'
import { rowArity } from './row-arity.ts'
import { slowNumber } from './slow.ts'
import { isWide } from './slots.ts'

export type Mode = RunMode | 'stepping'
/** Those that a run chooses among. */
export type RunMode = 'fast' | 'metered' | 'precise'

/** A lowered function, before it is placed in the code heap. */
export interface Lowered {
  readonly words: Int32Array
  readonly opcodes: ReadonlySet<number>
  /** Positions of words that hold a target. */
  readonly targets: readonly number[]
  /** Where execution begins. */
  readonly entry: number
  /** Words of the function itself: behind them lie the landings of what it catches. */
  readonly mainWords: number
  /** Size of the frame: parameters, locals and the deepest operand stack. */
  readonly frameWords: number
  /** Pairs: position in `words`, offset of the instruction in the module's bytes. Ascending. */
  readonly map: readonly number[]
  /** Pairs: position of a charge that begins a basic block, offset of the instruction that it precedes. Not in fast mode. */
  readonly blocks: readonly number[]
  /** What each of these blocks costs. */
  readonly costs: readonly number[]
  /** Who catches what is thrown in the function, and where: pairs of position and the innermost handler from there on, or −1. */
  readonly handlers: readonly Handler[]
  readonly regions: readonly number[]
  /** The clauses of its resumptions. */
  readonly sites: readonly ResumeSite[]
}

export interface Frame {
  kind: 'func' | 'block' | 'loop' | 'if' | 'else' | 'try' | 'catch'
  readonly type: FuncType
  /** Operands below the block's parameters, and the address behind them. */
  readonly height: number
  readonly slot: number
  /** Where a loop begins. */
  readonly start: number
  /** Words to be filled with the position of the end. */
  exits: number[]
  /** That position; −1 before it is known. */
  end: number
  /** Whether exceptions come to its label. */
  catches: boolean
  /** The innermost handler of what is thrown inside of it; −1 for none. */
  handler: number
  /** Of a legacy `try` or `catch`: the handler that it opened; −1 where it can't be reached. */
  opened: number
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
  /** Whether all operands lie in their slots between any two instructions. */
  readonly isExact: boolean
  readonly reader: InstructionReader
  readonly code: CodeBuffer
  readonly locals: LocalLayout
  readonly stack: OperandStack
  readonly frames: Frame[] = []

  readonly landings: Landings = new Landings()
  private readonly map: number[] = []
  private readonly blocks: number[] = []
  private readonly costs: number[] = []
  /** Whether the next instruction with a cost begins a block. */
  private isBetweenBlocks = true
  /** Position of the operation that zeroes the locals. */
  private prologue = -1

  /** Code of more than `maxWords` is refused. */
  constructor(compiled: CompiledModule, funcIdx: number, mode: Mode, maxWords: number) {
    const { module, spaces } = compiled
    const func = module.funcs[funcIdx - spaces.importedFuncs]
    if (func === undefined) throw new InternalError(`function ${funcIdx} has no body`)
    this.compiled = compiled
    this.mode = mode
    this.isExact = mode === 'stepping' || mode === 'precise'
    this.code = new CodeBuffer(maxWords)
    this.funcType = funcTypeOf(module, func.typeIdx)
    this.reader = InstructionReader.of(func.code)
    this.locals = this.readLocals()
    this.stack = new OperandStack(this.code, this.locals)
  }

  private readLocals(): LocalLayout {
    const locals = new LocalLayout(this.funcType)
    for (let groups = this.reader.readU32(); groups > 0; groups--) {
      const count = this.reader.readU32()
      const type = readValType(this.reader)
      for (let i = 0; i < count; i++) locals.declare(type)
    }
    return locals
  }

  lower(): Lowered {
    this.emitPrologue()
    this.pushFrame('func', this.funcType, 0)
    while (this.frames.length > 0) this.lowerInstruction()
    const mainWords = this.code.position
    this.landings.emit(this.code, this.map)
    const { words, position, opcodes, targets } = this.code
    const entry = this.patchPrologue()
    const { map, blocks, costs, landings } = this
    const { handlers, regions } = landings
    const sites = landings.resumeSites()
    const caught = { handlers, regions, sites }
    return {
      words: words.slice(0, position),
      opcodes,
      targets,
      entry,
      mainWords,
      frameWords: this.stack.maxTop,
      map,
      blocks,
      costs,
      ...caught,
    }
  }

  // ——— the beginning ———

  private emitPrologue(): void {
    const { types, slots, params, words, declaredAt } = this.locals
    for (let x = params; x < types.length; x++) {
      const first = x
      while (x < types.length && isRefType(types[x]!)) x++
      if (x > first) this.code.emit(OPS.null_refs, slots[first], (slots[x] ?? words) - slots[first]!)
    }
    this.prologue = this.code.position
    if (this.mode === 'fast' || words > declaredAt) this.code.emit(OPS.zero, declaredAt, words - declaredAt)
  }

  /** In fast code only those locals are zeroed that may be read first. Gives where execution begins. */
  private patchPrologue(): number {
    const { prologue } = this
    if (this.mode !== 'fast') return 0
    const zeroed = this.locals.zeroed()
    if (zeroed === undefined) return prologue === 0 ? prologue + 3 : 0
    this.code.words[prologue + 1] = zeroed.slot
    this.code.words[prologue + 2] = zeroed.words
    return 0
  }

  // ——— instructions ———

  private lowerInstruction(): void {
    const row = this.reader.next()
    const frame = this.frame
    if (!frame.reachable && row.structure === undefined) return
    if (frame.reachable) {
      this.noteOffset()
      if (this.mode !== 'fast') this.account(row)
    }
    const forms = formsOfRow(row)
    if (forms !== undefined && isExpression(row)) {
      this.lowerExpression(row, forms)
      if (row.nan !== undefined && this.compiled.isDeterministic) this.emitCanonical(row)
    } else {
      const handler = CONTROL_HANDLERS[row.name]
      if (handler !== undefined) handler(this, this.reader, row)
      else this.lowerSlow(row)
    }
    if (this.isExact && frame.reachable) this.stack.settle()
  }

  /** NaNs in the result that was just written become canonical. */
  private emitCanonical({ nan, signature }: Expression): void {
    const { stack, code } = this
    const bits = signature.results[0] === V128 ? 128 : nan!
    code.emit(nan === 32 ? OPS.canonical32 : OPS.canonical64, stack.slotOf(stack.height - 1), bits / nan!)
  }

  /** What is emitted from here on comes from the instruction that was just read; one before it that emitted nothing is forgotten. */
  private noteOffset(): void {
    const { map } = this
    const { position } = this.code
    const last = map.length - 1
    if (last > 0 && map[last - 1] === position) map[last] = this.reader.start
    else map.push(position, this.reader.start)
  }

  private lowerExpression(row: Expression, forms: RowForms): void {
    if (row.access !== undefined) return this.lowerAccess(row, forms)
    if (isAside(row)) return this.lowerAside(row, forms)
    const { stack } = this
    const { params, results } = row.signature
    const result = results[0]!
    if (params.length === 1) {
      const a = stack.operand(stack.pop())
      return this.emitValue(row, forms, forms.value, result, a)
    }
    const right = stack.pop()
    const left = stack.pop()
    if (stack.isConst(right) && forms.valueConst !== undefined && !this.isExact) {
      const a = stack.operand(left)
      const high = isWide(stack.typeOf(right)) ? stack.constHigh(right) : undefined
      return this.emitValue(row, forms, forms.valueConst, result, a, stack.constLow(right), high)
    }
    const a = stack.operand(left)
    const b = stack.operand(right)
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
    const position = this.emitResult(opcode, result, a, b, c)
    if (row.test !== true || this.isExact) return
    this.code.condition = position
    this.code.conditionForms = forms
  }

  /** An operation that leaves its result in the slot named by its first word. Gives its position. */
  emitResult(opcode: number, type: ValType, a: number, b?: number, c?: number): number {
    const position = this.code.emit(opcode, this.stack.push(type), a, b, c)
    if (!this.isExact) this.code.redirectable = position
    return position
  }

  private lowerAccess(row: Expression, forms: RowForms): void {
    const { stack } = this
    const { x: memIdx } = this.reader
    if (memIdx !== 0 || isVectorial(row)) return this.lowerAside(row, forms, memIdx)
    if (row.access!.kind === 'load') {
      const { slot, offset } = this.lowerAddress(stack.pop(), memIdx, 0)
      return this.emitValue(row, forms, forms.value, row.signature.results[0]!, slot, offset)
    }
    const value = stack.pop()
    const entry = stack.pop()
    const takesConst = stack.isConst(value) && forms.valueConst !== undefined
    const operand = takesConst ? stack.constLow(value) : stack.operand(value)
    const { slot, offset } = this.lowerAddress(entry, memIdx, 1)
    this.code.emit(takesConst ? forms.valueConst : forms.value, slot, offset, operand)
  }

  /**
   * Where an access finds its address, and the offset that it adds. `entry` was popped last, `operands` lie above it. A 64-bit address becomes,
   * with its offset, one of 32 bits above all of them: no memory is larger. Nothing may be emitted between this and the access, so that a trap
   * finds it.
   */
  private lowerAddress(
    entry: number,
    memIdx: number,
    operands: number,
  ): { readonly slot: number; readonly offset: number } {
    const { stack, code, reader } = this
    const from = stack.operand(entry)
    if (this.compiled.spaces.memories[memIdx]!.addrType === 'i32') return { slot: from, offset: reader.lo }
    const slot = stack.slotAbove(entry + operands)
    code.emit(OPS.address64, slot, from, reader.lo, reader.hi)
    return { slot, offset: 0 }
  }

  /** The offset that an access adds whose address lies in its slot: none where a 64-bit address has it already. */
  private settledOffset(slot: number): number {
    const { reader } = this
    if (this.compiled.spaces.memories[reader.x]!.addrType === 'i32') return reader.lo
    this.code.emit(OPS.address64, slot, slot, reader.lo, reader.hi)
    return 0
  }

  /** The slot of an index into a table, whose entry was popped last and was the topmost. One of 64 bits becomes one of 32, above it. */
  lowerIndex(entry: number, tableIdx: number): number {
    const from = this.stack.operand(entry)
    if (this.compiled.spaces.tables[tableIdx]!.addrType === 'i32') return from
    const slot = this.stack.slotAbove(entry)
    this.code.emit(OPS.saturate64, slot, from)
    return slot
  }

  /**
   * An operation of the side loop. Its words, each where the row has it: the slots of the results, the address and its offset, the
   * operands, the immediates, the memory.
   */
  private lowerAside({ signature, access, immediates }: Expression, forms: RowForms, memIdx = 0): void {
    const { reader, stack, code } = this
    const entries = signature.params.map(() => stack.pop()).reverse()
    const addressEntry = access === undefined ? undefined : stack.pop()
    const last = entries.at(-1)
    const takesConst = memIdx === 0 && forms.valueConst !== undefined && stack.isConst(last!) && !this.isExact
    const constant = takesConst ? entries.pop() : undefined
    const operands = entries.map((entry) => stack.operand(entry))
    if (constant !== undefined) operands.push(stack.constLow(constant))
    const address =
      addressEntry === undefined ? undefined : this.lowerAddress(addressEntry, memIdx, signature.params.length)
    const opcode = memIdx !== 0 ? forms.otherMemory! : takesConst ? forms.valueConst : forms.value
    const position = code.emit(opcode)
    code.emitWords(signature.results.map((type) => stack.push(type)))
    if (address !== undefined) code.emitWords([address.slot, address.offset])
    code.emitWords(operands)
    if (immediates.includes('laneidx')) code.emitWord(reader.y)
    if (immediates.includes('lanes')) code.emitWords(reader.vector)
    if (memIdx !== 0) code.emitWord(memIdx)
    if (signature.results.length === 1 && !this.isExact) code.redirectable = position
  }

  /** An operation of the second function: operands and results in their slots. */
  lowerSlow(row: Instruction): void {
    const { stack, reader } = this
    const { params, results } = rowArity(row, reader, this.compiled)
    const number = slowNumber(row)
    if (number === undefined) throw new InternalError(`the interpreter has no operation for ${row.name}`)
    const mayStop = row.atomic === 'wait' && this.mode !== 'fast'
    stack.settleTop(mayStop ? stack.height : params)
    stack.popMany(params)
    const base = stack.slotOf(stack.height)
    const y = row.access === undefined ? reader.y : this.settledOffset(base)
    this.code.emit(OPS.slow, number, base, reader.x, y)
    stack.pushAll(results)
    if (mayStop) this.endBlock()
  }

  // ——— fuel ———

  /** Charges the instruction: in the block's charge, or by itself when stepping. */
  private account(row: Instruction): void {
    if (row.cost === 0) return
    const { code, stack } = this
    if (this.isBetweenBlocks) {
      this.isBetweenBlocks = false
      stack.settle()
      this.blocks.push(code.position, this.reader.start)
      this.costs.push(0)
      code.emit(this.mode === 'stepping' ? OPS.charge_block : OPS.charge, 1)
    } else if (this.isExact) code.emit(OPS.charge, 1)
    const cost = this.costs.pop()! + 1
    this.costs.push(cost)
    // Precise code pays each instruction by itself from the block's first on.
    if (this.mode !== 'precise') code.words[this.blocks.at(-2)! + 1] = cost
    if (row.charge === undefined) return
    const depth = rowArity(row, this.reader, this.compiled).params - row.charge.operand
    stack.settle()
    let length = stack.slotOf(stack.height - depth)
    if (isWide(stack.typeOf(stack.height - depth))) {
      const slot = stack.slotAbove(stack.height - 1)
      code.emit(OPS.saturate64, slot, length)
      length = slot
    }
    code.emit(OPS.charge_operand, length, Math.log2(row.charge.per))
    this.endBlock()
  }

  /** The next instruction with a cost begins a basic block. */
  endBlock(): void {
    this.isBetweenBlocks = true
  }

  // ——— control ———

  /** The innermost frame. */
  get frame(): Frame {
    return this.frames[this.frames.length - 1]!
  }

  /** Whether the instruction stands outside of all blocks. */
  get outermost(): boolean {
    return this.frames.length === 1
  }

  blockType(type: BlockType): FuncType {
    if (type === EMPTY_BLOCK) return EMPTY_TYPE
    if (type >= 0 && !isRefType(type)) return funcTypeOf(this.compiled.module, type)
    return singleResult(type)
  }

  /** Opens a block whose parameters are on top of the stack. Everything lies in its slot from here on. */
  pushFrame(kind: Frame['kind'], type: FuncType, otherwise: number): Frame {
    const { stack, code } = this
    const height = stack.height - (kind === 'func' ? 0 : type.params.length)
    const slot = stack.slotOf(height)
    const handler = this.landings.innermost
    const start = code.position
    const frame: Frame = {
      kind,
      type,
      height,
      slot,
      start,
      exits: NO_EXITS,
      end: -1,
      catches: false,
      handler,
      opened: -1,
      otherwise,
      reachable: true,
    }
    this.frames.push(frame)
    code.seal()
    return frame
  }

  /**
   * Takes the condition off the stack and branches on it: `sense` true where it holds. Where the operation before it is a comparison,
   * that becomes the branch. `prepare` emits what must happen before, with the condition's operands untouched. Gives the target's word.
   */
  branchOn(sense: boolean, prepare: () => void): number {
    const { stack, code } = this
    const entry = stack.pop()
    const { condition } = code
    if (condition < 0 || !stack.isInSlot(entry) || code.words[condition + 1] !== stack.slotOf(entry)) {
      const slot = stack.operand(entry)
      prepare()
      code.emit(sense ? OPS.br_if : OPS.br_unless, slot, 0)
      return code.position - 1
    }
    const forms = code.conditionForms!
    const isConst = code.words[condition] === forms.valueConst
    const operands = code.takeBack(condition)
    prepare()
    const branch = branchForm(forms, sense, isConst)
    if (branch === undefined) {
      // Only i32.eqz has no branch of its own: its operand is the condition with the other sense.
      code.emit(sense ? OPS.br_unless : OPS.br_if, operands[0])
    } else {
      code.emit(branch)
      code.emitWords(operands)
    }
    return code.emitWord(0)
  }
}

function branchForm(forms: RowForms, sense: boolean, isConst: boolean): number | undefined {
  if (sense) return isConst ? forms.branchIfConst : forms.branchIf
  return isConst ? forms.branchUnlessConst : forms.branchUnless
}
