// Calls of host functions, and waiting for other threads: where a run meets what is not wasm, and may have to wait for it.

import { HeddleError, UsageError } from '../errors/heddle-error.ts'
import { nameText } from '../errors/quote.ts'
import { Trap } from '../errors/trap.ts'
import { FuncInstance } from '../runtime/func.ts'
import type { Stop } from '../runtime/tier.ts'
import { i32Value, type Value } from '../runtime/value.ts'
import { I32 as I32_TYPE } from '../syntax/types.ts'
import { notification, waitRequest } from './atomics.ts'
import type { Execution } from './execution.ts'
import { readValues, wordsOf, writeValues } from './frame-values.ts'
import { machine } from './machine.ts'
import { slowRow } from './slow.ts'
import { clearStage, stage } from './stage.ts'
import { throwError } from './throwing.ts'

/** Words of the operation `slow`. */
const SLOW_WORDS = 5

/** Stands for what gives the result of a wait. */
const WAIT = FuncInstance.fromHost({ kind: 'func', params: [], results: [I32_TYPE] }, () => [], 'a wait')

/** Calls a host function whose arguments lie at `slot`, where its results will be. */
export function callHost(run: Execution, func: FuncInstance, slot: number, returnPc: number): Stop | undefined {
  if (stage.hostDepth >= run.limits.hostDepth) throw new Trap('STACK_EXHAUSTED')
  const { params, results } = func.type
  const args = readValues(params, slot)
  const { stackTop, callTop, stackLimit, callLimit, hostDepth } = stage
  stage.stackTop = slot + Math.max(wordsOf(params), wordsOf(results))
  stage.callTop = run.sp
  stage.stackLimit = run.stackLimit
  stage.callLimit = run.callLimit
  stage.hostDepth++
  let thrown: { readonly error: unknown } | undefined
  let outcome
  try {
    outcome = func.host!(args, { instance: run.instance, charge: (fuel) => run.charge(fuel) })
  } catch (error) {
    thrown = { error }
  } finally {
    clearStage(run)
    Object.assign(stage, { stackTop, callTop, stackLimit, callLimit, hostDepth })
    run.setLimits()
  }
  if (outcome === undefined) return throwError(run, thrown!.error, returnPc)
  if (outcome instanceof Promise) return suspend(run, func, outcome, slot, returnPc)
  writeResults(func, outcome, slot)
  return goOn(run, returnPc)
}

/** Continues behind a host call: in wasm, or at the end where the host function was all that was called. */
function goOn(run: Execution, returnPc: number): Stop | undefined {
  run.pc = returnPc
  if (run.sp > run.callBase) return undefined
  return done(run)
}

/** The end, with the results where the run began. */
export function done(run: Execution): Stop {
  return { kind: 'done', results: readValues(run.func.type.results, run.base) }
}

function suspend(
  run: Execution,
  func: FuncInstance,
  promise: Promise<readonly Value[]>,
  slot: number,
  returnPc: number,
): Stop {
  if (!run.mayAwait) {
    promise.catch(() => undefined)
    throw new HeddleError(
      'ASYNC_IMPORT',
      `the host function ${nameText(func.name ?? '')} returned a promise in a synchronous call: start the call as a run and await it`,
    )
  }
  run.pending = { func, slot: slot - run.base, returnPc }
  return { kind: 'host', promise }
}

export function writeResults(func: FuncInstance, values: readonly Value[], slot: number): void {
  const { results } = func.type
  if (values.length !== results.length) {
    throw new UsageError(
      `${nameText(func.name ?? 'a host function')} gave ${values.length} results, not ${results.length}`,
    )
  }
  writeValues(values, slot)
}

/** `memory.atomic.wait` with operands that are in order: suspends the run, or blocks the thread where the run cannot suspend. */
export function wait(run: Execution): Stop | undefined {
  const { code, I32 } = machine()
  const { pc, waits } = run
  const base = run.fp + code[pc + 2]!
  const request = waitRequest(slowRow(code[pc + 1]!), I32, run.instance!, base, code[pc + 3]!, code[pc + 4]!)
  const outcome = run.mayAwait ? waits.suspend(request) : waits.block(request, run.poll)
  const returnPc = pc + SLOW_WORDS
  if (typeof outcome !== 'number') {
    run.waiting = outcome
    const result = outcome.result.then((verdict) => [i32Value(verdict)])
    return suspend(run, WAIT, result, base, returnPc)
  }
  I32[base] = outcome
  return goOn(run, returnPc)
}

export function notify(run: Execution): Stop | undefined {
  const { code, I32 } = machine()
  const { pc } = run
  const base = run.fp + code[pc + 2]!
  I32[base] = run.waits.notify(...notification(I32, run.instance!, base, code[pc + 3]!, code[pc + 4]!))
  return goOn(run, pc + SLOW_WORDS)
}
