// Pre-initialisation against the official scripts: before an action, the instance as it is then is written as a module, and what that
// module's instance does is what the instance itself does: results, traps, memories and numeric globals. The host's own WebAssembly takes
// each module whose original it takes, and comes to the same results.

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { decodeModule } from '../../src/binary/decode-module.ts'
import { encodeModule } from '../../src/binary/encode-module.ts'
import { initialisedModule } from '../../src/command/wizen/initialised-module.ts'
import { valueToJs } from '../../src/embed/functions.ts'
import { Trap } from '../../src/errors/trap.ts'
import { interpreter } from '../../src/interpret/interpreter.ts'
import type { FuncInstance } from '../../src/runtime/func.ts'
import { CompiledModule, type ExternVal, type Instance } from '../../src/runtime/instance.ts'
import { instantiate } from '../../src/runtime/instantiate.ts'
import { Store } from '../../src/runtime/store.ts'
import type { Tier } from '../../src/runtime/tier.ts'
import type { Value } from '../../src/runtime/value.ts'
import { runScript } from '../../src/script/run-script.ts'
import { V128, isRefType } from '../../src/syntax/types.ts'
import { validateModule } from '../../src/validate/module.ts'
import { native } from '../fuzz/native.ts'
import { scripts } from './official-scripts.ts'
import { featuresOf } from './suite-features.ts'

/** What a call came to, so that it can be compared. */
type Outcome = readonly unknown[] | string

/** How often the instance of a module is written: before its first actions, and then before every so many. */
const FIRST = 4
const EVERY = 60

const CALLED = 'the function that is called'

/** The module's state is its own alone, and what it imports is the host's. */
function standsAlone({ compiled, ...instance }: Instance, func: (i: number) => FuncInstance): boolean {
  const { importedMemories, importedTables, importedGlobals, importedTags, importedFuncs } = compiled.spaces
  if (importedMemories + importedTables + importedGlobals + importedTags > 0) return false
  // A memory of gigabytes is not written again and again.
  if (instance.memories.some(({ byteLength }) => byteLength > 2 ** 24)) return false
  return Array.from({ length: importedFuncs }, (_, i) => func(i)).every((each) => each.instance === undefined)
}

/** References of two instances have nothing in common but their kinds. */
function comparable(values: readonly Value[]): readonly unknown[] {
  return values.map(({ type, lo, hi, upper, ref }) =>
    isRefType(type) ? (ref === null ? null : typeof ref) : [lo, hi, upper],
  )
}

interface Ending {
  readonly outcome: Outcome
  readonly results: readonly Value[]
  readonly error?: Error
}

function endingOf(call: () => readonly Value[]): Ending {
  try {
    const results = call()
    return { outcome: comparable(results), results }
  } catch (error) {
    return {
      outcome: error instanceof Trap ? error.code : (error as Error).constructor.name,
      results: [],
      error: error as Error,
    }
  }
}

function sameState(a: Instance, b: Instance): boolean {
  return (
    a.memories.every(({ bytes }, i) => Buffer.compare(bytes, b.memories[i]!.bytes) === 0) &&
    a.globalWords.every((word, i) => word === b.globalWords[i]) &&
    a.tables.every(({ elems }, i) => elems.length === b.tables[i]!.elems.length)
  )
}

class Comparison {
  compared = 0
  nativeCalls = 0
  /** Why an instance could not be written. */
  readonly inexpressible: string[] = []
  readonly differences: string[] = []
  private readonly actions = new WeakMap<Instance, number>()

  readonly tier: Tier = {
    ...interpreter,
    invoke: (func, args, options) => {
      const { instance } = func
      const copy = instance === undefined || !this.isDue(instance) ? undefined : this.copyOf(instance, func)
      const ending = endingOf(() => interpreter.invoke(func, args, options))
      if (copy !== undefined) this.judge(func, () => this.compare(func, args, ending, copy))
      if (ending.error !== undefined) throw ending.error
      return ending.results
    },
  }

  private isDue(instance: Instance): boolean {
    const count = this.actions.get(instance) ?? 0
    this.actions.set(instance, count + 1)
    return (count < FIRST || count % EVERY === 0) && standsAlone(instance, (i) => instance.func(i))
  }

  private copyOf(instance: Instance, { funcIdx }: FuncInstance): Uint8Array | undefined {
    const { exports } = instance.compiled.module
    try {
      return encodeModule(initialisedModule(instance, [...exports, { name: CALLED, kind: 'func', index: funcIdx }]))
    } catch (error) {
      this.inexpressible.push((error as Error).message)
      return undefined
    }
  }

  private judge(func: FuncInstance, check: () => void): void {
    try {
      check()
    } catch (error) {
      this.differences.push(`${func.toString()}: ${String(error)}`)
    }
  }

  private compare(func: FuncInstance, args: readonly Value[], { outcome, results }: Ending, bytes: Uint8Array): void {
    const original = func.instance!
    const { importedFuncs } = original.compiled.spaces
    const syntax = decodeModule(bytes)
    validateModule(syntax, { disabled: new Set() })
    const imports: ExternVal[] = Array.from({ length: importedFuncs }, (_, i) => original.func(i))
    const { instance, start } = instantiate(new Store(), new CompiledModule(syntax), imports)
    expect(start).toBeUndefined()
    const found = endingOf(() => interpreter.invoke(instance.func(func.funcIdx), args))
    this.compared++
    expect(found.outcome).toEqual(outcome)
    expect(sameState(instance, original)).toBe(true)
    if (!native.validate(encodeModule(original.compiled.module))) return
    expect(native.validate(bytes)).toBe(true)
    if (importedFuncs === 0) this.compareNatively(func, args, { outcome, results }, bytes)
  }

  private compareNatively(
    { type }: FuncInstance,
    args: readonly Value[],
    { outcome, results }: Ending,
    bytes: Uint8Array,
  ): void {
    const isShown = [...type.params, ...type.results].every((each) => each !== V128 && !isRefType(each))
    if (!isShown) return
    this.nativeCalls++
    const { exports } = new native.Instance(new native.Module(bytes), {})
    const call = exports[CALLED] as (...values: unknown[]) => unknown
    if (typeof outcome === 'string') return expect(() => call(...args.map(valueToJs)), outcome).toThrow()
    const shown = results.map(valueToJs)
    expect(call(...args.map(valueToJs))).toEqual(shown.length > 1 ? shown : shown[0])
  }
}

let [compared, nativeCalls] = [0, 0]
const reasons = new Set<string>()

/** What no module can begin with. */
const REASONS =
  /holds (a reference of the host's|a function that is not of this module|(a structure|an array) that something else refers to, too)/

describe.skipIf(scripts.length === 0)('an instance written as a module goes on as it would have', () => {
  it.each(scripts.filter(([name]) => !name.startsWith('custom/')))('%s', (name, path) => {
    const comparison = new Comparison()
    runScript(readFileSync(path), { name, tier: comparison.tier, features: featuresOf(name) })
    expect(comparison.differences).toEqual([])
    compared += comparison.compared
    nativeCalls += comparison.nativeCalls
    for (const reason of comparison.inexpressible) reasons.add(reason)
  })

  it('is what happened thousands of times', () => {
    expect(compared).toBeGreaterThan(3000)
    expect(nativeCalls).toBeGreaterThan(1500)
  })

  it('fails only where something is held that no module can begin with', () => {
    expect([...reasons].filter((reason) => !REASONS.test(reason))).toEqual([])
  })
})
