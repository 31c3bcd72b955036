// Throwing, as the driver does it: exceptions are made here, handed to whoever unwind.ts finds, and become errors where nobody catches.

import { Trap } from '../errors/trap.ts'
import { ExceptionInstance, errorOf, exceptionOf } from '../runtime/exception.ts'
import type { Tag } from '../runtime/tag.ts'
import { refValue } from '../runtime/value.ts'
import { EXNREF } from '../syntax/types.ts'
import type { Execution } from './execution.ts'
import { readValues, writeValues } from './frame-values.ts'
import { EXIT_PC, RETURN_PC } from './machine.ts'
import { NOWHERE, findCatcher, type Catcher } from './unwind.ts'

/** An exception with the values at the slot. */
export function newException(run: Execution, tag: Tag, slot: number): ExceptionInstance {
  const exception = new ExceptionInstance(tag, readValues(tag.type.params, slot))
  run.claim(exception.byteSize, run.frameEnd)
  return exception
}

/** Goes on where the exception is caught; else it leaves the run. `position`: see `findCatcher`. */
export function throwException(run: Execution, exception: ExceptionInstance, position: number): undefined {
  const catcher = catcherOf(run, exception, position)
  if (catcher === undefined) throw errorOf(exception, () => run.trace())
  land(run, exception, catcher)
}

export function throwReference(run: Execution, exception: ExceptionInstance | null): undefined {
  if (exception === null) throw new Trap('TRAP_NULL_EXCEPTION')
  throwException(run, exception, run.pc)
}

/** What a host function threw, whose call returns to a position. */
export function throwError(run: Execution, error: unknown, returnPc: number): undefined {
  const exception = exceptionOf(error)
  if (exception === undefined) throw error
  run.checkTurn()
  throwException(run, exception, throwPosition(returnPc))
}

/** Where in the caller's code it is that a host function threw: in the call, or nowhere where that was a tail call, or the run's own. */
export function throwPosition(returnPc: number): number {
  return returnPc === EXIT_PC || returnPc === RETURN_PC ? NOWHERE : returnPc - 1
}

export function catcherOf(run: Execution, exception: ExceptionInstance, position: number): Catcher | undefined {
  const { instance, fp, sp, crossings, callBase } = run
  const from = { instance, fp, sp, crossings: crossings.length }
  const { catcher, steps } = findCatcher(exception, position, from, callBase, crossings)
  run.slice -= steps >> 3
  return catcher
}

/** Goes on where it is caught. */
function land(
  run: Execution,
  exception: ExceptionInstance,
  { instance, fp, sp, crossings, clause, pc }: Catcher,
): void {
  run.dropCrossings(crossings)
  run.instance = instance
  run.fp = fp
  run.sp = sp
  run.pc = pc
  const values = clause.tagIdx < 0 ? [] : exception.values
  const itself = refValue(EXNREF, exception)
  const caught = { above: [...values, itself], below: [itself, ...values], none: values }[clause.ref ?? 'none']
  writeValues(caught, fp + clause.slot)
}
