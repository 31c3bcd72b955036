// `heddle wat2wasm`: text to binary.

import { Engine } from '../index.ts'
import { wat2wasm } from '../wat.ts'
import { Arguments, parseArguments } from './arguments.ts'
import { FEATURES, OUTPUT, type Command, type OptionSpec } from './command.ts'
import { CliError, EXIT_MODULE, EXIT_OK } from './failure.ts'
import { compileText, displayName, isBinary, namingFile, parseFeatures, readFile } from './module-file.ts'
import { writeBinary } from './output-file.ts'

const NO_NAMES: OptionSpec = { name: '--no-names', help: 'leave the name section out' }
const NAMES: OptionSpec = { name: '--debug-names', help: 'write it, which is so anyway' }
const NO_CHECK: OptionSpec = { name: '--no-check', help: 'translate a module even if it is not valid' }
const options: readonly OptionSpec[] = [OUTPUT, NO_NAMES, NAMES, NO_CHECK, FEATURES]

export const wat2wasmCommand: Command = {
  name: 'wat2wasm',
  summary: 'Translate the text of a module to binary.',
  usage: ['wat2wasm [options] FILE'],
  options,
  examples: ['heddle wat2wasm examples/add.wat -o add.wasm', 'heddle wat2wasm - < examples/add.wat > add.wasm'],
  run: translate,
}

function translate(args: readonly string[]): number {
  const parsed = new Arguments()
  parseArguments(args, options, parsed)
  const [file, ...others] = parsed.positionals
  if (file === undefined || others.length > 0) throw new CliError('which FILE? It takes one')
  const text = readFile(file)
  if (isBinary(text)) {
    throw new CliError(`${displayName(file)} is binary already: heddle wasm2wat prints it as text`, EXIT_MODULE)
  }
  const bytes = wat2wasm(text, { name: displayName(file), names: !parsed.has(NO_NAMES) })
  if (!parsed.has(NO_CHECK)) {
    const engine = new Engine({ features: parseFeatures(parsed.get(FEATURES)) })
    namingFile(file, () => compileText(file, text, bytes, engine))
  }
  writeBinary(parsed.get(OUTPUT), bytes)
  return EXIT_OK
}
