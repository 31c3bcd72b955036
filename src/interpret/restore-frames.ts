// Lays saved frames out as the machine has them. They may come from anywhere: every frame is checked against what the validator knows of its
// place, and every call against what it calls, so that a run which goes on from them stays within its types.

import { SnapshotError } from '../errors/snapshot-error.ts'
import { isOfRefType } from '../runtime/reference.ts'
import type { SavedFrame } from '../runtime/saved-run.ts'
import type { StoreLimits } from '../runtime/store.ts'
import type { Ref, Value } from '../runtime/value.ts'
import { V128, isRefType, type ValType } from '../syntax/types.ts'
import { CLOSED } from '../validate/canonical-types.ts'
import { closedResultTypeName, closedTypeName } from '../validate/closed-type-name.ts'
import { matchesResultType } from '../validate/matching.ts'
import type { Crossing } from './backtrace.ts'
import { operationsOf, placeFunction, type PlacedCode } from './code-heap.ts'
import { FrameStretch, promptAt, type ContinuedMode } from './continuations.ts'
import type { LaidFrames } from './execution.ts'
import { frameSite, isResumption, isSuspension, isWait, type FrameSite } from './frame-site.ts'
import { wordsOf, writeValues } from './frame-values.ts'
import { EXIT_PC, machine } from './machine.ts'
import { saveStretch } from './save-frames.ts'

/** How far frames may go; without it, as far as they do. */
type StackQuota = Pick<StoreLimits, 'stackFrames' | 'stackBytes'>

/** A frame that was checked, and where it lies. */
export interface LaidFrame {
  readonly frame: SavedFrame
  readonly name: string
  readonly site: FrameSite
  readonly placed: PlacedCode
  readonly fp: number
  /** Behind its operands: where those begin that a call has taken. */
  readonly end: number
}

/** Frames on the machine, but for the position of the innermost one. */
export interface Stack extends Omit<LaidFrames, 'instance' | 'pc' | 'fp'> {
  readonly words: Int32Array
  readonly refs: Ref[]
  /** Without the return of the outermost frame. */
  readonly calls: Int32Array
  readonly crossings: readonly Crossing[]
  readonly innermost: LaidFrame
}

/** Lays out frames, of which there is at least one. `calls`: whether the innermost has called somebody, too. */
export function layFrames(
  frames: readonly SavedFrame[],
  calls: boolean,
  mode: ContinuedMode,
  quota?: StackQuota,
): Stack {
  const laid = checkFrames(frames, calls, mode, quota)
  const innermost = laid.at(-1)!
  // Instruction by instruction, a frame is as large as in any other code.
  const size = innermost.fp + innermost.placed.frameWords
  const slots = { I32: new Int32Array(size), R: new Array<Ref>(size >> 1).fill(null) }
  for (const { frame, site, fp } of laid) {
    writeValues(frame.locals, fp, slots)
    writeValues(frame.operands, fp + site.localWords, slots)
  }
  const pairs: number[] = []
  const crossings: Crossing[] = []
  for (const [i, caller] of laid.slice(0, -1).entries()) {
    const crossing = crossingOf(caller, mode)
    const crosses = crossing.prompt !== undefined || caller.frame.instance !== laid[i + 1]!.frame.instance
    if (crosses) crossings.push(crossing)
    pairs.push(crosses ? EXIT_PC : crossing.returnPc, caller.fp)
  }
  return { words: slots.I32, refs: slots.R, calls: Int32Array.from(pairs), crossings, innermost }
}

/** What lies between a frame and what it calls, where that is in another instance or in a continuation. */
export function crossingOf({ frame, site, placed }: LaidFrame, mode: ContinuedMode): Crossing {
  const { instance, offset } = frame
  const returnPc = operationsOf(placed, offset)!.end
  if (!isResumption(site)) return { instance, returnPc, mode }
  return promptAt(placed, machine().code[returnPc - 1]!, instance, returnPc, mode)
}

function checkFrames(
  frames: readonly SavedFrame[],
  calls: boolean,
  mode: ContinuedMode,
  quota: StackQuota | undefined,
): LaidFrame[] {
  if (quota !== undefined && frames.length > quota.stackFrames) {
    throw new SnapshotError(`${frames.length} frames, more than ${quota.stackFrames}`)
  }
  let fp = 0
  return frames.map((frame, i) => {
    const laid = checkFrame(frame, i, calls || i < frames.length - 1, mode, fp)
    fp = laid.end
    if (quota !== undefined && laid.fp + laid.placed.frameWords > Math.floor(quota.stackBytes / 8) * 2) {
      throw new SnapshotError(`${laid.name}: the stack is larger than ${quota.stackBytes} bytes`)
    }
    if (i < frames.length - 1) checkCaller(laid, resultsOf(frames[i + 1]!, i + 1))
    return laid
  })
}

function checkFrame(frame: SavedFrame, i: number, calls: boolean, mode: ContinuedMode, fp: number): LaidFrame {
  const { compiled } = frame.instance
  const { funcIdx, offset } = frame
  checkDefined(frame, i)
  const name = `frame ${i} (${compiled.funcName(funcIdx) ?? `func ${funcIdx}`}, offset 0x${offset.toString(16)})`
  const site = frameSite(compiled, funcIdx, offset)
  const placed = placeFunction(compiled, funcIdx, mode === 'precise' ? mode : calls ? mode : 'stepping')
  if (site === undefined || operationsOf(placed, offset) === undefined) {
    throw new SnapshotError(`${name}: no instruction that can be reached begins there`)
  }
  const { call, operands, localWords } = site
  if (calls && call === undefined) throw new SnapshotError(`${name}: ${site.row.name} calls nothing`)
  const held = calls ? operands.slice(0, operands.length - call!.taken) : operands
  checkValues(frame.locals, site.locals, `${name}: local`, site.unset)
  checkValues(frame.operands, held, `${name}: operand`)
  return { frame, name, site, placed, fp, end: fp + localWords + wordsOf(held) }
}

function checkDefined({ instance, funcIdx, offset }: SavedFrame, i: number): void {
  const { funcs, importedFuncs } = instance.compiled.spaces
  const isDefined = Number.isInteger(funcIdx) && funcIdx >= importedFuncs && funcIdx < funcs.length
  if (!isDefined) throw new SnapshotError(`frame ${i}: its module defines no function ${funcIdx}`)
  if (!Number.isSafeInteger(offset)) throw new SnapshotError(`frame ${i}: ${offset} is no offset`)
}

/** What a frame's function gives to its caller. */
export function resultsOf(frame: SavedFrame, i: number): readonly ValType[] {
  checkDefined(frame, i)
  return frame.instance.func(frame.funcIdx).type.results
}

/** That somebody with these results may have been called from the frame. */
export function checkCaller({ site, name }: LaidFrame, results: readonly ValType[]): void {
  if (isSuspension(site) || isWait(site)) throw new SnapshotError(`${name}: ${site.row.name} calls nothing`)
  checkResultTypes(results, site.call!.results, name)
}

export function checkResultTypes(actual: readonly ValType[], expected: readonly ValType[], what: string): void {
  if (matchesResultType(actual, expected, CLOSED)) return
  const [wanted, found] = [closedResultTypeName(expected), closedResultTypeName(actual)]
  throw new SnapshotError(`${what}: results ${wanted} are wanted, but what was called gives ${found}`)
}

/** Values of closed types. `unset`: those that must be null, whatever their type. */
export function checkValues(
  values: readonly Value[],
  types: readonly ValType[],
  what: string,
  unset: ReadonlySet<number> = NONE,
): void {
  if (values.length !== types.length) {
    throw new SnapshotError(`${what}s: ${types.length} are wanted, but ${values.length} are there`)
  }
  for (const [i, type] of types.entries()) {
    const value = values[i]!
    const fits = unset.has(i) ? isRefType(value.type) && value.ref === null : isValueOf(value, type)
    if (!fits) throw new SnapshotError(`${what} ${i} is no ${closedTypeName(type)}`)
  }
}

const NONE: ReadonlySet<number> = new Set()

function isValueOf({ type: actual, ref, upper }: Value, type: ValType): boolean {
  if (isRefType(type)) return isRefType(actual) && isOfRefType(ref, type)
  return actual === type && (type !== V128 || upper !== undefined)
}

/** A suspended stretch of these frames. */
export function layStretch(frames: readonly SavedFrame[], mode: ContinuedMode): FrameStretch {
  if (frames.length === 0) throw new SnapshotError('a suspended continuation without frames')
  const { words, refs, calls, crossings, innermost } = layFrames(frames, true, mode)
  const { site, name, frame, placed, fp, end } = innermost
  if (!isSuspension(site)) throw new SnapshotError(`${name}: ${site.row.name} does not suspend`)
  const pc = operationsOf(placed, frame.offset)!.end
  return new FrameStretch({ mode, instance: frame.instance, pc, fp, slot: end, words, refs, calls, crossings })
}

/** The stretch with its code lowered in another mode. */
export function lowerStretch(stretch: FrameStretch, mode: ContinuedMode): FrameStretch {
  return layStretch(saveStretch(stretch).frames, mode)
}
