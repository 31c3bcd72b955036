// The official scripts, run on the built files with the proposals that they are about: each at most once a test file on the interpreter as
// it is.

import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { runScript, type ScriptResult, type Tier } from 'heddle/script'
import { findScripts } from '../../scripts/count-assertions.ts'
import { requireSuites } from '../suites.ts'
import { featuresOf } from './suite-features.ts'

const folder = requireSuites('spec')

/** A script: its name within the suite, and where it is. */
export type Script = readonly [name: string, path: string]

/** Empty where the suite is not here. */
export const scripts: readonly Script[] =
  folder === undefined ? [] : findScripts(folder).map((path) => [relative(folder, path).replaceAll('\\', '/'), path])

/** Those of the standard itself. */
export const coreScripts: readonly Script[] = scripts.filter(([name]) => name.startsWith('core/'))

const results = new Map<string, ScriptResult>()

export function resultOf(script: Script): ScriptResult {
  const [name] = script
  const known = results.get(name) ?? runOn(undefined, script)
  results.set(name, known)
  return known
}

export function runOn(tier: Tier | undefined, [name, path]: Script): ScriptResult {
  return runScript(readFileSync(path), { name, tier, features: featuresOf(name) })
}
