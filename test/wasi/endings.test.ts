// However a program ends, what it had open is given back: descriptors of this machine, through an overlay too, and sockets. By `run`, and by
// a Wasi alone. Numbers are those of the adversarial checklist.

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../../src/command/run.ts'
import { Engine } from '../../src/embed/engine.ts'
import { HostFileSystem } from '../../src/node/host-file-system.ts'
import type { FileSystem } from '../../src/wasi/preview1/file-system.ts'
import { OverlayFileSystem } from '../../src/wasi/preview1/overlay-file-system.ts'
import { Wasi } from '../../src/wasi/preview1/wasi.ts'
import { wasiProvider } from '../../src/wasi/preview1/wasi-provider.ts'
import { wat2wasm } from '../../src/wat.ts'
import { makeRealTree } from './boxes.ts'
import { Caller, FOLDER, OUT } from './host.ts'
import { openDescriptors } from './official-programs.ts'
import { Peer, VirtualListener } from './virtual-sockets.ts'

let root = ''
beforeEach(() => {
  root = join(makeRealTree({ '/box/file': 'content', '/box/folder/inner': 'inner' }), 'box')
})
afterEach(() => rmSync(join(root, '..'), { recursive: true }))

const KINDS: Readonly<Record<string, () => FileSystem>> = {
  'a real folder, held by descriptors': () => new HostFileSystem({ root, access: 'rw', held: 'descriptors' }),
  'a real folder, held by paths': () => new HostFileSystem({ root, access: 'rw', held: 'paths' }),
  'an overlay over a real folder': () => new OverlayFileSystem({ lower: new HostFileSystem({ root }) }),
}

/** Opens "file" and "folder" until there is no number left, tells how often, takes a connection where it has a listener, and ends. */
const program = (end: string): Uint8Array =>
  wat2wasm(`(module
    (import "wasi_snapshot_preview1" "path_open"
      (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sock_accept" (func $accept (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 0) "filefolder")
    (func (export "_start") (local $errno i32)
      (if (call $accept (i32.const 5) (i32.const 0) (i32.const 64)) (then unreachable))
      (loop $more
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 4) (i32.const 6) (i32.const 2) (i64.const 0)
          (i64.const 0) (i32.const 0) (i32.const 64)))
        (local.set $errno (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0)
          (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 64)))
        (br_if $more (i32.eqz (local.get $errno))))
      (if (i32.ne (local.get $errno) (i32.const 33)) (then unreachable))
      ${end}))`)

const ENDINGS = [
  ['ends', '', false, undefined],
  ['exits', '(call $exit (i32.const 3))', false, undefined],
  ['traps', '(drop (i32.div_u (i32.const 1) (i32.const 0)))', false, 'TRAP_DIVIDE_BY_ZERO'],
  ['is aborted', '(loop (br 0))', true, 'ABORTED'],
] as const

interface Given {
  readonly peer: Peer
  readonly arrived: Peer
  readonly listener: VirtualListener
  readonly options: {
    readonly fs: FileSystem
    readonly sockets: readonly [ReturnType<Peer['socket']>, VirtualListener]
  }
}

function give(fs: FileSystem): Given {
  const peer = new Peer()
  const listener = new VirtualListener()
  const arrived = listener.connect()
  return { peer, arrived, listener, options: { fs, sockets: [peer.socket(), listener] } }
}

describe.each(Object.entries(KINDS))('adversarial.md 60, 67: with %s and sockets, a program that', (_, makeFolder) => {
  const checkClosed = ({ peer, arrived, listener }: Given): void => {
    expect([peer.events, arrived.events, listener.isClosed]).toEqual([['close'], ['close'], true])
  }

  test.each(ENDINGS)('%s has EMFILE at its quota, and leaves nothing open (run)', async (_, end, isAborted, code) => {
    // The event loop has some of its own once it has waited.
    await run(program(''), { ...give(makeFolder()).options, timeout: 1000 })
    const before = openDescriptors()
    const given = give(makeFolder())
    const { trap } = await run(program(end), {
      ...given.options,
      ...(isAborted && { signal: AbortSignal.timeout(50) }),
    })
    expect(trap?.code).toBe(code)
    checkClosed(given)
    expect(openDescriptors()).toBe(before)
  })

  test.each(ENDINGS)('%s leaves nothing open (a Wasi alone)', async (_, end, isAborted, code) => {
    const module = new Engine().compile(program(end))
    const perform = async (given: Given): Promise<unknown> => {
      const wasi = new Wasi(given.options)
      const instance = await module.instantiate({}, { wasi: wasiProvider(wasi) })
      const signal = isAborted ? { signal: AbortSignal.timeout(50) } : {}
      return wasi.run(() => instance.start('_start').finish({ timeout: 60_000, ...signal }))
    }
    await perform(give(makeFolder())).catch(() => undefined)
    const before = openDescriptors()
    const given = give(makeFolder())
    const outcome = await perform(given).catch((error: unknown) => error)
    if (code === undefined) expect(outcome).toBe(end === '' ? 0 : 3)
    else expect(outcome).toMatchObject({ code })
    checkClosed(given)
    expect(openDescriptors()).toBe(before)
  })
})

test('what a host fails to close does not keep the others open', () => {
  const before = openDescriptors()
  const real = new HostFileSystem({ root })
  const failing: FileSystem = {
    openRoot: () =>
      Object.assign(real.openRoot(), {
        close: () => {
          throw new Error('the host failed')
        },
      }),
  }
  const directories = openDescriptors()
  const caller = new Caller({ preopens: { '/a': failing, '/b': real } })
  expect(caller.open(FOLDER + 1, 'file')).toBe(5)
  expect(() => caller.wasi.close()).toThrow('the host failed')
  expect(caller.call('fd_tell', 5, OUT)).toBe('badf')
  // That which can't be closed is all that is left.
  expect(openDescriptors() - before).toBeLessThanOrEqual(1)
  expect(directories).toBe(before)
})
