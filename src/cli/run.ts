// `heddle run`: a program, or one function of a module. What the options mean is here and in folders.ts; what they are, in run-options.ts.

import { basename } from 'node:path'
import {
  Engine,
  ModuleError,
  formatValue,
  isCommand,
  listed,
  nameText,
  resume,
  run,
  Module,
  type RunOptions,
  type RunResult,
} from '../index.ts'
import type { Imports, ResumeOptions, TierName, UnknownImports } from '../index.ts'
import { nodeHost, writeAll } from '../node/index.ts'
import { WasiExit } from '../wasi.ts'
import { Arguments, parseArguments } from './arguments.ts'
import { FEATURES, JSON_OUTPUT, QUIET, VERBOSE, COLOR, type Command } from './command.ts'
import { CliError, EXIT_MODULE } from './failure.ts'
import { openFolders } from './folders.ts'
import { compileSource, parseFeatures, readSource, type Source } from './module-file.ts'
import { loadImports } from './imports-file.ts'
import { parseCount, parseDuration, parseSize } from './quantities.ts'
import { deterministicOptions, openRecording, profileOf, readRecording } from './recording.ts'
import { note, reportTrap, setColor } from './report.ts'
import { openListeners } from './sockets.ts'
import { readSnapshot, refuseForResume, resuming, snapshotFile } from './snapshot-file.ts'
import { writeTarOutputs } from './tar-files.ts'
import {
  ARGS,
  ARGV0,
  DETERMINISTIC,
  ENV,
  FUEL,
  IMPORTS,
  INHERIT_ENV,
  INVOKE,
  MAX_HEAP,
  MAX_MEMORY,
  MAX_STACK,
  MAX_TABLE,
  PRELOAD,
  PROFILE,
  RECORD,
  RESUME,
  RUN_OPTIONS,
  TIER,
  TIMEOUT,
  UNKNOWN_IMPORTS,
} from './run-options.ts'
import { openTrace } from './trace-output.ts'

export const runCommand: Command = {
  name: 'run',
  summary: 'Run a program, or call a function of a module (the word "run" may be left out).',
  usage: ['[run] [options] FILE [args…]', '[run] FILE --invoke FUNC [args…]', '[run] --resume FILE [options]'],
  options: RUN_OPTIONS,
  notes: [
    'What follows the FILE of a WASI program belongs to the program; else options may stand behind FILE, too. A program gets no folder and no variable that it is not given here.',
  ],
  examples: [
    'heddle examples/add.wasm --invoke add -a 1 2',
    'heddle --dir examples::/data --env LANG=C program.wasm input.txt',
    'heddle --strace --timeout 2s program.wasm',
    'heddle --fuel 1e6 --snapshot state program.wasm; heddle --resume state',
  ],
  run: runFile,
}

async function runFile(args: readonly string[]): Promise<number> {
  const parsed = new Arguments()
  const behind = args.slice(parseArguments(args, RUN_OPTIONS, parsed, { stopAtFirst: true }))
  if (parsed.has(RESUME)) {
    parseArguments(behind, RUN_OPTIONS, parsed)
    return resumeFile(parsed)
  }
  const { file, source, module, engine, rest } = readCommandLine(parsed, behind)
  const replay = readRecording(parsed, rest)
  if (replay !== undefined) {
    // The recording knows for which profile its modules were compiled.
    const options = { replay, preload: preload(parsed) }
    return conduct(parsed, file, (common) => run(source.binary, { ...common, ...options }))
  }
  const recording = openRecording(parsed)
  const options = {
    engine,
    args: [...parsed.all(ARGS), ...rest],
    argv0: parsed.get(ARGV0) ?? basename(file),
    preload: preload(parsed, engine),
    ...recording.options,
  }
  try {
    const modules = [module, ...Object.values(options.preload).filter((each) => each instanceof Module)]
    return await conduct(parsed, file, (common) => run(module, { ...common, ...options }), modules)
  } finally {
    recording.close()
  }
}

/** The file is a snapshot, and behind it nothing is the program's. */
async function resumeFile(parsed: Arguments): Promise<number> {
  const [file, ...rest] = parsed.positionals
  if (file === undefined) throw new CliError('which FILE?')
  refuseForResume(parsed, rest)
  applyGlobal(parsed)
  const snapshot = readSnapshot(file)
  const options: ResumeOptions = {
    args: [...parsed.all(ARGS), ...rest],
    ...([TIER, FEATURES].some((option) => parsed.has(option)) && { engine: createEngine(parsed) }),
  }
  const hasEnv = [ENV, INHERIT_ENV].some((option) => parsed.has(option))
  return conduct(parsed, file, ({ env = {}, ...common }) =>
    resuming(file, () => resume(snapshot, { ...common, ...options, ...(hasEnv && { env }) })),
  )
}

/**
 * Runs a program with what both ways to one have in common, says what came of it, and gives the exit code. `modules`: those that are to be
 * instantiated, where they are known.
 */
async function conduct(
  parsed: Arguments,
  file: string,
  start: (common: CommonOptions) => Promise<RunResult>,
  modules?: readonly Module[],
): Promise<number> {
  const json = parsed.has(JSON_OUTPUT)
  const snapshot = snapshotFile(parsed, parsed.has(QUIET))
  const { imports, interpose } = await loadImports(parsed.all(IMPORTS))
  if (modules !== undefined && !parsed.has(QUIET)) noteUnused(imports, modules)
  const trace = openTrace(parsed, file)
  const listeners = await openListeners(parsed)
  const interrupt = new AbortController()
  // Once: a second interrupt ends the process, as it ends any other.
  const interrupted = (): void => interrupt.abort()
  process.once('SIGINT', interrupted)
  try {
    const result = await start({
      ...hostOptions(parsed, file, json),
      ...limitOptions(parsed),
      imports: trace?.watch(imports) ?? imports,
      interpose,
      sockets: listeners.sockets,
      invoke: parsed.get(INVOKE),
      snapshotOn: snapshot?.moments,
      signal: interrupt.signal,
      ...trace?.options,
      unknownImports: unknownImports(parsed),
      onUnknownCall: (from, name, values) =>
        note(`unknown import called: ${nameText(from)}.${nameText(name)}(${values.join(', ')})`),
    }).finally(() => trace?.close())
    report(result, parsed, json)
    writeTarOutputs(parsed, result)
    const isWritten = snapshot?.write(result)
    if (isWritten === false && result.snapshotError !== undefined && result.exitCode === 0) return EXIT_MODULE
    return shellCode(result.exitCode)
  } catch (error) {
    // A function of --imports may end a program that doesn't know WASI, too.
    if (error instanceof WasiExit) return shellCode(error.exitCode)
    throw error
  } finally {
    process.removeListener('SIGINT', interrupted)
    await listeners.close()
  }
}

/** What a shell sees of an exit code has eight bits; a failure stays one. */
function shellCode(exitCode: number): number {
  return exitCode > 255 ? exitCode & 0xff || 255 : exitCode
}

/** Of what `--imports` gives. A function that was to deny something, and is never asked, would be worse than none. */
function noteUnused(imports: Imports, modules: readonly Module[]): void {
  const wanted = modules.flatMap(({ imports: requests }) => requests)
  const unused = Object.entries(imports).flatMap(([from, names]) =>
    Object.keys(names)
      .filter((name) => !wanted.some((each) => each.module === from && each.name === name))
      .map((name) => `${nameText(from)}.${nameText(name)}`),
  )
  if (unused.length > 0) note(`${IMPORTS.name}: nothing imports ${listed(unused, String, ', ')}`)
}

interface CommandLine {
  readonly file: string
  readonly source: Source
  readonly module: Module
  readonly engine: Engine
  /** The arguments behind FILE that are not ours. */
  readonly rest: readonly string[]
}

/** What makes another engine. */
const ENGINE_OPTIONS = [TIER, PROFILE, FEATURES, DETERMINISTIC, RECORD]

/** Whose the arguments behind FILE are depends on the module, so it is compiled in between: if need be by an engine that takes more than it should. */
function readCommandLine(parsed: Arguments, behind: readonly string[]): CommandLine {
  const [file, ...early] = parsed.positionals.splice(0)
  if (file === undefined) throw new CliError('which FILE?')
  const source = readSource(file)
  const engine = createEngine(parsed)
  const { module, refusal } = compileLeniently(source, engine)
  if (isCommand(module) && !parsed.has(INVOKE)) {
    applyGlobal(parsed)
    if (!parsed.has(QUIET)) noteMisplaced(behind)
    if (refusal !== undefined) throw refusal
    const rest = behind[0] === '--' ? behind.slice(1) : behind
    return { file, source, module, engine, rest: [...early, ...rest] }
  }
  const before = ENGINE_OPTIONS.map((option) => parsed.get(option))
  parseArguments(behind, RUN_OPTIONS, parsed)
  applyGlobal(parsed)
  const rest = [...early, ...parsed.positionals]
  if (ENGINE_OPTIONS.every((option, i) => parsed.get(option) === before[i])) {
    if (refusal !== undefined) throw refusal
    return { file, source, module, engine, rest }
  }
  const finalEngine = createEngine(parsed)
  return { file, source, module: compileSource(source, finalEngine), engine: finalEngine, rest }
}

interface LenientModule {
  readonly module: Module
  /** Why the engine itself does not take it. */
  readonly refusal: CliError | undefined
}

/** With all proposals on where it needs one that is off: options that say so may follow. */
function compileLeniently(source: Source, engine: Engine): LenientModule {
  try {
    return { module: compileSource(source, engine), refusal: undefined }
  } catch (refusal) {
    if (!(refusal instanceof CliError) || !(refusal.cause instanceof ModuleError)) throw refusal
    if (refusal.cause.place.proposal === undefined) throw refusal
    return { module: compileSource(source, new Engine({ features: parseFeatures('all') })), refusal }
  }
}

function applyGlobal(parsed: Arguments): void {
  setColor(parsed.get(COLOR))
}

/** A flag that silently did nothing would be worse. */
function noteMisplaced(behind: readonly string[]): void {
  const end = behind.indexOf('--')
  const ours = (end < 0 ? behind : behind.slice(0, end)).filter((arg) => {
    const name = arg.split('=', 1)[0]
    return RUN_OPTIONS.some((option) => option.name === name || option.aliases?.some((alias) => alias === name))
  })
  if (ours.length === 0) return
  note(`${ours.join(' ')} behind FILE goes to the program; in front of FILE it would be heddle's`)
}

export function createEngine(parsed: Arguments): Engine {
  const tier = parsed.get(TIER) ?? 'auto'
  if (tier === 'compile' || tier === 'host') throw new CliError(`--tier ${tier} comes with the compiler`)
  if (tier !== 'auto' && tier !== 'interpret') throw new CliError(`--tier is auto or interpret, not "${tier}"`)
  return new Engine({
    tier: tier satisfies TierName,
    profile: profileOf(parsed),
    features: parseFeatures(parsed.get(FEATURES)),
  })
}

type HostOptions = Pick<
  RunOptions,
  'clock' | 'traceClock' | 'random' | 'stdin' | 'stdout' | 'stderr' | 'env' | 'preopens' | 'deterministic'
>

type CommonOptions = Omit<RunOptions & ResumeOptions, 'engine' | 'args' | 'argv0' | 'preload'>

/** What the guest gets of this machine. With JSON its output is a part of the result. */
export function hostOptions(parsed: Arguments, file: string, json: boolean): HostOptions {
  const { stdout, stderr, stdin, clock, random, traceClock } = nodeHost({ suspends: true })
  const { preopens, notes } = openFolders(parsed)
  if (parsed.has(VERBOSE)) notes.forEach(note)
  // A module that came through standard input has used it up.
  const streams = { ...(file !== '-' && { stdin }), ...(!json && { stdout, stderr }) }
  return {
    traceClock,
    ...(deterministicOptions(parsed, streams) ?? { clock, random, ...streams }),
    env: environment(parsed),
    preopens,
  }
}

function environment(parsed: Arguments): Record<string, string> {
  const env: Record<string, string> = {}
  const inherited = Object.entries(process.env)
  if (parsed.has(INHERIT_ENV)) for (const [name, value] of inherited) env[name] = value ?? ''
  for (const text of parsed.all(ENV)) {
    const equals = text.indexOf('=', 1)
    const name = equals < 0 ? text : text.slice(0, equals)
    const value = equals < 0 ? process.env[name] : text.slice(equals + 1)
    if (value !== undefined) env[name] = value
  }
  return env
}

/** A frame is small, but its size is the module's affair. */
const BYTES_PER_CALL = 256
const DEFAULT_STACK_BYTES = 16 * 1024 ** 2

export function limitOptions(parsed: Arguments): Pick<RunOptions, 'fuel' | 'timeout' | 'limits'> {
  const memory = parsed.get(MAX_MEMORY)
  const stack = parsed.get(MAX_STACK)
  const table = parsed.get(MAX_TABLE)
  const heap = parsed.get(MAX_HEAP)
  const fuel = parsed.get(FUEL)
  const timeout = parsed.get(TIMEOUT)
  return {
    ...(fuel !== undefined && { fuel: parseCount(FUEL.name, fuel) }),
    ...(timeout !== undefined && { timeout: parseDuration(TIMEOUT.name, timeout) }),
    limits: {
      ...(memory !== undefined && { memoryBytes: parseSize(MAX_MEMORY.name, memory) }),
      ...(table !== undefined && { tableElements: parseCount(MAX_TABLE.name, table) }),
      ...(heap !== undefined && { heapBytes: parseSize(MAX_HEAP.name, heap) }),
      ...(stack !== undefined && stackLimits(stack)),
    },
  }
}

function stackLimits(text: string): NonNullable<RunOptions['limits']> {
  if (/[a-df-z]/i.test(text)) {
    const stackBytes = parseSize(MAX_STACK.name, text)
    return { stackBytes, stackFrames: Math.ceil(stackBytes / 8) }
  }
  const stackFrames = parseCount(MAX_STACK.name, text)
  return { stackFrames, stackBytes: Math.max(DEFAULT_STACK_BYTES, stackFrames * BYTES_PER_CALL) }
}

/** Without an engine as they are. */
function preload(parsed: Arguments, engine?: Engine): Record<string, Module | Uint8Array> {
  return Object.fromEntries(
    parsed.all(PRELOAD).map((text) => {
      const equals = text.indexOf('=')
      if (equals <= 0) throw new CliError(`${PRELOAD.name} takes ${PRELOAD.value ?? ''}, not "${text}"`)
      const source = readSource(text.slice(equals + 1))
      return [text.slice(0, equals), engine === undefined ? source.binary : compileSource(source, engine)]
    }),
  )
}

const UNKNOWN: readonly UnknownImports[] = ['error', 'trap', 'default', 'log']

function unknownImports(parsed: Arguments): UnknownImports | undefined {
  const given = parsed.get(UNKNOWN_IMPORTS)
  if (given === undefined) return undefined
  const known = UNKNOWN.find((each) => each === given)
  if (known === undefined) throw new CliError(`${UNKNOWN_IMPORTS.name} is trap, default or log, not "${given}"`)
  return known
}

function report(result: RunResult, parsed: Arguments, json: boolean): void {
  const { results, trap, fuelUsed, memoryHash } = result
  if (json) {
    writeAll(1, `${JSON.stringify(jsonResult(result), undefined, 2)}\n`)
    return
  }
  for (const value of results) writeAll(1, `${formatValue(value)}\n`)
  // Who interrupts a program knows why it has ended.
  if (trap !== undefined && (trap.code !== 'ABORTED' || parsed.has(VERBOSE))) reportTrap(trap)
  if (!parsed.has(VERBOSE)) return
  if (fuelUsed !== undefined) note(`${fuelUsed} units of fuel used`)
  if (memoryHash !== undefined) note(`SHA-256 of the memory: ${memoryHash}`)
}

/** Values as text, since JSON has neither NaN nor 64-bit integers. */
function jsonResult({
  exitCode,
  results,
  stdout,
  stderr,
  trap,
  fuelUsed,
  memoryHash,
}: RunResult): Record<string, unknown> {
  return {
    exitCode,
    results: results.map((result) => ({ type: result.type, value: formatValue(result) })),
    stdout,
    stderr,
    ...(trap !== undefined && { trap: { code: trap.code, message: trap.message, frames: trap.frames } }),
    ...(fuelUsed !== undefined && { fuelUsed }),
    ...(memoryHash !== undefined && { memoryHash }),
  }
}
