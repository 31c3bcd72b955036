// Functions of the embedder's in front of the calls of a guest: they see the arguments decoded, let the call happen as it is or with other
// ones, and say what the guest gets. What is handed on is checked as what a guest passes is.

import { UsageError } from '../../errors/heddle-error.ts'
import { didYouMean } from '../../errors/nearest.ts'
import { quoted } from '../../errors/quote.ts'
import type { RawValue } from './abi.ts'
import { ERRNO_NAMES, WasiError } from './errno.ts'
import type { Errno } from './errno.ts'
import { FUNCTION_NAMES } from './functions.ts'
import type { FunctionName, FunctionType, Iovec } from './functions.ts'
import type { Guest } from './implementation.ts'
import { GuestBytes } from './guest-bytes.ts'
import { checkRegion, guestMemory } from './memory.ts'
import { fromNamed, shown } from './named-values.ts'
import type { CallArguments, CallResults, GuestBuffer } from './named-values.ts'
import { namedArguments, namedResults } from './trace.ts'
import { drive, wait } from './waiting.ts'
import type { Awaitable, Call, Waiting } from './waiting.ts'

/** A call that the guest has made, and nobody has answered yet. */
export interface InterposedCall<Name extends FunctionName> {
  /** That the guest imports from: which dialect of WASI it speaks. */
  readonly module: string
  readonly name: Name
  readonly args: CallArguments<Name>
  /** The core values that the guest passed. */
  readonly raw: readonly RawValue[]
  readonly memory: GuestBytes
}

/** What the guest gets: an errno, or the results of a call that succeeds. `success` is enough where there are none. */
export type Reply<Name extends FunctionName> = Errno | CallResults<Name>

/** Instead of buffers of the guest's, what is written may be bytes of the embedder's. */
type ChangedArgument<Value> = Value extends readonly GuestBuffer[] ? readonly (GuestBuffer | Uint8Array)[] : Value

/** Those that are to be other ones. */
export type ChangedArguments<Name extends FunctionName> = {
  readonly [Param in keyof CallArguments<Name>]?: ChangedArgument<CallArguments<Name>[Param]>
}

/** Lets the call happen, now; gives what it came to. It can be called several times, and not when the call is over. */
export type Proceed<Name extends FunctionName> = (changes?: ChangedArguments<Name>) => Awaitable<Reply<Name>>

/**
 * Stands in front of a function of WASI. A promise suspends the guest. A WasiError that it throws is the call's errno; any other error ends
 * the run, which throws it.
 */
export type Interposer<Name extends FunctionName> = (
  call: InterposedCall<Name>,
  proceed: Proceed<Name>,
) => Awaitable<Reply<Name>>

/** The same for every function: what `call.name` is tells which arguments there are. */
export type AnyInterposer = (
  call: { readonly [Name in FunctionName]: InterposedCall<Name> }[FunctionName],
  proceed: (changes?: Readonly<Record<string, unknown>>) => Awaitable<Errno | Readonly<Record<string, unknown>>>,
) => Awaitable<Errno | Readonly<Record<string, unknown>>>

/** By the functions in front of which they stand; `*` in front of all others. */
export type Interposers = { readonly [Name in FunctionName]?: Interposer<Name> | undefined } & {
  readonly '*'?: AnyInterposer | undefined
}

export function checkInterposers(interposers: Interposers): void {
  for (const [name, interposer] of Object.entries(interposers)) {
    if (name !== '*' && !FUNCTION_NAMES.includes(name as FunctionName)) {
      throw new UsageError(
        `interpose: there is no function of WASI called ${quoted(name)}${didYouMean(name, FUNCTION_NAMES)}`,
      )
    }
    if (interposer !== undefined && typeof interposer !== 'function') {
      throw new UsageError(`interpose: ${name} is ${shown(interposer)}, not a function`)
    }
  }
}

export function interposerOf(interposers: Interposers, name: FunctionName): AnyInterposer | undefined {
  const own = Object.hasOwn(interposers, name) ? interposers[name] : undefined
  return (own ?? interposers['*']) as AnyInterposer | undefined
}

/** A call as its implementation gets it. */
export interface DecodedCall {
  readonly module: string
  readonly name: FunctionName
  readonly type: FunctionType
  readonly raw: readonly RawValue[]
  readonly args: readonly unknown[]
  readonly guest: Guest
}

/** Does what a call is for, with these arguments. */
type Perform = (guest: Guest, args: readonly unknown[]) => unknown

const NEVER: Promise<never> = new Promise<never>(() => {})

/** What the interposer says that the call came to, as an implementation would give it. */
export function* interposed(
  interposer: AnyInterposer,
  call: DecodedCall,
  perform: Perform,
  pending: Call,
): Waiting<unknown> {
  const { module, name, type, raw, args, guest } = call
  let isOver = false
  const proceed = (
    changes: Readonly<Record<string, unknown>> = {},
  ): Awaitable<Errno | Readonly<Record<string, unknown>>> => {
    if (!pending.isWanted) return NEVER
    if (isOver) throw new UsageError(`${name} is over: its interposer can't proceed any more`)
    const succeed = (outcome: unknown): Errno | Readonly<Record<string, unknown>> =>
      type.results.length === 0 ? 'success' : namedResults(type, guest, outcome)
    try {
      const changed = changedCall(call, changes)
      const begun = perform(changed.guest, changed.args)
      return isWaiting(begun) ? drive(begun, succeed, errnoOf, pending) : succeed(begun)
    } catch (error) {
      return errnoOf(error)
    }
  }
  const memory = new GuestBytes(() => guest.memory())
  const seen = { module, name, args: namedArguments(type, guest, args), raw, memory }
  try {
    const reply: unknown = yield* wait(interposer(seen as unknown as Parameters<AnyInterposer>[0], proceed))
    return outcomeOf(call, reply)
  } finally {
    isOver = true
  }
}

function errnoOf(error: unknown): Errno {
  if (error instanceof WasiError) return error.errno
  throw error
}

function outcomeOf({ name, type, guest }: DecodedCall, reply: unknown): unknown {
  if (typeof reply === 'string') {
    const errno = ERRNO_NAMES.find((each) => each === reply)
    if (errno === undefined) throw new UsageError(`the interposer of ${name} gave ${quoted(reply)}, which is no errno`)
    if (errno !== 'success') throw new WasiError(errno)
    if (type.results.length === 0) return undefined
    const wanted = type.results.map(([result]) => result).join(', ')
    throw new UsageError(`the interposer of ${name} says that it succeeded: it has to give { ${wanted} }`)
  }
  if (typeof reply !== 'object' || reply === null) {
    throw new UsageError(`the interposer of ${name} gave ${shown(reply)}, neither an errno nor results`)
  }
  const given = reply as Readonly<Record<string, unknown>>
  const values = type.results.map(([result, of]) => {
    return fromNamed(guest.abi, of, given[result], `the interposer's result ${result} of ${name}`)
  })
  return values.length === 1 ? values[0] : values
}

/** The arguments with some exchanged, all checked again; and the memory in which its buffers are. */
function changedCall(
  call: DecodedCall,
  changes: Readonly<Record<string, unknown>>,
): Pick<DecodedCall, 'guest' | 'args'> {
  const { name, type, guest } = call
  const unknown = Object.keys(changes).find((param) => !type.params.some(([known]) => known === param))
  if (unknown !== undefined) throw new UsageError(`${name} has no parameter ${quoted(unknown)}`)
  let changedGuest = guest
  const args = type.params.map(([param, of], i) => {
    const value = Object.hasOwn(changes, param) ? changes[param] : undefined
    if (value === undefined) return call.args[i]
    const what = `the parameter ${param} of ${name}`
    if (typeof of !== 'string') return fromNamed(guest.abi, 'address', value, what)
    if (guest.abi.type(of).kind !== 'list') return checkedString(guest, fromNamed(guest.abi, of, value, what))
    if (!Array.isArray(value)) throw new UsageError(`${what} must be a list of buffers, not ${shown(value)}`)
    const buffers = changedBuffers(guest, value as readonly (GuestBuffer | Uint8Array)[], of === 'ciovec_array', what)
    changedGuest = buffers.guest
    return buffers.iovs
  })
  checkPointers(type, guest, args)
  return { guest: changedGuest, args }
}

/** A path of the embedder's is held to what holds for the guest's. */
function checkedString<Value>({ limits }: Guest, value: Value): Value {
  if (typeof value !== 'string') return value
  if (value.includes('\0')) throw new WasiError('ilseq')
  if (new TextEncoder().encode(value).length > limits.pathBytes) throw new WasiError('nametoolong')
  return value
}

function checkPointers({ params }: FunctionType, guest: Guest, args: readonly unknown[]): void {
  params.forEach(([, of], i) => {
    if (typeof of === 'string') return
    const { size, align } = guest.abi.layout(of.pointer)
    const count = params.findIndex(([name]) => name === of.count)
    checkRegion(guest.memory(), args[i] as number, size * (count < 0 ? 0 : (args[count] as number)), align)
  })
}

/** Where bytes of the embedder's are among them, all are copied into a memory that only this call sees. */
function changedBuffers(
  guest: Guest,
  buffers: readonly (GuestBuffer | Uint8Array)[],
  isWritten: boolean,
  what: string,
): { readonly guest: Guest; readonly iovs: readonly Iovec[] } {
  if (buffers.length > guest.limits.iovecs) throw new WasiError('inval')
  const memory = guest.memory()
  const pieces = buffers.map((buffer) => {
    if (buffer instanceof Uint8Array) {
      if (isWritten) return buffer
      throw new UsageError(`${what}: the guest's data goes to buffers of its own`)
    }
    const { ptr, length } = buffer
    checkRegion(
      memory,
      fromNamed(guest.abi, 'address', ptr, what) as number,
      fromNamed(guest.abi, 'size', length, what) as number,
    )
    return { buf: ptr, buf_len: length }
  })
  if (
    pieces.reduce((sum, piece) => sum + (piece instanceof Uint8Array ? piece.length : piece.buf_len), 0) > 0xffffffff
  ) {
    throw new WasiError('inval')
  }
  if (!pieces.some((piece) => piece instanceof Uint8Array)) return { guest, iovs: pieces as readonly Iovec[] }
  const parts = pieces.map((piece) =>
    piece instanceof Uint8Array ? piece : memory.bytes.subarray(piece.buf, piece.buf + piece.buf_len),
  )
  const own = concatenated(parts)
  let at = 0
  const iovs = parts.map(({ length }) => ({ buf: (at += length) - length, buf_len: length }))
  const ownMemory = guestMemory({ buffer: own.buffer })
  return { guest: { ...guest, memory: () => ownMemory }, iovs }
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function isWaiting(begun: unknown): begun is Waiting<unknown> {
  return typeof begun === 'object' && begun !== null && 'next' in begun
}
