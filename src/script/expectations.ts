// A list of directives that are known to differ from what their script expects, each with its reason. Such a list can only shrink: what is
// found and not listed is a fault, and so is what is listed and not found any more.

import { UsageError } from '../errors/heddle-error.ts'
import type { ScriptResult } from './result.ts'

/** By place, `script.wast:line`. A script is named by the end of its path: `threads/memory.wast` for any folder that has it. */
export type Expectations = ReadonlyMap<string, string>

/** A line each: the place, spaces, the reason. Empty lines, and lines that begin with `#`, say nothing. Throws a UsageError. */
export function parseExpectations(text: string): Expectations {
  const list = new Map<string, string>()
  text.split(/\r?\n/).forEach((line, i) => {
    if (/^\s*(#|$)/.test(line)) return
    const [, place, reason] = /^(\S+:[1-9]\d*)\s+(\S.*)$/.exec(line.trim()) ?? []
    if (place === undefined || reason === undefined) {
      throw new UsageError(`line ${i + 1} is not a place and a reason: say  script.wast:12 why it fails`)
    }
    if (list.has(place)) throw new UsageError(`line ${i + 1} lists ${place} a second time`)
    list.set(place, reason)
  })
  return list
}

/** Which entry of the list is about the directive in this line of the script. */
export function findExpectation(list: Expectations, script: string, line: number): string | undefined {
  const parts = script.replaceAll('\\', '/').split('/')
  for (let i = 0; i < parts.length; i++) {
    const place = `${parts.slice(i).join('/')}:${line}`
    if (list.has(place)) return place
  }
  return undefined
}

/** Entries about these scripts that none of the places found answers to. What is listed of other scripts is not looked at. */
export function staleExpectations(
  list: Expectations,
  scripts: Iterable<string>,
  found: ReadonlySet<string>,
): readonly string[] {
  const names = [...scripts].map((name) => `/${name.replaceAll('\\', '/')}`)
  return [...list.keys()].filter((place) => {
    const script = `/${place.replace(/:\d+$/, '')}`
    return !found.has(place) && names.some((name) => name.endsWith(script))
  })
}

/** A run held against the list of its failures. */
export interface Verdict {
  /** Failures that are not listed. */
  readonly unexpected: number
  /** Failures that are. */
  readonly expected: number
  /** Entries whose directive did not fail. */
  readonly stale: readonly string[]
}

export function judgeFailures(results: readonly ScriptResult[], list: Expectations): Verdict {
  const found = new Set<string>()
  let [unexpected, expected] = [0, 0]
  for (const { name, directives } of results) {
    for (const { status, line } of directives) {
      if (status !== 'failed') continue
      const place = findExpectation(list, name, line)
      if (place === undefined) unexpected++
      else {
        expected++
        found.add(place)
      }
    }
  }
  const scripts = results.map(({ name }) => name)
  return { unexpected, expected, stale: staleExpectations(list, scripts, found) }
}
