// How control instructions, variables and constants are lowered: a handler for each that is neither an expression nor an operation of
// the second function.

import type { Instruction } from '../instructions/define.ts'
import { instructionByName } from '../instructions/table.ts'
import { GLOBAL_WORDS } from '../runtime/global.ts'
import { funcTypeOf } from '../syntax/module.ts'
import { F32, F64, I32, I64, isRefType, refType, type FuncType } from '../syntax/types.ts'
import { addExit } from './control-frames.ts'
import type { Frame, Lowering } from './lower.ts'
import {
  closeReachable,
  emitJump,
  emitReturn,
  endBlock,
  frameAt,
  labelTypes,
  passArguments,
  pushDead,
  target,
} from './control-frames.ts'
import type { Handler } from './control-frames.ts'
import { EXCEPTION_HANDLERS } from './lower-exceptions.ts'
import { STACK_SWITCHING_HANDLERS } from './lower-stack-switching.ts'
import { byType, slotWords } from './slots.ts'
import { OPS, REASON } from './ops.ts'
import { slowNumber } from './slow.ts'

/** Whether the operands of a branch, once in their slots, already lie where the label wants them. */
function inPlace(lowering: Lowering, frame: Frame): boolean {
  const arity = labelTypes(frame).length
  return arity === 0 || lowering.stack.height - arity === frame.height
}

const open =
  (kind: 'block' | 'loop'): Handler =>
  (lowering, { x }) => {
    if (!lowering.frame.reachable) return pushDead(lowering, kind)
    const type = lowering.blockType(x)
    lowering.stack.settle()
    lowering.pushFrame(kind, type, -1)
    if (kind === 'loop') lowering.endBlock()
  }

const ifHandler: Handler = (lowering, { x }) => {
  if (!lowering.frame.reachable) return pushDead(lowering, 'if')
  const type = lowering.blockType(x)
  const at = lowering.branchOn(false, () => lowering.stack.settle())
  lowering.pushFrame('if', type, at)
  lowering.code.markTarget(at, 0)
  lowering.endBlock()
}

const elseHandler: Handler = (lowering) => {
  const { frames } = lowering
  const frame = frames[frames.length - 1]!
  lowering.endBlock()
  if (frame.otherwise < 0) return
  if (frame.reachable) {
    lowering.stack.settle()
    const at = lowering.code.emit(OPS.br, 0)
    lowering.code.markTarget(at + 1, 0)
    addExit(frame, at + 1)
  }
  lowering.code.bindHere([frame.otherwise])
  frame.otherwise = -1
  frame.reachable = true
  lowering.stack.resetTo(frame.height, frame.type.params)
}

const br: Handler = (lowering, { x }) => {
  emitJump(lowering, frameAt(lowering, x))
  closeReachable(lowering)
}

const brIf: Handler = (lowering, { x }) => {
  const frame = frameAt(lowering, x)
  const exact = lowering.mode !== 'fast'
  const settle = (): void => {
    if (exact) lowering.stack.settle()
    else lowering.stack.settleTop(labelTypes(frame).length)
  }
  if (frame.kind !== 'func') {
    // The condition lies above the operands.
    lowering.stack.height--
    const direct = inPlace(lowering, frame)
    lowering.stack.height++
    if (direct) {
      target(lowering, lowering.branchOn(true, settle), frame)
      lowering.endBlock()
      return
    }
  }
  const skip = lowering.branchOn(false, settle)
  lowering.code.markTarget(skip, 0)
  emitJump(lowering, frame)
  lowering.code.bindHere([skip])
  lowering.endBlock()
}

const brTable: Handler = (lowering, { x, list, count }) => {
  const index = lowering.stack.operand(lowering.stack.pop())
  lowering.stack.settle()
  const at = lowering.code.emit(OPS.br_table, index, count)
  const labels = list.slice(0, count)
  labels.push(x)
  for (let i = 0; i <= count; i++) lowering.code.emitWord(0)
  // A label that needs its operands moved, or is the function's, is reached over a jump behind the table.
  const detours = new Map<number, number[]>()
  labels.forEach((label, i) => {
    const word = at + 3 + i
    const frame = frameAt(lowering, label)
    if (frame.kind !== 'func' && inPlace(lowering, frame)) return target(lowering, word, frame)
    lowering.code.markTarget(word, 0)
    const words = detours.get(label)
    if (words === undefined) detours.set(label, [word])
    else words.push(word)
  })
  for (const [label, words] of detours) {
    lowering.code.bindHere(words)
    emitJump(lowering, frameAt(lowering, label))
  }
  closeReachable(lowering)
}

function paramWords(type: FuncType): number {
  return type.params.reduce((sum, param) => sum + slotWords(param), 0)
}

/** A tail call takes its arguments to where the parameters were; the loop moves the numbers, references are moved here. */
function moveReferences(lowering: Lowering, type: FuncType, from: number): void {
  let slot = 0
  for (const param of type.params) {
    if (isRefType(param)) lowering.code.emit(OPS.move_ref, slot, from + slot)
    slot += slotWords(param)
  }
}

/** What calls are in each mode: the loop does them, or the driver, which finds the code that is as precise. */
const CALLS = {
  indirect: { fast: OPS.call_indirect, metered: OPS.call_indirect_metered, reason: REASON.indirect },
  ref: { fast: OPS.call_ref, metered: OPS.call_ref_metered, reason: REASON.callRef },
} as const

function emitCall({ code, mode }: Lowering, form: (typeof CALLS)[keyof typeof CALLS], words: readonly number[]): void {
  if (mode === 'precise') code.emit(OPS.leave, form.reason)
  else code.emit(mode === 'fast' ? form.fast : form.metered)
  code.emitWords(words)
}

/** A tail call of a type whose arguments begin at `from`. In precise code the driver moves all of them, once nothing can go wrong any more. */
function emitTail(
  lowering: Lowering,
  type: FuncType,
  from: number,
  form: { readonly opcode: number; readonly reason: number },
  words: readonly number[],
): void {
  if (lowering.mode === 'precise') lowering.code.emit(OPS.leave, form.reason)
  else {
    moveReferences(lowering, type, from)
    lowering.code.emit(form.opcode)
  }
  lowering.code.emitWords([...words, from, paramWords(type)])
  closeReachable(lowering)
}

const TAILS = {
  own: { opcode: OPS.lower_tail, reason: REASON.tailOwn },
  import: { opcode: OPS.tail_import, reason: REASON.tailImport },
  indirect: { opcode: OPS.tail_indirect, reason: REASON.tailIndirect },
  ref: { opcode: OPS.tail_ref, reason: REASON.tailRef },
} as const

const call: Handler = (lowering, { x }) => {
  const { spaces, module } = lowering.compiled
  const type = funcTypeOf(module, spaces.funcs[x]!)
  const delta = passArguments(lowering, type.params)
  if (x < spaces.importedFuncs) lowering.code.emit(OPS.call_import, x, delta)
  else lowering.code.emit(OPS.lower_call, x, delta, 0)
  lowering.stack.pushAll(type.results)
  lowering.endBlock()
}

const callIndirect: Handler = (lowering, { x, y }) => {
  const { compiled } = lowering
  const type = funcTypeOf(compiled.module, x)
  // The arguments' slots are settled below; the index may stay where it is.
  const index = lowering.lowerIndex(lowering.stack.pop(), y)
  const delta = passArguments(lowering, type.params)
  emitCall(lowering, CALLS.indirect, [y, compiled.types.canonical(x).id, index, delta])
  lowering.stack.pushAll(type.results)
  lowering.endBlock()
}

const callRef: Handler = (lowering, { x }) => {
  const type = funcTypeOf(lowering.compiled.module, x)
  const callee = lowering.stack.operand(lowering.stack.pop())
  const delta = passArguments(lowering, type.params)
  emitCall(lowering, CALLS.ref, [callee, delta])
  lowering.stack.pushAll(type.results)
  lowering.endBlock()
}

const returnCallRef: Handler = (lowering, { x }) => {
  const type = funcTypeOf(lowering.compiled.module, x)
  // In its own slot, above the arguments, which may overwrite any local.
  lowering.stack.settleTop(1)
  const callee = lowering.stack.operand(lowering.stack.pop())
  const from = passArguments(lowering, type.params)
  emitTail(lowering, type, from, TAILS.ref, [callee])
}

const returnCall: Handler = (lowering, { x }) => {
  const { spaces, module } = lowering.compiled
  const type = funcTypeOf(module, spaces.funcs[x]!)
  const from = passArguments(lowering, type.params)
  const isImport = x < spaces.importedFuncs
  emitTail(lowering, type, from, isImport ? TAILS.import : TAILS.own, [x])
  if (!isImport) lowering.code.emitWord(0)
}

const returnCallIndirect: Handler = (lowering, { x, y }) => {
  const { compiled } = lowering
  const type = funcTypeOf(compiled.module, x)
  const index = lowering.lowerIndex(lowering.stack.pop(), y)
  const from = passArguments(lowering, type.params)
  emitTail(lowering, type, from, TAILS.indirect, [y, compiled.types.canonical(x).id, index])
}

const select: Handler = (lowering) => {
  const condition = lowering.stack.pop()
  const second = lowering.stack.pop()
  const first = lowering.stack.pop()
  const type = lowering.stack.typeOf(first)
  const a = lowering.stack.operand(first)
  const b = lowering.stack.operand(second)
  const c = lowering.stack.operand(condition)
  lowering.emitResult(byType(type, OPS.select32, OPS.select64, OPS.select_ref, OPS.select128), type, a, b, c)
}

const globalGet: Handler = (lowering, { x }, row) => {
  const { spaces } = lowering.compiled
  const { type } = spaces.globals[x]!
  if (x < spaces.importedGlobals || isRefType(type)) return lowering.lowerSlow(row)
  lowering.emitResult(
    byType(type, OPS.global_get32, OPS.global_get64, OPS.slow, OPS.global_get128),
    type,
    x * GLOBAL_WORDS,
  )
}

const globalSet: Handler = (lowering, { x }, row) => {
  const { spaces } = lowering.compiled
  const { type } = spaces.globals[x]!
  if (x < spaces.importedGlobals || isRefType(type)) return lowering.lowerSlow(row)
  const slot = lowering.stack.operand(lowering.stack.pop())
  lowering.code.emit(
    byType(type, OPS.global_set32, OPS.global_set64, OPS.slow, OPS.global_set128),
    x * GLOBAL_WORDS,
    slot,
  )
}

/** An operation of the second function that leaves a flag beside a reference, which is the lowest of its operands. */
interface ReferenceTest {
  readonly row: Instruction
  readonly x: number
  readonly operands: number
}

/**
 * Branches on the flag that a test has left: where it is `sense`. The reference goes along with the branch, or stays behind it, as is
 * said; further operands of the test are gone.
 */
function branchOnTest(
  lowering: Lowering,
  label: number,
  sense: boolean,
  test: ReferenceTest,
  { branches, stays }: { readonly branches: boolean; readonly stays: boolean },
): void {
  const { stack, code } = lowering
  stack.settle()
  const slot = stack.slotOf(stack.height - test.operands)
  code.emit(OPS.slow, slowNumber(test.row), slot, test.x, 0)
  stack.popMany(test.operands - 1)
  const frame = frameAt(lowering, label)
  if (!branches) stack.height--
  if (frame.kind !== 'func' && inPlace(lowering, frame)) {
    target(lowering, code.emit(sense ? OPS.br_if : OPS.br_unless, slot, 0) + 2, frame)
  } else {
    const skip = code.emit(sense ? OPS.br_unless : OPS.br_if, slot, 0) + 2
    code.markTarget(skip, 0)
    emitJump(lowering, frame)
    code.bindHere([skip])
  }
  if (!branches) stack.height++
  if (!stays) stack.pop()
  lowering.endBlock()
}

const IS_NULL = instructionByName('ref.is_null')!
const REF_TEST = instructionByName('ref.test')!
const DESCRIPTOR_TEST = instructionByName('br_on_cast_desc_eq')!

// prettier-ignore
export const CONTROL_HANDLERS: Readonly<Record<string, Handler>> = {
  ...EXCEPTION_HANDLERS,
  ...STACK_SWITCHING_HANDLERS,
  unreachable: (lowering) => {
    lowering.code.emit(OPS.unreachable)
    closeReachable(lowering)
  },
  nop: () => undefined,
  block: open('block'),
  loop: open('loop'),
  if: ifHandler,
  else: elseHandler,
  end: endBlock,
  br,
  br_if: brIf,
  br_table: brTable,
  return: (lowering) => {
    emitReturn(lowering)
    closeReachable(lowering)
  },
  call,
  call_indirect: callIndirect,
  return_call: returnCall,
  return_call_indirect: returnCallIndirect,
  call_ref: callRef,
  return_call_ref: returnCallRef,
  br_on_null: (lowering, { x }) =>
    branchOnTest(lowering, x, true, { row: IS_NULL, x: 0, operands: 1 }, { branches: false, stays: true }),
  br_on_non_null: (lowering, { x }) =>
    branchOnTest(lowering, x, false, { row: IS_NULL, x: 0, operands: 1 }, { branches: true, stays: false }),
  br_on_cast: (lowering, { x, hi }) =>
    branchOnTest(lowering, x, true, { row: REF_TEST, x: hi, operands: 1 }, { branches: true, stays: true }),
  br_on_cast_fail: (lowering, { x, hi }) =>
    branchOnTest(lowering, x, false, { row: REF_TEST, x: hi, operands: 1 }, { branches: true, stays: true }),
  br_on_cast_desc_eq: (lowering, { x, hi }) =>
    branchOnTest(lowering, x, true, { row: DESCRIPTOR_TEST, x: hi, operands: 2 }, { branches: true, stays: true }),
  br_on_cast_desc_eq_fail: (lowering, { x, hi }) =>
    branchOnTest(lowering, x, false, { row: DESCRIPTOR_TEST, x: hi, operands: 2 }, { branches: true, stays: true }),
  drop: (lowering) => void lowering.stack.pop(),
  select,
  'local.get': (lowering, { x }) => lowering.stack.pushLocal(x),
  'local.set': (lowering, { x }) => lowering.stack.setLocal(x, lowering.stack.pop(), lowering.outermost),
  'local.tee': (lowering, { x }) => lowering.stack.teeLocal(x, lowering.outermost),
  'global.get': globalGet,
  'global.set': globalSet,
  'i32.const': (lowering, { x }) => lowering.stack.pushConst(I32, x),
  'i64.const': (lowering, { lo, hi }) => lowering.stack.pushConst(I64, lo, hi),
  'f32.const': (lowering, { x }) => lowering.stack.pushConst(F32, x),
  'f64.const': (lowering, { lo, hi }) => lowering.stack.pushConst(F64, lo, hi),
  'v128.const': (lowering, { vector }) => lowering.stack.pushVector([...vector]),
  'ref.null': (lowering, { x }) => lowering.stack.pushConst(refType(true, x), 0),
}
