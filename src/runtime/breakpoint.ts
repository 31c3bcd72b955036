// Places where a run stops before it goes on, as whoever drives the run sets them.

import type { CompiledModule, Instance } from './instance.ts'

export interface Breakpoint {
  /** The only instance where the run stops, or a module: then in all of its instances. */
  readonly within: Instance | CompiledModule
  readonly funcIdx: number
  /** Byte offset in the module of the instruction before which the run stops: one that costs fuel, or the end of the function. */
  readonly offset: number
}

/** Those of one run. They may be changed at any time, by its host functions too. */
export interface Breakpoints extends Iterable<Breakpoint> {
  readonly size: number
  /**
   * `offset`: of an instruction. One that costs nothing stands for the next in the function that does, or for its end; without it, the first
   * is meant. A UsageError where none begins there, or none can be reached. Adding the same again changes nothing.
   */
  add: (within: Breakpoint['within'], funcIdx: number, offset?: number) => Breakpoint
  delete: (breakpoint: Breakpoint) => boolean
  clear: () => void
}
