// A Wasi as the engine takes it: the imports of every dialect with their types. A native WebAssembly takes `wasi.imports()` itself.

import type { ImportProvider } from '../../runtime/import-provider.ts'
import { DIALECTS, PREVIEW1, coreType, dialectOf } from './dialect.ts'
import type { Wasi } from './wasi.ts'

export const WASI_MODULE: string = PREVIEW1.module

/** For the option `wasi` of `module.instantiate`. An import whose type isn't the standard's counts as unknown. */
export function wasiProvider(wasi: Wasi): ImportProvider {
  return {
    moduleName: WASI_MODULE,
    otherModuleNames: DIALECTS.map(({ module }) => module).filter((module) => module !== WASI_MODULE),
    imports: (memory, module) => wasi.imports(memory, dialectOf(module) ?? PREVIEW1),
    typeOf: (name, module) => coreType(name, dialectOf(module)),
    abandon: (outcome) => wasi.abandon(outcome),
    save: () => wasi.save(),
    restore: (saved) => wasi.restore(saved),
  }
}
