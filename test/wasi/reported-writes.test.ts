// Whoever saves or records a guest's memory relies on being told of every write: no function writes without saying so.

import { describe, expect, test } from 'vitest'
import { FUNCTION_NAMES } from '../../src/wasi/preview1/functions.ts'
import type { FunctionName } from '../../src/wasi/preview1/functions.ts'
import { Caller, FOLDER, OUT } from './host.ts'
import { DATA, FILE, coreParams, prepare } from './prepared-calls.ts'

/** Addresses at which a byte is another one than before, though no reported region has it. */
function unreported(caller: Caller, before: Uint8Array): number[] {
  const { bytes, written } = caller
  return Array.from(before.keys()).filter(
    (at) =>
      bytes[at] !== before[at] && !written.some(([address, byteLength]) => at >= address && at < address + byteLength),
  )
}

function callAndCompare(caller: Caller, name: FunctionName, args: readonly (number | bigint)[]): boolean {
  // What results are written over is no zero, and neither is what is written.
  caller.bytes.fill(0xa5, OUT, OUT + 256)
  const before = caller.bytes.slice(0, 16384)
  caller.written.length = 0
  expect([name, caller.call(name, ...args)]).not.toEqual([name, 'fault'])
  expect([name, unreported(caller, before)]).toEqual([name, []])
  const { byteLength } = caller.memory.buffer
  expect(caller.written.every(([address, length]) => length > 0 && address + length <= byteLength)).toBe(true)
  return caller.written.length > 0
}

// prettier-ignore
const writing: readonly FunctionName[] = [
  'args_get', 'args_sizes_get', 'environ_get', 'environ_sizes_get', 'clock_res_get', 'clock_time_get', 'fd_fdstat_get', 'fd_filestat_get',
  'fd_pread', 'fd_prestat_get', 'fd_prestat_dir_name', 'fd_pwrite', 'fd_read', 'fd_readdir', 'fd_seek', 'fd_tell', 'fd_write',
  'path_filestat_get', 'path_open', 'path_readlink', 'poll_oneoff', 'random_get',
]

describe('a write into the guest’s memory is reported', () => {
  test('by each function, and no other byte changes', () => {
    const wrote = FUNCTION_NAMES.filter((name) => {
      if (name === 'proc_exit') return false
      const { caller } = prepare()
      return callAndCompare(
        caller,
        name,
        coreParams(name).map(({ value }) => value),
      )
    })
    expect(wrote).toEqual(writing)
  })

  test('for every buffer of a list', () => {
    const { caller } = prepare()
    for (const [i, [ptr, length]] of [
      [DATA + 600, 2],
      [DATA + 700, 0],
      [DATA + 800, 9],
    ].entries()) {
      caller.view.setUint32(DATA + 256 + 8 * i, ptr ?? 0, true)
      caller.view.setUint32(DATA + 260 + 8 * i, length ?? 0, true)
    }
    callAndCompare(caller, 'fd_read', [FILE, DATA + 256, 3, OUT])
    expect(caller.written).toEqual([
      [DATA + 600, 2],
      [DATA + 800, 5],
      [OUT, 4],
    ])
  })

  test.each([1, 23, 24, 25, 40, 49, 200])('for entries of a folder in a buffer of %d bytes', (length) => {
    const { caller } = prepare()
    caller.bytes.fill(0xa5, DATA + 600, DATA + 900)
    expect(callAndCompare(caller, 'fd_readdir', [FOLDER, DATA + 600, length, 0n, OUT])).toBe(true)
  })

  test('for random numbers of several pieces', () => {
    const { caller } = prepare()
    expect(callAndCompare(caller, 'random_get', [DATA, 70_000])).toBe(true)
    expect(caller.written.reduce((sum, [, byteLength]) => sum + byteLength, 0)).toBe(70_000)
  })

  test('for what is read late', async () => {
    const caller = new Caller({ stdin: () => Promise.resolve(Buffer.from('late')) })
    expect(await caller.suspend('fd_read', 0, ...caller.iovec(8192, 64), OUT)).toBe('success')
    expect(caller.written).toEqual([
      [8192, 4],
      [OUT, 4],
    ])
  })
})
