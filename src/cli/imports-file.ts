// `--imports FILE`: what the embedder gives to the program, from an ECMAScript module. Its default export, else its named exports, are the
// import objects by module name, or a function that makes them of the package's own exports.

import * as nodeModule from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { statSync } from 'node:fs'
import * as heddle from '../index.ts'
import { HeddleError, WasmException, nameText, quoted, wrapImports, type Imports } from '../index.ts'
import { WasiError, WasiExit, type Interposers } from '../wasi.ts'
import { CliError, EXIT_MODULE, fileError } from './failure.ts'

interface GivenImports {
  readonly imports: Imports
  /** The named export of that name: functions in front of those of WASI. */
  readonly interpose: Interposers
}

/** What all files give together; where two give the same, the later one's. */
export async function loadImports(paths: readonly string[]): Promise<GivenImports> {
  const imports = new Map<string, Imports[string]>()
  let interpose: Interposers = {}
  for (const path of paths) {
    const exported = await importFile(path)
    for (const [module, names] of Object.entries(await importsIn(path, exported))) {
      imports.set(module, { ...imports.get(module), ...names })
    }
    interpose = { ...interpose, ...interposersIn(path, exported) }
  }
  return { imports: Object.fromEntries(imports), interpose }
}

type Exported = Readonly<Record<string, unknown>>

async function importsIn(path: string, exported: Exported): Promise<Imports> {
  const { interpose: _, ...named } = exported
  const given: unknown = 'default' in exported ? exported['default'] : named
  const made: unknown = typeof given === 'function' ? await make(path, given as MakeImports) : given
  return wrapImports(checked(path, made), (module, name, call) => naming(path, `${module}.${name}`, call))
}

function interposersIn(path: string, { interpose = {} }: Exported): Interposers {
  if (!isObject(interpose)) throw notObject(path, 'its export interpose', interpose)
  const named = Object.entries(interpose).map(([name, given]: [string, unknown]) => {
    return [name, typeof given === 'function' ? naming(path, `interpose.${name}`, given as AnyFunction) : given]
  })
  return Object.fromEntries(named) as Interposers
}

type AnyFunction = (...args: readonly unknown[]) => unknown
type MakeImports = (api: typeof heddle) => unknown

async function make(path: string, given: MakeImports): Promise<unknown> {
  try {
    return await given(heddle)
  } catch (error) {
    throw new CliError(`${path}: its function threw ${described(error)}`, EXIT_MODULE, { cause: error })
  }
}

const canRunTypeScript = Boolean((process.features as { readonly typescript?: unknown }).typescript)
let hasHooks = false

/** Once, and only where it is needed: it starts a thread. */
function installHooks(path: string): void {
  if (hasHooks || canRunTypeScript || !/\.m?ts$/.test(path)) return
  hasHooks = true
  const { register } = nodeModule as { readonly register?: typeof nodeModule.register }
  if (register === undefined) throw new CliError(`${path}: ${TYPESCRIPT_HINT}`, EXIT_MODULE)
  register(new URL('./typescript-hooks.js', import.meta.url))
}

const TYPESCRIPT_HINT = `Node ${process.versions.node} runs TypeScript only as heddle stub writes it, with the types in its head and its last line; Node 22.18 and later run it, and heddle stub --javascript does without`

async function importFile(path: string): Promise<Exported> {
  let isFolder: boolean
  try {
    isFolder = statSync(path).isDirectory()
  } catch (error) {
    throw fileError(path, error)
  }
  if (isFolder) throw new CliError(`${path}: it is a folder`, EXIT_MODULE)
  installHooks(path)
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Exported
  } catch (error) {
    const hint = error instanceof SyntaxError && !canRunTypeScript && /\.m?ts$/.test(path) ? `\n${TYPESCRIPT_HINT}` : ''
    throw new CliError(`${path}: ${described(error)}${hint}`, EXIT_MODULE, { cause: error })
  }
}

function checked(path: string, made: unknown): Imports {
  if (!isObject(made)) throw notObject(path, 'its default export', made)
  for (const [module, names] of Object.entries(made)) if (!isObject(names)) throw notObject(path, quoted(module), names)
  return made as Imports
}

function notObject(path: string, what: string, value: unknown): CliError {
  const is = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value
  return new CliError(
    `${path}: ${what} is ${is}, where an object is wanted: { env: { log(ctx, value) {} } }`,
    EXIT_MODULE,
  )
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Says of what the function throws whose it is; `exitCode` makes it the end of the program. */
function naming<Args extends readonly unknown[]>(
  path: string,
  name: string,
  call: (...args: Args) => unknown,
): (...args: Args) => unknown {
  const explained = (error: unknown): Error => {
    if (error instanceof HeddleError || error instanceof WasmException || error instanceof WasiError) return error
    const exitCode: unknown = error instanceof Error && 'exitCode' in error ? error.exitCode : undefined
    if (Number.isInteger(exitCode)) return new WasiExit((exitCode as number) >>> 0)
    return new CliError(`${path}: ${nameText(name)} threw ${described(error)}`, EXIT_MODULE, { cause: error })
  }
  return (...args) => {
    let outcome: unknown
    try {
      outcome = call(...args)
    } catch (error) {
      throw explained(error)
    }
    if (!(outcome instanceof Promise)) return outcome
    return outcome.catch((error: unknown) => {
      throw explained(error)
    })
  }
}

const OWN_CODE = new URL('..', import.meta.url).href

/** With the place in the file, where there is one. */
function described(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { stack, message, name } = error
  const place = stack?.split('\n').find((line) => line.includes('file://') && !line.includes(OWN_CODE))
  return place === undefined ? `${name}: ${message}` : `${name}: ${message}\n${place}`
}
