// The one cursor over packed code: reads an instruction and its immediates, whatever they are, as the rows say. It checks form
// (opcodes, LEB128, type codes), not nesting and not meaning.
// https://webassembly.github.io/spec/core/binary/instructions.html

import { ModuleError, unsupported } from '../errors/module-error.ts'
import { ByteReader } from '../syntax/byte-reader.ts'
import type { Code } from '../syntax/module.ts'
import { EMPTY_BLOCK, type BlockType } from '../syntax/types.ts'
import type { Instruction } from './define.ts'
import type { ImmediateKind, Immediates } from './immediates.ts'
import { PLANNED_OPCODES } from './planned.ts'
import { INSTRUCTIONS, PLAIN_ROWS, rowsBehind } from './table.ts'
import { readHeapType, readValType } from './type-codes.ts'

/** How the immediates of a row are read: one small number, so that the common cases are a switch. */
const NONE = 0
const INDEX = 1
const TWO_INDICES = 2
const MEMARG = 3
const OTHER = 4

function shapeOf(immediates: readonly ImmediateKind[]): number {
  if (immediates.length === 0) return NONE
  if (immediates.every((kind) => kind.endsWith('idx'))) return immediates.length
  return immediates[0] === 'memarg' ? MEMARG : OTHER
}

const shapes = new Map(INSTRUCTIONS.map((row) => [row, shapeOf(row.immediates)]))
const PLAIN_SHAPES = Uint8Array.from(PLAIN_ROWS, (row) => (row === undefined ? NONE : shapes.get(row)!))

export class InstructionReader extends ByteReader implements Immediates {
  /** Offset of the instruction that was read last. */
  start = 0
  x = 0
  y = 0
  align = 0
  lo = 0
  readonly list: number[] = []
  count = 0

  static of(code: Code): InstructionReader {
    return new InstructionReader(code.bytes, code.start, code.end)
  }

  /** Reads the next instruction; its immediates are in the reader's fields until the next call. */
  next(): Instruction {
    const start = this.pos
    this.start = start
    const byte = this.readByte()
    const row = PLAIN_ROWS[byte]
    if (row === undefined) return this.nextPrefixed(byte)
    switch (PLAIN_SHAPES[byte]) {
      case NONE:
        break
      case INDEX:
        this.x = this.readU32()
        break
      case TWO_INDICES:
        this.x = this.readU32()
        this.y = this.readU32()
        break
      case MEMARG:
        this.readMemarg()
        break
      default:
        this.readImmediates(row.immediates)
    }
    return row
  }

  private nextPrefixed(byte: number): Instruction {
    const rows = rowsBehind(byte)
    const number = rows === undefined ? 0 : this.readU32()
    const row = rows?.[number]
    if (row === undefined) {
      const planned = PLANNED_OPCODES.get(byte)
      const spelled = rows === undefined ? hex(byte) : `${hex(byte)} ${hex(number)}`
      if (planned !== undefined) throw unsupported(planned, `opcode ${spelled}`, { offset: this.start })
      throw new ModuleError('malformed', `illegal opcode ${spelled}`, { offset: this.start })
    }
    this.readImmediates(row.immediates)
    return row
  }

  private readImmediates(kinds: readonly ImmediateKind[]): void {
    let first = true
    for (const kind of kinds) {
      if (kind.endsWith('idx')) {
        if (first) this.x = this.readU32()
        else this.y = this.readU32()
      } else this.readImmediate(kind)
      first = false
    }
  }

  private readImmediate(kind: ImmediateKind): void {
    switch (kind) {
      case 'memarg':
        return this.readMemarg()
      case 'blocktype':
        this.x = this.readBlockType()
        return
      case 'heaptype':
        this.x = readHeapType(this)
        return
      case 'labels':
        this.readList(() => this.readU32())
        this.x = this.readU32()
        return
      case 'valtypes':
        this.readList(() => readValType(this))
        return
      case 'i32':
        this.x = this.readS32()
        return
      case 'i64':
        this.lo = this.readS64()
        return
      case 'f32':
        this.x = this.readFixed32()
        return
      case 'f64':
        this.lo = this.readFixed32()
        this.hi = this.readFixed32()
        return
      default:
        this.x = this.readU32()
    }
  }

  /** Bit 6 of the alignment says that a memory index follows. */
  private readMemarg(): void {
    const start = this.pos
    const flags = this.readU32()
    if (flags >= 0x80) throw this.malformed('malformed memop flags', start)
    this.align = flags & 0x3f
    this.x = flags & 0x40 ? this.readU32() : 0
    this.lo = this.readU64()
  }

  private readBlockType(): BlockType {
    const byte = this.pos < this.end ? this.bytes[this.pos]! : 0
    if (byte === 0x40) {
      this.pos++
      return EMPTY_BLOCK
    }
    // A single byte with bit 6 is a negative number: a value type.
    if ((byte & 0xc0) === 0x40) return readValType(this)
    const start = this.pos
    const index = this.readS33()
    if (index < 0) throw this.malformed('malformed block type', start)
    if (index >= 2 ** 30) throw new ModuleError('invalid', `unknown type ${index}`, { offset: start })
    return index
  }

  /** Every entry takes a byte at least, so a count beyond the bytes that are left is refused before anything is kept. */
  private readList(read: () => number): void {
    const count = this.readU32()
    if (count > this.end - this.pos) throw this.malformed('unexpected end', this.end)
    for (let i = 0; i < count; i++) this.list[i] = read()
    this.count = count
  }
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
