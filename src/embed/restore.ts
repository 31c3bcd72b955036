// Makes what was saved by a snapshot go on: in the same process, or in another one, to which modules, functions and objects are given anew.

import { checkOptions, optionNames } from '../errors/check-options.ts'
import { HeddleError, UsageError } from '../errors/heddle-error.ts'
import { listed, quoted } from '../errors/quote.ts'
import { FuncInstance } from '../runtime/func.ts'
import { CompiledModule } from '../runtime/instance.ts'
import type { WantedFunction } from '../runtime/rebuild-references.ts'
import { Store } from '../runtime/store.ts'
import type { Tier } from '../runtime/tier.ts'
import type { Value } from '../runtime/value.ts'
import { sha256 } from '../snapshot/sha256.ts'
import type { ModuleData, SnapshotData } from '../snapshot/snapshot-data.ts'
import { EXTERNREF } from '../syntax/types.ts'
import { fork } from './fork.ts'
import { fromFunction, refFromJs, type HostFunction } from './functions.ts'
import { MAKING_OPTIONS, providersOf, type MakingOptions } from './hosting.ts'
import { givenExtern, ownProperty, unknownImport, type Imports } from './imports.ts'
import { Module } from './module.ts'
import type { Restored } from './origin.ts'
import { revive } from './revive.ts'
import { Snapshot } from './snapshot.ts'

/** `Source`: what modules are compiled of. Nothing that the snapshot says changes the limits. */
export interface RestoreOptions<Source> extends MakingOptions {
  /** The modules of the snapshot's instances, in any order; those that it carries itself need not be given. */
  readonly modules?: readonly (Source | Module)[] | undefined
  /** The host's functions. Memories, tables, globals and tags are those of the snapshot, wherever they come from. */
  readonly imports?: Imports | undefined
  /** What the snapshot knows by the names that `nameOf` gave. */
  readonly externs?: Readonly<Record<string, unknown>> | undefined
  /** For the engine: what a run makes of its results. */
  readonly present?: ((values: readonly Value[]) => unknown) | undefined
}

const RESTORE_OPTIONS = [
  ...MAKING_OPTIONS,
  ...optionNames<Omit<RestoreOptions<unknown>, keyof MakingOptions>>({
    modules: true,
    imports: true,
    externs: true,
    present: true,
  }),
]

export function restore<Source>(
  source: Snapshot | Uint8Array,
  options: RestoreOptions<Source>,
  tier: Tier,
  /** With the engine's own profile, if none is given. */
  compile: (source: Source, isDeterministic?: boolean) => Module,
): Restored {
  checkOptions(options, RESTORE_OPTIONS, 'restore')
  const { data } = source instanceof Snapshot ? source : Snapshot.decode(source)
  const { poll, precise, limits, limiter, externs = {} } = options
  const given = (options.modules ?? []).map((each) => (each instanceof Module ? each : compile(each)).compiled)
  const revived = revive({
    data,
    modules: modulesOf(data, given, (bytes, isDeterministic) => compile(bytes as Source, isDeterministic).compiled),
    store: options.store ?? new Store(limits, limiter),
    tier,
    call: { poll, precise },
    fork,
    concurrency: options.concurrency,
    providers: providersOf(options),
    hostFunc: (wanted) => hostFunc(wanted, options),
    extern(name) {
      if (!Object.hasOwn(externs, name)) return undefined
      return { ref: refFromJs(EXTERNREF, externs[name], `the extern ${quoted(name)}`) }
    },
    present: options.present,
  })
  return { ...revived, modules: revived.modules.map((module) => new Module(module, tier)) }
}

function hostFunc<Source>(wanted: WantedFunction, options: RestoreOptions<Source>): FuncInstance | undefined {
  const { type, name, named, provider } = wanted
  const { imports = {}, externs = {} } = options
  if (named) {
    const value = ownProperty(externs, name)
    return typeof value === 'function' ? fromFunction(type, name, value as HostFunction) : undefined
  }
  const func = givenExtern(imports, wanted, { kind: 'func', type })
  if (func instanceof FuncInstance) return func
  if (func !== undefined) {
    throw new UsageError(`the import ${quoted(wanted.module)} ${quoted(name)} is a function`, 'UNLINKABLE')
  }
  // What a provider lacks is told with all else that is missing.
  if (provider !== undefined) return undefined
  return unknownImport(wanted, { kind: 'func', type }, options) as FuncInstance | undefined
}

/** The module for each of the data's: one that is given and has its hash, or that it carries. */
function modulesOf(
  { modules }: SnapshotData,
  given: readonly CompiledModule[],
  compile: (bytes: Uint8Array, isDeterministic: boolean) => CompiledModule,
): CompiledModule[] {
  return modules.map((wanted) => {
    // Taken in this process: the snapshot has the module itself.
    if (wanted instanceof CompiledModule) return wanted
    const found = given.find((module) => module.hash === wanted.hash)
    if (found?.isDeterministic === wanted.isDeterministic) return found
    if (found !== undefined) throw otherProfile(wanted)
    if (wanted.bytes === undefined) throw mismatch(wanted, given)
    if (sha256(wanted.bytes) !== wanted.hash) {
      throw new HeddleError(
        'SNAPSHOT_INVALID',
        `invalid snapshot: ${moduleText(wanted)} is another one than it carries`,
      )
    }
    return compile(wanted.bytes, wanted.isDeterministic)
  })
}

function mismatch(wanted: ModuleData, given: readonly CompiledModule[]): HeddleError {
  const are = given.length === 0 ? 'none is given' : `given: ${listed(given, moduleText, ', ')}`
  return new HeddleError('SNAPSHOT_MISMATCH', `the snapshot needs ${moduleText(wanted)}; ${are}`)
}

function otherProfile(wanted: ModuleData): HeddleError {
  return new HeddleError(
    'SNAPSHOT_MISMATCH',
    `the snapshot needs ${moduleText(wanted)} compiled for the ${wanted.isDeterministic ? 'deterministic' : 'full'} profile`,
  )
}

function moduleText({ name, hash }: Pick<ModuleData, 'name' | 'hash'>): string {
  return `${name === '' ? 'a module' : `the module ${quoted(name)}`} with the SHA-256 ${hash}`
}
