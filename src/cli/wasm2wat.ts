// `heddle wasm2wat`: binary to text.

import { Engine } from '../index.ts'
import { wasm2watChunks } from '../wat.ts'
import { Arguments, parseArguments } from './arguments.ts'
import { FEATURES, OUTPUT, type Command, type OptionSpec } from './command.ts'
import { CliError, EXIT_OK } from './failure.ts'
import { namingFile, parseFeatures, readBinary } from './module-file.ts'
import { writeText } from './output-file.ts'

const FOLD: OptionSpec = {
  name: '--fold-exprs',
  short: 'f',
  help: 'operands inside the parentheses of their instruction',
}
const NO_NAMES: OptionSpec = { name: '--no-names', help: 'numbers instead of the names of the name section' }
const NO_CHECK: OptionSpec = { name: '--no-check', help: 'print a module even if it is not valid' }
const options: readonly OptionSpec[] = [OUTPUT, FOLD, NO_NAMES, NO_CHECK, FEATURES]

export const wasm2watCommand: Command = {
  name: 'wasm2wat',
  summary: 'Print a binary module as text.',
  usage: ['wasm2wat [options] FILE'],
  options,
  examples: ['heddle wasm2wat examples/add.wasm', 'heddle wasm2wat -f examples/add.wasm -o add.wat'],
  run: print,
}

function print(args: readonly string[]): number {
  const parsed = new Arguments()
  parseArguments(args, options, parsed)
  const [file, ...others] = parsed.positionals
  if (file === undefined || others.length > 0) throw new CliError('which FILE? It takes one')
  const names = !parsed.has(NO_NAMES)
  namingFile(file, () => {
    const bytes = readBinary(file)
    if (!parsed.has(NO_CHECK)) new Engine({ features: parseFeatures(parsed.get(FEATURES)) }).compile(bytes)
    writeText(parsed.get(OUTPUT), wasm2watChunks(bytes, { folded: parsed.has(FOLD), names }))
  })
  return EXIT_OK
}
