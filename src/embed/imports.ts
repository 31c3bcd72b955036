// What stands for each import of a module: what the embedder gives, what a provider such as WASI offers, or what was asked for unknown ones.

import { UsageError } from '../errors/heddle-error.ts'
import { quoted } from '../errors/quote.ts'
import { Trap } from '../errors/trap.ts'
import { FuncInstance, type HostCode } from '../runtime/func.ts'
import { Global as RuntimeGlobal } from '../runtime/global.ts'
import type { ImportProvider, ProvidedFunction, ProvidedType, Provision } from '../runtime/import-provider.ts'
import type { CompiledModule, ExternVal, Instance } from '../runtime/instance.ts'
import { Memory as RuntimeMemory } from '../runtime/memory.ts'
import { Table as RuntimeTable } from '../runtime/table.ts'
import { Tag } from '../runtime/tag.ts'
import { linkImports } from '../runtime/link.ts'
import { defaultValue, fromJs, toJs, type Value } from '../runtime/value.ts'
import type { Import } from '../syntax/module.ts'
import { isDefaultable, valTypeName, type FuncType } from '../syntax/types.ts'
import type { CanonicalType } from '../validate/canonical-types.ts'
import type { ClosedExternType } from '../validate/matching.ts'
import { Global, Table } from './externs.ts'
import { Memory } from './memory.ts'
import { fromFunction, valueFromJs, valueToJs, whenSettled, type HostFunction } from './functions.ts'

/** Import objects by module name, then by name: host functions, exports of other instances, numbers for immutable globals. */
export type Imports = Readonly<Record<string, Readonly<Record<string, ImportValue | undefined>>>>

export type ImportValue = HostFunction | Memory | Table | Global | ExternVal | number | bigint

/** `trap`: a function that nobody provides traps when it is called. `default`: it gives zeros and nulls. `log`: likewise, and is reported. */
export type UnknownImports = 'error' | 'trap' | 'default' | 'log'

export interface UnknownImportOptions {
  /** By default an error. */
  readonly unknownImports?: UnknownImports | undefined
  /** Receives each call of an unknown import under `log`. */
  readonly onUnknownCall?: ((module: string, name: string, args: readonly unknown[]) => void) | undefined
}

export interface LinkOptions extends UnknownImportOptions {
  readonly providers?: readonly ImportProvider[] | undefined
}

/** Everything that the module's imports resolve to. `instance` is asked for once it exists: a provider's functions need its memory. */
export function resolveImports(
  compiled: CompiledModule,
  imports: Imports,
  options: LinkOptions,
  instance: () => Instance,
): ExternVal[] {
  const provided = new Map<string, ProvidedFunctions>()
  for (const provider of options.providers ?? []) {
    const functions = new ProvidedFunctions(provider, instance)
    for (const module of moduleNamesOf(provider)) provided.set(module, functions)
  }
  return linkImports(
    compiled,
    (request, type) => {
      const given = givenExtern(imports, request, type)
      if (given !== undefined) return given
      const func = type.kind === 'func' ? provided.get(request.module)?.func(type.type, request) : undefined
      return func ?? unknownImport(request, type, options)
    },
    ({ module, name }) => provided.get(module)?.typeOf(module, name),
  )
}

/** All module names under which the provider's functions are imported. */
function moduleNamesOf({ moduleName, otherModuleNames = [] }: ImportProvider): readonly string[] {
  return [moduleName, ...otherModuleNames]
}

type ImportName = Pick<Import, 'module' | 'name'>

/** What the embedder gives for an import; undefined where that is nothing. */
export function givenExtern(imports: Imports, request: ImportName, type: ClosedExternType): ExternVal | undefined {
  const own: unknown = ownProperty(imports, request.module)
  if (own !== undefined && !isObject(own)) {
    throw new UsageError(
      `the imports of ${quoted(request.module)} are ${own === null ? 'null' : typeof own}, not an object`,
    )
  }
  const given = own === undefined ? undefined : ownProperty(own, request.name)
  return given === undefined ? undefined : externFromJs(given, type, request)
}

const provisions = new WeakMap<FuncInstance, Provision>()

/** Undefined for a function that is no provider's. */
export function provisionOf(func: FuncInstance): Provision | undefined {
  return provisions.get(func)
}

/** The functions of a provider for one instance. */
export class ProvidedFunctions {
  private readonly provider: ImportProvider
  private readonly instance: () => Instance
  private readonly functions: Map<string, Readonly<Record<string, ProvidedFunction>>> = new Map()

  constructor(provider: ImportProvider, instance: () => Instance) {
    this.provider = provider
    this.instance = instance
  }

  /** Undefined where there is none of that name and type. */
  func(type: CanonicalType, { module, name }: ImportName): FuncInstance | undefined {
    const { provider, instance } = this
    if (!moduleNamesOf(provider).includes(module)) return undefined
    const call = ownProperty(this.functionsOf(module), name)
    if (call === undefined || !hasType(type.comp as FuncType, provider.typeOf(name, module))) return undefined
    const func = providedFunction(type, `${module}.${name}`, call, provider)
    provisions.set(func, { provider, request: { module, name }, instance })
    return func
  }

  /** The type that the function has to be imported with, as people write it. */
  typeOf(module: string, name: string): string | undefined {
    const type = this.provider.typeOf(name, module)
    return type && `[${type.params.join(' ')}] -> [${type.results.join(' ')}]`
  }

  private functionsOf(module: string): Readonly<Record<string, ProvidedFunction>> {
    let functions = this.functions.get(module)
    if (functions === undefined) {
      functions = this.provider.imports(() => this.instance().memory, module)
      this.functions.set(module, functions)
    }
    return functions
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

export function ownProperty<T>(object: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined
}

function hasType(type: FuncType, expected: ProvidedType | undefined): boolean {
  if (expected === undefined) return false
  return (
    type.params.map(valTypeName).join() === expected.params.join() &&
    type.results.map(valTypeName).join() === expected.results.join()
  )
}

/** Takes and gives numbers alone, and needs no context: making one would take as long as many a call. */
function providedFunction(
  type: CanonicalType,
  name: string,
  call: ProvidedFunction,
  { abandon }: ImportProvider,
): FuncInstance {
  const [result] = (type.comp as FuncType).results
  const what = `the result of ${name}`
  const valuesOf = (outcome: unknown): readonly Value[] => (result === undefined ? [] : [fromJs(result, outcome, what)])
  const host: HostCode = (args, caller) => {
    const outcome = call(...(args.map(toJs) as (number | bigint)[]))
    if (!(outcome instanceof Promise)) return valuesOf(outcome)
    if (abandon !== undefined) caller.onAbort(() => abandon(outcome))
    return whenSettled(outcome, valuesOf)
  }
  return FuncInstance.fromHost(type, host, name)
}

function externFromJs(value: unknown, type: ClosedExternType, { module, name }: ImportName): ExternVal | undefined {
  if (value instanceof Memory || value instanceof Table || value instanceof Global) return value.runtime
  if (
    value instanceof FuncInstance ||
    value instanceof RuntimeMemory ||
    value instanceof RuntimeTable ||
    value instanceof RuntimeGlobal ||
    value instanceof Tag
  ) {
    return value
  }
  if (typeof value === 'function' && type.kind === 'func') {
    return fromFunction(type.type, `${module}.${name}`, value as HostFunction)
  }
  if (type.kind === 'global' && !type.type.mutable && (typeof value === 'number' || typeof value === 'bigint')) {
    const global = new RuntimeGlobal(type.type)
    global.set(valueFromJs(type.type.type, value, `the import ${quoted(module)} ${quoted(name)}`))
    return global
  }
  throw new UsageError(
    `the import ${quoted(module)} ${quoted(name)} is a ${type.kind}: give ${HINTS[type.kind]}, not ${value === null ? 'null' : typeof value}`,
    'UNLINKABLE',
  )
}

const HINTS: Readonly<Record<ClosedExternType['kind'], string>> = {
  func: 'a function',
  memory: 'a Memory',
  table: 'a Table',
  global: 'a Global, or a number where it is immutable',
  tag: 'a tag: one that an instance exports, or that createTag made',
}

/** What stands for an import that nobody gives; undefined where that is an error. */
export function unknownImport(
  request: ImportName,
  type: ClosedExternType,
  options: LinkOptions,
): ExternVal | undefined {
  const { unknownImports = 'error', onUnknownCall } = options
  if (type.kind !== 'func' || unknownImports === 'error') return undefined
  const name = `${request.module}.${request.name}`
  const { results: resultTypes } = type.type.comp as FuncType
  const results = resultTypes.map(defaultValue)
  // There is no null to give where a reference must not be null.
  const traps = unknownImports === 'trap' || !resultTypes.every(isDefaultable)
  return FuncInstance.fromHost(
    type.type,
    (args) => {
      if (traps) {
        throw new Trap('UNKNOWN_IMPORT', `${quoted(request.module)} ${quoted(request.name)}`)
      }
      if (unknownImports === 'log') onUnknownCall?.(request.module, request.name, args.map(valueToJs))
      return results
    },
    name,
  )
}
