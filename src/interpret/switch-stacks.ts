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
import { cutAbove, findPrompt, placeStretch, type Cut, type FrameStretch } from './continuations.ts'
import type { Execution } from './execution.ts'
import { readValues, wordsOf, writeValues } from './frame-values.ts'
import { callHost } from './host-calls.ts'
import { EXIT_PC, RETURN_PC, machine } from './machine.ts'
import { REASON } from './ops.ts'
import { newException, throwException } from './throwing.ts'

/** Words of the operations behind which a run goes on. */
const OPERATION_WORDS = { contNew: 5, contBind: 5, suspend: 4, resume: 6, switch: 5 } as const

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

/** What the continuation will do: from now on, it can't be used any more. */
function consume(continuation: ContinuationInstance): Computation {
  const computation = continuation.computation!
  continuation.computation = undefined
  return computation
}

/** Resumes the continuation behind the arguments at `slot`. */
function resumeContinuation(run: Execution, slot: number, typeIdx: number, site: number): Stop | undefined {
  const { params } = contFunc(run, typeIdx)
  const computation = consume(usable(slot + wordsOf(params)))
  const args = readValues(params, slot)
  return begun(run, computation, args, slot, promptOf(run, site))
}

/** Throws where the continuation behind the operands at `slot` was suspended; where it had not begun, that is here. */
function resumeThrowing(
  run: Execution,
  exception: ExceptionInstance,
  cont: number,
  slot: number,
  site: number,
): undefined {
  const { from } = consume(usable(cont))
  if (!('stretch' in from)) return throwException(run, exception, run.pc)
  goOnWith(run, from.stretch as FrameStretch, slot, promptOf(run, site))
  throwException(run, exception, run.pc - 1)
}

function promptOf(run: Execution, site: number): Crossing {
  const { sites, start } = run.placed()
  const prompt = { ...sites[site]!, start }
  return { instance: run.instance!, returnPc: run.pc + OPERATION_WORDS.resume, mode: run.mode, prompt }
}

/** Goes on with a computation above the frame that runs, or in place of what was there. */
function begun(
  run: Execution,
  { from, bound }: Computation,
  args: readonly Value[],
  slot: number,
  prompt: Crossing,
): Stop | undefined {
  const values = [...bound, ...args]
  if ('stretch' in from) {
    const stretch = from.stretch as FrameStretch
    goOnWith(run, stretch, slot, prompt)
    writeValues(values, slot + stretch.slot)
    return undefined
  }
  const { func } = from
  writeValues(values, slot)
  run.pushCall(EXIT_PC)
  run.crossings.push(prompt)
  run.mode = 'metered'
  run.fp = slot
  if (func.host !== undefined) return callHost(run, func, slot, RETURN_PC)
  run.instance = func.instance!
  run.jumpTo(func)
  return undefined
}

function goOnWith(run: Execution, stretch: FrameStretch, base: number, prompt: Crossing): void {
  const { fp, sp } = placeStretch(stretch, base, run.sp, run.fp)
  run.slice -= stretch.words.length >> 8
  run.crossings.push(prompt)
  for (const crossing of stretch.crossings) run.crossings.push(crossing)
  run.instance = stretch.instance
  run.mode = 'metered'
  run.fp = fp
  run.sp = sp
  run.pc = stretch.pc
}

/** Takes what runs above the prompt off the stack, and goes on in the frame below it. */
function cutOff(run: Execution, crossing: number, slot: number, pc: number): Cut {
  const { instance, fp, sp, crossings } = run
  const cut = cutAbove({ instance: instance!, pc, fp, sp, crossings, slot }, crossing)
  run.slice -= cut.stretch.words.length >> 8
  run.instance = crossings[crossing]!.instance
  run.dropCrossings(crossing)
  run.fp = cut.fp
  run.sp = cut.sp
  return cut
}

function promptFor(run: Execution, tag: Tag, isSwitch: boolean): NonNullable<ReturnType<typeof findPrompt>> {
  const prompt = findPrompt(tag, run.crossings, isSwitch)
  if (prompt === undefined) throw new Trap('UNHANDLED_TAG', run.instance!.tagText(tag))
  return prompt
}

function suspendTo(run: Execution, tag: Tag, slot: number): undefined {
  const { crossing, clause } = promptFor(run, tag, false)
  const { typeIdx, landing, slot: to } = clause!
  const { start } = run.crossings[crossing]!.prompt!
  const values = readValues(tag.type.params, slot)
  // What is cut off counts as on the stack until the continuation has it.
  const { frameEnd } = run
  const { stretch } = cutOff(run, crossing, slot, run.pc + OPERATION_WORDS.suspend)
  const continuation = newContinuation(run, typeIdx, { from: { stretch }, bound: [] }, frameEnd)
  run.pc = start + landing
  writeValues([...values, refValue(CONTREF, continuation)], run.fp + to)
}

/** Suspends, and resumes another continuation in its place. */
function switchContinuation(run: Execution, tag: Tag, slot: number, typeIdx: number): Stop | undefined {
  const { params } = contFunc(run, typeIdx)
  const given = params.slice(0, -1)
  const cont = slot + wordsOf(given)
  const before = run.instance!
  const next = usable(cont)
  const { crossing } = promptFor(run, tag, true)
  const prompt = run.crossings[crossing]!
  const values = readValues(given, slot)
  const { frameEnd } = run
  const { stretch, base } = cutOff(run, crossing, slot, run.pc + OPERATION_WORDS.switch)
  const back = newContinuation(run, heapTypeOf(params.at(-1)!), { from: { stretch }, bound: [] }, frameEnd, before)
  return begun(run, consume(next), [...values, refValue(CONTREF, back)], base, prompt)
}
