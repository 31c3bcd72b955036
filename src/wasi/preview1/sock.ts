// sock_*: connections and what they arrive at, as a host has handed them in. fd_read and fd_write on a connection are sock_recv and sock_send
// without flags.

import { WasiError } from './errno.ts'
import { CONNECTION_RIGHTS, LISTENER_RIGHTS, isConnection } from './fd-table.ts'
import type { Descriptor } from './fd-table.ts'
import type { Iovec } from './functions.ts'
import type { Guest, Implementations } from './implementation.ts'
import { gather, scatter, totalLength } from './memory.ts'
import { Connection, ListeningSocket } from './socket-handles.ts'
import type { Listener, Socket } from './socket.ts'
import { FDFLAGS, RIFLAGS, RIGHTS, ROFLAGS, SDFLAGS } from './types.ts'
import type { Waiting } from './waiting.ts'

type Names = 'sock_accept' | 'sock_recv' | 'sock_send' | 'sock_shutdown'

export const sockFunctions: Pick<Implementations, Names> = {
  *sock_accept(guest, fd, flags) {
    const descriptor = guest.table.socket(fd, 0)
    const { handle, inheriting } = descriptor
    // https://pubs.opengroup.org/onlinepubs/9799919799/functions/accept.html
    if (handle.kind !== 'listener' || (flags & ~FDFLAGS.nonblock) !== 0) throw new WasiError('inval')
    guest.table.socket(fd, RIGHTS.sock_accept)
    guest.table.checkFree()
    // Others may wait for the same connection.
    for (let filling = handle.fill(); filling !== undefined; filling = handle.fill()) {
      checkMayWait(descriptor)
      yield filling
    }
    guest.table.checkFree()
    return guest.table.add({ handle: handle.take(), rights: inheriting, inheriting: 0, flags, position: 0 })
  },

  *sock_recv(guest, fd, ri_data, ri_flags) {
    const descriptor = connection(guest, fd, RIGHTS.fd_read)
    const { length, truncated } = yield* receive(guest, descriptor, ri_data, ri_flags)
    return [length, truncated ? ROFLAGS.recv_data_truncated : 0]
  },

  *sock_send(guest, fd, si_data) {
    return yield* send(guest, connection(guest, fd, RIGHTS.fd_write), si_data)
  },

  *sock_shutdown(guest, fd, how) {
    if (how === 0) throw new WasiError('inval')
    const { handle } = connection(guest, fd, RIGHTS.sock_shutdown)
    if ((how & SDFLAGS.rd) !== 0) yield* handle.shutdown('rd')
    if ((how & SDFLAGS.wr) !== 0) yield* handle.shutdown('wr')
  },
}

/** For a socket that the guest has from the start. */
export function socketDescriptor(socket: Socket | Listener): Descriptor {
  const isListener = 'accept' in socket
  return {
    handle: isListener ? new ListeningSocket(socket) : new Connection(socket),
    rights: isListener ? LISTENER_RIGHTS : CONNECTION_RIGHTS,
    inheriting: isListener ? CONNECTION_RIGHTS : 0,
    flags: 0,
    position: 0,
    isGranted: true,
  }
}

export function* receive(
  guest: Guest,
  descriptor: Descriptor<Connection>,
  iovs: readonly Iovec[],
  flags: number,
): Waiting<{ readonly length: number; readonly truncated: boolean }> {
  const { handle } = descriptor
  const most = Math.min(totalLength(iovs), guest.limits.callBytes)
  const waitsForAll = (flags & RIFLAGS.recv_waitall) !== 0 && (descriptor.flags & FDFLAGS.nonblock) === 0
  const least = waitsForAll ? most : Math.min(most, 1)
  for (let filling = handle.fill(least, most); filling !== undefined; filling = handle.fill(least, most)) {
    checkMayWait(descriptor)
    yield filling
  }
  const { bytes, truncated } = handle.take(most, (flags & RIFLAGS.recv_peek) !== 0)
  scatter(guest.memory(), iovs, bytes)
  return { length: bytes.length, truncated }
}

export function* send(
  guest: Guest,
  { handle, flags }: Descriptor<Connection>,
  iovs: readonly Iovec[],
): Waiting<number> {
  const bytes = gather(guest.memory(), iovs, guest.limits.callBytes)
  return yield* handle.send(bytes, (flags & FDFLAGS.nonblock) !== 0)
}

function connection(guest: Guest, fd: number, rights: number): Descriptor<Connection> {
  const descriptor = guest.table.socket(fd, 0)
  if (!isConnection(descriptor)) throw new WasiError('notconn')
  guest.table.use(fd, rights)
  return descriptor
}

function checkMayWait({ flags }: Descriptor): void {
  if ((flags & FDFLAGS.nonblock) !== 0) throw new WasiError('again')
}
