// The types of WASI preview 1 as data: integers, enumerations, flags, records and unions by their names in
// typenames.witx. Layouts, decoding and the text of a trace all derive from this table; see abi.ts. What differs in the
// older dialect is in dialect.ts.
// https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/witx/typenames.witx

import { ERRNO_NAMES } from './errno.ts'

export type IntSize = 1 | 2 | 4 | 8

export type WasiType =
  | { readonly kind: 'int'; readonly size: IntSize; readonly signed?: true }
  | { readonly kind: 'enum'; readonly size: IntSize; readonly names: readonly string[] }
  /** `lenient`: bits without a name are ignored instead of answered with EINVAL. */
  | { readonly kind: 'flags'; readonly size: IntSize; readonly names: readonly string[]; readonly lenient?: true }
  | { readonly kind: 'record'; readonly fields: readonly (readonly [name: string, type: string])[] }
  /** A tag (an enumeration) followed by the case that it selects. */
  | { readonly kind: 'union'; readonly tag: string; readonly cases: readonly string[] }
  /** UTF-8 as pointer and length. */
  | { readonly kind: 'string' }
  /** Records as pointer and length. */
  | { readonly kind: 'list'; readonly element: string }

export type WasiTypes = Readonly<Record<string, WasiType>>

export const CLOCKID_NAMES = ['realtime', 'monotonic', 'process_cputime_id', 'thread_cputime_id'] as const
export type ClockId = (typeof CLOCKID_NAMES)[number]

const WHENCE_NAMES = ['set', 'cur', 'end'] as const
export type Whence = (typeof WHENCE_NAMES)[number]

// prettier-ignore
export const FILETYPE_NAMES = [
  'unknown', 'block_device', 'character_device', 'directory', 'regular_file', 'socket_dgram', 'socket_stream', 'symbolic_link',
] as const
export type FileType = (typeof FILETYPE_NAMES)[number]

const ADVICE_NAMES = ['normal', 'sequential', 'random', 'willneed', 'dontneed', 'noreuse'] as const
export type Advice = (typeof ADVICE_NAMES)[number]

const EVENTTYPE_NAMES = ['clock', 'fd_read', 'fd_write'] as const
export type EventType = (typeof EVENTTYPE_NAMES)[number]

// prettier-ignore
export const SIGNAL_NAMES = [
  'none', 'hup', 'int', 'quit', 'ill', 'trap', 'abrt', 'bus', 'fpe', 'kill', 'usr1', 'segv', 'usr2', 'pipe', 'alrm', 'term',
  'chld', 'cont', 'stop', 'tstp', 'ttin', 'ttou', 'urg', 'xcpu', 'xfsz', 'vtalrm', 'prof', 'winch', 'poll', 'pwr', 'sys',
] as const
export type Signal = (typeof SIGNAL_NAMES)[number]

// prettier-ignore
export const RIGHT_NAMES = [
  'fd_datasync', 'fd_read', 'fd_seek', 'fd_fdstat_set_flags', 'fd_sync', 'fd_tell', 'fd_write', 'fd_advise', 'fd_allocate',
  'path_create_directory', 'path_create_file', 'path_link_source', 'path_link_target', 'path_open', 'fd_readdir',
  'path_readlink', 'path_rename_source', 'path_rename_target', 'path_filestat_get', 'path_filestat_set_size',
  'path_filestat_set_times', 'fd_filestat_get', 'fd_filestat_set_size', 'fd_filestat_set_times', 'path_symlink',
  'path_remove_directory', 'path_unlink_file', 'poll_fd_readwrite', 'sock_shutdown', 'sock_accept',
] as const
export type Right = (typeof RIGHT_NAMES)[number]

const FDFLAG_NAMES = ['append', 'dsync', 'nonblock', 'rsync', 'sync'] as const
const OFLAG_NAMES = ['creat', 'directory', 'excl', 'trunc'] as const
const FSTFLAG_NAMES = ['atim', 'atim_now', 'mtim', 'mtim_now'] as const
const LOOKUPFLAG_NAMES = ['symlink_follow'] as const
const EVENTRWFLAG_NAMES = ['fd_readwrite_hangup'] as const
const RIFLAG_NAMES = ['recv_peek', 'recv_waitall'] as const
const ROFLAG_NAMES = ['recv_data_truncated'] as const
const SDFLAG_NAMES = ['rd', 'wr'] as const
const SUBCLOCKFLAG_NAMES = ['subscription_clock_abstime'] as const

function bitsOf<Name extends string>(names: readonly Name[]): Readonly<Record<Name, number>> {
  return Object.fromEntries(names.map((name, bit) => [name, 2 ** bit])) as Record<Name, number>
}

// Every set of flags, rights with their 30 bits included, fits a 32-bit number.
export const RIGHTS: Readonly<Record<Right, number>> = bitsOf(RIGHT_NAMES)
export const FDFLAGS: Readonly<Record<(typeof FDFLAG_NAMES)[number], number>> = bitsOf(FDFLAG_NAMES)
export const OFLAGS: Readonly<Record<(typeof OFLAG_NAMES)[number], number>> = bitsOf(OFLAG_NAMES)
export const FSTFLAGS: Readonly<Record<(typeof FSTFLAG_NAMES)[number], number>> = bitsOf(FSTFLAG_NAMES)
export const LOOKUPFLAGS: Readonly<Record<(typeof LOOKUPFLAG_NAMES)[number], number>> = bitsOf(LOOKUPFLAG_NAMES)
export const EVENTRWFLAGS: Readonly<Record<(typeof EVENTRWFLAG_NAMES)[number], number>> = bitsOf(EVENTRWFLAG_NAMES)
export const RIFLAGS: Readonly<Record<(typeof RIFLAG_NAMES)[number], number>> = bitsOf(RIFLAG_NAMES)
export const ROFLAGS: Readonly<Record<(typeof ROFLAG_NAMES)[number], number>> = bitsOf(ROFLAG_NAMES)
export const SDFLAGS: Readonly<Record<(typeof SDFLAG_NAMES)[number], number>> = bitsOf(SDFLAG_NAMES)
export const SUBCLOCKFLAGS: Readonly<Record<(typeof SUBCLOCKFLAG_NAMES)[number], number>> = bitsOf(SUBCLOCKFLAG_NAMES)

const u8: WasiType = { kind: 'int', size: 1 }
const u32: WasiType = { kind: 'int', size: 4 }
const u64: WasiType = { kind: 'int', size: 8 }

export const TYPES: WasiTypes = {
  u8,
  /** A pointer as data, in an array of pointers. */
  address: u32,
  size: u32,
  filesize: u64,
  filedelta: { kind: 'int', size: 8, signed: true },
  timestamp: u64,
  fd: u32,
  dircookie: u64,
  dirnamlen: u32,
  inode: u64,
  device: u64,
  linkcount: u64,
  userdata: u64,
  exitcode: u32,

  clockid: { kind: 'enum', size: 4, names: CLOCKID_NAMES },
  errno: { kind: 'enum', size: 2, names: ERRNO_NAMES },
  whence: { kind: 'enum', size: 1, names: WHENCE_NAMES },
  filetype: { kind: 'enum', size: 1, names: FILETYPE_NAMES },
  advice: { kind: 'enum', size: 1, names: ADVICE_NAMES },
  eventtype: { kind: 'enum', size: 1, names: EVENTTYPE_NAMES },
  signal: { kind: 'enum', size: 1, names: SIGNAL_NAMES },
  preopentype: { kind: 'enum', size: 1, names: ['dir'] },

  // Programs ask for all rights with ~0; bits that mean nothing grant nothing.
  rights: { kind: 'flags', size: 8, names: RIGHT_NAMES, lenient: true },
  fdflags: { kind: 'flags', size: 2, names: FDFLAG_NAMES },
  fstflags: { kind: 'flags', size: 2, names: FSTFLAG_NAMES },
  lookupflags: { kind: 'flags', size: 4, names: LOOKUPFLAG_NAMES },
  oflags: { kind: 'flags', size: 2, names: OFLAG_NAMES },
  eventrwflags: { kind: 'flags', size: 2, names: EVENTRWFLAG_NAMES },
  subclockflags: { kind: 'flags', size: 2, names: SUBCLOCKFLAG_NAMES },
  riflags: { kind: 'flags', size: 2, names: RIFLAG_NAMES },
  roflags: { kind: 'flags', size: 2, names: ROFLAG_NAMES },
  siflags: { kind: 'flags', size: 2, names: [] },
  sdflags: { kind: 'flags', size: 1, names: SDFLAG_NAMES },

  string: { kind: 'string' },
  iovec_array: { kind: 'list', element: 'iovec' },
  ciovec_array: { kind: 'list', element: 'ciovec' },

  iovec: record(['buf', 'address'], ['buf_len', 'size']),
  ciovec: record(['buf', 'address'], ['buf_len', 'size']),
  dirent: record(['d_next', 'dircookie'], ['d_ino', 'inode'], ['d_namlen', 'dirnamlen'], ['d_type', 'filetype']),
  fdstat: record(
    ['fs_filetype', 'filetype'],
    ['fs_flags', 'fdflags'],
    ['fs_rights_base', 'rights'],
    ['fs_rights_inheriting', 'rights'],
  ),
  filestat: record(
    ['dev', 'device'],
    ['ino', 'inode'],
    ['filetype', 'filetype'],
    ['nlink', 'linkcount'],
    ['size', 'filesize'],
    ['atim', 'timestamp'],
    ['mtim', 'timestamp'],
    ['ctim', 'timestamp'],
  ),
  event_fd_readwrite: record(['nbytes', 'filesize'], ['flags', 'eventrwflags']),
  event: record(
    ['userdata', 'userdata'],
    ['error', 'errno'],
    ['type', 'eventtype'],
    ['fd_readwrite', 'event_fd_readwrite'],
  ),
  subscription_clock: record(
    ['id', 'clockid'],
    ['timeout', 'timestamp'],
    ['precision', 'timestamp'],
    ['flags', 'subclockflags'],
  ),
  subscription_fd_readwrite: record(['file_descriptor', 'fd']),
  subscription_u: {
    kind: 'union',
    tag: 'eventtype',
    cases: ['subscription_clock', 'subscription_fd_readwrite', 'subscription_fd_readwrite'],
  },
  subscription: record(['userdata', 'userdata'], ['u', 'subscription_u']),
  prestat_dir: record(['pr_name_len', 'size']),
  prestat: { kind: 'union', tag: 'preopentype', cases: ['prestat_dir'] },
}

export function record(...fields: readonly (readonly [name: string, type: string])[]): WasiType {
  return { kind: 'record', fields }
}
