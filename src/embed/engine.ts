// The engine: where decoding, validation, instantiation and a tier come together.

import { checkOptions, optionNames } from '../errors/check-options.ts'
import { decodeModule } from '../binary/decode-module.ts'
import { decodeNames } from '../binary/decode-names.ts'
import { limitsWith } from '../errors/check-limits.ts'
import { UsageError } from '../errors/heddle-error.ts'
import { ModuleError } from '../errors/module-error.ts'
import { quoted } from '../errors/quote.ts'
import { interpreter } from '../interpret/interpreter.ts'
import { CompiledModule } from '../runtime/instance.ts'
import type { Tier } from '../runtime/tier.ts'
import { MODULE_LIMITS, type ModuleLimits } from '../syntax/limits.ts'
import type { Module as ModuleSyntax } from '../syntax/module.ts'
import type { Names } from '../syntax/names.ts'
import { validateModule } from '../validate/module.ts'
import { OPTIONAL_FEATURES, disabledProposals, refuseProposals, type Features } from '../validate/proposals.ts'
import { setFallbackTier } from './functions.ts'
import { Module } from './module.ts'
import type { Restored } from './origin.ts'
import { restore, type RestoreOptions } from './restore.ts'
import type { Snapshot } from './snapshot.ts'
import { inText } from './text-place.ts'

/** `auto` picks the fastest tier that the host allows; today there is one, the interpreter. */
export type TierName = 'auto' | 'interpret'

export interface EngineOptions {
  readonly tier?: TierName | undefined
  /**
   * `deterministic`: results do not depend on the machine. NaNs that arithmetic makes have one form, which costs a little; all else that the
   * profile closes is closed in any case (docs/determinism.md). `full` if absent.
   * https://webassembly.github.io/spec/core/appendix/profiles.html#deterministic-profile
   */
  readonly profile?: 'full' | 'deterministic' | undefined
  /**
   * Proposals switched on and off, by name: `{ threads: true, gc: false }`. By default all of WebAssembly 3.0 is on and what comes after
   * it, `OPTIONAL_FEATURES`, is off. `FEATURE_NAMES` are all that there are; another name is a UsageError.
   */
  readonly features?: Features | undefined
  /** How large modules may be. By default those of the JS API, with modules of at most 128 MiB. */
  readonly limits?: Partial<ModuleLimits> | undefined
}

const ENGINE_OPTIONS = optionNames<EngineOptions>({ tier: true, profile: true, features: true, limits: true })

const MAX_MODULE_BYTES = 128 * 1024 ** 2

/** Bytes of a module, in any form that holds bytes; or a module from the text parser. */
export type ModuleSource = ArrayBufferLike | ArrayBufferView | ModuleSyntax

export class Engine {
  private readonly tier: Tier
  private readonly limits: ModuleLimits
  private readonly disabled: ReadonlySet<string>
  private readonly isDeterministic: boolean

  constructor(options: EngineOptions = {}) {
    checkOptions(options, ENGINE_OPTIONS, 'an Engine')
    const { tier = 'auto', profile = 'full', limits, features } = options
    if (profile !== 'full' && profile !== 'deterministic') {
      throw new UsageError(`unknown profile ${quoted(String(profile))}: there are full, deterministic`)
    }
    this.isDeterministic = profile === 'deterministic'
    if (tier !== 'auto' && tier !== 'interpret') throw new UsageError(`unknown tier ${quoted(String(tier))}`)
    this.tier = interpreter
    setFallbackTier(this.tier)
    this.limits = limitsWith({ ...MODULE_LIMITS, moduleBytes: MAX_MODULE_BYTES }, limits, 'modules')
    this.disabled = disabledProposals(features)
  }

  /** Those of the proposals that are off unless they are switched on, and are on. */
  get optionalFeatures(): readonly string[] {
    return OPTIONAL_FEATURES.filter((name) => !this.disabled.has(name))
  }

  /** Decodes and validates. Throws a ModuleError that says what is wrong, and where. */
  compile(source: ModuleSource): Module {
    return this.compileFor(source, this.isDeterministic)
  }

  private compileFor(source: ModuleSource, isDeterministic: boolean): Module {
    const bytes = copyBytes(source, this.limits.moduleBytes)
    const syntax = bytes === undefined ? (source as ModuleSyntax) : decodeModule(bytes, { limits: this.limits })
    try {
      const { isOptionalCode } = validateModule(syntax, { limits: this.limits, disabled: this.disabled })
      if (this.disabled.size > 0) refuseProposals(syntax, this.disabled, isOptionalCode)
    } catch (error) {
      throw error instanceof ModuleError ? inText(error, syntax) : error
    }
    let names: Names | undefined
    const namesOf = (): Names => (names ??= decodeNames(syntax))
    const encode = bytes === undefined ? undefined : (): Uint8Array => bytes
    return new Module(new CompiledModule(syntax, namesOf, isDeterministic, encode), this.tier)
  }

  /**
   * Makes the instance, or the run, of a snapshot go on. Snapshots are data: one that is damaged, hostile, or of other modules ends in a
   * HeddleError, and a LinkError lists the functions of the host's that are missing.
   */
  restore(snapshot: Snapshot | Uint8Array, options: RestoreOptions<ModuleSource> = {}): Restored {
    return restore(snapshot, options, this.tier, (source, isDeterministic = this.isDeterministic) =>
      this.compileFor(source, isDeterministic),
    )
  }

  /** What is wrong with a module; undefined where nothing is. */
  check(source: ModuleSource): ModuleError | undefined {
    try {
      this.compile(source)
      return undefined
    } catch (error) {
      if (error instanceof ModuleError) return error
      throw error
    }
  }

  /** Whether the bytes are a valid module. */
  validate(source: ModuleSource): boolean {
    return this.check(source) === undefined
  }
}

/** A copy that nobody else can change while the module is read; undefined where the source is a module already. */
function copyBytes(source: ModuleSource, limit: number): Uint8Array | undefined {
  const view = bytesOf(source)
  if (view === undefined) return undefined
  if (view.length > limit) {
    throw new ModuleError('limit', `a module of ${view.length} bytes is over the limit of ${limit}`)
  }
  return view.slice()
}

/** The bytes where they lie. The source may be shared, of another realm, detached, or its properties may lie. */
function bytesOf(source: ModuleSource): Uint8Array | undefined {
  try {
    if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    if (isBuffer(source)) return new Uint8Array(source)
  } catch {
    throw new UsageError('the bytes of the module cannot be read: is their buffer detached?')
  }
  if (Array.isArray((source as ModuleSyntax | null | undefined)?.funcs)) return undefined
  throw new UsageError('a module is made of an ArrayBuffer, a view of one, or the result of parseWat')
}

function isBuffer(source: unknown): source is ArrayBuffer {
  return /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(source))
}
