// A growing buffer with the binary format's integers: the counterpart of ByteReader. Integers are written in their shortest form.

export class ByteWriter {
  private buffer: Uint8Array
  length = 0

  constructor(capacity = 256) {
    this.buffer = new Uint8Array(capacity)
  }

  /** What was written so far, copied. */
  toBytes(): Uint8Array {
    return this.buffer.slice(0, this.length)
  }

  /** What was written so far, as a view that the next write may leave behind. */
  view(): Uint8Array {
    return this.buffer.subarray(0, this.length)
  }

  /** Whether what was written so far stands in the bytes at that position. */
  standsIn(bytes: Uint8Array, position: number): boolean {
    const { buffer, length } = this
    for (let i = 0; i < length; i++) if (buffer[i] !== bytes[position + i]) return false
    return true
  }

  reserve(extra: number): void {
    const needed = this.length + extra
    if (needed <= this.buffer.length) return
    const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2))
    grown.set(this.view())
    this.buffer = grown
  }

  writeByte(byte: number): void {
    if (this.length === this.buffer.length) this.reserve(1)
    this.buffer[this.length++] = byte
  }

  writeBytes(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.buffer.set(bytes, this.length)
    this.length += bytes.length
  }

  writeU32(value: number): void {
    let rest = value >>> 0
    while (rest >= 0x80) {
      this.writeByte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.writeByte(rest)
  }

  writeS32(value: number): void {
    let rest = value | 0
    while (rest < -0x40 || rest >= 0x40) {
      this.writeByte((rest & 0x7f) | 0x80)
      rest >>= 7
    }
    this.writeByte(rest & 0x7f)
  }

  /** A signed integer of 33 bits, given as a number. */
  writeS33(value: number): void {
    let rest = value
    while (rest < -0x40 || rest >= 0x40) {
      const low = ((rest % 128) + 128) % 128
      this.writeByte(low | 0x80)
      rest = (rest - low) / 128
    }
    this.writeByte(((rest % 128) + 128) % 128)
  }

  writeU64(lo: number, hi: number): void {
    let low = lo
    let high = hi
    while (high !== 0 || low < 0 || low >= 0x80) {
      this.writeByte((low & 0x7f) | 0x80)
      low = (low >>> 7) | (high << 25)
      high >>>= 7
    }
    this.writeByte(low)
  }

  writeS64(lo: number, hi: number): void {
    let low = lo
    let high = hi
    while (!(high === 0 && low >= 0 && low < 0x40) && !(high === -1 && low < 0 && low >= -0x40)) {
      this.writeByte((low & 0x7f) | 0x80)
      low = (low >>> 7) | (high << 25)
      high >>= 7
    }
    this.writeByte(low & 0x7f)
  }

  /** Four bytes, little-endian. */
  writeFixed32(value: number): void {
    this.reserve(4)
    const { buffer, length } = this
    buffer[length] = value
    buffer[length + 1] = value >>> 8
    buffer[length + 2] = value >>> 16
    buffer[length + 3] = value >>> 24
    this.length = length + 4
  }
}
