// Calls of WASI, beside node:wasi's: once both under the host's own WebAssembly, which shows the layer alone, and once under our tiers. The
// guest is a module that calls one function again and again.

import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WASI } from 'node:wasi'
import { Engine } from 'heddle'
import { HostFileSystem, loadFolder, nodeHost, writeAll } from 'heddle/node'
import { VirtualFileSystem, Wasi, guestMemory, wasiProvider } from 'heddle/wasi'
import type { FileSystem, GuestMemory, WasiOptions } from 'heddle/wasi'
import { wat2wasm } from 'heddle/wat'
import { host, type HostWebAssembly } from './host.ts'
import { median, timed } from './measure.ts'
import { failed, type Cell, type Report } from './report.ts'

export interface MeasureWasiOptions {
  readonly rounds: number
  /** Of the calls that a round makes. */
  readonly scale: number
  /** Of the folder that is listed. */
  readonly entries: number
}

/** Every function makes one call of WASI n times and gives the last error code. */
const GUEST = `(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (memory (export "memory") 64)
  (data (i32.const 64) "\\00\\10\\00\\00\\00\\04\\00\\00")
  (data (i32.const 128) "folder/file")
  (data (i32.const 256) "many")
  (func (export "_initialize"))
  (func $open (param $path i32) (param $length i32) (param $oflags i32) (result i32)
    (drop (call $path_open (i32.const 3) (i32.const 1) (local.get $path) (local.get $length) (local.get $oflags)
      (i64.const 0x4002) (i64.const 0) (i32.const 0) (i32.const 16)))
    (i32.load (i32.const 16)))
  (func (export "fd_write") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (call $fd_write (i32.const 1) (i32.const 64) (i32.const 1) (i32.const 16)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))
  (func (export "path_open") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (call $fd_close (call $open (i32.const 128) (i32.const 11) (i32.const 0))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))
  (func (export "fd_readdir") (param $n i32) (result i32) (local $errno i32) (local $fd i32)
    (loop $again
      (local.set $fd (call $open (i32.const 256) (i32.const 4) (i32.const 2)))
      (local.set $errno
        (call $fd_readdir (local.get $fd) (i32.const 65536) (i32.const 0x300000) (i64.const 0) (i32.const 16)))
      (drop (call $fd_close (local.get $fd)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))
  (func (export "random_get") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (call $random_get (i32.const 65536) (i32.const 32)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno))
  (func (export "clock_time_get") (param $n i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (call $clock_time_get (i32.const 1) (i64.const 1000) (i32.const 16)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $errno)))`

type Name = 'fd_write' | 'path_open' | 'fd_readdir' | 'random_get' | 'clock_time_get'

type Guest = Readonly<Record<Name, (n: number) => number>>

/** A guest of ours, as two engines run it. */
interface Guests {
  readonly native: Guest
  readonly interpreted: Guest
}

interface Row {
  readonly name: Name
  readonly what: string
  /** In one round. */
  readonly calls: number
  readonly guests: Guests
}

/** In a process of its own. */
export async function measureWasi({ rounds, scale, entries }: MeasureWasiOptions): Promise<Report> {
  if (host === undefined) return failed('node:wasi needs a host with WebAssembly')
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'))
  const sink = openSync('/dev/null', 'w')
  try {
    createFiles(folder, entries)
    const bytes = wat2wasm(GUEST)
    const guests = (fs: FileSystem): Promise<Guests> =>
      ourGuests(bytes, host!, { fs, stdout: { write: (data) => writeAll(sink, data), borrows: true } })
    const virtual = await guests(new VirtualFileSystem(loadFolder(folder).tree))
    const real = await guests(new HostFileSystem({ root: folder, access: 'rw' }))
    const rows: readonly Row[] = [
      { name: 'fd_write', what: 'fd_write of 1 KiB to /dev/null', calls: 20_000, guests: virtual },
      { name: 'random_get', what: 'random_get of 32 bytes', calls: 20_000, guests: virtual },
      { name: 'clock_time_get', what: 'clock_time_get', calls: 50_000, guests: virtual },
      { name: 'path_open', what: 'path_open and fd_close, virtual', calls: 5000, guests: virtual },
      { name: 'path_open', what: 'path_open and fd_close, real', calls: 5000, guests: real },
      { name: 'fd_readdir', what: `fd_readdir of ${entries} entries, virtual`, calls: 20, guests: virtual },
      { name: 'fd_readdir', what: `fd_readdir of ${entries} entries, real`, calls: 20, guests: real },
    ]
    return measureRows(rows, nodeGuest(bytes, host, folder, sink), rounds, scale)
  } finally {
    closeSync(sink)
    rmSync(folder, { recursive: true })
  }
}

function createFiles(folder: string, entries: number): void {
  mkdirSync(join(folder, 'folder'))
  writeFileSync(join(folder, 'folder/file'), 'content')
  mkdirSync(join(folder, 'many'))
  for (let i = 0; i < entries; i++) writeFileSync(join(folder, 'many', `entry-${i}`), '')
}

function measureRows(rows: readonly Row[], theirs: Guest, rounds: number, scale: number): Report {
  const failures: string[] = []
  const cells = rows.map(({ name, what, calls, guests }): Cell[] => {
    const n = Math.max(1, Math.round(calls * scale))
    const sides = [theirs, guests.native, guests.interpreted]
    const answers = sides.map((guest) => guest[name](n))
    if (new Set(answers).size > 1) failures.push(`${what}: ${answers.join(', ')}`)
    const times = sides.map((): number[] => [])
    for (let round = 0; round < rounds; round++) {
      sides.forEach((guest, i) => times[i]!.push((timed(() => guest[name](n)).ms * 1000) / n))
    }
    const [reference, ...ours] = times.map(median)
    return [what, reference!, ...ours.flatMap((time) => [time, time / reference!])]
  })
  const columns = [
    { name: 'µs a call' },
    { name: 'node:wasi', decimals: 2 },
    { name: 'layer alone', decimals: 2 },
    { name: 'ratio', decimals: 2 },
    { name: 'interpreted', decimals: 2 },
    { name: 'ratio', decimals: 2 },
  ]
  const notes = ["the layer alone is what the host's own WebAssembly calls, as it calls node:wasi"]
  return { tables: [{ title: "Calls of WASI, beside node:wasi's", columns, rows: cells, notes }], bars: [], failures }
}

/** As much of an instance of the host's as the guest has. */
interface NativeInstance {
  readonly exports: Guest & { readonly memory: { readonly buffer: ArrayBuffer } }
}

function instantiate({ Module, Instance }: HostWebAssembly, bytes: Uint8Array, imports: object): NativeInstance {
  return new Instance(new Module(bytes), { wasi_snapshot_preview1: imports }) as unknown as NativeInstance
}

function nodeGuest(bytes: Uint8Array, native: HostWebAssembly, folder: string, sink: number): Guest {
  const wasi = new WASI({ version: 'preview1', preopens: { '/': folder }, stdout: sink })
  const instance = instantiate(native, bytes, wasi.wasiImport)
  wasi.initialize(instance)
  return instance.exports
}

async function ourGuests(bytes: Uint8Array, native: HostWebAssembly, options: WasiOptions): Promise<Guests> {
  const create = (): Wasi => new Wasi({ ...nodeHost(), ...options })
  const memory = (): GuestMemory => view
  const instance = instantiate(native, bytes, create().imports(memory))
  const view = guestMemory(instance.exports.memory)
  const interpreted = await new Engine().compile(bytes).instantiate({}, { wasi: wasiProvider(create()) })
  return { native: instance.exports, interpreted: interpreted.exports as unknown as Guest }
}
