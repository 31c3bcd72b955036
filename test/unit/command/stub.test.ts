// Skeletons of imports: they compile under the strictest options, run as they are, and no name of a module becomes code.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eraseTypes } from '../../../src/cli/erase-types.ts'
import { wat2wasm } from '../../../src/command/convert.ts'
import { stubModule, type StubOptions } from '../../../src/command/stub/stub-module.ts'
import { Engine } from '../../../src/embed/engine.ts'
import * as heddle from '../../../src/index.ts'
import { DIALECTS, coreType } from '../../../src/wasi/preview1/dialect.ts'
import { projectRoot } from '../../source-tree.ts'

const engine = new Engine({ features: Object.fromEntries(heddle.FEATURE_NAMES.map((name) => [name, true])) })

function stub(wat: string, options?: StubOptions): string {
  return stubModule(engine.compile(wat2wasm(wat)), options) ?? ''
}

type Imported = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** What a program would get of the text as it stands. */
async function evaluate(text: string): Promise<Imported> {
  const source = `data:text/javascript,${encodeURIComponent(eraseTypes(text))}`
  const { default: given } = (await import(/* @vite-ignore */ source)) as { default: unknown }
  return (typeof given === 'function' ? (given as (api: object) => unknown)(heddle) : given) as Imported
}

/** In the text format. */
function quotedWat(name: string): string {
  return `"${[...Buffer.from(name)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join('')}"`
}

const hostile = readFileSync(join(projectRoot, 'test/fixtures/cli/stub-hostile.wat'), 'utf8')

const allOfWasi = DIALECTS.map(({ module, ...dialect }) =>
  dialect.functions.map((name) => {
    const { params, results } = coreType(name, { module, ...dialect })!
    const type = `(param ${params.join(' ')}) (result ${results.join(' ')})`
    return `(import "${module}" "${name}" (func ${type}))`
  }),
).flat(2)

describe('a skeleton', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-stub-'))
  const modules: Readonly<Record<string, string>> = {
    hostile,
    wasi: `(module ${allOfWasi.join('\n')} (memory (export "memory") 1))`,
    plain: '(module (import "env" "f" (func (param f32) (result funcref))))',
  }

  beforeAll(() => {
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: 'es2022',
      module: 'nodenext',
      noUncheckedIndexedAccess: true,
      exactOptionalPropertyTypes: true,
      erasableSyntaxOnly: true,
      isolatedModules: true,
      verbatimModuleSyntax: true,
      types: [],
      paths: { heddle: [join(projectRoot, 'dist/index.d.ts')] },
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  function compile(): string {
    const tsc = join(projectRoot, 'node_modules/.bin/tsc')
    return spawnSync(tsc, ['-p', folder, '--pretty', 'false'], { encoding: 'utf8' }).stdout
  }

  it('compiles strictly against the package, whatever is imported', () => {
    for (const [name, wat] of Object.entries(modules)) writeFileSync(join(folder, `${name}.ts`), stub(wat))
    expect(compile()).toBe('')
  })

  it('doesn’t compile when it is filled in with another type', () => {
    writeFileSync(join(folder, 'plain.ts'), stub(modules['plain']!).replace('return null', 'return 1n'))
    expect(compile()).toMatch(/plain\.ts\(\d+,\d+\): error TS2322/)
  })

  it.each(Object.keys(modules))('of a module that can be linked makes it run: %s', async (name) => {
    const wat = modules[name]!.replace(/\(import "env" "both" [^\n]*\n?/, '\n').replace(/\(import "gc" "glob" .*/, '')
    const given = await evaluate(stub(wat.replace(/\(import "env" "nonnull" .*\n/, '\n')))
    const module = engine.compile(wat2wasm(wat.replace(/\(import "env" "nonnull" .*\n/, '\n')))
    expect(() => module.instantiateSync(given as heddle.Imports)).not.toThrow()
  })
})

describe('a name', () => {
  // prettier-ignore
  const names = [
    "'", '"', '`', '\\', '\\\'', '${globalThis.injected = 1}', '*/ globalThis.injected = 1 /*', '\n globalThis.injected = 1 //', '\r', '\u2028', '\u2029',
    '\0', '\u202e', '</script>', '__proto__', 'constructor', 'default', 'get f', 'async f', '', '1', '%s', '-->', '<!--', '\ufeff', '💥', 'é',
    "'(){},[globalThis.injected=1]:{'", '} satisfies ModuleImports', 'import type { x } from "y"', '}',
  ]

  it.each(names.map((name) => [name]))('stays a name: %j', async (name) => {
    const wat = `(module (import ${quotedWat(name)} ${quotedWat(name)} (func (param i32)))
      (import "env" "f" (func $f (param i32))) (import ${quotedWat(name)} "g" (global i32)) (import ${quotedWat(name)} "m" (memory 1)))`
    const text = stub(wat, { file: name })
    const given = await evaluate(text)
    expect(Object.keys(given)).toEqual([name, 'env'])
    expect(Object.keys(given[name]!)).toEqual([name, 'g', 'm'].filter((key, i, all) => all.indexOf(key) === i))
    expect(given[name]![name]).toBeTypeOf('function')
    expect(globalThis).not.toHaveProperty('injected')
    expect(text).toMatch(/^[ -~\n]*$/)
  })

  it('of a parameter becomes an identifier of its own', async () => {
    const params = ['in', 'in', 'ctx', 'a b', '1', 'é', '', 'console', 'a_b'].map(
      (name, i) => `(param $"p${i}${name}" i32)`,
    )
    const text = stub(
      `(module (import "env" "f" (func ${params.join(' ')})) (import "env" "g" (func (param $in i32) (param $ctx i64))))`,
    )
    expect(text).toContain('f(ctx, p0in, p1in, p2ctx, p3a_b, p41, p5_, p6, p7console, p8a_b) {')
    expect(text).toContain('g(ctx, in_, ctx_) {')
    expect((await evaluate(text))['env']!['g']).toHaveLength(3)
  })
})

describe('a skeleton says of what it can’t answer for', () => {
  it('which types one name is imported with', () => {
    const text = stub('(module (import "a" "f" (func (param i32))) (import "a" "f" (func)) (import "a" "f" (func)))')
    expect(text).toContain('//   [i32] -> []\n    //   [] -> []\n    f(ctx, ...args) {')
  })

  it('that a vector is none of JavaScript’s values', () => {
    expect(stub('(module (import "a" "f" (func (result v128))))')).toContain("vectors can't pass")
  })

  it('nothing, where nothing is imported', () => {
    expect(stubModule(engine.compile(wat2wasm('(module)')))).toBeUndefined()
  })

  it('and leaves WASI out where that is wanted', () => {
    const wat = `(module ${allOfWasi.join('\n')} (import "env" "f" (func)))`
    expect(stub(wat, { wasi: false })).not.toContain('wasi')
  })

  it('and leaves only that out of WASI which there is', () => {
    const wat = `(module (import "wasi_snapshot_preview1" "sock_open" (func (param i32)))
      (import "wasi_snapshot_preview1" "sock_accept" (func (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_close" (func (param i32) (result i32))))`
    const text = stub(wat, { wasi: false })
    expect(text).toContain('sock_open(')
    expect(text).toContain('sock_accept(')
    expect(text).not.toContain('fd_close')
  })
})

describe('types are erased', () => {
  it('from the head and the last line, and lines keep their numbers', () => {
    const text = stub('(module (import "env" "f" (func (param f32))))')
    const erased = eraseTypes(text)
    expect(erased.split('\n')).toHaveLength(text.split('\n').length)
    expect(erased).not.toMatch(/HostContext|satisfies|interface/)
    expect(erased.trimEnd().endsWith('\n}')).toBe(true)
  })

  it('from nowhere else, whatever looks like them', () => {
    const text = 'const s = `\nimport type { a } from "b"\ninterface X {\n}\n} satisfies X\n`\nexport default {\n}\n'
    expect(eraseTypes(text)).toBe(text)
    const open = 'interface X {\nconst unfinished = 1\n'
    expect(eraseTypes(open)).toBe(open)
  })
})
