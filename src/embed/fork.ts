// Forks: what is snapshotted is made anew at once, in this process, with the same functions and objects of the host's.

import { checkOptions } from '../errors/check-options.ts'
import { Store } from '../runtime/store.ts'
import type { Ref } from '../runtime/value.ts'
import { HOSTING_OPTIONS, providersOf } from './hosting.ts'
import type { ForkOptions, ForkedRun, Origin, Restored } from './origin.ts'
import { revive } from './revive.ts'
import { captureFrom } from './snapshot.ts'

export function fork(origin: Origin, run: ForkedRun | undefined, options: ForkOptions): Restored {
  checkOptions(options, HOSTING_OPTIONS, 'fork')
  const things: Ref[] = []
  const { data, modules, hostFuncs } = captureFrom(origin, run?.saved, (ref) => String(things.push(ref) - 1))
  const { limits, limiter } = origin.instance.store
  const { poll, concurrency = origin.instance.occupancy?.concurrency } = options
  const revived = revive({
    data,
    modules,
    store: new Store({ ...limits, ...options.limits }, options.limiter ?? limiter),
    tier: origin.tier,
    call: poll === undefined ? origin.call : { ...origin.call, poll },
    fork,
    concurrency,
    providers: providersOf(options),
    // Those of a provider work on the memory of one instance.
    hostFunc: ({ funcIdx, provider }) => (provider === undefined ? hostFuncs[funcIdx] : undefined),
    extern: (name) => ({ ref: things[Number(name)] }),
    present: run?.present,
  })
  return { ...revived, modules: [] }
}
