// TCP for guests: a port of this machine as a Listener, over node:net. Everything waits by promises, so it is for runs that can suspend.

import { createServer, type AddressInfo, type Server, type Socket as TcpSocket } from 'node:net'
import { checkOptions, optionNames } from '../errors/check-options.ts'
import { WasiError, type Listener, type Socket } from '../wasi.ts'
import { toWasiError } from './system-error.ts'

export interface ListenOptions {
  /** By default 127.0.0.1: nobody beyond this machine. */
  readonly host?: string
  /** By default 0: any that is free. */
  readonly port?: number
  /** Connections that wait until the guest accepts them, by default 128; more are closed at once. */
  readonly backlog?: number
}

export interface TcpListener extends Listener {
  readonly host: string
  readonly port: number
  /** Settles when it is closed, and every connection with it. What was sent has gone out then. */
  readonly closed: Promise<void>
}

const LISTEN_OPTIONS = optionNames<ListenOptions>({ host: true, port: true, backlog: true })

const BACKLOG = 128

/** How long a connection that the guest has closed may take to send what is left. */
const LINGER_MS = 2000

/** Rejects with the system's error where the port can't be had. For the option `sockets`; its connections are streams. */
export function listenSocket(options: ListenOptions = {}): Promise<TcpListener> {
  checkOptions(options, LISTEN_OPTIONS, 'listenSocket')
  const { host = '127.0.0.1', port = 0, backlog = BACKLOG } = options
  const server = createServer({ allowHalfOpen: true })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog }, () => {
      server.removeListener('error', reject)
      resolve(new TcpServer(server, backlog))
    })
  })
}

/** Tells all who wait that something has changed. */
class Change {
  #waiting: (() => void)[] = []

  readonly happened = (): void => {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
    })
  }
}

class TcpServer implements TcpListener {
  readonly host: string
  readonly port: number
  readonly closed: Promise<void>
  readonly #server: Server
  readonly #arrived: TcpSocket[] = []
  readonly #change = new Change()
  #failure: Error | undefined
  #isClosed = false

  constructor(server: Server, backlog: number) {
    const { address, port } = server.address() as AddressInfo
    this.host = address
    this.port = port
    this.#server = server
    this.closed = new Promise((resolve) => {
      server.once('close', resolve)
    })
    server.on('error', (error) => {
      this.#failure = error
      this.#change.happened()
    })
    server.on('connection', (socket) => {
      // Of one that has not been accepted yet, the guest learns when it reads.
      socket.on('error', ignore)
      if (this.#isClosed || this.#arrived.length >= backlog) socket.destroy()
      else this.#arrived.push(socket)
      this.#change.happened()
    })
  }

  accept(): Socket | Promise<Socket> {
    const socket = this.#arrived.shift()
    return socket === undefined ? this.#next() : new TcpConnection(socket)
  }

  async #next(): Promise<Socket> {
    for (;;) {
      if (this.#isClosed) throw new WasiError('connaborted')
      const failure = this.#failure
      this.#failure = undefined
      if (failure !== undefined) throw toWasiError(failure)
      const socket = this.#arrived.shift()
      if (socket !== undefined) return new TcpConnection(socket)
      await this.#change.next()
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    for (const socket of this.#arrived.splice(0)) socket.destroy()
    this.#server.close()
    this.#change.happened()
  }
}

function ignore(): void {
  // Who uses the socket looks at `errored`.
}

class TcpConnection implements Socket {
  readonly #socket: TcpSocket
  readonly #change = new Change()
  /** What went wrong, until it was told. */
  #failure: Error | undefined
  #wantsNothing = false
  #isClosed = false

  constructor(socket: TcpSocket) {
    this.#socket = socket
    this.#failure = socket.errored ?? undefined
    socket.on('error', (error) => {
      this.#failure = error
      this.#change.happened()
    })
    for (const event of ['readable', 'end', 'close'] as const) socket.on(event, this.#change.happened)
  }

  receive(length: number): Uint8Array | null | Promise<Uint8Array | null> {
    const received = this.#received(length)
    return received === undefined ? this.#receiveLater(length) : received
  }

  async #receiveLater(length: number): Promise<Uint8Array | null> {
    for (;;) {
      await this.#change.next()
      const received = this.#received(length)
      if (received !== undefined) return received
    }
  }

  /** Undefined while nothing is there; the kernel's buffers and Node's hold the peer back meanwhile. */
  #received(length: number): Uint8Array | null | undefined {
    const socket = this.#socket
    const chunk = socket.read(Math.min(length, socket.readableLength) || undefined) as Buffer | null
    if (chunk !== null) return chunk
    this.#fail()
    return socket.readableEnded || socket.destroyed || this.#wantsNothing ? null : undefined
  }

  /** When it returns, or its promise settles, the bytes are the kernel's. */
  send(bytes: Uint8Array): void | Promise<void> {
    const socket = this.#socket
    this.#fail()
    if (!socket.writable) throw new WasiError('pipe')
    socket.write(bytes, this.#change.happened)
    if (socket.writableLength > 0 || socket.destroyed) return this.#sent()
  }

  async #sent(): Promise<void> {
    const socket = this.#socket
    while (socket.writableLength > 0 && !socket.destroyed) await this.#change.next()
    if (!socket.destroyed) return
    // The reason comes with an event of its own.
    while (!socket.closed && this.#failure === undefined) await this.#change.next()
    this.#fail()
    if (!this.#isClosed) throw new WasiError('connreset')
  }

  #fail(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw toWasiError(failure)
  }

  shutdown(how: 'rd' | 'wr'): void {
    if (this.#socket.destroyed) throw new WasiError('notconn')
    if (how === 'wr') {
      this.#socket.end()
      return
    }
    // TCP has no way to tell the peer.
    this.#wantsNothing = true
    this.#change.happened()
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#wantsNothing = true
    const socket = this.#socket
    const lingering = setTimeout(() => socket.destroy(), LINGER_MS).unref()
    socket.once('close', () => clearTimeout(lingering))
    socket.destroySoon()
    this.#change.happened()
  }
}
