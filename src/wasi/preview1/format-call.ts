// A call as the line that strace would print: names for flags, text for what lies behind pointers, and nothing in it that would steer a
// terminal.

import { errnoLabel, errnoText } from './errno.ts'
import { functionType } from './functions.ts'
import type { GuestBuffer, Named } from './named-values.ts'
import type { BegunCall, Content, WasiCall } from './trace.ts'

/** `fd_write(1, [{0x10, 6, "hello\n"}]) = 6 <0.000012>` */
export function formatCall(call: WasiCall): string {
  const interposed = call.interposed ? ' (interposed)' : ''
  return `${call.name}(${formatArguments(call)}) = ${formatResult(call)}${interposed} <${formatSeconds(call.duration)}>`
}

/** `poll_oneoff([{…}], …, 1 …`: a call that is not over. */
export function formatBegunCall(call: BegunCall): string {
  return `${call.name}(${formatArguments(call)} …`
}

export function formatSeconds(nanoseconds: bigint): string {
  return (Number(nanoseconds) / 1e9).toFixed(6)
}

function formatResult({ ending, errno, results }: WasiCall): string {
  if (errno === undefined) return ending === 'exited' ? '?' : `? (${ending})`
  if (errno !== 'success') return `${errnoLabel(errno)} (${errnoText(errno)})`
  const values: readonly Named[] = Object.values(results ?? {})
  return values.length === 0 ? '0' : values.map(formatNamed).join(', ')
}

function formatArguments({ name, args, raw, contents }: BegunCall): string {
  // Nobody knows what such values were meant to be.
  if (args === undefined) return raw.map(formatRaw).join(', ')
  const named = args as Readonly<Record<string, Named>>
  return functionType(name)
    .params.map(([param, type]) => {
      const value = named[param]!
      const content = Object.hasOwn(contents, param) ? contents[param] : undefined
      if (type === 'iovec_array' || type === 'ciovec_array') {
        const bytes = content instanceof Uint8Array ? content : new Uint8Array(0)
        return formatBuffers(value as unknown as readonly GuestBuffer[], bytes)
      }
      if (typeof type === 'string')
        return typeof value === 'string' && type === 'string' ? quote(value) : formatNamed(value)
      if (content === undefined) return hex(value as number)
      const whole = type.content === 'bytes' ? (named[type.count ?? ''] as number) : undefined
      return formatContent(content, whole)
    })
    .join(', ')
}

function formatRaw(value: number | bigint): string {
  return typeof value === 'bigint' ? String(value) : hex(value >>> 0)
}

/** Longer lists are told by their number. */
const SHOWN = 4

/** `whole`: how many bytes there are, where not all are kept. */
function formatContent(content: Content, whole: number | undefined): string {
  if (content instanceof Uint8Array) return formatBytes(content, whole ?? content.length)
  const items = content.map((item) => (typeof item === 'string' ? quote(item) : formatNamed(item as unknown as Named)))
  return formatList(items)
}

function formatList(items: readonly string[]): string {
  const more = items.length > SHOWN ? [`…${items.length}`] : []
  return `[${[...items.slice(0, SHOWN), ...more].join(', ')}]`
}

function formatNamed(value: Named): string {
  if (typeof value !== 'object') return String(value)
  if (Array.isArray(value)) {
    const names = value as readonly string[]
    if (names.length === 0) return '0'
    return names.length > SHOWN ? `${names.slice(0, SHOWN).join('|')}|…${names.length}` : names.join('|')
  }
  const fields = Object.entries(value as Readonly<Record<string, Named>>)
  return `{${fields.map(([name, field]) => formatField(name, field)).join(', ')}}`
}

/** A union's tag says what it is; a name may be any text. */
function formatField(name: string, field: Named): string {
  if (name === 'tag') return formatNamed(field)
  return `${name}=${name === 'name' && typeof field === 'string' ? quote(field) : formatNamed(field)}`
}

function formatBuffers(buffers: readonly GuestBuffer[], bytes: Uint8Array): string {
  let at = 0
  const items = buffers.map(({ ptr, length }) => {
    const piece = bytes.subarray(at, at + length)
    at += piece.length
    return `{${hex(ptr)}, ${length}, ${formatBytes(piece, length)}}`
  })
  return formatList(items)
}

function formatBytes(bytes: Uint8Array, whole: number): string {
  return `${quoteBytes(bytes, bytes.length < whole)}${bytes.length < whole ? '…' : ''}`
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** A character that is cut at the end. */
const CUT_BYTES = 3

/** As text; where they are none, with the codes of those that are not ASCII. */
function quoteBytes(bytes: Uint8Array, isCut: boolean): string {
  for (let cut = 0; cut <= (isCut ? CUT_BYTES : 0); cut++) {
    try {
      return quote(UTF8.decode(bytes.subarray(0, bytes.length - cut)))
    } catch {
      // They are no text, or not yet.
    }
  }
  const texts = Array.from(bytes, (byte) =>
    byte < 0x80 ? quote(String.fromCharCode(byte)).slice(1, -1) : escape(String.fromCharCode(byte)),
  )
  return `"${texts.join('')}"`
}

function hex(value: number): string {
  return `0x${value.toString(16)}`
}

/** What would move a terminal's cursor is escaped, as is all that is not plain. */
function quote(text: string): string {
  const escaped = text.replace(
    /["\\]|[\p{C}\p{Zl}\p{Zp}]/gu,
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
  const code = character.codePointAt(0)!
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}
