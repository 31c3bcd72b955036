// Instances of modules that tests write as text, and runs of their functions.

import { interpreter } from '../../../src/interpret/interpreter.ts'
import { FuncInstance, type HostCode } from '../../../src/runtime/func.ts'
import { CompiledModule, type ExternVal, type Instance } from '../../../src/runtime/instance.ts'
import { instantiate } from '../../../src/runtime/instantiate.ts'
import { linkImports } from '../../../src/runtime/link.ts'
import { Store, type StoreLimits } from '../../../src/runtime/store.ts'
import type { RunHandle, Stop } from '../../../src/runtime/tier.ts'
import { fromJs, toJs, type Value } from '../../../src/runtime/value.ts'
import { MODULE_LIMITS, type ModuleLimits } from '../../../src/syntax/limits.ts'
import { parseModule } from '../../../src/text/parse-module.ts'
import { validateModule } from '../../../src/validate/module.ts'

export type HostModule = Readonly<Record<string, HostCode | ExternVal>>

export interface WatOptions {
  /** What every import is looked up in, by its second name. */
  readonly imports?: HostModule
  readonly limits?: Partial<StoreLimits>
  readonly store?: Store
  readonly moduleLimits?: Partial<ModuleLimits>
}

/** A valid module's instance; its start function is not run. */
export function instance(
  text: string,
  { imports = {}, limits = {}, store = new Store(limits), moduleLimits = {} }: WatOptions = {},
): Instance {
  const module = parseModule(text)
  validateModule(module, { limits: { ...MODULE_LIMITS, ...moduleLimits } })
  const compiled = new CompiledModule(module)
  const externs = linkImports(compiled, ({ name }, type) => {
    const given = imports[name]
    return typeof given === 'function' && type.kind === 'func'
      ? FuncInstance.fromHost(type.type, given, name)
      : (given as ExternVal | undefined)
  })
  return instantiate(store, compiled, externs).instance
}

export function func(of: Instance, name: string): FuncInstance {
  const value = of.exports.get(name)
  if (!(value instanceof FuncInstance)) throw new Error(`no exported function ${name}`)
  return value
}

function valuesFor(callee: FuncInstance, args: readonly unknown[]): Value[] {
  return callee.type.params.map((type, i) => fromJs(type, args[i]))
}

/** Calls an exported function to its end; gives its results as JavaScript has them. */
export function call(of: Instance, name: string, ...args: unknown[]): unknown[] {
  const callee = func(of, name)
  return interpreter.invoke(callee, valuesFor(callee, args)).map(toJs)
}

/** A run of an exported function; nothing of it has happened yet. */
export function start(of: Instance, name: string, ...args: unknown[]): RunHandle {
  const callee = func(of, name)
  return interpreter.start(callee, valuesFor(callee, args))
}

/** Goes on with a run to its end, stopping every `k` units: exactly, unless its host functions call back, which is charged at once. */
export function finish(run: RunHandle, k = Infinity, callsBack = false): Exclude<Stop, { readonly kind: 'fuel' }> {
  for (;;) {
    const used = run.fuelUsed
    const stop = run.resume(k)
    if (stop.kind !== 'fuel') return stop
    if (callsBack ? run.fuelUsed - used < k : run.fuelUsed - used !== k)
      throw new Error(`the run stopped after ${run.fuelUsed - used} units, not ${k}`)
  }
}

/** The results of a stop at the end, as JavaScript has them. */
export function resultsOf(stop: Stop): unknown[] {
  if (stop.kind === 'trap') throw stop.error
  if (stop.kind !== 'done') throw new Error(`the run is not done: ${stop.kind}`)
  return stop.results.map(toJs)
}

/** A host function without results that does something. */
export function doing(act: (charge: (fuel: number) => void) => void): HostCode {
  return (_, { charge }) => {
    act(charge)
    return []
  }
}

/** The error that `act` throws. */
export function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

/** A number that stands for the bytes: FNV-1a, 32 bits. */
export function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}
