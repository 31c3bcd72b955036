// The error codes of WASI preview 1, and the exception by which an implementation or a host answers with one.
// Turning it into the number that the guest sees is left to abi.ts.

/** In the order of the specification: a name's index is its code. */
// prettier-ignore
export const ERRNO_NAMES = [
  'success', '2big', 'acces', 'addrinuse', 'addrnotavail', 'afnosupport', 'again', 'already', 'badf', 'badmsg', 'busy',
  'canceled', 'child', 'connaborted', 'connrefused', 'connreset', 'deadlk', 'destaddrreq', 'dom', 'dquot', 'exist',
  'fault', 'fbig', 'hostunreach', 'idrm', 'ilseq', 'inprogress', 'intr', 'inval', 'io', 'isconn', 'isdir', 'loop',
  'mfile', 'mlink', 'msgsize', 'multihop', 'nametoolong', 'netdown', 'netreset', 'netunreach', 'nfile', 'nobufs',
  'nodev', 'noent', 'noexec', 'nolck', 'nolink', 'nomem', 'nomsg', 'noprotoopt', 'nospc', 'nosys', 'notconn', 'notdir',
  'notempty', 'notrecoverable', 'notsock', 'notsup', 'notty', 'nxio', 'overflow', 'ownerdead', 'perm', 'pipe', 'proto',
  'protonosupport', 'prototype', 'range', 'rofs', 'spipe', 'srch', 'stale', 'timedout', 'txtbsy', 'xdev', 'notcapable',
] as const

export type Errno = (typeof ERRNO_NAMES)[number]

const CODES: ReadonlyMap<string, number> = new Map(ERRNO_NAMES.map((name, code) => [name, code]))

export function errnoCode(errno: Errno): number {
  return CODES.get(errno) as number
}

/** The name as C programs know it: `ENOENT`. */
export function errnoLabel(errno: Errno): string {
  return `E${errno.toUpperCase()}`
}

/** Thrown by implementations and by hosts (file systems, streams): the guest's call answers with this code. */
export class WasiError extends Error {
  readonly errno: Errno

  constructor(errno: Errno, message?: string) {
    super(message ?? errnoLabel(errno))
    this.name = 'WasiError'
    this.errno = errno
  }
}
