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

/** What each means, in the words that C libraries have for it. */
// prettier-ignore
const TEXTS: Readonly<Record<(typeof ERRNO_NAMES)[number], string>> = {
  success: 'no error', '2big': 'argument list too long', acces: 'permission denied', addrinuse: 'address in use',
  addrnotavail: 'address not available', afnosupport: 'address family not supported', again: 'resource unavailable, try again',
  already: 'connection already in progress', badf: 'bad file descriptor', badmsg: 'bad message', busy: 'device or resource busy',
  canceled: 'operation canceled', child: 'no child processes', connaborted: 'connection aborted', connrefused: 'connection refused',
  connreset: 'connection reset', deadlk: 'resource deadlock would occur', destaddrreq: 'destination address required',
  dom: 'argument out of domain of function', dquot: 'disk quota exceeded', exist: 'file exists', fault: 'bad address', fbig: 'file too large',
  hostunreach: 'host is unreachable', idrm: 'identifier removed', ilseq: 'illegal byte sequence', inprogress: 'operation in progress',
  intr: 'interrupted function', inval: 'invalid argument', io: 'I/O error', isconn: 'socket is connected', isdir: 'is a directory',
  loop: 'too many levels of symbolic links', mfile: 'too many open files', mlink: 'too many links', msgsize: 'message too large',
  multihop: 'multihop attempted', nametoolong: 'filename too long', netdown: 'network is down', netreset: 'connection aborted by network',
  netunreach: 'network unreachable', nfile: 'too many files open in system', nobufs: 'no buffer space available', nodev: 'no such device',
  noent: 'no such file or directory', noexec: 'executable file format error', nolck: 'no locks available', nolink: 'link severed',
  nomem: 'not enough space', nomsg: 'no message of the desired type', noprotoopt: 'protocol not available', nospc: 'no space left on device',
  nosys: 'function not supported', notconn: 'socket is not connected', notdir: 'not a directory', notempty: 'directory not empty',
  notrecoverable: 'state not recoverable', notsock: 'not a socket', notsup: 'not supported', notty: 'not a terminal',
  nxio: 'no such device or address', overflow: 'value too large to be stored', ownerdead: 'previous owner died',
  perm: 'operation not permitted', pipe: 'broken pipe', proto: 'protocol error', protonosupport: 'protocol not supported',
  prototype: 'protocol wrong type for socket', range: 'result too large', rofs: 'read-only file system', spipe: 'invalid seek',
  srch: 'no such process', stale: 'stale file handle', timedout: 'timed out', txtbsy: 'text file busy', xdev: 'cross-device link',
  notcapable: 'capabilities insufficient',
}

export function errnoText(errno: Errno): string {
  return TEXTS[errno]
}

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
