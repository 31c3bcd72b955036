// The instruction set of the interpreter's register code, as data: a few fixed operations, and for each row of the instruction table the
// forms in which it is executed. Opcodes are positions in one list, so the lowering and the generated loop agree by construction.
//
// Every operation is a run of int32 words: the opcode, then its operands. A slot is named by its distance from the frame pointer, in
// int32 units; a slot is 8 bytes, that of a vector 16. A target is an absolute position in the code heap.
//
// Two loops share them: what concerns vectors or a memory other than the first, and what takes many operands or gives many results, is
// executed by the side loop, so that the main one stays small enough for the host to optimise.

import type { Instruction, Signature } from '../instructions/define.ts'
import { INSTRUCTIONS } from '../instructions/table.ts'
import { F32, F64, I32, I64, V128, type ValType } from '../syntax/types.ts'

// prettier-ignore
export const FIXED_OPS = [
  'exit',                 // the bottom of a stack: gives control back to the driver
  'lower_call',           // funcIdx delta _: exits to have the callee lowered, then becomes `call`
  'lower_tail',           // funcIdx src words _: likewise, becomes `tail_call`
  'call',                 // entry delta frameWords
  'call_import',          // funcIdx delta
  'call_indirect',        // tableIdx typeId index delta
  'call_indirect_metered',
  'call_ref',             // slot delta
  'call_ref_metered',
  'tail_call',            // entry src words frameWords
  'tail_import',          // funcIdx src words
  'tail_indirect',        // tableIdx typeId index src words
  'tail_ref',             // slot src words
  'return',               //
  'return32',             // slot
  'return64',             // slot
  'return128',            // slot
  'return_ref',           // slot
  'br',                   // target
  'br_if',                // slot target
  'br_unless',            // slot target
  'br_table',             // slot n target… default
  'unreachable',          //
  'charge',               // cost
  'charge_block',         // cost: where the stepping code may give way to the metered one
  'charge_operand',       // slot shift
  'zero',                 // slot words
  'null_refs',            // slot words
  'const32',              // slot value
  'const64',              // slot lo hi
  'move32',               // slot from
  'move64',               // slot from
  'move128',              // slot from
  'move_ref',             // slot from
  'null_ref',             // slot
  'select32',             // slot a b condition
  'select64',             // slot a b condition
  'select128',            // slot a b condition
  'select_ref',           // slot a b condition
  'global_get32',         // slot offset
  'global_get64',         // slot offset
  'global_get128',        // slot offset
  'global_set32',         // offset slot
  'global_set64',         // offset slot
  'global_set128',        // offset slot
  'canonical32',          // slot count: NaNs among so many f32 become canonical
  'canonical64',          // slot count
  'slow',                 // instruction base x y
  'address64',            // slot from lo hi: a 64-bit address and an offset to a 32-bit address, or a trap
  'saturate64',           // slot from: an i64 to an i32, the greatest where it is greater
  'leave',                // reason operands…: the driver does it
] as const

export type FixedOp = (typeof FIXED_OPS)[number]

/**
 * `$c`: the right operand is a constant in the code. `$m`: an access to the memory whose index is in the code. `branch_*`: the row is a
 * condition, and the operation is a branch on it.
 */
type Form = 'value' | 'value$c' | 'value$m' | 'branch_if' | 'branch_if$c' | 'branch_unless' | 'branch_unless$c'

export interface RowOp {
  readonly opcode: number
  readonly row: Instruction
  readonly form: Form
}

/** How an operand or a result lies in its slot. */
export type SlotKind = 'i32' | 'i64' | 'f32' | 'f64' | 'v128'

const KINDS: ReadonlyMap<ValType, SlotKind> = new Map([
  [I32, 'i32'],
  [I64, 'i64'],
  [F32, 'f32'],
  [F64, 'f64'],
  [V128, 'v128'],
])

/** A row that is an expression: the loops execute it themselves. */
export type Expression = Instruction & { readonly expr: string; readonly signature: Signature }

export function isExpression(row: Instruction): row is Expression {
  return row.expr !== undefined && row.signature !== undefined
}

export function slotKind(type: ValType): SlotKind {
  return KINDS.get(type)!
}

/** Everything in a row that is spelled over its operands. */
export function expressionsOf({ expr, high, further = [], traps = [] }: Instruction): string[] {
  const texts = [
    expr,
    high,
    ...further.flatMap((result) => [result.expr, result.high]),
    ...traps.map(({ when }) => when),
  ]
  return texts.filter((text) => text !== undefined)
}

/** The kind of an operand as the expression looks at it: `$0b` takes an f32's bits, `$0l` and `$0h` an f64's. */
export function operandKind(row: Instruction, i: number): SlotKind {
  const kind = slotKind(row.signature!.params[i]!)
  const text = expressionsOf(row).join(' ')
  if (kind === 'f32' && text.includes(`$${i}b`)) return 'i32'
  if (kind === 'f64' && (text.includes(`$${i}l`) || text.includes(`$${i}h`))) return 'i64'
  return kind
}

/** The kind in which the result is written. */
export function resultKind(row: Instruction): SlotKind {
  const kind = slotKind(row.signature!.results[0]!)
  if (row.bits !== true) return kind
  return kind === 'f32' ? 'i32' : 'i64'
}

/** Rows with a vector among their operands and results. */
export function isVectorial({ signature }: Expression): boolean {
  return signature.params.includes(V128) || signature.results.includes(V128)
}

/** Rows that only the side loop executes: of vectors, and of more operands or results than the operations of the main one have. */
export function isAside(row: Expression): boolean {
  return isVectorial(row) || row.signature.params.length > 2 || row.signature.results.length > 1
}

/** The forms that the main loop executes. */
function mainForms(row: Expression): readonly Form[] {
  if (isAside(row)) return []
  const { params } = row.signature
  const right = params.length === 2 && (params[1] === I32 || params[1] === I64) && row.access === undefined
  const storesI32 = row.access?.kind === 'store' && params[0] === I32
  const forms: Form[] = ['value']
  if (right || storesI32) forms.push('value$c')
  // A branch on i32.eqz is a branch on its operand with the other sense.
  if (row.test === true && !(params.length === 1 && params[0] === I32)) {
    forms.push('branch_if', 'branch_unless')
    if (right) forms.push('branch_if$c', 'branch_unless$c')
  }
  return forms
}

/** The forms that the side loop executes. */
function sideForms(row: Expression): readonly Form[] {
  const forms: Form[] = isAside(row) ? ['value'] : []
  // Shifts, mostly, by a count that is known.
  if (isVectorial(row) && row.signature.params[1] === I32) forms.push('value$c')
  if (row.access !== undefined) forms.push('value$m')
  return forms
}

/** Two forms with the same key do the same to a frame, and share an opcode: loading an f32 is loading an i32. */
function meaning(row: Instruction, form: Form): string {
  const bitless = (text: string | undefined): string | undefined => text?.replace(/(\$\d)b/g, '$1')
  const traps = (row.traps ?? []).map((t) => [bitless(t.when), t.trap])
  const operands = row.signature!.params.map((_, i) => operandKind(row, i))
  const result = row.signature!.results.length === 0 ? undefined : resultKind(row)
  return JSON.stringify([form, operands, result, bitless(row.expr), row.high, row.further, row.test, traps, row.access])
}

const opcodes = new Map<string, number>()

/** Numbers the operations of one loop, from `first` on. */
function buildRowOps(first: number, formsOf: typeof mainForms): readonly RowOp[] {
  const ops: RowOp[] = []
  const byMeaning = new Map<string, number>()
  for (const row of INSTRUCTIONS.filter(isExpression)) {
    for (const form of formsOf(row)) {
      const key = meaning(row, form)
      let opcode = byMeaning.get(key)
      if (opcode === undefined) {
        opcode = first + ops.length
        byMeaning.set(key, opcode)
        ops.push({ opcode, row, form })
      }
      opcodes.set(`${row.opcode} ${form}`, opcode)
    }
  }
  return ops
}

/** Operations of the main loop that come from rows, by ascending opcode. */
export const ROW_OPS: readonly RowOp[] = buildRowOps(FIXED_OPS.length, mainForms)

/** Operations of the side loop, by ascending opcode. */
export const SIDE_OPS: readonly RowOp[] = buildRowOps(FIXED_OPS.length + ROW_OPS.length, sideForms)

export const OPS: Readonly<Record<FixedOp, number>> = Object.fromEntries(
  FIXED_OPS.map((name, opcode) => [name, opcode]),
) as Record<FixedOp, number>

/** The opcodes of a row's forms; undefined where it has not got that form. */
export interface RowForms {
  readonly value: number
  readonly valueConst: number | undefined
  readonly otherMemory: number | undefined
  readonly branchIf: number | undefined
  readonly branchIfConst: number | undefined
  readonly branchUnless: number | undefined
  readonly branchUnlessConst: number | undefined
}

const forms = new Map<Instruction, RowForms>()
for (const row of INSTRUCTIONS.filter(isExpression)) {
  const opcode = (form: Form): number | undefined => opcodes.get(`${row.opcode} ${form}`)
  forms.set(row, {
    value: opcode('value')!,
    valueConst: opcode('value$c'),
    otherMemory: opcode('value$m'),
    branchIf: opcode('branch_if'),
    branchIfConst: opcode('branch_if$c'),
    branchUnless: opcode('branch_unless'),
    branchUnlessConst: opcode('branch_unless$c'),
  })
}

/** The forms of a row that is an expression; undefined for the others. */
export function formsOfRow(row: Instruction): RowForms | undefined {
  return forms.get(row)
}

/** Why the loop gave control back. Reasons from `TRAP` on are traps: `TRAP` plus the position in `TRAP_CODES`. */
export const REASON = {
  exit: 0,
  slice: 1,
  fuel: 2,
  block: 3,
  lower: 4,
  import: 5,
  indirect: 6,
  tailImport: 7,
  tailIndirect: 8,
  callRef: 9,
  tailRef: 10,
  tailOwn: 11,
  throw: 20,
  throwRef: 21,
  wait: 22,
  notify: 23,
  contNew: 24,
  contBind: 25,
  suspend: 26,
  resume: 27,
  resumeThrow: 28,
  resumeThrowRef: 29,
  switch: 30,
  breakpoint: 31,
  trap: 32,
} as const

/** Positions in the machine's register array, where the loop takes its state from and leaves it. */
export const REGISTER = { pc: 0, fp: 1, sp: 2, fuel: 3, slice: 4, stackLimit: 5, frameLimit: 6 } as const
