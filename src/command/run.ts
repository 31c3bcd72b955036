// `run(bytes, { args, env, stdin, fs … })`: engine and WASI in one call. A command is started, a reactor initialised, and any exported
// function invoked; WASI is there for a module that imports it. Nothing is granted that isn't given.

import { Engine, type ModuleSource } from '../embed/engine.ts'
import type { Signal } from '../embed/pace.ts'
import type { Imports, LinkOptions, UnknownImports } from '../embed/imports.ts'
import type { Instance } from '../embed/instance.ts'
import { Module, type InstantiateOptions } from '../embed/module.ts'
import { checkLimits } from '../errors/check-limits.ts'
import { UsageError } from '../errors/heddle-error.ts'
import { listed, nameText, shortened } from '../errors/quote.ts'
import { Trap } from '../errors/trap.ts'
import { WasmException, type ExceptionInstance } from '../runtime/exception.ts'
import { STORE_LIMITS, Store, type StoreLimits } from '../runtime/store.ts'
import type { Value } from '../runtime/value.ts'
import { DEFAULT_LIMITS, type WasiLimits } from '../wasi/preview1/limits.ts'
import type { WasiCall, WasiListener } from '../wasi/preview1/trace.ts'
import { WASI_MODULE, wasiProvider } from '../wasi/preview1/wasi-provider.ts'
import { Wasi, type WasiOptions } from '../wasi/preview1/wasi.ts'
import { RunDriver } from './run-driver.ts'
import { RunResult, trapExitCode } from './run-result.ts'
import { formatValue, parseArguments, resultOf, type Argument, type ResultValue } from './values.ts'

export interface RunOptions extends Omit<WasiOptions, 'args' | 'limits' | 'trace'> {
  /** Of a command, without the program's name; of an invoked function, where texts are parsed by its type. */
  readonly args?: readonly Argument[] | undefined
  /** The program's name, which the guest finds in front of its arguments. */
  readonly argv0?: string | undefined
  /** The exported function to call instead of `_start`. */
  readonly invoke?: string | undefined
  readonly imports?: Imports | undefined
  /** Modules to instantiate first, in order; what they export can be imported under the name. */
  readonly preload?: Readonly<Record<string, ModuleSource | Module>> | undefined
  readonly unknownImports?: UnknownImports | undefined
  readonly onUnknownCall?: LinkOptions['onUnknownCall']
  /** How many units may be used; `Infinity` to count only. Without it nothing is counted, which is faster. */
  readonly fuel?: number | undefined
  /** Milliseconds until the run is ended, start functions included. */
  readonly timeout?: number | undefined
  /** Ends the run when it is raised: the run goes in slices of some milliseconds then, and the event loop has its turn between them. */
  readonly signal?: Signal | undefined
  /** `wasi` collects the calls of WASI functions in the result; a function gets each as it happens. */
  readonly trace?: 'wasi' | WasiListener | undefined
  readonly limits?: Partial<StoreLimits & WasiLimits> | undefined
  /** What compiles the modules; by default one with every option at its default. */
  readonly engine?: Engine | undefined
}

/**
 * Runs a module to its end. A trap, too little fuel and time are results; throws a ModuleError or a LinkError for a module that can't
 * be run, and what a host function throws.
 */
export async function run(source: ModuleSource | Module, options: RunOptions = {}): Promise<RunResult> {
  const trace: WasiCall[] = []
  const task = new Task(source, options, (call) => void trace.push(call))
  const { driver, wasi } = task
  let results: readonly ResultValue[] = []
  const main = async (): Promise<void> => {
    results = await task.main()
  }
  let exitCode = 0
  let trap: Trap | undefined
  try {
    if (wasi === undefined) await main()
    else exitCode = await wasi.run(main)
  } catch (error) {
    trap = trapOf(error, task.instances)
    if (trap === undefined) throw error
    exitCode = trapExitCode(trap)
  }
  const fuelUsed = options.fuel !== undefined ? driver.fuelUsed : undefined
  return new RunResult({ exitCode, results, trap, fuelUsed, trace }, wasi)
}

/** The trap that ends a program; an exception that it doesn't catch is one. */
export function trapOf(error: unknown, instances: readonly Instance[]): Trap | undefined {
  if (error instanceof Trap) return error
  if (!(error instanceof WasmException)) return undefined
  const { exception, frames, depth } = error
  return new Trap('UNCAUGHT_EXCEPTION', exceptionText(exception, instances), frames, { cause: error, depth })
}

/** `$err (i32 1, f64 2.5)`: the tag as the first module that has it calls it, and the values. */
function exceptionText({ tag, values }: ExceptionInstance, instances: readonly Instance[]): string {
  const name = instances.map(({ runtime }) => runtime.tagText(tag)).find((text) => text !== undefined)
  const results = values.map(resultOf)
  const text = (result: ResultValue): string => {
    const value = formatValue(result)
    // References are told by their type.
    return value.startsWith(result.type) ? value : `${result.type} ${value}`
  }
  return `${name ?? 'a tag'} (${listed(results, text, ', ')})`
}

/** Whether the module is a program by itself: arguments are its own then, and not those of a function. */
export function isCommand(module: Module): boolean {
  return exportsFunction(module, '_start')
}

/** Those of the limits that `known` has. */
export function pick<T extends object>(limits: object | undefined, known: T): Partial<T> {
  return Object.fromEntries(Object.entries(limits ?? {}).filter(([name]) => Object.hasOwn(known, name))) as Partial<T>
}

class Task {
  readonly driver: RunDriver
  readonly wasi: Wasi | undefined
  /** Those that are made, the program's own last. */
  readonly instances: Instance[] = []
  private readonly module: Module
  private readonly preload: readonly (readonly [name: string, module: Module])[]
  private readonly entry: string | undefined
  private readonly options: RunOptions

  constructor(source: ModuleSource | Module, options: RunOptions, collect: WasiListener) {
    const { engine = new Engine(), preload = {}, limits = {} } = options
    checkLimits(limits, [...Object.keys(STORE_LIMITS), ...Object.keys(DEFAULT_LIMITS)], 'runs')
    const compile = (given: ModuleSource | Module): Module => (given instanceof Module ? given : engine.compile(given))
    this.options = options
    this.module = compile(source)
    this.preload = Object.entries(preload).map(([name, given]) => [name, compile(given)])
    this.entry = entryOf(this.module, options.invoke)
    const modules = [this.module, ...this.preload.map(([, module]) => module)]
    this.wasi = modules.some(importsWasi) ? this.createWasi(collect) : undefined
    this.driver = new RunDriver(options)
  }

  /** Instantiates everything and calls what there is to call. */
  async main(): Promise<ResultValue[]> {
    const { driver, entry, options } = this
    const imports: Record<string, Imports[string]> = { ...options.imports }
    const instantiateOptions = this.instantiateOptions()
    for (const [name, module] of this.preload) {
      // One may import from those before it.
      const { exports } = await this.instantiate(module, imports, instantiateOptions)
      imports[name] = { ...imports[name], ...exports }
    }
    const instance = await this.instantiate(this.module, imports, instantiateOptions, entry === '_start')
    if (entry === undefined) return []
    const paramName = (index: number): string | undefined => instance.paramName(entry, index)
    const given = options.invoke === undefined ? [] : (options.args ?? [])
    const args = parseArguments(entry, instance.typeOf(entry), given, paramName)
    const values = await driver.drive(instance.prepareExact(entry, args, driver))
    return (values as readonly Value[]).map(resultOf)
  }

  private async instantiate(
    module: Module,
    imports: Imports,
    options: InstantiateOptions,
    isStarted = false,
  ): Promise<Instance> {
    const instance = await module.instantiate(imports, options)
    this.instances.push(instance)
    if (!isStarted && exportsFunction(module, '_initialize')) {
      await this.driver.drive(instance.prepare('_initialize', [], this.driver))
    }
    return instance
  }

  private instantiateOptions(): InstantiateOptions {
    const { driver, wasi } = this
    const { limits, unknownImports, onUnknownCall } = this.options
    return {
      store: new Store(pick(limits, STORE_LIMITS)),
      wasi: wasi === undefined ? undefined : wasiProvider(wasi),
      unknownImports,
      onUnknownCall,
      poll: driver.poll,
      driveStart: (run) => driver.drive(run),
    }
  }

  private createWasi(collect: WasiListener): Wasi {
    const { args = [], argv0 = 'main.wasm', invoke, trace, limits = {}, ...options } = this.options
    return new Wasi({
      ...options,
      limits: pick(limits, DEFAULT_LIMITS),
      args: [argv0, ...(invoke === undefined ? args.map(String) : [])],
      ...(trace !== undefined && { trace: trace === 'wasi' ? collect : trace }),
    })
  }
}

/** The function to call; undefined where instantiation and initialisation are all that there is to do. */
function entryOf(module: Module, invoke: string | undefined): string | undefined {
  if (invoke !== undefined) return invoke
  if (isCommand(module)) return '_start'
  if (module.syntax.start !== undefined || exportsFunction(module, '_initialize')) return undefined
  const functions = module.exports.filter(({ kind }) => kind === 'func')
  const exported = listed(functions, ({ name, type }) => `  ${nameText(name)} ${shortened(type)}`, '\n')
  throw new UsageError(
    functions.length === 0
      ? 'nothing to run: the module exports no functions'
      : `nothing to run: there is no "_start", so say which function to invoke. The module exports:\n${exported}`,
    'NOTHING_TO_RUN',
  )
}

function importsWasi({ imports }: Module): boolean {
  return imports.some(({ module }) => module === WASI_MODULE)
}

export function exportsFunction({ exports }: Module, name: string): boolean {
  return exports.some((entry) => entry.kind === 'func' && entry.name === name)
}
