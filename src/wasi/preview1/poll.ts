// poll_oneoff: waits until a clock has reached its time or a descriptor is ready, whichever is first.

import { readClock } from './clock.ts'
import { WasiError } from './errno.ts'
import type { Errno } from './errno.ts'
import { isOnFileSystem } from './fd-table.ts'
import type { Guest, Implementations, WasiClock } from './implementation.ts'
import type { Wait } from './stdio.ts'
import { EVENTRWFLAGS, RIGHTS, SUBCLOCKFLAGS } from './types.ts'
import type { ClockId, EventType } from './types.ts'
import { wait } from './waiting.ts'
import type { Waiting } from './waiting.ts'

/** As abi.ts reads it. */
interface Subscription {
  readonly userdata: bigint
  readonly u:
    | { readonly tag: 'clock'; readonly value: ClockSubscription }
    | { readonly tag: 'fd_read' | 'fd_write'; readonly value: { readonly file_descriptor: number } }
}

interface ClockSubscription {
  readonly id: ClockId
  readonly timeout: bigint
  readonly flags: number
}

interface Event {
  readonly userdata: bigint
  readonly error: Errno
  readonly type: EventType
  readonly fd_readwrite: { readonly nbytes: bigint; readonly flags: number }
}

/** What a subscription came to: an event, or what it waits for. */
type State = Event | { readonly ns: bigint } | { readonly wait: Wait }

const FOREVER = 2n ** 64n

/** For each of several that block. */
const TURN_NS = 1_000_000n

export const pollFunctions: Pick<Implementations, 'poll_oneoff'> = {
  *poll_oneoff(guest, from, to, nsubscriptions) {
    if (nsubscriptions === 0 || nsubscriptions > guest.limits.subscriptions) throw new WasiError('inval')
    const subscriptions = readSubscriptions(guest, from, nsubscriptions)
    const deadlines = subscriptions.map((subscription) => deadline(guest, subscription))
    let states: readonly State[] = []
    let slept = 0n
    let events: readonly Event[]
    for (;;) {
      const now: State[] = []
      for (const [i, subscription] of subscriptions.entries()) {
        const before = states[i]
        const due = before !== undefined && 'ns' in before && before.ns <= slept
        now.push(yield* stateOf(guest, subscription, deadlines[i], due))
      }
      states = now
      events = states.filter((state) => 'type' in state)
      if (events.length > 0) break
      slept = yield* waitForAny(guest, states)
    }
    const { size } = guest.abi.layout('event')
    const memory = guest.memory()
    events.forEach((event, i) => guest.abi.store(memory, to + i * size, 'event', { ...event }))
    return events.length
  },
}

function readSubscriptions(guest: Guest, ptr: number, count: number): readonly Subscription[] {
  const { size } = guest.abi.layout('subscription')
  const { view } = guest.memory()
  return Array.from(
    { length: count },
    (_, i) => guest.abi.read(view, ptr + i * size, 'subscription') as unknown as Subscription,
  )
}

/** When a clock is due, by that clock; an error where it can't be waited for. */
function deadline(guest: Guest, { u }: Subscription): bigint | Errno | undefined {
  if (u.tag !== 'clock') return undefined
  const { id, timeout, flags } = u.value
  // Processor time doesn't pass while one waits.
  if (id !== 'realtime' && id !== 'monotonic') return 'inval'
  try {
    const absolute = (flags & SUBCLOCKFLAGS.subscription_clock_abstime) !== 0
    return absolute ? timeout : readClock(guest, id) + timeout
  } catch (error) {
    return errnoOf(error)
  }
}

/** `due`: it was slept for as long as it needed, whatever a coarse clock says. */
function* stateOf(
  guest: Guest,
  subscription: Subscription,
  until: bigint | Errno | undefined,
  due: boolean,
): Waiting<State> {
  const { userdata, u } = subscription
  const event = (error: Errno, nbytes = 0n, flags = 0): Event => ({
    userdata,
    error,
    type: u.tag,
    fd_readwrite: { nbytes, flags },
  })
  try {
    if (u.tag !== 'clock') return yield* descriptorState(guest, u.value.file_descriptor, u.tag, event)
    if (typeof until !== 'bigint') return event(until ?? 'inval')
    const ns = until - readClock(guest, u.value.id)
    return due || ns <= 0n ? event('success') : { ns }
  } catch (error) {
    return event(errnoOf(error))
  }
}

function* descriptorState(
  guest: Guest,
  fd: number,
  tag: 'fd_read' | 'fd_write',
  event: (error: Errno, nbytes?: bigint, flags?: number) => Event,
): Waiting<State> {
  const { handle, position } = guest.table.use(fd, RIGHTS.poll_fd_readwrite | RIGHTS[tag])
  if (handle.kind === 'stream') {
    const available = handle.available()
    return typeof available === 'number' ? event('success', BigInt(available)) : { wait: available }
  }
  if (!isOnFileSystem(handle)) {
    const ready = handle.ready(tag)
    if (typeof ready !== 'number') return { wait: ready }
    return event('success', BigInt(ready), handle.hasHungUp ? EVENTRWFLAGS.fd_readwrite_hangup : 0)
  }
  // Files are always ready.
  const { size } = yield* wait(handle.stat())
  const left = size - BigInt(position)
  return event('success', tag === 'fd_read' && left > 0n ? left : 0n)
}

/** Waits for the first of them; answers how long it was slept when that was a clock, else 0. */
function* waitForAny({ clock }: Guest, states: readonly State[]): Waiting<bigint> {
  const times = states.flatMap((state) => ('ns' in state ? [state.ns] : []))
  const waits = new Set(states.flatMap((state) => ('wait' in state ? [state.wait] : [])))
  const first = times.length === 0 ? undefined : times.reduce((a, b) => (a < b ? a : b))
  const promises = [...waits].filter((wait) => typeof wait !== 'function')
  const blocking = [...waits].filter((wait) => typeof wait === 'function')
  if (blocking.length > 0) return block(clock, blocking, first ?? FOREVER)
  if (first === undefined) return (yield* firstOf(promises)) as bigint
  if (clock.sleepAsync !== undefined && (clock.sleep === undefined || promises.length > 0)) {
    const sleeping = new AbortController()
    try {
      const slept = clock.sleepAsync(first, sleeping.signal).then(() => first)
      return (yield* firstOf(promises, slept)) as bigint
    } finally {
      sleeping.abort()
    }
  }
  if (clock.sleep === undefined) throw new WasiError('notsup', 'the host gave no way to wait')
  clock.sleep(first)
  return first
}

interface Listener {
  readonly resolve: (slept: bigint) => void
  readonly reject: (reason: unknown) => void
}

/** Who waits for a promise now. It would keep all who ever waited, and input that is polled may not come for days: so it has one handler. */
const listening = new WeakMap<Promise<unknown>, Set<Listener>>()

function listenersOf(promise: Promise<unknown>): Set<Listener> {
  const known = listening.get(promise)
  if (known !== undefined) return known
  const listeners = new Set<Listener>()
  listening.set(promise, listeners)
  const settle = (tell: (listener: Listener) => void): void => {
    listening.delete(promise)
    listeners.forEach(tell)
  }
  promise.then(
    () => settle(({ resolve }) => resolve(0n)),
    (reason: unknown) => settle(({ reject }) => reject(reason)),
  )
  return listeners
}

/** Until one of them settles: what was slept, or 0. */
function* firstOf(promises: readonly Promise<unknown>[], slept?: Promise<bigint>): Waiting<unknown> {
  let listener: Listener | undefined
  const first = new Promise<bigint>((resolve, reject) => {
    listener = { resolve, reject }
    slept?.then(resolve, reject)
  })
  const lists = promises.map(listenersOf)
  for (const list of lists) list.add(listener!)
  try {
    return yield first
  } finally {
    for (const list of lists) list.delete(listener!)
  }
}

/** The same for those that block the thread. Where there are several they take turns. */
function block(clock: WasiClock, waits: readonly ((ns: bigint) => boolean)[], ns: bigint): bigint {
  const begin = clock.now('monotonic') ?? 0n
  const turn = waits.length === 1 ? ns : TURN_NS
  for (let i = 0, left = ns; left > 0n; i++, left -= turn) {
    if (waits[i % waits.length]!(left < turn ? left : turn)) return 0n
  }
  // A clock that isn't this machine's stands still meanwhile.
  const passed = (clock.now('monotonic') ?? ns) - begin
  if (passed < ns) clock.sleep?.(ns - passed)
  return ns
}

function errnoOf(error: unknown): Errno {
  if (error instanceof WasiError) return error.errno
  throw error
}
