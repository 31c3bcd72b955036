// What the handlers of control instructions have in common: the frames around an instruction, and what a branch or a call takes.

import type { Instruction } from '../instructions/define.ts'
import type { Immediates } from '../instructions/immediates.ts'
import type { FuncType, ValType } from '../syntax/types.ts'
import type { Frame, Lowering } from './lower.ts'
import { OPS } from './ops.ts'
import { byType, slotWords } from './slots.ts'

/** Shared by the frames that have no exit yet: there may be a million. */
export const NO_EXITS: number[] = []

/** The word at `at` gets the position of the frame's end. */
export function addExit(frame: Frame, at: number): void {
  if (frame.exits === NO_EXITS) frame.exits = [at]
  else frame.exits.push(at)
}

/** Lowers one instruction, whose immediates were just read. */
export type Handler = (lowering: Lowering, im: Immediates, row: Instruction) => void

/** What a branch to the frame's label takes. */
export function labelTypes(frame: Frame): readonly ValType[] {
  return frame.kind === 'loop' ? frame.type.params : frame.type.results
}

export function frameAt(lowering: Lowering, label: number): Frame {
  return lowering.frames[lowering.frames.length - 1 - label]!
}

export function closeReachable(lowering: Lowering): void {
  lowering.frame.reachable = false
  lowering.endBlock()
}

const DEAD_TYPE: FuncType = { kind: 'func', params: [], results: [] }

/** A block in code that cannot be reached: only its nesting counts. */
export function pushDead(lowering: Lowering, kind: Frame['kind']): void {
  lowering.pushFrame(kind, DEAD_TYPE, -1).reachable = false
}

/** Puts the arguments into their slots and takes them off; gives the slot of the first, where the results will be. */
export function passArguments(lowering: Lowering, params: readonly ValType[]): number {
  if (lowering.mode === 'fast') lowering.stack.settleTop(params.length)
  else lowering.stack.settle()
  lowering.stack.popMany(params.length)
  return lowering.stack.slotOf(lowering.stack.height)
}

/** The word at `at` gets the position of the frame's label, once that is known. */
export function target(lowering: Lowering, at: number, frame: Frame): void {
  lowering.code.markTarget(at, frame.kind === 'loop' ? frame.start : 0)
  if (frame.kind !== 'loop') addExit(frame, at)
}

/** Moves the operands of a branch to the label's slots; ascending, so that none is overwritten before it has been moved. */
function moveOperands(lowering: Lowering, frame: Frame): void {
  const types = labelTypes(frame)
  const first = lowering.stack.height - types.length
  let slot = frame.slot
  types.forEach((type, i) => {
    lowering.stack.moveTo(slot, first + i)
    slot += slotWords(type)
  })
}

export function emitReturn(lowering: Lowering): void {
  const { results } = lowering.funcType
  const count = results.length
  if (count === 0) lowering.code.emit(OPS.return)
  else if (count === 1) {
    const type = results[0]!
    const slot = lowering.stack.operand(lowering.stack.height - 1)
    lowering.code.emit(byType(type, OPS.return32, OPS.return64, OPS.return_ref, OPS.return128), slot)
  } else {
    // The results go where the parameters were: everything leaves the locals first.
    lowering.stack.settleTop(count)
    let slot = 0
    results.forEach((type, i) => {
      lowering.stack.moveTo(slot, lowering.stack.height - count + i)
      slot += slotWords(type)
    })
    lowering.code.emit(OPS.return)
  }
}

/** Emits a jump to the label with its operands moved; a jump out of the function is a return. */
export function emitJump(lowering: Lowering, frame: Frame): void {
  if (frame.kind === 'func') return emitReturn(lowering)
  moveOperands(lowering, frame)
  const at = lowering.code.emit(OPS.br, 0)
  target(lowering, at + 1, frame)
}

/** Puts the results of a block where its label wants them. Those of a `catch` lie above the exception. */
function settleResults(lowering: Lowering, frame: Frame): void {
  if (frame.kind === 'catch') moveOperands(lowering, frame)
  else lowering.stack.settle()
}

/** Ends the innermost block, or the function. */
export const endBlock: Handler = (lowering) => {
  const { frames } = lowering
  const frame = frames[frames.length - 1]!
  lowering.endBlock()
  if (frame.kind === 'func') {
    if (frame.reachable) {
      // A place to stop before it.
      if (lowering.isExact) lowering.code.emit(OPS.charge, 0)
      emitReturn(lowering)
    }
    frames.pop()
    return
  }
  if (frame.reachable) settleResults(lowering, frame)
  const exits = frame.otherwise < 0 ? frame.exits : [...frame.exits, frame.otherwise]
  const reachable = frame.reachable || exits.length > 0 || frame.catches
  lowering.code.bindHere(exits)
  frame.end = lowering.code.position
  frames.pop()
  lowering.landings.useHandler(frames[frames.length - 1]!.handler, frame.end)
  if (reachable) lowering.stack.resetTo(frame.height, frame.type.results)
  else frames[frames.length - 1]!.reachable = false
}
