// Errors of the system as the guest sees them.

import { WasiError, type Errno } from '../wasi.ts'

/** By the names that Node gives. What preview 1 has no word for has its nearest one; all else is EIO. */
// prettier-ignore
const ERRNOS: Readonly<Record<string, Errno>> = {
  E2BIG: '2big', EACCES: 'acces', EADDRINUSE: 'addrinuse', EADDRNOTAVAIL: 'addrnotavail', EAFNOSUPPORT: 'afnosupport',
  EAGAIN: 'again', EALREADY: 'already', EBADF: 'badf', EBADMSG: 'badmsg', EBUSY: 'busy', ECANCELED: 'canceled',
  ECHILD: 'child', ECONNABORTED: 'connaborted', ECONNREFUSED: 'connrefused', ECONNRESET: 'connreset', EDEADLK: 'deadlk',
  EDESTADDRREQ: 'destaddrreq', EDOM: 'dom', EDQUOT: 'dquot', EEXIST: 'exist', EFAULT: 'fault', EFBIG: 'fbig',
  EHOSTUNREACH: 'hostunreach', EIDRM: 'idrm', EILSEQ: 'ilseq', EINPROGRESS: 'inprogress', EINTR: 'intr', EINVAL: 'inval',
  EIO: 'io', EISCONN: 'isconn', EISDIR: 'isdir', ELOOP: 'loop', EMFILE: 'mfile', EMLINK: 'mlink', EMSGSIZE: 'msgsize',
  EMULTIHOP: 'multihop', ENAMETOOLONG: 'nametoolong', ENETDOWN: 'netdown', ENETRESET: 'netreset',
  ENETUNREACH: 'netunreach', ENFILE: 'nfile', ENOBUFS: 'nobufs', ENODEV: 'nodev', ENOENT: 'noent', ENOEXEC: 'noexec',
  ENOLCK: 'nolck', ENOLINK: 'nolink', ENOMEM: 'nomem', ENOMSG: 'nomsg', ENOPROTOOPT: 'noprotoopt', ENOSPC: 'nospc',
  ENOSYS: 'nosys', ENOTCONN: 'notconn', ENOTDIR: 'notdir', ENOTEMPTY: 'notempty', ENOTRECOVERABLE: 'notrecoverable',
  ENOTSOCK: 'notsock', ENOTSUP: 'notsup', ENOTTY: 'notty', ENXIO: 'nxio', EOVERFLOW: 'overflow', EOWNERDEAD: 'ownerdead',
  EPERM: 'perm', EPIPE: 'pipe', EPROTO: 'proto', EPROTONOSUPPORT: 'protonosupport', EPROTOTYPE: 'prototype',
  ERANGE: 'range', EROFS: 'rofs', ESPIPE: 'spipe', ESRCH: 'srch', ESTALE: 'stale', ETIMEDOUT: 'timedout',
  ETXTBSY: 'txtbsy', EXDEV: 'xdev',
  // Other names of theirs, and what is near.
  EWOULDBLOCK: 'again', EDEADLOCK: 'deadlk', EOPNOTSUPP: 'notsup', ESOCKTNOSUPPORT: 'notsup', EPFNOSUPPORT: 'notsup',
  EHOSTDOWN: 'hostunreach', ESHUTDOWN: 'pipe', ECHARSET: 'ilseq', EFTYPE: 'inval', ENODATA: 'nomsg', ENOTBLK: 'inval',
  ETOOMANYREFS: 'nobufs', EUSERS: 'mfile', EREMOTE: 'xdev', ENOKEY: 'acces', EKEYEXPIRED: 'acces', EKEYREVOKED: 'acces',
  EKEYREJECTED: 'acces',
}

/** Whether a call of the system failed, and not a program. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error
}

/** The guest's call answers with the code that fits, EIO where none does. All else passes. */
export function toWasiError(error: unknown): unknown {
  return isSystemError(error) ? new WasiError(ERRNOS[error.code ?? ''] ?? 'io', error.message) : error
}

/** For calls of the system on a guest's behalf: whatever they throw is an answer that the guest gets. */
export function system<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    const known = toWasiError(error)
    throw known instanceof WasiError
      ? known
      : new WasiError('io', error instanceof Error ? error.message : String(error))
  }
}
