// Calls of host functions, and waiting for other threads: where a run meets what is not wasm, and may have to wait for it.

import { HeddleError, UsageError } from '../errors/heddle-error.ts'
import { nameText } from '../errors/quote.ts'
import { Trap } from '../errors/trap.ts'
import { FuncInstance, type Caller, type HostCode } from '../runtime/func.ts'
import type { Instance } from '../runtime/instance.ts'
import type { Stop } from '../runtime/tier.ts'
import { i32Value, type Value } from '../runtime/value.ts'
import { I32 as I32_TYPE } from '../syntax/types.ts'
import { notification, waitRequest } from './atomics.ts'
import type { Execution, HostCall, Outcome } from './execution.ts'
import { readValues, wordsOf, writeValues } from './frame-values.ts'
import { EXIT_PC, RETURN_PC, machine } from './machine.ts'
import { slowRow } from './slow.ts'
import { clearStage, stage } from './stage.ts'
import { throwError, throwException, throwPosition } from './throwing.ts'

/** Words of the operation `slow`. */
const SLOW_WORDS = 5

/** Stands for what gives the result of a wait. */
export const WAIT: FuncInstance = FuncInstance.fromHost(
  { kind: 'func', params: [], results: [I32_TYPE] },
  () => [],
  'a wait',
)

/** Calls a host function; its results go to `slot`. */
export function callHost(
  run: Execution,
  func: FuncInstance,
  args: readonly Value[],
  slot: number,
  returnPc: number,
): Stop | undefined {
  if (stage.hostDepth >= run.limits.hostDepth) throw new Trap('STACK_EXHAUSTED')
  const { instance: caller, base, fuelUsed: fuelBefore } = run
  const hostCall = { func, args, caller, slot: slot - base, returnPc, fuelBefore }
  // It stays there where the function ends the run.
  run.hostCall = hostCall
  const outcome = callOutside(run, hostCall)
  // An error that ends the run says more than whose turn it is.
  if (!('error' in outcome)) checkTurnAfter(run, outcome.result)
  if ('error' in outcome) throwError(run, outcome.error, returnPc)
  else if (outcome.result instanceof Promise) return suspend(run, hostCall, outcome.result)
  else {
    run.abortListeners = undefined
    checkResults(func, outcome.result)
    if (run.fuel < 0) return overdrawn(run, { values: outcome.result, slot: hostCall.slot, returnPc })
    writeValues(outcome.result, slot)
    run.pc = returnPc
  }
  run.hostCall = undefined
  return run.sp > run.callBase ? undefined : done(run)
}

/** The host function charged more than there was: not even what costs nothing comes next. */
function overdrawn(run: Execution, outcome: Outcome): Stop {
  run.hostCall = undefined
  run.outcome = outcome
  run.becomeSource()
  return { kind: 'fuel' }
}

type HostOutcome = { readonly result: ReturnType<HostCode> } | { readonly error: unknown }

/** Lets a host function run, on a stage that begins above the frame that called it. */
function callOutside(run: Execution, hostCall: HostCall): HostOutcome {
  const { func, args, slot } = hostCall
  const { stackTop, callTop, stackLimit, callLimit, hostDepth, caller: below } = stage
  stage.stackTop = run.base + slot + Math.max(wordsOf(func.type.params), wordsOf(func.type.results))
  stage.callTop = run.sp
  stage.stackLimit = run.stackLimit
  stage.callLimit = run.callLimit
  stage.hostDepth++
  stage.caller = run
  try {
    return { result: func.host!(args, new HostCaller(run, hostCall)) }
  } catch (error) {
    return { error }
  } finally {
    clearStage(run)
    stage.stackTop = stackTop
    stage.callTop = callTop
    stage.stackLimit = stackLimit
    stage.callLimit = callLimit
    stage.hostDepth = hostDepth
    stage.caller = below
    run.setLimits()
  }
}

/** The host function may have begun a run that has not ended, or ended one in the middle. */
function checkTurnAfter(run: Execution, result: ReturnType<HostCode>): void {
  try {
    run.checkTurn()
  } catch (error) {
    if (result instanceof Promise) disown(run, result, error)
    throw error
  }
}

/** Nobody will wait for the promise. */
function disown(run: Execution, promise: Promise<unknown>, reason: unknown): void {
  promise.catch(() => undefined)
  run.giveUp(reason)
}

/** What a host function sees of the run that called it; once the call has ended, it can do no more to the run. */
class HostCaller implements Caller {
  private readonly run: Execution
  private readonly hostCall: HostCall

  constructor(run: Execution, hostCall: HostCall) {
    this.run = run
    this.hostCall = hostCall
  }

  get instance(): Instance | undefined {
    return this.hostCall.caller
  }

  get fuel(): number {
    return this.run.fuel
  }

  private get isOver(): boolean {
    return this.run.hostCall !== this.hostCall
  }

  readonly charge = (fuel: number): void => {
    if (this.isOver) throw new UsageError('the call has ended that the fuel is charged for')
    this.run.charge(fuel)
  }

  readonly onAbort = (listener: (reason: unknown) => void): void => {
    if (!this.isOver) this.run.onAbort(listener)
  }
}

/** The end, with the results where the run began. */
export function done(run: Execution): Stop {
  return { kind: 'done', results: readValues(run.func.type.results, run.base) }
}

function suspend(run: Execution, hostCall: HostCall, promise: Promise<readonly Value[]>): Stop {
  if (!run.mayAwait) {
    const error = new HeddleError(
      'ASYNC_IMPORT',
      `the host function ${nameText(hostCall.func.name ?? '')} returned a promise in a call that can't wait: call instance.async.f(…), or await instance.start('f', …).finish()`,
    )
    disown(run, promise, error)
    throw error
  }
  run.hostCall = hostCall
  return { kind: 'host', promise }
}

/** Goes on behind a call with what it came to. */
export function finishCall(run: Execution, outcome: Outcome): Stop | undefined {
  const { slot, returnPc } = outcome
  // An exception stays there where it ends the run.
  if ('exception' in outcome) throwException(run, outcome.exception, throwPosition(returnPc))
  else {
    writeValues(outcome.values, run.base + slot)
    run.pc = returnPc
  }
  run.outcome = undefined
  return run.sp > run.callBase ? undefined : done(run)
}

/** Makes a host call once more, in the middle of which the run was saved. */
export function callAgain(
  run: Execution,
  { func, args, caller, slot, returnPc, crossing }: HostCall,
): Stop | undefined {
  const to = run.base + slot
  if (crossing === undefined) return callHost(run, func, args, to, returnPc)
  run.pushCall(EXIT_PC)
  run.crossings.push(crossing)
  run.instance = caller
  run.fp = to
  return callHost(run, func, args, to, RETURN_PC)
}

export function checkResults(func: FuncInstance, values: readonly Value[]): void {
  const { results } = func.type
  if (values.length !== results.length) {
    throw new UsageError(
      `${nameText(func.name ?? 'a host function')} gave ${values.length} results, not ${results.length}`,
    )
  }
}

/** `memory.atomic.wait` with operands that are in order: suspends the run, or blocks the thread where the run cannot suspend. */
export function wait(run: Execution): Stop | undefined {
  const { code, I32 } = machine()
  const { pc, waits } = run
  const base = run.fp + code[pc + 2]!
  const request = waitRequest(slowRow(code[pc + 1]!), I32, run.instance!, base, code[pc + 3]!, code[pc + 4]!)
  const outcome = run.mayAwait
    ? waits.suspend(request)
    : waits.block(request, run.isWatched ? () => errorOnly(run.look()) : undefined)
  const returnPc = pc + SLOW_WORDS
  if (typeof outcome !== 'number') {
    run.waiting = outcome
    const result = outcome.result.then((verdict) => [i32Value(verdict)])
    const slot = base - run.base
    return suspend(
      run,
      { func: WAIT, args: [], caller: run.instance, slot, returnPc, fuelBefore: run.fuelUsed },
      result,
    )
  }
  I32[base] = outcome
  run.pc = returnPc
  return undefined
}

function errorOnly(answer: ReturnType<Execution['look']>): Error | undefined {
  return answer === 'pause' ? undefined : answer
}

export function notify(run: Execution): undefined {
  const { code, I32 } = machine()
  const { pc } = run
  const base = run.fp + code[pc + 2]!
  I32[base] = run.waits.notify(...notification(I32, run.instance!, base, code[pc + 3]!, code[pc + 4]!))
  run.pc += SLOW_WORDS
  return undefined
}
