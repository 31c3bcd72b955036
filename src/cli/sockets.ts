// `--tcplisten`: the ports at which the guest accepts connections.

import { isSystemError, listenSocket, type TcpListener } from '../node/index.ts'
import type { Arguments } from './arguments.ts'
import { CliError, EXIT_MODULE } from './failure.ts'
import { note } from './report.ts'
import { QUIET } from './command.ts'
import { DETERMINISTIC, REPLAY, TCPLISTEN } from './run-options.ts'

interface Listeners {
  /** For the option `sockets`. */
  readonly sockets: readonly TcpListener[]
  /** What the guest has sent goes out first. */
  readonly close: () => Promise<void>
}

export async function openListeners(parsed: Arguments): Promise<Listeners> {
  const addresses = parsed.all(TCPLISTEN).map(parseAddress)
  if (addresses.length > 0 && parsed.has(DETERMINISTIC)) {
    throw new CliError(
      `${TCPLISTEN.name} doesn't go with ${DETERMINISTIC.name}: who connects, and when, is another matter each time`,
    )
  }
  const sockets: TcpListener[] = []
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.close()
    await Promise.all(sockets.map(({ closed }) => closed))
  }
  // A replay has what came through them.
  if (parsed.has(REPLAY)) return { sockets, close }
  try {
    for (const address of addresses) sockets.push(await listen(address))
  } catch (error) {
    await close()
    throw error
  }
  const free = sockets.filter((_, i) => addresses[i]?.port === 0)
  if (!parsed.has(QUIET)) for (const { host, port } of free) note(`listening on ${addressText(host, port)}`)
  return { sockets, close }
}

interface Address {
  readonly host: string
  readonly port: number
}

/** `127.0.0.1:8080`, `localhost:8080`, `[::1]:8080`. */
function parseAddress(text: string): Address {
  const [, host, digits] = /^(\[[\da-f:.]+\]|[^\s:[\]]+):(\d{1,5})$/i.exec(text) ?? []
  const port = Number(digits)
  if (host === undefined || port > 0xffff) {
    throw new CliError(`${TCPLISTEN.name} takes an address such as 127.0.0.1:8080 or [::1]:8080, not "${text}"`)
  }
  return { host: host.replace(/^\[|\]$/g, ''), port }
}

async function listen({ host, port }: Address): Promise<TcpListener> {
  try {
    return await listenSocket({ host, port })
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new CliError(`${TCPLISTEN.name} ${addressText(host, port)}: ${error.message}`, EXIT_MODULE)
  }
}

function addressText(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
