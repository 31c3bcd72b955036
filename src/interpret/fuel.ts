// Fuel, where the loop can't pay: a block that the fuel does not cover is executed one instruction at a time, and the length of a bulk
// operation is paid in instalments.

import { InternalError } from '../errors/heddle-error.ts'
import type { Stop } from '../runtime/tier.ts'
import { blockOffset, blockPosition, placeFunction, type PlacedCode } from './code-heap.ts'
import type { Execution } from './execution.ts'
import { machine } from './machine.ts'
import { OPS } from './ops.ts'

/** A charge could not be paid from the loop's chunk: from the whole, by stepping through the block, or not at all. */
export function outOfFuel(run: Execution): Stop | undefined {
  const { code } = machine()
  if (code[run.pc] !== OPS.charge) return payLength(run)
  const cost = code[run.pc + 1]!
  if (run.fuel >= cost) return undefined
  const placed = run.placed()
  if (placed.mode !== 'metered' || run.fuel < 1) return { kind: 'fuel' }
  switchTo(run, placed, 'stepping')
  return undefined
}

/** Pays what is still owed for the length of a bulk operation, or as much of it as there is. */
function payLength(run: Execution): Stop | undefined {
  const { code, I32 } = machine()
  const owed = (I32[run.fp + code[run.pc + 1]!]! >>> code[run.pc + 2]!) - run.paid
  if (run.fuel >= owed || run.isStep) {
    run.charge(owed)
    run.paid = 0
    run.pc += 3
    return undefined
  }
  const instalment = Math.max(0, Math.floor(run.fuel))
  run.charge(instalment)
  run.paid += instalment
  return { kind: 'fuel' }
}

/** At the beginning of a basic block in stepping code: back to metered code where the fuel covers the block. */
export function beginBlock(run: Execution): Stop | undefined {
  const cost = machine().code[run.pc + 1]!
  if (run.fuel >= cost) {
    switchTo(run, run.placed(), 'metered')
    return undefined
  }
  if (run.fuel < 1) return { kind: 'fuel' }
  run.charge(1)
  run.pc += 2
  return undefined
}

/** Goes on in the same function lowered in another mode: the block that begins here begins there too. */
function switchTo(run: Execution, from: PlacedCode, mode: 'metered' | 'stepping'): void {
  const offset = blockOffset(from, run.pc)
  const to = placeFunction(run.instance!.compiled, from.funcIdx, mode)
  const pc = offset === undefined ? undefined : blockPosition(to, offset)
  if (pc === undefined) throw new InternalError(`no ${mode} code for the block at ${String(offset)}`)
  run.pc = pc
}
