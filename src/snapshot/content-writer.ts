// The counterpart of ContentReader: what the content of saved files is made of, beyond the integers of the binary format.

import { writeSized } from '../binary/write-section.ts'
import { ByteWriter } from '../syntax/byte-writer.ts'

export class ContentWriter extends ByteWriter {
  list<T>(entries: readonly T[], writeEntry: (entry: T) => void): void {
    this.writeU32(entries.length)
    for (const entry of entries) writeEntry(entry)
  }

  sized(bytes: Uint8Array): void {
    writeSized(this, bytes)
  }

  flag(value: boolean): void {
    this.writeByte(value ? 1 : 0)
  }

  /** By its position among the choices, of which it is one. */
  oneOf<T>(choices: readonly T[], choice: T): void {
    this.writeByte(choices.indexOf(choice))
  }

  /** A whole number below 2^53. */
  size(value: number): void {
    this.writeU64(value | 0, Math.floor(value / 2 ** 32))
  }

  double(value: number): void {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setFloat64(0, value, true)
    this.writeBytes(bytes)
  }

  text(text: string): void {
    this.writeU32(text.length)
    this.reserve(2 * text.length)
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i)
      this.writeByte(unit & 0xff)
      this.writeByte(unit >> 8)
    }
  }
}

/** A section as parts of a file. */
export function sectionParts(id: number, writeContent: (writer: ContentWriter) => void): Uint8Array[] {
  const content = new ContentWriter()
  writeContent(content)
  const head = new ContentWriter()
  head.writeByte(id)
  head.writeU32(content.length)
  return [head.view(), content.view()]
}
