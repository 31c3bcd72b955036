// What instances are given of their host, however they come to be: made, restored or forked.

import { optionNames } from '../errors/check-options.ts'
import type { ImportProvider } from '../runtime/import-provider.ts'
import type { Concurrency } from '../runtime/occupancy.ts'
import type { Limiter, Store, StoreLimits } from '../runtime/store.ts'
import type { Poll } from '../runtime/tier.ts'
import type { UnknownImportOptions } from './imports.ts'

export interface HostingOptions {
  /** Functions of a layer such as WASI. What is restored or forked needs one of its own for each that it uses, which takes over the state. */
  readonly wasi?: ImportProvider | readonly ImportProvider[] | undefined
  /** Of the store that is made for them. */
  readonly limits?: Partial<StoreLimits> | undefined
  /** Asked before a memory or table grows; at restoring also where one was larger than its module says. */
  readonly limiter?: Limiter | undefined
  /** How runs may overlap in an instance: docs/runs.md. `free` if absent. */
  readonly concurrency?: Concurrency | undefined
  /** Looked at every few hundred microseconds of execution: an error that it gives ends the call, and `pause` stops a run. */
  readonly poll?: Poll | undefined
}

export const HOSTING_OPTIONS: readonly string[] = optionNames<HostingOptions>({
  wasi: true,
  limits: true,
  limiter: true,
  concurrency: true,
  poll: true,
})

/** For those that are made of modules and imports. */
export interface MakingOptions extends HostingOptions, UnknownImportOptions {
  /** The store that they share with others; by default one of their own, with `limits`. */
  readonly store?: Store | undefined
  /**
   * Whether metered runs are executed one instruction at a time, which is slower still: one that has trapped can then be saved, as it was
   * before the instruction that trapped.
   */
  readonly precise?: boolean | undefined
}

export const MAKING_OPTIONS: readonly string[] = [
  ...HOSTING_OPTIONS,
  ...optionNames<Omit<MakingOptions, keyof HostingOptions>>({
    unknownImports: true,
    onUnknownCall: true,
    store: true,
    precise: true,
  }),
]

export function providersOf({ wasi = [] }: HostingOptions): readonly ImportProvider[] {
  return [wasi].flat()
}
