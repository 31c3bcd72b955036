// `heddle stub`: a skeleton of what a module imports.

import { basename } from 'node:path'
import { stubModule } from '../debug.ts'
import { Engine } from '../index.ts'
import { Arguments, parseArguments } from './arguments.ts'
import { OUTPUT, QUIET, type Command, type OptionSpec } from './command.ts'
import { eraseTypes } from './erase-types.ts'
import { CliError, EXIT_OK } from './failure.ts'
import { compileSource, displayName, parseFeatures, readSource } from './module-file.ts'
import { writeText } from './output-file.ts'
import { note } from './report.ts'

const NO_WASI: OptionSpec = { name: '--no-wasi', help: 'leave the functions of WASI to heddle' }
const JAVASCRIPT: OptionSpec = {
  name: '--javascript',
  aliases: ['--js'],
  help: 'without types; so it is for -o FILE.js, too',
}
const options: readonly OptionSpec[] = [OUTPUT, NO_WASI, JAVASCRIPT, QUIET]

export const stubCommand: Command = {
  name: 'stub',
  summary: 'Write a TypeScript skeleton of everything that a module imports, to be filled in and run.',
  usage: ['stub [options] FILE'],
  options,
  notes: [
    'As it stands, every function says on stderr what it is called with, and gives zeros and nulls. With heddle run --imports it takes the place of what it names, functions of WASI included, one by one.',
    'Node 22.18 and later run TypeScript. Before, heddle runs it as this command writes it: the types of its head and its last line, with JavaScript in between.',
  ],
  examples: [
    'heddle stub program.wasm > fake.ts; heddle run --imports fake.ts program.wasm',
    'heddle stub --no-wasi -o host.js program.wasm',
  ],
  run: stub,
}

function stub(args: readonly string[]): number {
  const parsed = new Arguments()
  parseArguments(args, options, parsed)
  const [file, ...others] = parsed.positionals
  if (file === undefined || others.length > 0) throw new CliError('which FILE? It takes one')
  const module = compileSource(readSource(file), new Engine({ features: parseFeatures('all') }))
  const text = stubModule(module, { file: basename(file), wasi: !parsed.has(NO_WASI) })
  const output = parsed.get(OUTPUT)
  if (text === undefined && !parsed.has(QUIET)) note(`${displayName(file)} imports nothing that is to be given`)
  const whole = text ?? 'export default {}\n'
  const isPlain = parsed.has(JAVASCRIPT) || /\.[cm]?js$/.test(output ?? '')
  writeText(output, [isPlain ? withoutGaps(eraseTypes(whole)) : whole])
  return EXIT_OK
}

/** Where types were, nothing is left. */
function withoutGaps(text: string): string {
  return text.replace(/\n{3,}/g, '\n\n')
}
