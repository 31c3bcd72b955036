// What a descriptor of a socket holds: one question at a time to the host, and what came of it until the guest takes it. So whoever polls
// learns what is there without losing it, and a call that nobody waits for any more loses nothing either.

import { WasiError } from './errno.ts'
import type { Listener, Socket } from './socket.ts'
import type { FileType } from './types.ts'
import { isPromise, wait } from './waiting.ts'
import type { Awaitable, Waiting } from './waiting.ts'

/** What is asked for when only readiness is of interest, and what is sent without waiting. */
const AHEAD = 64 * 1024

interface Received {
  readonly bytes: Uint8Array
  /** A message was longer than what was asked for, and its rest is lost. */
  readonly truncated: boolean
}

/** Something that failed while nobody was asking; the next who asks is told. */
class Failure {
  #reason: { readonly error: unknown } | undefined

  get isThere(): boolean {
    return this.#reason !== undefined
  }

  readonly keep = (error: unknown): void => {
    this.#reason = { error }
  }

  throw(): void {
    const reason = this.#reason
    this.#reason = undefined
    if (reason !== undefined) throw reason.error
  }
}

export class Connection {
  readonly kind = 'socket'
  readonly filetype: FileType
  readonly #socket: Socket
  readonly #isStream: boolean
  /** Pieces of a stream, or messages. */
  readonly #received: Uint8Array[] = []
  #length = 0
  readonly #receiveFailure = new Failure()
  readonly #sendFailure = new Failure()
  #receiving: Promise<void> | undefined
  #sending: Promise<void> | undefined
  /** Nothing more is received, or sent. */
  readonly #ended = { rd: false, wr: false }

  constructor(socket: Socket) {
    this.#socket = socket
    this.#isStream = socket.type !== 'dgram'
    this.filetype = this.#isStream ? 'socket_stream' : 'socket_dgram'
  }

  /** The peer is gone, or has said that it sends no more. */
  get hasHungUp(): boolean {
    return this.#ended.rd && this.#received.length === 0
  }

  /** Bytes that can be taken or sent at once; or a promise for the moment to ask again. */
  ready(direction: 'fd_read' | 'fd_write'): number | Promise<unknown> {
    if (direction === 'fd_write') return this.#sending ?? AHEAD
    return this.fill(1, AHEAD) ?? (this.#isStream ? this.#length : (this.#received[0]?.length ?? 0))
  }

  /** A promise for the moment to ask again, while fewer than `least` bytes are there of the `most` that are wanted, and more may come. */
  fill(least: number, most: number): Promise<void> | undefined {
    while (!this.#isEnough(least) && !this.#ended.rd && !this.#receiveFailure.isThere) {
      this.#receiving ??= this.#receive(most - this.#length)
      if (this.#receiving !== undefined) return this.#receiving
    }
    return undefined
  }

  #isEnough(least: number): boolean {
    return this.#isStream ? this.#length >= least : this.#received.length > 0
  }

  #receive(length: number): Promise<void> | undefined {
    return settle(
      () => this.#socket.receive(length),
      (bytes) => {
        this.#receiving = undefined
        if (bytes === null || (this.#isStream && bytes.length === 0)) this.#ended.rd = true
        // Behind an end that the guest has made itself, nothing comes.
        if (bytes === null || this.#ended.rd) return
        this.#received.push(bytes)
        this.#length += bytes.length
      },
      (error) => {
        this.#receiving = undefined
        this.#receiveFailure.keep(error)
      },
    )
  }

  /** At most `length` of the bytes that are there; none at the end. */
  take(length: number, isPeek: boolean): Received {
    if (this.#received.length === 0) this.#failReceiving()
    return this.#isStream
      ? { bytes: this.#takeBytes(length, isPeek), truncated: false }
      : this.#takeMessage(length, isPeek)
  }

  #failReceiving(): void {
    // Nothing comes behind a failure.
    if (this.#receiveFailure.isThere) this.#ended.rd = true
    this.#receiveFailure.throw()
  }

  #takeBytes(length: number, isPeek: boolean): Uint8Array {
    const bytes = new Uint8Array(Math.min(length, this.#length))
    let at = 0
    let pieces = 0
    for (const piece of this.#received) {
      const part = piece.subarray(0, bytes.length - at)
      bytes.set(part, at)
      at += part.length
      if (part.length < piece.length) {
        if (!isPeek) this.#received[pieces] = piece.subarray(part.length)
        break
      }
      pieces++
    }
    if (isPeek) return bytes
    this.#received.splice(0, pieces)
    this.#length -= at
    return bytes
  }

  #takeMessage(length: number, isPeek: boolean): Received {
    const message = (isPeek ? this.#received[0] : this.#received.shift()) ?? new Uint8Array(0)
    if (!isPeek) this.#length -= message.length
    return { bytes: message.subarray(0, length), truncated: message.length > length }
  }

  /** How many of the bytes, which may be the guest's memory, are on their way. */
  *send(bytes: Uint8Array, isNonblocking: boolean): Waiting<number> {
    while (this.#sending !== undefined) {
      if (isNonblocking) throw new WasiError('again')
      yield this.#sending
    }
    this.#sendFailure.throw()
    if (this.#ended.wr) throw new WasiError('pipe')
    if (this.#isStream && bytes.length === 0) return 0
    const sent = isNonblocking && this.#isStream ? bytes.slice(0, AHEAD) : bytes.slice()
    if (isNonblocking) this.#sendLater(sent)
    else yield* wait(this.#socket.send(sent))
    return sent.length
  }

  /** The host may take its time; until then, the socket is not ready. */
  #sendLater(bytes: Uint8Array): void {
    this.#sending = settle(
      () => this.#socket.send(bytes),
      () => {
        this.#sending = undefined
      },
      (error) => {
        this.#sending = undefined
        this.#sendFailure.keep(error)
      },
    )
    if (this.#sending === undefined) this.#sendFailure.throw()
  }

  *shutdown(how: 'rd' | 'wr'): Waiting<void> {
    if (this.#ended[how]) return
    this.#ended[how] = true
    // What is on its way comes first.
    while (how === 'wr' && this.#sending !== undefined) yield this.#sending
    yield* wait(this.#socket.shutdown(how))
  }

  close(): void {
    this.#ended.rd = true
    this.#ended.wr = true
    this.#received.length = 0
    this.#length = 0
    this.#socket.close()
  }
}

export class ListeningSocket {
  readonly kind = 'listener'
  readonly filetype: FileType = 'socket_stream'
  readonly hasHungUp = false
  readonly #listener: Listener
  readonly #failure = new Failure()
  #accepted: Socket | undefined
  #accepting: Promise<void> | undefined
  #isClosed = false

  constructor(listener: Listener) {
    this.#listener = listener
  }

  /** 1 when a connection has come; or a promise for the moment to ask again. */
  ready(): number | Promise<unknown> {
    return this.fill() ?? 1
  }

  /** A promise for the moment to ask again, while there is no connection. */
  fill(): Promise<void> | undefined {
    if (this.#accepted !== undefined || this.#failure.isThere || this.#isClosed) return undefined
    this.#accepting ??= settle(
      () => this.#listener.accept(),
      (socket) => {
        this.#accepting = undefined
        if (this.#isClosed) socket.close()
        else this.#accepted = socket
      },
      (error) => {
        this.#accepting = undefined
        this.#failure.keep(error)
      },
    )
    return this.#accepting
  }

  /** The connection that is there. */
  take(): Connection {
    this.#failure.throw()
    const socket = this.#accepted
    if (socket === undefined) throw new WasiError('badf')
    this.#accepted = undefined
    return new Connection(socket)
  }

  close(): void {
    this.#isClosed = true
    this.#accepted?.close()
    this.#accepted = undefined
    this.#listener.close()
  }
}

/** Asks, and tells what came of it: at once, or when the promise that this gives settles, which never fails. */
function settle<T>(
  ask: () => Awaitable<T>,
  answered: (value: T) => void,
  failed: (error: unknown) => void,
): Promise<void> | undefined {
  let answer: Awaitable<T>
  try {
    answer = ask()
  } catch (error) {
    failed(error)
    return undefined
  }
  if (isPromise(answer)) return answer.then(answered, failed)
  answered(answer)
  return undefined
}
