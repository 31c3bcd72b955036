// What an implementation of a WASI function is given and gives back. The types derive from the table in functions.ts, so an
// implementation that disagrees with it doesn't compile.

import type { HostSignal } from '../../runtime/host-loop.ts'
import type { Abi } from './abi.ts'
import type { Readings } from './clock.ts'
import type { FdTable } from './fd-table.ts'
import type { FileStat } from './file-system.ts'
import type { Arguments, FUNCTIONS, FunctionName } from './functions.ts'
import type { WasiLimits } from './limits.ts'
import type { GuestMemory } from './memory.ts'
import type { WasiExit } from './process.ts'
import type { ClockId, FileType, Signal } from './types.ts'
import type { Waiting } from './waiting.ts'

/**
 * What a source of time or randomness that runs in a way that can be foretold has in a snapshot. `restore` throws a HeddleError for
 * bytes that are not its own. A source of the host's has neither, and goes on as it does.
 */
export interface WithState {
  save?(): Uint8Array
  restore?(saved: Uint8Array): void
}

/** The clocks of a host, in nanoseconds. */
export interface WasiClock extends WithState {
  /** undefined: there is no such clock (EINVAL). */
  now(id: ClockId): bigint | undefined
  /** Never 0. By default 1 µs. */
  resolution?(id: ClockId): bigint
  /** Blocks, and never returns early. Where it exists it is preferred: leave it out where the run can suspend. */
  sleep?(ns: bigint): void
  /** Never settles early, however long it is, unless the signal is raised: then nobody waits for it any more. */
  sleepAsync?(ns: bigint, signal: HostSignal): Promise<void>
}

/** Fills the array, of at most 64 KiB, with random bytes that can't be foretold. */
export interface WasiRandom extends WithState {
  (bytes: Uint8Array): void
}

/** What belongs to the program as a whole. */
export interface Program {
  args: readonly Uint8Array[]
  environ: readonly Uint8Array[]
  exit: WasiExit | undefined
}

/** One guest: its state, and its memory as it is now. */
export interface Guest {
  readonly program: Program
  readonly table: FdTable
  readonly limits: WasiLimits
  readonly clock: WasiClock
  readonly readings: Readings
  readonly random: WasiRandom | undefined
  readonly abi: Abi
  memory(): GuestMemory
  exit(code: number, signal?: Signal): never
}

interface FdStat {
  readonly fs_filetype: FileType
  readonly fs_flags: number
  readonly fs_rights_base: number
  readonly fs_rights_inheriting: number
}

interface Prestat {
  readonly tag: 'dir'
  readonly value: { readonly pr_name_len: number }
}

interface ResultValues {
  readonly size: number
  readonly fd: number
  readonly roflags: number
  readonly timestamp: bigint
  readonly filesize: bigint
  readonly fdstat: FdStat
  readonly filestat: FileStat
  readonly prestat: Prestat
}

type ResultValue<Result> = Result extends readonly [string, infer T extends keyof ResultValues]
  ? ResultValues[T]
  : never

type ResultTuple<Results extends readonly unknown[]> = { -readonly [I in keyof Results]: ResultValue<Results[I]> }

type Results<Name extends FunctionName> = (typeof FUNCTIONS)[Name]['results']

/** Nothing, the one result, or a tuple of them; failures are thrown as WasiError. */
type Outcome<Name extends FunctionName> =
  Results<Name> extends readonly []
    ? void
    : Results<Name> extends readonly [infer Only]
      ? ResultValue<Only>
      : ResultTuple<Results<Name>>

/** One that may have to wait is a generator. */
type Implementation<Name extends FunctionName> = (
  guest: Guest,
  ...args: Arguments<Name>
) => Outcome<Name> | Waiting<Outcome<Name>>

export type Implementations = { readonly [Name in FunctionName]: Implementation<Name> }
