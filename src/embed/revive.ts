// Makes instances and runs that the embedder holds of a snapshot's data: for forks, which know the functions and objects of the host's, and
// for restoring, which is told them by name.

import { HeddleError } from '../errors/heddle-error.ts'
import { quoted } from '../errors/quote.ts'
import type { FuncInstance } from '../runtime/func.ts'
import type { ImportProvider } from '../runtime/import-provider.ts'
import type { CompiledModule, Instance as RuntimeInstance } from '../runtime/instance.ts'
import { rebuild } from '../runtime/rebuild.ts'
import type { HostBindings, WantedFunction } from '../runtime/rebuild-references.ts'
import type { Store } from '../runtime/store.ts'
import type { CallOptions, Tier } from '../runtime/tier.ts'
import type { Value } from '../runtime/value.ts'
import type { SnapshotData } from '../snapshot/snapshot-data.ts'
import { ProvidedFunctions } from './imports.ts'
import { Instance } from './instance.ts'
import type { Origin, Restored } from './origin.ts'
import { Run } from './run.ts'

interface Revival {
  readonly data: SnapshotData
  /** In the order of the data's. */
  readonly modules: readonly CompiledModule[]
  readonly store: Store
  readonly tier: Tier
  readonly call: CallOptions
  readonly fork: Origin['fork']
  readonly concurrency: HostBindings['concurrency']
  readonly providers: readonly ImportProvider[]
  /** The functions that are not those of providers, or that come before them. */
  readonly hostFunc: HostBindings['hostFunc']
  readonly extern: HostBindings['extern']
  /** What a run makes of its results. */
  readonly present?: ((values: readonly Value[]) => unknown) | undefined
}

/** `modules`: as the engine has them. */
interface Revived extends Omit<Restored, 'modules'> {
  readonly modules: readonly CompiledModule[]
}

/** Throws a HeddleError where the data fits neither its modules nor what is given. The providers take over their state last. */
export function revive(revival: Revival): Revived {
  const { data, modules, store, tier, call, fork } = revival
  const providers = new ProvidersInUse(data, revival.providers)
  const rebuilt = rebuild(data, modules, store, {
    concurrency: revival.concurrency,
    extern: revival.extern,
    hostFunc: (wanted) => revival.hostFunc(wanted) ?? providers.func(wanted),
    restoreStretch: (stretch, type, bound) => tier.restoreStretch(stretch, type, bound),
  })
  const { root, run } = rebuilt
  const originOf = (instance: RuntimeInstance): Origin => ({ instance, tier, call, fork })
  const handle = run === undefined ? undefined : tier.restore(run, call)
  providers.restore()
  return {
    instance: new Instance(originOf(root)),
    run: handle === undefined ? undefined : new Run(originOf(root), handle, true, revival.present),
    instances: rebuilt.instances.map((instance) => new Instance(originOf(instance))),
    modules: rebuilt.modules,
  }
}

/** The providers that are given for those that a snapshot has the state of. */
class ProvidersInUse {
  private readonly data: SnapshotData
  private readonly given: readonly (ImportProvider | undefined)[]
  private readonly functions: Map<ImportProvider, Map<RuntimeInstance, ProvidedFunctions>> = new Map()

  /** Where several have the same module name, their order tells which is which. */
  constructor(data: SnapshotData, given: readonly ImportProvider[]) {
    this.data = data
    this.given = data.providers.map(({ moduleName }, i) => {
      const before = data.providers.slice(0, i).filter((other) => other.moduleName === moduleName)
      return given.filter((provider) => provider.moduleName === moduleName)[before.length]
    })
  }

  func({ type, module, name, provider: position = -1, home }: WantedFunction): FuncInstance | undefined {
    const provider = this.given[position]
    if (provider === undefined || home === undefined) return undefined
    let ofProvider = this.functions.get(provider)
    if (ofProvider === undefined) {
      ofProvider = new Map()
      this.functions.set(provider, ofProvider)
    }
    let functions = ofProvider.get(home)
    if (functions === undefined) {
      functions = new ProvidedFunctions(provider, () => home)
      ofProvider.set(home, functions)
    }
    return functions.func(type, { module, name })
  }

  /** Those that are given. Others have no functions here. */
  restore(): void {
    for (const [i, { moduleName, state }] of this.data.providers.entries()) {
      const provider = this.given[i]
      if (provider === undefined) continue
      if (provider.restore === undefined) {
        throw new HeddleError('SNAPSHOT_PROVIDER', `the provider of ${quoted(moduleName)} cannot take over a state`)
      }
      // The snapshot stays as it is, whatever the provider does with the bytes.
      provider.restore(state.slice())
    }
  }
}
