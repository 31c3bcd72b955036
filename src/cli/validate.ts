// `heddle validate`: whether files are valid modules, and what is wrong with those that aren't.

import { Engine, ModuleError } from '../index.ts'
import { writeAll } from '../node/index.ts'
import { customSectionFaults } from '../debug.ts'
import { Arguments, parseArguments } from './arguments.ts'
import { FEATURES, JSON_OUTPUT, VERBOSE, type Command, type OptionSpec } from './command.ts'
import { CliError, EXIT_MODULE, EXIT_OK } from './failure.ts'
import { checkFile, describeError, displayName, inOurTerms, parseFeatures } from './module-file.ts'
import { reportError } from './report.ts'

const STRICT: OptionSpec = {
  name: '--strict',
  help: 'also say what is wrong with names and branch hints, for which no engine refuses a module',
}
const options: readonly OptionSpec[] = [STRICT, FEATURES, JSON_OUTPUT, { ...VERBOSE, short: 'v' }]

export const validateCommand: Command = {
  name: 'validate',
  summary: 'Say whether modules are valid; without a word where all are.',
  usage: ['validate [options] FILE…'],
  options,
  examples: ['heddle validate examples/add.wasm', 'heddle validate --strict --json build/*.wasm'],
  run: validateFiles,
}

function validateFiles(args: readonly string[]): number {
  const parsed = new Arguments()
  parseArguments(args, options, parsed)
  const files = parsed.positionals
  if (files.length === 0) throw new CliError('which FILE?')
  const engine = new Engine({ features: parseFeatures(parsed.get(FEATURES)) })
  const errors = files.map((file) => check(file, engine, parsed.has(STRICT)))
  if (parsed.has(JSON_OUTPUT)) {
    writeAll(
      1,
      `${JSON.stringify(
        files.map((file, i) => jsonVerdict(file, errors[i])),
        undefined,
        2,
      )}\n`,
    )
  } else {
    files.forEach((file, i) => {
      const error = errors[i]
      if (error !== undefined) reportError(error instanceof ModuleError ? describeError(file, error) : error.message)
      else if (parsed.has(VERBOSE)) writeAll(1, `${displayName(file)}: valid\n`)
    })
  }
  return errors.some((error) => error !== undefined) ? EXIT_MODULE : EXIT_OK
}

/** What is wrong with a file: it can't be read, or isn't a valid module. */
function check(file: string, engine: Engine, strict: boolean): ModuleError | CliError | undefined {
  try {
    return checkFile(file, engine, strict ? (module) => customSectionFaults(module)[0] : undefined)
  } catch (error) {
    if (error instanceof ModuleError || error instanceof CliError) return error
    throw error
  }
}

function jsonVerdict(file: string, error: ModuleError | CliError | undefined): Record<string, unknown> {
  if (error === undefined) return { file, valid: true }
  if (error instanceof CliError) return { file, valid: false, message: error.message }
  const { code, kind, reason, place } = error
  const { offset, line, column } = place
  return { file, valid: false, code, kind, reason, message: inOurTerms(error), offset, line, column }
}
