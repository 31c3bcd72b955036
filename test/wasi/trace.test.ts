// Every call as an event and as a line; the tables that the decoding comes from.

import { expect, test } from 'vitest'
import { Abi } from '../../src/wasi/preview1/abi.ts'
import { coreType } from '../../src/wasi/preview1/dialect.ts'
import { ERRNO_NAMES, errnoCode, errnoLabel } from '../../src/wasi/preview1/errno.ts'
import { FUNCTION_NAMES } from '../../src/wasi/preview1/functions.ts'
import { formatCall } from '../../src/wasi/preview1/trace.ts'
import type { WasiCall } from '../../src/wasi/preview1/trace.ts'
import { TYPES } from '../../src/wasi/preview1/types.ts'
import { findSuite } from '../suites.ts'
import { ALL, Caller, FOLDER, OUT } from './host.ts'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

function traced(): { readonly caller: Caller; readonly lines: () => string[]; readonly calls: WasiCall[] } {
  const calls: WasiCall[] = []
  let now = 0n
  const caller = new Caller({
    fs: { '/in.txt': 'hello\nworld' },
    trace: (call) => void calls.push(call),
    traceClock: () => (now += 1500n),
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
    'path_open(3, 0, "../x", creat|trunc, fd_datasync|fd_read|fd_seek|fd_fdstat_set_flags|…30, 0, 0) = EPERM <0.000002>',
    'fd_seek(1, -3, end) = ESPIPE <0.000002>',
    'fd_prestat_get(3) = {pr_name_len=1} <0.000002>',
    'path_create_directory(0x3, 0xfffffff0, 0x5) = EFAULT <0.000002>',
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
      module: 'wasi_snapshot_preview1',
      name: 'path_open',
      errno: 'success',
      start: 1500n,
      duration: 1500n,
      args: [
        { name: 'fd', type: 'fd', value: 3 },
        { name: 'dirflags', type: 'lookupflags', value: [] },
        { name: 'path', type: 'string', value: 'in.txt' },
        { name: 'oflags', type: 'oflags', value: [] },
        { name: 'fs_rights_base', type: 'rights', value: ['fd_read', 'fd_seek'] },
        { name: 'fs_rights_inheriting', type: 'rights', value: [] },
        { name: 'fdflags', type: 'fdflags', value: [] },
      ],
      results: [{ name: 'opened_fd', type: 'fd', value: 4 }],
    },
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
