// The instructions on continuations, as the driver does them: the loop was left with the operands in their slots. What a stretch of the
// stack is, and how it is moved, is in continuations.ts.
// https://github.com/WebAssembly/stack-switching/blob/main/proposals/stack-switching/Explainer.md

import { Trap } from '../errors/trap.ts'
import { ContinuationInstance, type Computation } from '../runtime/continuation.ts'
import type { ExceptionInstance } from '../runtime/exception.ts'
import type { FuncInstance } from '../runtime/func.ts'
import type { Instance } from '../runtime/instance.ts'
import type { Tag } from '../runtime/tag.ts'
import type { Stop } from '../runtime/tier.ts'
import { refValue, type Value } from '../runtime/value.ts'
import { funcTypeOf } from '../syntax/module.ts'
import { CONTREF, heapTypeOf, type ContType, type FuncType } from '../syntax/types.ts'
import type { Crossing } from './backtrace.ts'
import {
  RESUME_WORDS,
  cutAbove,
  findPrompt,
  placeStretch,
  promptAt,
  type ContinuedMode,
  type Cut,
  type FrameStretch,
} from './continuations.ts'
import type { Execution } from './execution.ts'
import { readValues, wordsOf, writeValues } from './frame-values.ts'
import { callHost } from './host-calls.ts'
import type { RunMode } from './lower.ts'
import { EXIT_PC, RETURN_PC, machine } from './machine.ts'
import { REASON } from './ops.ts'
import { lowerStretch } from './restore-frames.ts'
import { newException, throwException } from './throwing.ts'

/** Words of the operations behind which a run goes on. */
const OPERATION_WORDS = { contNew: 5, contBind: 5, suspend: 4, switch: 5 } as const

/** Does what the operation at the run's position says. `why`: the reason for which the loop was left. */
export function switchStacks(run: Execution, why: number): Stop | undefined {
  const { code, R } = machine()
  const { pc, fp } = run
  const word = (k: number): number => code[pc + k]!
  const slot = fp + word(2)
  const tagOf = (tagIdx: number): Tag => run.instance!.tags[tagIdx]!
  switch (why) {
    case REASON.contNew:
      return makeContinuation(run, slot, word(3))
    case REASON.contBind:
      return bindContinuation(run, slot, word(3), word(4))
    case REASON.suspend:
      return suspendTo(run, tagOf(word(3)), slot)
    case REASON.resume:
      return resumeContinuation(run, slot, word(3), word(5))
    case REASON.resumeThrow: {
      const tag = tagOf(word(4))
      return resumeThrowing(run, newException(run, tag, slot), slot + wordsOf(tag.type.params), slot, word(5))
    }
    case REASON.resumeThrowRef: {
      const exception = R[slot >> 1] as ExceptionInstance | null
      if (exception === null) throw new Trap('TRAP_NULL_EXCEPTION')
      return resumeThrowing(run, exception, slot + 2, slot, word(5))
    }
    default:
      return switchContinuation(run, tagOf(word(4)), slot, word(3))
  }
}

function makeContinuation(run: Execution, slot: number, typeIdx: number): undefined {
  const { R } = machine()
  const func = R[slot >> 1] as FuncInstance | null
  if (func === null) throw new Trap('TRAP_NULL_FUNCTION')
  R[slot >> 1] = newContinuation(run, typeIdx, { from: { func }, bound: [] }, run.frameEnd)
  run.pc += OPERATION_WORDS.contNew
}

function bindContinuation(run: Execution, slot: number, fromIdx: number, toIdx: number): undefined {
  const count = contFunc(run, fromIdx).params.length - contFunc(run, toIdx).params.length
  const types = contFunc(run, fromIdx).params.slice(0, count)
  const unbound = usable(slot + wordsOf(types))
  const { from, bound } = unbound.computation!
  const computation = { from, bound: [...bound, ...readValues(types, slot)] }
  // Consumed when there is another one: what the heap counts meanwhile includes what it holds.
  machine().R[slot >> 1] = newContinuation(run, toIdx, computation, run.frameEnd)
  unbound.computation = undefined
  run.pc += OPERATION_WORDS.contBind
}

function newContinuation(
  run: Execution,
  typeIdx: number,
  computation: Computation,
  stackEnd: number,
  instance: Instance = run.instance!,
): ContinuationInstance {
  const made = new ContinuationInstance(instance.compiled.types.canonical(typeIdx), computation)
  run.claim(made.byteSize, stackEnd, instance)
  return made
}

function contFunc(run: Execution, typeIdx: number): FuncType {
  const { module } = run.instance!.compiled
  return funcTypeOf(module, (module.types[typeIdx] as ContType).typeIdx)
}

/** The continuation at the slot, which was not used so far. */
function usable(slot: number): ContinuationInstance {
  const continuation = machine().R[slot >> 1] as ContinuationInstance | null
  if (continuation === null) throw new Trap('TRAP_NULL_CONTINUATION')
  if (continuation.computation === undefined) throw new Trap('TRAP_CONTINUATION_CONSUMED')
  return continuation
}

/** Resumes the continuation behind the arguments at `slot`. */
function resumeContinuation(run: Execution, slot: number, typeIdx: number, site: number): Stop | undefined {
  const { params } = contFunc(run, typeIdx)
  const continuation = usable(slot + wordsOf(params))
  return begin(run, continuation, readValues(params, slot), slot, promptOf(run, site))
}

/** Throws where the continuation behind the operands at `slot` was suspended; where it had not begun, that is here. */
function resumeThrowing(
  run: Execution,
  exception: ExceptionInstance,
  cont: number,
  slot: number,
  site: number,
): undefined {
  const continuation = usable(cont)
  const { from } = continuation.computation!
  if ('stretch' in from) {
    goOnWith(run, from.stretch as FrameStretch, slot, promptOf(run, site))
    run.thrownAtSuspension = exception
    continuation.computation = undefined
    throwException(run, exception, run.pc - 1)
    run.thrownAtSuspension = undefined
  } else {
    throwException(run, exception, run.pc)
    continuation.computation = undefined
  }
}

function promptOf(run: Execution, site: number): Crossing {
  return promptAt(run.placed(), site, run.instance!, run.pc + RESUME_WORDS, run.mode)
}

/** How code is lowered that runs in a continuation: so that it can be charged, for it may go on in a run that is. */
function continuedMode(mode: RunMode): ContinuedMode {
  return mode === 'precise' ? 'precise' : 'metered'
}

/**
 * Begins what a continuation will do, or goes on with it, above the frame that runs or in place of what was there. From then on it can't be
 * used any more. Where there is no room for it, nothing has changed.
 */
function begin(
  run: Execution,
  continuation: ContinuationInstance,
  args: readonly Value[],
  slot: number,
  prompt: Crossing,
): Stop | undefined {
  const { from, bound } = continuation.computation!
  const values = [...bound, ...args]
  if ('stretch' in from) {
    const stretch = goOnWith(run, from.stretch as FrameStretch, slot, prompt)
    continuation.computation = undefined
    writeValues(values, slot + stretch.slot)
    return undefined
  }
  const { func } = from
  const mode = continuedMode(run.mode)
  const entry = func.host === undefined ? run.roomFor(func, slot, 1, mode) : RETURN_PC
  if (func.instance !== undefined) run.occupy(func.instance)
  run.pushCall(EXIT_PC)
  continuation.computation = undefined
  run.crossings.push(prompt)
  run.mode = mode
  run.fp = slot
  if (func.host !== undefined) return callHost(run, func, values, slot, RETURN_PC)
  writeValues(values, slot)
  run.instance = func.instance!
  run.pc = entry
  return undefined
}

/** Puts a suspended stretch on the stack, lowered as this run wants it. */
function goOnWith(run: Execution, suspended: FrameStretch, base: number, prompt: Crossing): FrameStretch {
  const mode = continuedMode(run.mode)
  const stretch = suspended.mode === mode ? suspended : lowerStretch(suspended, mode)
  run.occupy(stretch.instance)
  for (const { instance } of stretch.crossings) run.occupy(instance)
  const { fp, sp } = placeStretch(stretch, base, run.sp, run.fp)
  run.slice -= stretch.words.length >> 8
  run.crossings.push(prompt)
  for (const crossing of stretch.crossings) run.crossings.push(crossing)
  run.instance = stretch.instance
  run.mode = mode
  run.fp = fp
  run.sp = sp
  run.pc = stretch.pc
  return stretch
}

/** What runs above the prompt, up to the operation at `pc` that takes what it is given at `slot`; the stack stays as it is. */
function cutOf(run: Execution, crossing: number, slot: number, pc: number): Cut {
  const { instance, fp, sp, crossings, mode } = run
  const cut = cutAbove({ instance: instance!, pc, fp, sp, crossings, slot, mode: continuedMode(mode) }, crossing)
  run.slice -= cut.stretch.words.length >> 8
  return cut
}

/** Takes it off the stack, and goes on in the frame below it. */
function dropAbove(run: Execution, crossing: number, { fp, sp }: Cut): void {
  run.instance = run.crossings[crossing]!.instance
  run.dropCrossings(crossing)
  run.fp = fp
  run.sp = sp
}

function promptFor(run: Execution, tag: Tag, isSwitch: boolean): NonNullable<ReturnType<typeof findPrompt>> {
  const prompt = findPrompt(tag, run.crossings, isSwitch)
  if (prompt === undefined) throw new Trap('UNHANDLED_TAG', run.instance!.tagText(tag))
  return prompt
}

function suspendTo(run: Execution, tag: Tag, slot: number): undefined {
  const { crossing, clause } = promptFor(run, tag, false)
  const { typeIdx, landing, slot: to } = clause!
  const { instance, prompt } = run.crossings[crossing]!
  const values = readValues(tag.type.params, slot)
  const cut = cutOf(run, crossing, slot, run.pc + OPERATION_WORDS.suspend)
  // What is cut off counts as on the stack until the continuation has it.
  const computation = { from: { stretch: cut.stretch }, bound: [] }
  const continuation = newContinuation(run, typeIdx, computation, run.frameEnd, instance)
  dropAbove(run, crossing, cut)
  run.pc = prompt!.start + landing
  writeValues([...values, refValue(CONTREF, continuation)], run.fp + to)
}

/** Suspends, and resumes another continuation in its place. */
function switchContinuation(run: Execution, tag: Tag, slot: number, typeIdx: number): Stop | undefined {
  const { params } = contFunc(run, typeIdx)
  const given = params.slice(0, -1)
  const next = usable(slot + wordsOf(given))
  const { crossing } = promptFor(run, tag, true)
  const prompt = run.crossings[crossing]!
  const values = readValues(given, slot)
  const cut = cutOf(run, crossing, slot, run.pc + OPERATION_WORDS.switch)
  const computation = { from: { stretch: cut.stretch }, bound: [] }
  const back = newContinuation(run, heapTypeOf(params.at(-1)!), computation, run.frameEnd)
  const { instance, mode, fp, sp } = run
  const dropped = run.crossings.slice(crossing)
  dropAbove(run, crossing, cut)
  try {
    return begin(run, next, [...values, refValue(CONTREF, back)], cut.base, prompt)
  } finally {
    // There was no room for it.
    if (next.computation !== undefined) {
      Object.assign(run, { instance, mode, fp, sp })
      run.crossings.push(...dropped)
    }
  }
}
