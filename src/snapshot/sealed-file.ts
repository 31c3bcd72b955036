// The envelope that saved things have in common: what it is, in which version, how long, and a checksum. Whatever was damaged on the way
// is refused here; what was made to harm is for the readers of the content.

import { HeddleError } from '../errors/heddle-error.ts'
import { checksum } from './checksum.ts'

export interface FileKind {
  /** Eight characters of ASCII. */
  readonly magic: string
  readonly version: number
  /** For people. */
  readonly name: string
  /** Of the error for bytes that are none. */
  readonly errorCode: string
}

/**
 * Of these bytes, integers being little-endian:
 *
 *     0   8 bytes  the kind of file, in ASCII
 *     8   u32      version
 *     12  u32      checksum of all that follows
 *     16  u64      length of the content in bytes
 *
 * Behind them is the content, and zeros up to a multiple of four bytes.
 */
const HEADER = 24
/** Where that begins which the checksum is of. */
const CHECKED = 16

/** A file whose content is the parts one after another. */
export function sealFile({ magic, version }: FileKind, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  const file = new Uint8Array(paddedLength(length))
  file.set(magicBytes(magic))
  let at = HEADER
  for (const part of parts) {
    file.set(part, at)
    at += part.length
  }
  const view = new DataView(file.buffer)
  view.setUint32(8, version, true)
  view.setUint32(16, length % 2 ** 32, true)
  view.setUint32(20, Math.floor(length / 2 ** 32), true)
  view.setInt32(12, checksum(new Int32Array(file.buffer, CHECKED)), true)
  return file
}

/** The content, copied: nobody else can change it. */
export function openFile(kind: FileKind, bytes: Uint8Array): Uint8Array {
  const { magic, version, name, errorCode } = kind
  const refuse = (why: string): HeddleError => new HeddleError(errorCode, `not a ${name} that can be read: ${why}`)
  // Not `slice`: that of a Node Buffer copies nothing.
  const file = new Uint8Array(bytes)
  const isOfKind = file.length >= HEADER && magicBytes(magic).every((byte, i) => file[i] === byte)
  if (!isOfKind) throw refuse('it does not begin as one')
  const view = new DataView(file.buffer)
  const found = view.getUint32(8, true)
  if (found !== version) throw refuse(`it has version ${found}, and this release of Heddle reads version ${version}`)
  const length = view.getUint32(16, true) + view.getUint32(20, true) * 2 ** 32
  if (file.length !== paddedLength(length)) {
    throw refuse(`its content should have ${length} bytes, but the file has ${file.length} in all`)
  }
  if (view.getInt32(12, true) !== checksum(new Int32Array(file.buffer, CHECKED))) {
    throw refuse('it is damaged: the checksum does not fit')
  }
  if (file.subarray(HEADER + length).some((byte) => byte !== 0)) throw refuse('it goes on behind its end')
  return file.subarray(HEADER, HEADER + length)
}

function magicBytes(magic: string): Uint8Array {
  return Uint8Array.from({ length: magic.length }, (_, i) => magic.charCodeAt(i))
}

function paddedLength(length: number): number {
  return HEADER + Math.ceil(length / 4) * 4
}
