// An instruction's name is spelled in its row and nowhere else in src/: shared code asks the row, it never compares names. What
// must tell control instructions apart is listed here, file by file, and a listed name that is gone must leave the list.

import { describe, expect, it } from 'vitest'
import { INSTRUCTIONS } from '../src/instructions/table.ts'
import { lineOf, parseSource, readSources, visit } from './source-tree.ts'
import type { SourceFile } from './source-tree.ts'

/** File → the names that it may spell (all of them where it is the handlers of instructions), and why. */
const allowed: Readonly<Record<string, { readonly names: readonly string[] | 'handlers'; readonly why: string }>> = {
  'src/interpret/lower-control.ts': {
    names: 'handlers',
    why: 'a handler for each instruction that changes control or only moves values',
  },
  'src/interpret/lower-exceptions.ts': { names: 'handlers', why: 'likewise, for those that throw or catch' },
  'src/interpret/lower-stack-switching.ts': { names: 'handlers', why: 'likewise, for those on continuations' },
  'src/interpret/slow.ts': {
    names: 'handlers',
    why: 'a handler for each instruction on tables, segments and memory sizes',
  },
  'src/interpret/slow-gc.ts': { names: 'handlers', why: 'likewise, on structures, arrays and casts' },
  'src/runtime/const-expr.ts': { names: 'handlers', why: 'a handler for each instruction of constant expressions' },
  'src/interpret/ops.ts': {
    names: ['br_if', 'br_table', 'call_indirect', 'call_ref'],
    why: 'operations of the register code, some of which are named for the instruction that they come from',
  },
  'src/interpret/warm-up.ts': {
    names: ['br_if', 'br_table', 'call_indirect'],
    why: 'the same operations, in a program that has each of them',
  },
  'src/script/values.ts': { names: ['ref.null'], why: 'the report writes a value as the text format does' },
}

/**
 * Names that are English words (`loop`, `end`, `call` …) are also kinds of frames, facts of rows and ordinary strings: they count only
 * where something is compared with a `name`.
 */
const isWord = (name: string): boolean => !/[._\d]/.test(name)

const mnemonics: ReadonlySet<string> = new Set(INSTRUCTIONS.map(({ name }) => name))

const spellings = readSources('src')
  .filter(({ path }) => !path.startsWith('src/instructions/') && !path.endsWith('.gen.ts'))
  .flatMap(findMnemonics)

describe('a mnemonic', () => {
  it('is spelled in its row only, but for the files listed', () => {
    const elsewhere = spellings.filter(({ path, name }) => {
      const names = allowed[path]?.names ?? []
      return names !== 'handlers' && !names.includes(name)
    })
    expect(elsewhere.map(({ path, line, name }) => `${path}:${line} ${name}`)).toEqual([])
  })

  it('stands in the list only where it is still spelled', () => {
    const found = new Set(spellings.flatMap(({ path, name }) => [path, `${path} ${name}`]))
    const listed = Object.entries(allowed).flatMap(([path, { names }]) =>
      names === 'handlers' ? [path] : names.map((name) => `${path} ${name}`),
    )
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
    ['a comparison with a name', `if (row.name === 'loop') {}`, ['loop']],
    ['a switch over a name', `switch (row.name) { case 'loop': }`, ['loop']],
    ['a type', `type Control = 'br' | 'br_if'`, ['br_if']],
    ['no word that is something else', `const kind = frame.kind === 'loop'`, []],
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

/** Whole strings that are a mnemonic, and unquoted keys that are one; a word only where a name is compared with it. */
function findMnemonics({ path, text, program }: SourceFile): Spelling[] {
  const found: Spelling[] = []
  const note = (name: unknown, offset: number, words = false): void => {
    if (typeof name !== 'string' || !mnemonics.has(name) || isWord(name) !== words) return
    found.push({ path, line: lineOf(text, offset), name })
  }
  const noteWord = (node: { readonly type: string; readonly start: number }): void => {
    if (node.type === 'Literal') note((node as { value?: unknown }).value, node.start, true)
  }
  visit(program, (node) => {
    if (node.type === 'Literal') note(node.value, node.start)
    else if (node.type === 'TemplateLiteral' && node.quasis.length === 1) note(node.quasis[0]?.value.cooked, node.start)
    else if (isKeyed(node) && node.key.type === 'Identifier') note(node.key.name, node.key.start)
    else if (node.type === 'BinaryExpression') {
      if (isName(node.left)) noteWord(node.right)
      if (isName(node.right)) noteWord(node.left)
    } else if (node.type === 'SwitchStatement' && isName(node.discriminant)) {
      for (const { test } of node.cases) if (test !== null) noteWord(test)
    }
  })
  return found
}

/** `….name`. */
function isName(node: { readonly type: string }): boolean {
  const { property } = node as { property?: { readonly name?: unknown } }
  return node.type === 'MemberExpression' && property?.name === 'name'
}

type Keyed = Extract<
  Parameters<Parameters<typeof visit>[1]>[0],
  { type: 'Property' | 'TSPropertySignature' | 'MethodDefinition' }
>

function isKeyed(node: { readonly type: string }): node is Keyed {
  return node.type === 'Property' || node.type === 'TSPropertySignature' || node.type === 'MethodDefinition'
}
