// Writes packed code: the counterpart of InstructionReader. What it writes is in shortest form.

import { ByteWriter } from '../syntax/byte-writer.ts'
import { EMPTY_BLOCK, heapTypeOf, isNullable, type BlockType } from '../syntax/types.ts'
import type { Instruction } from './define.ts'
import { CATCHES, CLAUSE_NUMBERS, ON_LABEL, type ImmediateKind, type Immediates } from './immediates.ts'
import { writeHeapType, writeValType } from './type-codes.ts'

export class InstructionWriter extends ByteWriter {
  write(row: Instruction, im: Immediates): void {
    this.writeOpcode(row)
    let first = true
    for (const kind of row.immediates) {
      this.writeImmediate(kind, im, first)
      first = false
    }
  }

  writeOpcode(row: Instruction): void {
    const prefix = row.opcode >>> 16
    if (prefix === 0) this.writeByte(row.opcode)
    else {
      this.writeByte(prefix)
      this.writeU32(row.opcode & 0xffff)
    }
  }

  private writeImmediate(kind: ImmediateKind, im: Immediates, first: boolean): void {
    switch (kind) {
      case 'memarg':
        this.writeU32(im.x === 0 ? im.align : im.align | 0x40)
        if (im.x !== 0) this.writeU32(im.x)
        return this.writeU64(im.lo, im.hi)
      case 'laneidx':
        return this.writeByte(im.y)
      case 'v128':
      case 'lanes':
        return im.vector.forEach((word) => this.writeFixed32(word))
      case 'reserved':
        return this.writeByte(0)
      case 'blocktype':
        return this.writeBlockType(im.x)
      case 'heaptype':
        return writeHeapType(this, im.x)
      case 'reftype':
      case 'nullreftype':
        return writeHeapType(this, heapTypeOf(im.x))
      case 'castop':
        this.writeByte((isNullable(im.lo) ? 1 : 0) | (isNullable(im.hi) ? 2 : 0))
        this.writeU32(im.x)
        writeHeapType(this, heapTypeOf(im.lo))
        return writeHeapType(this, heapTypeOf(im.hi))
      case 'labels':
        this.writeU32(im.count)
        for (let i = 0; i < im.count; i++) this.writeU32(im.list[i]!)
        return this.writeU32(im.x)
      case 'catches':
        return this.writeCatches(im)
      case 'onclauses':
        return this.writeOnClauses(im)
      case 'valtypes':
        this.writeU32(im.count)
        for (let i = 0; i < im.count; i++) writeValType(this, im.list[i]!)
        return
      case 'i32':
        return this.writeS32(im.x)
      case 'i64':
        return this.writeS64(im.lo, im.hi)
      case 'f32':
        return this.writeFixed32(im.x)
      case 'f64':
        this.writeFixed32(im.lo)
        return this.writeFixed32(im.hi)
      default:
        return this.writeU32(first ? im.x : im.y)
    }
  }

  private writeOnClauses({ list, count }: Immediates): void {
    this.writeU32(count)
    for (let i = 0; i < count * CLAUSE_NUMBERS; i += CLAUSE_NUMBERS) {
      this.writeByte(list[i]!)
      this.writeU32(list[i + 1]!)
      if (list[i] === ON_LABEL) this.writeU32(list[i + 2]!)
    }
  }

  private writeCatches({ list, count }: Immediates): void {
    this.writeU32(count)
    for (let i = 0; i < count * CLAUSE_NUMBERS; i += CLAUSE_NUMBERS) {
      const code = list[i]!
      this.writeByte(code)
      if (CATCHES[code]!.tagged) this.writeU32(list[i + 1]!)
      this.writeU32(list[i + 2]!)
    }
  }

  writeBlockType(type: BlockType): void {
    if (type === EMPTY_BLOCK) this.writeByte(0x40)
    else if (type >= 0 && type < 2 ** 30) this.writeS33(type)
    else writeValType(this, type)
  }
}
