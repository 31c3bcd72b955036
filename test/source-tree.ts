// The source files of the project as data: text, syntax tree and imports, for the tests that hold the architecture.
// What is allowed is said in those tests, not here.

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'oxc-parser'
import type { Node, Program } from 'oxc-parser'

export interface SourceFile {
  /** From the project's root, with `/`. */
  readonly path: string
  readonly text: string
  readonly program: Program
  readonly imports: readonly Import[]
}

export interface Import {
  /** As written. */
  readonly specifier: string
  /** The path of the imported source file from the project's root; undefined for a package or a module of Node. */
  readonly target: string | undefined
  /** Whether the import is gone when the types are. */
  readonly typeOnly: boolean
  readonly line: number
}

export const projectRoot: string = fileURLToPath(new URL('..', import.meta.url))

/** All `.ts` files in the folder, which is named from the project's root; none where it doesn't exist. */
export function readSources(folder: string): SourceFile[] {
  return listFiles(folder)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => parseSource(path, readFileSync(join(projectRoot, path), 'utf8')))
}

/** All files in the folder, from the project's root, sorted. Dependencies and build output are left out. */
export function listFiles(folder: string): string[] {
  if (!existsSync(join(projectRoot, folder))) return []
  return readdirSync(join(projectRoot, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(projectRoot, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !/(^|\/)(node_modules|dist)\//.test(path))
    .toSorted()
}

/** @param path from the project's root; the file need not exist */
export function parseSource(path: string, text: string): SourceFile {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors.map((error) => error.message).join('; ')}`)
  const imports: Import[] = []
  visit(program, (node) => {
    const source = importSource(node)
    if (source === undefined) return
    const { specifier, typeOnly } = source
    imports.push({ specifier, target: resolveImport(path, specifier), typeOnly, line: lineOf(text, node.start) })
  })
  return { path, text, program, imports }
}

export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

/** Calls `enter` with each node of the tree and its parent, from the outside in. */
export function visit(node: Node, enter: (node: Node, parent: Node | undefined) => void, parent?: Node): void {
  enter(node, parent)
  for (const child of Object.values(node)) {
    for (const item of Array.isArray(child) ? child : [child]) {
      if (isNode(item)) visit(item, enter, node)
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

/** What a node imports: by a statement, an `import('…')` expression or an `import('…')` type. */
function importSource(node: Node): { specifier: string; typeOnly: boolean } | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
      return { specifier: node.source.value, typeOnly: node.importKind === 'type' }
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      return node.source ? { specifier: node.source.value, typeOnly: node.exportKind === 'type' } : undefined
    case 'TSImportType':
      return { specifier: node.source.value, typeOnly: true }
    case 'ImportExpression':
      return node.source.type === 'Literal' && typeof node.source.value === 'string'
        ? { specifier: node.source.value, typeOnly: false }
        : undefined
    default:
      return undefined
  }
}

/** The path from the project's root; undefined for a package or a module of Node. */
export function resolveImport(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.')
    ? normalize(join(dirname(from), specifier))
        .split(sep)
        .join('/')
    : undefined
}
