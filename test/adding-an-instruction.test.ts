// The change that docs/adding-an-instruction.md shows, applied to a copy of the sources: what it says is all that is needed. The copy
// generates its loops, compiles, and runs the new instructions.

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectRoot } from './source-tree.ts'
import { i64Edges, randomI64 } from './unit/numeric/operands.ts'

const copy = mkdtempSync(join(tmpdir(), 'heddle-copy-'))
const page = readFileSync(join(projectRoot, 'docs/adding-an-instruction.md'), 'utf8')

/** Each block of code with the file that the sentence before it names last. */
const changes = [...page.matchAll(/`(src\/[\w/.-]+)`[^`]*\n\n```(ts|diff)\n(.*?)^```$/gms)].map(
  ([, path, language, text]) => ({ path: path!, language: language!, text: text! }),
)

type Pairs = readonly (readonly bigint[])[]
const next = randomI64(128)
const tuples = (count: number): Pairs => [
  ...i64Edges.flatMap((a) => i64Edges.map((b) => (count === 2 ? [a, b] : [a, b, b ^ 1n, a]))),
  ...Array.from({ length: 1000 }, () => Array.from({ length: count }, next)),
]

const signed = (low: bigint, high: bigint): bigint => (high << 64n) | BigInt.asUintN(64, low)
const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value)

interface Meaning {
  readonly operands: Pairs
  readonly of: (...operands: readonly bigint[]) => bigint
}

const meanings: Readonly<Record<string, Meaning>> = {
  'i64.add128': { operands: tuples(4), of: (a, b, c, d) => signed(a, b) + signed(c, d) },
  'i64.sub128': { operands: tuples(4), of: (a, b, c, d) => signed(a, b) - signed(c, d) },
  'i64.mul_wide_s': { operands: tuples(2), of: (a, b) => a * b },
  'i64.mul_wide_u': { operands: tuples(2), of: (a, b) => unsigned(a) * unsigned(b) },
}

beforeAll(() => {
  for (const path of ['src', 'scripts', 'package.json', 'tsconfig.base.json', 'tsconfig.pure.json']) {
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
      'ts src/instructions/wide-arithmetic.ts',
      'diff src/instructions/proposals.ts',
      'diff src/instructions/planned.ts',
      'ts src/numeric/i64.ts',
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
    expect(refused).toMatch(/needs the proposal "wide-arithmetic", which is switched off/)
  })

  it.each(Object.entries(meanings))('gives %s its meaning', (name, { operands, of }) => {
    const results = run(
      `
      const tuples = JSON.parse(readFileSync(0, 'utf8')).map((tuple) => tuple.map(BigInt))
      const all = (name) => tuples.map((tuple) => instance.exports[name](...tuple).map(String))
      answer([all('${name}'), all('${name} in locals')])
      `,
      JSON.stringify(operands.map((tuple) => tuple.map(String))),
    ) as readonly (readonly (readonly [low: string, high: string])[])[]
    const expected = operands.map((tuple) => {
      const value = BigInt.asIntN(128, of(...tuple))
      return [String(BigInt.asIntN(64, value)), String(value >> 64n)]
    })
    for (const each of results) expect(each).toEqual(expected)
    expect(results).toHaveLength(2)
  })

  it('lets them take constants', () => {
    expect(run(`answer(instance.exports.constants().map(String))`)).toEqual(['0', '6'])
  })

  it('gives the instructions the same meaning where a run stops at each of them', () => {
    const results = run(`
      const results = []
      for (const [name, operands] of [['i64.add128', [-1n, 0n, 1n, 0n]], ['i64.mul_wide_s', [-1n, 5n]]]) {
        const call = instance.start(name, ...operands)
        let state = call.run({ fuel: 1 })
        while (state.kind === 'fuel') state = call.run({ fuel: 1 })
        results.push(String(state.value))
      }
      answer(results)
    `)
    expect(results).toEqual(['0,1', '-5,-1'])
  })
})

/** Two functions for each instruction: one that returns the results as they lie, one that puts them into the locals of two operands. */
const TEXT = `(module ${Object.entries(meanings)
  .map(([name, { operands }]) => {
    const params = operands[0]!
    const type = `(param ${params.map(() => 'i64').join(' ')}) (result i64 i64)`
    const body = `${params.map((_, i) => `local.get ${i}`).join(' ')} ${name}`
    return `(func (export "${name}") ${type} ${body})
      (func (export "${name} in locals") ${type} ${body} local.set 0 local.set 1 local.get 1 local.get 0)`
  })
  .join('\n')}
  (func (export "constants") (result i64 i64) i64.const -1 i64.const 2 i64.const 1 i64.const 3 i64.add128))`

/** Runs a program with the copy's front doors; it hands over what it gives to \`answer\`. */
function run(program: string, input = ''): unknown {
  const preamble = `
    import { readFileSync } from 'node:fs'
    import { Engine } from 'heddle'
    import { decodeModule, parseWat, printWat, wat2wasm } from 'heddle/wat'
    const text = ${JSON.stringify(TEXT)}
    const instance = await new Engine({ features: { 'wide-arithmetic': true } }).compile(wat2wasm(text)).instantiate()
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
