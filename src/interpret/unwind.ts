// Finds who catches an exception. Frames are looked through from the inside, and nothing is changed until somebody is found: where nobody
// catches, the stack is still there to be told.
// https://webassembly.github.io/spec/core/exec/instructions.html#exec-throw-ref

import type { ExceptionInstance } from '../runtime/exception.ts'
import type { Instance } from '../runtime/instance.ts'
import { valueAt } from '../syntax/ascending-pairs.ts'
import type { Crossing } from './backtrace.ts'
import { codeAt, type PlacedCode } from './code-heap.ts'
import type { Catch } from './lower-exceptions.ts'
import { EXIT_PC, RETURN_PC, machine } from './machine.ts'

/** Where in a run's stack something is: in the frame at `fp`, above the calls up to `sp` and so many crossings. */
interface StackPlace {
  readonly instance: Instance | undefined
  readonly fp: number
  readonly sp: number
  readonly crossings: number
}

/** Who catches, and where. */
export interface Catcher extends StackPlace {
  readonly clause: Catch
  readonly pc: number
}

interface Search {
  readonly catcher: Catcher | undefined
  /** Frames, handlers and clauses that were looked at. */
  readonly steps: number
}

/** What one search knows. */
interface Progress {
  /** Positions at which nothing catches. */
  readonly fruitless: Map<Instance, Set<number>>
  steps: number
}

/** No position of any function: that of a frame which a tail call has left. */
export const NOWHERE = -1

/**
 * The innermost clause that catches what is thrown at a position inside of an operation. `callBase` is where the run's calls begin.
 * Takes a step for each frame: a position of a recursion that catches nothing is remembered.
 */
export function findCatcher(
  exception: ExceptionInstance,
  position: number,
  from: StackPlace,
  callBase: number,
  crossings: readonly Crossing[],
): Search {
  const { C } = machine()
  const progress: Progress = { fruitless: new Map(), steps: 0 }
  let { instance, fp, sp, crossings: crossed } = from
  let at = position
  for (;;) {
    progress.steps++
    const found = at === NOWHERE || instance === undefined ? undefined : catchAt(exception, at, instance, progress)
    if (found !== undefined) {
      return { catcher: { instance, fp, sp, crossings: crossed, ...found }, steps: progress.steps }
    }
    if (sp === callBase) return { catcher: undefined, steps: progress.steps }
    sp -= 2
    let returnPc = C[sp]!
    fp = C[sp + 1]!
    if (returnPc === EXIT_PC) {
      if (crossed === 0) return { catcher: undefined, steps: progress.steps }
      const crossing = crossings[--crossed]!
      instance = crossing.instance
      returnPc = crossing.returnPc
    }
    // A return position lies behind its call.
    at = returnPc === RETURN_PC ? NOWHERE : returnPc - 1
  }
}

function catchAt(
  exception: ExceptionInstance,
  position: number,
  instance: Instance,
  progress: Progress,
): Pick<Catcher, 'clause' | 'pc'> | undefined {
  const { fruitless } = progress
  let without = fruitless.get(instance)
  if (without?.has(position) === true) return undefined
  const code = codeAt(position)
  const clause = code === undefined ? undefined : clauseFor(exception, code, position, instance, progress)
  if (clause !== undefined) return { clause, pc: code!.start + clause.landing }
  if (without === undefined) {
    without = new Set()
    fruitless.set(instance, without)
  }
  without.add(position)
  return undefined
}

function clauseFor(
  { tag }: ExceptionInstance,
  { handlers, regions, start }: PlacedCode,
  position: number,
  { tags }: Instance,
  progress: Progress,
): Catch | undefined {
  let at = valueAt(regions, position - start) ?? -1
  while (at >= 0) {
    const { catches, outer } = handlers[at]!
    progress.steps += 1 + catches.length
    const clause = catches.find(({ tagIdx }) => tagIdx < 0 || tags[tagIdx] === tag)
    if (clause !== undefined) return clause
    at = outer
  }
  return undefined
}
