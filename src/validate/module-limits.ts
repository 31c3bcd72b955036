// The limits of modules, in one place and cheaply: a module that comes from text or from code did not pass the decoder, which checks
// the same before it allocates. What is counted inside a body is checked there.
// https://webassembly.github.io/spec/js-api/#limits

import type { ModuleError } from '../errors/module-error.ts'
import type { ModuleLimits } from '../syntax/limits.ts'
import { pageSizeOf, type Size } from '../syntax/types.ts'
import { definitionName, overLimit, type DefinitionKind } from './errors.ts'
import type { Context } from './context.ts'

export function checkModuleLimits({ module, spaces, limits }: Context): void {
  const { types, imports, exports, funcs, elems, datas } = module
  const check = (item: keyof ModuleLimits, what: string, count: Size, kind?: DefinitionKind, index = 0): void => {
    if (count <= limits[item]) return
    const error: ModuleError = overLimit(count, what, limits[item])
    throw kind === undefined ? error : error.at({ within: definitionName(module, kind, index) })
  }
  check('types', 'types', types.length)
  check('imports', 'imports', imports.length)
  check('exports', 'exports', exports.length)
  check('funcs', 'functions', spaces.funcs.length)
  check('tables', 'tables', spaces.tables.length)
  check('memories', 'memories', spaces.memories.length)
  check('globals', 'globals', spaces.globals.length)
  check('elems', 'elem segments', elems.length)
  check('datas', 'data segments', datas.length)
  check('tags', 'tags', spaces.tags.length)
  types.forEach((type, x) => {
    if (type.kind === 'func') {
      check('params', 'parameters', type.params.length, 'type', x)
      check('results', 'results', type.results.length, 'type', x)
    } else if (type.kind === 'struct') check('fields', 'fields', type.fields.length, 'type', x)
  })
  funcs.forEach(({ code }, i) => {
    check('bodyBytes', 'bytes in a function body', code.end - code.start, 'func', spaces.importedFuncs + i)
  })
  spaces.tables.forEach(({ limits: { min } }, x) => check('tableSize', 'elements in a table', min, 'table', x))
  spaces.memories.forEach((type, x) => {
    if (type.addrType === 'i32') return
    const pages = (Number(type.limits.min) * pageSizeOf(type)) / 2 ** 16
    check('memory64Pages', 'pages in a memory', pages, 'memory', x)
  })
  elems.forEach(({ items }, x) => check('tableSize', 'entries of one initialisation', items.length, 'elem', x))
}
