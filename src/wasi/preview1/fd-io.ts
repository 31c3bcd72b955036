// fd_read, fd_write and their positioned forms: from the guest's buffers to files and streams and back.

import { WasiError } from './errno.ts'
import { fileOffset } from './fd.ts'
import { isConnection, isStream } from './fd-table.ts'
import type { Descriptor } from './fd-table.ts'
import type { OpenFile } from './file-system.ts'
import type { Iovec } from './functions.ts'
import type { Guest, Implementations } from './implementation.ts'
import { gather, scatter, totalLength } from './memory.ts'
import { receive, send } from './sock.ts'
import type { Stream } from './stdio.ts'
import { FDFLAGS, RIGHTS } from './types.ts'
import { wait } from './waiting.ts'
import type { Waiting } from './waiting.ts'

export const fdIoFunctions: Pick<Implementations, 'fd_pread' | 'fd_pwrite' | 'fd_read' | 'fd_write'> = {
  *fd_pread(guest, fd, iovs, offset) {
    const { handle } = guest.table.file(fd, RIGHTS.fd_read | RIGHTS.fd_seek)
    return yield* readFile(guest, handle, iovs, fileOffset(offset))
  },

  *fd_pwrite(guest, fd, iovs, offset) {
    const { handle, flags } = guest.table.file(fd, RIGHTS.fd_write | RIGHTS.fd_seek)
    const position = fileOffset(offset)
    const bytes = gather(guest.memory(), iovs, guest.limits.callBytes)
    checkEnd(position, bytes)
    // Where POSIX has it, even with `append`.
    const written = yield* wait(handle.write(position, bytes))
    yield* syncWritten(handle, flags)
    return written
  },

  *fd_read(guest, fd, iovs) {
    const descriptor = guest.table.readableOrWritable(fd, RIGHTS.fd_read)
    if (isStream(descriptor)) return yield* readStream(guest, descriptor, iovs)
    if (isConnection(descriptor)) return (yield* receive(guest, descriptor, iovs, 0)).length
    const length = yield* readFile(guest, descriptor.handle, iovs, descriptor.position)
    descriptor.position += length
    return length
  },

  *fd_write(guest, fd, iovs) {
    const descriptor = guest.table.readableOrWritable(fd, RIGHTS.fd_write)
    if (isConnection(descriptor)) return yield* send(guest, descriptor, iovs)
    const bytes = gather(guest.memory(), iovs, guest.limits.callBytes)
    if (isStream(descriptor)) return yield* descriptor.handle.write(bytes)
    return yield* writeFile(descriptor, bytes)
  },
}

function* readFile(guest: Guest, file: OpenFile, iovs: readonly Iovec[], position: number): Waiting<number> {
  const length = Math.min(totalLength(iovs), guest.limits.callBytes)
  if (length === 0) return 0
  const bytes = (yield* wait(file.read(position, length))).subarray(0, length)
  scatter(guest.memory(), iovs, bytes)
  return bytes.length
}

function* readStream(guest: Guest, { handle, flags }: Descriptor<Stream>, iovs: readonly Iovec[]): Waiting<number> {
  const length = Math.min(totalLength(iovs), guest.limits.callBytes)
  if (length === 0) return 0
  if ((flags & FDFLAGS.nonblock) !== 0 && typeof handle.available() !== 'number') throw new WasiError('again')
  // Others may wait for the same bytes.
  for (let filling = handle.fill(length); filling !== undefined; filling = handle.fill(length)) yield filling
  const bytes = handle.read(length)
  scatter(guest.memory(), iovs, bytes)
  return bytes.length
}

function* writeFile(descriptor: Descriptor<OpenFile>, bytes: Uint8Array): Waiting<number> {
  const { handle, flags } = descriptor
  let written: number
  if ((flags & FDFLAGS.append) === 0) {
    checkEnd(descriptor.position, bytes)
    written = yield* wait(handle.write(descriptor.position, bytes))
    descriptor.position += written
  } else {
    written = yield* wait(handle.append(bytes))
    descriptor.position = Number((yield* wait(handle.stat())).size)
  }
  yield* syncWritten(handle, flags)
  return written
}

function checkEnd(position: number, bytes: Uint8Array): void {
  if (position + bytes.length > Number.MAX_SAFE_INTEGER) throw new WasiError('fbig')
}

function* syncWritten(handle: OpenFile, flags: number): Waiting<void> {
  if ((flags & FDFLAGS.sync) !== 0) yield* wait(handle.sync(false))
  else if ((flags & FDFLAGS.dsync) !== 0) yield* wait(handle.sync(true))
}
