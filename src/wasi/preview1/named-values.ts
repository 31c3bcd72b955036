// Values as those see them who watch calls or stand in front of them: sets of flags are lists of names, records objects, a buffer is where it
// lies and how long it is. Made from what implementations take and give, and made into that again, by the table of types.

import { UsageError } from '../../errors/heddle-error.ts'
import { quoted } from '../../errors/quote.ts'
import type { Abi, WasiValue } from './abi.ts'
import type { Errno } from './errno.ts'
import type { FUNCTIONS, FunctionName, Iovec, PlainValues } from './functions.ts'
import type { ClockId, EventType, FileType, IntSize, Right, WasiType } from './types.ts'
import type { FDFLAGS, FSTFLAGS, LOOKUPFLAGS, OFLAGS } from './types.ts'

/** A stretch of the guest's memory. */
export interface GuestBuffer {
  readonly ptr: number
  readonly length: number
}

export interface NamedFdStat {
  readonly fs_filetype: FileType
  readonly fs_flags: readonly (keyof typeof FDFLAGS)[]
  readonly fs_rights_base: readonly Right[]
  readonly fs_rights_inheriting: readonly Right[]
}

export interface NamedFileStat {
  readonly dev: bigint
  readonly ino: bigint
  readonly filetype: FileType
  readonly nlink: bigint
  readonly size: bigint
  readonly atim: bigint
  readonly mtim: bigint
  readonly ctim: bigint
}

/** By the names of the table of types: those that parameters and results have. */
interface NamedValues extends PlainValues {
  readonly rights: readonly Right[]
  readonly fdflags: readonly (keyof typeof FDFLAGS)[]
  readonly fstflags: readonly (keyof typeof FSTFLAGS)[]
  readonly lookupflags: readonly (keyof typeof LOOKUPFLAGS)[]
  readonly oflags: readonly (keyof typeof OFLAGS)[]
  readonly riflags: readonly ('recv_peek' | 'recv_waitall')[]
  readonly roflags: readonly 'recv_data_truncated'[]
  readonly siflags: readonly never[]
  readonly sdflags: readonly ('rd' | 'wr')[]
  readonly iovec_array: readonly GuestBuffer[]
  readonly ciovec_array: readonly GuestBuffer[]
  readonly fdstat: NamedFdStat
  readonly filestat: NamedFileStat
  readonly prestat: { readonly tag: 'dir'; readonly pr_name_len: number }
}

/** Pointers are numbers. */
type NamedOf<Type> = Type extends keyof NamedValues ? NamedValues[Type] : number

type Row<Name extends FunctionName> = (typeof FUNCTIONS)[Name]

/** What a guest asks for, by the names of the parameters. */
export type CallArguments<Name extends FunctionName> = {
  readonly [Param in Row<Name>['params'][number] as Param[0]]: NamedOf<Param[1]>
}

/** What it is given, by the names of the results. */
export type CallResults<Name extends FunctionName> = Row<Name>['results'] extends readonly []
  ? Readonly<Record<string, never>>
  : { readonly [Result in Row<Name>['results'][number] as Result[0]]: NamedOf<Result[1]> }

export interface NamedEntry {
  readonly d_next: bigint
  readonly d_ino: bigint
  readonly d_type: FileType
  readonly name: string
}

export interface NamedEvent {
  readonly userdata: bigint
  readonly error: Errno
  readonly type: EventType
  readonly fd_readwrite: { readonly nbytes: bigint; readonly flags: readonly 'fd_readwrite_hangup'[] }
}

export interface NamedSubscription {
  readonly userdata: bigint
  readonly u:
    | {
        readonly tag: 'clock'
        /** In wasi_unstable alone. */
        readonly identifier?: bigint
        readonly id: ClockId
        readonly timeout: bigint
        readonly precision: bigint
        readonly flags: readonly 'subscription_clock_abstime'[]
      }
    | { readonly tag: 'fd_read' | 'fd_write'; readonly file_descriptor: number }
}

/** Any of the above. */
export type Named = number | bigint | string | readonly Named[] | { readonly [field: string]: Named }

/** Of a type that is no list of buffers. */
export function toNamed(abi: Abi, name: string, value: WasiValue): Named {
  const type = abi.type(name)
  switch (type.kind) {
    case 'flags':
      return type.names.filter((_, bit) => (Number(value) & (2 ** bit)) !== 0)
    case 'record': {
      const fields = value as Readonly<Record<string, WasiValue>>
      return Object.fromEntries(type.fields.map(([field, of]) => [field, toNamed(abi, of, fields[field]!)]))
    }
    case 'union': {
      const { tag, value: payload } = value as { readonly tag: string; readonly value: WasiValue }
      return { tag, ...(toNamed(abi, caseOf(abi, type, tag), payload) as object) }
    }
    case 'int':
    case 'enum':
    case 'string':
    case 'list':
      return value
  }
}

export function namedBuffers(iovs: readonly Iovec[]): readonly GuestBuffer[] {
  return iovs.map(({ buf, buf_len }) => ({ ptr: buf, length: buf_len }))
}

/** Throws a UsageError that begins with `what` where the value is none of that type. */
export function fromNamed(abi: Abi, name: string, value: unknown, what: string): WasiValue {
  const type = abi.type(name)
  switch (type.kind) {
    case 'int':
      return checkedInt(type, value, `${what}, a ${name},`)
    case 'enum':
      if (typeof value === 'string' && type.names.includes(value)) return value
      throw new UsageError(`${what} must be one of ${type.names.join(', ')}, not ${shown(value)}`)
    case 'flags': {
      if (!Array.isArray(value)) throw new UsageError(`${what} must be a list of names, not ${shown(value)}`)
      const unknown: unknown = value.find((flag) => !type.names.includes(flag as string))
      if (unknown !== undefined) throw new UsageError(`${what}: there is no flag ${shown(unknown)}`)
      return type.names.reduce((bits, flag, bit) => (value.includes(flag) ? bits + 2 ** bit : bits), 0)
    }
    case 'record': {
      const fields = checkedObject(value, what)
      return Object.fromEntries(
        type.fields.map(([field, of]) => [field, fromNamed(abi, of, fields[field], `${what}.${field}`)]),
      )
    }
    case 'union': {
      const { tag, ...payload } = checkedObject(value, what)
      const checkedTag = fromNamed(abi, type.tag, tag, `${what}.tag`) as string
      return { tag: checkedTag, value: fromNamed(abi, caseOf(abi, type, checkedTag), payload, what) }
    }
    case 'string':
      if (typeof value === 'string') return value
      throw new UsageError(`${what} must be a string, not ${shown(value)}`)
    case 'list':
      throw new UsageError(`${what} is a list of buffers`)
  }
}

function caseOf(abi: Abi, { tag, cases }: WasiType & { readonly kind: 'union' }, name: string): string {
  const tags = abi.type(tag)
  return cases[tags.kind === 'enum' ? tags.names.indexOf(name) : -1]!
}

function checkedObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>>
  throw new UsageError(`${what} must be an object, not ${shown(value)}`)
}

/** 64 bits are a bigint, less a number. */
function checkedInt(
  { size, signed = false }: { readonly size: IntSize; readonly signed?: boolean },
  value: unknown,
  what: string,
): number | bigint {
  if (size === 8) {
    const isFit = typeof value === 'bigint' && (signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)) === value
    if (isFit) return value
    throw new UsageError(`${what} must be a bigint of 64 bits, not ${shown(value)}`)
  }
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** (size * 8)) return value
  throw new UsageError(`${what} must be a whole number of ${size * 8} bits, not ${shown(value)}`)
}

export function shown(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  return typeof value === 'number' || typeof value === 'bigint' || value === null ? String(value) : typeof value
}
