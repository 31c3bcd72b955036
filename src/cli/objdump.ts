// `heddle objdump`: what modules consist of, in the layout of wasm-objdump.

import { objdumpChunks } from '../debug.ts'
import { Arguments, parseArguments } from './arguments.ts'
import { OUTPUT, type Command, type OptionSpec } from './command.ts'
import { CliError, EXIT_MODULE, EXIT_OK } from './failure.ts'
import { readBinary } from './module-file.ts'
import { writeText } from './output-file.ts'

const HEADERS: OptionSpec = { name: '--headers', short: 'h', help: 'where the sections lie' }
const DETAILS: OptionSpec = { name: '--details', short: 'x', help: 'what they hold' }
const DISASSEMBLE: OptionSpec = { name: '--disassemble', short: 'd', help: 'the code' }
const FULL_CONTENTS: OptionSpec = { name: '--full-contents', short: 's', help: 'the bytes' }
const SECTION: OptionSpec = { name: '--section', short: 'j', value: 'NAME', help: 'of this section only' }
const options: readonly OptionSpec[] = [HEADERS, DETAILS, DISASSEMBLE, FULL_CONTENTS, SECTION, OUTPUT]

export const objdumpCommand: Command = {
  name: 'objdump',
  summary: 'Show what a module consists of.',
  usage: ['objdump -h|-x|-d|-s [-j SECTION] FILE…'],
  options,
  examples: ['heddle objdump -d examples/add.wasm', 'heddle objdump -x -j import program.wasm'],
  run: dump,
}

function dump(args: readonly string[]): number {
  const parsed = new Arguments()
  parseArguments(args, options, parsed)
  const files = parsed.positionals
  if (files.length === 0) throw new CliError('which FILE?')
  const [headers, details, disassemble, fullContents] = [HEADERS, DETAILS, DISASSEMBLE, FULL_CONTENTS].map((option) =>
    parsed.has(option),
  )
  if (![headers, details, disassemble, fullContents].includes(true)) throw new CliError('show what? -h, -x, -d or -s')
  const wanted = { headers, details, disassemble, fullContents, section: parsed.get(SECTION) }
  let faulty = false
  writeText(
    parsed.get(OUTPUT),
    (function* () {
      for (const file of files) if ((yield* objdumpChunks(readBinary(file), file, wanted)) !== undefined) faulty = true
    })(),
  )
  return faulty ? EXIT_MODULE : EXIT_OK
}
