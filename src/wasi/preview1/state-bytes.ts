// A part of the state of WASI as bytes, and bytes that are to be one: they may come from anybody, and end in a value or in SNAPSHOT_MALFORMED.

import { HeddleError } from '../../errors/heddle-error.ts'
import { ModuleError } from '../../errors/module-error.ts'
import { ByteReader } from '../../syntax/byte-reader.ts'
import { ByteWriter } from '../../syntax/byte-writer.ts'
import type { Codec } from '../../syntax/codec.ts'

export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  const out = new ByteWriter()
  codec.write(out, value)
  return out.toBytes()
}

/** `what` names the bytes in the error. They are to be used up. */
export function decode<T>(codec: Pick<Codec<T>, 'read'>, bytes: Uint8Array, what: string): T {
  const input = new ByteReader(bytes)
  try {
    const value = codec.read(input)
    if (input.pos !== input.end) throw input.malformed('more than the end')
    return value
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error
    throw new HeddleError('SNAPSHOT_MALFORMED', `${what} is damaged, at byte ${error.place.offset ?? input.pos}`)
  }
}
