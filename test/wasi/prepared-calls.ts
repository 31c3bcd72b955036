// One call of each function of preview 1 that does something: the arguments, and the guest in whose memory they point to what they should.

import { expect } from 'vitest'
import { PREVIEW1 } from '../../src/wasi/preview1/dialect.ts'
import type { Dialect } from '../../src/wasi/preview1/dialect.ts'
import { functionType } from '../../src/wasi/preview1/functions.ts'
import type { FunctionName } from '../../src/wasi/preview1/functions.ts'
import { TYPES } from '../../src/wasi/preview1/types.ts'
import { VirtualFileSystem } from '../../src/wasi/preview1/virtual-file-system.ts'
import { Caller, FOLDER, OUT } from './host.ts'

export const FILE = 4
export const DATA = 4096

// Arguments with which each function does something, all pointers valid; `in` etc. point to memory of zeros.
export const prepared: Readonly<Record<string, readonly (number | bigint)[]>> = {
  fd_prestat_get: [FOLDER],
  fd_prestat_dir_name: [FOLDER, DATA, 64],
  fd_readdir: [FOLDER, DATA, 64, 0n],
  fd_seek: [FILE, 0n, 0],
  fd_close: [FILE],
  fd_renumber: [FILE, 1],
  path_link: [FOLDER, 0, DATA, 1, FOLDER, DATA + 8, 1],
  path_open: [FOLDER, 0, DATA, 1, 0, 0n, 0n, 0],
  path_readlink: [FOLDER, DATA + 16, 1, DATA + 64, 64],
  path_rename: [FOLDER, DATA, 1, FOLDER, DATA + 8, 1],
  path_symlink: [DATA, 1, FOLDER, DATA + 8, 1],
  path_create_directory: [FOLDER, DATA + 8, 1],
  path_remove_directory: [FOLDER, DATA + 24, 1],
  path_unlink_file: [FOLDER, DATA, 1],
  path_filestat_get: [FOLDER, 0, DATA, 1],
  path_filestat_set_times: [FOLDER, 0, DATA, 1, 1n, 1n, 5],
  poll_oneoff: [DATA + 128, DATA + 512, 1],
  random_get: [DATA, 64],
  args_get: [DATA, DATA + 256],
  environ_get: [DATA, DATA + 256],
  fd_write: [1, DATA + 32, 1],
}

export function prepare(dialect: Dialect = PREVIEW1): { readonly caller: Caller; readonly fs: VirtualFileSystem } {
  const fs = new VirtualFileSystem({
    '/a': 'content',
    '/l': { type: 'link', target: 'a' },
    '/d': { type: 'directory' },
  })
  const caller = new Caller({ fs, args: ['x', 'y'], env: { A: 'b' }, random: (bytes) => bytes.fill(7) }, dialect)
  expect(caller.open(FOLDER, 'a', { rights: ~0n })).toBe(FILE)
  for (const [i, name] of ['a', 'n', 'l', 'd'].entries()) caller.bytes[DATA + 8 * i] = name.charCodeAt(0)
  caller.view.setUint32(DATA + 32, DATA + 40, true)
  caller.view.setUint32(DATA + 36, 4, true)
  return { caller, fs }
}

/** Each core parameter in turn: what it is, and the valid value. */
export function coreParams(name: FunctionName): readonly { readonly role: string; readonly value: number | bigint }[] {
  const { params, results } = functionType(name)
  const given = prepared[name] ?? []
  const roles = params.flatMap(([, type]) => {
    if (typeof type !== 'string') return [{ role: `pointer ${type.pointer}`, value: DATA }]
    const { kind, ...info } = TYPES[type] ?? { kind: 'int' }
    if (kind === 'string')
      return [
        { role: 'pointer u8', value: DATA },
        { role: 'length', value: 1 },
      ]
    if (kind === 'list')
      return [
        { role: 'pointer iovec', value: DATA + 32 },
        { role: 'length', value: 1 },
      ]
    if (type === 'fd') return [{ role: 'value', value: FILE }]
    return [{ role: 'value', value: 'size' in info && info.size === 8 ? 1n : 0 }]
  })
  return [
    ...roles.map(({ role, value }, i) => ({ role, value: given[i] ?? value })),
    ...results.map(([, type], i) => ({ role: `pointer ${type}`, value: OUT + 16 * i + (i > 0 ? 64 : 0) })),
  ]
}
