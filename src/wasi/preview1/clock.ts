// clock_*: the host's clocks, and the virtual clock of a guest that was given none.

import { u64 } from '../../syntax/codec.ts'
import { decode, encode } from './state-bytes.ts'
import { WasiError } from './errno.ts'
import type { Guest, Implementations, WasiClock } from './implementation.ts'
import type { SavedReading } from './saved-state.ts'
import type { ClockId } from './types.ts'

export const clockFunctions: Pick<Implementations, 'clock_res_get' | 'clock_time_get'> = {
  clock_res_get(guest, id) {
    readClock(guest, id)
    return guest.clock.resolution?.(id) ?? 1000n
  },
  clock_time_get(guest, id) {
    return readClock(guest, id)
  },
}

/** EINVAL where the host has no such clock. */
export function readClock({ clock, readings }: Guest, id: ClockId): bigint {
  const time = clock.now(id)
  if (time === undefined) throw new WasiError('inval')
  return readings.told(id, time)
}

/** What the guest was told last by the clocks that only go forward, so that they still do where another machine goes on. */
export class Readings {
  readonly #last = new Map<ClockId, bigint>()
  /** How far the guest's clock is ahead of the host's. */
  readonly #ahead = new Map<ClockId, bigint>()
  /** What the first reading is to be. */
  readonly #first = new Map<ClockId, bigint>()

  told(id: ClockId, time: bigint): bigint {
    if (id === 'realtime') return BigInt.asUintN(64, time)
    const first = this.#first.get(id)
    if (first !== undefined) {
      this.#ahead.set(id, first - time)
      this.#first.delete(id)
    }
    const told = BigInt.asUintN(64, time + (this.#ahead.get(id) ?? 0n))
    this.#last.set(id, told)
    return told
  }

  save(): readonly SavedReading[] {
    return Array.from(new Map([...this.#first, ...this.#last]), ([id, time]) => ({ id, time }))
  }

  /** Each clock goes on from where it was. */
  restore(readings: readonly SavedReading[]): void {
    for (const { id, time } of readings) this.#first.set(id, time)
  }
}

/** 2000-01-01: late enough that programs can subtract from it. */
const START = 946_684_800_000_000_000n

/**
 * Tells nothing about the host: it starts at the same moment in every run, a reading takes 1 µs, and sleep is over at once.
 * So runs are alike, and a loop that waits for the time to pass ends.
 */
export class VirtualClock implements WasiClock {
  #elapsed = 0n

  now(id: ClockId): bigint {
    this.#elapsed += 1000n
    return id === 'realtime' ? START + this.#elapsed : this.#elapsed
  }

  resolution(): bigint {
    return 1000n
  }

  sleep(ns: bigint): void {
    this.#elapsed += ns
  }

  save(): Uint8Array {
    return encode(u64, this.#elapsed)
  }

  restore(saved: Uint8Array): void {
    this.#elapsed = decode(u64, saved, 'the state of the virtual clock')
  }
}
