// What all sections are made of: sizes, counts of vectors, and names. A count is checked against the limits and the bytes that are left
// before anything is allocated for it.
// https://webassembly.github.io/spec/core/binary/conventions.html#vectors

import { ModuleError } from '../errors/module-error.ts'
import { UNEXPECTED_END, type ByteReader } from '../syntax/byte-reader.ts'

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Names up to this length are put together here, which is several times faster than a call of TextDecoder. */
const SHORT_NAME = 32

/** The specification's wording for a length or count beyond the bytes that are left. */
const LENGTH_OUT_OF_BOUNDS = 'length out of bounds'

/** Hosts can't hold longer strings (V8: 2^29 - 24 units). */
const MAX_NAME_BYTES = 0x1fff_ff00

export function overLimit(what: string, count: number, limit: number, offset: number): ModuleError {
  return new ModuleError('limit', `${count} ${what}, more than ${limit}`, { offset })
}

/**
 * The count of a vector, whose entries take a byte each at least. `what` names them for the error.
 * Like the specification's interpreter it measures from before the count: that decides the wording, not the verdict.
 */
export function readCount(reader: ByteReader, limit: number, what: string): number {
  const start = reader.pos
  const count = reader.readU32()
  if (count > reader.end - start) throw reader.malformed(LENGTH_OUT_OF_BOUNDS, start)
  if (count > reader.end - reader.pos) throw reader.malformed(UNEXPECTED_END, reader.end)
  if (count > limit) throw overLimit(what, count, limit, start)
  return count
}

/**
 * Reads something whose size was told before it. `bounded`: nothing behind its end is read; otherwise its end is looked at only
 * afterwards.
 */
export function readSized(reader: ByteReader, size: number, bounded: boolean, read: () => void): void {
  const outerEnd = reader.end
  const end = reader.pos + size
  if (bounded) reader.end = end
  read()
  if (reader.pos !== end) throw reader.malformed('section size mismatch')
  reader.end = outerEnd
}

/** The length of something that is so many bytes: a section, a body, a name, a segment. */
export function readLength(reader: ByteReader): number {
  return readCount(reader, Infinity, 'bytes')
}

/** https://webassembly.github.io/spec/core/binary/values.html#names */
export function readName(reader: ByteReader): string {
  const length = readLength(reader)
  const start = reader.pos
  if (length > MAX_NAME_BYTES) throw overLimit('bytes in a name', length, MAX_NAME_BYTES, start)
  const name = decodeUtf8(reader.readBytes(length))
  if (name === undefined) throw reader.malformed('malformed UTF-8 encoding', start)
  return name
}

/** Undefined where the bytes are not well-formed UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  if (bytes.length <= SHORT_NAME) {
    const ascii = decodeAscii(bytes)
    if (ascii !== undefined) return ascii
  }
  try {
    return UTF8.decode(bytes)
  } catch {
    return undefined
  }
}

function decodeAscii(bytes: Uint8Array): string | undefined {
  for (const byte of bytes) if (byte >= 0x80) return undefined
  return String.fromCharCode(...bytes)
}

/** Whether the error is that bytes are missing. */
export function isOverrun(error: ModuleError): boolean {
  return error.reason === UNEXPECTED_END || error.reason === LENGTH_OUT_OF_BOUNDS
}
