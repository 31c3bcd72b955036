// A stopped run as data: its frames, and what happens first when it goes on.

import { UsageError } from '../errors/heddle-error.ts'
import type { SavedFrame, SavedRun } from '../runtime/saved-run.ts'
import { codeAt, isChargeOf } from './code-heap.ts'
import type { Execution } from './execution.ts'
import { WAIT } from './host-calls.ts'
import { EXIT_PC, RETURN_PC, machine } from './machine.ts'
import { OPS } from './ops.ts'
import { lengthCharge, saveFrames, siteOf, type Innermost } from './save-frames.ts'

/** A run that has begun and stands on top of the machine's stack; `hasTrapped`: a precise one, in the middle of an instruction. */
export function saveRun(run: Execution, hasTrapped = false): SavedRun {
  const { func, hostCall, outcome, thrownAtSuspension } = run
  const fuelUsed = run.fuelUsed - run.paidAhead
  if (thrownAtSuspension !== undefined) {
    const next = { kind: 'thrown', exception: thrownAtSuspension } as const
    return { func, frames: framesAbove(run, run.pc), next, fuelUsed }
  }
  if (outcome !== undefined) {
    const frames = framesAbove(run, outcome.returnPc)
    if ('exception' in outcome)
      return { func, frames, next: { kind: 'thrown', exception: outcome.exception }, fuelUsed }
    return { func, frames, next: { kind: 'returned', results: outcome.values }, fuelUsed }
  }
  if (hostCall !== undefined && hostCall.func !== WAIT) {
    const { func: host, args, caller, returnPc, fuelBefore } = hostCall
    const next = { kind: 'host', func: host, args, caller } as const
    return { func, frames: framesAbove(run, returnPc), next, fuelUsed: fuelBefore }
  }
  return saveAtInstruction(run, hasTrapped, fuelUsed)
}

function saveAtInstruction(run: Execution, hasTrapped: boolean, fuelUsed: number): SavedRun {
  const { func, pc, fp } = run
  const frames = framesOf(run, { instance: run.instance!, pc, fp, calls: false })
  const opcode = machine().code[pc]!
  const at = (paid: number): SavedRun => ({ func, frames, next: { kind: 'instruction', paid }, fuelUsed })
  if (isChargeOf(opcode)) return at(0)
  if (opcode === OPS.charge_operand) return at(1 + run.paid)
  // It waits, or is restored where it did.
  if (!hasTrapped) return at(1)
  // The instruction was charged already: it is as if it had not begun.
  return { ...at(0), fuelUsed: fuelUsed - 1 - lengthCharge(codeAt(pc)!, siteOf(pc).offset, fp) }
}

/** The frames of a run in which a call returns to a position: to the frame that runs, to none, or to the one below a tail call. */
function framesAbove(run: Execution, returnPc: number): SavedFrame[] {
  if (returnPc === EXIT_PC || returnPc === RETURN_PC) return framesOf(run, undefined)
  return framesOf(run, { instance: run.instance!, pc: returnPc - 1, fp: run.fp, calls: true })
}

function framesOf({ callBase, sp, crossings, instance }: Execution, innermost: Innermost | undefined): SavedFrame[] {
  // The lowest is the return of the outermost frame to the driver.
  const calls = machine().C.subarray(callBase + 2, Math.max(sp, callBase + 2))
  return saveFrames(innermost, { calls, crossings, instance }, machine())
}

/** For a run that is not in a state to be saved. */
export function cannotSave(reason: string, code: string): UsageError {
  return new UsageError(`the run can't be saved: ${reason}`, code)
}
