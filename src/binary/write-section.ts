// What all sections are made of, for writing: a size before its content, vectors, and names. The counterpart of read-vector.ts.

import { ByteWriter } from '../syntax/byte-writer.ts'
import type { Code } from '../syntax/module.ts'

const UTF8 = new TextEncoder()

export function writeName(writer: ByteWriter, name: string): void {
  writeSized(writer, UTF8.encode(name))
}

/** Bytes, with their number before them. */
export function writeSized(writer: ByteWriter, bytes: Uint8Array): void {
  writer.writeU32(bytes.length)
  writer.writeBytes(bytes)
}

export function writeVector<T>(writer: ByteWriter, entries: readonly T[], writeEntry: (entry: T) => void): void {
  writer.writeU32(entries.length)
  for (const entry of entries) writeEntry(entry)
}

/** A section, or a subsection of the name section. */
export function writeSection(writer: ByteWriter, id: number, writeContent: (content: ByteWriter) => void): void {
  const content = new ByteWriter()
  writeContent(content)
  writer.writeByte(id)
  writeSized(writer, content.view())
}

export function codeBytes({ bytes, start, end }: Code): Uint8Array {
  return bytes.subarray(start, end)
}
