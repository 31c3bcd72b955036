// What all sections are made of: counts of vectors, and names. A count is checked against the limits and the bytes that are left
// before anything is allocated for it.
// https://webassembly.github.io/spec/core/binary/conventions.html#vectors

import { ModuleError } from '../errors/module-error.ts'
import { UNEXPECTED_END, type ByteReader } from '../syntax/byte-reader.ts'

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Names up to this length are put together here, which is several times faster than a call of TextDecoder. */
const SHORT_NAME = 32

/** Hosts can't hold longer strings (V8: 2^29 - 24 units). */
const MAX_NAME_BYTES = 0x1fff_ff00

export function overLimit(what: string, count: number, limit: number, offset: number): ModuleError {
  return new ModuleError('limit', `${count} ${what}, more than ${limit}`, { offset })
}

/**
 * The count of a vector. `what` names the entries for the error; `entryBytes` is what an entry takes at least.
 * Like the specification's interpreter it measures from before the count: that decides the wording, not the verdict.
 */
export function readCount(reader: ByteReader, limit: number, what: string, entryBytes = 1): number {
  const start = reader.pos
  const count = reader.readU32()
  if (count * entryBytes > reader.end - start) throw reader.malformed('length out of bounds', start)
  if (count * entryBytes > reader.end - reader.pos) throw reader.malformed(UNEXPECTED_END, reader.end)
  if (count > limit) throw overLimit(what, count, limit, start)
  return count
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
