// Goes on from saved runs and continuations: what happens first in them is checked as the frames are, and set up on the run.

import { SnapshotError } from '../errors/snapshot-error.ts'
import type { StackStretch } from '../runtime/continuation.ts'
import type { FuncInstance } from '../runtime/func.ts'
import type { NextStep, SavedFrame, SavedRun, SavedStretch } from '../runtime/saved-run.ts'
import type { Value } from '../runtime/value.ts'
import type { FuncType, ValType } from '../syntax/types.ts'
import { CLOSED, canonicalById, type CanonicalType } from '../validate/canonical-types.ts'
import { matchesResultType } from '../validate/matching.ts'
import { blockPosition, isChargeOf, operationsOf, placeFunction } from './code-heap.ts'
import type { ContinuedMode } from './continuations.ts'
import type { Execution, HostCall, Outcome } from './execution.ts'
import { frameSite, isSuspension, isWait, type FrameSite } from './frame-site.ts'
import { wordsOf, type Words } from './frame-values.ts'
import { EXIT_PC, machine } from './machine.ts'
import {
  checkCaller,
  checkResultTypes,
  checkValues,
  crossingOf,
  layFrames,
  layStretch,
  resultsOf,
  type LaidFrame,
  type Stack,
} from './restore-frames.ts'
import { CHARGE_WORDS, chargeOfLength } from './save-frames.ts'

/** Sets up a run, which was called with the same function, to go on where another was saved after it had begun. */
export function loadRun(run: Execution, { func, frames, next, fuelUsed }: SavedRun): void {
  const mode: ContinuedMode = run.mode === 'precise' ? 'precise' : 'metered'
  if (frames.length === 0) return loadWithoutFrames(run, next, fuelUsed)
  if (func.host !== undefined) throw new SnapshotError('frames in a call of a host function')
  checkResultTypes(resultsOf(frames[0]!, 0), func.type.results, 'frame 0')
  const stack = layFrames(frames, next.kind !== 'instruction', mode, run.limits)
  const { frame, fp } = stack.innermost
  const { pc, ...state } = stateFor(stack, next, mode, fuelUsed)
  const calls = Int32Array.of(EXIT_PC, 0, ...stack.calls)
  run.adopt({ ...stack, calls, instance: frame.instance, pc, fp })
  Object.assign(run, state)
}

/** Nothing is on the stack: a host function is all that was called, or called in place of what was. */
function loadWithoutFrames(run: Execution, next: NextStep, fuelBefore: number): void {
  const { type } = run.func
  const place = { slot: 0, returnPc: EXIT_PC }
  let words = wordsOf(type.results)
  const state: State = { hostCall: undefined, outcome: undefined, paid: 0 }
  if (next.kind === 'host') {
    checkHost(next.func, next.args, 'the host call')
    checkResultTypes(next.func.type.results, type.results, 'the run')
    words = Math.max(words, wordsOf(next.func.type.params))
    state.hostCall = { func: next.func, args: next.args, caller: next.caller, ...place, fuelBefore }
  } else if (next.kind === 'returned') {
    checkValues(next.results, type.results, 'result')
    state.outcome = { values: next.results, ...place }
  } else throw new SnapshotError('no frame')
  const empty = { words: new Int32Array(words), refs: [], calls: new Int32Array(0), crossings: [] }
  run.adopt({ ...empty, instance: undefined, pc: EXIT_PC, fp: 0 })
  Object.assign(run, state)
}

/** What of a run depends on what happens first. */
interface State {
  hostCall: HostCall | undefined
  outcome: Outcome | undefined
  paid: number
}

function stateFor(
  stack: Stack,
  next: NextStep,
  mode: ContinuedMode,
  fuelBefore: number,
): State & { readonly pc: number } {
  const { innermost } = stack
  const { name, site, end: slot } = innermost
  const state = { hostCall: undefined, outcome: undefined, paid: 0 }
  if (next.kind === 'begin') throw new SnapshotError(`${name}: a run that has not begun has no frames`)
  if (next.kind === 'instruction') return { ...state, ...positionOf(innermost, next.paid, mode, stackWords(stack)) }
  const crossing = crossingOf(innermost, mode)
  const { returnPc } = crossing
  // Within the operation that calls.
  const pc = returnPc - 1
  if (next.kind === 'host') {
    const { func, args, caller } = next
    checkHost(func, args, name)
    if (caller === undefined) throw new SnapshotError(`${name}: nobody has called ${func.toString()}`)
    checkCaller(innermost, func.type.results)
    const isDirect = crossing.prompt === undefined && caller === crossing.instance
    const between = isDirect ? undefined : crossing
    return { ...state, pc, hostCall: { func, args, caller, slot, returnPc, fuelBefore, crossing: between } }
  }
  if (next.kind === 'returned') {
    if (isSuspension(site)) throw new SnapshotError(`${name}: ${site.row.name} is not resumed yet`)
    checkValues(next.results, site.call!.results, `${name}: result`)
    return { ...state, pc, outcome: { values: next.results, slot, returnPc } }
  }
  if (isWait(site)) throw new SnapshotError(`${name}: ${site.row.name} throws nothing`)
  return { ...state, pc, outcome: { exception: next.exception, slot, returnPc } }
}

function checkHost(func: FuncInstance, args: readonly Value[], what: string): void {
  if (func.host === undefined) throw new SnapshotError(`${what}: ${func.toString()} is no function of the host's`)
  checkValues(args, func.type.params, `${what}: argument`)
}

function stackWords({ words, refs }: Stack): Words {
  return { I32: words, R: refs }
}

/** Where the instruction is, in code that charges it: at its charge, or behind that where it is paid. */
function positionOf(
  { frame, name, site, placed, fp }: LaidFrame,
  paid: number,
  mode: ContinuedMode,
  words: Words,
): { readonly pc: number; readonly paid: number } {
  const { start } = operationsOf(placed, frame.offset)!
  const { code } = machine()
  if (!isChargeOf(code[start]!)) {
    throw new SnapshotError(`${name}: ${site.row.name} costs nothing, so that no run stops there`)
  }
  if (paid === 0) {
    if (mode === 'precise') return { pc: start, paid: 0 }
    const metered = placeFunction(frame.instance.compiled, frame.funcIdx, 'metered')
    return { pc: blockPosition(metered, frame.offset) ?? start, paid: 0 }
  }
  const at = chargeOfLength(start)
  if (at !== undefined && site.row.charge !== undefined) {
    const length = lengthAt(at, start, fp, words)
    if (Number.isSafeInteger(paid) && paid > 0 && paid <= 1 + length) return { pc: at, paid: paid - 1 }
  } else if (paid === 1 && isWait(site)) return { pc: start + CHARGE_WORDS, paid: 0 }
  throw new SnapshotError(`${name}: ${paid} units are paid for ${site.row.name}`)
}

/** What the operation at `at` charges; does before what the operations between the two would have done. */
function lengthAt(at: number, start: number, fp: number, { I32 }: Words): number {
  const { code } = machine()
  const slot = fp + code[at + 1]!
  if (at > start + CHARGE_WORDS) {
    const from = fp + code[at - 1]!
    I32[slot] = I32[from + 1] !== 0 ? -1 : I32[from]!
  }
  return I32[slot]! >>> code[at + 2]!
}

/** A stretch for a continuation of a type, which was given the values `bound` already. */
export function restoreStretch(saved: SavedStretch, type: CanonicalType, bound: readonly Value[]): StackStretch {
  const { frames } = saved
  const stretch = layStretch(frames, 'metered')
  const { params, results } = continuedFunc(type)
  checkResultTypes(resultsOf(frames[0]!, 0), results, 'frame 0')
  const { results: taken } = siteOfFrame(frames.at(-1)!).call!
  checkValues(bound, taken.slice(0, bound.length), 'the continuation: bound value')
  checkGiven(params, taken.slice(bound.length))
  return stretch
}

function checkGiven(params: readonly ValType[], taken: readonly ValType[]): void {
  if (matchesResultType(params, taken, CLOSED)) return
  throw new SnapshotError('the continuation: it is given other values than it was suspended for')
}

/** The type of a continuation's function. */
function continuedFunc({ comp }: CanonicalType): FuncType {
  if (comp.kind !== 'cont') throw new SnapshotError('the type of a continuation is another one')
  return canonicalById(comp.typeIdx).comp as FuncType
}

function siteOfFrame({ instance, funcIdx, offset }: SavedFrame): FrameSite {
  return frameSite(instance.compiled, funcIdx, offset)!
}
