// `heddle wast`: runs scripts of the specification's test language, and counts.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { printable, writeAll } from '../node/index.ts'
import { judgeFailures, jsonReport, parseExpectations, renderScript, renderTotals, runScript } from '../script.ts'
import type { Expectations } from '../script.ts'
import { Arguments, parseArguments } from './arguments.ts'
import { UsageError } from '../index.ts'
import { FEATURES, JSON_OUTPUT, QUIET, type Command, type OptionSpec } from './command.ts'
import { CliError, EXIT_MODULE, EXIT_OK, fileError } from './failure.ts'
import { displayName, parseFeatures, readFile } from './module-file.ts'

const EXPECT: OptionSpec = {
  name: '--expect',
  value: 'FILE',
  help: 'failures that are known: lines of  script.wast:12 and the reason',
}

const options: readonly OptionSpec[] = [
  { ...FEATURES, help: 'switch proposals on and off for the modules of the scripts' },
  EXPECT,
  JSON_OUTPUT,
  { ...QUIET, help: 'only what failed, and the sums' },
]

export const wastCommand: Command = {
  name: 'wast',
  summary: 'Run test scripts; the last line counts what passed, failed, and was skipped.',
  usage: ['wast [options] FILE|DIR…'],
  options,
  notes: [
    'A directive that needs a proposal which is off, or not there, is skipped, and counted with its name. A list for --expect names scripts by the end of their path. The exit code is 1 where a failure is not listed, and where a listed one does not happen.',
  ],
  examples: [
    'heddle wast test.wast',
    'heddle wast --json suites/spec/core > report.json',
    'heddle wast --features legacy-exceptions suites/spec/legacy',
  ],
  run: runScripts,
}

function runScripts(args: readonly string[]): number {
  const parsed = new Arguments()
  parseArguments(args, options, parsed)
  if (parsed.positionals.length === 0) throw new CliError('which FILE or DIR?')
  const [json, quiet] = [parsed.has(JSON_OUTPUT), parsed.has(QUIET)]
  const features = parseFeatures(parsed.get(FEATURES))
  const expectations = readExpectations(parsed.get(EXPECT))
  const results = parsed.positionals.flatMap(listScripts).map((path) => {
    const result = runScript(readFile(path), { name: displayName(path), features })
    const { unexpected, stale } = judgeFailures([result], expectations)
    if (!json && (unexpected + stale.length > 0 || !quiet)) {
      writeAll(1, `${printable(renderScript(result, expectations))}\n`)
    }
    return result
  })
  if (results.length === 0) throw new CliError('there are no scripts (.wast)')
  const { unexpected, stale } = judgeFailures(results, expectations)
  const report = json
    ? JSON.stringify(jsonReport(results, expectations), undefined, 2)
    : renderTotals(results, expectations)
  writeAll(1, `${report}\n`)
  return unexpected + stale.length > 0 ? EXIT_MODULE : EXIT_OK
}

function readExpectations(path: string | undefined): Expectations {
  if (path === undefined) return new Map()
  try {
    return parseExpectations(new TextDecoder().decode(readFile(path)))
  } catch (error) {
    throw error instanceof UsageError ? new CliError(`${displayName(path)}: ${error.message}`) : error
  }
}

/** The file itself, or all scripts in the folder and those inside of it. */
function listScripts(path: string): string[] {
  if (path === '-') return [path]
  try {
    if (!statSync(path).isDirectory()) return [path]
    const names = readdirSync(path, { recursive: true, encoding: 'utf8' })
    return names
      .filter((name) => name.endsWith('.wast'))
      .sort()
      .map((name) => join(path, name))
  } catch (error) {
    throw fileError(path, error)
  }
}
