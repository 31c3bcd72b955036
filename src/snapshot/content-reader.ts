// A cursor over the content of a saved file. Nothing is taken on trust: a count is compared with the bytes that are left before anything
// is allocated for it, and whatever does not fit is an error with the file's own code.

import { readCount, readSized } from '../binary/read-vector.ts'
import { HeddleError } from '../errors/heddle-error.ts'
import { ModuleError } from '../errors/module-error.ts'
import { ByteReader } from '../syntax/byte-reader.ts'
import type { FileKind } from './sealed-file.ts'

/** Units of text that are put together at once: more arguments than that are too many for some hosts. */
const TEXT_CHUNK = 4096

export class ContentReader extends ByteReader {
  private readonly kind: FileKind

  constructor(kind: FileKind, content: Uint8Array) {
    super(content)
    this.kind = kind
  }

  override malformed(reason: string, offset: number = this.pos): HeddleError {
    const { errorCode, name } = this.kind
    return new HeddleError(errorCode, `malformed ${name}: ${reason} (at offset ${offset} of its content)`)
  }

  /** How many entries of at least `bytesEach` follow. */
  count(bytesEach = 1): number {
    const start = this.pos
    const count = readCount(this, Infinity, 'entries')
    if (count * bytesEach > this.end - this.pos) throw this.malformed('more entries than bytes', start)
    return count
  }

  list<T>(readEntry: () => T, bytesEach = 1): T[] {
    const entries: T[] = []
    for (let left = this.count(bytesEach); left > 0; left--) entries.push(readEntry())
    return entries
  }

  /** Bytes behind their number; not copied. */
  sized(): Uint8Array {
    return this.readBytes(this.count())
  }

  flag(): boolean {
    return this.oneOf([false, true])
  }

  /** What the next byte stands for. */
  oneOf<T>(choices: readonly T[]): T {
    const start = this.pos
    const code = this.readByte()
    if (code >= choices.length) throw this.malformed(`code ${code}, where there are ${choices.length}`, start)
    return choices[code]!
  }

  /** An integer of 64 bits that is exact as a number. */
  size(): number {
    const start = this.pos
    const size = this.readU64()
    const high = this.hi >>> 0
    if (high >= 2 ** 21) throw this.malformed('integer too large', start)
    return high * 2 ** 32 + (size >>> 0)
  }

  double(): number {
    const bytes = this.readBytes(8)
    return new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true)
  }

  /** Any string of JavaScript's. */
  text(): string {
    const units = this.readBytes(this.count(2) * 2)
    let text = ''
    for (let at = 0; at < units.length; at += 2 * TEXT_CHUNK) {
      const chunk = units.subarray(at, at + 2 * TEXT_CHUNK)
      text += String.fromCharCode(...Array.from({ length: chunk.length / 2 }, (_, i) => unitAt(chunk, i)))
    }
    return text
  }

  /** The section with that id, all of it. */
  section<T>(id: number, read: () => T): T {
    const start = this.pos
    const found = this.readByte()
    if (found !== id) throw this.malformed(`section ${found}, where section ${id} must be`, start)
    const content: T[] = []
    readSized(this, this.count(), true, () => content.push(read()))
    return content[0]!
  }

  /** What a reader of modules gives; its errors are those of this file. */
  part<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      throw error instanceof ModuleError ? this.malformed(error.message) : error
    }
  }
}

function unitAt(bytes: Uint8Array, i: number): number {
  return bytes[2 * i]! | (bytes[2 * i + 1]! << 8)
}
