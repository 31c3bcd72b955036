// Writes src/interpret/side-loop.gen.ts from the instruction table: the loop that executes what is kept out of the main one.

import type { Instruction } from '../src/instructions/define.ts'
import { REGISTER, SIDE_OPS, operandKind, type RowOp } from '../src/interpret/ops.ts'
import {
  HEADER,
  declareVariables,
  accessLines,
  fetchOperands,
  located,
  markLine,
  renderCase,
  slot,
  storeFurther,
  storeResult,
  trapLines,
  word,
  type Operand,
} from './generate-loop.ts'

/** The substitution of the lanes and of the immediates, whose first word is at `k`. */
function substitute({ immediates }: Instruction, k: number): (expr: string) => string {
  const words = immediates.includes('lanes') ? [0, 1, 2, 3].map((i) => [`$w${i}`, word(k + i)] as const) : []
  const replacements = [['$v', 'L'] as const, ['$x', word(k)] as const, ...words]
  return (expr) => replacements.reduce((text, [from, to]) => text.split(from).join(to), expr)
}

/** The words of the operation are in the order in which `Lowering.lowerAside` writes them. */
function sideCase({ row, form }: RowOp): string[] {
  const { params, results } = row.signature!
  const { access, immediates } = row
  let k = results.length + (access === undefined ? 1 : 3)
  const operands = params.map((_, i): Operand => {
    const kind = operandKind(row, i)
    return form === 'value$c' && i === params.length - 1
      ? { kind, address: '', constant: [word(k++)] }
      : { kind, address: slot(k++) }
  })
  const fetched = fetchOperands(row, operands)
  const substituted = substitute(row, k)
  const put = (expr: string): string => located(substituted(fetched.put(expr)))
  if (immediates.includes('laneidx')) k += 1
  if (immediates.includes('lanes')) k += 4
  const memory = form === 'value$m' ? `instance.memories[${word(k++)}]` : 'instance.memory'
  const check = [`memory = ${memory}`, 'view = memory.view', 'size = memory.byteLength']
  return [
    ...(access === undefined
      ? []
      : [...check, ...accessLines(row, slot(results.length + 1), word(results.length + 2))]),
    ...fetched.lines,
    ...trapLines(row, put),
    ...(access?.kind === 'store' ? [markLine('memory.marks')] : []),
    ...(results.length === 0 ? [put(row.expr!)] : storeResult(row, put, slot(1))),
    ...storeFurther(row, put, 2),
    `pc = pc + ${k} | 0`,
    'continue',
  ]
}

/** Files of `numeric/` that expressions may call. */
const NUMERIC = ['convert', 'f32', 'f32x4', 'f64', 'f64x2', 'i16x8', 'i32', 'i32x4', 'i64', 'i64x2', 'i8x16', 'v128']

/** Source of the side loop. */
export function generateSideLoop(): string {
  const cases = SIDE_OPS.map((op) =>
    renderCase(op.opcode, op.form === 'value' ? op.row.name : `${op.row.name} ${op.form}`, sideCase(op)),
  )
  const text = cases.join('').replaceAll(/\/\/.*/g, '')
  const used = NUMERIC.filter((name) => new RegExp(`\\b${name}\\.`).test(text))
  const imports = used.map((name) => `import * as ${name} from '../numeric/${name}.ts'\n`)
  return `${HEADER}// @ts-nocheck: see loop.gen.ts.
/* eslint-disable */

${imports.join('')}import { lanesOver } from '../numeric/lanes.ts'
import type { Instance } from '../runtime/instance.ts'

/**
 * Executes operations from \`pc\` on until one belongs to the main loop, and leaves its place in the register of the program counter.
 * Gives 0, or the reason for a trap.
 */
export type SideLoop = (instance: Instance, pc: number, fp: number) => number

/** Makes the side loop over one set of arrays, as \`createLoop\` does. */
export function createSideLoop(
  codeHeap: Int32Array,
  words: Int32Array,
  singles: Float32Array,
  doubles: Float64Array,
  registers: Int32Array,
): SideLoop {
  const lanes = lanesOver(words.buffer)
  return function sideLoop(instance: Instance, from: number, fp: number): number {
    const code = codeHeap, I32 = words, F32 = singles, F64 = doubles, L = lanes
    let memory = instance.memory, view = memory.view, size = 0
    let pc = from, why = 0
    let a = 0, d = 0, ea = 0, low = 0
${declareVariables(cases)}    run: for (;;) {
      switch (code[pc]) {
${cases.join('').replaceAll(/^/gm, '  ').trimEnd()}
        default:
          break run
      }
    }
    registers[${REGISTER.pc}] = pc
    return why
  }
}
`
}
