// One header of a tar file, decoded and checked as far as it can be by itself. What headers say of each other (pax records,
// long names) is left to read-tar.ts.

import { BLOCK, FIELDS, TarError, checksums, fieldOf } from './tar-format.ts'
import type { FieldName } from './tar-format.ts'
import { NANOSECONDS, readNumber } from './tar-numbers.ts'

export interface TarHeader {
  readonly offset: number
  /** With the prefix, as it stands there. */
  readonly name: Uint8Array
  readonly mode: number
  readonly size: bigint
  /** Nanoseconds. */
  readonly mtim: bigint
  readonly type: string
  readonly linkname: Uint8Array
}

const DAMAGED = 'the archive is damaged, or is none; make or copy it again'

export function decodeHeader(bytes: Uint8Array, offset: number): TarHeader {
  const block = bytes.subarray(offset, offset + BLOCK)
  const number = (name: FieldName): bigint => {
    const value = readNumber(fieldOf(block, name))
    if (value !== undefined) return value
    throw new TarError('TAR_MALFORMED', `the ${name} of a header is no number`, offset + FIELDS[name].at, DAMAGED)
  }
  const { unsigned, signed } = checksums(block)
  const told = readNumber(fieldOf(block, 'checksum'))
  if (told !== BigInt(unsigned) && told !== BigInt(signed)) {
    const compression = offset === 0 ? compressionOf(bytes) : undefined
    const advice = compression === undefined ? DAMAGED : `it is compressed with ${compression}; decompress it first`
    throw new TarError('TAR_MALFORMED', 'the checksum of a header is wrong', offset + FIELDS.checksum.at, advice)
  }
  return {
    offset,
    name: wholeName(block),
    mode: Number(number('mode') & 0o7777n),
    size: number('size'),
    mtim: number('mtime') * NANOSECONDS,
    type: String.fromCharCode(fieldOf(block, 'type')[0] as number),
    linkname: untilNul(fieldOf(block, 'linkname')),
  }
}

/** Only POSIX's header has a prefix; in GNU's, and at the end of the one of `star`, times stand there. */
function wholeName(block: Uint8Array): Uint8Array {
  const name = untilNul(fieldOf(block, 'name'))
  if (!hasText(block, FIELDS.magic.at, 'ustar\0')) return name
  const isStar = hasText(block, 508, 'tar\0')
  const prefix = untilNul(fieldOf(block, 'prefix').subarray(0, isStar ? 131 : undefined))
  return prefix.length === 0 ? name : Uint8Array.from([...prefix, SLASH, ...name])
}

const SLASH = 0x2f

export function untilNul(bytes: Uint8Array): Uint8Array {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes : bytes.subarray(0, end)
}

function hasText(block: Uint8Array, at: number, ascii: string): boolean {
  for (let i = 0; i < ascii.length; i++) if (block[at + i] !== ascii.charCodeAt(i)) return false
  return true
}

/** How compressed files begin, which are often called tar files all the same. */
const COMPRESSIONS: Readonly<Record<string, string>> = {
  '1f,8b': 'gzip',
  '42,5a': 'bzip2',
  'fd,37': 'xz',
  '28,b5': 'zstd',
  '50,4b': 'zip',
}

export function compressionOf(bytes: Uint8Array): string | undefined {
  return COMPRESSIONS[Array.from(bytes.subarray(0, 2), (byte) => byte.toString(16)).join()]
}
