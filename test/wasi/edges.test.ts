// Uses of WASI at its edges, where a folder matters on every kind of file system: descriptors renumbered, memory that grows during a call, output
// without end, listings of folders that change, folders that move. Numbers are those of the adversarial checklist.

import { spawnSync } from 'node:child_process'
import { setImmediate } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from 'vitest'
import { run } from '../../src/command/run.ts'
import type { FileSystem } from '../../src/wasi/preview1/file-system.ts'
import { OFLAGS } from '../../src/wasi/preview1/types.ts'
import { VirtualFileSystem } from '../../src/wasi/preview1/virtual-file-system.ts'
import { wat2wasm } from '../../src/wat.ts'
import { allBoxes, overlayBoxes } from './boxes.ts'
import type { Box } from './boxes.ts'
import { ALL, Caller, FOLDER, OUT } from './host.ts'
import { openDescriptors } from './official-programs.ts'
import { DATA, prepare } from './prepared-calls.ts'

const AS_FOLDER = { oflags: OFLAGS.directory, rights: ALL & ~64n, inheriting: ALL }
const TREE = { '/canary': 'outside', '/box/a': 'A', '/box/b': 'B', '/box/folder/inner': 'inner' } as const

describe.each([...allBoxes, overlayBoxes])('on $name', (boxes) => {
  const made: Box[] = []
  afterEach(() => made.splice(0).forEach((box) => box.dispose()))
  const make = (): Box => {
    const box = boxes.make(TREE)
    made.push(box)
    return box
  }
  const opened = (
    { caller, fd }: Box,
    path: string,
    options: Parameters<Caller['open']>[2] = { rights: ALL },
  ): number => {
    const number = caller.open(fd, path, options)
    if (typeof number !== 'number') throw new Error(`${path}: ${number}`)
    return number
  }

  test('adversarial.md 59: fd_renumber gives back what it closes, and nothing else', () => {
    const before = openDescriptors()
    const box = make()
    const { caller, fd } = box
    const start = openDescriptors()
    const [a, b] = [opened(box, 'a'), opened(box, 'b')]
    for (const to of [a, 99, 0x7fffffff, 0xffffffff, -1]) {
      expect([to, caller.call('fd_renumber', a, to)]).toEqual([to, to === a ? 'success' : 'badf'])
      if (to !== a) expect(caller.call('fd_renumber', to, a)).toBe('badf')
    }
    expect([caller.read(a), caller.read(b)]).toEqual(['A', 'B'])
    expect(caller.call('fd_renumber', a, b)).toBe('success')
    expect(caller.call('fd_renumber', b, 0)).toBe('success')
    expect(caller.call('fd_renumber', 1, 2)).toBe('success')
    expect([caller.call('fd_seek', 0, 0n, 0, OUT), caller.read(0)]).toEqual(['success', 'A'])
    // The folder goes, by which all else is found.
    expect(caller.call('fd_renumber', 0, fd)).toBe('success')
    expect(caller.open(fd, 'a')).toBe('notdir')
    expect(caller.call('fd_close', fd)).toBe('success')
    expect(openDescriptors()).toBeLessThanOrEqual(start)
    made.splice(0).forEach((each) => each.dispose())
    expect(openDescriptors()).toBe(before)
  })

  test('adversarial.md 65: a listing of a folder that changes, and cookies that nobody gave', () => {
    const box = make()
    const { caller, fd } = box
    const readdir = (cookie: bigint, length = 4096): number => {
      expect(caller.call('fd_readdir', fd, 8192, length, cookie, OUT)).toBe('success')
      return caller.view.getUint32(OUT, true)
    }
    const whole = readdir(0n)
    for (const name of ['a', 'b', 'folder/inner']) expect(caller.call('path_unlink_file', fd, name)).toBe('success')
    expect(caller.call('path_remove_directory', fd, 'folder')).toBe('success')
    expect(caller.call('path_create_directory', fd, 'new')).toBe('success')
    expect(readdir(1n)).toBe(whole - 25)
    for (const garbage of [6n, 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) expect(readdir(garbage)).toBe(0)
    expect([readdir(2n, 1), readdir(4n, 1), readdir(5n, 1), readdir(0n, 0)]).toEqual([1, 1, 0, 0])
    expect(readdir(0n)).toBe(24 * 3 + '.'.length + '..'.length + 'new'.length)
  })

  test('adversarial.md 68: a folder that was closed, moved or removed leads nowhere else', () => {
    const box = make()
    const { caller, fd } = box
    const folder = opened(box, 'folder', AS_FOLDER)
    // The working directory is a folder that the guest has open, and nothing holds it there.
    const cwd = opened(box, 'folder', AS_FOLDER)
    expect(caller.call('path_rename', fd, 'folder', fd, 'moved')).toBe('success')
    expect(caller.call('path_create_directory', fd, 'folder')).toBe('success')
    expect(caller.read(caller.open(folder, 'inner', { rights: ALL }) as number)).toBe('inner')
    expect(caller.open(folder, '../a')).toBe('perm')
    expect(caller.call('path_rename', fd, '.', fd, 'root')).toBe('busy')
    expect(caller.call('path_remove_directory', fd, '.')).toBe('inval')
    expect(caller.call('path_unlink_file', folder, 'inner')).toBe('success')
    expect(caller.call('path_remove_directory', fd, 'moved')).toBe('success')
    for (const gone of [folder, cwd]) {
      expect(caller.open(gone, 'x', { oflags: OFLAGS.creat, rights: ALL })).toBe('noent')
      expect(caller.open(gone, 'inner')).toBe('noent')
      expect(caller.open(gone, '..')).toBe('perm')
    }
    // A child is no way back to what was closed.
    const child = opened(box, 'folder', AS_FOLDER)
    expect(caller.call('fd_close', fd)).toBe('success')
    expect(caller.open(fd, 'a')).toBe('badf')
    expect(caller.open(child, '../a')).toBe('perm')
    expect(caller.call('path_rename', child, 'x', fd, 'y')).toBe('badf')
    expect(caller.call('path_symlink', '../a', child, 'out')).toBe('success')
    expect(caller.open(child, 'out', { follow: true })).toBe('perm')
  })

  test('adversarial.md 61: a million buffers are EINVAL, and move nothing', () => {
    const box = make()
    const { caller } = box
    const fd = opened(box, 'a')
    caller.memory.grow(60)
    // Zeros are buffers of nothing.
    const count = 300_000
    for (const name of ['fd_read', 'fd_write'] as const) {
      expect(caller.call(name, fd, 2 ** 20, count, OUT)).toBe('inval')
      expect(caller.call(name, fd, 2 ** 20, 1_000_000, OUT)).toBe('fault')
      expect(caller.call(name, fd, 2 ** 20, 1024, OUT)).toBe('success')
      expect(caller.view.getUint32(OUT, true)).toBe(0)
    }
    expect(caller.read(fd)).toBe('A')
  })
})

describe('adversarial.md 63: a memory that grows during a call', () => {
  test('by an interposer: what follows sees it as it is', () => {
    const caller: Caller = new Caller({
      fs: { '/a': 'content' },
      interpose: {
        fd_read: (_, next) => {
          caller.memory.grow(1)
          return next()
        },
        fd_filestat_get: (_, next) => {
          const outcome = next()
          caller.memory.grow(1)
          return outcome
        },
      },
    })
    const fd = caller.open(FOLDER, 'a', { rights: ALL }) as number
    expect(caller.read(fd)).toBe('content')
    expect(caller.call('fd_filestat_get', fd, 512)).toBe('success')
    expect(caller.view.getBigUint64(512 + 32, true)).toBe(7n)
  })

  test('by a file system: in a read, in a listing, in a link', () => {
    const real = new VirtualFileSystem({ '/a': 'content', '/l': { type: 'link', target: 'a' } })
    const growing = <T extends object>(handle: T): T =>
      new Proxy(handle, {
        get: (target, name) => {
          const member: unknown = Reflect.get(target, name, target)
          if (typeof member !== 'function') return member
          return (...args: readonly unknown[]): unknown => {
            if (caller.memory.buffer.byteLength < 60 * 65536) caller.memory.grow(1)
            const answer: unknown = Reflect.apply(member, target, args)
            return typeof answer === 'object' && answer !== null && 'kind' in answer ? growing(answer) : answer
          }
        },
      })
    const fs: FileSystem = { openRoot: () => growing(real.openRoot()) }
    const caller: Caller = new Caller({ fs })
    const fd = caller.open(FOLDER, 'a', { rights: ALL }) as number
    expect(caller.read(fd)).toBe('content')
    expect(caller.call('path_readlink', FOLDER, 'l', 4096, 64, OUT)).toBe('success')
    expect(caller.text(4096, caller.view.getUint32(OUT, true))).toBe('a')
    expect(caller.call('fd_readdir', FOLDER, 4096, 64, 0n, OUT)).toBe('success')
    expect(caller.text(4096 + 24, 1)).toBe('.')
    expect(caller.memory.buffer.byteLength).toBeGreaterThan(6 * 65536)
  })
})

describe('adversarial.md 64: at their edges', () => {
  test('random_get of 2 GiB is refused, and does not reach the source', () => {
    let asked = 0
    const caller = new Caller({ random: () => void asked++ })
    for (const length of [0x80000000, 0xffffffff, -1, 4 * 65536]) {
      expect(caller.call('random_get', DATA, length)).toBe('fault')
    }
    expect(asked).toBe(0)
  })

  test.each([0n, 1n, 2n ** 63n, 2n ** 64n - 1n])('a clock read with a precision of %d tells the time', (precision) => {
    const caller = new Caller()
    expect(caller.call('clock_time_get', 1, BigInt.asIntN(64, precision), OUT)).toBe('success')
    expect(caller.view.getBigUint64(OUT, true)).toBe(1000n)
    expect(caller.call('clock_time_get', 4, precision, OUT)).toBe('inval')
  })

  test.each([0, 1025, 0x1000, 1_000_000, 0xffffffff])('poll_oneoff with %d subscriptions waits for none', (count) => {
    const { caller } = prepare()
    expect(caller.call('poll_oneoff', DATA, DATA, count, OUT)).toMatch(count < 5000 ? /inval/ : /fault/)
  })
})

describe('adversarial.md 66: output without end', () => {
  const flood = wat2wasm(`(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 2)
    (data (i32.const 0) "\\10\\00\\00\\00\\00\\00\\01\\00")
    (func (export "_start") (local $errno i32)
      (loop $more
        (local.set $errno (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (br_if $more (i32.eqz (local.get $errno))))
      (call $exit (local.get $errno))))`)

  test('that is collected ends at 64 MiB with ENOSPC', async () => {
    const { exitCode, stdoutBytes } = await run(flood)
    expect([exitCode, stdoutBytes.length]).toEqual([51, 64 * 2 ** 20])
  })

  test('is held back by a slow sink, one write at a time', async () => {
    let [under, most, writes] = [0, 0, 0]
    const stdout = async (): Promise<void> => {
      most = Math.max(most, ++under)
      writes++
      await setImmediate()
      under--
    }
    const { exitCode } = await run(flood, { stdout, limits: { outputBytes: 100 * 65536 } })
    expect([exitCode, most, writes]).toEqual([51, 1, 100])
  })
})

test('adversarial.md 65: a listing that was forgotten goes on where it was', () => {
  const names = Array.from({ length: 20_000 }, (_, i): [string, string] => [`/${i}`, ''])
  const caller = new Caller({ fs: Object.fromEntries(names) })
  for (let i = 0; i < 100; i++) {
    const fd = caller.open(FOLDER, '.', AS_FOLDER) as number
    expect(caller.call('fd_readdir', fd, 8192, 100, 0n, OUT)).toBe('success')
  }
  // The first of them goes on all the same.
  expect(caller.call('fd_readdir', 4, 8192, 4096, 19_000n, OUT)).toBe('success')
  expect(caller.view.getUint32(OUT, true)).toBe(4096)
  expect(caller.text(8192 + 24, 5)).toBe('18998')
})

test('adversarial.md 65, 66: bytes written one by one, and a listing for each descriptor, fit into a small heap', () => {
  const child = fileURLToPath(new URL('../fixtures/small-heap.mjs', import.meta.url))
  const { stdout, stderr } = spawnSync(process.execPath, ['--max-old-space-size=100', child], { encoding: 'utf8' })
  expect(stdout, stderr).toBe('1000000 bytes, 240 listings\n')
}, 60_000)

test.each(Array.from({ length: 256 }, (_, code) => code).filter((code) => code % 15 === 0 || code === 1))(
  'adversarial.md 67: exit code %d is told as it is',
  async (code) => {
    const module = wat2wasm(`(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 0) (func (export "_start") (call $exit (i32.const ${code}))))`)
    expect((await run(module)).exitCode).toBe(code)
  },
)
