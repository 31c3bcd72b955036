// A compiled module: valid, and ready to be instantiated any number of times.

import { checkOptions, optionNames } from '../errors/check-options.ts'
import { UsageError } from '../errors/heddle-error.ts'
import type { CompiledModule, ExternVal, Instance as RuntimeInstance } from '../runtime/instance.ts'
import { abandon, instantiate } from '../runtime/instantiate.ts'
import { closedExternType, importType } from '../runtime/link.ts'
import { Store } from '../runtime/store.ts'
import type { Tier } from '../runtime/tier.ts'
import { externTypeAt, type CustomSection, type Module as ModuleSyntax } from '../syntax/module.ts'
import { limitsName, memoryTypeName } from '../syntax/types.ts'
import type { ExternKind, FuncType, ValType } from '../syntax/types.ts'
import { closedTypeName } from '../validate/closed-type-name.ts'
import type { ClosedExternType } from '../validate/matching.ts'
import { bindStore } from './functions.ts'
import { MAKING_OPTIONS, providersOf, type MakingOptions } from './hosting.ts'
import { resolveImports, type Imports } from './imports.ts'
import { fork } from './fork.ts'
import { Instance } from './instance.ts'
import type { Origin } from './origin.ts'
import type { Recorder } from './recorder.ts'
import { Run } from './run.ts'

export interface ExternDescriptor {
  readonly name: string
  readonly kind: ExternKind
  /** As people write it: `[i32 i32] -> [i32]`, `mut i64`, `1 2`, `i64 1`. */
  readonly type: string
}

export interface ImportDescriptor extends ExternDescriptor {
  readonly module: string
}

export interface InstantiateOptions extends MakingOptions {
  /** Records everything that comes from outside into the instance. */
  readonly record?: Recorder | undefined
  /** Drives the start function, where there is one; by default it runs to its end. Not for `instantiateSync`. */
  readonly driveStart?: ((run: Run, instance: Instance) => Promise<unknown>) | undefined
}

const INSTANTIATE_OPTIONS = [
  ...MAKING_OPTIONS,
  ...optionNames<Omit<InstantiateOptions, keyof MakingOptions>>({ record: true, driveStart: true }),
]

export class Module {
  readonly syntax: ModuleSyntax
  /** For the engine's own use. */
  readonly compiled: CompiledModule
  readonly tier: Tier

  /** For the engine: `Engine.compile` makes modules. */
  constructor(compiled: CompiledModule, tier: Tier) {
    this.compiled = compiled
    this.syntax = compiled.module
    this.tier = tier
  }

  get imports(): readonly ImportDescriptor[] {
    return this.syntax.imports.map((request) => {
      const type = importType(this.compiled, request)
      return { module: request.module, name: request.name, kind: type.kind, type: typeText(type) }
    })
  }

  get exports(): readonly ExternDescriptor[] {
    const { spaces, module } = this.compiled
    return module.exports.map(({ name, kind, index }) => {
      const type = closedExternType(this.compiled, externTypeAt(spaces, kind, index))
      return { name, kind, type: typeText(type) }
    })
  }

  customSections(name: string): readonly Uint8Array[] {
    return this.syntax.customs.filter((custom: CustomSection) => custom.name === name).map(({ bytes }) => bytes.slice())
  }

  /** Links, allocates, initialises and runs the start function, which may await host functions. */
  async instantiate(imports: Imports = {}, options: InstantiateOptions = {}): Promise<Instance> {
    const { instance, start, origin } = this.build(imports, options)
    if (start === undefined) return instance
    const run = new Run(origin, origin.tier.start(start, [], origin.call))
    if (options.driveStart !== undefined) {
      await options.driveStart(run, instance)
      return instance
    }
    try {
      await run.finish()
    } catch (error) {
      abandon(instance.runtime)
      throw error
    }
    return instance
  }

  /** Like `instantiate`, without waiting: a start function that meets a promise is an error. */
  instantiateSync(imports: Imports = {}, options: InstantiateOptions = {}): Instance {
    const { instance, start, origin } = this.build(imports, options)
    if (start === undefined) return instance
    try {
      origin.tier.invoke(start, [], origin.call)
    } catch (error) {
      abandon(instance.runtime)
      throw error
    }
    return instance
  }

  private build(
    imports: Imports,
    options: InstantiateOptions,
  ): {
    instance: Instance
    start: ReturnType<typeof instantiate>['start']
    origin: Origin
  } {
    checkOptions(options, INSTANTIATE_OPTIONS, 'instantiate')
    const { unknownImports, onUnknownCall, poll, precise, concurrency, record } = options
    const store = record?.join(options) ?? options.store ?? new Store(options.limits, options.limiter)
    const tier = record?.through(this.tier) ?? this.tier
    const providers = providersOf(options)
    const created: RuntimeInstance[] = []
    const current = (): RuntimeInstance => {
      if (created[0] === undefined) throw new UsageError('an import was called before the instance exists')
      return created[0]
    }
    const externs = resolveImports(this.compiled, imports, { providers, unknownImports, onUnknownCall }, current)
    let start
    const make = (linked: readonly ExternVal[]): RuntimeInstance => {
      const made = instantiate(store, this.compiled, linked, concurrency)
      start = made.start
      return made.instance
    }
    const instance = record?.instantiate(this, externs, make) ?? make(externs)
    created.push(instance)
    const origin = { instance, tier, call: { poll, precise }, fork }
    if (record !== undefined) bindStore(store, tier, origin.call)
    return { instance: new Instance(origin), start, origin }
  }
}

function typeText(type: ClosedExternType): string {
  switch (type.kind) {
    case 'func':
    case 'tag': {
      const { params, results } = type.type.comp as FuncType
      return `${typesText(params)} -> ${typesText(results)}`
    }
    case 'global':
      return `${type.type.mutable ? 'mut ' : ''}${closedTypeName(type.type.type)}`
    case 'memory':
      return memoryTypeName(type.type)
    case 'table':
      return `${limitsName(type.type)} ${closedTypeName(type.type.elem)}`
  }
}

/** All of them: what describes a module is not cut as messages are. */
function typesText(types: readonly ValType[]): string {
  return `[${types.map(closedTypeName).join(' ')}]`
}
