// Whether every LEB128 integer of a module is as short as can be. Which bytes are integers is learnt from the decoder, as it reads them;
// whether one is too long is judged here, from the bytes alone, and has nothing to do with the encoder.

import { decodeModule } from '../../src/binary/decode-module.ts'
import { ByteReader } from '../../src/syntax/byte-reader.ts'

const UNSIGNED = ['readU32', 'readU64'] as const
const SIGNED = ['readS32', 'readS33', 'readS64'] as const

/** Precondition: the module is well-formed. */
export function isMinimal(bytes: Uint8Array): boolean {
  let minimal = true
  const originals = [...UNSIGNED, ...SIGNED].map((name) => {
    const original = ByteReader.prototype[name]
    const signed = SIGNED.some((each) => each === name)
    ByteReader.prototype[name] = function (this: ByteReader): number {
      const start = this.pos
      const value = original.call(this)
      if (isTooLong(this.bytes.subarray(start, this.pos), signed)) minimal = false
      return value
    }
    return [name, original] as const
  })
  try {
    decodeModule(bytes)
  } finally {
    for (const [name, original] of originals) ByteReader.prototype[name] = original
  }
  return minimal
}

/** Whether the last byte could be left out: it says nothing but the sign that the byte before it says already. */
function isTooLong(integer: Uint8Array, signed: boolean): boolean {
  if (integer.length < 2) return false
  const last = integer[integer.length - 1]!
  const before = integer[integer.length - 2]!
  if (!signed) return last === 0
  return (last === 0 && (before & 0x40) === 0) || (last === 0x7f && (before & 0x40) !== 0)
}
