// `resume(snapshot, { fuel, stdin … })`: a program goes on that `run` has taken a snapshot of, or any run or instance with a snapshot.

import { checkOptions, optionNames } from '../errors/check-options.ts'
import { Engine, type ModuleSource } from '../embed/engine.ts'
import type { Instance } from '../embed/instance.ts'
import type { Module } from '../embed/module.ts'
import type { Restored } from '../embed/origin.ts'
import { Snapshot } from '../embed/snapshot.ts'
import { UsageError } from '../errors/heddle-error.ts'
import { SnapshotError } from '../errors/snapshot-error.ts'
import { FuncInstance } from '../runtime/func.ts'
import { OPTIONAL_FEATURES } from '../validate/proposals.ts'
import { closedFuncTypeName } from '../validate/closed-type-name.ts'
import { WASI_MODULE } from '../wasi/preview1/wasi-provider.ts'
import { requireDeterministic } from './deterministic.ts'
import { HOST_OPTIONS, ProgramHost, type HostOptions } from './program-host.ts'
import { decodeProgramState, isProgramState, type ProgramState } from './program-state.ts'
import { Program, type ProgramParts } from './program.ts'
import { nothingToRun } from './run.ts'
import type { RunResult } from './run-result.ts'
import type { Argument } from './values.ts'

/** `fuel`, `timeout` and limits are those of this time; files, streams and clocks as docs/wasi-state.md has them. */
export interface ResumeOptions extends HostOptions {
  /** Those that the snapshot does not carry, in any order. */
  readonly modules?: readonly (ModuleSource | Module)[] | undefined
  /** What it knows by the names that `nameOf` gave. */
  readonly externs?: Readonly<Record<string, unknown>> | undefined
  /** Of a program that has ended: the exported function to call. */
  readonly invoke?: string | undefined
  /** The arguments of that function. */
  readonly args?: readonly Argument[] | undefined
  /** What compiles the modules; by default one for the proposals and the profile for which they were compiled. */
  readonly engine?: Engine | undefined
}

const RESUME_OPTIONS = [
  ...HOST_OPTIONS,
  ...optionNames<Omit<ResumeOptions, keyof HostOptions>>({
    modules: true,
    externs: true,
    invoke: true,
    args: true,
    engine: true,
  }),
]

/**
 * Goes on to the end; the result is that of the whole program. Throws a HeddleError for a snapshot that is damaged, hostile, or needs what
 * is not given, and else what `run` throws.
 */
export async function resume(source: Snapshot | Uint8Array, options: ResumeOptions = {}): Promise<RunResult> {
  checkOptions(options, RESUME_OPTIONS, 'resume')
  const { modules, externs, invoke, args, engine, fuel, unknownImports, ...hostOptions } = options
  const snapshot = source instanceof Snapshot ? source : Snapshot.decode(source)
  const state = stateOf(snapshot)
  checkInvocation(snapshot, options)
  const usesWasi = state.wasi !== undefined || snapshot.providers.includes(WASI_MODULE)
  // A run that was saved counts in any case.
  const counted = fuel ?? (snapshot.kind === 'run' ? Infinity : undefined)
  const host = new ProgramHost(
    { ...hostOptions, fuel: counted, unknownImports: unknownImports ?? state.unknownImports },
    usesWasi,
  )
  try {
    return await revive(snapshot, state, host, { modules, externs, invoke, args, engine })()
  } finally {
    // What never came to run has folders open all the same.
    host.wasi?.close()
  }
}

/** The program as it is to go on; nothing of it has happened yet. */
function revive(
  snapshot: Snapshot,
  state: ProgramState,
  host: ProgramHost,
  { modules, externs, invoke, args, engine }: ResumeOptions,
): () => Promise<RunResult> {
  const restored = (engine ?? engineFor(snapshot, state)).restore(snapshot, {
    ...host.instanceOptions,
    modules,
    externs,
    imports: host.imports,
    present: (results) => results,
  })
  if (state.wasi !== undefined) host.wasi!.restore(state.wasi)
  if (host.isDeterministic) requireDeterministic(restored.instance.runtime.compiled)
  const { run } = restored
  if (run === undefined && invoke === undefined) {
    throw nothingToRun(functionsOf(restored.instance), 'the snapshot is of a program that has ended')
  }
  const last = { entry: invoke ?? state.entry, args: invoke === undefined ? state.args : (args ?? []) }
  const program = new Program(host, { ...partsOf(state, restored), ...last })
  return () => (run === undefined ? program.finish() : program.finishFrom(run, state.stage))
}

function functionsOf({ runtime }: Instance): { readonly name: string; readonly type: string }[] {
  return [...runtime.exports].flatMap(([name, value]) =>
    value instanceof FuncInstance ? [{ name, type: closedFuncTypeName(value.type) }] : [],
  )
}

/** One of another release may not know a proposal: its modules say so then. */
function engineFor({ modules }: Snapshot, { features }: ProgramState): Engine {
  const known = features.filter((name) => OPTIONAL_FEATURES.includes(name))
  return new Engine({
    profile: modules.some(({ isDeterministic }) => isDeterministic) ? 'deterministic' : 'full',
    features: Object.fromEntries(known.map((name) => [name, true])),
  })
}

function checkInvocation({ kind }: Snapshot, { invoke, args = [] }: ResumeOptions): void {
  if (kind === 'run' && invoke !== undefined) {
    throw new UsageError('the snapshot is of a program that goes on by itself: no function of it can be invoked')
  }
  if (invoke === undefined && args.length > 0) {
    throw new UsageError('a program that goes on has the arguments that it was started with')
  }
}

/** Any other snapshot is of a program that has begun, or is a whole one. */
function stateOf({ attachment, kind, data }: Snapshot): ProgramState {
  if (attachment === undefined || !isProgramState(attachment)) {
    return {
      stage: kind === 'run' ? 'entry' : 'ended',
      fuelUsed: data.run?.fuelUsed ?? 0,
      entry: undefined,
      args: [],
      preloads: [],
      wasi: undefined,
      unknownImports: 'error',
      features: [],
    }
  }
  const state = decodeProgramState(attachment)
  const { instances, modules } = data.further
  if ((state.stage === 'ended') !== (kind === 'instance')) throw new SnapshotError('a program without what it runs')
  if (modules.length > 0 && (state.stage === 'entry' || state.stage === 'ended')) {
    throw new SnapshotError('a program with instances that are to be made behind its end')
  }
  if (instances.length + modules.length !== state.preloads.length) {
    throw new SnapshotError('a program with other names than instances')
  }
  return state
}

function partsOf(
  { preloads, fuelUsed, features }: ProgramState,
  restored: Restored,
): Omit<ProgramParts, 'entry' | 'args'> {
  // Of somebody else's snapshot, they have no place here.
  const before = restored.instances.slice(0, preloads.length)
  const instances = [...before, restored.instance]
  return {
    instances,
    modules: restored.modules.slice(0, preloads.length - before.length),
    preloads,
    fuelUsed,
    features,
  }
}
