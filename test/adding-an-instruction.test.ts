// The change that docs/adding-an-instruction.md shows, applied to a copy of the sources: what it says is all that is needed. The copy
// generates its loops, compiles, and runs the new instructions.

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectRoot } from './source-tree.ts'
import { i32Edges, i64Edges, randomI32, randomI64 } from './unit/numeric/operands.ts'

const copy = mkdtempSync(join(tmpdir(), 'heddle-copy-'))
const page = readFileSync(join(projectRoot, 'docs/adding-an-instruction.md'), 'utf8')

/** Each block of code with the file that the sentence before it names last. */
const changes = [...page.matchAll(/`(src\/[\w/.-]+)`[^`]*\n\n```(ts|diff)\n(.*?)^```$/gms)].map(
  ([, path, language, text]) => ({ path: path!, language: language!, text: text! }),
)

/** Bits of operands or results as decimal numbers, signed: what goes through JSON. */
type Tuples = readonly (readonly bigint[])[]

interface Meaning {
  readonly type: string
  readonly operands: Tuples
  readonly of: (...operands: readonly bigint[]) => readonly bigint[]
}

const [next32, next64] = [randomI32(128), randomI64(128)]
const singles32 = [...i32Edges, ...Array.from({ length: 1000 }, next32)].map((a) => [BigInt(a)])
const singles64 = [...i64Edges, ...Array.from({ length: 1000 }, next64)].map((a) => [a])
const pairs = singles32.flatMap(([a]) =>
  [a!, 1n, -1n, BigInt(next32() | 1)].filter((b) => b !== 0n).map((b) => [a!, b]),
)

const reversed = (bits: number, a: bigint): bigint =>
  BigInt.asIntN(
    bits,
    BigInt(`0b${BigInt.asUintN(bits, a).toString(2).padStart(bits, '0').split('').reverse().join('')}`),
  )
const unsigned = (a: bigint): bigint => BigInt.asUintN(32, a)

const meanings: Readonly<Record<string, Meaning>> = {
  'i32.bitreverse': { type: '(param i32) (result i32)', operands: singles32, of: (a) => [reversed(32, a)] },
  'i64.bitreverse': { type: '(param i64) (result i64)', operands: singles64, of: (a) => [reversed(64, a)] },
  'i32.divrem_u': {
    type: '(param i32 i32) (result i32 i32)',
    operands: pairs,
    of: (a, b) => [unsigned(a) / unsigned(b), unsigned(a) % unsigned(b)].map((each) => BigInt.asIntN(32, each)),
  },
}

beforeAll(() => {
  for (const path of ['src', 'scripts', 'docs', 'package.json', 'tsconfig.base.json', 'tsconfig.pure.json']) {
    cpSync(join(projectRoot, path), join(copy, path), { recursive: true })
  }
  symlinkSync(join(projectRoot, 'node_modules'), join(copy, 'node_modules'), 'junction')
  for (const change of changes) apply(change)
  runTool('tsx/dist/cli.mjs', 'scripts/generate.ts')
  runTool('typescript/bin/tsc', '-b', 'tsconfig.pure.json')
})
afterAll(() => rmSync(copy, { recursive: true }))

describe('the page on adding an instruction', () => {
  it('names the file of each change', () => {
    expect(changes.map(({ path, language }) => `${language} ${path}`)).toEqual([
      'ts src/instructions/invented.ts',
      'diff src/instructions/proposals.ts',
      'ts src/numeric/i32.ts',
    ])
    expect(page.match(/^```\w/gm)).toHaveLength(changes.length)
  })

  it('adds instructions that the copy parses, validates, encodes, decodes and prints', () => {
    const { printed, refused } = run(`
      const module = parseWat(text)
      const bytes = wat2wasm(text)
      let refused
      try { new Engine().compile(bytes) } catch (error) { refused = error.message }
      answer({ printed: printWat(decodeModule(bytes)), refused })
    `) as { printed: string; refused: string }
    for (const name of Object.keys(meanings)) expect(printed).toContain(`${name}\n`)
    expect(refused).toMatch(/needs the proposal "invented", which is switched off/)
  })

  it.each(Object.entries(meanings))('gives %s its meaning', (name, { operands, of }) => {
    const results = run(
      `
      const tuples = JSON.parse(readFileSync(0, 'utf8')).map((tuple) => tuple.map(${name.startsWith('i64') ? 'BigInt' : 'Number'}))
      const all = (name) => tuples.map((tuple) => [instance.exports[name](...tuple)].flat().map(String))
      answer([all('${name}'), all('${name} in locals')])
      `,
      JSON.stringify(operands.map((tuple) => tuple.map(String))),
    ) as readonly (readonly (readonly string[])[])[]
    const expected = operands.map((tuple) => of(...tuple).map(String))
    for (const each of results) expect(each).toEqual(expected)
    expect(results).toHaveLength(2)
  })

  it('lets them take constants', () => {
    expect(run('answer(instance.exports.constants())')).toEqual([14, 2])
  })

  it('lets them trap', () => {
    const trap = `try { instance.exports['i32.divrem_u'](1, 0) } catch (error) { answer(error.code) }`
    expect(run(trap)).toBe('TRAP_DIVIDE_BY_ZERO')
  })

  it('gives the instructions the same meaning where a run stops at each of them', () => {
    const results = run(`
      const results = []
      for (const [name, operands] of [['i64.bitreverse', [1n]], ['i32.divrem_u', [-1, 10]]]) {
        const call = instance.start(name, ...operands)
        let state = call.run({ fuel: 1 })
        while (state.kind === 'fuel') state = call.run({ fuel: 1 })
        results.push(String(state.value))
      }
      answer(results)
    `)
    expect(results).toEqual(['-9223372036854775808', '429496729,5'])
  })
})

/** Two functions for each instruction: one that returns the results as they lie, one that puts them into locals of their operands. */
const TEXT = `(module ${Object.entries(meanings)
  .map(([name, { type, operands }]) => {
    const params = operands[0]!.map((_, i) => i)
    const body = `${params.map((i) => `local.get ${i}`).join(' ')} ${name}`
    const locals = `${params.map((i) => `local.set ${i}`).join(' ')} ${params
      .map((i) => `local.get ${i}`)
      .reverse()
      .join(' ')}`
    return `(func (export "${name}") ${type} ${body}) (func (export "${name} in locals") ${type} ${body} ${locals})`
  })
  .join('\n')}
  (func (export "constants") (result i32 i32) i32.const 100 i32.const 7 i32.divrem_u))`

/** Runs a program with the copy's front doors; it hands over what it gives to \`answer\`. */
function run(program: string, input = ''): unknown {
  const preamble = `
    import { readFileSync } from 'node:fs'
    import { Engine } from 'heddle'
    import { decodeModule, parseWat, printWat, wat2wasm } from 'heddle/wat'
    const text = ${JSON.stringify(TEXT)}
    const instance = await new Engine({ features: { invented: true } }).compile(wat2wasm(text)).instantiate()
    const answer = (value) => process.stdout.write(JSON.stringify(value))
  `
  return JSON.parse(spawn(['--input-type=module', '--eval', preamble + program], input))
}

function runTool(tool: string, ...args: readonly string[]): void {
  spawn([join(copy, 'node_modules', tool), ...args])
}

function spawn(args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8', input })
  expect(status, stdout + stderr).toBe(0)
  return stdout
}

/** A new file, more at the end of one, or a diff: lines to find, to insert behind what was found, and to take out. */
function apply({ path, language, text }: (typeof changes)[number]): void {
  const file = join(copy, path)
  const before = existsSync(file) ? readFileSync(file, 'utf8') : ''
  if (language === 'ts') return writeFileSync(file, before === '' ? text : `${before}\n${text}`)
  const lines = before.split('\n')
  let at = 0
  for (const line of text.trimEnd().split('\n')) {
    const content = line.slice(1)
    if (content === '…') continue
    if (line.startsWith('+')) {
      lines.splice(at++, 0, content)
      continue
    }
    const found = lines.indexOf(content, at)
    expect(found, `${path} has the line ${content}`).toBeGreaterThanOrEqual(0)
    at = found + 1
    if (line.startsWith('-')) lines.splice(--at, 1)
  }
  writeFileSync(file, lines.join('\n'))
}
