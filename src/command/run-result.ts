// What a run came to: how it ended, what it wrote, and the files that it left.

import type { Snapshot } from '../embed/snapshot.ts'
import type { HeddleError } from '../errors/heddle-error.ts'
import type { Trap, TrapCode } from '../errors/trap.ts'
import type { WasiCall } from '../wasi/preview1/trace.ts'
import type { FileSystem } from '../wasi/preview1/file-system.ts'
import type { Tree } from '../wasi/preview1/tree.ts'
import type { Wasi } from '../wasi/preview1/wasi.ts'
import type { ResultValue } from './values.ts'

/** The exit codes of runs that the guest didn't end itself, as shells and `timeout` have them. */
const TRAP_EXIT_CODES: Partial<Readonly<Record<TrapCode, number>>> = {
  TIMEOUT: 124,
  FUEL_EXHAUSTED: 125,
  ABORTED: 130,
}
const OTHER_TRAP = 134

interface RunOutcome {
  readonly exitCode: number
  readonly results: readonly ResultValue[]
  readonly trap: Trap | undefined
  readonly fuelUsed: number | undefined
  readonly trace: readonly WasiCall[]
  readonly snapshot?: Snapshot | undefined
  readonly snapshotError?: HeddleError | undefined
  readonly recording?: Uint8Array | undefined
  readonly memoryHash?: string | undefined
}

/** What a program has left. */
type Remains = Pick<Wasi, 'files' | 'stdout' | 'stderr'> & Partial<Pick<Wasi, 'tree' | 'fileSystems'>>

export class RunResult implements RunOutcome {
  /** The guest's own; 134 after a trap, 124 when time was over, 125 when fuel was used up, 130 when it was aborted. */
  readonly exitCode: number
  /** What the function of `invoke` returned. */
  readonly results: readonly ResultValue[]
  /** Why the run ended early, if it did. */
  readonly trap: Trap | undefined
  /** Units of fuel, also those before it was resumed; undefined where none were counted. */
  readonly fuelUsed: number | undefined
  /** The calls of WASI functions, with `trace: 'wasi'`. */
  readonly trace: readonly WasiCall[]
  /** Where the program has stopped or ended, at a moment of `snapshotOn`. */
  readonly snapshot: Snapshot | undefined
  /** Why there is none, where there should be. */
  readonly snapshotError: HeddleError | undefined
  /** With `record: true`, what `replay` takes. */
  readonly recording: Uint8Array | undefined
  /** With `deterministic` and `replay`: SHA-256 of the memories at the end, in hexadecimal digits. Equal runs have equal ones. */
  readonly memoryHash: string | undefined
  /** Every file of the virtual file systems, by the guest's path. */
  readonly fs: Readonly<Record<string, Uint8Array>>
  /** The file systems by the names of their folders. */
  readonly fileSystems: ReadonlyMap<string, FileSystem>
  /** What was written where no sink was given. */
  readonly stdoutBytes: Uint8Array
  readonly stderrBytes: Uint8Array

  private readonly wasi: Remains | undefined

  constructor(outcome: RunOutcome, wasi: Remains | undefined) {
    this.exitCode = outcome.exitCode
    this.results = outcome.results
    this.trap = outcome.trap
    this.fuelUsed = outcome.fuelUsed
    this.trace = outcome.trace
    this.snapshot = outcome.snapshot
    this.snapshotError = outcome.snapshotError
    this.recording = outcome.recording
    this.memoryHash = outcome.memoryHash
    this.fs = wasi?.files() ?? {}
    this.fileSystems = wasi?.fileSystems ?? new Map()
    this.wasi = wasi
    this.stdoutBytes = wasi?.stdout ?? new Uint8Array(0)
    this.stderrBytes = wasi?.stderr ?? new Uint8Array(0)
  }

  /** All of the virtual file systems, by the guest's path: with folders, links, modes and times, as `fs` of another run takes it. */
  get tree(): Tree {
    return this.wasi?.tree?.() ?? {}
  }

  get stdout(): string {
    return new TextDecoder().decode(this.stdoutBytes)
  }

  get stderr(): string {
    return new TextDecoder().decode(this.stderrBytes)
  }
}

/** The exit code of a program that such a trap ends. */
export function trapExitCode({ code }: Trap): number {
  return TRAP_EXIT_CODES[code] ?? OTHER_TRAP
}
