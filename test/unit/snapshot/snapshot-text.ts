// Instances of modules in text, and the way of a snapshot through bytes into another engine, as tests of snapshots need them.

import { Engine, Snapshot } from '../../../src/index.ts'
import type {
  Imports,
  Instance,
  InstantiateOptions,
  Restored,
  RestoreOptions,
  SnapshotOptions,
} from '../../../src/index.ts'
import type { ModuleSource } from '../../../src/index.ts'
import { wat2wasm } from '../../../src/command/convert.ts'

const features = { 'stack-switching': true, 'custom-descriptors': true, 'custom-page-sizes': true, threads: true }

export function newEngine(): Engine {
  return new Engine({ features })
}

export function instantiate(text: string, imports: Imports = {}, options: InstantiateOptions = {}): Instance {
  return newEngine().compile(wat2wasm(text)).instantiateSync(imports, options)
}

/** The instance, or the run, in another engine, out of bytes that carry the modules. */
export function carried(
  from: { readonly snapshot: (options: SnapshotOptions) => Snapshot },
  { nameOf, instances, modules, ...options }: Omit<RestoreOptions<ModuleSource>, 'modules'> & SnapshotOptions = {},
): Restored {
  const bytes = from.snapshot({ nameOf, instances, modules }).encode({ modules: true })
  return newEngine().restore(Snapshot.decode(bytes), options)
}

export function errorOf(act: () => unknown): { readonly code?: string; readonly message: string } {
  try {
    act()
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
