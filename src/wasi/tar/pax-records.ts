// The records of a pax header: `LENGTH KEY=VALUE`, each ended by a line feed. What is not about names, sizes and times is passed over.
// https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_03

import { TarError } from './tar-format.ts'
import { readTime } from './tar-numbers.ts'

/** What such a header says of a file, instead of the file's own header; a record without a value takes it back. */
export interface Extensions {
  readonly path?: string | undefined
  readonly linkpath?: string | undefined
  readonly size?: bigint | undefined
  readonly atim?: bigint | undefined
  readonly mtim?: bigint | undefined
  readonly isSparse?: boolean | undefined
}

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const ENCODER = new TextEncoder()

/** `offset`: of the bytes in the archive. */
export function decodeRecords(bytes: Uint8Array, offset: number): Extensions {
  let extensions: Extensions = {}
  for (let at = 0; at < bytes.length;) {
    const length = recordLength(bytes, at)
    if (length === undefined) throw malformed('the length of a pax record is wrong', offset + at)
    extensions = { ...extensions, ...decodeRecord(bytes.subarray(at, at + length), offset + at) }
    at += length
  }
  return extensions
}

/** As the record itself has it, if it can be true. */
function recordLength(bytes: Uint8Array, at: number): number | undefined {
  const digits = /^[1-9][0-9]{0,9}(?= )/.exec(String.fromCharCode(...bytes.subarray(at, at + 11)))?.[0]
  if (digits === undefined) return undefined
  const end = at + Number(digits)
  const isWhole = end <= bytes.length && Number(digits) > digits.length + 1 && bytes[end - 1] === 0x0a
  return isWhole ? Number(digits) : undefined
}

function decodeRecord(record: Uint8Array, offset: number): Extensions {
  const equals = record.indexOf(0x3d)
  if (equals < 0) throw malformed('a pax record has no "="', offset)
  const key = String.fromCharCode(...record.subarray(record.indexOf(0x20) + 1, equals).subarray(0, LONGEST_KEY))
  const value = record.subarray(equals + 1, -1)
  const decoded = <T>(decode: (text: string) => T | undefined): T | undefined => {
    if (value.length === 0) return undefined
    const result = decode(textOf(value, key, offset))
    if (result === undefined) throw malformed(`a pax record has an impossible ${key}`, offset)
    return result
  }
  switch (key) {
    case 'path':
      return { path: decoded((text) => text) }
    case 'linkpath':
      return { linkpath: decoded((text) => text) }
    case 'size':
      return { size: decoded((text) => (/^\d{1,20}$/.test(text) ? BigInt(text) : undefined)) }
    case 'atime':
      return { atim: decoded(readTime) }
    case 'mtime':
      return { mtim: decoded(readTime) }
    default:
      return key.startsWith('GNU.sparse.') ? { isSparse: true } : {}
  }
}

/** No key that matters is as long, and an argument list can't be of any length. */
const LONGEST_KEY = 64

function textOf(value: Uint8Array, key: string, offset: number): string {
  try {
    return DECODER.decode(value)
  } catch {
    throw new TarError('TAR_UNSUPPORTED', `a ${key} that is no UTF-8`, offset, 'rename the file, or convert its name')
  }
}

function malformed(what: string, offset: number): TarError {
  return new TarError('TAR_MALFORMED', what, offset, 'the archive is damaged; make or copy it again')
}

/** The length counts its own digits. */
export function encodeRecord(key: string, value: string): Uint8Array {
  const rest = ENCODER.encode(` ${key}=${value}\n`)
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  const record = new Uint8Array(length)
  record.set(ENCODER.encode(String(length)))
  record.set(rest, length - rest.length)
  return record
}
