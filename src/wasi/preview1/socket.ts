// The host interface of sockets: what a host hands in so that a guest can talk to somebody. Peeking, waiting for all of a length, flags,
// readiness and rights are the layer's (socket-handles.ts, sock.ts): a host moves bytes.
//
// Failures are thrown as WasiError; any method may answer with a promise, which suspends the run. A method is not called again before its
// promise has settled; `close` may come at any time, and settles what waits.

import type { Awaitable } from './waiting.ts'

/** A connection. */
export interface Socket {
  /** Where it is missing, a stream. Of a datagram socket each `receive` gives one message, and each `send` is one. */
  readonly type?: 'stream' | 'dgram'
  /** At most `length` bytes of a stream, or the next message whatever its length, to keep; null when the peer will send no more. */
  receive(length: number): Awaitable<Uint8Array | null>
  /** All of the bytes, which are a copy of its own. A promise holds the guest back until it settles. EPIPE when nobody is there any more. */
  send(bytes: Uint8Array): Awaitable<void>
  /** `rd`: nothing more is wanted, and what waits settles; `wr`: the peer is to learn that nothing more comes. Each at most once. */
  shutdown(how: 'rd' | 'wr'): Awaitable<void>
  close(): void
}

/** What connections arrive at. */
export interface Listener {
  /** The next connection. */
  accept(): Awaitable<Socket>
  close(): void
}
