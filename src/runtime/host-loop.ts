// The host's clock, its event loop and its signals, as whoever runs for long needs them.

/** Milliseconds from some moment on; never set back where the host has a clock for that. */
export const now: () => number = typeof performance === 'object' ? () => performance.now() : () => Date.now()

/**
 * Lets the event loop turn: timers that are due, input, events. Hosts have several ways, and the simplest, a timer of no time, is the slowest:
 * pages wait four milliseconds for one that was set by another, Node one.
 */
export const nextTurn: () => Promise<void> = turnBy(nextTask())

function turnBy(schedule: (callback: () => void) => void): () => Promise<void> {
  return () => new Promise(schedule)
}

function nextTask(): (callback: () => void) => void {
  if (typeof setImmediate === 'function') return (callback) => void setImmediate(callback)
  if (typeof MessageChannel === 'function') return taskByMessage(new MessageChannel())
  return (callback) => void setTimeout(callback, 0)
}

type Channel = InstanceType<NonNullable<typeof MessageChannel>>

function taskByMessage({ port1, port2 }: Channel): (callback: () => void) => void {
  const waiting: (() => void)[] = []
  // As a property, it also starts the port.
  // oxlint-disable-next-line unicorn/prefer-add-event-listener
  port1.onmessage = () => waiting.shift()?.()
  return (callback) => {
    waiting.push(callback)
    port2.postMessage(undefined)
  }
}

/** What is asked of an AbortSignal. */
export interface Signal {
  readonly aborted: boolean
  readonly reason?: unknown
  addEventListener: (type: 'abort', listener: () => void) => void
  removeEventListener: (type: 'abort', listener: () => void) => void
}

/** The host's AbortSignal, where its types are known. */
export type HostSignal = typeof globalThis extends { readonly AbortSignal: { readonly prototype: infer T } }
  ? T
  : Signal
