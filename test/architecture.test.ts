// Holds the picture of ARCHITECTURE.md: who may import whom in src/, and the house rules of files and names that neither the
// compiler nor the linter knows. When the picture changes, it changes here.

import { basename } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listFiles, parseSource, readSources, resolveImport, visit } from './source-tree.ts'
import type { Import, SourceFile } from './source-tree.ts'

/** The picture: a folder may import what stands on a lower line. Folders on one line are strangers, but for the arrows. */
const levels: readonly (readonly string[])[] = [
  ['cli', 'node', 'browser'],
  ['front door'],
  ['command', 'js-api', 'script', 'debug'],
  ['embed', 'wasi'],
  ['interpret', 'compile'],
  ['runtime', 'snapshot'],
  ['binary', 'text', 'validate'],
  ['instructions', 'numeric'],
  ['syntax', 'errors'],
]

const arrows: ReadonlySet<string> = new Set(['cli → node', 'runtime → snapshot', 'syntax → errors'])

/** Folders that may import less than their place in the picture would let them. */
const narrowed: Readonly<Record<string, readonly string[]>> = {
  // A client like any other: what it needs and can't import from a front door is missing from the API.
  cli: ['front door', 'node'],
  // It needs a memory and gives imports, so that it serves the host's own WebAssembly too.
  wasi: ['runtime', 'syntax', 'errors'],
}

const hosts = new Set(['cli', 'node', 'browser'])

/** Node's modules exist in these folders only; the compiler options say the same, but not for type-only packages. */
const nodeFolders = new Set(['cli', 'node'])

/** The front doors that must not pull the text format into a bundle: it has one of its own, `heddle/wat`. */
const doorsWithoutText = ['src/index.ts', 'src/wasi.ts', 'src/wizen.ts']

/** What is exported for the sake of a test alone, and why; a front door's files and those of tools need no leave. */
const exportedForTests: Readonly<Record<string, string>> = {
  'src/binary/decode-names.ts NAME_QUOTAS': 'a test goes to the quotas, wherever they lie',
  'src/interpret/machine.ts usedCodeWords': 'that code is given back is seen nowhere else',
  'src/validate/matching.ts matchesLimits': 'the rule is tested by itself',
}

/** What nobody here calls, and who does. */
const calledByOthers: ReadonlySet<string> = new Set([
  // A hook of Node's module loader.
  'src/cli/typescript-hooks.ts load',
])

const sources = readSources('src')
const ownCode = ['src', 'test', 'scripts', 'bench', 'examples'].flatMap(listFiles).filter((path) => !isFixture(path))
const ownSources = ['src', 'test', 'scripts', 'bench', 'examples']
  .flatMap(readSources)
  .filter(({ path }) => !isFixture(path))

describe('imports in src/', () => {
  it('point down the picture, or along its arrows', () => {
    expect(sources.flatMap(forbiddenImports)).toEqual([])
  })

  it('are of files that exist', () => {
    const known = new Set(sources.map(({ path }) => path))
    expect(
      eachImport((file, { target }) => file.path.startsWith('src/') && target !== undefined && !known.has(target)),
    ).toEqual([])
  })

  it('never form a circle between files at run time', () => {
    expect(findCircles(sources)).toEqual([])
  })

  it('of the main front doors never reach the text format', () => {
    for (const door of doorsWithoutText.filter((path) => sources.some((file) => file.path === path))) {
      expect(reachable(door).filter((path) => folderOf(path) === 'text')).toEqual([])
    }
  })

  it('know every folder of src/', () => {
    const known = new Set(levels.flat())
    expect(sources.map(({ path }) => folderOf(path)).filter((folder) => !known.has(folder))).toEqual([])
  })
})

describe('the check of imports reports', () => {
  it.each([
    ['src/binary/a.ts', '../runtime/b.ts', 'binary may not import runtime'],
    ['src/binary/a.ts', '../validate/b.ts', 'binary may not import validate'],
    ['src/errors/a.ts', '../syntax/b.ts', 'errors may not import syntax'],
    ['src/snapshot/a.ts', '../runtime/b.ts', 'snapshot may not import runtime'],
    ['src/embed/a.ts', '../index.ts', 'embed may not import front door'],
    ['src/cli/a.ts', '../binary/b.ts', 'cli may not import binary'],
    ['src/wasi/preview1/a.ts', '../../interpret/b.ts', 'wasi may not import interpret'],
    ['src/index.ts', './node/b.ts', 'front door may not import node'],
    ['src/runtime/a.ts', 'node:fs', 'runtime may not import node:fs'],
    ['src/node/a.ts', 'left-pad', 'node may not import left-pad'],
  ])('%s importing %s', (path, specifier, complaint) => {
    for (const text of [
      `import { x } from '${specifier}'`,
      `import type { X } from '${specifier}'`,
      `import '${specifier}'`,
      `export { x } from '${specifier}'`,
      `export * from '${specifier}'`,
      `const x = await import('${specifier}')`,
      `type X = import('${specifier}').X`,
    ]) {
      expect(forbiddenImports(parseSource(path, text))).toEqual([`${path}:1 ${complaint}`])
    }
  })

  it.each([
    ['src/runtime/a.ts', '../snapshot/b.ts'],
    ['src/interpret/a.ts', '../syntax/b.ts'],
    ['src/wasi/preview1/a.ts', '../../runtime/b.ts'],
    ['src/cli/a.ts', '../node/index.ts'],
    ['src/cli/commands/a.ts', '../../index.ts'],
    ['src/node/a.ts', 'node:fs'],
    ['src/wat.ts', './text/b.ts'],
  ])('nothing for %s importing %s', (path, specifier) => {
    expect(forbiddenImports(parseSource(path, `import { x } from '${specifier}'`))).toEqual([])
  })

  it('a circle of two files', () => {
    const a = parseSource('src/binary/a.ts', `import { b } from './b.ts'`)
    const b = parseSource('src/binary/b.ts', `import { a } from './a.ts'`)
    expect(findCircles([a, b])).toEqual(['src/binary/a.ts → src/binary/b.ts → src/binary/a.ts'])
  })
})

describe('an exported name', () => {
  const used = new Set(['src', 'scripts', 'bench'].flatMap(readSources).flatMap(usedNames))
  const unused = sources
    .filter(({ path }) => !isFrontDoor(path))
    .flatMap((file) => exportedNames(file).map((name) => `${file.path} ${name}`))
    .filter((name) => !used.has(name) && !calledByOthers.has(name))

  it('of src/ is used by another file, or exported by a front door', () => {
    expect(unused.filter((name) => exportedForTests[name] === undefined)).toEqual([])
  })

  it('stands in the list for tests only where that is why it is exported', () => {
    const tested = new Set(readSources('test').flatMap(usedNames))
    const listed = Object.keys(exportedForTests)
    expect(listed.filter((name) => !unused.includes(name) || !tested.has(name))).toEqual([])
  })

  it('is found however it is declared', () => {
    const text = 'export const a = 1, b = 2; export function c() {} export type D = 1; export { e as f } from "./g.ts"'
    expect(exportedNames(parseSource('src/a.ts', text))).toEqual(['a', 'b', 'c', 'D', 'f'])
  })

  it.each([
    [`import { x as y } from './b.ts'`, ['x']],
    [`import type { X } from './b.ts'`, ['X']],
    [`import * as b from './b.ts'; b.x(); b.y; type T = b.Z; c.w`, ['x', 'y', 'Z']],
    [`export { x as y } from './b.ts'`, ['x']],
    [`type X = import('./b.ts').X`, ['X']],
    [`const { x } = await import('./b.ts')`, ['x']],
    [`import { x } from 'left-pad'`, []],
  ])('is used by %s', (text, names) => {
    expect(usedNames(parseSource('src/a.ts', text))).toEqual(names.map((name) => `src/b.ts ${name}`))
  })
})

describe('every file', () => {
  it('opens by saying what it is', () => {
    expect(ownSources.filter(({ text }) => !opensWithComment(text)).map(({ path }) => path)).toEqual([])
  })

  it('has at most 800 lines, unless it is generated', () => {
    const long = ownSources.filter(({ path, text }) => !path.endsWith('.gen.ts') && text.split('\n').length > 801)
    expect(long.map(({ path }) => path)).toEqual([])
  })

  it('has a name in kebab-case, and so has its folder', () => {
    const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|gen|d))?\.(ts|js|mjs|sh)$/
    const folder = /^[a-z0-9]+(-[a-z0-9]+)*$/
    const scripts = ownCode.filter((path) => /\.(ts|js|mjs|sh)$/.test(path))
    expect(
      scripts.filter(
        (path) =>
          !kebab.test(basename(path)) ||
          !path
            .split('/')
            .slice(0, -1)
            .every((part) => folder.test(part)),
      ),
    ).toEqual([])
  })

  it('has a name that says what is in it', () => {
    const empty = /(^|\/)(utils?|helpers?|commons?|misc|shared|stuff)(-[a-z-]+)?(\.|\/)/
    expect(ownCode.filter((path) => empty.test(path))).toEqual([])
  })

  it('exports by name, but for the configuration of a tool', () => {
    const withDefault = ownSources.filter(({ program }) =>
      program.body.some(
        (statement) => statement.type === 'ExportDefaultDeclaration' || statement.type === 'TSExportAssignment',
      ),
    )
    expect(withDefault.map(({ path }) => path)).toEqual([])
  })

  it('in src/ has something of its own, unless it is a front door', () => {
    const barrels = sources.filter(({ path, program }) => {
      const reExports = program.body.filter(
        (s) => s.type === 'ExportAllDeclaration' || (s.type === 'ExportNamedDeclaration' && s.source !== null),
      )
      return !isFrontDoor(path) && reExports.length > 0 && reExports.length === program.body.length
    })
    expect(barrels.map(({ path }) => path)).toEqual([])
  })
})

function isFixture(path: string): boolean {
  return path.startsWith('test/fixtures/')
}

/** The folder under src/; `front door` for the files that stand in src/ itself. */
function folderOf(path: string): string {
  const parts = path.split('/')
  return parts.length === 2 ? 'front door' : (parts[1] ?? '')
}

function isFrontDoor(path: string): boolean {
  return folderOf(path) === 'front door' || hosts.has(path.match(/^src\/(\w+)\/index\.ts$/)?.[1] ?? '')
}

function exportedNames({ program }: SourceFile): string[] {
  return program.body.flatMap((statement) => {
    if (statement.type !== 'ExportNamedDeclaration') return []
    const { declaration, specifiers } = statement
    const names = specifiers.map(({ exported }) => exported)
    if (declaration?.type === 'VariableDeclaration') return declaration.declarations.map(({ id }) => nameOf(id))
    return [...(declaration && 'id' in declaration ? [declaration.id] : []), ...names].map(nameOf)
  })
}

/** What the file imports or exports again, each as a file's path and the name there. */
function usedNames({ path, program }: SourceFile): string[] {
  const names: string[] = []
  const spaces = new Map<string, string>()
  const note = (target: string | undefined, ...used: readonly unknown[]): void => {
    if (target !== undefined) names.push(...used.map((name) => `${target} ${nameOf(name)}`))
  }
  visit(program, (node) => {
    if (node.type === 'ImportDeclaration') {
      const target = resolveImport(path, node.source.value)
      for (const specifier of node.specifiers) {
        if (specifier.type === 'ImportSpecifier') note(target, specifier.imported)
        else if (target !== undefined) spaces.set(specifier.local.name, target)
      }
    } else if (node.type === 'ExportNamedDeclaration' && node.source !== null) {
      note(resolveImport(path, node.source.value), ...node.specifiers.map(({ local }) => local))
    } else if (node.type === 'MemberExpression' && node.object.type === 'Identifier') {
      note(spaces.get(node.object.name), node.property)
    } else if (node.type === 'TSQualifiedName' && node.left.type === 'Identifier') {
      note(spaces.get(node.left.name), node.right)
    } else if (node.type === 'TSImportType' && node.qualifier !== null) {
      note(resolveImport(path, node.source.value), node.qualifier)
    } else if (node.type === 'VariableDeclarator' && node.id.type === 'ObjectPattern') {
      const source = node.init?.type === 'AwaitExpression' ? node.init.argument : undefined
      if (source?.type !== 'ImportExpression' || source.source.type !== 'Literal') return
      const target = resolveImport(path, String(source.source.value))
      note(target, ...node.id.properties.flatMap((property) => ('key' in property ? [property.key] : [])))
    }
  })
  return names
}

/** The name of an identifier, or a string in its place. */
function nameOf(node: unknown): string {
  const { name, value } = node as { readonly name?: unknown; readonly value?: unknown }
  return String(name ?? value)
}

function mayImport(from: string, to: string): boolean {
  if (from === to) return true
  if (narrowed[from] !== undefined) return narrowed[from].includes(to)
  const levelOf = (folder: string): number => levels.findIndex((level) => level.includes(folder))
  return levelOf(to) > levelOf(from) || arrows.has(`${from} → ${to}`)
}

function forbiddenImports({ path, imports }: SourceFile): string[] {
  const from = folderOf(path)
  return imports.flatMap(({ specifier, target, line }) => {
    const to = target === undefined ? specifier : folderOf(target)
    const allowed =
      target === undefined
        ? specifier.startsWith('node:') && nodeFolders.has(from)
        : target.startsWith('src/') && mayImport(from, to)
    return allowed ? [] : [`${path}:${line} ${from} may not import ${to}`]
  })
}

function eachImport(wanted: (file: SourceFile, imported: Import) => boolean): string[] {
  return sources.flatMap((file) =>
    file.imports
      .filter((imported) => wanted(file, imported))
      .map(({ specifier, line }) => `${file.path}:${line} ${specifier}`),
  )
}

function reachable(start: string): string[] {
  const found = new Set([start])
  for (const path of found) {
    for (const { target, typeOnly } of sources.find((file) => file.path === path)?.imports ?? []) {
      if (target !== undefined && !typeOnly) found.add(target)
    }
  }
  return [...found]
}

/** Circles by depth-first search, each told once, from the file at which it was entered. */
function findCircles(files: readonly SourceFile[]): string[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const done = new Set<string>()
  const trail: string[] = []
  const circles: string[] = []
  const follow = (path: string): void => {
    const start = trail.indexOf(path)
    if (start >= 0) circles.push([...trail.slice(start), path].join(' → '))
    if (start >= 0 || done.has(path)) return
    trail.push(path)
    for (const { target, typeOnly } of byPath.get(path)?.imports ?? []) {
      if (target !== undefined && !typeOnly) follow(target)
    }
    trail.pop()
    done.add(path)
  }
  for (const { path } of files) follow(path)
  return circles
}

function opensWithComment(text: string): boolean {
  const first = text.replace(/^#!.*\n/, '')
  return /^(\/\/|\/\*)/.test(first) && !/^\/\/\s*(oxlint-|prettier-|@ts-|\/\s*<)/.test(first)
}
