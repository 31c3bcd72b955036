// Runs a module's initialisation and gives the module that begins where it ended. How the state becomes a module is in
// initialised-module.ts; what the initialisation may do, and what the new module exports, is decided here.

import { checkOptions, optionNames } from '../../errors/check-options.ts'
import { encodeModule } from '../../binary/encode-module.ts'
import { BUDGET_OPTIONS, type BudgetOptions } from '../../embed/budget.ts'
import { Engine, type ModuleSource } from '../../embed/engine.ts'
import type { Imports } from '../../embed/imports.ts'
import type { Instance } from '../../embed/instance.ts'
import { Module } from '../../embed/module.ts'
import { unknownExport } from '../../embed/unknown-export.ts'
import { checkLimits } from '../../errors/check-limits.ts'
import { UsageError } from '../../errors/heddle-error.ts'
import { listed, quoted } from '../../errors/quote.ts'
import { STORE_LIMITS, Store, type StoreLimits } from '../../runtime/store.ts'
import type { Export } from '../../syntax/module.ts'
import { DIALECTS } from '../../wasi/preview1/dialect.ts'
import { DEFAULT_LIMITS, type WasiLimits } from '../../wasi/preview1/limits.ts'
import { WasiExit } from '../../wasi/preview1/process.ts'
import { wasiProvider } from '../../wasi/preview1/wasi-provider.ts'
import { WASI_OPTIONS, Wasi, type WasiOptions } from '../../wasi/preview1/wasi.ts'
import { pick, wasiOptionsOf } from '../program-host.ts'
import { trapOf } from '../program.ts'
import { exportsFunction } from '../run.ts'
import { RunDriver } from '../run-driver.ts'
import { initialisedModule } from './initialised-module.ts'
import { WizenError } from './wizen-error.ts'

/** What WASI grants counts only with `allowWasi`. The budget is that of the initialisation. */
export interface WizenOptions extends Omit<WasiOptions, 'limits'>, BudgetOptions {
  /** The exported function without parameters that initialises: `wizer.initialize` if absent. What it returns is of no interest. */
  readonly initFunc?: string | undefined
  /** Whether the new module still exports it. */
  readonly keepInitFunc?: boolean | undefined
  /** New names of exported functions, each with the old one. An export that had the new name is gone. */
  readonly renameFuncs?: Readonly<Record<string, string>> | undefined
  /** Whether the initialisation may call WASI; else it may call none but the functions of `imports`. */
  readonly allowWasi?: boolean | undefined
  /** Functions that the initialisation may call. The new module imports them as before. */
  readonly imports?: Imports | undefined
  readonly limits?: Partial<StoreLimits & WasiLimits> | undefined
  readonly engine?: Engine | undefined
}

const WIZEN_OPTIONS = [
  ...WASI_OPTIONS,
  ...BUDGET_OPTIONS,
  ...optionNames<Omit<WizenOptions, keyof WasiOptions | keyof BudgetOptions>>({
    initFunc: true,
    keepInitFunc: true,
    renameFuncs: true,
    allowWasi: true,
    imports: true,
    engine: true,
  }),
]

const INIT_FUNC = 'wizer.initialize'
const NAME_ANOTHER = '; another one initialises where initFunc (--init-func) names it'

/** What hosts call by themselves before anything else; it has been called. */
const REACTOR_INIT_FUNC = '_initialize'

/**
 * Instantiates a module, runs its initialisation, and gives a module, as bytes, that begins in the state which that left: memories,
 * globals, tables. Start function and `_initialize` are run before, and are gone. Throws a Trap where the initialisation ends in one, and
 * a WizenError where its state can't be written as a module.
 */
export async function wizen(source: ModuleSource | Module, options: WizenOptions = {}): Promise<Uint8Array> {
  checkOptions(options, WIZEN_OPTIONS, 'wizen')
  const { engine = new Engine(), limits = {}, allowWasi = false } = options
  checkLimits(limits, [...Object.keys(STORE_LIMITS), ...Object.keys(DEFAULT_LIMITS)], 'runs')
  const module = source instanceof Module ? source : engine.compile(source)
  checkInitFunc(module, options)
  checkImports(module)
  const exports = exportsAfter(module, options)
  const wasi = allowWasi
    ? new Wasi({
        ...wasiOptionsOf(options),
        ...(options.trace && { trace: options.trace }),
        limits: pick(limits, DEFAULT_LIMITS),
      })
    : undefined
  try {
    const instance = await initialise(module, wasi, options)
    checkDescriptors(wasi)
    return encodeModule(initialisedModule(instance.runtime, exports), { names: true })
  } finally {
    wasi?.close()
  }
}

async function initialise(module: Module, wasi: Wasi | undefined, options: WizenOptions): Promise<Instance> {
  const { initFunc = INIT_FUNC, limits = {}, imports = {} } = options
  const driver = new RunDriver(options)
  const made: Instance[] = []
  try {
    const instance = await module.instantiate(imports, {
      store: new Store(pick(limits, STORE_LIMITS)),
      wasi: wasi === undefined ? undefined : wasiProvider(wasi),
      unknownImports: 'trap',
      poll: driver.poll,
      driveStart: (run) => driver.drive(run),
    })
    made.push(instance)
    const isReactor = exportsFunction(module, REACTOR_INIT_FUNC)
    for (const name of isReactor && initFunc !== REACTOR_INIT_FUNC ? [REACTOR_INIT_FUNC, initFunc] : [initFunc]) {
      await driver.drive(instance.prepareExact(name, [], driver))
    }
    return instance
  } catch (error) {
    throw explained(error, made, options)
  }
}

/** An error of the initialisation as whoever asked for it understands it. */
function explained(error: unknown, instances: readonly Instance[], { allowWasi = false }: WizenOptions): unknown {
  if (error instanceof WasiExit) {
    return new WizenError('INITIALISATION_EXITED', `during its initialisation, ${error.message}`, error)
  }
  const trap = trapOf(error, instances)
  if (trap?.code !== 'UNKNOWN_IMPORT') return trap ?? error
  const isWasi = DIALECTS.some(({ module }) => trap.detail.startsWith(`${quoted(module)} `))
  const hint =
    isWasi && !allowWasi
      ? 'allow it to call WASI with allowWasi (--allow-wasi)'
      : 'imports belong to whoever runs the new module'
  return new WizenError('IMPORT_CALLED', `the initialisation called the import ${trap.detail}: ${hint}`, trap)
}

function checkInitFunc(module: Module, { initFunc = INIT_FUNC }: WizenOptions): void {
  const functions = module.exports.filter(({ kind }) => kind === 'func')
  const found = functions.find(({ name }) => name === initFunc)
  if (found === undefined) throw unknownExport(initFunc, functions, initFunc === INIT_FUNC ? NAME_ANOTHER : '')
  if (!found.type.startsWith('[] ->')) {
    throw new UsageError(`${quoted(initFunc)} takes parameters, ${found.type}: an initialisation takes none`)
  }
}

/** What is in a memory, table or global of somebody else's can't be written into the module. */
function checkImports(module: Module): void {
  const state = module.imports.filter(({ kind }) => kind === 'memory' || kind === 'table' || kind === 'global')
  if (state.length === 0) return
  const names = listed(state, ({ kind, module: from, name }) => `${kind} ${quoted(from)} ${quoted(name)}`, ', ')
  throw new WizenError(
    'IMPORTED_STATE',
    `the module imports ${names}: what is in there belongs to whoever gives it, and can't be written into a module`,
  )
}

/** What the new module exports. */
function exportsAfter({ syntax }: Module, options: WizenOptions): readonly Export[] {
  const { initFunc = INIT_FUNC, keepInitFunc = false, renameFuncs = {} } = options
  const renames = Object.entries(renameFuncs)
  const renamed = renames.map(([name, old]): Export => {
    const found = syntax.exports.find((each) => each.kind === 'func' && each.name === old)
    if (found === undefined) {
      throw new UsageError(`no exported function ${quoted(old)} to be called ${quoted(name)}`, 'UNKNOWN_EXPORT')
    }
    return { ...found, name }
  })
  const gone = new Set(renames.flat())
  const initFuncs = new Set(keepInitFunc ? [] : [initFunc])
  // Hosts would call it once more, which a C library answers with a trap.
  if (!keepInitFunc || initFunc !== REACTOR_INIT_FUNC) initFuncs.add(REACTOR_INIT_FUNC)
  const kept = syntax.exports.filter(({ name, kind }) => !gone.has(name) && !(kind === 'func' && initFuncs.has(name)))
  return [...kept, ...renamed]
}

function checkDescriptors(wasi: Wasi | undefined): void {
  const opened = wasi?.openedDescriptors ?? []
  if (opened.length === 0) return
  const [noun, verb] = opened.length === 1 ? ['descriptor', 'is'] : ['descriptors', 'are']
  throw new WizenError(
    'OPEN_DESCRIPTORS',
    `the initialisation left ${noun} ${listed(opened, String, ', ')} open, and where the new module begins, none ${verb}: close what was opened`,
  )
}
