// What tests of poll_oneoff share: subscriptions as the guest lays them out, and the events that it finds.

import { OUT, type Caller } from './host.ts'

/** Where the subscriptions are, and the events are to be. */
export const SUBSCRIPTIONS = 4096
export const EVENTS = 8192

export interface PolledEvent {
  readonly userdata: bigint
  readonly error: number
  readonly type: number
  readonly nbytes: bigint
}

export function subscribeClock(caller: Caller, at: number, id: number, timeout: bigint, flags = 0): void {
  const ptr = SUBSCRIPTIONS + 48 * at
  caller.view.setBigUint64(ptr, BigInt(100 + at), true)
  caller.view.setUint8(ptr + 8, 0)
  caller.view.setUint32(ptr + 16, id, true)
  caller.view.setBigUint64(ptr + 24, timeout, true)
  caller.view.setUint16(ptr + 40, flags, true)
}

export function subscribeFd(caller: Caller, at: number, type: 1 | 2, fd: number): void {
  const ptr = SUBSCRIPTIONS + 48 * at
  caller.view.setBigUint64(ptr, BigInt(100 + at), true)
  caller.view.setUint8(ptr + 8, type)
  caller.view.setUint32(ptr + 16, fd, true)
}

export function events(caller: Caller): readonly PolledEvent[] {
  return Array.from({ length: caller.view.getUint32(OUT, true) }, (_, i) => {
    const ptr = EVENTS + 32 * i
    return {
      userdata: caller.view.getBigUint64(ptr, true),
      error: caller.view.getUint16(ptr + 8, true),
      type: caller.view.getUint8(ptr + 10),
      nbytes: caller.view.getBigUint64(ptr + 16, true),
    }
  })
}
