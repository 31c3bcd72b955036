// A trace as text: the lines of strace, a JSON object a line, or the Trace Event Format of chrome://tracing and Perfetto. docs/tracing.md
// has them for readers. https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU

import { nameText } from '../errors/quote.ts'
import { formatCall, formatSeconds } from '../wasi/preview1/format-call.ts'
import type { WasiCall } from '../wasi/preview1/trace.ts'
import type { HostCall } from './host-trace.ts'
import { base64 } from './base64.ts'

export type TraceEvent = WasiCall | HostCall

export const TRACE_FORMATS = ['text', 'json', 'chrome'] as const
export type TraceFormat = (typeof TRACE_FORMATS)[number]

export interface TraceWriterOptions {
  /** What tools call the program. */
  readonly program?: string | undefined
  /** The time from which `chrome` counts, on the trace's clock; 0 if absent. */
  readonly origin?: bigint | undefined
}

export interface TraceWriter {
  readonly event: (event: TraceEvent) => void
  /** Whatever became of the program: without it, `chrome` is no complete JSON. */
  readonly close: () => void
}

/** Gives `write` whole lines, at once. */
export function traceWriter(
  format: TraceFormat,
  write: (text: string) => void,
  options: TraceWriterOptions = {},
): TraceWriter {
  switch (format) {
    case 'text':
      return { event: (event) => write(`${eventText(event)}\n`), close: () => undefined }
    case 'json':
      return { event: (event) => write(`${json(event)}\n`), close: () => undefined }
    case 'chrome':
      return chromeWriter(write, options)
  }
}

// ——— text ———

function eventText(event: TraceEvent): string {
  return event.kind === 'wasi' ? formatCall(event) : hostCallText(event)
}

function hostCallText({ module, name, args, ending, result, error, duration }: HostCall): string {
  const call = `${nameText(module)}.${nameText(name)}(${args.map(valueText).join(', ')})`
  return `${call} = ${resultText(ending, result, error)} <${formatSeconds(duration)}>`
}

function resultText(ending: HostCall['ending'], result: unknown, error: unknown): string {
  if (ending === 'abandoned') return '? (abandoned)'
  if (ending === 'threw') return `? (threw ${nameText(error instanceof Error ? error.message : valueText(error))})`
  if (result === undefined) return '0'
  return Array.isArray(result) ? result.map(valueText).join(', ') : valueText(result)
}

function valueText(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value === 'bigint' || typeof value === 'boolean' || value === null || value === undefined)
    return String(value)
  if (typeof value === 'string') return nameText(value)
  return typeof value
}

// ——— JSON ———

/** On one line, in which nothing steers a terminal. */
function json(value: unknown): string {
  return JSON.stringify(plain(value)).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  )
}

/** Integers of 64 bits are decimal strings, and so are numbers that JSON lacks; bytes are base64; a reference is told by what it is. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0) ? value : valueText(value)
  if (value instanceof Uint8Array) return base64(value)
  if (Array.isArray(value)) return value.map(plain)
  if (value instanceof Error) return value.message
  if (typeof value === 'function' || typeof value === 'symbol') return { reference: typeof value }
  if (typeof value !== 'object' || value === null) return value
  const { prototype } = Object as { readonly prototype: object }
  const its: unknown = Object.getPrototypeOf(value)
  // What a guest only holds a reference to is nobody's to be read.
  if (its !== prototype) return { reference: 'object' }
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field)]))
}

// ——— Trace Event Format ———

const PROCESS = 1
const THREADS: Readonly<Record<TraceEvent['kind'], readonly [tid: number, name: string]>> = {
  wasi: [1, 'WASI'],
  host: [2, 'host functions'],
}

function chromeWriter(
  write: (text: string) => void,
  { program = 'program', origin = 0n }: TraceWriterOptions,
): TraceWriter {
  let separator = '[\n'
  const put = (event: object): void => {
    write(`${separator}${json(event)}`)
    separator = ',\n'
  }
  const metadata = (name: string, tid: number, text: string): void =>
    put({ name, ph: 'M', pid: PROCESS, tid, args: { name: text } })
  metadata('process_name', 0, program)
  for (const [tid, name] of Object.values(THREADS)) metadata('thread_name', tid, name)
  return {
    event: (event) => put(chromeEvent(event, origin)),
    close: () => write('\n]\n'),
  }
}

/** In microseconds, with the nanoseconds behind the point. */
function microseconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1000
}

/** A call of any length is one event, complete: what waits is shown with all its time. */
function chromeEvent(event: TraceEvent, origin: bigint): object {
  const { kind, name, module, start, duration, ...details } = event
  return {
    name: kind === 'wasi' ? name : `${module}.${name}`,
    cat: kind,
    ph: 'X',
    ts: microseconds(start - origin),
    dur: microseconds(duration),
    pid: PROCESS,
    tid: THREADS[kind][0],
    args: { module, ...details },
  }
}
