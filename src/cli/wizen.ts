// `heddle wizen`: runs a module's initialisation, and writes the module that begins where it ended.

import { Trap, trapExitCode } from '../index.ts'
import { writeAll } from '../node/index.ts'
import { wizen, type WizenOptions } from '../wizen.ts'
import { Arguments, parseArguments } from './arguments.ts'
import { COLOR, FEATURES, OUTPUT, QUIET, VERBOSE, type Command, type OptionSpec } from './command.ts'
import { CliError, EXIT_OK } from './failure.ts'
import { compileSource, displayName, readSource } from './module-file.ts'
import { writeBinary } from './output-file.ts'
import { note, reportTrap, setColor } from './report.ts'
import { createEngine, hostOptions, limitOptions } from './run.ts'
import {
  DIR,
  ENV,
  FUEL,
  INHERIT_ENV,
  MAPDIR,
  MAX_HEAP,
  MAX_MEMORY,
  MAX_STACK,
  MAX_TABLE,
  PROFILE,
  TIMEOUT,
  TMPFS,
} from './run-options.ts'

const INIT_FUNC: OptionSpec = {
  name: '--init-func',
  short: 'f',
  value: 'FUNC',
  help: 'the exported function that initialises, by default wizer.initialize',
}
const KEEP_INIT_FUNC: OptionSpec = { name: '--keep-init-func', help: 'still export it' }
const RENAME_FUNC: OptionSpec = {
  name: '--rename-func',
  short: 'r',
  value: 'NEW=OLD',
  help: 'export the function OLD as NEW, in place of what was called so',
}
const ALLOW_WASI: OptionSpec = { name: '--allow-wasi', help: 'let the initialisation call WASI' }

/** What they grant, it is granted through WASI. */
const GRANTS: readonly OptionSpec[] = [DIR, MAPDIR, TMPFS, ENV, INHERIT_ENV]

const options: readonly OptionSpec[] = [
  OUTPUT,
  INIT_FUNC,
  KEEP_INIT_FUNC,
  RENAME_FUNC,
  ALLOW_WASI,
  ...GRANTS,
  FUEL,
  TIMEOUT,
  MAX_MEMORY,
  MAX_STACK,
  MAX_TABLE,
  MAX_HEAP,
  PROFILE,
  FEATURES,
  QUIET,
  VERBOSE,
  COLOR,
]

export const wizenCommand: Command = {
  name: 'wizen',
  summary: "Run a module's initialisation, and write the module that begins where it ended.",
  usage: ['wizen [options] FILE -o OUT'],
  options,
  notes: [
    'The start function and _initialize are run before the initialisation, and none of them runs again. Any engine runs what is written. Without --allow-wasi, the initialisation may call no import. What it prints goes to standard error where the module goes to standard output.',
  ],
  examples: [
    'heddle wizen program.wasm -o initialised.wasm',
    'heddle wizen --allow-wasi --dir data::/data -f load -r _start=main program.wasm -o loaded.wasm',
  ],
  run: initialise,
}

async function initialise(args: readonly string[]): Promise<number> {
  const parsed = new Arguments()
  parseArguments(args, options, parsed)
  const [file, ...others] = parsed.positionals
  if (file === undefined || others.length > 0) throw new CliError('which FILE? It takes one')
  setColor(parsed.get(COLOR))
  const useless = parsed.has(ALLOW_WASI) ? undefined : GRANTS.find((option) => parsed.has(option))
  if (useless !== undefined) throw new CliError(`${useless.name} grants something only with ${ALLOW_WASI.name}`)
  const source = readSource(file)
  const module = compileSource(source, createEngine(parsed))
  let bytes: Uint8Array
  try {
    bytes = await wizen(module, { ...hostOptions(parsed, file, false), ...wizenOptions(parsed) })
  } catch (error) {
    if (!(error instanceof Trap)) throw error
    reportTrap(error)
    return trapExitCode(error)
  }
  writeBinary(parsed.get(OUTPUT), bytes)
  if (!parsed.has(QUIET)) {
    note(`${displayName(file)}: initialised, ${bytes.length} bytes where there were ${source.binary.length}`)
  }
  return EXIT_OK
}

function wizenOptions(parsed: Arguments): WizenOptions {
  const isModuleOnStdout = (parsed.get(OUTPUT) ?? '-') === '-'
  return {
    ...limitOptions(parsed),
    initFunc: parsed.get(INIT_FUNC),
    keepInitFunc: parsed.has(KEEP_INIT_FUNC),
    allowWasi: parsed.has(ALLOW_WASI),
    renameFuncs: renames(parsed),
    ...(isModuleOnStdout && { stdout: (bytes: Uint8Array) => writeAll(2, bytes) }),
  }
}

function renames(parsed: Arguments): Record<string, string> {
  const renamed: Record<string, string> = {}
  for (const text of parsed.all(RENAME_FUNC)) {
    const equals = text.indexOf('=')
    if (equals <= 0) throw new CliError(`${RENAME_FUNC.name} takes ${RENAME_FUNC.value ?? ''}, not "${text}"`)
    const name = text.slice(0, equals)
    if (Object.hasOwn(renamed, name)) throw new CliError(`two functions would be called ${name}`)
    renamed[name] = text.slice(equals + 1)
  }
  return renamed
}
