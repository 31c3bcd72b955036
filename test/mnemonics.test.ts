// An instruction's name is spelled in its row and nowhere else in src/: shared code asks the row, it never compares names. What
// must tell control instructions apart is listed here, file by file, and a listed name that is gone must leave the list.

import { describe, expect, it } from 'vitest'
import { INSTRUCTIONS } from '../src/instructions/table.ts'
import { lineOf, parseSource, readSources, visit } from './source-tree.ts'
import type { SourceFile } from './source-tree.ts'

/** File → the names that it may spell, and why. */
const allowed: Readonly<Record<string, { readonly names: readonly string[]; readonly why: string }>> = {
  'src/binary/decode-code.ts': {
    names: ['end'],
    why: "the fact `structure` of a row, which has the instruction's name",
  },
  'src/text/words.ts': {
    names: ['else', 'end'],
    why: "the fact `structure` of a row, which has the instruction's name",
  },
  'src/validate/code.ts': {
    names: ['loop'],
    why: 'the kind of a control frame: a branch to a loop takes its parameters, not its results',
  },
  'src/validate/const-expr.ts': {
    names: ['end'],
    why: "the fact `structure` of a row, which has the instruction's name",
  },
}

/** Folders that don't handle code: `loop`, `end` and other names that are English words are only words there. */
const withoutCode: ReadonlySet<string> = new Set(['errors', 'wasi', 'command', 'node', 'browser', 'cli'])

const mnemonics: ReadonlySet<string> = new Set(INSTRUCTIONS.map(({ name }) => name))

const spellings = readSources('src')
  .filter(({ path }) => !path.startsWith('src/instructions/') && !path.endsWith('.gen.ts'))
  .flatMap(findMnemonics)
  .filter(({ path, name }) => /[._]/.test(name) || !withoutCode.has(path.split('/')[1] ?? ''))

describe('a mnemonic', () => {
  it('is spelled in its row only, but for the files listed', () => {
    const elsewhere = spellings.filter(({ path, name }) => allowed[path]?.names.includes(name) !== true)
    expect(elsewhere.map(({ path, line, name }) => `${path}:${line} ${name}`)).toEqual([])
  })

  it('stands in the list only where it is still spelled', () => {
    const listed = Object.entries(allowed).flatMap(([path, { names }]) => names.map((name) => `${path} ${name}`))
    const found = new Set(spellings.map(({ path, name }) => `${path} ${name}`))
    expect(listed.filter((entry) => !found.has(entry))).toEqual([])
  })
})

describe('the search for mnemonics finds', () => {
  it.each([
    ['a string', `if (name === 'br_if') {}`, ['br_if']],
    ['a template without holes', 'if (name === `i32.add`) {}', ['i32.add']],
    ['a quoted key', `const handlers = { 'memory.grow': 1 }`, ['memory.grow']],
    [
      'a key that can be nothing else',
      `const handlers = { br_table: 1, call_indirect() {} }`,
      ['br_table', 'call_indirect'],
    ],
    ['a case', `switch (name) { case 'loop': }`, ['loop']],
    ['a type', `type Control = 'br' | 'br_if'`, ['br', 'br_if']],
    [
      'nothing in comments, in longer strings and in ordinary names',
      `// 'br_if'\nconst call = { drop: 'br_if takes' }`,
      [],
    ],
  ])('%s', (_, text, names) => {
    expect(findMnemonics(parseSource('src/a.ts', text)).map(({ name }) => name)).toEqual(names)
  })
})

interface Spelling {
  readonly path: string
  readonly line: number
  readonly name: string
}

/** Whole strings that are a mnemonic, and unquoted keys that are one and no English word. */
function findMnemonics({ path, text, program }: SourceFile): Spelling[] {
  const found: Spelling[] = []
  const note = (name: unknown, offset: number): void => {
    if (typeof name === 'string' && mnemonics.has(name)) found.push({ path, line: lineOf(text, offset), name })
  }
  visit(program, (node) => {
    if (node.type === 'Literal') note(node.value, node.start)
    else if (node.type === 'TemplateLiteral' && node.quasis.length === 1) note(node.quasis[0]?.value.cooked, node.start)
    else if (isKeyed(node) && node.key.type === 'Identifier' && node.key.name.includes('_'))
      note(node.key.name, node.key.start)
  })
  return found
}

type Keyed = Extract<
  Parameters<Parameters<typeof visit>[1]>[0],
  { type: 'Property' | 'TSPropertySignature' | 'MethodDefinition' }
>

function isKeyed(node: { readonly type: string }): node is Keyed {
  return node.type === 'Property' || node.type === 'TSPropertySignature' || node.type === 'MethodDefinition'
}
