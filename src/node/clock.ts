// The clocks of this machine.

import { setTimeout as sleep } from 'node:timers/promises'
import type { ClockId, WasiClock } from '../wasi.ts'
import { pause } from './output.ts'

const NS_PER_MS = 1_000_000n

/** The longest delay of timers, and far longer than anybody blocks a thread. */
const MAX_DELAY_MS = 2 ** 31 - 1

function now(id: ClockId): bigint {
  switch (id) {
    case 'realtime':
      return BigInt(Date.now()) * NS_PER_MS
    case 'monotonic':
      return process.hrtime.bigint()
    case 'process_cputime_id':
    case 'thread_cputime_id': {
      const { user, system } = process.cpuUsage()
      return BigInt(user + system) * 1000n
    }
  }
}

const RESOLUTIONS: Readonly<Record<ClockId, bigint>> = {
  realtime: NS_PER_MS,
  monotonic: 1n,
  process_cputime_id: 1000n,
  thread_cputime_id: 1000n,
}

/** Rounded up, since a sleep never returns early. */
function milliseconds(ns: bigint): number {
  return Math.min(Number((ns + NS_PER_MS - 1n) / NS_PER_MS), MAX_DELAY_MS)
}

/** Sleeping blocks the thread. */
export const blockingClock: WasiClock = {
  now,
  resolution: (id) => RESOLUTIONS[id],
  sleep: (ns) => sleepUntil(process.hrtime.bigint() + ns),
}

function sleepUntil(end: bigint): void {
  for (let left = end - process.hrtime.bigint(); left > 0n; left = end - process.hrtime.bigint()) {
    pause(milliseconds(left))
  }
}

/** Sleeping suspends the run. */
export const suspendingClock: WasiClock = {
  now,
  resolution: (id) => RESOLUTIONS[id],
  sleepAsync: async (ns, signal) => {
    const end = process.hrtime.bigint() + ns
    for (let left = ns; left > 0n; left = end - process.hrtime.bigint()) {
      // Timers have a longest delay, and may be early by a part of a millisecond.
      await sleep(milliseconds(left), undefined, { signal })
    }
  },
}
