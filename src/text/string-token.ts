// String tokens: where one ends, what is wrong with it, and the bytes that it stands for.
// https://webassembly.github.io/spec/core/text/values.html#strings

import type { SourceText } from './source-text.ts'
import { textError } from './text-error.ts'

const LF = 0x0a
const CR = 0x0d
const QUOTE = 0x22
const UNDERSCORE = 0x5f
const BACKSLASH = 0x5c
const LOWER_U = 0x75
const LEFT_BRACE = 0x7b
const RIGHT_BRACE = 0x7d
const DELETE = 0x7f

// prettier-ignore
const SIMPLE_ESCAPES: ReadonlyMap<number, number> = new Map([
  [0x74, 0x09], // t
  [0x6e, 0x0a], // n
  [0x72, 0x0d], // r
  [0x22, 0x22], // "
  [0x27, 0x27], // '
  [0x5c, 0x5c], // \
])

/**
 * The offset after the closing quote of the string whose opening quote is at `start`. `context` precedes the complaint when the
 * string is part of another token, e.g. `empty identifier`.
 */
export function scanString(source: SourceText, start: number, context?: string): number {
  const { bytes } = source
  const prefix = context === undefined ? '' : `${context}: `
  let pos = start + 1
  for (;;) {
    const byte = bytes[pos]
    if (byte === undefined || byte === LF || byte === CR) {
      throw textError(source, start, pos, `${prefix}unclosed string`)
    }
    if (byte === QUOTE) return pos + 1
    if (byte === BACKSLASH) pos = scanEscape(source, pos)
    else if (byte > DELETE) pos = scanUtf8Char(source, pos)
    else if (byte >= 0x20 && byte < DELETE) pos++
    else throw textError(source, pos, pos + 1, `${prefix}illegal character in string: ${codePointName(byte)}`)
  }
}

function scanEscape(source: SourceText, start: number): number {
  const { bytes } = source
  const byte = bytes[start + 1] ?? 0
  if (SIMPLE_ESCAPES.has(byte)) return start + 2
  if (hexDigit(byte) >= 0 && hexDigit(bytes[start + 2] ?? 0) >= 0) return start + 3
  if (byte === LOWER_U && bytes[start + 2] === LEFT_BRACE) return scanCodePoint(source, start)
  throw textError(source, start, start + 2, 'illegal escape')
}

/** `\u{hexnum}` at `start`, with the underscores that a hexnum may have. */
function scanCodePoint(source: SourceText, start: number): number {
  const { bytes } = source
  let pos = start + 3
  let value = 0
  let afterDigit = false
  for (; bytes[pos] !== RIGHT_BRACE; pos++) {
    const digit = hexDigit(bytes[pos] ?? 0)
    if (digit >= 0) value = Math.min(value * 16 + digit, 0x110000)
    else if (bytes[pos] !== UNDERSCORE || !afterDigit) throw textError(source, start, pos, 'illegal escape')
    afterDigit = digit >= 0
  }
  if (!afterDigit) throw textError(source, start, pos + 1, 'illegal escape')
  if (value >= 0x110000 || (value >= 0xd800 && value < 0xe000)) {
    throw textError(source, start, pos + 1, 'illegal escape: not a Unicode scalar value')
  }
  return pos + 1
}

/** The offset after the UTF-8 sequence at `start`, whose first byte is not ASCII. Refuses overlong forms and surrogates. */
export function scanUtf8Char(source: SourceText, start: number): number {
  const { bytes } = source
  const lead = bytes[start]!
  const second = bytes[start + 1] ?? 0
  let length = 0
  if (lead >= 0xc2 && lead <= 0xdf) length = second >> 6 === 2 ? 2 : 0
  else if (lead >= 0xe0 && lead <= 0xef) {
    const least = lead === 0xe0 ? 0xa0 : 0x80
    const most = lead === 0xed ? 0x9f : 0xbf
    length = second >= least && second <= most ? 3 : 0
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    const least = lead === 0xf0 ? 0x90 : 0x80
    const most = lead === 0xf4 ? 0x8f : 0xbf
    length = second >= least && second <= most ? 4 : 0
  }
  for (let i = 2; i < length; i++) if ((bytes[start + i] ?? 0) >> 6 !== 2) length = 0
  if (length === 0) throw textError(source, start, start + 1, 'malformed UTF-8 encoding')
  return start + length
}

/**
 * The bytes that a well-formed string token stands for; `start` and `end` include its quotes. A view of the source where the
 * string has no escapes: not to be written to.
 */
export function unescapeString(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const inner = bytes.subarray(start + 1, end - 1)
  let pos = inner.indexOf(BACKSLASH)
  if (pos < 0) return inner
  // No escape stands for more bytes than it takes, so the result fits and can be filled in one pass.
  const result = new Uint8Array(inner.length)
  result.set(inner.subarray(0, pos))
  let length = pos
  while (pos < inner.length) {
    const byte = inner[pos++]!
    if (byte !== BACKSLASH) {
      result[length++] = byte
      continue
    }
    const escape = inner[pos++]!
    if (escape === LOWER_U) {
      const close = inner.indexOf(RIGHT_BRACE, pos)
      length = writeUtf8(result, length, readHex(inner, pos + 1, close))
      pos = close + 1
    } else {
      result[length++] = SIMPLE_ESCAPES.get(escape) ?? hexDigit(escape) * 16 + hexDigit(inner[pos++]!)
    }
  }
  return result.subarray(0, length)
}

/** The text of well-formed UTF-8, else undefined. A byte order mark is a character like any other. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** `U+0041`, as errors name a character. */
export function codePointName(codePoint: number): string {
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
}

function readHex(bytes: Uint8Array, start: number, end: number): number {
  let value = 0
  for (let pos = start; pos < end; pos++) {
    const digit = hexDigit(bytes[pos]!)
    if (digit >= 0) value = value * 16 + digit
  }
  return value
}

function writeUtf8(target: Uint8Array, start: number, codePoint: number): number {
  const encoded = new TextEncoder().encode(String.fromCodePoint(codePoint))
  target.set(encoded, start)
  return start + encoded.length
}

/** The value of an ASCII hexadecimal digit, else -1. */
function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
