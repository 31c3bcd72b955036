// Finds the binary modules of the official scripts, with what the scripts expect of them. It knows just enough of the script language
// for that, so that the decoder's tests don't lean on the text parser.

import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface ScriptModule {
  /** File and line. */
  readonly place: string
  readonly bytes: Uint8Array
  /** The wording of `assert_malformed`; undefined for every other module. */
  readonly malformed: string | undefined
}

export function readScriptModules(folder: string): ScriptModule[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.wast'))
    .sort()
    .flatMap((path) => findModules(path, readFileSync(join(folder, path), 'utf8')))
}

const TOKEN = /;;[^\n]*|\(;[^]*?;\)|"(?:[^"\\]|\\.)*"|[()]|[^\s()";]+/g

function findModules(path: string, text: string): ScriptModule[] {
  const tokens = [...text.matchAll(TOKEN)].filter(([token]) => !token.startsWith(';;') && !token.startsWith('(;'))
  const at = (i: number): string => tokens[i]?.[0] ?? ''
  const found: ScriptModule[] = []
  for (let i = 0; i < tokens.length; i++) {
    if (at(i) !== '(' || at(i + 1) !== 'module') continue
    let next = i + 2
    while (at(next) === 'definition' || at(next).startsWith('$')) next++
    if (at(next) !== 'binary') continue
    const strings: string[] = []
    while (at(++next).startsWith('"')) strings.push(at(next))
    const line = text.slice(0, tokens[i]?.index).split('\n').length
    const malformed = at(i - 1) === 'assert_malformed' ? at(next + 1).slice(1, -1) : undefined
    found.push({ place: `${path}:${line}`, bytes: stringBytes(strings), malformed })
  }
  return found
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '"': '"', "'": "'", '\\': '\\' }

function stringBytes(strings: readonly string[]): Uint8Array {
  const parts = strings.flatMap((string) =>
    [...string.slice(1, -1).matchAll(/\\([0-9a-fA-F]{2})|\\(.)|[^\\]+/g)].map(([text, hex, escape]) =>
      hex !== undefined
        ? Buffer.from(hex, 'hex')
        : Buffer.from(escape === undefined ? text : (ESCAPES[escape] ?? text)),
    ),
  )
  return new Uint8Array(Buffer.concat(parts))
}
