// Snapshots as the embedder holds them: data, taken of an instance or a run, that can be written as bytes. What is made of them again is in
// restore.ts.

import { checkOptions, optionNames } from '../errors/check-options.ts'
import { HeddleError, UsageError } from '../errors/heddle-error.ts'
import { quoted } from '../errors/quote.ts'
import { capture, type CaptureOptions, type Captured } from '../runtime/capture.ts'
import { FuncInstance } from '../runtime/func.ts'
import type { SavedRun } from '../runtime/saved-run.ts'
import type { Ref } from '../runtime/value.ts'
import { decodeSnapshot } from '../snapshot/decode-snapshot.ts'
import { encodeSnapshot } from '../snapshot/encode-snapshot.ts'
import { sha256 } from '../snapshot/sha256.ts'
import type { SnapshotData } from '../snapshot/snapshot-data.ts'
import { givenFunction } from './functions.ts'
import { provisionOf } from './imports.ts'
import type { Instance } from './instance.ts'
import type { Module } from './module.ts'
import type { Origin } from './origin.ts'

export interface SnapshotOptions {
  /**
   * The name of an object or symbol of the host's that the guest holds, or of a host function that no instance imports: `restore` is given
   * what has that name there. Undefined is an error, which says where the thing is held.
   */
  readonly nameOf?: ((thing: unknown) => string | undefined) | undefined
  /** Instances that belong to it whether they are reached or not: `restore` gives them, too, in the same order. */
  readonly instances?: readonly Instance[] | undefined
  /** Modules that belong to it, of which there need not be an instance: likewise. */
  readonly modules?: readonly Module[] | undefined
}

const SNAPSHOT_OPTIONS = optionNames<SnapshotOptions>({ nameOf: true, instances: true, modules: true })

export interface SnapshotModule {
  /** As its name section has it; empty where that says nothing. */
  readonly name: string
  /** SHA-256 of its bytes, in hexadecimal digits. */
  readonly hash: string
  /** Whether it was compiled for the deterministic profile. */
  readonly isDeterministic: boolean
}

/**
 * The state of an instance, or of a run with all its instances. It never changes, and can be restored any number of times. What `encode`
 * gives can be stored, sent, and cloned by `structuredClone`.
 */
export class Snapshot {
  /** For the engine's own use. */
  readonly data: SnapshotData

  /** For the engine: `snapshot` and `decode` make them. */
  constructor(data: SnapshotData) {
    this.data = data
  }

  /** Throws a HeddleError with the code SNAPSHOT_MALFORMED for bytes that are none. Whether it fits its modules is found out by `restore`. */
  static decode(bytes: Uint8Array): Snapshot {
    if (!(bytes instanceof Uint8Array)) throw new UsageError('a snapshot is decoded from a Uint8Array')
    return new Snapshot(decodeSnapshot(bytes))
  }

  /** The snapshot as bytes; with `modules` they carry its modules, so that nothing else is needed to restore it but what is the host's. */
  encode(options: { readonly modules?: boolean | undefined } = {}): Uint8Array {
    const modules = this.data.modules.map((module) => {
      const { hash, name, isDeterministic } = module
      if (options.modules !== true) return { hash, name, isDeterministic }
      if (module.bytes === undefined) {
        throw new UsageError(`the snapshot has not got the bytes of the module ${quoted(name)}, SHA-256 ${hash}`)
      }
      return { hash, name, isDeterministic, bytes: module.bytes }
    })
    return encodeSnapshot({ ...this.data, modules })
  }

  /** The same snapshot with bytes of the embedder's own, which nobody looks at. */
  withAttachment(attachment: Uint8Array): Snapshot {
    return new Snapshot({ ...this.data, further: { ...this.data.further, attachment: new Uint8Array(attachment) } })
  }

  /** What `withAttachment` was given. Bytes from elsewhere may be hostile, and these are as they are. */
  get attachment(): Uint8Array | undefined {
    const { attachment } = this.data.further
    return attachment && new Uint8Array(attachment)
  }

  /** The same for the same state on every host: SHA-256 of the bytes without modules, in hexadecimal digits. */
  hash(): string {
    return sha256(this.encode())
  }

  /** Of what it is. */
  get kind(): 'instance' | 'run' {
    return this.data.run === undefined ? 'instance' : 'run'
  }

  /** The modules of its instances, and those that were named besides. */
  get modules(): readonly SnapshotModule[] {
    return this.data.modules.map(({ name, hash, isDeterministic }) => ({ name, hash, isDeterministic }))
  }

  /** The host functions that it needs, by the names under which they were imported; those of providers among them. */
  get imports(): readonly { readonly module: string; readonly name: string }[] {
    const { imports } = this.data.surroundings
    return this.hostFuncs(false).map((funcIdx) => ({ module: imports[funcIdx]!.module, name: imports[funcIdx]!.name }))
  }

  /** The names that the embedder gave: `restore` needs `externs` for them. */
  get externs(): readonly string[] {
    const { surroundings, references } = this.data
    const values = references.flatMap((each) => (each.kind === 'named' ? [each.name] : []))
    return [...values, ...this.hostFuncs(true).map((funcIdx) => surroundings.imports[funcIdx]!.name)]
  }

  /** Whose state it has, by the name under which their functions are imported. */
  get providers(): readonly string[] {
    return this.data.providers.map(({ moduleName }) => moduleName)
  }

  /** Functions come first among the imports of the surroundings. */
  private hostFuncs(named: boolean): number[] {
    const { references, surroundings } = this.data
    return references.flatMap((each) =>
      each.kind === 'host-func' && each.named === named && each.funcIdx < surroundings.imports.length
        ? [each.funcIdx]
        : [],
    )
  }
}

export function takeSnapshot(origin: Origin, run: SavedRun | undefined, options: SnapshotOptions): Snapshot {
  checkOptions(options, SNAPSHOT_OPTIONS, 'snapshot')
  const { nameOf, instances = [], modules = [] } = options
  const named = new Map<string, unknown>()
  const nameOnce = (ref: Ref): string | undefined => {
    // A function of the host's is what the embedder gave for it; all else that needs a name is the same to both.
    const thing = FuncInstance.is(ref) ? givenFunction(ref) : ref
    const name: unknown = nameOf?.(thing)
    if (name === undefined) return undefined
    if (typeof name !== 'string')
      throw new UsageError(`a name is a string, not ${name === null ? 'null' : typeof name}`)
    if (named.has(name)) {
      throw new HeddleError('SNAPSHOT_UNNAMED', `two things of the host's have the name ${quoted(name)}`)
    }
    named.set(name, thing)
    return name
  }
  const further = {
    instances: instances.map(({ runtime }) => runtime),
    modules: modules.map(({ compiled }) => compiled),
  }
  return new Snapshot(captureFrom(origin, run, nameOnce, further).data)
}

/** `nameOf` is asked once for each thing. */
export function captureFrom(
  { instance, tier }: Origin,
  run: SavedRun | undefined,
  nameOf: (ref: Ref) => string | undefined,
  further: Pick<CaptureOptions, 'instances' | 'modules'> = {},
): Captured {
  return capture(instance, run, {
    ...further,
    nameOf,
    provisionOf,
    saveStretch: (stretch) => tier.saveStretch(stretch),
  })
}
