// What reading and writing tar files have in common: blocks, the fields of a header, its checksum, and the error.
// https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06

import { HeddleError } from '../../errors/heddle-error.ts'

export const BLOCK = 512

/** Where a field lies in a header block, and how long it is. */
interface Field {
  readonly at: number
  readonly length: number
}

// prettier-ignore
export type FieldName =
  | 'name' | 'mode' | 'uid' | 'gid' | 'size' | 'mtime' | 'checksum' | 'type' | 'linkname' | 'magic' | 'version' | 'prefix'

// prettier-ignore
export const FIELDS: Readonly<Record<FieldName, Field>> = {
  name:     { at: 0,   length: 100 },
  mode:     { at: 100, length: 8 },
  uid:      { at: 108, length: 8 },
  gid:      { at: 116, length: 8 },
  size:     { at: 124, length: 12 },
  mtime:    { at: 136, length: 12 },
  checksum: { at: 148, length: 8 },
  type:     { at: 156, length: 1 },
  linkname: { at: 157, length: 100 },
  magic:    { at: 257, length: 6 },
  version:  { at: 263, length: 2 },
  prefix:   { at: 345, length: 155 },
}

export function fieldOf(block: Uint8Array, name: FieldName): Uint8Array {
  const { at, length } = FIELDS[name]
  return block.subarray(at, at + length)
}

/** The sum of the block's bytes, those of the checksum counted as spaces; some old programs took bytes as signed. */
export function checksums(block: Uint8Array): { readonly unsigned: number; readonly signed: number } {
  const { at, length } = FIELDS.checksum
  let unsigned = 0
  let above127 = 0
  for (let i = 0; i < BLOCK; i++) {
    const byte = i >= at && i < at + length ? 0x20 : (block[i] as number)
    unsigned += byte
    if (byte > 127) above127++
  }
  return { unsigned, signed: unsigned - 256 * above127 }
}

/** How many bytes of zeros fill the last block of so much content. */
export function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK
}

/**
 * An archive that can't be read: `TAR_MALFORMED` where it contradicts the format, `TAR_UNSUPPORTED` where it has what no
 * tree of files has. The message says what to do.
 */
export class TarError extends HeddleError {
  override readonly name: string = 'TarError'
  /** In the archive, of the header or field that is meant. */
  readonly offset: number

  constructor(code: 'TAR_MALFORMED' | 'TAR_UNSUPPORTED', what: string, offset: number, advice: string) {
    super(code, `${what} (in the tar file, at offset ${offset}): ${advice}`)
    this.offset = offset
  }
}
