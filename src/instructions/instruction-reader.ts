// The one cursor over packed code: reads an instruction and its immediates, whatever they are, as the rows say. It checks form
// (opcodes, LEB128, type codes), not nesting and not meaning.
// https://webassembly.github.io/spec/core/binary/instructions.html

import { ModuleError } from '../errors/module-error.ts'
import { ByteReader, UNEXPECTED_END } from '../syntax/byte-reader.ts'
import { MODULE_LIMITS } from '../syntax/limits.ts'
import type { Code } from '../syntax/module.ts'
import { EMPTY_BLOCK, refType, type BlockType } from '../syntax/types.ts'
import type { Instruction } from './define.ts'
import {
  CATCHES,
  ON_LABEL,
  ON_SWITCH,
  isIndexKind,
  type ImmediateKind,
  type Immediates,
  type IndexKind,
} from './immediates.ts'
import { PLAIN_ROWS, rowsBehind } from './table.ts'
import { readHeapType, readValType } from './type-codes.ts'

/**
 * How the immediates of a row are read: their number in this list, 12 for any other combination. The number is what the reader
 * switches on, with literals, since a switch over constants or names is several times slower.
 */
const SHAPES = [
  '',
  'idx',
  'idx idx',
  'memarg',
  'i32',
  'blocktype',
  'i64',
  'f32',
  'f64',
  'labels',
  'valtypes',
  'heaptype',
]
const OTHER_SHAPE = SHAPES.length

function shapeOf(row: Instruction | undefined): number {
  const kinds = row?.immediates.map((kind) => (isIndexKind(kind) ? 'idx' : kind)) ?? []
  const shape = SHAPES.indexOf(kinds.join(' '))
  return shape < 0 || row?.optional === true ? OTHER_SHAPE : shape
}

const PLAIN_SHAPES = Uint8Array.from(PLAIN_ROWS, shapeOf)

export class InstructionReader extends ByteReader implements Immediates {
  /** Offset of the instruction that was read last. */
  start = 0
  x = 0
  y = 0
  align = 0
  lo = 0
  readonly list: number[] = []
  count = 0
  readonly vector: Int32Array = new Int32Array(4)
  /** Whether an instruction was read whose proposal is off by default. */
  metOptional = false
  /** Targets of a br_table beyond which it is refused with an error of kind `limit`. */
  maxLabels: number = MODULE_LIMITS.brTableTargets

  /** For code that was decoded or written before: whatever limit it was read under, it passed. */
  static of(code: Code): InstructionReader {
    const reader = new InstructionReader(code.bytes, code.start, code.end)
    reader.maxLabels = Infinity
    return reader
  }

  /** Reads the next instruction; its immediates are in the reader's fields until the next call. */
  next(): Instruction {
    const start = this.pos
    this.start = start
    const byte = this.readByte()
    const row = PLAIN_ROWS[byte]
    if (row === undefined) return this.nextPrefixed(byte)
    const shape = PLAIN_SHAPES[byte]!
    if (shape === 1) this.x = this.readU32()
    else if (shape !== 0) this.readShape(shape, row)
    return row
  }

  private nextPrefixed(byte: number): Instruction {
    const rows = rowsBehind(byte)
    const number = rows === undefined ? 0 : this.readU32()
    const row = rows?.[number]
    if (row === undefined) {
      const spelled = rows === undefined ? hex(byte) : `${hex(byte)} ${hex(number)}`
      throw new ModuleError('malformed', `illegal opcode ${spelled}`, { offset: this.start })
    }
    if (row.optional === true) this.metOptional = true
    this.readImmediates(row.immediates)
    return row
  }

  private readShape(shape: number, row: Instruction): void {
    switch (shape) {
      case 2: // idx idx
        this.x = this.readU32()
        this.y = this.readU32()
        return
      case 3: // memarg
        return this.readMemarg()
      case 4: // i32
        this.x = this.readS32()
        return
      case 5: // blocktype
        this.x = this.readBlockType()
        return
      case 6: // i64
        this.lo = this.readS64()
        return
      case 7: // f32
        this.x = this.readFixed32()
        return
      case 8: // f64
        this.lo = this.readFixed32()
        this.hi = this.readFixed32()
        return
      case 9: // labels
        return this.readLabels()
      default:
        if (row.optional === true) this.metOptional = true
        this.readImmediates(row.immediates)
    }
  }

  private readImmediates(kinds: readonly ImmediateKind[]): void {
    let first = true
    for (const kind of kinds) {
      if (isIndexKind(kind)) {
        if (first) this.x = this.readU32()
        else this.y = this.readU32()
      } else this.readImmediate(kind)
      first = false
    }
  }

  private readImmediate(kind: Exclude<ImmediateKind, IndexKind>): void {
    switch (kind) {
      case 'memarg':
        return this.readMemarg()
      case 'laneidx':
        this.y = this.readByte()
        return
      case 'v128':
      case 'lanes':
        for (let i = 0; i < 4; i++) this.vector[i] = this.readFixed32()
        return
      case 'blocktype':
        this.x = this.readBlockType()
        return
      case 'heaptype':
        this.x = readHeapType(this)
        return
      case 'reftype':
        this.x = refType(false, readHeapType(this))
        return
      case 'nullreftype':
        this.x = refType(true, readHeapType(this))
        return
      case 'castop':
        return this.readCast()
      case 'u32':
        this.y = this.readU32()
        return
      case 'reserved':
        return this.readReserved()
      case 'labels':
        return this.readLabels()
      case 'catches':
        return this.readCatches()
      case 'onclauses':
        return this.readOnClauses()
      case 'valtypes':
        return this.readTypes()
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

  /** A zero byte that is kept for later. */
  private readReserved(): void {
    const start = this.pos
    if (this.readByte() !== 0) throw this.malformed('zero byte expected', start)
  }

  private readBlockType(): BlockType {
    const byte = this.pos < this.end ? this.bytes[this.pos]! : 0
    if (byte === 0x40) {
      this.pos++
      return EMPTY_BLOCK
    }
    // A single byte with bit 6 is a negative number: a value type, or the beginning of one.
    if ((byte & 0xc0) === 0x40) return readValType(this)
    const start = this.pos
    const index = this.readS33()
    if (index < 0) throw this.malformed('malformed block type', start)
    if (index >= 2 ** 30) throw new ModuleError('invalid', `unknown type ${index}`, { offset: start })
    return index
  }

  /** The bits of the first byte say which of the two types may be null. */
  private readCast(): void {
    const start = this.pos
    const flags = this.readByte()
    if (flags > 3) throw this.malformed('malformed cast flags', start)
    this.x = this.readU32()
    this.lo = refType((flags & 1) !== 0, readHeapType(this))
    this.hi = refType((flags & 2) !== 0, readHeapType(this))
  }

  private readLabels(): void {
    const start = this.pos
    const count = this.readListCount()
    if (count > this.maxLabels) {
      throw new ModuleError('limit', `br_table with ${count} targets, more than ${this.maxLabels}`, { offset: start })
    }
    for (let i = 0; i < count; i++) this.list[i] = this.readU32()
    this.x = this.readU32()
  }

  /** As many clauses as a br_table may have targets. */
  private readClauseCount(what: string): number {
    const start = this.pos
    const count = this.readListCount()
    if (count > this.maxLabels) {
      throw new ModuleError('limit', `${count} ${what} clauses, more than ${this.maxLabels}`, { offset: start })
    }
    return count
  }

  private readOnClauses(): void {
    const count = this.readClauseCount('handler')
    const { list } = this
    for (let i = 0, at = 0; i < count; i++) {
      const place = this.pos
      const code = this.readByte()
      if (code !== ON_LABEL && code !== ON_SWITCH) throw this.malformed('malformed handler clause', place)
      list[at++] = code
      list[at++] = this.readU32()
      list[at++] = code === ON_LABEL ? this.readU32() : 0
    }
  }

  private readCatches(): void {
    const count = this.readClauseCount('catch')
    const { list } = this
    for (let i = 0, at = 0; i < count; i++) {
      const place = this.pos
      const code = this.readByte()
      const clause = CATCHES[code]
      if (clause === undefined) throw this.malformed('malformed catch clause', place)
      list[at++] = code
      list[at++] = clause.tagged ? this.readU32() : 0
      list[at++] = this.readU32()
    }
  }

  private readTypes(): void {
    const count = this.readListCount()
    for (let i = 0; i < count; i++) this.list[i] = readValType(this)
  }

  /** Every entry takes a byte at least, so a count beyond the bytes that are left is refused before anything is kept. */
  private readListCount(): number {
    const count = this.readU32()
    if (count > this.end - this.pos) throw this.malformed(UNEXPECTED_END, this.end)
    this.count = count
    return count
  }
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
