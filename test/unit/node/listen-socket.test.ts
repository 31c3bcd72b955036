// A guest that serves over TCP, and clients of this machine that talk to it.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket as TcpSocket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { run } from '../../../src/command/run.ts'
import type { RunResult } from '../../../src/command/run-result.ts'
import { Engine } from '../../../src/embed/engine.ts'
import { listenSocket, nodeHost, type TcpListener } from '../../../src/node/index.ts'
import { VirtualClock, Wasi, WasiError, wasiProvider, type Listener, type Socket } from '../../../src/wasi.ts'
import { wat2wasm } from '../../../src/wat.ts'
import { VirtualListener } from '../../wasi/virtual-sockets.ts'

const echo = wat2wasm(readFileSync(new URL('../../fixtures/cli/echo.wat', import.meta.url), 'utf8'))

interface Server {
  readonly listener: TcpListener
  readonly result: Promise<RunResult>
}

async function serve(options: Parameters<typeof run>[1] = {}): Promise<Server> {
  const listener = await listenSocket()
  const { clock, random } = nodeHost({ suspends: true })
  return { listener, result: run(echo, { clock, random, sockets: [listener], ...options }) }
}

async function answer(client: TcpSocket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of client) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function ask({ port, host }: TcpListener, text: string | Uint8Array): Promise<Buffer> {
  const client = connect({ port, host })
  client.end(text)
  return answer(client)
}

/** Tells when the guest has to wait until something has gone out. */
function watchedSocket(socket: Socket, heldBack: () => void): Socket {
  return {
    receive: (length) => socket.receive(length),
    send: (bytes) => {
      const sending = socket.send(bytes)
      if (sending instanceof Promise) heldBack()
      return sending
    },
    shutdown: (how) => socket.shutdown(how),
    close: () => socket.close(),
  }
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP')).length
}

describe('a guest that listens', () => {
  it('is asked and answers, and everything is closed when it ends', async () => {
    const { listener, result } = await serve()
    expect(String(await ask(listener, 'hello'))).toBe('hello')
    expect(String(await ask(listener, ''))).toBe('')
    expect(String(await ask(listener, 'quit'))).toBe('quit')
    expect((await result).exitCode).toBe(0)
    await listener.closed
    const refused = connect(listener)
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
  })

  it('serves a hundred connections one after the other, and leaks none', async () => {
    const before = openSockets()
    const { listener, result } = await serve()
    for (let i = 0; i < 100; i++) expect(String(await ask(listener, `number ${i}`))).toBe(`number ${i}`)
    await ask(listener, 'q')
    expect((await result).exitCode).toBe(0)
    await listener.closed
    expect(openSockets()).toBe(before)
  })

  it('serves many that come at once', async () => {
    const { listener, result } = await serve()
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(listener, `at once ${i}`)))
    expect(answers.map(String)).toEqual(Array.from({ length: 20 }, (_, i) => `at once ${i}`))
    await ask(listener, 'q')
    expect((await result).exitCode).toBe(0)
  })

  it('passes megabytes on, and is held back while the client does not read', async () => {
    const listener = await listenSocket()
    let heldBack = (): void => {}
    const isHeldBack = new Promise<void>((resolve) => {
      heldBack = resolve
    })
    const watched: Listener = {
      accept: async () => watchedSocket(await listener.accept(), heldBack),
      close: () => listener.close(),
    }
    const result = run(echo, { clock: nodeHost({ suspends: true }).clock, sockets: [watched] })
    const bytes = Buffer.from(Array.from({ length: 32 << 20 }, (_, i) => (i * 31) % 251))
    const client = connect(listener)
    client.end(bytes)
    await isHeldBack
    expect(client.writableLength).toBeGreaterThan(0)
    expect(Buffer.compare(await answer(client), bytes)).toBe(0)
    await ask(listener, 'q')
    expect((await result).exitCode).toBe(0)
  })

  it('goes on after a client that has gone away', async () => {
    const { listener, result } = await serve()
    const client = connect(listener)
    client.write('something')
    await once(client, 'data')
    client.resetAndDestroy()
    expect(String(await ask(listener, 'next'))).toBe('next')
    const silent = connect(listener)
    await once(silent, 'connect')
    silent.destroy()
    expect(String(await ask(listener, 'q'))).toBe('q')
    expect((await result).exitCode).toBe(0)
  })

  it('is ended by a signal while it waits, its connections with it', async () => {
    const end = new AbortController()
    const { listener, result } = await serve({ signal: end.signal })
    const client = connect(listener)
    client.write('open')
    await once(client, 'data')
    const over = once(client, 'close')
    client.resume()
    end.abort()
    expect((await result).trap?.code).toBe('ABORTED')
    await Promise.all([listener.closed, over])
  })

  it('is recorded, and replayed without a network', async () => {
    const { listener, result } = await serve({ record: true })
    await ask(listener, 'q, once')
    const { recording, exitCode } = await result
    expect(exitCode).toBe(0)
    const replayed = await run(echo, { replay: recording!, trace: 'wasi' })
    expect([replayed.exitCode, replayed.trap]).toEqual([0, undefined])
  })

  it('cannot be saved while it listens, and says so', async () => {
    const listener = await listenSocket()
    const { snapshot, snapshotError, trap } = await run(echo, {
      clock: nodeHost({ suspends: true }).clock,
      sockets: [listener],
      timeout: 1,
      snapshotOn: 'timeout',
    })
    expect([trap?.code, snapshot]).toEqual(['TIMEOUT', undefined])
    expect(snapshotError?.message).toContain('the descriptor 3 is an open socket')
  })

  it('ends when nobody comes, by a clock of its own', async () => {
    const listener = new VirtualListener()
    const result = await run(echo, { sockets: [listener], clock: new VirtualClock() })
    expect([result.exitCode, listener.isClosed]).toEqual([7, true])
  })

  it('is refused a plain call that cannot wait', async () => {
    const listener = await listenSocket()
    const wasi = new Wasi({ sockets: [listener] })
    const module = new Engine().compile(
      wat2wasm(`(module (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "accept") (result i32) (call $accept (i32.const 3) (i32.const 0) (i32.const 0))))`),
    )
    const { exports } = module.instantiateSync({}, { wasi: wasiProvider(wasi) })
    expect(exports['accept']).toThrow(expect.objectContaining({ code: 'ASYNC_IMPORT' }))
    wasi.close()
    await listener.closed
  })
})

describe('a listener', () => {
  it('tells a port that is taken', async () => {
    const listener = await listenSocket()
    const { port, host } = listener
    await expect(listenSocket({ port, host })).rejects.toMatchObject({ code: 'EADDRINUSE' })
    listener.close()
    await listener.closed
  })

  it('closes those whom nobody accepts, and more than its backlog at once', async () => {
    const listener = await listenSocket({ backlog: 1 })
    const clients = [connect(listener), connect(listener)]
    for (const client of clients) client.on('error', () => {})
    await once(clients[1]!.resume(), 'close')
    const over = once(clients[0]!.resume(), 'close')
    listener.close()
    listener.close()
    await Promise.all([listener.closed, over])
    await expect((async () => listener.accept())()).rejects.toBeInstanceOf(WasiError)
  })
})
