// This machine as a host for WASI: its clocks, its randomness and the standard streams of the process. Folders, arguments and variables
// are granted by whoever runs the guest.

import { randomFillSync } from 'node:crypto'
import { isatty } from 'node:tty'
import type { WasiOptions, WasiOutput } from '../wasi.ts'
import { blockingClock, suspendingClock } from './clock.ts'
import { blockingInput, suspendingInput } from './input.ts'
import { writeAll } from './output.ts'
import { toWasiError } from './system-error.ts'
import { TerminalFilter } from './terminal.ts'

export interface NodeHostOptions {
  /** Whether waiting for input and sleeping suspend the run, as a deadline needs it, or block the thread, which is faster. */
  readonly suspends?: boolean
}

/** For `new Wasi({ ...nodeHost(), args })` and `run(bytes, { ...nodeHost(), args })`. */
export function nodeHost({ suspends = false }: NodeHostOptions = {}): Pick<
  Required<WasiOptions>,
  'clock' | 'traceClock' | 'random' | 'stdin' | 'stdout' | 'stderr'
> {
  return {
    clock: suspends ? suspendingClock : blockingClock,
    traceClock: () => process.hrtime.bigint(),
    random: (bytes) => void randomFillSync(bytes),
    stdin: { read: suspends ? suspendingInput(process.stdin) : blockingInput(0), terminal: isatty(0) },
    stdout: output(1),
    stderr: output(2),
  }
}

/** The bytes as they are; to a terminal without what would steer it. */
function output(fd: number): WasiOutput {
  if (!isatty(fd)) return (bytes) => write(fd, bytes)
  const filter = new TerminalFilter()
  return { write: (bytes) => write(fd, filter.filter(bytes)), terminal: true }
}

function write(fd: number, bytes: Uint8Array): void {
  try {
    writeAll(fd, bytes)
  } catch (error) {
    throw toWasiError(error)
  }
}
