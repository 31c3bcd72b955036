// The way of a call: raw values are decoded, an implementation is asked, what it gives is encoded; errors become error codes, promises
// suspend, and whoever watches is told. The functions themselves are in the files named for them.

import { Abi } from './abi.ts'
import type { RawValue } from './abi.ts'
import { argsFunctions } from './args.ts'
import { clockFunctions } from './clock.ts'
import type { Dialect } from './dialect.ts'
import { WasiError, errnoCode } from './errno.ts'
import { fdIoFunctions } from './fd-io.ts'
import { fdFunctions } from './fd.ts'
import { functionType } from './functions.ts'
import type { FunctionName } from './functions.ts'
import type { Guest, Implementations } from './implementation.ts'
import type { GuestMemory } from './memory.ts'
import { pathOpenFunctions } from './path-open.ts'
import { pathFunctions } from './path.ts'
import { pollFunctions } from './poll.ts'
import { WasiExit, processFunctions } from './process.ts'
import { randomFunctions } from './random.ts'
import { sockFunctions } from './sock.ts'
import { checkInterposers, interposed, interposerOf, isWaiting } from './interpose.ts'
import type { AnyInterposer, DecodedCall, Interposers } from './interpose.ts'
import { CallRecorder } from './trace.ts'
import type { RecorderOptions, WasiListener, WasiObserver } from './trace.ts'
import { Call, drive, isPromise } from './waiting.ts'
import type { Awaitable, Waiting } from './waiting.ts'

/** Raw core values: i32 as number, i64 as bigint; the result is an errno. A promise suspends the guest. */
export type WasiFunction = (...args: RawValue[]) => Awaitable<number>

/** Who is told of each call, and who stands in front of it. */
export interface CallOptions {
  readonly trace?: WasiListener | WasiObserver
  /** Nanoseconds, for the trace alone, so that watching a guest doesn't move its clock. By default Date.now. */
  readonly traceClock?: () => bigint
  /** Bytes of what a call writes or reads that the trace keeps; 32 if absent. */
  readonly traceBytes?: number
  /** Functions in front of the calls, which may alter what they do. */
  readonly interpose?: Interposers
}

const TRACE_BYTES = 32

const IMPLEMENTATIONS: Implementations = {
  ...argsFunctions,
  ...clockFunctions,
  ...fdFunctions,
  ...fdIoFunctions,
  ...pathFunctions,
  ...pathOpenFunctions,
  ...pollFunctions,
  ...processFunctions,
  ...randomFunctions,
  ...sockFunctions,
}

/** The calls of all instances that share one Wasi. */
export class Calls {
  readonly #counts = new Map<FunctionName, { calls: number }>()
  readonly #called: FunctionName[] = []
  /** Those that wait, by what they gave. */
  readonly #pending: WeakMap<Promise<number>, Pending> = new WeakMap()
  readonly #recording: RecorderOptions | undefined
  readonly #interposers: Interposers
  #begun = 0

  constructor({ trace, traceClock = now, traceBytes = TRACE_BYTES, interpose = {} }: CallOptions) {
    const observer = typeof trace === 'function' ? { end: trace } : trace
    this.#recording = observer && { observer, now: traceClock, bytes: traceBytes }
    checkInterposers(interpose)
    this.#interposers = interpose
  }

  /** How often each function was called, in the order of the first calls. */
  get counts(): ReadonlyMap<FunctionName, number> {
    return new Map(this.#called.map((name) => [name, this.#countOf(name).calls]))
  }

  /** The functions of a dialect for one instance, whose memory is asked for anew on each call. */
  functions<Name extends FunctionName>(
    dialect: Dialect<Name>,
    state: Omit<Guest, 'memory' | 'abi'>,
    memory: () => GuestMemory,
  ): Record<Name, WasiFunction> {
    const guest: Guest = { ...state, memory, abi: new Abi(dialect.types) }
    const functions = dialect.functions.map((name) => [name, this.#function(dialect, name, guest)])
    return Object.fromEntries(functions) as Record<Name, WasiFunction>
  }

  /** Nobody waits for this promise of a call any more: nothing more of the call happens. */
  abandon(outcome: Promise<number>): void {
    const pending = this.#pending.get(outcome)
    pending?.call.abandon()
    pending?.recorder?.finish('abandoned')
  }

  #function({ module }: Dialect, name: FunctionName, guest: Guest): WasiFunction {
    const type = functionType(name)
    const decode = guest.abi.decoder(type, guest.limits)
    const encode = guest.abi.encoder(type)
    const interposer = interposerOf(this.#interposers, name)
    const recording = this.#recording
    const count = this.#countOf(name)
    const fail = (recorder: CallRecorder | undefined, error: unknown): number => {
      if (error instanceof WasiError) {
        recorder?.finish('returned', error.errno)
        return errnoCode(error.errno)
      }
      recorder?.finish(error instanceof WasiExit ? 'exited' : 'threw')
      throw error
    }
    const succeed = (recorder: CallRecorder | undefined, raw: readonly RawValue[], outcome: unknown): number => {
      try {
        encode(guest.memory(), raw, outcome)
      } catch (error) {
        return fail(recorder, error)
      }
      recorder?.finish('returned', 'success', outcome)
      return 0
    }
    return (...raw) => {
      // What has exited is not there to call: nothing happens but that whoever called into it is told.
      if (guest.program.exit !== undefined) throw guest.program.exit
      if (count.calls++ === 0) this.#called.push(name)
      const recorder = recording && new CallRecorder({ id: ++this.#begun, module, name, type, guest, raw }, recording)
      const call = new Call()
      let begun: unknown
      try {
        const args = decodeArguments(decode, guest, raw, recorder)
        recorder?.begin(args)
        begun =
          interposer === undefined
            ? perform(name, guest, args)
            : interpose(interposer, { module, name, type, raw, args, guest }, recorder, call)
      } catch (error) {
        return fail(recorder, error)
      }
      if (!isWaiting(begun)) return succeed(recorder, raw, begun)
      const driven = drive(
        begun,
        (outcome) => succeed(recorder, raw, outcome),
        (error) => fail(recorder, error),
        call,
      )
      if (isPromise(driven)) this.#pending.set(driven, { call, recorder })
      return driven
    }
  }

  #countOf(name: FunctionName): { calls: number } {
    let count = this.#counts.get(name)
    if (count === undefined) this.#counts.set(name, (count = { calls: 0 }))
    return count
  }
}

/** A call under way. */
interface Pending {
  readonly call: Call
  readonly recorder: CallRecorder | undefined
}

function interpose(
  interposer: AnyInterposer,
  decoded: DecodedCall,
  recorder: CallRecorder | undefined,
  call: Call,
): Waiting<unknown> {
  recorder?.interpose()
  const next = (guest: Guest, args: readonly unknown[]): unknown => perform(decoded.name, guest, args)
  return interposed(interposer, decoded, next, call)
}

/** A call whose arguments can't be decoded begins as well, for those who watch. */
function decodeArguments(
  decode: (memory: GuestMemory, raw: readonly RawValue[]) => unknown[],
  guest: Guest,
  raw: readonly RawValue[],
  recorder: CallRecorder | undefined,
): unknown[] {
  try {
    return decode(guest.memory(), raw)
  } catch (error) {
    recorder?.begin(undefined)
    throw error
  }
}

/** From decoded arguments to the outcome, or to what gives it when promises have settled. All that a guest asks for passes through here. */
function perform(name: FunctionName, guest: Guest, args: readonly unknown[]): unknown {
  const implementation = IMPLEMENTATIONS[name] as (guest: Guest, ...args: readonly unknown[]) => unknown
  return implementation(guest, ...args)
}

function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n
}
