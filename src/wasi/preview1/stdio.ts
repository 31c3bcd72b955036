// Streams: standard input from bytes or a reader, standard output and error to a sink. What a terminal is and does is the
// embedder's; here it is only a flag that the guest can ask for.

import { WasiError } from './errno.ts'
import { isPromise } from './waiting.ts'
import type { Awaitable } from './waiting.ts'

/** At most `length` bytes; null or none at the end. A promise, when there are none yet, suspends the guest. */
export type ReadInput = (length: number) => Awaitable<Uint8Array | null>

/** The bytes are a copy of its own; a promise holds the guest back until it settles. */
export type WriteOutput = (bytes: Uint8Array) => Awaitable<void>

export type WasiInput = string | Uint8Array | ReadInput | { readonly read: ReadInput; readonly terminal?: boolean }

export type WasiOutput = WriteOutput | { readonly write: WriteOutput; readonly terminal?: boolean }

/** What a descriptor of a stream holds. */
export interface Stream {
  readonly kind: 'stream'
  readonly filetype: 'character_device' | 'unknown'
  read(length: number): Awaitable<Uint8Array>
  write(bytes: Uint8Array): Awaitable<number>
  /** Bytes that a read gives without waiting, 0 at the end; or a promise for the moment to ask again. */
  available(): number | Promise<unknown>
  close(): void
}

const NOTHING = new Uint8Array(0)

export class InputStream implements Stream {
  readonly kind = 'stream'
  readonly filetype: 'character_device' | 'unknown'
  readonly #read: ReadInput
  #buffered: Uint8Array = NOTHING
  #ended = false
  #pending: Promise<void> | undefined
  /** Why the reader failed while nobody was reading; the next read tells. */
  #failure: { readonly reason: unknown } | undefined

  constructor(input: WasiInput | undefined) {
    const terminal = typeof input === 'object' && 'terminal' in input && input.terminal
    this.filetype = terminal ? 'character_device' : 'unknown'
    this.#read = readerOf(input)
  }

  read(length: number): Awaitable<Uint8Array> {
    if (length === 0) return NOTHING
    const filled = this.#fill(length)
    return filled === undefined ? this.#take(length) : filled.then(() => this.#take(length))
  }

  write(): never {
    throw new WasiError('badf')
  }

  available(): number | Promise<unknown> {
    return this.#fill(READ_AHEAD) ?? this.#buffered.length
  }

  close(): void {
    this.#ended = true
    this.#buffered = NOTHING
  }

  /** Asks the reader unless something is there; a promise when the answer isn't. */
  #fill(length: number): Promise<void> | undefined {
    if (this.#pending !== undefined) return this.#pending
    if (this.#ended || this.#failure !== undefined || this.#buffered.length > 0) return undefined
    const chunk = this.#read(length)
    if (!isPromise(chunk)) {
      this.#accept(chunk)
      return undefined
    }
    this.#pending = this.#await(chunk)
    return this.#pending
  }

  async #await(chunk: Promise<Uint8Array | null>): Promise<void> {
    try {
      this.#accept(await chunk)
    } catch (reason) {
      this.#failure = { reason }
    } finally {
      this.#pending = undefined
    }
  }

  #accept(chunk: Uint8Array | null): void {
    if (chunk === null) this.#ended = true
    else if (!this.#ended) this.#buffered = chunk
  }

  #take(length: number): Uint8Array {
    if (this.#failure !== undefined) {
      const { reason } = this.#failure
      this.#failure = undefined
      throw reason
    }
    const taken = this.#buffered.subarray(0, length)
    this.#buffered = this.#buffered.subarray(taken.length)
    return taken
  }
}

/** What is read when only readiness was asked for. */
const READ_AHEAD = 64 * 1024

function readerOf(input: WasiInput | undefined): ReadInput {
  if (typeof input === 'function') return input
  if (typeof input === 'object' && 'read' in input) return (length) => input.read(length)
  let rest: Uint8Array | null = typeof input === 'string' ? new TextEncoder().encode(input) : (input ?? null)
  return () => {
    const all = rest
    rest = null
    return all
  }
}

/** Bytes that may still be written, to all outputs together. */
export interface OutputQuota {
  left: number
}

export class OutputStream implements Stream {
  readonly kind = 'stream'
  readonly filetype: 'character_device' | 'unknown'
  readonly #write: WriteOutput
  readonly #quota: OutputQuota

  constructor(output: WasiOutput, quota: OutputQuota) {
    const { write, terminal } = typeof output === 'function' ? { write: output, terminal: false } : output
    this.filetype = terminal === true ? 'character_device' : 'unknown'
    this.#write = write
    this.#quota = quota
  }

  read(): never {
    throw new WasiError('badf')
  }

  write(bytes: Uint8Array): Awaitable<number> {
    const count = Math.min(bytes.length, this.#quota.left)
    if (count === 0 && bytes.length > 0) throw new WasiError('nospc')
    if (count === 0) return 0
    this.#quota.left -= count
    const done = this.#write(bytes.slice(0, count))
    return isPromise(done) ? done.then(() => count) : count
  }

  /** A sink is always ready: one that is slow holds the guest back when it writes. */
  available(): number {
    return Math.min(READ_AHEAD, this.#quota.left)
  }

  close(): void {
    // The sink is the embedder's.
  }
}

/** A sink that keeps everything. */
export class CollectedOutput {
  readonly #chunks: Uint8Array[] = []
  #length = 0

  write(bytes: Uint8Array): void {
    this.#chunks.push(bytes)
    this.#length += bytes.length
  }

  get bytes(): Uint8Array {
    const all = new Uint8Array(this.#length)
    let at = 0
    for (const chunk of this.#chunks) {
      all.set(chunk, at)
      at += chunk.length
    }
    this.#chunks.splice(0, this.#chunks.length, all)
    return all.slice()
  }
}
