// This machine as a host for WASI: its clocks, its randomness and the standard streams of the process. Folders, arguments and variables
// are granted by whoever runs the guest.

import { fstatSync } from 'node:fs'
import { isatty } from 'node:tty'
import { checkOptions, optionNames } from '../errors/check-options.ts'
import type { WasiOptions, WasiOutput } from '../wasi.ts'
import { blockingClock, suspendingClock } from './clock.ts'
import { blockingInput, suspendingInput } from './input.ts'
import { nonblockingWriter } from './nonblocking.ts'
import { writeAll, writeSuspending } from './output.ts'
import { random } from './random.ts'
import { toWasiError } from './system-error.ts'
import { TerminalFilter } from './terminal.ts'

export interface NodeHostOptions {
  /** Whether waiting for input, for readers of the output and for time suspends the run, as deadlines and signals need it, or blocks the thread. */
  readonly suspends?: boolean
}

const HOST_OPTIONS = optionNames<NodeHostOptions>({ suspends: true })

/** One for all guests, since there is one stream. */
const suspendingStdin = suspendingInput(() => process.stdin)

/** For `new Wasi({ ...nodeHost(), args })` and `run(bytes, { ...nodeHost(), args })`. */
export function nodeHost(
  options: NodeHostOptions = {},
): Pick<Required<WasiOptions>, 'clock' | 'traceClock' | 'random' | 'stdin' | 'stdout' | 'stderr'> {
  checkOptions(options, HOST_OPTIONS, 'nodeHost')
  const { suspends = false } = options
  return {
    clock: suspends ? suspendingClock : blockingClock,
    traceClock: () => process.hrtime.bigint(),
    random,
    stdin: {
      ...(suspends && mayWait(0) ? suspendingStdin : blockingInput(0)),
      terminal: isatty(0),
    },
    stdout: output(1, suspends),
    stderr: output(2, suspends),
  }
}

/** Files, folders and disks keep nobody waiting. */
function mayWait(fd: number): boolean {
  try {
    const stat = fstatSync(fd)
    return !stat.isFile() && !stat.isDirectory() && !stat.isBlockDevice()
  } catch {
    return true
  }
}

/** The bytes as they are; to a terminal without what would steer it. */
function output(fd: 1 | 2, suspends: boolean): WasiOutput {
  const write = suspends ? suspendingOutput(fd) : blockingOutput(fd)
  if (!isatty(fd)) return { write, borrows: true }
  const filter = new TerminalFilter()
  return { write: (bytes) => write(filter.filter(bytes)), terminal: true }
}

type Write = (bytes: Uint8Array) => void | Promise<void>

function blockingOutput(fd: number): Write {
  return (bytes) => {
    try {
      writeAll(fd, bytes)
    } catch (error) {
      throw toWasiError(error)
    }
  }
}

function suspendingOutput(fd: 1 | 2): Write {
  // Opened at the first write: most programs never write to one of the two.
  let own: number | undefined
  return (bytes) => {
    try {
      own ??= nonblockingWriter(fd)
      return writeSuspending(own, bytes)?.catch((error: unknown) => {
        throw toWasiError(error)
      })
    } catch (error) {
      throw toWasiError(error)
    }
  }
}
