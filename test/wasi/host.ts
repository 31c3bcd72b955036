// What the WASI tests share: a host with real clocks and randomness, a guest that calls the functions from TypeScript, and
// folders of the suite as trees.

import { webcrypto } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import type { WasiFunction } from '../../src/wasi/preview1/call.ts'
import { PREVIEW1 } from '../../src/wasi/preview1/dialect.ts'
import type { Dialect } from '../../src/wasi/preview1/dialect.ts'
import { ERRNO_NAMES } from '../../src/wasi/preview1/errno.ts'
import type { Errno } from '../../src/wasi/preview1/errno.ts'
import type { FunctionName } from '../../src/wasi/preview1/functions.ts'
import type { WasiClock } from '../../src/wasi/preview1/implementation.ts'
import { guestMemory } from '../../src/wasi/preview1/memory.ts'
import type { GuestMemory } from '../../src/wasi/preview1/memory.ts'
import type { Tree } from '../../src/wasi/preview1/tree.ts'
import type { Awaitable } from '../../src/wasi/preview1/waiting.ts'
import { Wasi } from '../../src/wasi/preview1/wasi.ts'
import type { WasiOptions } from '../../src/wasi/preview1/wasi.ts'

/** The little of the host's engine that these tests use; Node's types don't have it. */
export interface NativeWebAssembly {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> }
  readonly Memory: new (type: { initial: number; maximum: number }) => NativeMemory
  readonly RuntimeError: new (message: string) => Error
}

export interface NativeMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

export const native: NativeWebAssembly = (globalThis as unknown as { readonly WebAssembly: NativeWebAssembly })
  .WebAssembly

export const REAL_CLOCK: WasiClock = {
  now: (id) => (id === 'realtime' ? BigInt(Date.now()) * 1_000_000n : process.hrtime.bigint()),
  sleep: (ns) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(ns) / 1e6)
  },
}

export function realRandom(bytes: Uint8Array): void {
  webcrypto.getRandomValues(bytes)
}

export function loadFolder(folder: string, prefix = ''): Tree {
  const tree: Record<string, Uint8Array | { type: 'directory' }> = {}
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${prefix}/${entry.name}`
    if (entry.isDirectory()) {
      tree[path] = { type: 'directory' }
      Object.assign(tree, loadFolder(`${folder}/${entry.name}`, path))
    } else {
      tree[path] = readFileSync(`${folder}/${entry.name}`)
    }
  }
  return tree
}

/** Where calls that have a result write it. */
export const OUT = 16

type Functions = Readonly<Record<string, (...args: (number | bigint)[]) => unknown>>

/** A guest without a program: calls the functions as compiled code would, with raw values and pointers into a memory. */
export class RawCaller {
  readonly memory: NativeMemory
  readonly #functions: Functions
  #free = 0

  /** The functions may be anybody's. */
  constructor(functions: Functions, memory: NativeMemory) {
    this.#functions = functions
    this.memory = memory
  }

  get bytes(): Uint8Array {
    return new Uint8Array(this.memory.buffer)
  }

  get view(): DataView {
    return new DataView(this.memory.buffer)
  }

  /** Strings become pointer and length; results, where the type has some, are written at OUT. */
  call(name: FunctionName, ...args: readonly (number | bigint | string)[]): Errno {
    const code = this.#start(name, args)
    if (typeof code !== 'number') throw new Error(`${name} suspended`)
    return ERRNO_NAMES[code] as Errno
  }

  async suspend(name: FunctionName, ...args: readonly (number | bigint | string)[]): Promise<Errno> {
    const code = this.#start(name, args)
    if (typeof code === 'number') throw new Error(`${name} did not suspend`)
    return ERRNO_NAMES[await code] as Errno
  }

  /** The descriptor, or the code of the failure. */
  open(
    fd: number,
    path: string,
    { follow = false, oflags = 0, rights = 0n, inheriting = 0n, fdflags = 0 }: OpenArguments = {},
  ): number | Errno {
    const errno = this.call('path_open', fd, Number(follow), path, oflags, rights, inheriting, fdflags, OUT)
    return errno === 'success' ? this.view.getUint32(OUT, true) : errno
  }

  /** A list of one buffer: pointer and count. */
  iovec(ptr: number, length: number): readonly [ptr: number, count: number] {
    this.view.setUint32(64, ptr, true)
    this.view.setUint32(68, length, true)
    return [64, 1]
  }

  write(fd: number, text: string): Errno {
    const bytes = Buffer.from(text)
    this.bytes.set(bytes, 8192)
    return this.call('fd_write', fd, ...this.iovec(8192, bytes.length), OUT)
  }

  /** The text, or the name of the failure. */
  read(fd: number, length = 4096): string {
    const errno = this.call('fd_read', fd, ...this.iovec(8192, length), OUT)
    return errno === 'success' ? this.text(8192, this.view.getUint32(OUT, true)) : errno
  }

  text(ptr: number, length: number): string {
    return Buffer.from(this.bytes.slice(ptr, ptr + length)).toString()
  }

  #start(name: FunctionName, args: readonly (number | bigint | string)[]): Awaitable<number> {
    return this.#functions[name]?.(...this.lower(args)) as Awaitable<number>
  }

  lower(args: readonly (number | bigint | string)[]): (number | bigint)[] {
    this.#free = 1024
    return args.flatMap((arg) => {
      if (typeof arg !== 'string') return [arg]
      const bytes = Buffer.from(arg, 'utf8')
      const ptr = this.#free
      this.bytes.set(bytes, ptr)
      this.#free += bytes.length
      return [ptr, bytes.length]
    })
  }
}

/** … with a Wasi of its own. */
export class Caller extends RawCaller {
  readonly wasi: Wasi
  readonly functions: Readonly<Record<FunctionName, WasiFunction>>
  /** What the functions said that they wrote. */
  readonly written: (readonly [address: number, byteLength: number])[]

  constructor(options: WasiOptions = {}, dialect: Dialect = PREVIEW1) {
    const wasi = new Wasi(options)
    const own = new native.Memory({ initial: 4, maximum: 64 })
    const plain = guestMemory(own)
    const written: (readonly [address: number, byteLength: number])[] = []
    const memory: GuestMemory = {
      get bytes() {
        return plain.bytes
      },
      get view() {
        return plain.view
      },
      wrote: (address, byteLength) => void written.push([address, byteLength]),
    }
    const functions = wasi.imports(() => memory, dialect)
    super(functions, own)
    this.wasi = wasi
    this.functions = functions
    this.written = written
  }
}

export interface OpenArguments {
  readonly follow?: boolean
  readonly oflags?: number
  readonly rights?: bigint
  readonly inheriting?: bigint
  readonly fdflags?: number
}

export const ALL = (1n << 30n) - 1n
export const FOLDER = 3
