// What a host function learns about the call that it answers, and what it may do to it: memory, fuel, and a signal for when nobody waits any more.

import { HeddleError, UsageError } from '../errors/heddle-error.ts'
import type { Caller } from '../runtime/func.ts'
import type { HostSignal } from '../runtime/host-loop.ts'
import { Memory } from './memory.ts'
import { checkedSize } from './sizes.ts'

/** What a host function is called with, before its arguments. */
export interface HostContext {
  /** The calling instance's first memory; its views are always those of this moment. */
  readonly memory: Memory
  /** `length` bytes of UTF-8 at `pointer`. */
  readonly string: (pointer: number, length: number) => string
  /** `length` bytes at `pointer`, not copied. */
  readonly bytes: (pointer: number, length: number) => Uint8Array
  /** Units of fuel that the run may still use before it stops; Infinity where nothing limits it. */
  readonly fuel: number
  /**
   * Takes units of fuel from the run on behalf of this function. They count at once, even where they are more than there were: then the
   * run stops right behind this call.
   */
  readonly charge: (fuel: number) => void
  /** Gives back units that this call has charged. */
  readonly refund: (fuel: number) => void
  /** Raised when the run is aborted, or out of time, while it waits for this function: `fetch(url, { signal: context.signal })`. */
  readonly signal: HostSignal
}

/** Made for every call: what is an accessor here would be as slow as the call, made anew each time. */
export class HostCallContext implements HostContext {
  private readonly caller: Caller
  private readonly name: string
  private charged = 0
  private raised: HostSignal | undefined

  constructor(caller: Caller, name: string) {
    this.caller = caller
    this.name = name
  }

  get memory(): Memory {
    const runtime = this.caller.instance?.memories[0]
    if (runtime === undefined) {
      throw new HeddleError('NO_MEMORY', `the instance that calls ${this.name} has no memory`)
    }
    return Memory.of(runtime)
  }

  // Whoever takes a context apart gets functions that know it.

  readonly string = (pointer: number, length: number): string => this.memory.string(pointer, length)

  readonly bytes = (pointer: number, length: number): Uint8Array => this.memory.slice(pointer, length)

  get fuel(): number {
    return this.caller.fuel
  }

  readonly charge = (fuel: number): void => {
    this.caller.charge(checkedSize(fuel, 'fuel'))
    this.charged += fuel
  }

  readonly refund = (fuel: number): void => {
    if (checkedSize(fuel, 'fuel') > this.charged) {
      throw new UsageError(`${this.name} has charged ${this.charged} units of fuel: it can't give back ${fuel}`)
    }
    this.caller.charge(-fuel)
    this.charged -= fuel
  }

  get signal(): HostSignal {
    this.raised ??= signalOf(this.caller)
    return this.raised
  }
}

function signalOf(caller: Caller): HostSignal {
  const controller = new AbortController()
  caller.onAbort((reason) => controller.abort(reason))
  return controller.signal
}
