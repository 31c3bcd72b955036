// `heddle wast`: runs scripts of the specification's test language, and counts.

import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { printable, writeAll } from '../node/index.ts'
import { jsonReport, renderScript, renderTotals, runScript, tally } from '../script.ts'
import { Arguments, parseArguments } from './arguments.ts'
import { JSON_OUTPUT, QUIET, type Command, type OptionSpec } from './command.ts'
import { CliError, EXIT_MODULE, EXIT_OK, fileError } from './failure.ts'
import { displayName, readFile } from './module-file.ts'

const options: readonly OptionSpec[] = [JSON_OUTPUT, { ...QUIET, help: 'only what failed, and the sums' }]

export const wastCommand: Command = {
  name: 'wast',
  summary: 'Run test scripts; the last line counts what passed, failed, and was skipped.',
  usage: ['wast [options] FILE|DIR…'],
  options,
  notes: ['A directive that needs a proposal which is not there yet is skipped, and counted with its name.'],
  examples: ['heddle wast test.wast', 'heddle wast --json suites/spec/core > report.json'],
  run: runScripts,
}

function runScripts(args: readonly string[]): number {
  const parsed = new Arguments()
  parseArguments(args, options, parsed)
  if (parsed.positionals.length === 0) throw new CliError('which FILE or DIR?')
  const [json, quiet] = [parsed.has(JSON_OUTPUT), parsed.has(QUIET)]
  const results = parsed.positionals.flatMap(listScripts).map((path) => {
    const result = runScript(readFile(path), { name: displayName(path) })
    const failed = tally(result.directives).failed > 0
    if (!json && (failed || !quiet)) writeAll(1, `${printable(renderScript(result))}\n`)
    return result
  })
  if (results.length === 0) throw new CliError('there are no scripts (.wast)')
  writeAll(1, json ? `${JSON.stringify(jsonReport(results), undefined, 2)}\n` : `${renderTotals(results)}\n`)
  return results.some(({ directives }) => tally(directives).failed > 0) ? EXIT_MODULE : EXIT_OK
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
