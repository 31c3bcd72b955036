// What instances and runs were made with, for those who make others like them.

import type { Instance as RuntimeInstance } from '../runtime/instance.ts'
import type { SavedRun } from '../runtime/saved-run.ts'
import type { CallOptions, Tier } from '../runtime/tier.ts'
import type { Value } from '../runtime/value.ts'
import type { HostingOptions } from './hosting.ts'
import type { Instance } from './instance.ts'
import type { Module } from './module.ts'
import type { Run } from './run.ts'

/** What is absent is as it was; but for each provider whose functions are imported the fork needs another one of its own. */
export type ForkOptions = HostingOptions

/** What was made of a snapshot, or forked. */
export interface Restored {
  /** The one that the snapshot was taken of, or in which its run was started. */
  readonly instance: Instance
  /** Undefined where the snapshot is of an instance. */
  readonly run: Run | undefined
  /** Those that were named besides when the snapshot was taken, in that order; a fork has none. */
  readonly instances: readonly Instance[]
  readonly modules: readonly Module[]
}

/** A run as it is saved, and what it makes of its results. */
export interface ForkedRun {
  readonly saved: SavedRun
  readonly present: (values: readonly Value[]) => unknown
}

export interface Origin {
  readonly instance: RuntimeInstance
  readonly tier: Tier
  readonly call: CallOptions
  /** As a value here: what it makes is made by those who import this. */
  readonly fork: (origin: Origin, run: ForkedRun | undefined, options: ForkOptions) => Restored
}
