// sock_*: no descriptor is a socket yet, so an open one answers ENOTSOCK and any other EBADF.

import { WasiError } from './errno.ts'
import type { Guest, Implementations } from './implementation.ts'

type Names = 'sock_accept' | 'sock_recv' | 'sock_send' | 'sock_shutdown'

export const sockFunctions: Pick<Implementations, Names> = {
  sock_accept: notSocket,
  sock_recv: notSocket,
  sock_send: notSocket,
  sock_shutdown: notSocket,
}

function notSocket(guest: Guest, fd: number): never {
  guest.table.get(fd)
  throw new WasiError('notsock')
}
