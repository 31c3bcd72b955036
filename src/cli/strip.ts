// `heddle strip`: removes custom sections.

import { DEBUG_SECTIONS, stripModule, type RemovedSection } from '../debug.ts'
import { nameText } from '../index.ts'
import { Arguments, parseArguments } from './arguments.ts'
import { OUTPUT, QUIET, type Command, type OptionSpec } from './command.ts'
import { CliError, EXIT_OK } from './failure.ts'
import { displayName, namingFile, readBinary } from './module-file.ts'
import { writeBinary } from './output-file.ts'
import { note } from './report.ts'

const KEEP: OptionSpec = { name: '--keep', value: 'NAME,…', help: 'leave these sections; * stands for any characters' }
const KEEP_NAMES: OptionSpec = { name: '--keep-names', help: 'the same as --keep name' }
const ONLY: OptionSpec = { name: '--only', value: 'NAME,…', help: 'remove no others' }
const DEBUG: OptionSpec = {
  name: '--debug',
  short: 'g',
  help: `the same as --only ${DEBUG_SECTIONS.join(',')}`,
}
const options: readonly OptionSpec[] = [OUTPUT, KEEP, KEEP_NAMES, ONLY, DEBUG, QUIET]

export const stripCommand: Command = {
  name: 'strip',
  summary: 'Remove custom sections: names, debug information and the like.',
  usage: ['strip [options] FILE'],
  options,
  notes: [
    'Custom sections are no part of what a module means. Everything else stays as it is, byte for byte. FILE itself is changed only where -o names it.',
  ],
  examples: ['heddle strip program.wasm -o small.wasm', 'heddle strip --only name,producers program.wasm > small.wasm'],
  run: strip,
}

function strip(args: readonly string[]): number {
  const parsed = new Arguments()
  parseArguments(args, options, parsed)
  const [file, ...others] = parsed.positionals
  if (file === undefined || others.length > 0) throw new CliError('which FILE? It takes one')
  const only = [...listed(parsed, ONLY), ...(parsed.has(DEBUG) ? DEBUG_SECTIONS : [])]
  const keep = [...listed(parsed, KEEP), ...(parsed.has(KEEP_NAMES) ? ['name'] : [])]
  const bytes = readBinary(file)
  const stripped = namingFile(file, () => stripModule(bytes, { keep, only: only.length === 0 ? undefined : only }))
  writeBinary(parsed.get(OUTPUT), stripped.bytes)
  if (!parsed.has(QUIET))
    note(`${displayName(file)}: ${savings(bytes.length, stripped.bytes.length, stripped.removed)}`)
  return EXIT_OK
}

function listed(parsed: Arguments, option: OptionSpec): string[] {
  return parsed.all(option).flatMap((list) => list.split(',').filter((name) => name !== ''))
}

/** More are not listed. */
const MAX_NAMES = 8

function savings(before: number, after: number, removed: readonly RemovedSection[]): string {
  if (removed.length === 0) return `nothing to remove, ${before} bytes as before`
  const count = `${removed.length} custom ${removed.length === 1 ? 'section' : 'sections'}`
  const names = [...new Set(removed.map(({ name }) => nameText(name)))]
  const shown = names.slice(0, MAX_NAMES).join(', ') + (names.length > MAX_NAMES ? ' …' : '')
  return `${count} removed (${shown}), ${before - after} of ${before} bytes saved, ${after} left`
}
