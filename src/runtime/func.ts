// Functions in the store: defined by a module or given by the host.

import { nameText } from '../errors/quote.ts'
import type { FuncType } from '../syntax/types.ts'
import { closedFuncTypeName } from '../validate/closed-type-name.ts'
import { canonicalFuncType, type CanonicalType } from '../validate/canonical-types.ts'
import type { Instance } from './instance.ts'
import type { Value } from './value.ts'

/** What a host function learns about the call, besides its arguments. */
export interface Caller {
  /** The instance whose code makes the call; undefined where the host calls its own function. */
  readonly instance: Instance | undefined
  /** What the run may still use before it stops; Infinity where nothing limits it. */
  readonly fuel: number
  /** Takes fuel on top of the call's own, where fuel is counted; a negative amount gives back. */
  readonly charge: (fuel: number) => void
  /** Asks to be told when the run is given up while it waits for this function. */
  readonly onAbort: (listener: (reason: unknown) => void) => void
}

/** Values for the results, or a promise of them: then the run suspends. */
type HostResult = readonly Value[] | Promise<readonly Value[]>
export type HostCode = (args: readonly Value[], caller: Caller) => HostResult

/** A function instance. Its identity is the identity of a reference to it. */
export class FuncInstance {
  readonly canonical: CanonicalType
  /** Its definition: a closed type. */
  readonly type: FuncType
  /** The canonical type's id. */
  readonly typeId: number
  /** Undefined for a host function. */
  readonly instance: Instance | undefined
  /** Index in its module's function index space; for a host function -1. */
  readonly funcIdx: number
  readonly host: HostCode | undefined
  /** For people: what a host function is called. */
  readonly name: string | undefined
  /** For the interpreter: entries in the code heap (0: not lowered yet) and the size of the frame in words. */
  entry = 0
  meteredEntry = 0
  frameWords = 0

  // Looked for by `in`.
  // oxlint-disable-next-line no-unused-private-class-members
  readonly #isFunction = true

  private constructor(
    canonical: CanonicalType,
    instance: Instance | undefined,
    funcIdx: number,
    host: HostCode | undefined,
    name: string | undefined,
  ) {
    this.canonical = canonical
    this.type = canonical.comp as FuncType
    this.typeId = canonical.id
    this.instance = instance
    this.funcIdx = funcIdx
    this.host = host
    this.name = name
  }

  /** Whether a reference is one: see `HeapObject.is`. */
  static is(ref: unknown): ref is FuncInstance {
    return typeof ref === 'object' && ref !== null && #isFunction in ref
  }

  static defined(type: CanonicalType, instance: Instance, funcIdx: number): FuncInstance {
    return new FuncInstance(type, instance, funcIdx, undefined, undefined)
  }

  /** A host function of a closed type, or of a canonical one. */
  static fromHost(type: FuncType | CanonicalType, host: HostCode, name?: string): FuncInstance {
    const canonical = 'comp' in type ? type : canonicalFuncType(type)
    return new FuncInstance(canonical, undefined, -1, host, name)
  }

  toString(): string {
    return `${this.name === undefined ? `func ${this.funcIdx}` : nameText(this.name)} ${closedFuncTypeName(this.type)}`
  }
}
