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
import { processFunctions } from './process.ts'
import { randomFunctions } from './random.ts'
import { sockFunctions } from './sock.ts'
import { CallRecorder } from './trace.ts'
import type { WasiListener } from './trace.ts'
import { drive, isPromise } from './waiting.ts'
import type { Awaitable, Waiting } from './waiting.ts'

/** Raw core values: i32 as number, i64 as bigint; the result is an errno. A promise suspends the guest. */
export type WasiFunction = (...args: RawValue[]) => Awaitable<number>

/** Who is told of each call, and by which clock, in nanoseconds. */
export interface CallObserver {
  readonly trace?: WasiListener
  readonly traceClock?: () => bigint
}

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
  readonly #pending: WeakMap<Promise<number>, { isWanted: boolean }> = new WeakMap()
  readonly #trace: WasiListener | undefined
  readonly #traceClock: () => bigint

  constructor({ trace, traceClock = now }: CallObserver) {
    this.#trace = trace
    this.#traceClock = traceClock
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
    if (call !== undefined) call.isWanted = false
  }

  #function({ module }: Dialect, name: FunctionName, guest: Guest): WasiFunction {
    const type = functionType(name)
    const decode = guest.abi.decoder(type, guest.limits)
    const encode = guest.abi.encoder(type)
    return (...raw) => {
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1)
      const recorder =
        this.#trace && new CallRecorder({ module, name, type, guest, raw, now: this.#traceClock }, this.#trace)
      const succeed = (outcome: unknown): number => {
        try {
          encode(guest.memory(), raw, outcome)
        } catch (error) {
          return fail(error)
        }
        recorder?.finish('success', outcome)
        return 0
      }
      const fail = (error: unknown): number => {
        const errno = error instanceof WasiError ? error.errno : undefined
        recorder?.finish(errno, undefined)
        if (errno === undefined) throw error
        return errnoCode(errno)
      }
      let begun: unknown
      try {
        const args = decode(guest.memory(), raw)
        recorder?.decoded(args)
        begun = perform(name, guest, args)
      } catch (error) {
        return fail(error)
      }
      if (!isWaiting(begun)) return succeed(begun)
      const call = { isWanted: true }
      const driven = drive(begun, succeed, fail, () => call.isWanted)
      if (isPromise(driven)) this.#pending.set(driven, call)
      return driven
    }
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

function isWaiting(begun: unknown): begun is Waiting<unknown> {
  return typeof begun === 'object' && begun !== null && 'next' in begun
}
