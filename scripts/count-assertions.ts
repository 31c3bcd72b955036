// Counts the directives of .wast scripts by kind, with a scanner that knows nothing of this project's own parser: only
// parentheses, strings and comments. Its sums are what the script runner's sums must equal, so nothing is imported here
// from src/. Whether a directive passes is the runner's business.
//
//   npx tsx scripts/count-assertions.ts [--per-file] [FOLDER | FILE]…      (default: the official scripts, if they are there)

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How the module of an `assert_malformed` is given: `(module …)`, `(module quote …)` or `(module binary …)`. */
export type ModuleForm = 'text' | 'quote' | 'binary'

export interface DirectiveCounts {
  /**
   * By the directive's keyword: `assert_return`, `invoke` (bare ones only), `register`, … Three kinds of module are told apart:
   * `module`, `module definition` and `module instance`. A script that is one bare list of module fields counts as a `module`.
   * What stands inside a `(thread …)` is counted as well as the thread itself.
   */
  readonly directives: ReadonlyMap<string, number>
  /** The `assert_malformed` among them, by the form of their module. */
  readonly malformed: ReadonlyMap<ModuleForm, number>
}

/** The keywords that begin a directive; anything else on the outermost level is a module field, or a mistake of the scanner. */
const directiveKeywords: ReadonlySet<string> = new Set([
  'module',
  'register',
  'invoke',
  'get',
  'thread',
  'wait',
  'script',
  'input',
  'output',
  'assert_return',
  'assert_trap',
  'assert_exception',
  'assert_suspension',
  'assert_exhaustion',
  'assert_invalid',
  'assert_malformed',
  'assert_unlinkable',
  'assert_invalid_custom',
  'assert_malformed_custom',
])

const moduleFields: ReadonlySet<string> = new Set([
  'type',
  'rec',
  'import',
  'func',
  'table',
  'memory',
  'global',
  'tag',
  'export',
  'start',
  'elem',
  'data',
])

/** Kinds of directive whose body is again a list of directives. */
const nestingKeywords: ReadonlySet<string> = new Set(['thread', 'script'])

/** @throws Error where the script has unbalanced parentheses, an open string or comment, or a directive that is not known. */
export function countDirectives(source: string): DirectiveCounts {
  const directives = new Map<string, number>()
  const malformed = new Map<ModuleForm, number>()
  const open: string[][] = []
  let inModuleFields = false

  const count = (words: readonly string[]): void => {
    const keyword = words[0] ?? ''
    if (keyword.startsWith('@')) return
    if (moduleFields.has(keyword) && open.length === 0) {
      if (!inModuleFields) increment(directives, 'module')
      inModuleFields = true
      return
    }
    if (!directiveKeywords.has(keyword)) throw new Error(`unknown directive (${keyword} …)`)
    inModuleFields = false
    increment(directives, keyword === 'module' ? moduleKind(words) : keyword)
  }

  for (const token of tokens(source)) {
    if (token === '(') {
      open.push([])
    } else if (token === ')') {
      const words = open.pop()
      if (words === undefined) throw new Error('unbalanced ")"')
      const parent = open.at(-1)
      if (parent === undefined || nestingKeywords.has(parent[0] ?? '')) {
        if (!(parent !== undefined && isThreadHeader(words))) count(words)
      } else if (parent[0] === 'assert_malformed' && words[0] === 'module') {
        increment(malformed, moduleForm(words))
      }
    } else {
      open.at(-1)?.push(token)
    }
  }
  if (open.length > 0) throw new Error(`${open.length} unclosed "("`)
  return { directives, malformed }
}

/** The scripts under a folder, or the one named, sorted. */
export function findScripts(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.wast'))
    .map((name) => join(path, name))
    .toSorted()
}

/** Some scripts hold bytes that are no UTF-8, so each byte is read as a character. */
export function countFile(path: string): DirectiveCounts {
  try {
    return countDirectives(readFileSync(path, 'latin1'))
  } catch (error) {
    throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

export function addCounts(all: Iterable<DirectiveCounts>): DirectiveCounts {
  const directives = new Map<string, number>()
  const malformed = new Map<ModuleForm, number>()
  for (const counts of all) {
    for (const [kind, n] of counts.directives) increment(directives, kind, n)
    for (const [form, n] of counts.malformed) increment(malformed, form, n)
  }
  return { directives, malformed }
}

/**
 * Parentheses, words, and each string as the one token `"`. Comments are dropped: `;; …` to the end of the line, `(; … ;)`
 * nested.
 */
function* tokens(source: string): Generator<string> {
  const pattern = /[ \t\r\n]+|;;[^\r\n]*|\(;|[()]|"(?:[^"\\]|\\[^])*"|[^\s()";]+|;/y
  while (pattern.lastIndex < source.length) {
    const at = pattern.lastIndex
    const text = pattern.exec(source)?.[0]
    if (text === undefined) throw new Error(`unexpected character at offset ${at}`)
    if (text === '(;') pattern.lastIndex = endOfBlockComment(source, at)
    else if (text.startsWith('"')) yield '"'
    else if (!text.startsWith(';;') && text.trim() !== '') yield text
  }
}

function endOfBlockComment(source: string, start: number): number {
  const delimiter = /\(;|;\)/g
  delimiter.lastIndex = start
  let depth = 0
  for (let match = delimiter.exec(source); match !== null; match = delimiter.exec(source)) {
    depth += match[0] === '(;' ? 1 : -1
    if (depth === 0) return delimiter.lastIndex
  }
  throw new Error(`unclosed comment at offset ${start}`)
}

function moduleKind(words: readonly string[]): string {
  const kind = words[1]
  return kind === 'definition' || kind === 'instance' ? `module ${kind}` : 'module'
}

/** `words` are the module's own: keyword, `definition`, `$name`, then the form, in this order. */
function moduleForm(words: readonly string[]): ModuleForm {
  const form = words.slice(1).find((word) => word !== 'definition' && !word.startsWith('$'))
  return form === 'quote' || form === 'binary' ? form : 'text'
}

/** `(thread $T (shared (module $M)) …)` opens with what it shares, which is no directive. */
function isThreadHeader(words: readonly string[]): boolean {
  return words[0] === 'shared'
}

function increment<K>(counts: Map<K, number>, key: K, by = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + by)
}

function describe({ directives, malformed }: DirectiveCounts): string {
  const sorted = [...directives].toSorted(([, a], [, b]) => b - a)
  const forms = [...malformed].map(([form, n]) => `${n} ${form}`).join(', ')
  return sorted
    .map(([kind, n]) => `${kind} ${n}${kind === 'assert_malformed' && forms !== '' ? ` (${forms})` : ''}`)
    .join(' · ')
}

async function main(args: readonly string[]): Promise<void> {
  const { findSuite } = await import('../test/suites.ts')
  const named = args.filter((arg) => arg !== '--per-file')
  const official = findSuite('spec')
  const roots = named.length > 0 || official === undefined ? named : [official]
  if (roots.length === 0) throw new Error('name a folder or a script: the official scripts are not here')
  const files = roots.flatMap(findScripts)
  const counts = files.map(countFile)
  if (args.includes('--per-file')) files.forEach((file, i) => console.log(`${file}: ${describe(counts[i]!)}`))
  console.log(`${files.length} scripts: ${describe(addCounts(counts))}`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2))
