// Calls that the loop leaves to the driver: of functions that are not lowered yet, of other instances' functions, through tables and
// references, and in place of the running function.

import { Trap } from '../errors/trap.ts'
import type { FuncInstance } from '../runtime/func.ts'
import type { Stop } from '../runtime/tier.ts'
import { canonicalById } from '../validate/canonical-types.ts'
import { placeFunction } from './code-heap.ts'
import type { Execution } from './execution.ts'
import { readValues, writeValues } from './frame-values.ts'
import { callHost, done } from './host-calls.ts'
import { EXIT_PC, RETURN_PC, machine } from './machine.ts'
import { OPS } from './ops.ts'

/** Calls a function whose arguments lie at `slot`. Nothing has changed where that is a trap. */
export function call(run: Execution, func: FuncInstance, slot: number, returnPc: number): Stop | undefined {
  if (func.host !== undefined) return callHost(run, func, readValues(func.type.params, slot), slot, returnPc)
  const entry = run.roomFor(func, slot, 1)
  if (func.instance === run.instance) run.pushCall(returnPc)
  else {
    run.occupy(func.instance!)
    run.pushCall(EXIT_PC)
    run.crossings.push({ instance: run.instance!, returnPc, mode: run.mode })
    run.instance = func.instance!
  }
  run.fp = slot
  run.pc = entry
  return undefined
}

/** Calls a function in place of the running one. The same holds. */
export function tailCall(run: Execution, func: FuncInstance, from: number, words: number): Stop | undefined {
  const { C } = machine()
  if (func.host !== undefined) return callHost(run, func, readValues(func.type.params, from), run.fp, RETURN_PC)
  // Where the frame below is a crossing already, returning will find the right instance: the stack does not grow.
  const crosses = func.instance !== run.instance && C[run.sp - 2] !== EXIT_PC
  const entry = run.roomFor(func, run.fp, crosses ? 1 : 0)
  if (func.instance !== run.instance) run.occupy(func.instance!)
  moveArguments(run, func, from, words)
  if (crosses) {
    run.pushCall(EXIT_PC)
    run.crossings.push({ instance: run.instance!, returnPc: RETURN_PC, mode: run.mode })
  }
  run.instance = func.instance!
  run.pc = entry
  return undefined
}

/** To where the parameters are. Only precise code has left the references to the driver. */
function moveArguments({ mode, fp }: Execution, { type }: FuncInstance, from: number, words: number): void {
  if (mode === 'precise') return writeValues(readValues(type.params, from), fp)
  machine().I32.copyWithin(fp, from, from + words)
}

/** The bottom of a stack was reached: of the run's, or of a stretch in another instance. */
export function returnToCaller(run: Execution): Stop | undefined {
  const crossing = run.crossings.pop()
  if (crossing === undefined) return done(run)
  run.instance = crossing.instance
  run.mode = crossing.mode
  run.pc = crossing.returnPc
  return undefined
}

/** Lowers the function that the operation at `pc` calls, which becomes a call of it. */
export function lowerCallee({ pc, instance, mode }: Execution): undefined {
  const tail = machine().code[pc] === OPS.lower_tail
  const placed = placeFunction(instance!.compiled, machine().code[pc + 1]!, mode)
  // Lowering may have grown the machine.
  const { code } = machine()
  code[pc + 1] = placed.entry
  code[pc + (tail ? 4 : 3)] = placed.frameWords
  code[pc] = tail ? OPS.tail_call : OPS.call
  return undefined
}

/** The function that an indirect call means. */
export function indirectCallee({ instance }: Execution, tableIdx: number, typeId: number, index: number): FuncInstance {
  const { elems, type } = instance!.tables[tableIdx]!
  if (index >= elems.length) {
    const shown = type.addrType === 'i64' && index === 2 ** 32 - 1 ? 'an index of 2^32 - 1 or more' : String(index)
    throw new Trap('TRAP_UNDEFINED_ELEMENT', `${shown} in a table of ${elems.length}`)
  }
  const func = elems[index] as FuncInstance | null
  if (func === null) throw new Trap('TRAP_UNINITIALIZED_ELEMENT', String(index))
  if (func.typeId !== typeId && !func.canonical.isSubtypeOf(canonicalById(typeId)))
    throw new Trap('TRAP_INDIRECT_CALL', `element ${index} is ${func.toString()}`)
  return func
}

/** The function that the reference in a slot means. */
export function referencedCallee({ fp }: Execution, slot: number): FuncInstance {
  const func = machine().R[(fp + slot) >> 1] as FuncInstance | null
  if (func === null) throw new Trap('TRAP_NULL_FUNCTION')
  return func
}
