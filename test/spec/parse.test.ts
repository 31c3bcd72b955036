// The text parser on the official scripts: every script parses, what is malformed is refused in the expected words, every other text is a
// module or names the proposal that it needs, and modules survive the ways to binary and to text and back.

import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { countFile, findScripts } from '../../scripts/count-assertions.ts'
import { decodeModule } from '../../src/binary/decode-module.ts'
import { decodeNames } from '../../src/binary/decode-names.ts'
import { encodeModule } from '../../src/binary/encode-module.ts'
import { ModuleError } from '../../src/errors/module-error.ts'
import type { Module } from '../../src/syntax/module.ts'
import { parseModule } from '../../src/text/parse-module.ts'
import { printModule } from '../../src/text/print-module.ts'
import type { Directive, ScriptModule } from '../../src/text/script.ts'
import { parseScript } from '../../src/text/wast.ts'
import { requireSuites } from '../suites.ts'
import { comparable } from '../unit/text/comparable-module.ts'

const folder = requireSuites('spec')
const scripts = folder === undefined ? [] : findScripts(folder).map((path) => [relative(folder, path), path] as const)

/** Malformed texts that are accepted, by script and line, and why. */
const ACCEPTED: Readonly<Record<string, string>> = {
  'proposals/threads/memory.wast:83': 'predates 3.0, where the size is a matter of validation (core/memory.wast)',
  'proposals/threads/memory.wast:87': 'predates 3.0, where the size is a matter of validation (core/memory.wast)',
  'proposals/threads/memory.wast:91': 'predates 3.0, where the size is a matter of validation (core/memory.wast)',
}

/** A directive with the module that it is about, where there is one. */
interface Case {
  readonly place: string
  readonly directive: Directive
  readonly subject: ScriptModule | undefined
}

const cache = new Map<string, readonly Case[]>()

function casesOf(name: string, path: string): readonly Case[] {
  const known = cache.get(path) ?? parseCases(name, path)
  cache.set(path, known)
  return known
}

function parseCases(name: string, path: string): readonly Case[] {
  return flatten(parseScript(readFileSync(path), name).directives).map((directive) => ({
    place: `${name}:${directive.line}`,
    directive,
    subject: subjectOf(directive),
  }))
}

function flatten(directives: readonly Directive[]): Directive[] {
  return directives.flatMap((d) => (d.kind === 'thread' ? [d, ...flatten(d.directives)] : [d]))
}

function subjectOf(directive: Directive): ScriptModule | undefined {
  if (directive.kind === 'assert_trap') {
    return directive.subject.kind === 'module' ? directive.subject.module : undefined
  }
  return 'module' in directive ? directive.module : undefined
}

/** What parsing gives; undefined for bytes. */
function parsed(subject: ScriptModule | undefined): Module | ModuleError | undefined {
  switch (subject?.form) {
    case 'text':
      return subject.module
    case 'faulty text':
      return subject.error
    case 'quote':
      return attempt(subject.text)
    default:
      return undefined
  }
}

function attempt(text: Uint8Array): Module | ModuleError {
  try {
    return parseModule(text)
  } catch (error) {
    if (error instanceof ModuleError) return error
    throw error
  }
}

function isMalformedAssertion({ directive }: Case): boolean {
  return directive.kind === 'assert_malformed' || directive.kind === 'assert_malformed_custom'
}

function isUnsupported(error: ModuleError): boolean {
  return error.kind === 'unsupported' && error.place.proposal !== undefined
}

describe.skipIf(folder === undefined)('the official scripts', () => {
  it.each(scripts)('%s parses, to the directives that an independent scanner counts', (name, path) => {
    const counts = new Map<string, number>()
    for (const { directive } of casesOf(name, path)) {
      counts.set(directive.keyword, (counts.get(directive.keyword) ?? 0) + 1)
    }
    expect(counts).toEqual(countFile(path).directives)
  })

  it('have no directive that cannot be parsed, unless it names a proposal', () => {
    const faulty = scripts
      .flatMap(([name, path]) => casesOf(name, path))
      .flatMap(({ place, directive }) =>
        directive.kind === 'faulty' && !isUnsupported(directive.error) ? [`${place} ${directive.error.message}`] : [],
      )
    expect(faulty).toEqual([])
  })

  it('are refused where they are malformed, in the expected words', () => {
    const refused = new Set<string>()
    const wrong: string[] = []
    for (const subject of scripts.flatMap(([name, path]) => casesOf(name, path)).filter(isMalformedAssertion)) {
      const { place, directive } = subject
      const result = parsed(subject.subject)
      if (result === undefined || !('text' in directive)) continue
      if (result instanceof ModuleError) refused.add(place)
      const agrees = result instanceof ModuleError && (isUnsupported(result) || isMalformedAs(result, directive.text))
      if (!agrees && ACCEPTED[place] === undefined) {
        wrong.push(
          `${place} expected "${directive.text}", got ${result instanceof ModuleError ? result.message : 'a module'}`,
        )
      }
    }
    expect(wrong).toEqual([])
    expect(Object.keys(ACCEPTED).filter((place) => refused.has(place))).toEqual([])
  })

  it.each(scripts)('%s has no text but modules and texts that need a named proposal', (name, path) => {
    const wrong = casesOf(name, path)
      .filter((subject) => !isMalformedAssertion(subject))
      .flatMap(({ place, subject }) => {
        const result = parsed(subject)
        return result instanceof ModuleError && !isUnsupported(result) ? [`${place} ${result.message}`] : []
      })
    expect(wrong).toEqual([])
  })

  it.each(scripts)(
    '%s: its modules are the same after encoding and decoding, and after printing and parsing',
    (name, path) => {
      for (const { place, subject } of casesOf(name, path)) {
        const module = parsed(subject)
        if (module === undefined || module instanceof ModuleError) continue
        const { customs, names: _, ...decoded } = comparable(decodeModule(encodeModule(module)))
        const { customs: ownCustoms, names: __, ...own } = comparable(module)
        expect(decoded, place).toEqual(own)
        expect(
          customs.map((custom) => custom.name),
          place,
        ).toEqual(ownCustoms.map((custom) => custom.name))
        for (const folded of [false, true]) {
          expect(comparable(parseModule(printModule(module, { folded }))), `${place} printed`).toEqual(
            comparable(module),
          )
        }
        const bytes = encodeModule(module, { names: true })
        const binary = decodeModule(bytes)
        const names = decodeNames(binary)
        // A custom section behind one that is absent stands behind another in bytes.
        const withoutCustoms = { ...module, customs: [] }
        expect(printModule({ ...binary, customs: [] }, { names }), place).toBe(printModule(withoutCustoms))
        const again = parseModule(printModule(binary, { names }))
        expect(encodeModule(again, { names: true }), `${place} encoded again`).toEqual(bytes)
      }
    },
  )
})

function isMalformedAs(error: ModuleError, text: string): boolean {
  return error.kind === 'malformed' && error.reason.startsWith(text)
}
