// The functions of preview 1 as data: parameters and results with their WASI types, the same in each dialect. Core types, the checks of
// pointers, the types of the implementations and the trace derive from this table.
// https://github.com/WebAssembly/WASI/blob/wasi-0.1/preview1/witx/wasi_snapshot_preview1.witx

import type { Advice, ClockId, Signal, Whence } from './types.ts'

/** `count` names the parameter that holds how many elements the guest offers; without it the implementation knows. */
export interface PointerType {
  readonly pointer: string
  readonly count?: string
  /** For those who watch: `subscriptions` are there before the call, all else is written by it, as far as its result says. */
  readonly content?: 'args' | 'environ' | 'text' | 'bytes' | 'dirents' | 'subscriptions' | 'events'
}

export interface FunctionType {
  readonly params: readonly (readonly [name: string, type: string | PointerType])[]
  /** Each is written through a pointer that follows the parameters. */
  readonly results: readonly (readonly [name: string, type: string])[]
  readonly noreturn?: true
}

// prettier-ignore
export const FUNCTIONS = {
  args_get: { params: [['argv', { pointer: 'address', content: 'args' }], ['argv_buf', { pointer: 'u8' }]], results: [] },
  args_sizes_get: { params: [], results: [['argc', 'size'], ['argv_buf_size', 'size']] },
  environ_get: { params: [['environ', { pointer: 'address', content: 'environ' }], ['environ_buf', { pointer: 'u8' }]], results: [] },
  environ_sizes_get: { params: [], results: [['environc', 'size'], ['environ_buf_size', 'size']] },
  clock_res_get: { params: [['id', 'clockid']], results: [['resolution', 'timestamp']] },
  clock_time_get: { params: [['id', 'clockid'], ['precision', 'timestamp']], results: [['time', 'timestamp']] },
  fd_advise: { params: [['fd', 'fd'], ['offset', 'filesize'], ['len', 'filesize'], ['advice', 'advice']], results: [] },
  fd_allocate: { params: [['fd', 'fd'], ['offset', 'filesize'], ['len', 'filesize']], results: [] },
  fd_close: { params: [['fd', 'fd']], results: [] },
  fd_datasync: { params: [['fd', 'fd']], results: [] },
  fd_fdstat_get: { params: [['fd', 'fd']], results: [['stat', 'fdstat']] },
  fd_fdstat_set_flags: { params: [['fd', 'fd'], ['flags', 'fdflags']], results: [] },
  fd_fdstat_set_rights: { params: [['fd', 'fd'], ['fs_rights_base', 'rights'], ['fs_rights_inheriting', 'rights']], results: [] },
  fd_filestat_get: { params: [['fd', 'fd']], results: [['buf', 'filestat']] },
  fd_filestat_set_size: { params: [['fd', 'fd'], ['size', 'filesize']], results: [] },
  fd_filestat_set_times: { params: [['fd', 'fd'], ['atim', 'timestamp'], ['mtim', 'timestamp'], ['fst_flags', 'fstflags']], results: [] },
  fd_pread: { params: [['fd', 'fd'], ['iovs', 'iovec_array'], ['offset', 'filesize']], results: [['nread', 'size']] },
  fd_prestat_get: { params: [['fd', 'fd']], results: [['buf', 'prestat']] },
  fd_prestat_dir_name: { params: [['fd', 'fd'], ['path', { pointer: 'u8', count: 'path_len', content: 'text' }], ['path_len', 'size']], results: [] },
  fd_pwrite: { params: [['fd', 'fd'], ['iovs', 'ciovec_array'], ['offset', 'filesize']], results: [['nwritten', 'size']] },
  fd_read: { params: [['fd', 'fd'], ['iovs', 'iovec_array']], results: [['nread', 'size']] },
  fd_readdir: {
    params: [
      ['fd', 'fd'], ['buf', { pointer: 'u8', count: 'buf_len', content: 'dirents' }], ['buf_len', 'size'], ['cookie', 'dircookie'],
    ],
    results: [['bufused', 'size']],
  },
  fd_renumber: { params: [['fd', 'fd'], ['to', 'fd']], results: [] },
  fd_seek: { params: [['fd', 'fd'], ['offset', 'filedelta'], ['whence', 'whence']], results: [['newoffset', 'filesize']] },
  fd_sync: { params: [['fd', 'fd']], results: [] },
  fd_tell: { params: [['fd', 'fd']], results: [['offset', 'filesize']] },
  fd_write: { params: [['fd', 'fd'], ['iovs', 'ciovec_array']], results: [['nwritten', 'size']] },
  path_create_directory: { params: [['fd', 'fd'], ['path', 'string']], results: [] },
  path_filestat_get: { params: [['fd', 'fd'], ['flags', 'lookupflags'], ['path', 'string']], results: [['buf', 'filestat']] },
  path_filestat_set_times: {
    params: [
      ['fd', 'fd'], ['flags', 'lookupflags'], ['path', 'string'], ['atim', 'timestamp'], ['mtim', 'timestamp'], ['fst_flags', 'fstflags'],
    ],
    results: [],
  },
  path_link: {
    params: [['old_fd', 'fd'], ['old_flags', 'lookupflags'], ['old_path', 'string'], ['new_fd', 'fd'], ['new_path', 'string']],
    results: [],
  },
  path_open: {
    params: [
      ['fd', 'fd'], ['dirflags', 'lookupflags'], ['path', 'string'], ['oflags', 'oflags'],
      ['fs_rights_base', 'rights'], ['fs_rights_inheriting', 'rights'], ['fdflags', 'fdflags'],
    ],
    results: [['opened_fd', 'fd']],
  },
  path_readlink: {
    params: [
      ['fd', 'fd'], ['path', 'string'], ['buf', { pointer: 'u8', count: 'buf_len', content: 'text' }], ['buf_len', 'size'],
    ],
    results: [['bufused', 'size']],
  },
  path_remove_directory: { params: [['fd', 'fd'], ['path', 'string']], results: [] },
  path_rename: { params: [['fd', 'fd'], ['old_path', 'string'], ['new_fd', 'fd'], ['new_path', 'string']], results: [] },
  path_symlink: { params: [['old_path', 'string'], ['fd', 'fd'], ['new_path', 'string']], results: [] },
  path_unlink_file: { params: [['fd', 'fd'], ['path', 'string']], results: [] },
  poll_oneoff: {
    params: [
      ['in', { pointer: 'subscription', count: 'nsubscriptions', content: 'subscriptions' }],
      ['out', { pointer: 'event', count: 'nsubscriptions', content: 'events' }],
      ['nsubscriptions', 'size'],
    ],
    results: [['nevents', 'size']],
  },
  proc_exit: { params: [['rval', 'exitcode']], results: [], noreturn: true },
  proc_raise: { params: [['sig', 'signal']], results: [] },
  sched_yield: { params: [], results: [] },
  random_get: { params: [['buf', { pointer: 'u8', count: 'buf_len', content: 'bytes' }], ['buf_len', 'size']], results: [] },
  sock_accept: { params: [['fd', 'fd'], ['flags', 'fdflags']], results: [['ro_fd', 'fd']] },
  sock_recv: {
    params: [['fd', 'fd'], ['ri_data', 'iovec_array'], ['ri_flags', 'riflags']],
    results: [['ro_datalen', 'size'], ['ro_flags', 'roflags']],
  },
  sock_send: { params: [['fd', 'fd'], ['si_data', 'ciovec_array'], ['si_flags', 'siflags']], results: [['so_datalen', 'size']] },
  sock_shutdown: { params: [['fd', 'fd'], ['how', 'sdflags']], results: [] },
} as const

export type FunctionName = keyof typeof FUNCTIONS

/** The table without its literal types, for code that goes through it. */
export function functionType(name: FunctionName): FunctionType {
  return FUNCTIONS[name]
}

export const FUNCTION_NAMES: readonly FunctionName[] = Object.keys(FUNCTIONS) as FunctionName[]

/** Values of the types that look the same to everybody. */
export interface PlainValues {
  readonly fd: number
  readonly size: number
  readonly exitcode: number
  readonly filesize: bigint
  readonly filedelta: bigint
  readonly timestamp: bigint
  readonly dircookie: bigint
  readonly clockid: ClockId
  readonly whence: Whence
  readonly advice: Advice
  readonly signal: Signal
  readonly string: string
}

/** What an implementation receives for a parameter of each type, as abi.ts decodes it. */
interface ParamValues extends PlainValues {
  readonly rights: number
  readonly fdflags: number
  readonly fstflags: number
  readonly lookupflags: number
  readonly oflags: number
  readonly riflags: number
  readonly siflags: number
  readonly sdflags: number
  readonly iovec_array: readonly Iovec[]
  readonly ciovec_array: readonly Iovec[]
}

/** A region of guest memory that was checked when it was read; a shrinking memory doesn't exist. */
export interface Iovec {
  readonly buf: number
  readonly buf_len: number
}

type ParamValue<Param> = Param extends readonly [string, infer T extends keyof ParamValues] ? ParamValues[T] : number

type ParamTuple<Params extends readonly unknown[]> = { -readonly [I in keyof Params]: ParamValue<Params[I]> }

/** The decoded parameters of a function, as a tuple. */
export type Arguments<Name extends FunctionName> = ParamTuple<(typeof FUNCTIONS)[Name]['params']>
