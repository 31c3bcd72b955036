#!/usr/bin/env node
// The command `heddle`: finds the command that is meant, and ends with its exit code.

import { existsSync, readFileSync } from 'node:fs'
import { nearest } from '../index.ts'
import { writeAll } from '../node/index.ts'
import { HelpWanted } from './arguments.ts'
import type { Command } from './command.ts'
import { CliError, EXIT_OK, EXIT_USAGE } from './failure.ts'
import { commandHelp, generalHelp } from './help.ts'
import { objdumpCommand } from './objdump.ts'
import { LATER_COMMANDS } from './other-options.ts'
import { reportFailure } from './report.ts'
import { runCommand } from './run.ts'
import { statsCommand } from './stats.ts'
import { stripCommand } from './strip.ts'
import { stubCommand } from './stub.ts'
import { validateCommand } from './validate.ts'
import { wasm2watCommand } from './wasm2wat.ts'
import { wastCommand } from './wast.ts'
import { wat2wasmCommand } from './wat2wasm.ts'
import { wizenCommand } from './wizen.ts'

const COMMANDS: readonly Command[] = [
  runCommand,
  validateCommand,
  wat2wasmCommand,
  wasm2watCommand,
  objdumpCommand,
  statsCommand,
  stripCommand,
  stubCommand,
  wizenCommand,
  wastCommand,
]

function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}

async function main(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args
  if (first === '--version' || first === '-V') {
    writeAll(1, `heddle ${version()}\n`)
    return EXIT_OK
  }
  if (first === '--help' || first === '-h' || (first === 'help' && rest.length === 0)) {
    writeAll(1, generalHelp(COMMANDS))
    return EXIT_OK
  }
  if (first === undefined) {
    writeAll(2, generalHelp(COMMANDS))
    return EXIT_USAGE
  }
  if (first === 'help') return main([rest[0]!, '--help'])
  const later = Object.hasOwn(LATER_COMMANDS, first) ? LATER_COMMANDS[first] : undefined
  if (later !== undefined) throw new CliError(`heddle ${first} comes with ${later}`)
  const command = COMMANDS.find(({ name }) => name === first)
  if (command !== undefined) return perform(command, rest)
  refuseMisspelt(first)
  return perform(runCommand, args)
}

/** A word that is no file, and nearly a command. */
function refuseMisspelt(word: string): void {
  if (!/^[a-z\d]+$/i.test(word) || existsSync(word)) return
  const meant = nearest(
    word,
    COMMANDS.map(({ name }) => name),
  )
  if (meant !== undefined) throw new CliError(`there is no file ${word}; did you mean the command  heddle ${meant}?`)
}

async function perform(command: Command, args: readonly string[]): Promise<number> {
  try {
    return await command.run(args)
  } catch (error) {
    if (!(error instanceof HelpWanted)) return reportFailure(error, `try: heddle ${command.name} --help`)
    writeAll(1, commandHelp(command))
    return EXIT_OK
  }
}

let exitCode: number
try {
  exitCode = await main(process.argv.slice(2))
} catch (error) {
  exitCode = reportFailure(error, 'try: heddle --help')
}
process.exit(exitCode)
