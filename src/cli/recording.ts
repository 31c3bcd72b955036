// `--record`, `--replay` and `--deterministic`: what they mean for `run`.

import { closeSync, writeSync } from 'node:fs'
import { Recorder, type RunOptions } from '../index.ts'
import { readToEnd } from '../node/index.ts'
import type { Arguments } from './arguments.ts'
import type { OptionSpec } from './command.ts'
import { CliError } from './failure.ts'
import { readFile } from './module-file.ts'
import { note } from './report.ts'
import { openForWriting } from './output-file.ts'
import {
  ARGS,
  DETERMINISTIC,
  DIR,
  ENV,
  INVOKE,
  MAPDIR,
  PROFILE,
  RECORD,
  REPLAY,
  SNAPSHOT,
  TCPLISTEN,
  TMPFS,
} from './run-options.ts'

interface Recording {
  readonly options: Pick<RunOptions, 'record'>
  /** Writes what there is, however the run has ended. */
  readonly close: () => void
}

/** The file is opened before the program runs: it would be a pity to run it in vain. */
export function openRecording(parsed: Arguments): Recording {
  const path = parsed.get(RECORD)
  if (path === undefined) return { options: {}, close: () => undefined }
  const fd = openForWriting(path)
  const recorder = new Recorder()
  return {
    options: { record: recorder },
    close: () => {
      writeSync(fd, recorder.encode())
      closeSync(fd)
    },
  }
}

/** What has no meaning for a replay, which has it all. */
const RECORDED: readonly OptionSpec[] = [INVOKE, ARGS, DIR, MAPDIR, TMPFS, TCPLISTEN, ENV]

export function readRecording(parsed: Arguments, rest: readonly string[]): Uint8Array | undefined {
  const path = parsed.get(REPLAY)
  if (path === undefined) return undefined
  const other = [RECORD, DETERMINISTIC, SNAPSHOT].find((option) => parsed.has(option))
  if (other !== undefined) throw new CliError(`${REPLAY.name} is what was recorded: it doesn't go with ${other.name}`)
  const given: string[] = RECORDED.filter((option) => parsed.has(option)).map(({ name }) => name)
  if (rest.length > 0) given.push('arguments')
  if (given.length > 0)
    note(`${REPLAY.name} has what the program was given: ${given.join(', ')} of this command line don't count`)
  return readFile(path)
}

/** The profile of the engine: what is recorded shall be replayed on other machines. */
export function profileOf(parsed: Arguments): 'full' | 'deterministic' {
  const profile = parsed.get(PROFILE) ?? (parsed.has(DETERMINISTIC) || parsed.has(RECORD) ? 'deterministic' : 'full')
  if (profile !== 'full' && profile !== 'deterministic') {
    throw new CliError(`${PROFILE.name} is full or deterministic, not "${profile}"`)
  }
  if (profile === 'full' && parsed.has(DETERMINISTIC))
    throw new CliError(`${DETERMINISTIC.name} needs ${PROFILE.name} deterministic`)
  return profile
}

type OwnOptions = Pick<RunOptions, 'deterministic' | 'stdin' | 'stdout' | 'stderr'>

/** For a run that is to be alike everywhere, where the machine's own input and output are there. */
export function deterministicOptions(parsed: Arguments, { stdin, stdout, stderr }: OwnOptions): OwnOptions | undefined {
  const text = parsed.get(DETERMINISTIC)
  if (text === undefined) return undefined
  return {
    deterministic: { seed: parseSeed(text) },
    ...(stdin !== undefined && { stdin: wholeInput() }),
    ...(stdout !== undefined && { stdout: withoutTerminal(stdout) }),
    ...(stderr !== undefined && { stderr: withoutTerminal(stderr) }),
  }
}

function parseSeed(text: string): bigint {
  if (text === '') return 0n
  const seed = /^(\d[\d_]*|0x[\da-f_]+)$/i.test(text) ? BigInt(text.replaceAll('_', '')) : -1n
  if (seed >= 0n && seed < 2n ** 64n) return seed
  throw new CliError(`${DETERMINISTIC.name} takes a whole number of up to 64 bits, not "${text}"`)
}

const MAX_INPUT = 2 ** 30

/** In what pieces a pipe gives its bytes is chance. */
function wholeInput(): NonNullable<RunOptions['stdin']> {
  let isRead = false
  return () => {
    if (isRead) return null
    isRead = true
    return readToEnd(0, MAX_INPUT)
  }
}

/** Whether there is a terminal, the program is not told. */
function withoutTerminal(output: NonNullable<RunOptions['stdout']>): NonNullable<RunOptions['stdout']> {
  return typeof output === 'function' ? output : (bytes) => output.write(bytes)
}
