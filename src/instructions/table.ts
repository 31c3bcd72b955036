// THE table: all rows of all proposals, and the ways to look one up. Everything that knows instructions derives from here.

import { F32, F64, type ValType } from '../syntax/types.ts'
import type { Instruction } from './define.ts'
import { PROPOSALS, type Proposal } from './proposals.ts'

const extraConstants = new Set(PROPOSALS.flatMap((proposal) => proposal.constants ?? []))

/** Every instruction, in the order of the list of proposals. */
export const INSTRUCTIONS: readonly Instruction[] = PROPOSALS.flatMap(({ rows, on }) =>
  rows.map((row) => uniform(row, on)),
)

/** The row with all fields, in one order: loops over code read them twice as fast from objects of one shape. */
function uniform(row: Instruction, on: boolean): Instruction {
  return {
    opcode: row.opcode,
    name: row.name,
    immediates: row.immediates,
    signature: row.signature,
    rule: row.rule,
    expr: row.expr,
    high: row.high,
    further: row.further,
    test: row.test,
    bits: row.bits,
    nan: row.nan ?? scalarNan(row),
    traps: row.traps,
    access: row.access,
    atomic: row.atomic,
    cost: row.cost,
    charge: row.charge,
    constant: extraConstants.has(row.name) ? true : row.constant,
    annotated: row.annotated,
    nullable: row.nullable,
    structure: row.structure,
    admitsElse: row.admitsElse,
    hintable: row.hintable,
    admitsHandlers: row.admitsHandlers,
    handler: row.handler,
    optional: on ? undefined : (true as const),
    diverges: row.diverges,
    transfer: row.transfer,
  } satisfies Record<keyof Instruction, unknown>
}

/** Arithmetic on floats; what works on their bits makes no NaN. */
function scalarNan({ signature, expr, bits, access }: Instruction): 32 | 64 | undefined {
  if (signature === undefined || expr === undefined || bits === true || access !== undefined) return undefined
  if (!signature.params.some(isFloat)) return undefined
  const [result] = signature.results
  return result === F32 ? 32 : result === F64 ? 64 : undefined
}

function isFloat(type: ValType): boolean {
  return type === F32 || type === F64
}

const byName = new Map<string, Instruction>()
const byPrefix = new Map<number, (Instruction | undefined)[]>()
const proposals = new Map<number, Proposal>()

for (const row of INSTRUCTIONS) {
  // An instruction with an annotated form (select, ref.cast) has two opcodes and one name; the plain form is found by the name.
  if (!byName.has(row.name)) byName.set(row.name, row)
  const prefix = row.opcode >>> 16
  const rows = byPrefix.get(prefix) ?? Array.from<Instruction | undefined>({ length: 256 }).fill(undefined)
  rows[row.opcode & 0xffff] = row
  byPrefix.set(prefix, rows)
}
for (const proposal of PROPOSALS) for (const row of proposal.rows) proposals.set(row.opcode, proposal)

/** Rows of one-byte opcodes, by opcode. */
export const PLAIN_ROWS: readonly (Instruction | undefined)[] = byPrefix.get(0)!

/** Rows behind a prefix byte, by number; undefined where the byte is no prefix. */
export function rowsBehind(prefix: number): readonly (Instruction | undefined)[] | undefined {
  return prefix === 0 ? undefined : byPrefix.get(prefix)
}

export function instructionByOpcode(opcode: number): Instruction | undefined {
  return byPrefix.get(opcode >>> 16)?.[opcode & 0xffff]
}

export function instructionByName(name: string): Instruction | undefined {
  return byName.get(name)
}

/** The proposal that brought the instruction. */
export function proposalOf(row: Instruction): Proposal {
  return proposals.get(row.opcode)!
}
