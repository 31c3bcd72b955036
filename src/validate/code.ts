// Checks one piece of code at a time, by the algorithm of the specification: the stacks and questions that the typing rules of the
// instruction table work with. What an instruction requires is in its row, never here. One object checks all bodies of a module and
// allocates nothing per instruction.
// https://webassembly.github.io/spec/core/appendix/algorithm.html

import { ModuleError } from '../errors/module-error.ts'
import type { Instruction } from '../instructions/define.ts'
import type { Immediates } from '../instructions/immediates.ts'
import { InstructionReader } from '../instructions/instruction-reader.ts'
import { isHandler } from '../instructions/legacy-exceptions.ts'
import type { ControlKind, Typing } from '../instructions/typing.ts'
import type { Code } from '../syntax/module.ts'
import {
  BOT,
  BOT_HEAP,
  CONT,
  EMPTY_BLOCK,
  I32,
  I64,
  NOCONT,
  heapTypeOf,
  isExact,
  isDefaultable,
  isRefType,
  refType,
} from '../syntax/types.ts'
import type { AddrType, ArrayType, BlockType, CompType, ContType, FuncType, GlobalType } from '../syntax/types.ts'
import type { HeapType, MemoryType, RefType, StructType, TableType, TypeNamer, ValType } from '../syntax/types.ts'
import type { Context } from './context.ts'
import { heapTypeName, typeIdxOf, valTypeName } from '../syntax/types.ts'
import { invalid, listMismatch, operandMismatch, resultMismatch, typeMismatch, typeNamer, unknown } from './errors.ts'
import { Locals } from './locals.ts'
import { matchesResultType, matchesValType, topOf } from './matching.ts'
import { OperandStack } from './operand-stack.ts'

/** Called with every instruction before it is typed: throws where it may not stand here. */
export type Admission = (row: Instruction, im: Immediates) => void

/**
 * Type lists longer than `LONG_LIST` are charged to a budget of the module: two bytes of code can ask for a comparison with a
 * thousand types, and a branch table for as many per target. At the budget's end about half a second has gone.
 */
const LONG_LIST = 16
const LONG_LIST_BUDGET = 250_000_000

const EMPTY: FuncType = { kind: 'func', params: [], results: [] }

/** Heap types of proposals that are off by default; so are exact ones. */
const OPTIONAL_HEAP_TYPES: ReadonlySet<HeapType> = new Set([CONT, NOCONT])

/** What a function's frame holds at an instruction. */
export interface FrameTypes {
  /** Parameters first. */
  readonly locals: readonly ValType[]
  /** Locals without default that have no value yet. */
  readonly unset: ReadonlySet<number>
  readonly operands: readonly ValType[]
  /** How many operands there were when each legacy handler was entered that is open here: its exception came above them. */
  readonly handlers: readonly number[]
}

/** A control frame, as it was when it was open. */
interface Frame {
  kind: ControlKind
  type: FuncType
}

export class CodeValidator implements Typing {
  private readonly context: Context
  private readonly typeName: TypeNamer
  private reader: InstructionReader = new InstructionReader(new Uint8Array(0))
  private readonly operands: OperandStack = new OperandStack()
  private readonly locals: Locals = new Locals()
  /** The type `[] -> [t]` for each t that was needed so far, so that equal block types are the same object. */
  private readonly valueBlocks: Map<ValType, FuncType> = new Map()
  private budget = LONG_LIST_BUDGET

  // The control stack, one array per field: a million nested blocks are four arrays. The innermost frame is at depth - 1, its base
  // and whether it is unreachable are also at hand.
  private depth = 0
  /** Whether the code that was left behind, or a type in any, needs a proposal that is off by default. */
  private metOptionalType = false
  private readonly kinds: ControlKind[] = []
  private readonly frameTypes: FuncType[] = []
  private readonly bases: number[] = []
  private readonly dead: boolean[] = []
  private base = 0
  private polymorphic = false
  /** Locals without default that have a value, in the order in which they were set; how many there were when each frame was opened. */
  private readonly initialized: number[] = []
  private readonly initializedSet: Set<number> = new Set()
  private readonly initializedBefore: number[] = []
  private params = 0
  private readonly closed: Frame = { kind: 'func', type: EMPTY }

  constructor(context: Context) {
    this.context = context
    this.typeName = typeNamer(context.module)
  }

  /** Whether anything in the code so far needs a proposal that is off by default. */
  get metOptional(): boolean {
    return this.metOptionalType || this.reader.metOptional
  }

  /** A function's body: declarations of locals, then an expression. */
  checkBody(code: Code, type: FuncType): void {
    this.open(code)
    this.params = type.params.length
    this.locals.read(this.reader, type.params, this.context.limits)
    for (const local of this.locals.declared()) this.valType(local)
    this.run(type)
  }

  /** An expression outside of functions, which must give one value of the type. */
  checkExpr(code: Code, type: ValType, admit: Admission): void {
    this.open(code)
    this.locals.count = 0
    this.run(this.valueBlock(type), admit)
  }

  /**
   * What a function's frame holds before the instruction at an offset of its body, which is valid; undefined where no instruction begins there,
   * or none that can be reached.
   */
  typesAt(code: Code, type: FuncType, offset: number): FrameTypes | undefined {
    this.open(code)
    this.budget = Infinity
    this.params = type.params.length
    this.locals.read(this.reader, type.params, this.context.limits)
    this.pushFrame('func', type)
    while (this.depth > 0 && this.reader.pos < offset) this.next()
    if (this.depth === 0 || this.reader.pos !== offset || this.polymorphic) return undefined
    const { locals, operands } = this
    const isUnset = (x: number): boolean => !isDefaultable(locals.typeOf(x)) && !this.isInitialized(x)
    const indices = Array.from({ length: locals.count }, (_, x) => x)
    return {
      locals: indices.map((x) => locals.typeOf(x)),
      unset: new Set(indices.filter(isUnset)),
      operands: [...operands.types.subarray(0, operands.height)],
      handlers: this.bases.slice(0, this.depth).filter((_, i) => isHandler(this.kinds[i]!)),
    }
  }

  private open({ bytes, start, end }: Code): void {
    if (this.reader.bytes !== bytes) {
      this.metOptionalType ||= this.reader.metOptional
      this.reader = new InstructionReader(bytes)
      this.reader.maxLabels = this.context.limits.brTableTargets
    }
    this.reader.pos = start
    this.reader.end = end
    this.operands.height = 0
    this.depth = 0
    this.forgetLocals(0)
  }

  private run(type: FuncType, admit?: Admission): void {
    const { reader } = this
    let row: Instruction | undefined
    this.pushFrame('func', type)
    try {
      while (this.depth > 0) {
        row = reader.next()
        if (admit !== undefined) admit(row, reader)
        if (row.rule !== undefined) row.rule(this, reader)
        else this.applySignature(row)
      }
    } catch (error) {
      if (!(error instanceof ModuleError) || error.place.offset !== undefined) throw error
      throw error.at({ offset: reader.start, instruction: row?.name })
    }
    if (reader.pos !== reader.end) throw reader.malformed('section size mismatch: code goes on behind its end')
  }

  private next(): void {
    const { reader } = this
    const row = reader.next()
    if (row.rule !== undefined) row.rule(this, reader)
    else this.applySignature(row)
  }

  private applySignature({ signature }: Instruction): void {
    const { params, results } = signature!
    const { operands } = this
    const { types } = operands
    const bottom = operands.height - params.length
    if (bottom < this.base) return this.applyByRule(params, results)
    for (let i = 0; i < params.length; i++) {
      if (types[bottom + i] !== params[i]) return this.applyByRule(params, results)
    }
    operands.height = bottom
    for (let i = 0; i < results.length; i++) operands.push(results[i]!)
  }

  private applyByRule(params: readonly ValType[], results: readonly ValType[]): void {
    this.popAll(params)
    this.pushAll(results)
  }

  pop(expected: ValType): void {
    const { operands } = this
    const top = operands.height - 1
    if (top >= this.base && operands.types[top] === expected) operands.height = top
    else this.popMatching(expected)
  }

  private popMatching(expected: ValType): void {
    const { operands } = this
    if (operands.height === this.base) {
      if (!this.polymorphic) throw operandMismatch(this.typeName, [expected], [])
    } else if (this.isSubtype(operands.types[operands.height - 1]!, expected)) operands.height--
    else throw operandMismatch(this.typeName, [expected], operands.top(1, this.base))
  }

  popAny(): ValType {
    const { operands } = this
    if (operands.height > this.base) return operands.types[--operands.height]!
    if (this.polymorphic) return BOT
    throw invalid('type mismatch: instruction requires an operand but stack has []')
  }

  popRef(): RefType {
    const type = this.popAny()
    if (type === BOT) return refType(false, BOT_HEAP)
    if (!isRefType(type))
      throw invalid(`type mismatch: instruction requires a reference but stack has [${valTypeName(type)}]`)
    return type
  }

  popRefOf(top: HeapType): RefType {
    const type = this.popRef()
    this.matches(type, refType(true, top))
    return type
  }

  popCopies(type: ValType, count: number): void {
    if (count > this.context.limits.fields)
      throw new ModuleError('limit', `${count} operands, more than ${this.context.limits.fields}`)
    const { operands } = this
    // Where the code is unreachable, those that are there: a few bytes may ask for thousands.
    const there = this.polymorphic ? Math.min(count, operands.height - this.base) : count
    for (let i = 0; i < there; i++) this.pop(type)
  }

  isSubtype(actual: ValType, expected: ValType): boolean {
    return matchesValType(actual, expected, this.context.types)
  }

  push(type: ValType): void {
    this.operands.push(type)
  }

  popAll(types: readonly ValType[]): void {
    this.peekAll(types)
    const { operands } = this
    operands.height = Math.max(this.base, operands.height - types.length)
  }

  pushAll(types: readonly ValType[]): void {
    if (types.length > LONG_LIST) this.spend(types.length)
    this.operands.pushAll(types)
  }

  peekAll(types: readonly ValType[]): void {
    const { operands } = this
    const there = Math.min(types.length, operands.height - this.base)
    if (there < types.length && !this.polymorphic) throw this.mismatch(types)
    if (there > LONG_LIST) this.spend(there)
    for (let i = 1; i <= there; i++) {
      const actual = operands.types[operands.height - i]!
      const expected = types[types.length - i]!
      if (actual !== expected && !this.isSubtype(actual, expected)) throw this.mismatch(types)
    }
  }

  private mismatch(types: readonly ValType[]): ModuleError {
    return operandMismatch(this.typeName, types, this.operands.top(types.length, this.base))
  }

  private spend(units: number): void {
    this.budget -= units
    if (this.budget < 0) throw new ModuleError('limit', 'too many long type lists: checking them would take too long')
  }

  addr(type: AddrType): ValType {
    return type === 'i32' ? I32 : I64
  }

  private local(x: number): ValType {
    if (x >= this.locals.count) throw unknown('local', x)
    return this.locals.typeOf(x)
  }

  readLocal(x: number): ValType {
    const type = this.local(x)
    if (!isDefaultable(type) && !this.isInitialized(x)) throw invalid(`uninitialized local ${x}`)
    return type
  }

  setLocal(x: number): ValType {
    const type = this.local(x)
    if (!isDefaultable(type) && !this.isInitialized(x)) {
      this.initialized.push(x)
      this.initializedSet.add(x)
    }
    return type
  }

  private isInitialized(x: number): boolean {
    return x < this.params || this.initializedSet.has(x)
  }

  /** At the end of a frame, the locals that it gave a value have none again. */
  private forgetLocals(count: number): void {
    const { initialized } = this
    while (initialized.length > count) this.initializedSet.delete(initialized.pop()!)
  }

  global(x: number): GlobalType {
    return this.context.spaces.globals[x] ?? this.missing('global', x)
  }

  table(x: number): TableType {
    return this.context.spaces.tables[x] ?? this.missing('table', x)
  }

  memory(x: number): MemoryType {
    return this.context.spaces.memories[x] ?? this.missing('memory', x)
  }

  func(x: number): FuncType {
    return this.type(this.funcTypeIdx(x))
  }

  funcTypeIdx(x: number): number {
    return this.context.spaces.funcs[x] ?? this.missing('function', x)
  }

  isExactFunc(x: number): boolean {
    const { importedFuncs, exactImports } = this.context.spaces
    return x >= importedFuncs || exactImports.has(x)
  }

  descriptor(x: number): number | undefined {
    this.compType(x)
    return this.context.module.descriptors?.get(x)?.descriptor
  }

  isOn(proposal: string): boolean {
    return !this.context.disabled.has(proposal)
  }

  private compType(x: number): CompType {
    return this.context.module.types[x] ?? this.missing('type', x)
  }

  type(x: number): FuncType {
    const type = this.compType(x)
    return type.kind === 'func' ? type : this.wrongKind(x, type, 'a function')
  }

  structType(x: number): StructType {
    const type = this.compType(x)
    return type.kind === 'struct' ? type : this.wrongKind(x, type, 'a structure')
  }

  arrayType(x: number): ArrayType {
    const type = this.compType(x)
    return type.kind === 'array' ? type : this.wrongKind(x, type, 'an array')
  }

  private wrongKind(x: number, { kind }: CompType, wanted: string): never {
    throw invalid(`type mismatch: instruction requires ${wanted} type but type ${x} is of kind ${kind}`)
  }

  contType(x: number): ContType {
    const type = x < 0 ? undefined : this.compType(x)
    return type?.kind === 'cont' ? type : this.invalid(`non-continuation type ${heapTypeName(x)}`)
  }

  tag(x: number): FuncType {
    return this.type(this.context.spaces.tags[x] ?? this.missing('tag', x))
  }

  valType(type: ValType): ValType {
    if (isRefType(type)) this.heapType(heapTypeOf(type))
    return type
  }

  heapType(heap: HeapType): HeapType {
    if (heap >= 0) this.compType(typeIdxOf(heap))
    if (isExact(heap) || OPTIONAL_HEAP_TYPES.has(heap)) this.metOptionalType = true
    return heap
  }

  topOf(heap: HeapType): HeapType {
    return topOf(heap, this.context.types)
  }

  elem(x: number): RefType {
    const elem = this.context.module.elems[x] ?? this.missing('elem segment', x)
    return elem.type
  }

  data(x: number): void {
    if (x >= this.context.module.datas.length) this.missing('data segment', x)
  }

  private missing(what: string, x: number): never {
    throw unknown(what, x)
  }

  matches(actual: ValType, expected: ValType): void {
    if (!this.isSubtype(actual, expected)) throw typeMismatch(this.typeName, expected, actual)
  }

  matchAll(actual: readonly ValType[], expected: readonly ValType[]): void {
    if (actual.length > LONG_LIST) this.spend(actual.length)
    if (!matchesResultType(actual, expected, this.context.types)) throw listMismatch(this.typeName, expected, actual)
  }

  declaredFunc(x: number): void {
    if (this.context.refs[x] !== 1) throw invalid(`undeclared function reference ${x}`)
  }

  blockType(type: BlockType): FuncType {
    if (type === EMPTY_BLOCK) return EMPTY
    return type >= 0 && type < 2 ** 30 ? this.type(type) : this.valueBlock(this.valType(type))
  }

  private valueBlock(type: ValType): FuncType {
    let block = this.valueBlocks.get(type)
    if (block === undefined) {
      block = { kind: 'func', params: [], results: [type] }
      this.valueBlocks.set(type, block)
    }
    return block
  }

  label(l: number): readonly ValType[] {
    if (l >= this.depth) throw unknown('label', l)
    const index = this.depth - 1 - l
    const type = this.frameTypes[index]!
    return this.kinds[index] === 'loop' ? type.params : type.results
  }

  labelKind(l: number): ControlKind {
    return this.kinds[this.depth - 1 - l]!
  }

  returns(): readonly ValType[] {
    return this.frameTypes[0]!.results
  }

  pushControl(kind: ControlKind, type: FuncType): void {
    this.pushFrame(kind, type)
    this.pushAll(type.params)
  }

  private pushFrame(kind: ControlKind, type: FuncType): void {
    const { depth } = this
    if (depth > 0) this.dead[depth - 1] = this.polymorphic
    this.kinds[depth] = kind
    this.initializedBefore[depth] = this.initialized.length
    this.frameTypes[depth] = type
    this.base = this.bases[depth] = this.operands.height
    this.polymorphic = false
    this.depth = depth + 1
  }

  popControl(): Readonly<Frame> {
    const depth = this.depth - 1
    const { closed, operands } = this
    closed.kind = this.kinds[depth]!
    closed.type = this.frameTypes[depth]!
    const { results } = closed.type
    if (results.length > 0 || operands.height > this.base) this.checkResults(results)
    operands.height = this.base
    this.forgetLocals(this.initializedBefore[depth]!)
    this.depth = depth
    if (depth > 0) {
      this.base = this.bases[depth - 1]!
      this.polymorphic = this.dead[depth - 1]!
    }
    return closed
  }

  /** The frame's operands must be its results and nothing else. */
  private checkResults(results: readonly ValType[]): void {
    const { operands, base } = this
    const left = operands.height - base
    const missing = results.length - left
    let fits = missing === 0 || (missing > 0 && this.polymorphic)
    if (left > LONG_LIST) this.spend(left)
    for (let i = 0; fits && i < left; i++) fits = this.isSubtype(operands.types[base + i]!, results[missing + i]!)
    if (!fits) throw resultMismatch(this.typeName, results, operands.top(left, base))
  }

  unreachable(): void {
    this.operands.height = this.base
    this.polymorphic = true
  }

  invalid(reason: string): never {
    throw invalid(reason)
  }
}
