// Damaged sources: tokens dropped, doubled and exchanged, bytes changed, parentheses nested without end. What comes out is a module or a
// ModuleError with its place, and what parses is judged, encoded and printed without any other error.

import { readFileSync, readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeModule } from '../../src/binary/decode-module.ts'
import { encodeModule } from '../../src/binary/encode-module.ts'
import { ModuleError } from '../../src/errors/module-error.ts'
import type { Module } from '../../src/syntax/module.ts'
import { parseModule } from '../../src/text/parse-module.ts'
import { printModule } from '../../src/text/print-module.ts'
import { parseScript } from '../../src/text/wast.ts'
import { validateModule } from '../../src/validate/module.ts'
import { projectRoot } from '../source-tree.ts'
import { generateModule } from './generate-module.ts'
import { Random } from './random.ts'

function readSources(folder: string): string[] {
  const path = resolve(projectRoot, folder)
  const names = readdirSync(path).filter((name) => name.endsWith('.wat'))
  return names.map((name) => readFileSync(resolve(path, name), 'utf8'))
}

const SOURCES: readonly string[] = [
  ...readSources('examples'),
  ...readSources('test/fixtures/objdump'),
  ...[3, 4].map((seed) => printModule(generateModule(seed, { simd: true }).module)),
  ...[5, 6].map((seed) =>
    printModule(generateModule(seed, { simd: true, multiMemory: true, extendedConst: true }).module, { folded: true }),
  ),
]

const TOKENS = /"(?:\\.|[^"\\])*"|;;[^\n]*|[()]|[^\s()";]+|\s+/g
// prettier-ignore
const ODDITIES = [
  '(', ')', '"', '(;', ';;', '$', '(@', '0x', '1e', 'nan:0x', '-', '_', '\\', '\u0000', '\ud800', '\u{10ffff}', '\u202e',
  '(module', '(then', '(param', '(result', 'end', 'else', 'i32', '$x', '0xffffffffffffffffff', '99999999999', '(type 9)',
]

/** The source with one to three changes. */
function damaged(source: string, random: Random): string {
  const tokens = source.match(TOKENS) ?? []
  for (let changes = random.between(1, 3); changes > 0; changes--) {
    const at = random.below(tokens.length)
    const other = random.below(tokens.length)
    switch (random.below(6)) {
      case 0:
        tokens.splice(at, 1)
        break
      case 1:
        tokens.splice(at, 0, tokens[at]!)
        break
      case 2:
        ;[tokens[at], tokens[other]] = [tokens[other]!, tokens[at]!]
        break
      case 3:
        tokens.splice(at, 0, random.pick(ODDITIES))
        break
      case 4:
        tokens[at] = random.pick(ODDITIES)
        break
      default:
        tokens[at] = `${tokens[at]!.slice(0, random.below(tokens[at]!.length + 1))}${tokens[other]!}`
    }
  }
  return tokens.join('')
}

/** Parses, and does with what parsed what can be done. Gives how it ended; errors of other kinds go on. */
function outcome(source: string | Uint8Array): string {
  let module: Module
  try {
    module = parseModule(source)
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error
    expect(error.place.line).toBeGreaterThan(0)
    return error.kind
  }
  try {
    validateModule(module)
  } catch (error) {
    if (error instanceof ModuleError) return `parsed, ${error.kind}`
    throw error
  }
  const bytes = encodeModule(module)
  expect(isSame(encodeModule(decodeModule(bytes)), bytes)).toBe(true)
  expect(isSame(encodeModule(parseModule(printModule(module))), bytes)).toBe(true)
  return 'valid'
}

/** Much faster than `toEqual`. */
function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function count(outcomes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const each of outcomes) counts[each] = (counts[each] ?? 0) + 1
  return counts
}

describe('a damaged source is a module or a ModuleError with its line', () => {
  it('where tokens are dropped, doubled, exchanged or replaced', () => {
    const counts = count(
      SOURCES.flatMap((source, s) =>
        Array.from({ length: 400 }, (_, i) => outcome(damaged(source, new Random(s * 1_000 + i)))),
      ),
    )
    expect(counts['malformed']).toBeGreaterThan(500)
    expect(counts['valid']).toBeGreaterThan(100)
    expect(counts['parsed, invalid']).toBeGreaterThan(20)
  })

  it('where any byte is changed', () => {
    const encoder = new TextEncoder()
    const outcomes = SOURCES.flatMap((source, s) => {
      const random = new Random(s)
      const bytes = encoder.encode(source)
      return Array.from({ length: 400 }, () => {
        const at = random.below(bytes.length)
        const old = bytes[at]!
        bytes[at] = random.chance(0.5) ? old ^ (1 << random.below(8)) : random.below(256)
        const result = outcome(bytes)
        bytes[at] = old
        return result
      })
    })
    expect(count(outcomes)['malformed']).toBeGreaterThan(500)
  })

  it('where it breaks off', () => {
    const source = SOURCES[0]!
    for (let length = 0; length < source.length; length++) outcome(source.slice(0, length))
    for (const each of SOURCES) {
      for (let length = 0; length < each.length; length += Math.ceil(each.length / 100)) outcome(each.slice(0, length))
    }
  })

  it('as a script too', () => {
    const source = `(module (func (export "f") (result i32) (i32.const 1))) (assert_return (invoke "f") (i32.const 1))
      (assert_trap (invoke "f") "x") (module quote "(func)") (module binary "\\00asm\\01\\00\\00\\00") (register "m")
      (assert_malformed (module quote "(") "y") (invoke "f" (f32.const nan:canonical)) (get "g")`
    for (let seed = 0; seed < 3_000; seed++) {
      try {
        parseScript(damaged(source, new Random(seed)), 'script.wast')
      } catch (error) {
        if (!(error instanceof ModuleError)) throw error
      }
    }
  })
})

describe('nesting without end is no recursion', () => {
  const DEPTH = 200_000

  it.each<[string, string, string]>([
    ['parentheses', '('.repeat(DEPTH), 'malformed'],
    ['closed parentheses', `${'('.repeat(DEPTH)}${')'.repeat(DEPTH)}`, 'malformed'],
    ['block comments', `${'(;'.repeat(DEPTH)}${';)'.repeat(DEPTH)}`, 'valid'],
    ['annotations', `(module ${'(@a '.repeat(DEPTH)}${')'.repeat(DEPTH)})`, 'valid'],
    ['folded blocks', `(func ${'(block '.repeat(DEPTH)}${')'.repeat(DEPTH)})`, 'valid'],
    ['flat blocks', `(func ${'block '.repeat(DEPTH)}${'end '.repeat(DEPTH)})`, 'valid'],
    ['operands', `(func (drop ${'(i32.eqz '.repeat(DEPTH)}(i32.const 0)${')'.repeat(DEPTH)}))`, 'valid'],
    ['ifs', `(func ${'(if (i32.const 0) (then '.repeat(DEPTH)}${'))'.repeat(DEPTH)})`, 'valid'],
    ['conditions', `(func ${'(if '.repeat(DEPTH)}`, 'malformed'],
    ['modules', '(module '.repeat(DEPTH), 'malformed'],
    ['types', `(type ${'(func '.repeat(DEPTH)}`, 'malformed'],
    ['offsets', `(memory 1) (data ${'(offset '.repeat(DEPTH)}`, 'malformed'],
  ])('%s', (_, source, expected) => {
    expect(outcome(source)).toBe(expected)
  })
})
