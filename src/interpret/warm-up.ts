// Shows the host's compiler each operation before a program's hot code gets to it. A host optimises only what it has seen: without this,
// each operation that a program meets late throws the optimised loop away, half a dozen times in the first second. What no program has
// needed yet is left unseen, so that the host has less to compile (all 360 operations at once take it half a second).

import { FuncInstance } from '../runtime/func.ts'
import { CompiledModule, Instance } from '../runtime/instance.ts'
import { Memory } from '../runtime/memory.ts'
import { Store } from '../runtime/store.ts'
import { Table } from '../runtime/table.ts'
import { canonicalFuncType } from '../validate/canonical-types.ts'
import type { Module } from '../syntax/module.ts'
import { FUNCREF, I32 } from '../syntax/types.ts'
import type { Machine } from './machine.ts'
import { FIXED_OPS, OPS, REGISTER, ROW_OPS, operandKind, type FixedOp, type RowOp, type SlotKind } from './ops.ts'

/** Scratch places at the ends of the code heap, the stack of slots and the stack of calls: nothing else ever lies there. */
const CODE_SCRATCH = 1 << 14
const SLOT_SCRATCH = 1 << 8
const CALL_SCRATCH = 1 << 6

/** Words that a machine's arrays must have more than programs may use. */
export const SCRATCH: { readonly code: number; readonly slots: number; readonly calls: number } = {
  code: CODE_SCRATCH,
  slots: SLOT_SCRATCH,
  calls: CALL_SCRATCH,
}

const NOTHING: Module = {
  types: [],
  subtypes: new Map(),
  recGroups: [],
  tags: [],
  imports: [],
  funcs: [],
  tables: [],
  memories: [],
  globals: [{ type: { type: I32, mutable: true }, init: { bytes: new Uint8Array(), start: 0, end: 0 } }],
  exports: [],
  elems: [],
  datas: [],
  customs: [],
  spareSections: [],
}

/** The bits of two small operands of each kind. No division by zero, no address out of bounds. */
const OPERANDS: Readonly<Record<Exclude<SlotKind, 'v128'>, readonly (readonly [lo: number, hi: number])[]>> = {
  // prettier-ignore
  i32: [[8, 0], [24, 0]],
  // prettier-ignore
  i64: [[8, 1], [24, 1]],
  // 8.5 and 24.5, so that no float is taken for an integer.
  // prettier-ignore
  f32: [[0x41080000, 0], [0x41c40000, 0]],
  // prettier-ignore
  f64: [[0, 0x40210000], [0, 0x40388000]],
}

/** Slots of the left and right operand, a third one, and the result. */
const [LEFT, RIGHT, CONDITION, RESULT] = [0, 2, 4, 8] as const

const seen = new Set<number>()

/** Runs the row operations among these that no program has had before. The machine's state is as before. */
export function meetOperations(machine: Machine, opcodes: ReadonlySet<number>): void {
  const fresh: RowOp[] = []
  for (const opcode of opcodes) {
    const op = ROW_OPS[opcode - FIXED_OPS.length]
    if (op !== undefined && !seen.has(opcode)) fresh.push(op)
    seen.add(opcode)
  }
  if (fresh.length === 0) return
  const start = machine.code.length - CODE_SCRATCH
  // Each comparison is met with both outcomes.
  runScratch(machine, rowProgram(fresh, start, 0, 1))
  runScratch(machine, rowProgram(fresh, start, 1, 0))
  runScratch(machine, rowProgram(fresh, start, 0, 0))
}

/** A host records types only after a function has run for a while, and optimises the loop soon after: this many rounds bridge that. */
const ROUNDS = 300

/** Runs the operations that nearly every program has. Takes about a millisecond, once a process. */
export function meetFixedOperations(machine: Machine): void {
  const program = fixedProgram(machine.code.length - CODE_SCRATCH)
  for (let i = 0; i < ROUNDS; i++) runScratch(machine, program)
}

function runScratch(machine: Machine, words: readonly number[]): void {
  const { code, I32: slots, C, S, R, loop } = machine
  const start = code.length - CODE_SCRATCH
  const registers = S.slice()
  const refs = R.length
  code.set(words, start)
  S[REGISTER.pc] = start
  S[REGISTER.fp] = slots.length - SLOT_SCRATCH
  S[REGISTER.sp] = C.length - CALL_SCRATCH
  S[REGISTER.fuel] = 1 << 20
  S[REGISTER.slice] = 1 << 20
  S[REGISTER.stackLimit] = slots.length
  S[REGISTER.frameLimit] = C.length - 2
  loop(scratchInstance(start))
  S.set(registers)
  R.length = refs
}

let instance: Instance | undefined

/** An instance with a memory of one page and a table with one function, which is the first one of `fixedProgram`. */
function scratchInstance(start: number): Instance {
  if (instance === undefined) {
    const store = new Store()
    instance = new Instance(store, new CompiledModule(NOTHING), [])
    instance.memory = Memory.allocate({ addrType: 'i32', limits: { min: 1 }, shared: false }, store)
    const func = FuncInstance.defined(canonicalFuncType({ kind: 'func', params: [], results: [] }), instance, 0)
    const type = { addrType: 'i32', limits: { min: 1 }, elem: FUNCREF } as const
    instance.tables.push(Table.allocate(type, store, func))
  }
  const func = instance.tables[0]!.elems[0] as FuncInstance
  func.frameWords = 8
  func.entry = start + 2
  func.meteredEntry = start + 2
  return instance
}

/** A program that has every one of the operations, with the operands `left` and `right` (0 or 1: which of the two). */
function rowProgram(ops: readonly RowOp[], start: number, left: number, right: number): number[] {
  const words: number[] = []
  for (const op of ops) {
    const [first = 'i32', second = 'i32'] = op.row.signature!.params.map((_, i) => operandKind(op.row, i))
    // An access has its address on the left; what it stores is its only operand.
    const kinds = op.row.access === undefined ? [first, second] : ['i32' as const, first]
    words.push(OPS.const64, LEFT, ...bitsOf(kinds[0]!, left), OPS.const64, RIGHT, ...bitsOf(kinds[1]!, right))
    words.push(...rowOperation(op, start + words.length, right))
  }
  words.push(OPS.exit)
  return words
}

function bitsOf(kind: SlotKind, which: number): readonly number[] {
  return kind === 'v128' ? [0, 0] : OPERANDS[kind][which]!
}

function rowOperation({ opcode, row, form }: RowOp, at: number, right: number): number[] {
  const constant = form.endsWith('$c')
  if (row.access?.kind === 'load') return [opcode, RESULT, LEFT, 4]
  if (row.access?.kind === 'store') return [opcode, LEFT, 4, constant ? 7 : RIGHT]
  const branch = form.startsWith('branch')
  const { params, results } = row.signature!
  const words = branch ? [opcode, LEFT] : [opcode, ...results.map((_, i) => RESULT + 2 * i), LEFT]
  for (let i = 1; i < params.length; i++) {
    const kind = operandKind(row, i)
    if (constant) words.push(...bitsOf(kind, right).slice(0, kind === 'i64' ? 2 : 1))
    else words.push(i % 2 === 0 ? LEFT : RIGHT)
  }
  if (branch) words.push(at + words.length + 1)
  return words
}

/** A program with the fixed operations that stay in the loop. Its first function lies behind its first operation. */
function fixedProgram(start: number): number[] {
  const words: number[] = []
  const here = (): number => start + words.length
  const emit = (name: FixedOp, ...operands: number[]): void => void words.push(OPS[name], ...operands)
  const define = (name: FixedOp, ...operands: number[]): number => {
    const at = here()
    emit(name, ...operands)
    return at
  }
  emit('br', 0)
  const entry = define('return')
  const functions = [entry, define('return32', LEFT), define('return64', LEFT), define('return_ref', LEFT)]
  functions.push(define('tail_call', entry, LEFT, 2, 8))
  words[1] = here()
  emit('const32', LEFT, 1)
  emit('const64', RIGHT, 1, 0)
  emit('const32', CONDITION, 0)
  emit('null_ref', LEFT)
  for (const at of functions) emit('call', at, RESULT, 8)
  const { typeId } = scratchInstance(start).tables[0]!.elems[0] as FuncInstance
  emit('call_indirect', 0, typeId, CONDITION, RESULT)
  for (const name of ['move32', 'move64', 'move_ref'] as const) emit(name, RESULT, LEFT)
  for (const name of ['select32', 'select64'] as const) {
    for (const condition of [LEFT, CONDITION]) emit(name, RESULT, LEFT, RIGHT, condition)
  }
  for (const name of ['global_get32', 'global_get64'] as const) emit(name, RESULT, 0)
  for (const name of ['global_set32', 'global_set64'] as const) emit(name, 0, RESULT)
  for (const slot of [LEFT, CONDITION]) {
    emit('br_if', slot, here() + 3)
    emit('br_unless', slot, here() + 3)
    emit('br_table', slot, 1, here() + 5, here() + 5)
  }
  emit('const64', LEFT, 8, 0)
  emit('address64', RESULT, LEFT, 8, 0)
  emit('saturate64', RESULT, LEFT)
  emit('charge', 1)
  emit('zero', RESULT, 4)
  emit('exit')
  return words
}
