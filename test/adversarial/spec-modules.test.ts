// Item 1 of the adversarial checklist on the modules of the official scripts: where one breaks off it is a ModuleError, unless it breaks off
// behind a section and what is there is a module.

import { readFileSync } from 'node:fs'
import { Engine, ModuleError } from 'heddle'
import { encodeModule } from 'heddle/wat'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseScript } from '../../src/text/wast.ts'
import { coreScripts } from '../spec/official-scripts.ts'

const { stackTraceLimit } = Error
// Most of the time would go into stack traces that nobody reads.
beforeAll(() => void (Error.stackTraceLimit = 0))
afterAll(() => void (Error.stackTraceLimit = stackTraceLimit))

/** Places in a module that are looked at: all of them, or so many. */
const MOST_PLACES = 24

function modulesOf(path: string): Uint8Array[] {
  return parseScript(readFileSync(path)).directives.flatMap((directive) =>
    directive.kind === 'module' && directive.module.form === 'text' ? [encodeModule(directive.module.module)] : [],
  )
}

/** Where a section ends, and behind the header. */
function boundaries(bytes: Uint8Array): ReadonlySet<number> {
  const ends = new Set([8])
  for (let at = 8; at < bytes.length;) {
    let [size, shift] = [0, 0]
    do size += (bytes[++at]! & 0x7f) * 2 ** (7 * shift++)
    while (bytes[at]! >= 0x80)
    at += size + 1
    ends.add(at)
  }
  return ends
}

const engine = new Engine()

describe.skipIf(coreScripts.length === 0)('adversarial.md 1: every module of the official scripts', () => {
  it('is refused with a ModuleError where it breaks off within a section', () => {
    let [modules, refused] = [0, 0]
    const wrong: string[] = []
    for (const [name, path] of coreScripts) {
      for (const bytes of modulesOf(path)) {
        const ends = boundaries(bytes)
        modules++
        const stride = Math.ceil(bytes.length / MOST_PLACES)
        for (let length = modules % stride; length < bytes.length; length += stride) {
          const error: unknown = engine.check(bytes.subarray(0, length))
          if (error instanceof ModuleError) refused++
          else if (!ends.has(length)) wrong.push(`${name}: module ${modules}, ${length} bytes`)
        }
      }
    }
    expect(wrong).toEqual([])
    expect(modules).toBeGreaterThan(1_500)
    expect(refused).toBeGreaterThan(20_000)
  })
})
