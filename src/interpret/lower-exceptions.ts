// How exceptions are lowered. A block that catches costs nothing while nothing is thrown: it leaves a note of its stretch of the code and
// of its clauses, which the driver looks into when something is (unwind.ts). Behind the function's code each clause has a landing: a few
// operations that move what was caught to where the clause's label wants it, and jump there.

import { CATCHES, CLAUSE_NUMBERS } from '../instructions/immediates.ts'
import { funcTypeOf } from '../syntax/module.ts'
import { EXNREF, type ValType } from '../syntax/types.ts'
import type { CodeBuffer } from './code-buffer.ts'
import {
  closeReachable,
  emitJump,
  endBlock,
  frameAt,
  passArguments,
  pushDead,
  type Handler as LowerHandler,
} from './control-frames.ts'
import { wordsOf } from './frame-values.ts'
import type { Frame, Lowering } from './lower.ts'
import { OPS, REASON } from './ops.ts'
import { byType, slotWords } from './slots.ts'

/** A clause of a handler. */
export interface Catch {
  /** The tag that it catches; −1 for all. */
  readonly tagIdx: number
  /** Whether it gets a reference to the exception, above the values or below them. */
  readonly ref: 'above' | 'below' | undefined
  /** Where in the frame what it catches is put. */
  readonly slot: number
  /** Where execution goes on. */
  readonly landing: number
}

/** What catches in a stretch of code. */
export interface Handler {
  readonly catches: readonly Catch[]
  /** Where what it does not catch goes: to the handler around it; −1 for none. */
  readonly outer: number
}

/** A clause of a resumption; its reference is to the continuation, of this type. */
export interface OnClause extends Catch {
  readonly typeIdx: number
}

/** What a resumption handles: suspensions by a label, and the tags that those switch by which it resumes. */
export interface ResumeSite {
  readonly clauses: readonly OnClause[]
  readonly switches: readonly number[]
}

interface OpenSite {
  readonly clauses: { readonly typeIdx: number; readonly pending: PendingCatch }[]
  readonly switches: number[]
}

/** A handler of the legacy kind is known completely at its end. */
interface OpenHandler extends Handler {
  readonly catches: Catch[]
  outer: number
}

/** A clause whose landing is still to be emitted. */
interface PendingCatch extends Catch {
  landing: number
  readonly types: readonly ValType[]
  readonly frame: Frame
  /** Offset of the instruction that it belongs to. */
  readonly offset: number
}

export class Landings {
  readonly handlers: OpenHandler[] = []
  readonly regions: number[] = []
  readonly sites: OpenSite[] = []
  /** The innermost handler at this point of the code. */
  innermost = -1
  private readonly pending: PendingCatch[] = []
  private readonly extended = new Map<readonly ValType[], Map<ValType, readonly ValType[]>>()

  /** From the position on, a new handler is the innermost. */
  open(catches: readonly PendingCatch[], position: number): void {
    for (const clause of catches) this.pending.push(clause)
    this.useHandler(this.handlers.push({ catches: [...catches], outer: this.innermost }) - 1, position)
  }

  /** The types with one more behind them: the same list for all of the many clauses that a hostile module may have for one tag. */
  withReference(types: readonly ValType[], reference: ValType): readonly ValType[] {
    const known = this.extended.get(types) ?? new Map<ValType, readonly ValType[]>()
    this.extended.set(types, known)
    const extended = known.get(reference) ?? [...types, reference]
    known.set(reference, extended)
    return extended
  }

  openSite(): OpenSite {
    const site: OpenSite = { clauses: [], switches: [] }
    this.sites.push(site)
    return site
  }

  /** A clause that is no handler's. */
  add(clause: PendingCatch): PendingCatch {
    this.pending.push(clause)
    return clause
  }

  /** With their landings, which are known when those have been emitted. */
  resumeSites(): ResumeSite[] {
    return this.sites.map(({ clauses, switches }) => ({
      clauses: clauses.map(({ typeIdx, pending: { tagIdx, ref, slot, landing } }) => ({
        typeIdx,
        tagIdx,
        ref,
        slot,
        landing,
      })),
      switches,
    }))
  }

  useHandler(handler: number, position: number): void {
    if (handler === this.innermost) return
    this.innermost = handler
    this.regions.push(position, handler)
  }

  /** The landings of all clauses, behind the function's code. `map` learns the instructions that they belong to. */
  emit(code: CodeBuffer, map: number[]): void {
    for (const clause of this.pending) {
      clause.landing = code.position
      map.push(code.position, clause.offset)
      emitLanding(code, clause)
    }
  }
}

function emitLanding(code: CodeBuffer, { types, slot, frame }: PendingCatch): void {
  if (frame.kind === 'func' && types.length === 1) {
    return void code.emit(byType(types[0]!, OPS.return32, OPS.return64, OPS.return_ref, OPS.return128), slot)
  }
  // The function's results go where its parameters were.
  moveValues(code, types, slot, frame.kind === 'func' ? 0 : frame.slot)
  if (frame.kind === 'func') return void code.emit(OPS.return)
  const at = code.emit(OPS.br, 0)
  code.markTarget(at + 1, frame.kind === 'loop' ? frame.start : frame.end)
}

/** Moves values downward in the frame: ascending, so that none is overwritten before it has been moved. */
function moveValues(code: CodeBuffer, types: readonly ValType[], from: number, to: number): void {
  if (from === to) return
  let offset = 0
  for (const type of types) {
    code.emit(byType(type, OPS.move32, OPS.move64, OPS.move_ref, OPS.move128), to + offset, from + offset)
    offset += slotWords(type)
  }
}

function tagTypes({ compiled: { module, spaces } }: Lowering, tagIdx: number): readonly ValType[] {
  return funcTypeOf(module, spaces.tags[tagIdx]!).params
}

const NO_TYPES: readonly ValType[] = []

/** The clauses of the try_table that was just read, whose operands begin at `slot`. */
function pendingCatches(lowering: Lowering, slot: number): PendingCatch[] {
  const { list, count, start: offset } = lowering.reader
  const clauses: PendingCatch[] = []
  for (let i = 0; i < count * CLAUSE_NUMBERS; i += CLAUSE_NUMBERS) {
    const { tagged, ref } = CATCHES[list[i]!]!
    const tagIdx = tagged ? list[i + 1]! : -1
    const values = tagged ? tagTypes(lowering, tagIdx) : NO_TYPES
    const types = ref ? lowering.landings.withReference(values, EXNREF) : values
    const frame = frameAt(lowering, list[i + 2]!)
    frame.catches = true
    lowering.stack.reserve(slot + wordsOf(types))
    clauses.push({ tagIdx, ref: ref ? 'above' : undefined, slot, landing: -1, types, frame, offset })
  }
  return clauses
}

const tryTable: LowerHandler = (lowering, { x }) => {
  if (!lowering.frame.reachable) return pushDead(lowering, 'block')
  const type = lowering.blockType(x)
  const { stack, landings, code } = lowering
  stack.settle()
  const clauses = pendingCatches(lowering, stack.slotOf(stack.height - type.params.length))
  landings.open(clauses, code.position)
  lowering.pushFrame('block', type, -1)
}

const legacyTry: LowerHandler = (lowering, { x }) => {
  if (!lowering.frame.reachable) return pushDead(lowering, 'try')
  const type = lowering.blockType(x)
  const { stack, landings, code } = lowering
  stack.settle()
  landings.open([], code.position)
  lowering.pushFrame('try', type, -1).opened = landings.innermost
}

/** A handler of the legacy kind stands in the code where it stands in the function, and keeps the exception below its operands, for `rethrow`. */
function lowerHandler(lowering: Lowering, tagIdx: number, values: readonly ValType[]): void {
  const { frame, landings, stack, code } = lowering
  lowering.endBlock()
  if (frame.opened < 0) return
  if (frame.reachable) emitJump(lowering, frame)
  const handler = landings.handlers[frame.opened]!
  frame.kind = 'catch'
  frame.reachable = true
  frame.handler = handler.outer
  landings.useHandler(handler.outer, code.position)
  handler.catches.push({ tagIdx, ref: 'below', slot: frame.slot, landing: code.position })
  stack.resetTo(frame.height, [EXNREF, ...values])
  code.seal()
}

const delegate: LowerHandler = (lowering, im, row) => {
  const { frame, landings } = lowering
  // Its label is counted from outside of the block that it ends.
  if (frame.opened >= 0) landings.handlers[frame.opened]!.outer = frameAt(lowering, im.x + 1).handler
  endBlock(lowering, im, row)
}

export const EXCEPTION_HANDLERS: Readonly<Record<string, LowerHandler>> = {
  try_table: tryTable,
  throw: (lowering, { x }) => {
    const slot = passArguments(lowering, tagTypes(lowering, x))
    lowering.code.emit(OPS.leave, REASON.throw, slot, x)
    closeReachable(lowering)
  },
  throw_ref: (lowering) => {
    const slot = lowering.stack.operand(lowering.stack.pop())
    lowering.code.emit(OPS.leave, REASON.throwRef, slot)
    closeReachable(lowering)
  },
  try: legacyTry,
  catch: (lowering, { x }) => lowerHandler(lowering, x, tagTypes(lowering, x)),
  catch_all: (lowering) => lowerHandler(lowering, -1, []),
  rethrow: (lowering, { x }) => {
    lowering.code.emit(OPS.leave, REASON.throwRef, frameAt(lowering, x).slot)
    closeReachable(lowering)
  },
  delegate,
}
