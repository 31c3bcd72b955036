// Puts binary modules together by hand for the tests of the decoder and encoder, and says how decoding one ends.

import { decodeModule, type DecodeOptions } from '../../../src/binary/decode-module.ts'
import { ModuleError } from '../../../src/errors/module-error.ts'
import { ByteWriter } from '../../../src/syntax/byte-writer.ts'

/** Bytes, strings (as UTF-8) and lists of them, one after the other. */
export type Piece = number | string | Uint8Array | readonly Piece[]

export function bytesOf(...pieces: readonly Piece[]): Uint8Array {
  const writer = new ByteWriter()
  write(writer, pieces)
  return writer.toBytes()
}

function write(writer: ByteWriter, piece: Piece): void {
  if (typeof piece === 'number') writer.writeByte(piece)
  else if (typeof piece === 'string') writer.writeBytes(new TextEncoder().encode(piece))
  else if (piece instanceof Uint8Array) writer.writeBytes(piece)
  else for (const inner of piece) write(writer, inner)
}

export function u32(value: number): Uint8Array {
  const writer = new ByteWriter()
  writer.writeU32(value)
  return writer.toBytes()
}

/** The pieces, with their length before them. */
export function sized(...pieces: readonly Piece[]): Uint8Array {
  const content = bytesOf(...pieces)
  return bytesOf(u32(content.length), content)
}

export function vector(...entries: readonly Piece[]): Uint8Array {
  return bytesOf(u32(entries.length), ...entries)
}

export function section(id: number, ...pieces: readonly Piece[]): Uint8Array {
  return bytesOf(id, sized(...pieces))
}

export function moduleOf(...sections: readonly Piece[]): Uint8Array {
  return bytesOf(0, 'asm', 1, 0, 0, 0, ...sections)
}

/** A module of one function without parameters and results; `body` is the vector of locals and the instructions. */
export function moduleOfBody(...body: readonly Piece[]): Uint8Array {
  return moduleOf(section(1, vector([0x60, 0, 0])), section(3, vector(0)), section(10, vector(sized(...body))))
}

/** `module`, or the kind and reason of the ModuleError. Any other exception goes on. */
export function outcome(bytes: Uint8Array, options?: DecodeOptions): string {
  try {
    decodeModule(bytes, options)
    return 'module'
  } catch (error) {
    if (error instanceof ModuleError) return `${error.kind}: ${error.reason}`
    throw error
  }
}

const END = 0x0b
const zero = [0x41, 0, END]

/** A module with every section and every form of import, limits, export and segment that is supported. */
export const everySection: Uint8Array = moduleOf(
  section(0, sized('first'), 1, 2, 3),
  section(1, vector([0x60, 0, 0], [0x60, vector(0x7f, 0x7e), vector(0x7d, 0x7c, 0x70, 0x6f)])),
  section(
    2,
    vector(
      [sized('m'), sized('f'), 0, 0],
      [sized('m'), sized('t'), 1, 0x70, 1, 1, 9],
      [sized('m'), sized(''), 2, 0, 1],
      [sized('\u{feff}é𝄞'), sized('g'), 3, 0x7f, 0],
    ),
  ),
  section(3, vector(0, 0)),
  section(0, sized('between')),
  section(0, sized('between')),
  section(4, vector([0x70, 0, 2], [0x6f, 1, 0, u32(0xffff_ffff)])),
  section(5, vector([0, 1], [1, 1, u32(65536)])),
  section(6, vector([0x7f, 1, 0x41, 1, 0x41, 2, 0x6a, END], [0x70, 0, 0xd2, 0, END])),
  section(7, vector([sized('f'), 0, 1], [sized('t'), 1, 0], [sized('m'), 2, 0], [sized('g'), 3, 1])),
  section(8, 1),
  section(
    9,
    vector(
      [0, zero, vector(0, 1)],
      [1, 0, vector(0)],
      [2, 0, zero, 0, vector(1)],
      [3, 0, vector(2)],
      [4, zero, vector([0xd2, 0, END])],
      [5, 0x6f, vector([0xd0, 0x6f, END], [0xd0, 0x6f, END])],
      [6, 0, zero, 0x70, vector([0xd0, 0x70, END])],
      [7, 0x70, vector([0xd2, 1, END])],
    ),
  ),
  section(12, 3),
  section(
    10,
    vector(
      sized(vector([2, 0x7f], [1, 0x70]), 0x41, 1, 0x04, 0x40, 0x01, 0x05, 0x0c, 0, END, 0xfc, 9, 1, END),
      sized(0, 0x02, 0x40, 0x41, 0, 0x0e, vector(0, 1), 0, END, 0x42, 0x7f, 0x1a, 0x44, 'abcdefgh', 0x1a, END),
    ),
  ),
  section(11, vector([0, zero, sized('abc')], [1, sized('passive')], [2, 1, zero, sized('')])),
  section(0, sized('last'), 'x'),
)
