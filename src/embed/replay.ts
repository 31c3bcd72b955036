// Replays a recording without the host that it was made with: finds its modules, and does all of it again.

import { UsageError } from '../errors/heddle-error.ts'
import { RecordingError } from '../errors/recording-error.ts'
import { COST_TABLE_VERSION } from '../instructions/cost-table.ts'
import type { Poll } from '../runtime/tier.ts'
import { decodeRecording, type RecordingContent, type SavedModule } from '../snapshot/recording-file.ts'
import { FEATURE_NAMES } from '../validate/proposals.ts'
import { Engine, type ModuleSource } from './engine.ts'
import { resultsToJs } from './functions.ts'
import type { Instance } from './instance.ts'
import { Module } from './module.ts'
import { Replayer, type ReplayOutput } from './replayer.ts'

export interface ReplayOptions {
  /** The modules of the recording, in any order; those whose bytes it carries need not be given. */
  readonly modules?: readonly (Module | ModuleSource)[] | undefined
  /** Receives again what the program printed, where `run` has recorded it. */
  readonly output?: ReplayOutput | undefined
  /** Looked at every few hundred microseconds of execution: an error that it gives ends the replay, and is thrown. */
  readonly poll?: Poll | undefined
}

/** What a replay came to. */
export interface Replay {
  /** Those that were made, in order, as they are at the end. */
  readonly instances: readonly Instance[]
  /** How many events were replayed. */
  readonly events: number
  /** Whether the recording was taken while wasm was running. Then it ends there, and so does the replay. */
  readonly isOpen: boolean
  /** What the last call or run gave. Throws where that is a vector. */
  readonly value: unknown
  /** What it ended with, if not well. */
  readonly error: Error | undefined
  /** By all runs together but those that host functions began. */
  readonly fuelUsed: number
}

/**
 * Does everything again that was recorded. Throws a DivergenceError (`REPLAY_DIVERGED`) at the first event that is not as it was, a
 * RecordingError (`RECORDING_MISMATCH`) where the modules are others, and an error `RECORDING_MALFORMED` for bytes that are no recording.
 */
export function replay(recording: Uint8Array, options: ReplayOptions = {}): Replay {
  const replayer = prepareReplay(recording, options)
  replayer.replay(Infinity).next()
  const { instances, index, ending, error, fuelUsed } = replayer
  return {
    instances,
    events: index.count,
    isOpen: index.isOpen,
    get value() {
      return resultsToJs(ending.values)
    },
    error,
    fuelUsed,
  }
}

export function prepareReplay(recording: Uint8Array, { modules = [], ...options }: ReplayOptions): Replayer {
  const content = decodeRecording(recording)
  const { costVersion } = content.header
  if (costVersion !== COST_TABLE_VERSION) {
    throw new RecordingError(
      `the recording counts fuel by cost table ${costVersion}, and this release has table ${COST_TABLE_VERSION}`,
    )
  }
  const found = findModules(content, modules)
  return new Replayer(content, found, (found[0] ?? engineFor(false).compile(EMPTY)).tier, options)
}

const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)
function findModules({ header }: RecordingContent, given: readonly (Module | ModuleSource)[]): Module[] {
  const candidates = given.map((source) => ({
    source,
    module: source instanceof Module ? source : engineFor(false).compile(source),
  }))
  return header.modules.map((wanted) => {
    const candidate = candidates.find(({ module }) => module.compiled.hash === wanted.hash)
    if (candidate?.module.compiled.isDeterministic === wanted.isDeterministic) return candidate.module
    const source = candidate?.source ?? wanted.bytes
    if (source === undefined)
      throw missing(
        wanted,
        candidates.map(({ module }) => module),
      )
    if (source instanceof Module) throw otherProfile(wanted)
    const module = engineFor(wanted.isDeterministic).compile(source)
    if (module.compiled.hash !== wanted.hash)
      throw new RecordingError('the module in the recording is not the one that it names')
    return module
  })
}

const engines = new Map<boolean, Engine>()

/** With all features: what was recorded was valid, whatever had been switched on for it. */
function engineFor(isDeterministic: boolean): Engine {
  let engine = engines.get(isDeterministic)
  if (engine === undefined) {
    const features = Object.fromEntries(FEATURE_NAMES.map((name) => [name, true]))
    engine = new Engine({ features, profile: isDeterministic ? 'deterministic' : 'full' })
    engines.set(isDeterministic, engine)
  }
  return engine
}

function missing({ hash }: SavedModule, given: readonly Module[]): RecordingError {
  const others = given.map((module) => module.compiled.hash).join(', ')
  return new RecordingError(
    `the recording is of a module with the SHA-256 ${hash}` +
      (others === '' ? ', which is not in it and was not given' : `, and given is ${others}`),
  )
}

function otherProfile({ isDeterministic }: SavedModule): UsageError {
  return new UsageError(
    `the module was recorded in the profile ${isDeterministic ? 'deterministic' : 'full'}: compile it for that`,
  )
}
