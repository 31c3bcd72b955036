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
import type { CallSite, RecorderOptions, WasiListener, WasiObserver } from './trace.ts'
import { Wish, drive, isPromise } from './waiting.ts'
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
  /** How often each function was called. */
  readonly counts: Map<FunctionName, number> = new Map()
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
    const call = this.#pending.get(outcome)
    if (call === undefined) return
    call.wish.abandon()
    call.recorder?.finish('abandoned')
  }

  #function({ module }: Dialect, name: FunctionName, guest: Guest): WasiFunction {
    const type = functionType(name)
    const decode = guest.abi.decoder(type, guest.limits)
    const encode = guest.abi.encoder(type)
    const interposer = interposerOf(this.#interposers, name)
    return (...raw) => {
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
      const recorder = this.#recorder({ id: ++this.#begun, module, name, type, guest, raw })
      const call: Pending = { wish: new Wish(), recorder }
      const succeed = (outcome: unknown): number => {
        try {
          encode(guest.memory(), raw, outcome)
        } catch (error) {
          return fail(error)
        }
        recorder?.finish('returned', 'success', outcome)
        return 0
      }
      const fail = (error: unknown): number => {
        if (error instanceof WasiError) {
          recorder?.finish('returned', error.errno)
          return errnoCode(error.errno)
        }
        recorder?.finish(error instanceof WasiExit ? 'exited' : 'threw')
        throw error
      }
      let begun: unknown
      try {
        const args = decodeArguments(decode, guest, raw, recorder)
        recorder?.begin(args)
        begun =
          interposer === undefined
            ? perform(name, guest, args)
            : this.#interpose(interposer, { module, name, type, raw, args, guest }, call)
      } catch (error) {
        return fail(error)
      }
      if (!isWaiting(begun)) return succeed(begun)
      const driven = drive(begun, succeed, fail, call.wish)
      if (isPromise(driven)) this.#pending.set(driven, call)
      return driven
    }
  }

  #recorder(site: CallSite): CallRecorder | undefined {
    return this.#recording && new CallRecorder(site, this.#recording)
  }

  #interpose(interposer: AnyInterposer, decoded: DecodedCall, call: Pending): Waiting<unknown> {
    call.recorder?.interpose()
    const next = (guest: Guest, args: readonly unknown[]): unknown => perform(decoded.name, guest, args)
    return interposed(interposer, decoded, next, call.wish)
  }
}

/** A call under way. */
interface Pending {
  readonly wish: Wish
  readonly recorder: CallRecorder | undefined
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
