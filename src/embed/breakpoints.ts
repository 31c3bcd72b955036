// The breakpoints of a run as the embedder sets them: by a function's name or index, or by an offset in a module.

import { UsageError } from '../errors/heddle-error.ts'
import { quoted } from '../errors/quote.ts'
import type { Breakpoint, Breakpoints as RuntimeBreakpoints } from '../runtime/breakpoint.ts'
import { Instance as RuntimeInstance, type CompiledModule } from '../runtime/instance.ts'
import type { Instance } from './instance.ts'
import type { Module } from './module.ts'
import { didYouMean } from '../errors/nearest.ts'

/** A breakpoint that is set. */
export type { Breakpoint } from '../runtime/breakpoint.ts'

export interface BreakpointPlace {
  /** A function that the module defines: its index, what the name section calls it, or a name under which it is exported. */
  readonly func?: number | string | undefined
  /** Byte offset in the module of an instruction; by default the first of the function. */
  readonly offset?: number | undefined
  /** A module, for all of its instances, or one instance. By default the module of the function that the run calls. */
  readonly within?: Module | Instance | undefined
}

/** May be changed at any time. Of the place where a run stands, it is told once, when the run comes there. */
export class Breakpoints {
  private readonly runtime: RuntimeBreakpoints
  private readonly main: CompiledModule | undefined

  /** `main`: the module that is meant where nothing is said. */
  constructor(runtime: RuntimeBreakpoints, main: CompiledModule | undefined) {
    this.runtime = runtime
    this.main = main
  }

  get size(): number {
    return this.runtime.size
  }

  [Symbol.iterator](): Iterator<Breakpoint> {
    return this.runtime[Symbol.iterator]()
  }

  /**
   * Sets one, and gives it with the offset at which the run will stop: of an instruction that costs fuel, or of the `end` of the function. Where
   * another instruction is named, such as a `block`, it is the next. A number is an offset.
   */
  add(place: number | BreakpointPlace): Breakpoint {
    const { func, offset, within } = typeof place === 'number' ? { offset: place } : place
    const target = within === undefined ? this.main : 'compiled' in within ? within.compiled : within.runtime
    if (target === undefined) throw new UsageError('a breakpoint within which module? The run calls a host function')
    const compiled = target instanceof RuntimeInstance ? target.compiled : target
    if (func === undefined && offset === undefined) throw new UsageError('a breakpoint needs a func or an offset')
    const named = typeof func === 'string' ? indexOf(compiled, func) : func
    const funcIdx = named ?? funcAt(compiled, offset!)
    return this.runtime.add(target, funcIdx, offset)
  }

  /** Whether it was set. */
  delete(breakpoint: Breakpoint): boolean {
    return this.runtime.delete(breakpoint)
  }

  clear(): void {
    this.runtime.clear()
  }
}

function indexOf(compiled: CompiledModule, name: string): number {
  const { module, spaces } = compiled
  for (const [funcIdx, known] of compiled.names().funcs ?? []) {
    if (known === name && funcIdx >= spaces.importedFuncs) return funcIdx
  }
  const isFunc = ({ kind, index }: (typeof module.exports)[number]): boolean =>
    kind === 'func' && index >= spaces.importedFuncs
  const exported = module.exports.filter(isFunc)
  const found = exported.find((each) => each.name === name)
  if (found !== undefined) return found.index
  const known = [...(compiled.names().funcs?.values() ?? []), ...exported.map((each) => each.name)]
  throw new UsageError(`the module defines no function ${quoted(name)}${didYouMean(name, known)}`)
}

function funcAt({ module, spaces }: CompiledModule, offset: number): number {
  const index = module.funcs.findIndex(({ code: { start, end } }) => offset >= start && offset < end)
  if (index < 0) throw new UsageError(`the offset ${offset} lies in the body of no function`)
  return spaces.importedFuncs + index
}
