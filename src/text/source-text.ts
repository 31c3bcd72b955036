// A source in the text format as UTF-8 bytes, and the way from a byte offset to a line and a column. Whether bytes from outside are
// well-formed UTF-8 is checked by the lexer, as it meets them.

import { textError } from './text-error.ts'

interface TextPosition {
  /** One-based. A line ends with LF, CR or CR LF. */
  readonly line: number
  /** One-based, in Unicode characters. */
  readonly column: number
}

const LF = 0x0a
const CR = 0x0d

export class SourceText {
  readonly bytes: Uint8Array
  /** How errors call the source, usually a file's name. */
  readonly name: string | undefined
  private lineStarts: Uint32Array | undefined

  constructor(text: string | Uint8Array, name?: string) {
    this.bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
    this.name = name
    if (typeof text === 'string') this.refuseLoneSurrogates(text)
  }

  position(offset: number): TextPosition {
    const line = this.lineAt(offset)
    return { line: line + 1, column: countChars(this.bytes, this.startOfLine(line), offset) + 1 }
  }

  /** Zero-based line that contains the offset. */
  lineAt(offset: number): number {
    this.lineStarts ??= findLineStarts(this.bytes)
    let low = 0
    let high = this.lineStarts.length
    while (high - low > 1) {
      const middle = (low + high) >>> 1
      if (this.lineStarts[middle]! <= offset) low = middle
      else high = middle
    }
    return low
  }

  /** Offset of the first byte of a zero-based line. */
  startOfLine(line: number): number {
    this.lineStarts ??= findLineStarts(this.bytes)
    return this.lineStarts[line] ?? this.bytes.length
  }

  /** Offset after the last byte of a zero-based line, its terminator left out. */
  endOfLine(line: number): number {
    const start = this.startOfLine(line)
    let end = this.startOfLine(line + 1)
    while (end > start && isLineEnd(this.bytes[end - 1]!)) end--
    return end
  }

  /** The encoder has turned lone surrogates into U+FFFD, so they can only be seen in the string. */
  private refuseLoneSurrogates(text: string): void {
    const index = text.search(/\p{Surrogate}/u)
    if (index < 0) return
    const offset = new TextEncoder().encode(text.slice(0, index)).length
    throw textError(this, offset, offset + 3, 'malformed UTF-8 encoding: lone surrogate')
  }
}

function isLineEnd(byte: number): boolean {
  return byte === LF || byte === CR
}

function findLineStarts(bytes: Uint8Array): Uint32Array {
  let starts = new Uint32Array(256)
  let count = 1
  for (let pos = 0; pos < bytes.length; pos++) {
    const byte = bytes[pos]!
    if (byte > CR || !isLineEnd(byte)) continue
    if (byte === CR && bytes[pos + 1] === LF) continue
    if (count === starts.length) {
      const grown = new Uint32Array(2 * count)
      grown.set(starts)
      starts = grown
    }
    starts[count++] = pos + 1
  }
  return starts.slice(0, count)
}

function countChars(bytes: Uint8Array, start: number, end: number): number {
  let count = 0
  for (let pos = start; pos < end; pos++) if ((bytes[pos]! & 0xc0) !== 0x80) count++
  return count
}
