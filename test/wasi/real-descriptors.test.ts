// Descriptors of this machine that a guest's files take: none is left over, whatever the guest does and however it ends, and where there are
// no more the guest hears so. Numbers are those of the adversarial checklist.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Wasi } from 'heddle/wasi'
import { run } from '../../src/command/run.ts'
import { HostFileSystem } from '../../src/node/host-file-system.ts'
import { wat2wasm } from '../../src/wat.ts'
import { makeRealTree } from './boxes.ts'
import { Caller, FOLDER, OUT } from './host.ts'
import { openDescriptors } from './official-programs.ts'

/** Only there the process can count what it has open. */
const isLinux = process.platform === 'linux'

let root = ''
beforeEach(() => {
  root = join(makeRealTree({ '/box/file': 'content', '/box/folder/inner': 'inner' }), 'box')
})
afterEach(() => rmSync(join(root, '..'), { recursive: true }))

describe.runIf(isLinux).each(['descriptors', 'paths'] as const)('with a real folder, held by %s', (held) => {
  const folder = (): HostFileSystem => new HostFileSystem({ root, access: 'rw', held })

  test('adversarial.md 60: 100,000 opens and closes leak no descriptor, and the quota is EMFILE', () => {
    const before = openDescriptors()
    const caller = new Caller({ fs: folder() })
    const start = openDescriptors()
    for (let i = 0; i < 100_000; i++) {
      const fd = caller.open(FOLDER, 'file', { follow: i % 2 === 0 })
      if (typeof fd !== 'number' || caller.call('fd_close', fd) !== 'success') throw new Error(String(fd))
    }
    expect(openDescriptors()).toBe(start)
    let open = 4
    while (typeof caller.open(FOLDER, open % 2 === 0 ? 'folder/inner' : 'folder') === 'number') open++
    expect(open).toBe(256)
    expect(caller.open(FOLDER, 'folder')).toBe('mfile')
    // Those that lead to nothing hold nothing.
    expect(caller.call('fd_close', 10)).toBe('success')
    for (const path of ['nothing', 'folder/nothing', 'file/x', '../x', 'folder/../../x']) caller.open(FOLDER, path)
    expect(openDescriptors()).toBe(start + (held === 'descriptors' ? 251 : 125))
    caller.wasi.close()
    expect(openDescriptors()).toBe(before)
  })

  describe('a program leaves no descriptor open', () => {
    // Opens "file" and goes on in one of several ways.
    const program = (end: string): Uint8Array =>
      wat2wasm(`(module
          (import "wasi_snapshot_preview1" "path_open"
            (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
          (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
          (memory (export "memory") 1)
          (data (i32.const 0) "file")
          (func (export "_start")
            (if (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0) (i64.const 2)
              (i64.const 0) (i32.const 0) (i32.const 64)) (then unreachable))
            ${end}))`)

    test.each([
      ['ends', '', () => ({}), undefined],
      ['exits', '(call $exit (i32.const 3))', () => ({}), undefined],
      ['traps', '(drop (i32.div_u (i32.const 1) (i32.const 0)))', () => ({}), 'TRAP_DIVIDE_BY_ZERO'],
      ['runs out of fuel', '(loop (br 0))', () => ({ fuel: 10_000 }), 'FUEL_EXHAUSTED'],
      ['is stopped by its time', '(loop (br 0))', () => ({ timeout: 50 }), 'TIMEOUT'],
      ['is aborted', '(loop (br 0))', () => ({ signal: AbortSignal.timeout(50) }), 'ABORTED'],
    ] as const)('that %s', async (_, end, options, code) => {
      // The event loop has some of its own once it has waited.
      await run(program(''), { fs: folder(), timeout: 1000 })
      const before = openDescriptors()
      const { trap } = await run(program(end), { fs: folder(), ...options() })
      expect(trap?.code).toBe(code)
      expect(openDescriptors()).toBe(before)
    })

    test('that can’t be started', async () => {
      const before = openDescriptors()
      await expect(run(program('').subarray(0, 20), { fs: folder() })).rejects.toThrow()
      const nothing = wat2wasm('(module (import "wasi_snapshot_preview1" "nothing" (func)) (func (export "f")))')
      await expect(run(nothing, { fs: folder() })).rejects.toThrow()
      await expect(run(nothing, { fs: folder(), invoke: 'f' })).rejects.toThrow()
      expect(() => new Caller({ fs: folder(), preopens: { '/2': folder() }, limits: { files: 4 } })).toThrow()
      expect(openDescriptors()).toBe(before)
    })
  })

  test('the machine’s own quota is EMFILE for the guest, too', () => {
    const child = fileURLToPath(new URL('../fixtures/few-descriptors.mjs', import.meta.url))
    const script = 'ulimit -n 60 && exec "$0" "$@"'
    const { stdout, stderr } = spawnSync('sh', ['-c', script, process.execPath, child, root, held], {
      encoding: 'utf8',
    })
    expect(stdout, stderr).toMatch(/^[0-9]+ opened, then errno 33, 33, 33; closed: 0$/m)
  })
})

test.runIf(isLinux)('adversarial.md 65: 100,000 names are listed', () => {
  // In memory: it is not the disk that is tested.
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'heddle-names-'))
  expect(spawnSync('sh', ['-c', 'seq 100000 | xargs touch'], { cwd: folder }).status).toBe(0)
  const directory = new HostFileSystem({ root: folder }).openRoot()
  const names = new Set(directory.list().map(({ name }) => name))
  directory.close()
  rmSync(folder, { recursive: true })
  expect(names.size).toBe(100_000)
})

test('adversarial.md 60: 1,000,000 opens and closes on a virtual file system leave it as it was', () => {
  // As it ships: a million calls through what the tests transform take twice the time.
  const wasi = new Wasi({ fs: { '/file': 'x' } })
  const memory = new Uint8Array(65536)
  memory.set(Buffer.from('file'))
  const { path_open, fd_close } = wasi.imports(() => ({ bytes: memory, view: new DataView(memory.buffer) }))
  for (let i = 0; i < 1_000_000; i++) {
    if (path_open(FOLDER, 0, 0, 4, 0, 0n, 0n, 0, OUT) !== 0 || fd_close(4) !== 0) throw new Error(String(i))
  }
  expect(wasi.openedDescriptors).toEqual([])
})
