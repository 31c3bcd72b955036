// The entries of a name section one by one, as they stand there: out of place, doubled or nonsensical ones too.
// https://webassembly.github.io/spec/core/appendix/custom.html#name-section

import { isIndirect, nameSpaceOf, type NameSpace } from '../../binary/name-spaces.ts'
import { ByteReader } from '../../syntax/byte-reader.ts'

export interface NameEntry {
  readonly space: NameSpace
  /** Of locals and labels the function, of fields the type. */
  readonly outer: number
  readonly index: number
  readonly name: string
}

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Subsections that are not known are passed over. Throws where bytes are missing. */
export function* nameEntries(bytes: Uint8Array, start: number, end: number): Generator<NameEntry, void> {
  const reader = new ByteReader(bytes, start, end)
  while (reader.pos < end) {
    const space = nameSpaceOf(reader.readByte())
    const size = reader.readU32()
    const next = reader.pos + size
    if (next > end) throw reader.malformed('unexpected end', end)
    reader.end = next
    if (space === 'module') yield { space, outer: 0, index: 0, name: readLenientName(reader) }
    else if (space !== undefined && isIndirect(space)) {
      const count = reader.readU32()
      for (let i = 0; i < count; i++) yield* nameMap(reader, space, reader.readU32())
    } else if (space !== undefined) yield* nameMap(reader, space, 0)
    reader.pos = next
    reader.end = end
  }
}

function* nameMap(reader: ByteReader, space: NameSpace, outer: number): Generator<NameEntry, void> {
  const count = reader.readU32()
  for (let i = 0; i < count; i++) yield { space, outer, index: reader.readU32(), name: readLenientName(reader) }
}

/** What is no UTF-8 becomes U+FFFD. */
function readLenientName(reader: ByteReader): string {
  return UTF8.decode(reader.readBytes(reader.readU32()))
}
