// Every call as data: what a listener is told, and who collects it while the call runs. Decoding derives from the tables of functions and
// types; how it is printed is in format-call.ts.

import type { RawValue, WasiValue } from './abi.ts'
import { WasiError } from './errno.ts'
import type { Errno } from './errno.ts'
import type { FunctionName, FunctionType, Iovec, PointerType } from './functions.ts'
import type { Guest } from './implementation.ts'
import { gather } from './memory.ts'
import { namedBuffers, toNamed } from './named-values.ts'
import type { CallArguments, CallResults, Named, NamedEntry, NamedEvent, NamedSubscription } from './named-values.ts'

/** A call that begins. What `name` is tells which `args` there are. */
export type BegunCall = { readonly [Name in FunctionName]: BegunCallOf<Name> }[FunctionName]

/** A call that is over. What `name` is tells which `args` and `results` there are. */
export type WasiCall = { readonly [Name in FunctionName]: WasiCallOf<Name> }[FunctionName]

export interface BegunCallOf<Name extends FunctionName> {
  readonly kind: 'wasi'
  /** Counts the calls of all functions, from 1. */
  readonly id: number
  /** That the guest imports from: which dialect of WASI it speaks. */
  readonly module: string
  readonly name: Name
  /** undefined: a pointer was out of bounds, a path no UTF-8, a flag unknown or the like, and nothing happened. */
  readonly args: CallArguments<Name> | undefined
  /** The core values that the guest passed. */
  readonly raw: readonly RawValue[]
  /** What lies where parameters point to, by their names: what the guest has there when a call begins, and what it is given when it is over. */
  readonly contents: Readonly<Record<string, Content>>
  /** Nanoseconds on the trace's clock. */
  readonly start: bigint
}

export interface WasiCallOf<Name extends FunctionName> extends BegunCallOf<Name> {
  /**
   * `exited`: the program ended in it. `threw`: so did the run, by an error of the host's. `abandoned`: nobody waited for it any more.
   */
  readonly ending: 'returned' | 'exited' | 'threw' | 'abandoned'
  /** undefined unless it returned. */
  readonly errno: Errno | undefined
  /** undefined unless it succeeded. */
  readonly results: CallResults<Name> | undefined
  /** Whether a function of the embedder's stood in front of it. */
  readonly interposed: boolean
  readonly duration: bigint
}

/** Bytes are the first ones of all that was written or read, at most `traceBytes`. */
export type Content =
  | Uint8Array
  | readonly string[]
  | readonly NamedEntry[]
  | readonly NamedSubscription[]
  | readonly NamedEvent[]

/** Told of every call when it is over. */
export type WasiListener = (call: WasiCall) => void

/** Told of calls when they begin, too: of one that waits, long before it is over. */
export interface WasiObserver {
  readonly begin?: (call: BegunCall) => void
  readonly end?: WasiListener
}

interface CallSite {
  readonly id: number
  readonly module: string
  readonly name: FunctionName
  readonly type: FunctionType
  readonly guest: Pick<Guest, 'abi' | 'memory' | 'program'>
  readonly raw: readonly RawValue[]
}

export interface RecorderOptions {
  readonly observer: WasiObserver
  readonly now: () => bigint
  /** Bytes of buffers that are kept of a call. */
  readonly bytes: number
}

type Ending = WasiCall['ending']

/** Collects what a WasiCall tells while the call runs, and tells it. */
export class CallRecorder {
  readonly #site: CallSite
  readonly #options: RecorderOptions
  readonly #start: bigint
  #args: readonly unknown[] | undefined
  #named: object | undefined
  #before: Readonly<Record<string, Content>> = {}
  #isInterposed = false
  #isOver = false

  constructor(site: CallSite, options: RecorderOptions) {
    this.#site = site
    this.#options = options
    this.#start = options.now()
  }

  /** Called once, before anything happens; without arguments where they can't be decoded. */
  begin(args: readonly unknown[] | undefined): void {
    const { type, guest } = this.#site
    this.#args = args
    this.#named = args && namedArguments(type, guest, args)
    if (args !== undefined) this.#before = this.#contents(args, true, undefined)
    this.#options.observer.begin?.(this.#told() as BegunCall)
  }

  /** Nothing is told of what happens behind it: an abandoned call may still end. */
  finish(ending: Ending, errno?: Errno, outcome?: unknown): void {
    if (this.#isOver) return
    this.#isOver = true
    const isSuccess = errno === 'success'
    const contents = isSuccess && this.#args !== undefined ? this.#contents(this.#args, false, outcome) : {}
    this.#options.observer.end?.({
      ...this.#told(),
      contents: { ...this.#before, ...contents },
      ending,
      errno,
      results: isSuccess ? namedResults(this.#site.type, this.#site.guest, outcome) : undefined,
      interposed: this.#isInterposed,
      duration: this.#options.now() - this.#start,
    } as WasiCall)
  }

  interpose(): void {
    this.#isInterposed = true
  }

  #told(): object {
    const { id, module, name, raw } = this.#site
    return { kind: 'wasi', id, module, name, args: this.#named, raw, contents: this.#before, start: this.#start }
  }

  /** What the guest has there before the call, or what it has been given, as far as the outcome says. */
  #contents(args: readonly unknown[], isBefore: boolean, outcome: unknown): Record<string, Content> {
    const contents: Record<string, Content> = {}
    this.#site.type.params.forEach(([name, type], i) => {
      const content =
        typeof type === 'string'
          ? this.#bufferContent(type, args[i], isBefore, outcome)
          : orUndefined(() => this.#pointerContent(type, args[i] as number, isBefore, outcome))
      if (content !== undefined) contents[name] = content
    })
    return contents
  }

  #bufferContent(type: string, arg: unknown, isBefore: boolean, outcome: unknown): Uint8Array | undefined {
    if (type === 'ciovec_array' && isBefore) return this.#gather(arg as readonly Iovec[], Infinity)
    if (type === 'iovec_array' && !isBefore) return this.#gather(arg as readonly Iovec[], countOf(outcome))
    return undefined
  }

  #pointerContent(
    { content, count, pointer }: PointerType,
    ptr: number,
    isBefore: boolean,
    outcome: unknown,
  ): Content | undefined {
    if (content === undefined || (content === 'subscriptions') !== isBefore) return undefined
    const { guest, type } = this.#site
    const offered = type.params.findIndex(([name]) => name === count)
    const room = offered < 0 ? 0 : (this.#args![offered] as number)
    const used = type.results.length === 0 || isBefore ? room : Math.min(room, countOf(outcome))
    switch (content) {
      case 'args':
      case 'environ':
        return this.#strings(ptr, guest.program[content].length)
      case 'text':
        return guest.memory().bytes.slice(ptr, ptr + used)
      case 'bytes':
        return guest.memory().bytes.slice(ptr, ptr + Math.min(used, this.#options.bytes))
      case 'dirents':
        return this.#entries(ptr, used)
      case 'subscriptions':
      case 'events':
        return this.#records(pointer, ptr, used) as unknown as readonly NamedSubscription[] | readonly NamedEvent[]
    }
  }

  #gather(iovs: readonly Iovec[], moved: number): Uint8Array {
    return gather(this.#site.guest.memory(), iovs, Math.min(moved, this.#options.bytes)).slice()
  }

  /** What pointers in an array point to, as C has strings. */
  #strings(ptr: number, count: number): readonly string[] {
    const { bytes, view } = this.#site.guest.memory()
    return Array.from({ length: count }, (_, i) => {
      const at = ptr + i * 4
      const start = at + 4 <= bytes.length ? view.getUint32(at, true) : bytes.length
      const end = bytes.indexOf(0, start)
      return decodeText(bytes.slice(start, Math.min(end < 0 ? start : end, start + MAX_STRING)))
    })
  }

  /** The last one may be cut. */
  #entries(ptr: number, used: number): readonly NamedEntry[] {
    const { abi } = this.#site.guest
    const { bytes, view } = this.#site.guest.memory()
    const { size } = abi.layout('dirent')
    const entries: NamedEntry[] = []
    for (let at = ptr; at + size <= ptr + used;) {
      const read = abi.read(view, at, 'dirent') as Readonly<Record<string, WasiValue>>
      const { d_namlen, ...fields } = toNamed(abi, 'dirent', read) as unknown as NamedEntry & { d_namlen: number }
      const end = at + size + d_namlen
      entries.push({ ...fields, name: decodeText(bytes.slice(at + size, Math.min(end, ptr + used))) })
      at = end
    }
    return entries
  }

  #records(type: string, ptr: number, count: number): readonly Named[] {
    const { abi } = this.#site.guest
    const { size } = abi.layout(type)
    const { view } = this.#site.guest.memory()
    return Array.from({ length: count }, (_, i) => toNamed(abi, type, abi.read(view, ptr + i * size, type)))
  }
}

/** More is no argument. */
const MAX_STRING = 2 ** 16

/** What lies there may be anything: a guest asks for what doesn't exist, and an interposer says that it has written what it hasn't. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof WasiError) return undefined
    throw error
  }
}

const decoder = new TextDecoder()

function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}

/** The first result of a call that says how much it moved. */
function countOf(outcome: unknown): number {
  const first: unknown = Array.isArray(outcome) ? outcome[0] : outcome
  return typeof first === 'number' ? first : 0
}

/** Arguments as implementations take them, by name. */
export function namedArguments(
  { params }: FunctionType,
  { abi }: Pick<Guest, 'abi'>,
  args: readonly unknown[],
): Record<string, Named> {
  return Object.fromEntries(
    params.map(([name, type], i) => [name, namedArgument(abi, type, args[i] as WasiValue | readonly Iovec[])]),
  )
}

function namedArgument(abi: Guest['abi'], type: string | PointerType, arg: WasiValue | readonly Iovec[]): Named {
  if (typeof type !== 'string') return arg as number
  return abi.type(type).kind === 'list'
    ? (namedBuffers(arg as readonly Iovec[]) as unknown as Named)
    : toNamed(abi, type, arg as WasiValue)
}

/** An outcome as implementations give it, by name. */
export function namedResults(
  { results }: FunctionType,
  { abi }: Pick<Guest, 'abi'>,
  outcome: unknown,
): Record<string, Named> {
  const values = results.length === 1 ? [outcome] : (outcome as readonly unknown[])
  return Object.fromEntries(results.map(([name, type], i) => [name, toNamed(abi, type, values[i] as WasiValue)]))
}
