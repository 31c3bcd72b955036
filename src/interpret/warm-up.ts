// Runs every operation of the loop a few times on made-up operands, before the first program does. A host's compiler optimises only what
// it has seen: without this, each operation that a program meets late throws the optimised loop away (sha256 took 450 ms instead of 180).

import { FuncInstance } from '../runtime/func.ts'
import { CompiledModule, Instance } from '../runtime/instance.ts'
import { Memory } from '../runtime/memory.ts'
import { Store } from '../runtime/store.ts'
import { Table } from '../runtime/table.ts'
import type { Module } from '../syntax/module.ts'
import { FUNCREF, I32 } from '../syntax/types.ts'
import type { Machine } from './machine.ts'
import { OPS, REGISTER, ROW_OPS, operandKind, type FixedOp, type RowOp, type SlotKind } from './ops.ts'

const NOTHING: Module = {
  types: [],
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

/** The bits of small operands of each kind: two that differ. */
const OPERANDS: Readonly<Record<SlotKind, readonly (readonly [lo: number, hi: number])[]>> = {
  i32: [
    [8, 0],
    [24, 0],
  ],
  i64: [
    [8, 1],
    [24, 1],
  ],
  f32: [
    [0x41080000, 0],
    [0x41c40000, 0],
  ],
  f64: [
    [0, 0x40210000],
    [0, 0x40388000],
  ],
}

/** Slots of the left and right operand, a third one, and the result; two words each. */
const [LEFT, RIGHT, CONDITION, RESULT] = [0, 2, 4, 8]

/** A program at `start` that meets every row's operation, with the operands `left` and `right` (0 or 1: which of the two). */
function rowProgram(start: number, left: number, right: number): number[] {
  const words: number[] = []
  const put = (slot: number, kind: SlotKind, which: number): void => {
    words.push(OPS.const64, slot, ...OPERANDS[kind][which]!)
  }
  for (const op of ROW_OPS) {
    const kinds = op.row.signature!.params.map((_, i) => operandKind(op.row, i))
    put(LEFT, op.row.access === undefined ? kinds[0]! : 'i32', left)
    if (op.row.access === undefined) put(RIGHT, kinds[1] ?? 'i32', right)
    else put(RIGHT, kinds[0] ?? 'i32', right)
    words.push(...rowOperation(op, start + words.length, right))
  }
  words.push(OPS.exit)
  return words
}

function rowOperation({ opcode, row, form }: RowOp, at: number, right: number): number[] {
  const constant = form.endsWith('$c')
  const { params } = row.signature!
  if (row.access !== undefined) {
    if (row.access.kind === 'load') return [opcode, RESULT, LEFT, 4]
    return [opcode, LEFT, 4, constant ? 7 : RIGHT]
  }
  const words = [opcode]
  if (!form.startsWith('branch')) words.push(RESULT)
  words.push(LEFT)
  if (params.length === 2) {
    if (!constant) words.push(RIGHT)
    else words.push(...OPERANDS[operandKind(row, 1)][right]!.slice(0, operandKind(row, 1) === 'i64' ? 2 : 1))
  }
  if (form.startsWith('branch')) words.push(at + words.length + 1)
  return words
}

/** A program that meets the fixed operations which stay in the loop. */
function fixedProgram(start: number, typeId: number): number[] {
  const words: number[] = []
  const here = (): number => start + words.length
  const emit = (name: FixedOp, ...operands: number[]): void => void words.push(OPS[name], ...operands)
  // Little functions to call, jumped over.
  emit('br', 0)
  const entry = here()
  emit('return')
  const others = (['return32', 'return64', 'return128', 'return_ref'] as const).map((name) => {
    const at = here()
    emit(name, LEFT)
    return at
  })
  const tail = here()
  emit('tail_call', entry, LEFT, 2, 8)
  words[1] = here()
  emit('const32', LEFT, 1)
  emit('const64', RIGHT, 1, 0)
  emit('const32', CONDITION, 0)
  for (const at of [entry, ...others, tail]) emit('call', at, RESULT, 8)
  emit('call_indirect', 0, typeId, CONDITION, RESULT)
  emit('call_indirect_metered', 0, typeId, CONDITION, RESULT)
  for (const name of ['move32', 'move64', 'move128', 'move_ref'] as const) emit(name, RESULT, LEFT)
  for (const name of ['select32', 'select64', 'select128', 'select_ref'] as const) {
    emit(name, RESULT, LEFT, RIGHT, LEFT)
    emit(name, RESULT, LEFT, RIGHT, CONDITION)
  }
  for (const name of ['global_get32', 'global_get64', 'global_get128'] as const) emit(name, RESULT, 0)
  for (const name of ['global_set32', 'global_set64', 'global_set128'] as const) emit(name, 0, RESULT)
  for (const slot of [LEFT, CONDITION]) {
    emit('br_if', slot, here() + 3)
    emit('br_unless', slot, here() + 3)
    emit('br_table', slot, 1, here() + 5, here() + 5)
  }
  emit('charge', 1)
  emit('charge_operand', LEFT, 0)
  emit('zero', RESULT, 4)
  emit('null_refs', RESULT, 4)
  emit('null_ref', RESULT)
  emit('exit')
  return words
}

/** Leaves the machine as it was, but for what lies in free places of its code heap and stack. */
export function warmUp(machine: Machine, start: number): void {
  const { code, S, C, R, loop } = machine
  const store = new Store()
  const instance = new Instance(store, new CompiledModule(NOTHING), [])
  instance.memory = Memory.allocate({ addrType: 'i32', limits: { min: 1 }, shared: false }, store)
  const func = FuncInstance.defined({ kind: 'func', params: [], results: [] }, instance, 0)
  instance.tables.push(Table.allocate({ addrType: 'i32', limits: { min: 1 }, elem: FUNCREF }, store, func))
  const run = (words: readonly number[]): void => {
    code.set(words, start)
    C[0] = 0
    S.fill(0)
    S[REGISTER.pc] = start
    S[REGISTER.fuel] = 1 << 20
    S[REGISTER.slice] = 1 << 20
    S[REGISTER.stackLimit] = 1 << 12
    S[REGISTER.frameLimit] = 1 << 10
    loop(instance)
  }
  const fixed = fixedProgram(start, func.typeId)
  func.frameWords = 8
  func.entry = start + 2
  func.meteredEntry = start + 2
  for (const [left, right] of [
    [0, 1],
    [1, 0],
    [0, 0],
  ] as const) {
    run(rowProgram(start, left, right))
    run(fixed)
  }
  code.fill(0, start, start + (1 << 14))
  machine.I32.fill(0, 0, 64)
  R.length = 0
}
