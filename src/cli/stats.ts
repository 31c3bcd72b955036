// `heddle stats`: what modules consist of, in numbers.

import { moduleStats, statsText } from '../debug.ts'
import { writeAll } from '../node/index.ts'
import { Arguments, parseArguments } from './arguments.ts'
import { JSON_OUTPUT, type Command, type OptionSpec } from './command.ts'
import { CliError, EXIT_OK } from './failure.ts'
import { displayName, namingFile, readBinary } from './module-file.ts'
import { writeText } from './output-file.ts'
import { parseCount } from './quantities.ts'

const TOP: OptionSpec = {
  name: '--top',
  short: 'n',
  value: 'N',
  help: 'list so many functions and instructions; 10 by default',
}
const options: readonly OptionSpec[] = [TOP, JSON_OUTPUT]

export const statsCommand: Command = {
  name: 'stats',
  summary: 'Count what modules consist of, section by section and instruction by instruction.',
  usage: ['stats [options] FILE…'],
  options,
  examples: ['heddle stats examples/add.wasm', 'heddle stats --json --top 100 program.wasm'],
  run: count,
}

function count(args: readonly string[]): number {
  const parsed = new Arguments()
  parseArguments(args, options, parsed)
  const files = parsed.positionals
  if (files.length === 0) throw new CliError('which FILE?')
  const top = parseCount(TOP.name, parsed.get(TOP) ?? '10')
  const all = files.map((file) => {
    const bytes = readBinary(file)
    return { file: displayName(file), ...namingFile(file, () => moduleStats(bytes, { top })) }
  })
  if (parsed.has(JSON_OUTPUT)) writeAll(1, `${JSON.stringify(all, undefined, 2)}\n`)
  else writeText(undefined, [all.map(({ file, ...stats }) => statsText(stats, file, top)).join('\n')])
  return EXIT_OK
}
