// What the handlers of control instructions have in common: the frames around an instruction, and what a branch or a call takes.

import type { Instruction } from '../instructions/define.ts'
import type { Immediates } from '../instructions/immediates.ts'
import type { FuncType, ValType } from '../syntax/types.ts'
import type { Frame, Lowering } from './lower.ts'

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
