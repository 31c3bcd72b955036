// An instance as the embedder holds it.

import { FuncInstance } from '../runtime/func.ts'
import { Global as RuntimeGlobal } from '../runtime/global.ts'
import type { ExternVal, Instance as RuntimeInstance } from '../runtime/instance.ts'
import { Table as RuntimeTable } from '../runtime/table.ts'
import type { Tag } from '../runtime/tag.ts'
import { Memory as RuntimeMemory } from '../runtime/memory.ts'
import type { RunHandle } from '../runtime/tier.ts'
import type { FuncType } from '../syntax/types.ts'
import { closedFuncTypeName } from '../validate/closed-type-name.ts'
import type { Value } from '../runtime/value.ts'
import { Global, Table } from './externs.ts'
import { Memory } from './memory.ts'
import { argumentsFromJs, bindTier, toFunction, type ExportedFunction } from './functions.ts'
import type { ForkOptions, Origin, Restored } from './origin.ts'
import { Run } from './run.ts'
import { unknownExport } from './unknown-export.ts'
import { takeSnapshot, type Snapshot, type SnapshotOptions } from './snapshot.ts'

export type Export = ExportedFunction | Memory | Table | Global | Tag

/** An exported function as a call that may wait. */
export type AsyncFunction = (...args: unknown[]) => Promise<unknown>

export class Instance {
  /** The instance of the store; for the engine's own use. */
  readonly runtime: RuntimeInstance
  /** Everything that the module exports, by name. Without a prototype. */
  readonly exports: Readonly<Record<string, Export>>
  private readonly origin: Origin
  private asyncFunctions: Readonly<Record<string, AsyncFunction>> | undefined

  constructor(origin: Origin) {
    this.origin = origin
    this.runtime = origin.instance
    const exports = Object.create(null) as Record<string, Export>
    for (const [name, value] of this.runtime.exports) exports[name] = this.wrap(value)
    this.exports = Object.freeze(exports)
  }

  /** What it imports, by module and name. Without a prototype. */
  get imports(): Readonly<Record<string, Readonly<Record<string, Export>>>> {
    const imports = Object.create(null) as Record<string, Record<string, Export>>
    for (const [{ module, name }, value] of this.runtime.imports()) {
      imports[module] ??= Object.create(null) as Record<string, Export>
      imports[module][name] = this.wrap(value)
    }
    return imports
  }

  /** The first memory, exported or not; undefined where there is none. */
  get memory(): Memory | undefined {
    const memory = this.runtime.memories[0]
    return memory === undefined ? undefined : Memory.of(memory)
  }

  /** The exported functions as functions that give promises, and wait where host functions do. Without a prototype. */
  get async(): Readonly<Record<string, AsyncFunction>> {
    if (this.asyncFunctions === undefined) {
      const functions = Object.create(null) as Record<string, AsyncFunction>
      for (const [name, value] of this.runtime.exports) {
        if (value instanceof FuncInstance) functions[name] = (...args) => this.callAsync(name, ...args)
      }
      this.asyncFunctions = Object.freeze(functions)
    }
    return this.asyncFunctions
  }

  /**
   * Why a run ended here in the middle: a trap, an abort, an error of a host function. Then an instance that is `nested` or `exclusive` takes
   * no more calls. One that is `free` keeps no account of that.
   */
  get interruption(): Error | undefined {
    return this.runtime.occupancy?.interruption
  }

  /** Calls an exported function; the same as `exports[name](...args)`, but for a clear error where there is none. */
  call(name: string, ...args: unknown[]): unknown {
    return toFunction(this.func(name))(...args)
  }

  /** Calls an exported function, and waits where host functions give promises. */
  async callAsync(name: string, ...args: unknown[]): Promise<unknown> {
    return this.prepare(name, args, { metered: false }).finish()
  }

  /** Prepares a call of an exported function that can be driven piece by piece. Nothing runs yet. */
  start(name: string, ...args: unknown[]): Run {
    return this.prepare(name, args, { metered: true })
  }

  /** Like `start`; a run that isn't metered is faster: it counts no fuel, and stops for promises, signals and time only. */
  prepare(name: string, args: readonly unknown[] = [], { metered = true }: { readonly metered?: boolean } = {}): Run {
    const func = this.func(name)
    return new Run(this.origin, this.begin(func, argumentsFromJs(func, args), metered), metered)
  }

  /** The same with values as the engine keeps them, bit for bit: what the run gives are the results in an array. */
  prepareExact(name: string, args: readonly Value[], { metered }: { readonly metered: boolean }): Run {
    return new Run(this.origin, this.begin(this.func(name), args, metered), metered, (results) => results)
  }

  private begin(func: FuncInstance, args: readonly Value[], metered: boolean): RunHandle {
    const { tier, call } = this.origin
    return tier.start(func, args, { ...call, metered })
  }

  /**
   * The instance as it is now, with all that it can reach: other instances, memories, objects. Of a run that is under way it has what that
   * has done so far: `run.snapshot()` has the run, too. docs/snapshots.md says what can be saved.
   */
  snapshot(options: SnapshotOptions = {}): Snapshot {
    return takeSnapshot(this.origin, undefined, options)
  }

  /** A second instance in the same state, which goes on independently of this one, with all that it reaches. */
  fork(options: ForkOptions = {}): Restored {
    return this.origin.fork(this.origin, undefined, options)
  }

  /** What the module calls a parameter of an exported function; undefined where it says nothing. */
  paramName(name: string, index: number): string | undefined {
    const { instance, funcIdx } = this.func(name)
    return instance?.compiled.names().locals?.get(funcIdx)?.get(index)
  }

  /** The type of an exported function. */
  typeOf(name: string): FuncType {
    return this.func(name).type
  }

  private func(name: string): FuncInstance {
    const value = this.runtime.exports.get(name)
    if (value instanceof FuncInstance) return value
    const functions = [...this.runtime.exports].flatMap(([exported, func]) =>
      func instanceof FuncInstance ? [{ name: exported, type: closedFuncTypeName(func.type) }] : [],
    )
    throw unknownExport(name, functions)
  }

  private wrap(value: ExternVal): Export {
    if (value instanceof FuncInstance) {
      bindTier(value, this.origin.tier, this.origin.call)
      return toFunction(value)
    }
    if (value instanceof RuntimeMemory) return Memory.of(value)
    if (value instanceof RuntimeGlobal) return Global.of(value)
    if (value instanceof RuntimeTable) return Table.of(value)
    return value
  }
}
