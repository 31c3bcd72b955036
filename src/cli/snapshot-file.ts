// `--snapshot FILE --snapshot-on …` and `--resume FILE`: where stopped programs are written, and read from.

import { accessSync, constants, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  HeddleError,
  LinkError,
  Snapshot,
  UsageError,
  type RunResult,
  type Trap,
  type SnapshotMoment,
} from '../index.ts'
import type { Arguments } from './arguments.ts'
import { CliError, EXIT_MODULE, writingError } from './failure.ts'
import { displayName, readFile } from './module-file.ts'
import { note, reportError } from './report.ts'
import {
  ARGV0,
  DETERMINISTIC,
  DIR,
  MAPDIR,
  FUEL,
  INVOKE,
  PRELOAD,
  PROFILE,
  RECORD,
  REPLAY,
  SNAPSHOT,
  SNAPSHOT_ON,
  TIMEOUT,
} from './run-options.ts'

/** As they are called here. */
const MOMENTS: ReadonlyMap<string, SnapshotMoment> = new Map([
  ['fuel', 'fuel'],
  ['timeout', 'timeout'],
  ['interrupt', 'abort'],
  ['trap', 'trap'],
  ['exit', 'exit'],
])
/** Ends of a program that could go on. */
const STOPPED: ReadonlySet<string | undefined> = new Set(['FUEL_EXHAUSTED', 'TIMEOUT', 'ABORTED'])

/** More than memories of today's sizes need; devices have no end. */
const MAX_SNAPSHOT_BYTES = 2 ** 33

/** What a program was saved on, and where it goes. */
class SnapshotFile {
  readonly moments: readonly SnapshotMoment[]
  private readonly path: string
  /** Options without which it doesn't go on. */
  private readonly needed: readonly string[]
  private readonly isQuiet: boolean

  constructor(path: string, moments: readonly SnapshotMoment[], needed: readonly string[], isQuiet: boolean) {
    this.path = path
    this.moments = moments
    this.needed = needed
    this.isQuiet = isQuiet
  }

  /** Says where it is and how to go on, or why there is none. Gives whether it was written. */
  write({ snapshot, snapshotError, trap }: RunResult): boolean {
    if (snapshotError !== undefined) reportError(`no snapshot could be taken: ${snapshotError.message}`)
    else if (snapshot === undefined) this.note(`no snapshot was taken: the program has ended${this.otherThan(trap)}`)
    if (snapshot === undefined) return false
    const bytes = snapshot.encode({ modules: true })
    writeWhole(this.path, bytes)
    const resume = ['heddle run', ...this.needed, '--resume', fileWord(this.path)].join(' ')
    const size = `${bytes.length} bytes`
    if (snapshot.kind === 'instance') {
      this.note(`the program as it ended is in ${this.path}, ${size}; to call its functions:  ${resume} --invoke FUNC`)
    } else if (STOPPED.has(trap?.code)) {
      this.note(`the program is in ${this.path}, ${size}; to go on:  ${resume}`)
    } else {
      this.note(`the program before it trapped is in ${this.path}, ${size}; to try again:  ${resume}`)
    }
    return true
  }

  private otherThan(trap: Trap | undefined): string {
    const names = [...MOMENTS].flatMap(([name, each]) => (this.moments.includes(each) ? [name] : []))
    return trap === undefined ? '' : `, and not by ${names.join(' or ')}`
  }

  private note(text: string): void {
    if (!this.isQuiet) note(text)
  }
}

/** Refuses at once what would be found out when the program has run for an hour. */
export function snapshotFile(parsed: Arguments, isQuiet: boolean): SnapshotFile | undefined {
  const path = parsed.get(SNAPSHOT)
  const given = parsed.get(SNAPSHOT_ON)
  if (path === undefined) {
    if (given !== undefined) throw new CliError(`${SNAPSHOT_ON.name} needs ${SNAPSHOT.name} FILE`)
    return undefined
  }
  const moments = given === undefined ? defaultMoments(parsed) : given.split(',').map(moment)
  for (const [name, option] of [
    ['fuel', FUEL],
    ['timeout', TIMEOUT],
  ] as const) {
    if (!moments.includes(name) || parsed.has(option)) continue
    throw new CliError(`${SNAPSHOT_ON.name} ${name} needs ${option.name} ${option.value ?? ''}`)
  }
  checkWritable(path)
  return new SnapshotFile(path, moments, folderOptions(parsed), isQuiet)
}

/** Folders are not in a snapshot, but for copies. */
function folderOptions(parsed: Arguments): readonly string[] {
  if (parsed.has(DETERMINISTIC)) return []
  return [DIR, MAPDIR].flatMap((option) => parsed.all(option).map((text) => `${option.name} ${fileWord(text)}`))
}

/** What stops a program that would go on; to be ready for traps is slow. */
function defaultMoments(parsed: Arguments): readonly SnapshotMoment[] {
  const limits = [...(parsed.has(FUEL) ? ['fuel' as const] : []), ...(parsed.has(TIMEOUT) ? ['timeout' as const] : [])]
  return ['abort', ...(limits.length > 0 ? limits : ['trap' as const])]
}

function moment(text: string): SnapshotMoment {
  const found = MOMENTS.get(text)
  if (found !== undefined) return found
  throw new CliError(`${SNAPSHOT_ON.name} is ${[...MOMENTS.keys()].join(', ')} or several of them, not "${text}"`)
}

/** Before a run whose end writes there: better no run than one that is for nothing. */
export function checkWritable(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true)
    throw new CliError(`${path}: it is a folder`, EXIT_MODULE)
  try {
    accessSync(dirname(path), constants.W_OK)
  } catch (error) {
    throw writingError(path, error)
  }
}

/** Whoever stops the writing leaves the snapshot that was there before. */
export function writeWhole(path: string, bytes: Uint8Array): void {
  const isPlain = statSync(path, { throwIfNoEntry: false })?.isFile() !== false
  const part = isPlain ? `${path}.${process.pid}.part` : path
  try {
    writeFileSync(part, bytes)
    if (isPlain) renameSync(part, path)
  } catch (error) {
    if (isPlain) rmSync(part, { force: true })
    throw writingError(path, error)
  }
}

/** As a shell takes it, and as a file whatever it is called: `-` alone would be standard input. */
function fileWord(path: string): string {
  const text = path.startsWith('-') ? `./${path}` : path
  return /^[\w./@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`
}

/** Options that a program which goes on has no use for. */
export function refuseForResume(parsed: Arguments, rest: readonly string[]): void {
  const started = 'is of the program that was started: it goes on as it was'
  for (const option of [PRELOAD, ARGV0, PROFILE])
    if (parsed.has(option)) throw new CliError(`${option.name} ${started}`)
  for (const option of [RECORD, REPLAY])
    if (parsed.has(option)) throw new CliError(`${option.name} is for a program from its beginning on`)
  const [first] = rest
  if (first !== undefined && !parsed.has(INVOKE)) {
    throw new CliError(
      `what a program that goes on is given as arguments, it was given when it was started: "${first}"`,
    )
  }
}

export function readSnapshot(path: string): Snapshot {
  const bytes = readFile(path, MAX_SNAPSHOT_BYTES)
  try {
    return Snapshot.decode(bytes)
  } catch (error) {
    throw error instanceof HeddleError
      ? new CliError(`${displayName(path)}: ${error.message}`, EXIT_MODULE, { cause: error })
      : error
  }
}

/** What is wrong with the file is told with its name, and what is missing without the options that start a program. */
export async function resuming<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    const fail = (text: string): CliError =>
      new CliError(`${displayName(path)}: ${text}`, EXIT_MODULE, { cause: error })
    if (error instanceof LinkError) {
      throw fail(
        `what it imports is not there\n${error.message}\n--unknown-imports trap|default|log stands in for functions that are missing`,
      )
    }
    if (error instanceof UsageError && error.code === 'NOTHING_TO_RUN') {
      throw new CliError(`${error.message}\nheddle --resume FILE --invoke FUNC [args…]`)
    }
    if (!(error instanceof HeddleError) || !error.code.startsWith('SNAPSHOT_')) throw error
    if (error.code !== 'SNAPSHOT_MISMATCH') throw fail(error.message)
    throw fail(
      `${error.message}\nWhat ${SNAPSHOT.name} writes has its modules in it, as  snapshot.encode({ modules: true })  does.`,
    )
  }
}
