// Generates the body of one function of a random module: valid by construction, and it ends, since loops and calls count down a global.
// NaNs that arithmetic may give in more than one form are made canonical wherever their bits could be seen.

import type { Instruction } from '../../src/instructions/define.ts'
import type { Immediates } from '../../src/instructions/immediates.ts'
import { InstructionWriter } from '../../src/instructions/instruction-writer.ts'
import { instructionByName } from '../../src/instructions/table.ts'
import { writeValType } from '../../src/instructions/type-codes.ts'
import type { Code } from '../../src/syntax/module.ts'
import { EMPTY_BLOCK, EXTERN, EXTERNREF, F32, F64, FUNC, FUNCREF } from '../../src/syntax/types.ts'
import { I32, I64, V128, isRefType, valTypeName, type FuncType, type ValType } from '../../src/syntax/types.ts'
import { DETERMINED_HOST_ROWS } from './host-features.ts'
import { DATA_SEGMENTS, ELEM_SEGMENTS, type ModuleShape } from './module-shape.ts'
import type { Random } from './random.ts'

interface Label {
  readonly types: readonly ValType[]
  readonly loop: boolean
}

type Choice = readonly [weight: number, ...steps: readonly (() => void)[]]

const ZEROS: Immediates = { x: 0, y: 0, align: 0, lo: 0, hi: 0, list: [], count: 0, vector: new Int32Array(4) }

/** Counters of nested loops, and one local of each type whose NaNs are made canonical. */
const COUNTERS = 4
const CANONICAL: readonly ValType[] = [F32, F64, V128]

const MAX_DEPTH = 6

/** Floating-point arithmetic that may give any NaN. */
const LOOSE_NAN = /^f(32|64)(x\d)?\.(add|sub|mul|div|sqrt|min|max|ceil|floor|trunc|nearest|promote\w+|demote\w+)$/

/** Where only the value matters: the operands' NaNs need not be canonical. */
const VALUE_ONLY =
  /^f(32|64)\.(add|sub|mul|div|sqrt|min|max|ceil|floor|trunc|nearest|promote\w+|demote\w+|eq|ne|lt|gt|le|ge)$/

const isScalar = ({ signature }: Instruction): boolean => ![...signature!.params, ...signature!.results].includes(V128)
const OPERATIONS: readonly Instruction[] = DETERMINED_HOST_ROWS.filter(
  ({ signature, access }) => signature?.results.length === 1 && access === undefined && signature.params.length > 0,
)
const LOADS: readonly Instruction[] = DETERMINED_HOST_ROWS.filter(({ access }) => access?.kind === 'load')
const STORES: readonly Instruction[] = DETERMINED_HOST_ROWS.filter(({ access }) => access?.kind === 'store')
/** The store of all bits, for each type. */
const WIDE_STORES: ReadonlyMap<ValType, Instruction> = new Map(
  STORES.filter(({ name }) => /^\w+\.store$/.test(name)).map((row) => [row.signature!.params[0]!, row]),
)
const SCALAR_STORES: readonly Instruction[] = STORES.filter(isScalar)

const OPERATIONS_GIVING = groupBy(OPERATIONS, (row) => row.signature!.results[0]!)
const OPERATIONS_TAKING = groupBy(OPERATIONS, (row) => row.signature!.params[0]!)
const LOADS_GIVING = groupBy(LOADS, (row) => row.signature!.results[0]!)
const TESTS: readonly Instruction[] = OPERATIONS.filter((row) => row.test === true && isScalar(row))
const TYPED_SELECT = DETERMINED_HOST_ROWS.find(({ immediates }) => immediates[0] === 'valtypes')!

function groupBy(
  rows: readonly Instruction[],
  typeOf: (row: Instruction) => ValType,
): ReadonlyMap<ValType, readonly Instruction[]> {
  const groups = new Map<ValType, Instruction[]>()
  for (const row of rows) groups.set(typeOf(row), [...(groups.get(typeOf(row)) ?? []), row])
  return groups
}

export class BodyGenerator {
  private readonly random: Random
  private readonly shape: ModuleShape
  private readonly type: FuncType
  private readonly writer: InstructionWriter = new InstructionWriter()
  /** Parameters, then locals of random types; those with a purpose of their own stand behind. */
  private readonly locals: readonly ValType[]
  private readonly labels: Label[] = []
  private loops = 0
  private depth = 0
  /** Instructions that may still be drawn. */
  private budget: number

  constructor(random: Random, shape: ModuleShape, type: FuncType) {
    this.random = random
    this.shape = shape
    this.type = type
    this.budget = random.between(20, 250)
    this.locals = [...type.params, ...random.list(random.below(8), () => random.pick(shape.valTypes))]
  }

  private get hasMemory(): boolean {
    return this.shape.memories.length > 0
  }

  generate(): Code {
    const { writer } = this
    const declared = [...this.locals.slice(this.type.params.length), ...Array.from({ length: COUNTERS }, () => I32)]
    const simd = this.shape.valTypes.includes(V128)
    declared.push(...(simd ? CANONICAL : CANONICAL.slice(0, 2)))
    writer.writeU32(declared.length)
    for (const type of declared) {
      writer.writeU32(1)
      writeValType(writer, type)
    }
    this.burn()
    this.labels.push({ types: this.type.results, loop: false })
    this.body(this.type.results)
    if (this.hasMemory) this.storeLocals()
    this.emit('end')
    return { bytes: writer.toBytes(), start: 0, end: writer.length }
  }

  /** Leaves the numbers in the locals where they can be seen, each at an address of its own. */
  private storeLocals(): void {
    const at = this.random.below(64) * 16
    this.locals.forEach((type, x) => {
      const store = WIDE_STORES.get(type)
      if (store === undefined) return
      this.i32Const(at + 16 * x)
      this.widen(0)
      this.emit('local.get', { x })
      this.row(store)
    })
  }

  // Writing.

  private row(row: Instruction, im: Partial<Immediates> = {}): void {
    this.budget--
    this.writer.write(row, { ...ZEROS, ...im })
  }

  private emit(name: string, im: Partial<Immediates> = {}): void {
    const row = instructionByName(name)
    if (row === undefined) throw new Error(`no such instruction: ${name}`)
    this.row(row, im)
  }

  private i32Const(x: number): void {
    this.emit('i32.const', { x })
  }

  /** Takes all steps of one choice. */
  private choose(choices: readonly Choice[]): void {
    let at = this.random.next() * choices.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, ...steps] of choices) {
      at -= weight
      if (at >= 0) continue
      for (const step of steps) step()
      return
    }
  }

  /** Counts the module's fuel down, and ends everything where there is none. */
  private burn(): void {
    this.emit('global.get', { x: 0 })
    this.emit('i32.eqz')
    this.emit('if', { x: EMPTY_BLOCK })
    this.emit('unreachable')
    this.emit('end')
    this.emit('global.get', { x: 0 })
    this.i32Const(1)
    this.emit('i32.sub')
    this.emit('global.set', { x: 0 })
  }

  // Values.

  private exprs(types: readonly ValType[]): void {
    for (const type of types) this.expr(type)
  }

  /** Pushes one value. `exact`: its bits may be seen, so NaNs must be canonical. */
  private expr(type: ValType, exact = true): void {
    if (this.budget <= 0 || this.depth >= MAX_DEPTH) return this.leaf(type)
    this.depth++
    const choices: Choice[] = [
      [4, () => this.leaf(type)],
      [1, () => this.select(type, exact)],
      [1, () => this.structured([type])],
      [1, () => this.tee(type)],
      [1, () => this.call(type)],
      [0.5, () => this.branchWithValues(type)],
    ]
    const operations = this.admitted(OPERATIONS_GIVING, type)
    if (operations !== undefined) choices.push([8, () => this.operation(this.random.pick(operations), exact)])
    const loads = this.admitted(LOADS_GIVING, type)
    if (this.hasMemory && loads !== undefined) choices.push([2, () => this.access(this.random.pick(loads))])
    if (type === I32) choices.push([1, () => this.question()])
    if (isRefType(type) && this.tableOf(type) >= 0) choices.push([3, () => this.tableGet(type)])
    this.choose(choices)
    this.depth--
  }

  /** Rows of a type; without vectors where the module has none. */
  private admitted(
    rows: ReadonlyMap<ValType, readonly Instruction[]>,
    type: ValType,
  ): readonly Instruction[] | undefined {
    const all = rows.get(type)
    return this.shape.valTypes.includes(V128) ? all : all?.filter(isScalar)
  }

  private leaf(type: ValType): void {
    const { random } = this
    const locals = this.locals.flatMap((t, x) => (t === type ? [x] : []))
    const globals = this.shape.globals.flatMap((g, x) => (g.type === type && x > 0 ? [x] : []))
    if (locals.length > 0 && random.chance(0.5)) return this.emit('local.get', { x: random.pick(locals) })
    if (globals.length > 0 && random.chance(0.2)) return this.emit('global.get', { x: random.pick(globals) })
    this.constant(type)
  }

  private constant(type: ValType): void {
    const { random } = this
    const [lo, hi] = type === I64 ? random.i64() : random.f64Bits()
    if (type === I32) this.i32Const(random.i32())
    else if (type === I64) this.emit('i64.const', { lo, hi })
    else if (type === F32) this.emit('f32.const', { x: random.f32Bits() })
    else if (type === F64) this.emit('f64.const', { lo, hi })
    else if (type === EXTERNREF) this.emit('ref.null', { x: EXTERN })
    else if (type === V128) this.emit('v128.const', { vector: this.vector() })
    else if (random.chance(0.3)) this.emit('ref.null', { x: FUNC })
    else this.emit('ref.func', { x: random.below(this.shape.funcs.length) })
  }

  private vector(): Int32Array {
    const { random } = this
    if (random.chance(0.3)) return Int32Array.from([...random.f64Bits(), ...random.f64Bits()])
    return Int32Array.from({ length: 4 }, () => (random.chance(0.5) ? random.f32Bits() : random.i32()))
  }

  private operation(row: Instruction, exact: boolean): void {
    const { params, results } = row.signature!
    const moved = /^f(32|64)\.(neg|abs)$/.test(row.name)
    for (const param of params) this.expr(param, moved ? exact : !VALUE_ONLY.test(row.name))
    this.row(row, this.lanes(row))
    const isVector = results[0] === V128
    if (LOOSE_NAN.test(row.name) && (exact || isVector)) this.canonical(results[0]!, row.name)
  }

  /** Immediates of vector instructions. */
  private lanes({ name, immediates }: Instruction): Partial<Immediates> {
    const { random } = this
    if (immediates.includes('laneidx')) {
      const lanes = Number(/x(\d+)/.exec(name)?.[1] ?? 128 / Number(/(\d+)_lane/.exec(name)?.[1] ?? 128))
      return { y: random.below(lanes) }
    }
    if (!immediates.includes('lanes')) return {}
    const bytes = Uint8Array.from({ length: 16 }, () => random.below(32))
    return { vector: new Int32Array(bytes.buffer) }
  }

  /** Replaces the NaNs in the topmost value by the canonical one. */
  private canonical(type: ValType, name: string): void {
    const x = this.locals.length + COUNTERS + CANONICAL.indexOf(type)
    const isVector = type === V128
    const shape = isVector ? /^f\d\dx\d/.exec(name)![0] : valTypeName(type)
    this.emit('local.tee', { x })
    if (isVector) {
      const nan = shape === 'f32x4' ? [0x7fc00000, 0x7fc00000, 0x7fc00000, 0x7fc00000] : [0, 0x7ff80000, 0, 0x7ff80000]
      this.emit('v128.const', { vector: Int32Array.from(nan) })
    } else if (type === F32) this.emit('f32.const', { x: 0x7fc00000 })
    else this.emit('f64.const', { hi: 0x7ff80000 })
    this.emit('local.get', { x })
    this.emit('local.get', { x })
    this.emit(`${shape}.eq`)
    this.emit(isVector ? 'v128.bitselect' : 'select')
  }

  private select(type: ValType, exact: boolean): void {
    this.expr(type, exact)
    this.expr(type, exact)
    this.condition()
    if (isRefType(type) || this.random.chance(0.2)) this.row(TYPED_SELECT, { list: [type], count: 1 })
    else this.emit('select')
  }

  private condition(): void {
    if (this.random.chance(0.3)) this.expr(I32)
    else this.operation(this.random.pick(TESTS), true)
  }

  private tee(type: ValType): void {
    const locals = this.locals.flatMap((t, x) => (t === type ? [x] : []))
    this.expr(type)
    if (locals.length > 0) this.emit('local.tee', { x: this.random.pick(locals) })
  }

  private question(): void {
    const { random, shape } = this
    const reference = random.pick([FUNCREF, EXTERNREF])
    const choices: Choice[] = [
      [2, () => this.expr(reference), () => this.emit('ref.is_null')],
      [1, () => this.emit('table.size', { x: random.below(shape.tables.length) })],
      [1, () => this.tableGrow()],
    ]
    if (this.hasMemory) {
      choices.push([2, () => this.memorySize()], [1, () => this.memoryGrow()])
    }
    this.choose(choices)
  }

  private memorySize(): void {
    const x = this.memory()
    this.emit('memory.size', { x })
    if (this.shape.memories[x] === 'i64') this.emit('i32.wrap_i64')
  }

  private memoryGrow(): void {
    const x = this.memory()
    this.i32Const(this.random.pick([0, 0, 1, 2, -1, 0xffff]))
    this.widen(x)
    this.emit('memory.grow', { x })
    if (this.shape.memories[x] === 'i64') this.emit('i32.wrap_i64')
  }

  private memory(): number {
    return this.random.below(this.shape.memories.length)
  }

  /** Makes the i32 on the stack an address of the memory. */
  private widen(memory: number): void {
    if (this.shape.memories[memory] === 'i64') this.emit(`i64.extend_i32_${this.random.pick(['u', 's'])}`)
  }

  private address(bits: number, memory: number): void {
    this.small(bits)
    this.widen(memory)
  }

  private tableOf(type: ValType): number {
    return this.shape.tables.indexOf(type)
  }

  private tableGet(type: ValType): void {
    this.index()
    this.emit('table.get', { x: this.tableOf(type) })
  }

  private tableGrow(): void {
    const x = this.random.below(this.shape.tables.length)
    this.expr(this.shape.tables[x]!)
    this.i32Const(this.random.pick([0, 1, 2, 30, 300]))
    this.emit('table.grow', { x })
  }

  /** An index into a table, mostly inside. */
  private index(): void {
    if (this.random.chance(0.6)) return this.i32Const(this.random.below(13))
    this.expr(I32)
    if (this.random.chance(0.2)) return
    this.i32Const(15)
    this.emit('i32.and')
  }

  /** A number as addresses are, mostly small. */
  private small(bits: number): void {
    if (this.random.chance(0.3)) return this.i32Const(this.random.below(1 << bits))
    this.expr(I32)
    if (this.random.chance(0.05)) return
    this.i32Const((1 << bits) - 1)
    this.emit('i32.and')
  }

  /** A length, mostly small, and never so large that paying for it in small instalments takes long. */
  private length(bits: number, most: number): void {
    const width = this.random.chance(0.1) ? most : bits
    this.expr(I32)
    this.i32Const((1 << width) - 1)
    this.emit('i32.and')
  }

  private access(row: Instruction): void {
    const { random } = this
    const x = this.memory()
    this.address(random.pick([6, 10, 16]), x)
    this.exprs(row.signature!.params)
    const align = random.below(Math.log2(row.access!.bytes) + 1)
    const lo = random.chance(0.9) ? random.below(100) : random.pick([0xffff, 0x10000, 0x7fffffff, -1, -8])
    const hi = this.shape.memories[x] === 'i64' && random.chance(0.03) ? random.pick([1, -1, 1 << 31]) : 0
    this.row(row, { x, align, lo, hi, ...this.lanes(row) })
  }

  /** Calls a function that gives the type, among others, where there is one. */
  private call(type: ValType): void {
    const { random, shape } = this
    const callees = shape.funcs.flatMap((f, x) => (f.type.results.includes(type) ? [x] : []))
    if (callees.length === 0) return this.leaf(type)
    const x = random.pick(callees)
    this.invoke(x)
    this.convert(shape.funcs[x]!.type.results, [type])
  }

  private invoke(x: number): void {
    const { type, typeIdx } = this.shape.funcs[x]!
    this.exprs(type.params)
    if (this.random.chance(0.6)) return this.emit('call', { x })
    this.elementOf(typeIdx)
    this.emit('call_indirect', { x: typeIdx })
  }

  /** An index into the first table, mostly of a function of the type. */
  private elementOf(typeIdx: number): void {
    const { funcs, items } = this.shape
    const fitting = items.flatMap((x, i) => (funcs[x]!.typeIdx === typeIdx ? [i] : []))
    if (fitting.length === 0 || this.random.chance(0.2)) this.index()
    else this.i32Const(this.random.pick(fitting))
  }

  private branchWithValues(type: ValType): void {
    const branches = this.labels.flatMap(({ types, loop }, i) => (loop || types.length === 0 ? [] : [i]))
    if (branches.length === 0) return this.leaf(type)
    const target = this.random.pick(branches)
    const { types } = this.labels[target]!
    this.exprs(types)
    this.condition()
    this.emit('br_if', { x: this.labels.length - 1 - target })
    this.convert(types, [type])
  }

  /** Makes the values that lie on the stack into others. */
  private convert(from: readonly ValType[], to: readonly ValType[]): void {
    const left = [...from]
    while (!startsWith(to, left)) {
      const top = left.at(-1)!
      const operations = this.admitted(OPERATIONS_TAKING, top)
      if (operations !== undefined && this.random.chance(0.2) && this.budget > 0) {
        const row = this.random.pick(operations)
        this.exprs(row.signature!.params.slice(1))
        this.row(row, this.lanes(row))
        const result = row.signature!.results[0]!
        if (LOOSE_NAN.test(row.name)) this.canonical(result, row.name)
        left[left.length - 1] = result
      } else {
        this.discard(top)
        left.pop()
      }
    }
    this.exprs(to.slice(left.length))
  }

  private discard(type: ValType): void {
    const locals = this.locals.flatMap((t, x) => (t === type ? [x] : []))
    if (locals.length === 0 || this.random.chance(0.3)) this.emit('drop')
    else this.emit('local.set', { x: this.random.pick(locals) })
  }

  // Structure.

  /** The inside of a block: statements, then its results or a way out of it. */
  private body(results: readonly ValType[]): void {
    this.depth++
    for (let n = this.random.below(4); n > 0 && this.budget > 0; n--) this.statement()
    if (this.random.chance(0.15)) this.leave(results)
    else this.exprs(results)
    this.depth--
  }

  /** Goes somewhere else for good; what follows is dead. */
  private leave(results: readonly ValType[]): void {
    const { random, labels } = this
    const target = random.below(labels.length)
    const { types, loop } = labels[target]!
    const x = labels.length - 1 - target
    this.choose([
      [loop ? 0.1 : 3, () => this.exprs(types), () => this.emit('br', { x })],
      [2, () => this.branchTable(target)],
      [1, () => this.exprs(this.type.results), () => this.emit('return')],
      [0.3, () => this.emit('unreachable')],
      [1, () => this.returnCall()],
    ])
    if (random.chance(0.5)) return
    this.emit(random.pick(['i32.add', 'i64.eqz', 'i32.wrap_i64', 'select', 'nop']))
    this.emit('unreachable')
    this.exprs(results.slice(random.below(results.length + 1)))
  }

  private branchTable(target: number): void {
    const { random, labels } = this
    const { types } = labels[target]!
    const alike = labels.flatMap((label, i) =>
      !label.loop && startsWith(label.types, types) && label.types.length === types.length
        ? [labels.length - 1 - i]
        : [],
    )
    if (alike.length === 0) return this.emit('unreachable')
    this.exprs(types)
    this.index()
    const list = random.list(random.below(6), () => random.pick(alike))
    this.emit('br_table', { list, count: list.length, x: random.pick(alike) })
  }

  private returnCall(): void {
    const callees = this.shape.funcs.flatMap(({ type }, x) =>
      type.results.join() === this.type.results.join() ? [x] : [],
    )
    const x = this.random.pick(callees)
    const { type, typeIdx } = this.shape.funcs[x]!
    this.exprs(type.params)
    if (this.random.chance(0.6)) return this.emit('return_call', { x })
    this.elementOf(typeIdx)
    this.emit('return_call_indirect', { x: typeIdx })
  }

  /** A block, loop or if that leaves values of the types. */
  private structured(results: readonly ValType[]): void {
    const { random, shape } = this
    const typed = shape.types.flatMap(({ results: r }, x) => (r.join() === results.join() ? [x] : []))
    const typeIdx = typed.length > 0 && random.chance(0.5) ? random.pick(typed) : -1
    const params = shape.types[typeIdx]?.params ?? []
    const single = results.length === 0 ? EMPTY_BLOCK : results[0]!
    if (typeIdx < 0 && results.length > 1) return this.exprs(results)
    const x = typeIdx < 0 ? single : typeIdx
    this.exprs(params)
    this.choose([
      [2, () => this.block(x, params, results)],
      [2, () => this.conditional(x, params, results)],
      [1, () => this.loop(x, params, results)],
    ])
  }

  private block(x: number, params: readonly ValType[], results: readonly ValType[]): void {
    this.emit('block', { x })
    this.inside({ types: results, loop: false }, params, results)
    this.emit('end')
  }

  private conditional(x: number, params: readonly ValType[], results: readonly ValType[]): void {
    const label = { types: results, loop: false }
    this.condition()
    this.emit('if', { x })
    this.inside(label, params, results)
    if (params.join() !== results.join() || this.random.chance(0.5)) {
      this.emit('else')
      this.inside(label, params, results)
    }
    this.emit('end')
  }

  private inside(label: Label, params: readonly ValType[], results: readonly ValType[]): void {
    this.labels.push(label)
    if (params.length > 0) this.convert(params, results)
    else this.body(results)
    this.labels.pop()
  }

  /** Some rounds by a counter, sometimes more by a branch inside. */
  private loop(x: number, params: readonly ValType[], results: readonly ValType[]): void {
    if (this.loops >= COUNTERS) return this.block(x, params, results)
    const counter = this.locals.length + this.loops++
    this.i32Const(this.random.between(1, 9))
    this.emit('local.set', { x: counter })
    this.emit('loop', { x })
    this.labels.push({ types: params, loop: true })
    this.burn()
    this.convert(params, [])
    for (let n = this.random.between(1, 3); n > 0; n--) this.statement()
    this.exprs(params)
    this.emit('local.get', { x: counter })
    this.i32Const(1)
    this.emit('i32.sub')
    this.emit('local.tee', { x: counter })
    this.emit('br_if', { x: 0 })
    this.convert(params, results)
    this.labels.pop()
    this.emit('end')
    this.loops--
  }

  /** Leaves the stack as it was. */
  private statement(): void {
    if (this.budget <= 0 || this.depth >= MAX_DEPTH) return this.emit('nop')
    const { random, shape } = this
    this.depth++
    const choices: Choice[] = [
      [4, () => this.localSet()],
      [2, () => this.globalSet()],
      [2, () => this.structured([])],
      [1, () => this.loop(EMPTY_BLOCK, [], [])],
      [2, () => this.branchIf()],
      [1, () => this.tableStatement()],
      [1, () => this.callStatement()],
      [1, () => this.expr(random.pick(shape.valTypes), false), () => this.emit('drop')],
    ]
    if (this.hasMemory) {
      choices.push([4, () => this.access(random.pick(shape.valTypes.includes(V128) ? STORES : SCALAR_STORES))])
      choices.push([1, () => this.memoryStatement()])
    }
    this.choose(choices)
    this.depth--
  }

  private localSet(): void {
    if (this.locals.length === 0) return this.emit('nop')
    const x = this.random.below(this.locals.length)
    this.expr(this.locals[x]!)
    this.emit('local.set', { x })
  }

  private globalSet(): void {
    const x = this.random.between(1, this.shape.globals.length - 1)
    const { type, mutable } = this.shape.globals[x]!
    if (!mutable) return
    this.expr(type)
    this.emit('global.set', { x })
  }

  private branchIf(): void {
    const target = this.random.below(this.labels.length)
    const { types, loop } = this.labels[target]!
    if (loop && this.random.chance(0.8)) return
    this.exprs(types)
    this.condition()
    this.emit('br_if', { x: this.labels.length - 1 - target })
    for (let i = types.length; i > 0; i--) this.emit('drop')
  }

  private callStatement(): void {
    const x = this.random.below(this.shape.funcs.length)
    this.invoke(x)
    this.convert(this.shape.funcs[x]!.type.results, [])
  }

  private tableStatement(): void {
    const { random, shape } = this
    const x = random.below(shape.tables.length)
    const y = shape.tables[x] === FUNCREF ? random.below(ELEM_SEGMENTS) : -1
    this.choose([
      [2, () => this.index(), () => this.expr(shape.tables[x]!), () => this.emit('table.set', { x })],
      [
        1,
        () => this.index(),
        () => this.expr(shape.tables[x]!),
        () => this.length(3, 8),
        () => this.emit('table.fill', { x }),
      ],
      [1, () => this.index(), () => this.index(), () => this.length(3, 8), () => this.emit('table.copy', { x, y: x })],
      [
        y < 0 ? 0 : 1,
        () => this.index(),
        () => this.small(1),
        () => this.length(2, 8),
        () => this.emit('table.init', { x: y, y: x }),
      ],
      [y < 0 ? 0 : 0.1, () => this.emit('elem.drop', { x: y })],
    ])
  }

  private memoryStatement(): void {
    const data = this.random.below(DATA_SEGMENTS)
    const x = this.memory()
    const y = this.memory()
    const copied = (): void => {
      this.length(9, 18)
      // Of two memories, the narrower addresses count.
      if (this.shape.memories[x] === 'i64') this.widen(y)
    }
    const filled = (): void => {
      this.expr(I32)
      this.length(8, 18)
      this.widen(x)
    }
    this.choose([
      [1, () => this.address(16, x), filled, () => this.emit('memory.fill', { x })],
      [1, () => this.address(16, x), () => this.address(16, y), copied, () => this.emit('memory.copy', { x, y })],
      [1, () => this.address(16, x), () => this.small(4), () => this.length(4, 18), () => this.initialise(data, x)],
      [0.1, () => this.emit('data.drop', { x: data })],
    ])
  }

  private initialise(data: number, memory: number): void {
    this.emit('memory.init', { x: data, y: memory })
  }
}

function startsWith(list: readonly ValType[], start: readonly ValType[]): boolean {
  return start.length <= list.length && start.every((type, i) => type === list[i])
}
