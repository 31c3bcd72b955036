// clock_*: the host's clocks, and the virtual clock of a guest that was given none.

import { WasiError } from './errno.ts'
import type { Guest, Implementations, WasiClock } from './implementation.ts'
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
export function readClock({ clock }: Guest, id: ClockId): bigint {
  const time = clock.now(id)
  if (time === undefined) throw new WasiError('inval')
  return BigInt.asUintN(64, time)
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
}
