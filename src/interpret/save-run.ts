// A stopped run as data: its frames, and what happens first when it goes on.

import { UsageError } from '../errors/heddle-error.ts'
import type { SavedFrame, SavedRun } from '../runtime/saved-run.ts'
import { codeAt, isChargeOf } from './code-heap.ts'
import type { Execution } from './execution.ts'
import { WAIT } from './host-calls.ts'
import { EXIT_PC, RETURN_PC, machine } from './machine.ts'
import { OPS } from './ops.ts'
import { lengthCharge, saveFrames, siteOf, type Innermost } from './save-frames.ts'

/** A run that has begun and stands on top of the machine's stack. */
export function saveRun(run: Execution): SavedRun {
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
  return saveAtInstruction(run, hostCall !== undefined, fuelUsed)
}

function saveAtInstruction(run: Execution, waits: boolean, fuelUsed: number): SavedRun {
  const { func, pc, fp } = run
  const frames = framesOf(run, { instance: run.instance!, pc, fp, calls: false })
  const { code } = machine()
  if (waits) return { func, frames, next: { kind: 'instruction', paid: 1 }, fuelUsed }
  if (code[pc] === OPS.charge_operand) {
    return { func, frames, next: { kind: 'instruction', paid: 1 + run.paid }, fuelUsed }
  }
  // In the middle of an instruction it was charged already, and has trapped: it is as if it had not begun.
  const isCharged = !isChargeOf(code[pc]!)
  const cost = isCharged ? 1 + lengthCharge(codeAt(pc)!, siteOf(pc).offset, fp) : 0
  return { func, frames, next: { kind: 'instruction', paid: 0 }, fuelUsed: fuelUsed - cost }
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
