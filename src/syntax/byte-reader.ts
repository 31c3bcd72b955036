// A cursor over bytes: LEB128 integers and fixed-width ones, each error with the offset where it was met.
// https://webassembly.github.io/spec/core/binary/values.html

import type { HeddleError } from '../errors/heddle-error.ts'
import { ModuleError } from '../errors/module-error.ts'

/** The specification's wording where bytes are missing, in a module, a section or a body. */
export const UNEXPECTED_END = 'unexpected end of section or function'

export class ByteReader {
  readonly bytes: Uint8Array
  pos: number
  end: number
  /** High half of the last 64-bit integer that was read; the low half was returned. */
  hi = 0

  constructor(bytes: Uint8Array, pos = 0, end: number = bytes.length) {
    this.bytes = bytes
    this.pos = pos
    this.end = end
  }

  /** The error for bytes that mean nothing; a reader of other files than modules has its own. */
  malformed(reason: string, offset: number = this.pos): HeddleError {
    return new ModuleError('malformed', reason, { offset })
  }

  readByte(): number {
    if (this.pos >= this.end) throw this.malformed(UNEXPECTED_END)
    return this.bytes[this.pos++]!
  }

  /** The next byte, which stays; −1 at the end. */
  peekByte(): number {
    return this.pos < this.end ? this.bytes[this.pos]! : -1
  }

  readU32(): number {
    const { bytes, pos } = this
    if (pos < this.end) {
      const first = bytes[pos]!
      if (first < 0x80) {
        this.pos = pos + 1
        return first
      }
    }
    return this.readLongU32()
  }

  private readLongU32(): number {
    const start = this.pos
    let result = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.readByte()
      result |= (byte & 0x7f) << shift
      if (byte < 0x80) return result
    }
    const last = this.readByte()
    if (last >= 0x80) throw this.malformed('integer representation too long', start)
    if (last > 0x0f) throw this.malformed('integer too large', start)
    return (result | (last << 28)) >>> 0
  }

  readS32(): number {
    const start = this.pos
    let result = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.readByte()
      result |= (byte & 0x7f) << shift
      if (byte < 0x80) return (result << (25 - shift)) >> (25 - shift)
    }
    const last = this.readByte()
    if (last >= 0x80) throw this.malformed('integer representation too long', start)
    const sign = last & 0x78
    if (sign !== 0 && sign !== 0x78) throw this.malformed('integer too large', start)
    return result | (last << 28)
  }

  /** A 33-bit signed integer, as block types and heap types use; its value is exact as a number. */
  readS33(): number {
    const start = this.pos
    let result = 0
    let scale = 1
    for (let shift = 0; shift < 28; shift += 7, scale *= 128) {
      const byte = this.readByte()
      result += (byte & 0x7f) * scale
      if (byte < 0x80) return byte & 0x40 ? result - scale * 128 : result
    }
    const last = this.readByte()
    if (last >= 0x80) throw this.malformed('integer representation too long', start)
    const sign = last & 0x70
    if (sign !== 0 && sign !== 0x70) throw this.malformed('integer too large', start)
    return result + (sign === 0 ? last : last - 128) * scale
  }

  /** Returns the low half; the high half is in `hi`. */
  readU64(): number {
    return this.readLong64(false)
  }

  /** Returns the low half; the high half is in `hi`. */
  readS64(): number {
    return this.readLong64(true)
  }

  private readLong64(signed: boolean): number {
    const start = this.pos
    let lo = 0
    let hi = 0
    for (let shift = 0; shift < 63; shift += 7) {
      const byte = this.readByte()
      const bits = byte & 0x7f
      if (shift < 28) lo |= bits << shift
      else if (shift === 28) {
        lo |= bits << 28
        hi |= bits >>> 4
      } else hi |= bits << (shift - 32)
      if (byte < 0x80) {
        if (signed && byte & 0x40) {
          if (shift + 7 < 32) {
            lo |= -1 << (shift + 7)
            hi = -1
          } else hi |= -1 << (shift + 7 - 32)
        }
        this.hi = hi
        return lo
      }
    }
    const last = this.readByte()
    if (last >= 0x80) throw this.malformed('integer representation too long', start)
    const fits = signed ? last === 0 || last === 0x7f : last <= 1
    if (!fits) throw this.malformed('integer too large', start)
    this.hi = hi | (last << 31)
    return lo
  }

  /** Four bytes, little-endian, as an int32. */
  readFixed32(): number {
    const { bytes, pos } = this
    if (pos + 4 > this.end) throw this.malformed(UNEXPECTED_END, this.end)
    this.pos = pos + 4
    return bytes[pos]! | (bytes[pos + 1]! << 8) | (bytes[pos + 2]! << 16) | (bytes[pos + 3]! << 24)
  }

  /** A view of the next `length` bytes; nothing is copied. */
  readBytes(length: number): Uint8Array {
    const { pos } = this
    if (length > this.end - pos) throw this.malformed(UNEXPECTED_END, this.end)
    this.pos = pos + length
    return this.bytes.subarray(pos, pos + length)
  }
}
