// Where the official suites are: in $HEDDLE_SUITES, else in ../shared/suites beside the project, else in suites/, where
// scripts/fetch-suites.sh puts them. Their layout is described in that script; running them is left to the tests.

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export type SuiteName = 'spec' | 'wasi-preview1'

const projectRoot = fileURLToPath(new URL('..', import.meta.url))

/** The folder that holds `spec/` and `wasi-preview1/`, or undefined where there is none. */
export const suitesDir: string | undefined =
  process.env['HEDDLE_SUITES'] !== undefined && process.env['HEDDLE_SUITES'] !== ''
    ? resolve(process.env['HEDDLE_SUITES'])
    : ['../shared/suites', 'suites'].map((path) => resolve(projectRoot, path)).find((path) => existsSync(path))

/** The folder of one suite, or undefined if it isn't here. */
export function findSuite(name: SuiteName): string | undefined {
  if (suitesDir === undefined) return undefined
  const folder = resolve(suitesDir, name)
  return existsSync(folder) ? folder : undefined
}

/**
 * The folder of one suite, for a test to run. Without it, a run under `CI=true` fails; any other gets undefined and a warning,
 * and the tests of the suite must be skipped: `describe.skipIf(folder === undefined)`.
 */
export function requireSuites(name: SuiteName): string | undefined {
  const folder = findSuite(name)
  if (folder !== undefined) return folder
  const message =
    `The official suite "${name}" is not here, so its tests DID NOT RUN. Run scripts/fetch-suites.sh, ` +
    `or set HEDDLE_SUITES to a folder that holds "${name}" (now: ${suitesDir ?? 'not set, and none found'}).`
  if (process.env['CI'] === 'true') throw new Error(message)
  console.warn(`\n${'!'.repeat(100)}\n${message}\n${'!'.repeat(100)}\n`)
  return undefined
}
