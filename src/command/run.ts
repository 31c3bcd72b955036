// `run(bytes, { args, env, stdin, fs … })`: engine and WASI in one call. A command is started, a reactor initialised, and any exported
// function invoked; WASI is there for a module that imports it. Nothing is granted that isn't given.

import { checkOptions, optionNames } from '../errors/check-options.ts'
import { Engine, type ModuleSource } from '../embed/engine.ts'
import { Module } from '../embed/module.ts'
import type { Recorder } from '../embed/recorder.ts'
import { UsageError } from '../errors/heddle-error.ts'
import { listed, nameText, shortened } from '../errors/quote.ts'
import { dialectOf } from '../wasi/preview1/dialect.ts'
import { isDeterministic, requireDeterministic } from './deterministic.ts'
import { HOST_OPTIONS, ProgramHost, type HostOptions } from './program-host.ts'
import { Program } from './program.ts'
import { replayRun } from './replay-run.ts'
import type { RunResult } from './run-result.ts'
import type { Argument } from './values.ts'

export interface RunOptions extends HostOptions {
  /** Of a command, without the program's name; of an invoked function, where texts are parsed by its type. */
  readonly args?: readonly Argument[] | undefined
  /** The program's name, which the guest finds in front of its arguments. */
  readonly argv0?: string | undefined
  /** The exported function to call instead of `_start`. */
  readonly invoke?: string | undefined
  /** Modules to instantiate first, in order; what they export can be imported under the name. */
  readonly preload?: Readonly<Record<string, ModuleSource | Module>> | undefined
  /** What compiles the modules; by default one with every option at its default, but for a run that is recorded or deterministic. */
  readonly engine?: Engine | undefined
  /** Records what the program is given, for `replay`: into the result, or into a recorder of one's own, which has it also when `run` throws. */
  readonly record?: boolean | Recorder | undefined
  /**
   * Does a recorded run again. The program is given what it was given then: only the streams, `preload`, `timeout` and `signal` count among
   * the other options. Fuel is counted.
   */
  readonly replay?: Uint8Array | undefined
}

const RUN_OPTIONS = [
  ...HOST_OPTIONS,
  ...optionNames<Omit<RunOptions, keyof HostOptions>>({
    args: true,
    argv0: true,
    invoke: true,
    preload: true,
    engine: true,
    record: true,
    replay: true,
  }),
]

/**
 * Runs a module to its end. A trap, too little fuel and time are results; throws a ModuleError or a LinkError for a module that can't
 * be run, and what a host function throws.
 */
export async function run(source: ModuleSource | Module, options: RunOptions = {}): Promise<RunResult> {
  checkOptions(options, RUN_OPTIONS, 'run')
  const { record, replay, ...given } = options
  if (replay !== undefined) return replayRun(replay, source, options)
  // A recording may be replayed where the processor is another one.
  const isPortable = (record ?? false) !== false || isDeterministic(options)
  const { engine = new Engine({ profile: isPortable ? 'deterministic' : 'full' }), preload = {}, invoke } = given
  const { args = [], argv0 = 'main.wasm', ...hostOptions } = given
  if (!Array.isArray(args)) throw new UsageError(`args must be an array, such as ['in.txt'], not ${typeof args}`)
  const compile = (given: ModuleSource | Module): Module => (given instanceof Module ? given : engine.compile(given))
  const module = compile(source)
  const modules = [...Object.values(preload).map(compile), module]
  if (isDeterministic(hostOptions)) modules.forEach(({ compiled }) => requireDeterministic(compiled))
  const entry = entryOf(module, invoke)
  const wasiArgs = [argv0, ...(invoke === undefined ? args.map(String) : [])]
  // Last: from here on folders are open, until the program has ended.
  const host = new ProgramHost(hostOptions, modules.some(importsWasi), wasiArgs, record)
  const program = new Program(host, {
    instances: [],
    modules,
    preloads: Object.keys(preload),
    entry,
    args: invoke === undefined ? [] : args,
    fuelUsed: 0,
    features: engine.optionalFeatures,
  })
  return program.finish()
}

/** Whether the module is a program by itself: arguments are its own then, and not those of a function. */
export function isCommand(module: Module): boolean {
  return exportsFunction(module, '_start')
}

/** The function to call; undefined where instantiation and initialisation are all that there is to do. */
function entryOf(module: Module, invoke: string | undefined): string | undefined {
  if (invoke !== undefined) return invoke
  if (isCommand(module)) return '_start'
  if (module.syntax.start !== undefined || exportsFunction(module, '_initialize')) return undefined
  throw nothingToRun(
    module.exports.filter(({ kind }) => kind === 'func'),
    'there is no "_start"',
  )
}

/** The error that lists what could be invoked. */
export function nothingToRun(
  functions: readonly { readonly name: string; readonly type: string }[],
  why: string,
): UsageError {
  const exported = listed(functions, ({ name, type }) => `  ${nameText(name)} ${shortened(type)}`, '\n')
  return new UsageError(
    functions.length === 0
      ? 'nothing to run: the module exports no functions'
      : `nothing to run: ${why}, so say which function to invoke. The module exports:\n${exported}`,
    'NOTHING_TO_RUN',
  )
}

function importsWasi({ imports }: Module): boolean {
  return imports.some(({ module }) => dialectOf(module) !== undefined)
}

export function exportsFunction({ exports }: Module, name: string): boolean {
  return exports.some((entry) => entry.kind === 'func' && entry.name === name)
}
