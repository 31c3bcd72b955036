// A Wasi as the engine takes it: the imports of `wasi_snapshot_preview1` with their types. A native WebAssembly takes `wasi.imports()` itself.

import type { ImportProvider } from '../../runtime/import-provider.ts'
import { coreType } from './functions.ts'
import type { Wasi } from './wasi.ts'

export const WASI_MODULE = 'wasi_snapshot_preview1'

/** For the option `wasi` of `module.instantiate`. An import whose type isn't the standard's counts as unknown. */
export function wasiProvider(wasi: Wasi): ImportProvider {
  return {
    moduleName: WASI_MODULE,
    imports: (memory) => wasi.imports(memory),
    typeOf: coreType,
    abandon: (outcome) => wasi.abandon(outcome),
    save: () => wasi.save(),
    restore: (saved) => wasi.restore(saved),
  }
}
