// Errors of the system as the guest sees them.

import { WasiError, type Errno } from '../wasi.ts'

const ERRNOS: Readonly<Record<string, Errno>> = {
  EISDIR: 'isdir',
  ENOSPC: 'nospc',
  EDQUOT: 'dquot',
  EFBIG: 'fbig',
  EBADF: 'badf',
  EINVAL: 'inval',
  EPIPE: 'pipe',
  ECONNRESET: 'connreset',
  ECONNABORTED: 'connaborted',
  ENOTCONN: 'notconn',
  ETIMEDOUT: 'timedout',
  EHOSTUNREACH: 'hostunreach',
  ENETUNREACH: 'netunreach',
  ENETDOWN: 'netdown',
}

/** Whether a call of the system failed, and not a program. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error && 'code' in error
}

/** The guest's call answers with the code that fits, EIO where none does. All else passes. */
export function toWasiError(error: unknown): unknown {
  return isSystemError(error) ? new WasiError(ERRNOS[error.code ?? ''] ?? 'io', error.message) : error
}
