// Every call as an event and as a line; the tables that the decoding comes from.

import { expect, test } from 'vitest'
import { Abi } from '../../src/wasi/preview1/abi.ts'
import { coreType } from '../../src/wasi/preview1/dialect.ts'
import { ERRNO_NAMES, errnoCode, errnoLabel } from '../../src/wasi/preview1/errno.ts'
import { FUNCTION_NAMES } from '../../src/wasi/preview1/functions.ts'
import { formatBegunCall, formatCall } from '../../src/wasi/preview1/format-call.ts'
import type { BegunCall, WasiCall } from '../../src/wasi/preview1/trace.ts'
import type { WasiOptions } from '../../src/wasi/preview1/wasi.ts'
import { TYPES } from '../../src/wasi/preview1/types.ts'
import { findSuite } from '../suites.ts'
import { ALL, Caller, FOLDER, OUT } from './host.ts'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

function traced(options: WasiOptions = {}): {
  readonly caller: Caller
  readonly lines: () => string[]
  readonly calls: WasiCall[]
} {
  const calls: WasiCall[] = []
  let now = 0n
  const caller = new Caller({
    fs: { '/in.txt': 'hello\nworld' },
    trace: (call) => void calls.push(call),
    traceClock: () => (now += 1500n),
    ...options,
  })
  return { caller, calls, lines: () => calls.map(formatCall) }
}

test('a call is a line as strace prints it', () => {
  const { caller, lines } = traced()
  const fd = caller.open(FOLDER, 'in.txt', { follow: true, rights: 2n })
  caller.read(fd as number, 8)
  caller.write(1, 'out\u001b[2J"\n')
  caller.open(FOLDER, '../x', { oflags: 9, rights: ALL })
  caller.call('fd_seek', 1, -3n, 2, OUT)
  caller.call('fd_prestat_get', FOLDER, OUT)
  caller.call('path_create_directory', FOLDER, 0xfffffff0, 5)
  caller.call('fd_close', 4)
  expect(() => caller.call('proc_exit', 3)).toThrow('the program exited with 3')
  expect(lines()).toEqual([
    'path_open(3, symlink_follow, "in.txt", 0, fd_read, 0, 0) = 4 <0.000002>',
    'fd_read(4, [{0x2000, 8, "hello\\nwo"}]) = 8 <0.000002>',
    'fd_write(1, [{0x2000, 9, "out\\x1b[2J\\"\\n"}]) = 9 <0.000002>',
    'path_open(3, 0, "../x", creat|trunc, fd_datasync|fd_read|fd_seek|fd_fdstat_set_flags|…30, 0, 0) = EPERM (operation not permitted) <0.000002>',
    'fd_seek(1, -3, end) = ESPIPE (invalid seek) <0.000002>',
    'fd_prestat_get(3) = {dir, pr_name_len=1} <0.000002>',
    'path_create_directory(0x3, 0xfffffff0, 0x5) = EFAULT (bad address) <0.000002>',
    'fd_close(4) = 0 <0.000002>',
    'proc_exit(3) = ? <0.000002>',
  ])
})

test('buffers are abbreviated', () => {
  const { caller, lines } = traced()
  caller.write(1, 'x'.repeat(100))
  expect(lines()).toEqual([`fd_write(1, [{0x2000, 100, "${'x'.repeat(32)}"…}]) = 100 <0.000002>`])
})

test('an event is typed data', () => {
  const { caller, calls } = traced()
  caller.open(FOLDER, 'in.txt', { rights: 6n })
  expect(calls).toEqual([
    {
      kind: 'wasi',
      id: 1,
      module: 'wasi_snapshot_preview1',
      name: 'path_open',
      args: {
        fd: 3,
        dirflags: [],
        path: 'in.txt',
        oflags: [],
        fs_rights_base: ['fd_read', 'fd_seek'],
        fs_rights_inheriting: [],
        fdflags: [],
      },
      raw: [3, 0, 1024, 6, 0, 6n, 0n, 0, OUT],
      contents: {},
      ending: 'returned',
      errno: 'success',
      results: { opened_fd: 4 },
      interposed: false,
      start: 1500n,
      duration: 1500n,
    },
  ])
  const [call] = calls
  // What the name is tells which arguments there are: this compiles.
  if (call?.name === 'path_open') expect(call.args?.path.length).toBe(6)
})

test('what a call writes to the guest is shown as what it is', () => {
  const { caller, lines } = traced({
    args: ['prog', 'ünï\u001b'],
    env: { A: '1' },
    random: (bytes) => void bytes.fill(0xff),
    fs: { '/l': { type: 'link', target: 'in.txt' }, '/in.txt': 'x' },
  })
  caller.call('args_get', 512, 600)
  caller.call('environ_get', 512, 600)
  caller.call('path_readlink', FOLDER, 'l', 512, 64, OUT)
  caller.call('fd_prestat_dir_name', FOLDER, 512, 1)
  caller.call('fd_readdir', FOLDER, 512, 4096, 0n, OUT)
  caller.call('random_get', 512, 40)
  caller.call('path_readlink', FOLDER, 'in.txt', 512, 64, OUT)
  expect(lines().map((line) => line.replace(/ <.*/, '').replaceAll(/d_ino=\d+/g, 'd_ino=N'))).toEqual([
    'args_get(["prog", "ünï\\x1b"], 0x258) = 0',
    'environ_get(["A=1"], 0x258) = 0',
    'path_readlink(3, "l", "in.txt", 64) = 6',
    'fd_prestat_dir_name(3, "/", 1) = 0',
    'fd_readdir(3, [{d_next=1, d_ino=N, d_type=directory, name="."}, {d_next=2, d_ino=N, d_type=directory, name=".."}, ' +
      '{d_next=3, d_ino=N, d_type=symbolic_link, name="l"}, {d_next=4, d_ino=N, d_type=regular_file, name="in.txt"}], 4096, 0) = 106',
    `random_get("${'\\xff'.repeat(32)}"…, 40) = 0`,
    'path_readlink(3, "in.txt", 0x200, 64) = EINVAL (invalid argument)',
  ])
})

test('subscriptions and events are shown, and of an entry that is cut what there is', () => {
  const { caller, lines } = traced({ fs: { '/long-name': 'x' } })
  caller.view.setUint32(512 + 8, 1, true)
  caller.bytes[512 + 8] = 1
  caller.view.setUint32(512 + 16, 1, true)
  caller.call('poll_oneoff', 512, 1024, 1, OUT)
  caller.bytes[512 + 8] = 9
  caller.call('poll_oneoff', 512, 1024, 1, OUT)
  caller.call('fd_readdir', FOLDER, 512, 27, 2n, OUT)
  expect(lines().map((line) => line.replace(/ <.*/, '').replaceAll(/d_ino=\d+/g, 'd_ino=N'))).toEqual([
    'poll_oneoff([{userdata=0, u={fd_read, file_descriptor=1}}], [{userdata=0, error=notcapable, type=fd_read, fd_readwrite={nbytes=0, flags=0}}], 1) = 1',
    'poll_oneoff(0x200, 0x400, 1) = EINVAL (invalid argument)',
    'fd_readdir(3, [{d_next=3, d_ino=N, d_type=regular_file, name="lon"}], 27, 2) = 27',
  ])
})

test('as many bytes are kept as is asked for', () => {
  const { caller, calls } = traced({ traceBytes: 5 })
  caller.write(1, 'hello world')
  expect(calls[0]?.contents).toEqual({ iovs: new Uint8Array(Buffer.from('hello')) })
  const { caller: all, lines } = traced({ traceBytes: Infinity })
  all.write(1, 'x'.repeat(100))
  expect(lines()[0]).toContain(`"${'x'.repeat(100)}"}]`)
})

test('an observer is told when a call begins, before anything happens, and of one that is cut off', async () => {
  const told: string[] = []
  const caller = new Caller({
    stdin: () => new Promise(() => {}),
    trace: {
      begin: (call: BegunCall) => void told.push(`begin ${call.id} ${formatBegunCall(call)}`),
      end: (call) => void told.push(`end ${call.id} ${call.ending} ${String(call.errno)}`),
    },
  })
  caller.view.setUint32(64, 8192, true)
  caller.view.setUint32(68, 4, true)
  const waiting = caller.functions.fd_read(0, 64, 1, OUT)
  expect(told).toEqual(['begin 1 fd_read(0, [{0x2000, 4, ""…}] …'])
  caller.wasi.abandon(waiting as Promise<number>)
  caller.call('fd_read', 0, 0xfffffff0, 1, OUT)
  expect(() => caller.call('proc_exit', 1)).toThrow('exited')
  await Promise.resolve()
  expect(told.slice(1)).toEqual([
    'end 1 abandoned undefined',
    'begin 2 fd_read(0x0, 0xfffffff0, 0x1, 0x10 …',
    'end 2 returned fault',
    'begin 3 proc_exit(1 …',
    'end 3 exited undefined',
  ])
})

test('watching moves no clock of the guest, and calls are counted without it', () => {
  const time = (caller: Caller): bigint => {
    caller.call('sched_yield')
    caller.call('clock_time_get', 1, 0n, OUT)
    return caller.view.getBigUint64(OUT, true)
  }
  const plain = new Caller()
  expect(time(plain)).toBe(time(new Caller({ trace: () => {} })))
  expect([...plain.wasi.calls]).toEqual([
    ['sched_yield', 1],
    ['clock_time_get', 1],
  ])
})

test('the tables have the 46 functions and 77 codes of the specification', () => {
  expect(FUNCTION_NAMES).toHaveLength(46)
  expect(ERRNO_NAMES).toHaveLength(77)
  expect([errnoCode('badf'), errnoCode('notcapable'), errnoLabel('2big')]).toEqual([8, 76, 'E2BIG'])
})

test('records lie as the specification says', () => {
  const abi = new Abi(TYPES)
  const layouts = ['filestat', 'fdstat', 'dirent', 'prestat', 'event', 'subscription', 'iovec'].map((name) => {
    const { size, align, offsets } = abi.layout(name)
    return [name, size, align, ...offsets]
  })
  expect(layouts).toEqual([
    ['filestat', 64, 8, 0, 8, 16, 24, 32, 40, 48, 56],
    ['fdstat', 24, 8, 0, 2, 8, 16],
    ['dirent', 24, 8, 0, 8, 16, 20],
    ['prestat', 8, 4, 0, 4],
    ['event', 32, 8, 0, 8, 10, 16],
    ['subscription', 48, 8, 0, 8],
    ['iovec', 8, 4, 0, 4],
  ])
})

test('a core type is what compilers emit', () => {
  expect(coreType('path_open')).toEqual({
    params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i64', 'i64', 'i32', 'i32'],
    results: ['i32'],
  })
  expect(coreType('sock_accept')).toEqual({ params: ['i32', 'i32', 'i32'], results: ['i32'] })
  expect(coreType('fd_seek')).toEqual({ params: ['i32', 'i64', 'i32', 'i32'], results: ['i32'] })
  expect(coreType('proc_exit')).toEqual({ params: ['i32'], results: [] })
  expect(coreType('sched_yield')).toEqual({ params: [], results: ['i32'] })
  expect(coreType('sock_connect')).toBeUndefined()
  expect(coreType('constructor')).toBeUndefined()
})

// The imports of the suite's programs say independently what the types are: these modules import one function each, with
// the type that we derived, and the host's own linker would refuse none; so the check is on what compilers wrote down.
const suite = findSuite('wasi-preview1')
test.skipIf(suite === undefined)('the core types are those that the official programs import', () => {
  const seen = new Map<string, string>()
  for (const language of ['c', 'rust', 'assemblyscript']) {
    const folder = join(suite ?? '.', language)
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.wasm'))) {
      for (const [name, type] of importedTypes(readFileSync(join(folder, file)))) seen.set(name, type)
    }
  }
  expect(seen.size).toBe(40)
  for (const [name, type] of seen) {
    const { params, results } = coreType(name) ?? { params: ['unknown'], results: [] }
    expect([name, `${params.join(' ')} -> ${results.join(' ')}`]).toEqual([name, type])
  }
})

/** The function imports of a module whose type section has nothing but functions of numbers. */
function importedTypes(bytes: Uint8Array): readonly (readonly [name: string, type: string])[] {
  let at = 8
  const types: string[] = []
  const imports: (readonly [string, string])[] = []
  const u32 = (): number => {
    let [value, shift, byte] = [0, 0, 0x80]
    while (byte >= 0x80) {
      byte = bytes[at++] as number
      value |= (byte & 0x7f) << shift
      shift += 7
    }
    return value
  }
  const name = (): string => {
    const length = u32()
    at += length
    return Buffer.from(bytes.subarray(at - length, at)).toString()
  }
  const valTypes = (): string =>
    Array.from(
      { length: u32() },
      () => ({ 0x7f: 'i32', 0x7e: 'i64', 0x7d: 'f32', 0x7c: 'f64' })[bytes[at++] as 0x7f],
    ).join(' ')
  while (at < bytes.length && imports.length === 0) {
    const id = bytes[at++]
    const end = u32() + at
    if (id === 1) {
      for (let count = u32(); count > 0; count--) {
        at++
        types.push(`${valTypes()} -> ${valTypes()}`)
      }
    } else if (id === 2) {
      for (let count = u32(); count > 0; count--) {
        name()
        const field = name()
        if (bytes[at++] !== 0) throw new Error('only functions are imported')
        imports.push([field, types[u32()] as string])
      }
    }
    at = end
  }
  return imports
}
