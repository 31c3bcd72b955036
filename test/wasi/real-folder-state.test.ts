// Files of a real folder that a guest has open while its state is saved: where it goes on they are the same files, or there is an error that
// says which is not.

import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { HostFileSystem } from '../../src/node/host-file-system.ts'
import { decodeState, encodeState } from '../../src/wasi/preview1/saved-state.ts'
import type { SavedDescriptor, SavedHostHandle } from '../../src/wasi/preview1/saved-state.ts'
import { FDFLAGS, FSTFLAGS, OFLAGS } from '../../src/wasi/preview1/types.ts'
import type { Wasi } from '../../src/wasi/preview1/wasi.ts'
import type { WasiOptions } from '../../src/wasi/preview1/wasi.ts'
import { makeRealTree, realTree } from './boxes.ts'
import { ALL, Caller, FOLDER } from './host.ts'
import { openDescriptors } from './official-programs.ts'

const ways = process.platform === 'linux' ? (['descriptors', 'paths'] as const) : (['paths'] as const)

let root = ''
const open: Wasi[] = []
beforeEach(() => {
  const tree = {
    '/secret': 'outside',
    '/box/in': 'content',
    '/box/a/b/log': 'one\n',
    '/box/a/empty': { folder: true },
  } as const
  root = join(makeRealTree(tree), 'box')
})
afterEach(() => {
  open.splice(0).forEach((wasi) => wasi.close())
  rmSync(join(root, '..'), { recursive: true })
})

/** By what `make` makes; the old one is called "was". */
function replace(name: string, make: (path: string) => void): void {
  renameSync(join(root, name), join(root, 'was'))
  make(join(root, name))
}

describe.each(ways)('a real folder, held by %s', (held) => {
  const granted = (access: 'ro' | 'rw' = 'rw'): WasiOptions => ({
    preopens: { '/data': new HostFileSystem({ root, access, held }) },
  })

  function start(): { readonly caller: Caller; readonly log: number; readonly file: number; readonly folder: number } {
    const caller = new Caller(granted())
    open.push(caller.wasi)
    const folder = caller.open(FOLDER, 'a', { rights: ALL & ~64n, inheriting: ALL }) as number
    const log = caller.open(folder, 'b/log', { rights: ALL, fdflags: FDFLAGS.append }) as number
    const file = caller.open(FOLDER, 'in', { rights: ALL }) as number
    expect([folder, log, file]).toEqual([4, 5, 6])
    expect(caller.read(file, 3)).toBe('con')
    return { caller, log, file, folder }
  }

  function goOn(saved: Uint8Array, options: WasiOptions = granted()): Caller {
    const caller = new Caller(options)
    open.push(caller.wasi)
    caller.wasi.restore(saved)
    return caller
  }

  test('goes on: positions, flags, folders', () => {
    const { caller, log, file, folder } = start()
    expect(caller.write(log, 'two\n')).toBe('success')
    const saved = caller.wasi.save()
    caller.wasi.close()
    const there = goOn(saved)
    expect(there.read(file)).toBe('tent')
    expect(there.write(log, 'three\n')).toBe('success')
    expect(there.open(folder, 'b/new', { oflags: OFLAGS.creat })).toBe(7)
    expect(readFileSync(join(root, 'a/b/log'), 'utf8')).toBe('one\ntwo\nthree\n')
    expect(statSync(join(root, 'a/b/new')).size).toBe(0)
  })

  test('a time that the guest set to the nanosecond, and the disk has not, is no change', () => {
    const { caller, file } = start()
    expect(caller.call('fd_filestat_set_times', file, 0n, 1_700_000_000_123_456_789n, FSTFLAGS.mtim)).toBe('success')
    expect(goOn(caller.wasi.save()).read(file)).toBe('tent')
  })

  test('its names may be links on the way by which they were opened', () => {
    symlinkSync('a/b', join(root, 'short'))
    const { caller } = start()
    const fd = caller.open(FOLDER, 'short/log', { rights: ALL }) as number
    const saved = caller.wasi.save()
    unlinkSync(join(root, 'short'))
    expect(goOn(saved).read(fd)).toBe('one\n')
  })

  test.each([
    ['longer', () => appendFileSync(join(root, 'in'), '!'), /\/data\/in has changed.*8 bytes, not 7/],
    ['written anew', () => writeFileSync(join(root, 'in'), 'CONTENT'), /\/data\/in has changed.*written at/],
    ['of another time', () => utimesSync(join(root, 'in'), 1, 1), /\/data\/in has changed.*written at 1000000000,/],
    ['gone', () => unlinkSync(join(root, 'in')), /\/data\/in can't be opened again: ENOENT/],
    ['a folder', () => replace('in', (path) => mkdirSync(path)), /\/data\/in can't .*EISDIR/],
    [
      'a link to what it was',
      () => replace('in', (path) => symlinkSync('was', path)),
      /\/data\/in can't be opened again: ELOOP/,
    ],
    [
      'behind a link to where it was',
      () => replace('a/b', (path) => symlinkSync('../was', path)),
      /\/data\/a\/b\/log can't be opened again: ENOTDIR/,
    ],
    ['in a folder that is gone', () => rmSync(join(root, 'a'), { recursive: true }), /\/data\/a can't.*ENOENT/],
  ] as const)('a file that is %s is an error, and nothing stays open', (_, change, message) => {
    const { caller } = start()
    const saved = caller.wasi.save()
    caller.wasi.close()
    change()
    const there = new Caller(granted())
    open.push(there.wasi)
    const before = openDescriptors()
    expect(() => there.wasi.restore(saved)).toThrow(message)
    expect(() => there.wasi.restore(saved)).toThrow(expect.objectContaining({ code: 'SNAPSHOT_INVALID' }))
    expect(openDescriptors()).toBe(before)
    // It goes on as it was.
    expect(there.open(FOLDER, '.')).toBe(4)
  })

  test.each([
    ['removed', (caller: Caller) => caller.call('path_unlink_file', FOLDER, 'in'), /\/data\/in open: it was removed/],
    [
      'renamed',
      (caller: Caller) => caller.call('path_rename', FOLDER, 'in', FOLDER, 'other'),
      /\/data\/in open: it was removed or renamed/,
    ],
    ['replaced', (caller: Caller) => caller.call('path_rename', FOLDER, 'a/b/log', FOLDER, 'in'), /\/data\/.* open/],
    [
      'moved with its folder',
      (caller: Caller) => caller.call('path_rename', FOLDER, 'a', FOLDER, 'z'),
      /\/data\/a open/,
    ],
  ] as const)('a file that was %s since it was opened can’t be saved, and the guest goes on', (_, change, message) => {
    const { caller, file } = start()
    expect(change(caller)).toBe('success')
    expect(() => caller.wasi.save()).toThrow(message)
    expect(() => caller.wasi.save()).toThrow(expect.objectContaining({ code: 'SNAPSHOT_UNNAMED' }))
    expect(caller.read(file)).toBe('tent')
  })

  test('a state from anybody opens nothing that is not granted, and writes to nothing that is read-only', () => {
    const { caller } = start()
    const state = decodeState(caller.wasi.save())
    caller.wasi.close()
    const before = realTree(join(root, '..'))
    const attempts: Partial<SavedHostHandle>[] = [
      { names: ['..', 'secret'] },
      { names: ['..'], type: 'directory' },
      { names: ['a', '..', 'in'] },
      { names: ['a/b/log'] },
      { names: ['/etc/passwd'] },
      { names: [''] },
      { names: ['in\0'] },
      { names: ['.'], type: 'directory' },
      { names: [], type: 'file' },
      { names: ['in', 'x'] },
      { names: ['in'], folder: 7 },
      { names: ['in'], content: { size: 7n, mtim: 0n } },
    ]
    const forge = (change: Partial<SavedHostHandle>, more: Partial<SavedDescriptor> = {}): Uint8Array =>
      encodeState({
        ...state,
        descriptors: state.descriptors.map((each) =>
          each.fd === 6 ? { ...each, ...more, handle: { ...(each.handle as SavedHostHandle), ...change } } : each,
        ),
      })
    for (const change of attempts) {
      expect(() => goOn(forge(change)), JSON.stringify(change.names)).toThrow(
        expect.objectContaining({ code: 'SNAPSHOT_INVALID' }),
      )
    }
    // Unless it is noted, nobody knows what the file was; the descriptor is what opening gives, and no more.
    const readOnly = forge({ content: undefined })
    expect(() => goOn(readOnly, granted('ro'))).toThrow(/can't be opened again: EROFS/)
    const reading = forge({ content: undefined }, { rights: 2 })
    const reader = goOn(
      encodeState({
        ...decodeState(reading),
        descriptors: decodeState(reading).descriptors.filter(({ fd }) => fd !== 5),
      }),
      granted('ro'),
    )
    expect(reader.write(6, 'x')).toBe('notcapable')
    expect(reader.call('fd_filestat_set_size', 6, 0n)).toBe('notcapable')
    expect(reader.open(FOLDER, 'in', { rights: 64n })).toBe('rofs')
    expect(realTree(join(root, '..'))).toEqual(before)
  })
})

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

describe('a program that is stopped in the middle of writing a file', () => {
  /** Writes 2,000 lines to the file "out", one a call. */
  const program = `(module
    (import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "out")
    (data (i32.const 16) "0000\\n")
    (data (i32.const 32) "\\10\\00\\00\\00\\05\\00\\00\\00")
    (func (export "_start") (local $i i32)
      (if (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 3) (i32.const 1) (i64.const 64) (i64.const 0)
        (i32.const 0) (i32.const 64)) (then unreachable))
      (loop $line
        (i32.store8 (i32.const 16) (i32.add (i32.const 48) (i32.div_u (local.get $i) (i32.const 1000))))
        (i32.store8 (i32.const 17) (i32.add (i32.const 48) (i32.rem_u (i32.div_u (local.get $i) (i32.const 100)) (i32.const 10))))
        (i32.store8 (i32.const 18) (i32.add (i32.const 48) (i32.rem_u (i32.div_u (local.get $i) (i32.const 10)) (i32.const 10))))
        (i32.store8 (i32.const 19) (i32.add (i32.const 48) (i32.rem_u (local.get $i) (i32.const 10))))
        (if (call $write (i32.load (i32.const 64)) (i32.const 32) (i32.const 1) (i32.const 72)) (then unreachable))
        (br_if $line (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000))))))`

  const heddle = (...args: readonly string[]): { readonly status: number | null; readonly stderr: string } =>
    spawnSync(process.execPath, [join(ROOT, 'dist/cli/main.js'), ...args], { cwd: join(root, '..'), encoding: 'utf8' })

  test('goes on in new processes, and the file is right', () => {
    writeFileSync(join(root, '../lines.wat'), program)
    let leg = heddle('--dir', 'box::/', '--fuel', '30000', '--snapshot', 'state', 'lines.wat')
    let stops = 0
    for (; leg.status === 125 && stops < 20; stops++) {
      const [, way = ''] = /heddle (run .*)$/m.exec(leg.stderr) ?? []
      expect(way).toBe('run --dir box::/ --resume state')
      leg = heddle(...way.split(' '), '--fuel', '30000', '--snapshot', 'state')
    }
    expect(leg).toMatchObject({ status: 0 })
    expect(stops).toBeGreaterThan(1)
    const lines = Array.from({ length: 2000 }, (_, i) => `${String(i).padStart(4, '0')}\n`)
    expect(readFileSync(join(root, 'out'), 'utf8')).toBe(lines.join(''))
  })

  test('does not go on in a file that was changed, or without the folder', () => {
    writeFileSync(join(root, '../lines.wat'), program)
    expect(heddle('--dir', 'box::/', '--fuel', '30000', '--snapshot', 'state', 'lines.wat').status).toBe(125)
    const without = heddle('--resume', 'state')
    expect([without.status, without.stderr]).toEqual([1, expect.stringMatching(/a folder \/ has to be granted/)])
    expect(heddle('--dir', 'box::/:ro', '--resume', 'state').stderr).toMatch(/\/out can't be opened again: EROFS/)
    appendFileSync(join(root, 'out'), 'more')
    const { status, stderr } = heddle('--dir', 'box::/', '--resume', 'state')
    expect(stderr).toMatch(/\/out has changed since the guest was saved .*: put the file back as it was/)
    expect(status).toBe(1)
    expect(readFileSync(join(root, 'out'), 'utf8')).toMatch(/more$/)
  })
})
