// A network of one machine, in memory, as a host of sockets: the guest's end of a connection, and the test's.

import type { Listener, Socket } from '../../src/wasi/preview1/socket.ts'
import { WasiError } from '../../src/wasi/preview1/errno.ts'

/** Bytes one way: those that were sent, and whoever waits for more. */
class Pipe {
  readonly #chunks: Uint8Array[] = []
  #waiting: (() => void) | undefined
  #isEnded = false

  push(bytes: Uint8Array): void {
    this.#chunks.push(bytes)
    this.#waiting?.()
  }

  end(): void {
    this.#isEnded = true
    this.#waiting?.()
  }

  /** At once where something is there. */
  receive(length: number): Uint8Array | null | Promise<Uint8Array | null> {
    const [chunk] = this.#chunks
    if (chunk === undefined) return this.#isEnded ? null : this.#later(length)
    const taken = chunk.subarray(0, length)
    if (taken.length < chunk.length) this.#chunks[0] = chunk.subarray(length)
    else this.#chunks.shift()
    return taken
  }

  async #later(length: number): Promise<Uint8Array | null> {
    await new Promise<void>((resolve) => {
      this.#waiting = resolve
    })
    return this.receive(length)
  }
}

/** What the test does at its end of a connection. */
export class Peer {
  readonly toGuest: Pipe = new Pipe()
  readonly fromGuest: Uint8Array[] = []
  /** In order: what the guest had done to its end. */
  readonly events: string[] = []
  #congestion: Promise<void> | undefined
  isGone = false

  send(text: string): void {
    this.toGuest.push(Buffer.from(text))
  }

  get text(): string {
    return Buffer.concat(this.fromGuest).toString()
  }

  /** Whatever the guest sends waits, until what this gives is called. */
  congest(): () => void {
    let clear = (): void => {}
    this.#congestion = new Promise((resolve) => {
      clear = resolve
    })
    return () => {
      this.#congestion = undefined
      clear()
    }
  }

  /** The guest's end. */
  socket(type: 'stream' | 'dgram' = 'stream'): Socket {
    return {
      type,
      receive: (length) => this.toGuest.receive(type === 'dgram' ? Infinity : length),
      send: (bytes) => {
        if (this.isGone) throw new WasiError('pipe')
        this.fromGuest.push(bytes)
        return this.#congestion
      },
      shutdown: (how) => {
        this.events.push(how)
        if (how === 'rd') this.toGuest.end()
      },
      close: () => {
        this.events.push('close')
        this.toGuest.end()
      },
    }
  }
}

export class VirtualListener implements Listener {
  readonly #arrived: Socket[] = []
  #waiting: (() => void) | undefined
  isClosed = false

  connect(): Peer {
    const peer = new Peer()
    this.#arrived.push(peer.socket())
    this.#waiting?.()
    return peer
  }

  accept(): Socket | Promise<Socket> {
    return this.#arrived.shift() ?? this.#next()
  }

  async #next(): Promise<Socket> {
    await new Promise<void>((resolve) => {
      this.#waiting = resolve
    })
    const socket = this.#arrived.shift()
    if (socket === undefined) throw new WasiError('connaborted')
    return socket
  }

  close(): void {
    this.isClosed = true
    this.#waiting?.()
  }
}
