// `heddle stub`: a TypeScript skeleton of everything that a module imports, to be filled in and given to `heddle run --imports`. Its types
// are where a line-wise reader finds them: imported and declared in its head, and one `satisfies` in its last line.

import type { Module } from '../../embed/module.ts'
import { importType } from '../../runtime/link.ts'
import type { FuncType } from '../../syntax/types.ts'
import type { ClosedExternType } from '../../validate/matching.ts'
import { dialectOf } from '../../wasi/preview1/dialect.ts'
import { externStub } from './extern-stub.ts'
import { functionStub, indented, type FunctionImport, type Stub } from './function-stub.ts'
import { propertyKey } from './spelling.ts'
import { wasiStub } from './wasi-stub.ts'

export interface StubOptions {
  /** What the text calls the module's file. */
  readonly file?: string | undefined
  /** Whether functions of WASI that Heddle has are in it; yes if absent. */
  readonly wasi?: boolean | undefined
}

/** The text of an ECMAScript module, in TypeScript; undefined where nothing is imported. */
export function stubModule(module: Module, { file = 'FILE', wasi = true }: StubOptions = {}): string | undefined {
  const requests = requestsOf(module).filter((request) => wasi || !isOfWasi(request))
  if (requests.length === 0) return undefined
  const modules = new Map<string, Stub[]>()
  for (const request of requests) {
    const stubs = modules.get(request.module) ?? []
    modules.set(request.module, stubs)
    stubs.push(stubOf(request))
  }
  const needsHeddle = requests.some(({ types }) => types.some(({ kind }) => kind !== 'func'))
  const [open, close] = needsHeddle ? ['((heddle) => ({', '}))'] : ['{', '}']
  const type = needsHeddle ? "(heddle: typeof import('heddle')) => ModuleImports" : 'ModuleImports'
  const types = [...modules].flatMap(([name, stubs]) =>
    group(
      name,
      stubs.flatMap((stub) => stub.type),
      '',
    ),
  )
  const values = [...modules].flatMap(([name, stubs]) =>
    group(
      name,
      stubs.flatMap((stub) => stub.value),
      ',',
    ),
  )
  const lines = [
    ...head(
      file,
      needsHeddle,
      requests.some((request) => dialectOf(request.module) !== undefined),
    ),
    '',
    ...typeImport([...types, type].join('\n')),
    `interface ModuleImports {`,
    ...types,
    '}',
    '',
    `export default ${open}`,
    ...values,
    `${close} satisfies ${type}`,
  ]
  return `${lines.join('\n')}\n`
}

/** What is imported under one name: mostly one type. */
interface Request {
  readonly module: string
  readonly name: string
  readonly types: readonly [ClosedExternType, ...ClosedExternType[]]
  readonly paramNames: readonly (string | undefined)[]
}

function requestsOf({ compiled }: Module): Request[] {
  const requests = new Map<string, Request>()
  let funcIdx = 0
  for (const request of compiled.module.imports) {
    const { module, name } = request
    const type = importType(compiled, request)
    const locals = type.kind === 'func' ? compiled.names().locals?.get(funcIdx++) : undefined
    const paramNames = type.kind === 'func' ? (type.type.comp as FuncType).params.map((_, i) => locals?.get(i)) : []
    const key = JSON.stringify([module, name])
    const known = requests.get(key)
    if (known === undefined) requests.set(key, { module, name, types: [type], paramNames })
    else if (!known.types.some((other) => isSame(other, type))) {
      requests.set(key, { ...known, types: [...known.types, type] })
    }
  }
  return [...requests.values()]
}

function isSame(a: ClosedExternType, b: ClosedExternType): boolean {
  return a.kind === 'func' || a.kind === 'tag' ? a.kind === b.kind && a.type === b.type : a.kind === b.kind
}

/** What Heddle has itself: not every name in the module of WASI is one of its functions. */
function isOfWasi({ module, name, types: [type] }: Request): boolean {
  return type.kind === 'func' && wasiStub(module, name, type.type.comp as FuncType) !== undefined
}

function stubOf({ module, name, types, paramNames }: Request): Stub {
  const [first] = types
  if (types.some(({ kind }) => kind !== first.kind)) {
    const kinds = types.map(({ kind }) => kind).join(' and ')
    return {
      type: [`${propertyKey(name)}?: undefined`],
      value: [
        `// This name is imported as ${kinds}: nothing is both, so nothing can be given.`,
        `${propertyKey(name)}: undefined,`,
      ],
    }
  }
  if (first.kind !== 'func') return externStub(name, first)
  const funcTypes = types.flatMap((type) => (type.kind === 'func' ? [type.type.comp as FuncType] : []))
  const known = funcTypes.length === 1 ? wasiStub(module, name, funcTypes[0]!) : undefined
  return known ?? functionStub({ module, name, types: funcTypes as unknown as FunctionImport['types'], paramNames })
}

function group(module: string, lines: readonly string[], end: string): string[] {
  return indented([`${propertyKey(module)}: {`, ...indented(lines), `}${end}`])
}

function head(file: string, needsHeddle: boolean, hasWasi: boolean): string[] {
  const name = file.replace(/[^ -~]/gu, '?')
  return [
    `// What ${name} imports, to be filled in. As it stands, functions say what they are called with and give zeros and nulls.`,
    '//',
    `//   heddle run --imports THIS_FILE ${name}`,
    ...(hasWasi
      ? [
          '//',
          "// A function of WASI that stands here is called instead of heddle's own: delete it, and heddle's own is called.",
        ]
      : []),
    ...(needsHeddle
      ? ['//', '// `heddle` is the package of that name: what makes memories, tables, globals and tags.']
      : []),
  ]
}

const IMPORTED_TYPES = ['ExportedFunction', 'Global', 'HostContext', 'Memory', 'Table', 'Tag']

function typeImport(text: string): string[] {
  const used = IMPORTED_TYPES.filter((name) => new RegExp(`\\b${name}\\b`).test(text))
  return used.length === 0 ? [] : [`import type { ${used.join(', ')} } from 'heddle'`, '']
}
