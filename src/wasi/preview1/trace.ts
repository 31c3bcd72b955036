// Every call as data, and as the line that strace would print. Decoding derives from the tables of functions and types.

import type { RawValue, WasiValue } from './abi.ts'
import { u32 } from './abi.ts'
import { errnoLabel } from './errno.ts'
import type { Errno } from './errno.ts'
import type { FunctionName, FunctionType, Iovec } from './functions.ts'
import type { Guest } from './implementation.ts'

/** One call, told when it is over. */
export interface WasiCall {
  /** That the guest imports from: which dialect of WASI it speaks. */
  readonly module: string
  readonly name: FunctionName
  readonly args: readonly TracedValue[]
  /** Empty unless it succeeded. */
  readonly results: readonly TracedValue[]
  /** undefined: it never returned, because the program ended. */
  readonly errno: Errno | undefined
  /** Nanoseconds on the trace's clock. */
  readonly start: bigint
  readonly duration: bigint
}

/**
 * Flags are lists of names, enumerations names, paths strings; which is which says `type`. Where a call failed with EFAULT,
 * EILSEQ or the like before its arguments could be decoded, they are the raw core values and `type` is 'i32' or 'i64'.
 */
export interface TracedValue {
  readonly name: string
  readonly type: string
  readonly value: Traced
}

export type Traced =
  | number
  | bigint
  | string
  | readonly string[]
  | readonly TracedBuffer[]
  | { readonly [field: string]: Traced }

/** A buffer of the guest and the first bytes of what was written from it or read into it. */
export interface TracedBuffer {
  readonly ptr: number
  readonly length: number
  readonly start: Uint8Array
}

export type WasiListener = (call: WasiCall) => void

const SHOWN_BYTES = 32

/** A call that begins. */
interface BegunCall {
  readonly module: string
  readonly name: FunctionName
  readonly type: FunctionType
  readonly guest: Pick<Guest, 'abi' | 'memory'>
  readonly raw: readonly RawValue[]
  readonly now: () => bigint
}

/** Collects what a WasiCall tells while the call runs. */
export class CallRecorder {
  readonly #call: BegunCall
  readonly #listener: WasiListener
  readonly #start: bigint
  #args: readonly unknown[] | undefined
  /** What is written must be seen before, what is read after. */
  #written: readonly TracedBuffer[] = []

  constructor(call: BegunCall, listener: WasiListener) {
    this.#call = call
    this.#listener = listener
    this.#start = call.now()
  }

  decoded(args: readonly unknown[]): void {
    this.#args = args
    const at = this.#call.type.params.findIndex(([, type]) => type === 'ciovec_array')
    if (at >= 0) this.#written = this.#buffers(args[at] as readonly Iovec[], Infinity)
  }

  finish(errno: Errno | undefined, outcome: unknown): void {
    const { module, name, now } = this.#call
    const results = errno === 'success' ? this.#results(outcome) : []
    const args = this.#args === undefined ? this.#rawArgs() : this.#decodedArgs(this.#args, errno, outcome)
    this.#listener({ module, name, args, results, errno, start: this.#start, duration: now() - this.#start })
  }

  #decodedArgs(args: readonly unknown[], errno: Errno | undefined, outcome: unknown): readonly TracedValue[] {
    return this.#call.type.params.map(([name, type], i) => {
      if (typeof type !== 'string') return { name, type: `*${type.pointer}`, value: args[i] as number }
      if (type === 'ciovec_array') return { name, type, value: this.#written }
      if (type === 'iovec_array') {
        const count: unknown = Array.isArray(outcome) ? outcome[0] : outcome
        const read = errno === 'success' && typeof count === 'number' ? count : 0
        return { name, type, value: this.#buffers(args[i] as readonly Iovec[], read) }
      }
      return { name, type, value: this.#traced(type, args[i] as WasiValue) }
    })
  }

  #rawArgs(): readonly TracedValue[] {
    return this.#call.raw.map((value, i) =>
      typeof value === 'bigint'
        ? { name: `$${i}`, type: 'i64', value }
        : { name: `$${i}`, type: 'i32', value: u32(value) },
    )
  }

  #results(outcome: unknown): readonly TracedValue[] {
    const { results } = this.#call.type
    const values = results.length === 1 ? [outcome] : (outcome as readonly unknown[])
    return results.map(([name, type], i) => ({ name, type, value: this.#traced(type, values[i] as WasiValue) }))
  }

  #buffers(iovs: readonly Iovec[], moved: number): readonly TracedBuffer[] {
    const { bytes } = this.#call.guest.memory()
    let left = Math.min(moved, SHOWN_BYTES)
    return iovs.map(({ buf, buf_len }) => {
      const shown = Math.min(left, buf_len)
      left -= shown
      return { ptr: buf, length: buf_len, start: bytes.slice(buf, buf + shown) }
    })
  }

  #traced(name: string, value: WasiValue): Traced {
    const type = this.#call.guest.abi.type(name)
    if (type.kind === 'flags') return type.names.filter((_, bit) => (Number(value) & (2 ** bit)) !== 0)
    if (typeof value !== 'object') return value
    const fields = value as Readonly<Record<string, WasiValue>>
    if (type.kind === 'record') {
      return Object.fromEntries(
        type.fields.map(([field, fieldType]) => [field, this.#traced(fieldType, fields[field] as WasiValue)]),
      )
    }
    const payload = type.kind === 'union' ? type.cases[0] : undefined
    return payload === undefined ? {} : this.#traced(payload, fields['value'] as WasiValue)
  }
}

/** `fd_write(1, [{0x10, 6, "hello\n"}]) = 6 <0.000012>` */
export function formatCall(call: WasiCall): string {
  const args = call.args.map(formatValue).join(', ')
  const seconds = (Number(call.duration) / 1e9).toFixed(6)
  return `${call.name}(${args}) = ${formatResult(call)} <${seconds}>`
}

function formatResult({ errno, results }: WasiCall): string {
  if (errno === undefined) return '?'
  if (errno !== 'success') return errnoLabel(errno)
  return results.length === 0 ? '0' : results.map(formatValue).join(', ')
}

/** Longer sets of rights are told by their number. */
const SHOWN_RIGHTS = 4

function formatValue({ type, value }: TracedValue): string {
  if (type === 'string') return quote(value as string)
  if (type.startsWith('*') || type === 'i32') return hex(value as number)
  if (type === 'ciovec_array' || type === 'iovec_array') return formatBuffers(value as readonly TracedBuffer[])
  return formatTraced(value)
}

function formatTraced(value: Traced): string {
  if (typeof value !== 'object') return String(value)
  if (isList(value)) {
    const names = value as readonly string[]
    if (names.length === 0) return '0'
    return names.length > SHOWN_RIGHTS ? `${names.slice(0, SHOWN_RIGHTS).join('|')}|…${names.length}` : names.join('|')
  }
  const fields = Object.entries(value as Readonly<Record<string, Traced>>)
  return `{${fields.map(([name, field]) => `${name}=${formatTraced(field)}`).join(', ')}}`
}

function isList(value: object): value is readonly unknown[] {
  return Array.isArray(value)
}

function formatBuffers(buffers: readonly TracedBuffer[]): string {
  const shown = buffers.slice(0, SHOWN_RIGHTS).map(({ ptr, length, start }) => {
    const rest = start.length < length ? '…' : ''
    return `{${hex(ptr)}, ${length}, ${quote(latin1(start))}${rest}}`
  })
  if (buffers.length > SHOWN_RIGHTS) shown.push(`…${buffers.length}`)
  return `[${shown.join(', ')}]`
}

function hex(value: number): string {
  return `0x${value.toString(16)}`
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}

/** What would move a terminal's cursor is escaped, as is all that is not plain. */
function quote(text: string): string {
  const escaped = text.replace(
    /["\\]|\p{C}|[\u0080-\u009f]/gu,
    (character) => ESCAPES.get(character) ?? escape(character),
  )
  return `"${escaped}"`
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
])

function escape(character: string): string {
  const code = character.codePointAt(0) as number
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}
