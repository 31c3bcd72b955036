// Streams: standard input from bytes or a reader, standard output and error to a sink. What a terminal is and does is the
// embedder's; here it is only a flag that the guest can ask for.

import { UsageError } from '../../errors/heddle-error.ts'
import { isBytes } from '../../errors/is-bytes.ts'
import { WasiError } from './errno.ts'
import type { Errno } from './errno.ts'
import { isPromise } from './waiting.ts'
import type { Awaitable, Waiting } from './waiting.ts'

/** At most `length` bytes; null or none at the end. A promise, when there are none yet, suspends the guest. */
export type ReadInput = (length: number) => Awaitable<Uint8Array | null>

/** The bytes are a copy of its own, unless it borrows them; a promise holds the guest back until it settles. */
export type WriteOutput = (bytes: Uint8Array) => Awaitable<void>

export interface OutputSink {
  readonly write: WriteOutput
  readonly terminal?: boolean
  /** Whether `write` is done with the bytes when it returns: then they may be the guest's memory itself, which saves a copy. */
  readonly borrows?: boolean
}

export interface InputSource {
  readonly read: ReadInput
  readonly terminal?: boolean
  /**
   * Where `read` blocks: blocks for at most so many nanoseconds until it would not, and says whether it wouldn't. Without it poll_oneoff and
   * reads that must not wait take it that there is always something to read.
   */
  readonly ready?: (ns: bigint) => boolean
  /** The guest reads no more, nor waits for what it has begun to read. */
  readonly close?: () => void
}

export type WasiInput = string | Uint8Array | ReadInput | InputSource

export type WasiOutput = WriteOutput | OutputSink

export function sinkOf(output: WasiOutput): WriteOutput {
  return typeof output === 'function' ? output : (bytes) => output.write(bytes)
}

/** What a descriptor of a stream holds. */
export interface Stream {
  readonly kind: 'stream'
  readonly filetype: 'character_device' | 'unknown'
  /** Asks for `length` bytes unless there are some; a promise for the moment to ask again while there are none. */
  fill(length: number): Promise<unknown> | undefined
  /** At most `length` of the bytes that are there. */
  read(length: number): Uint8Array
  write(bytes: Uint8Array): Waiting<number>
  /** Bytes that a read gives without waiting, 0 at the end; or what to wait with for the moment to ask again. */
  available(): number | Wait
  close(): void
}

/** A promise, or a function that blocks for at most so many nanoseconds and says whether the time to ask again has come. */
export type Wait = Promise<unknown> | ((ns: bigint) => boolean)

const NOTHING = new Uint8Array(0)

/** Whether the reader said that there is nothing: `once`, by no bytes, which the next read tells, or `forever`. */
export const INPUT_ENDS = ['none', 'once', 'forever'] as const
type InputEnd = (typeof INPUT_ENDS)[number]

/** What a guest has seen of its input. */
export interface InputState {
  /** Bytes that it has read. */
  readonly consumed: number
  /** Those that come next, as far as they are there. */
  readonly unread: Uint8Array
  readonly end: InputEnd
  /** Why the reader failed; the next read tells. */
  readonly failure: Errno | undefined
}

export class InputStream implements Stream {
  readonly kind = 'stream'
  readonly filetype: 'character_device' | 'unknown'
  readonly #input: WasiInput | undefined
  readonly #source: InputSource
  readonly #ready: ((ns: bigint) => boolean) | undefined
  #consumed = 0
  #buffered: Uint8Array
  #end: InputEnd = 'none'
  #pending: Promise<void> | undefined
  /** Why the reader failed while nobody was reading; the next read tells. */
  #failure: { readonly reason: unknown } | undefined

  constructor(input: WasiInput | undefined) {
    this.#input = input
    this.#buffered = dataOf(input) ?? NOTHING
    const source = sourceOf(input)
    this.#source = source
    this.#ready = source.ready && ((ns): boolean => source.ready!(ns))
    this.filetype = source.terminal === true ? 'character_device' : 'unknown'
  }

  write(): never {
    throw new WasiError('badf')
  }

  available(): number | Wait {
    if (this.#isWanting && this.#ready?.(0n) === false) return this.#ready
    return this.fill(READ_AHEAD) ?? this.#buffered.length
  }

  close(): void {
    this.#end = 'forever'
    this.#buffered = NOTHING
    this.#source.close?.()
  }

  /** Whether only the source knows what comes next. */
  get #isWanting(): boolean {
    return this.#end === 'none' && this.#failure === undefined && this.#buffered.length === 0
  }

  fill(length: number): Promise<void> | undefined {
    if (this.#pending !== undefined) return this.#pending
    if (!this.#isWanting) return undefined
    const chunk = this.#source.read(length)
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
    if (this.#end === 'forever') return
    if (chunk === null) this.#end = 'forever'
    else if (!isBytes(chunk)) throw new UsageError('what stdin reads must be a Uint8Array, or null at the end')
    else if (chunk.length === 0) this.#end = 'once'
    else this.#buffered = chunk
  }

  read(length: number): Uint8Array {
    if (this.#failure !== undefined) {
      const { reason } = this.#failure
      this.#failure = undefined
      throw reason
    }
    if (this.#end === 'once') this.#end = 'none'
    const taken = this.#buffered.subarray(0, length)
    this.#buffered = this.#buffered.subarray(taken.length)
    this.#consumed += taken.length
    return taken
  }

  save(): InputState {
    const reason = this.#failure?.reason
    return {
      consumed: this.#consumed,
      unread: this.#buffered,
      end: this.#end,
      // An error of the host's own is none that another process could know.
      failure: reason === undefined ? undefined : reason instanceof WasiError ? reason.errno : 'io',
    }
  }

  /**
   * Goes on where the guest was. Data given as input is all of it, so what the guest has read is passed over; a reader goes on behind
   * what was read from it but not by the guest.
   */
  restore({ consumed, unread, end, failure }: InputState): void {
    this.#consumed = consumed
    this.#buffered = dataOf(this.#input)?.subarray(consumed) ?? unread
    this.#end = end
    this.#failure = failure && { reason: new WasiError(failure) }
  }
}

/** What is read when only readiness was asked for. */
const READ_AHEAD = 64 * 1024

function dataOf(input: WasiInput | undefined): Uint8Array | undefined {
  if (typeof input === 'string') return new TextEncoder().encode(input)
  return input instanceof Uint8Array ? input : undefined
}

function sourceOf(input: WasiInput | undefined): InputSource {
  if (typeof input === 'function') return { read: input }
  if (typeof input === 'object' && 'read' in input) return input
  return { read: () => null }
}

/** Bytes that may still be written, to all outputs together. */
export interface OutputQuota {
  left: number
}

export class OutputStream implements Stream {
  readonly kind = 'stream'
  readonly filetype: 'character_device' | 'unknown'
  /** Bytes that the sink has taken. */
  written = 0
  readonly #sink: OutputSink
  readonly #quota: OutputQuota
  readonly #listener: ((bytes: Uint8Array) => void) | undefined

  /** `listener` is told what is written before it is. */
  constructor(output: WasiOutput, quota: OutputQuota, listener?: (bytes: Uint8Array) => void) {
    this.#listener = listener
    this.#sink = typeof output === 'function' ? { write: output } : output
    this.filetype = this.#sink.terminal === true ? 'character_device' : 'unknown'
    this.#quota = quota
  }

  fill(): never {
    throw new WasiError('badf')
  }

  read(): never {
    throw new WasiError('badf')
  }

  *write(bytes: Uint8Array): Waiting<number> {
    const count = Math.min(bytes.length, this.#quota.left)
    if (count === 0 && bytes.length > 0) throw new WasiError('nospc')
    if (count === 0) return 0
    this.#quota.left -= count
    const isBorrowed = this.#sink.borrows === true && this.#listener === undefined
    const taken = isBorrowed ? bytes.subarray(0, count) : bytes.slice(0, count)
    this.#listener?.(taken)
    const writing = this.#sink.write(taken)
    if (isPromise(writing)) yield writing
    this.written += count
    return count
  }

  /** A sink is always ready: one that is slow holds the guest back when it writes. */
  available(): number {
    return Math.min(READ_AHEAD, this.#quota.left)
  }

  close(): void {
    // The sink is the embedder's.
  }
}

/** A sink that keeps everything, in one piece: a guest that writes byte by byte would fill the heap with pieces. */
export class CollectedOutput {
  #bytes: Uint8Array = NOTHING
  #length = 0

  write(bytes: Uint8Array): void {
    const length = this.#length + bytes.length
    if (length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(length, 2 * this.#length))
      grown.set(this.#bytes.subarray(0, this.#length))
      this.#bytes = grown
    }
    this.#bytes.set(bytes, this.#length)
    this.#length = length
  }

  get bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }
}
