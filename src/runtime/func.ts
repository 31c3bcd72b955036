// Functions in the store: defined by a module or given by the host.

import { nameText } from '../errors/quote.ts'
import { funcTypeName, type FuncType } from '../syntax/types.ts'
import type { Instance } from './instance.ts'
import type { Value } from './value.ts'

/** What a host function learns about the call, besides its arguments. */
export interface Caller {
  /** The instance whose code makes the call; undefined where the host calls its own function. */
  readonly instance: Instance | undefined
  /** Takes fuel on top of the call's own, where fuel is counted. */
  readonly charge: (fuel: number) => void
}

/** Values for the results, or a promise of them: then the run suspends. */
type HostResult = readonly Value[] | Promise<readonly Value[]>
export type HostCode = (args: readonly Value[], caller: Caller) => HostResult

/** Stands for all function types that are structurally equal, across modules and stores. Whoever uses its id holds it. */
export interface CanonicalType {
  readonly id: number
}

// What nobody holds is forgotten: a host that goes through many modules does not keep the types of all of them.
const canonicalTypes = new Map<string, WeakRef<CanonicalType>>()
const unheld = new FinalizationRegistry<string>((key) => {
  if (canonicalTypes.get(key)?.deref() === undefined) canonicalTypes.delete(key)
})
let nextTypeId = 0

export function canonicalType(type: FuncType): CanonicalType {
  const key = `${type.params.join()}>${type.results.join()}`
  let canonical = canonicalTypes.get(key)?.deref()
  if (canonical === undefined) {
    canonical = { id: nextTypeId++ }
    canonicalTypes.set(key, new WeakRef(canonical))
    unheld.register(canonical, key)
  }
  return canonical
}

/** A function instance. Its identity is the identity of a reference to it. */
export class FuncInstance {
  readonly type: FuncType
  private readonly canonical: CanonicalType
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

  private constructor(
    type: FuncType,
    instance: Instance | undefined,
    funcIdx: number,
    host: HostCode | undefined,
    name: string | undefined,
  ) {
    this.type = type
    this.canonical = canonicalType(type)
    this.typeId = this.canonical.id
    this.instance = instance
    this.funcIdx = funcIdx
    this.host = host
    this.name = name
  }

  static defined(type: FuncType, instance: Instance, funcIdx: number): FuncInstance {
    return new FuncInstance(type, instance, funcIdx, undefined, undefined)
  }

  static fromHost(type: FuncType, host: HostCode, name?: string): FuncInstance {
    return new FuncInstance(type, undefined, -1, host, name)
  }

  toString(): string {
    return `${this.name === undefined ? `func ${this.funcIdx}` : nameText(this.name)} ${funcTypeName(this.type)}`
  }
}
