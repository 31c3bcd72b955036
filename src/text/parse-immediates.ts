// The immediates of an instruction, as its row lists them, from text to the packed form. What is special here is the order: some
// indices stand the other way round than in binary, and those of tables and memories may be left out.
// https://webassembly.github.io/spec/core/text/instructions.html

import type { Instruction } from '../instructions/define.ts'
import type { ImmediateKind, Immediates, IndexKind } from '../instructions/immediates.ts'
import { CATCHES, CLAUSE_NUMBERS, ON_LABEL, ON_SWITCH, isIndexKind } from '../instructions/immediates.ts'
import type { InstructionWriter } from '../instructions/instruction-writer.ts'
import { instructionByOpcode } from '../instructions/table.ts'
import { isNullable, type ValType } from '../syntax/types.ts'
import type { LabelStack } from './label-stack.ts'
import { parseF32, parseF64, parseI32, parseI64, parseU64, type Bits64 } from './number.ts'
import type { ModuleContext } from './parse-context.ts'
import { parseHeapType, parseRefType, parseValType } from './parse-types.ts'
import type { TokenCursor } from './token-cursor.ts'
import { parseLaneIdx, parseLanes, parseVector } from './parse-vector.ts'
import { FLOAT, ID, KEYWORD, NAT, RIGHT_PAREN } from './tokens.ts'
import { assignedNat } from './words.ts'

export class ImmediateParser implements Immediates {
  x = 0
  y = 0
  align = 0
  lo = 0
  hi = 0
  list: number[] = []
  count = 0
  readonly vector: Int32Array = new Int32Array(4)
  private readonly context: ModuleContext
  private readonly cursor: TokenCursor
  private readonly labels: LabelStack

  constructor(context: ModuleContext, labels: LabelStack) {
    this.context = context
    this.cursor = context.cursor
    this.labels = labels
  }

  /** Reads what follows the keyword of an instruction that is no block, and writes the instruction. */
  parse(plain: Instruction, writer: InstructionWriter): void {
    const { cursor } = this
    const { immediates } = plain
    if (plain.annotated !== undefined && cursor.atClause(cursor.words.result)) {
      this.parseAnnotation()
      return writer.write(instructionByOpcode(plain.annotated)!, this)
    }
    if (plain.nullable !== undefined) {
      this.x = parseRefType(cursor, this.context.types.space)
      return writer.write(isNullable(this.x) ? instructionByOpcode(plain.nullable)! : plain, this)
    }
    if (immediates.length === 0) return writer.writeOpcode(plain)
    if (immediates.length === 1) this.parseOne(immediates[0]!, plain)
    else if (immediates.includes('onclauses')) this.parseBeforeClauses(immediates)
    else this.parseTwo(immediates[0]!, immediates[1]!, plain)
    writer.write(plain, this)
  }

  private parseOne(kind: ImmediateKind, row: Instruction): void {
    switch (kind) {
      case 'memarg':
        this.x = this.parseIndex('memidx')
        return this.parseMemarg(row)
      case 'reserved':
        return
      case 'laneidx':
        this.y = parseLaneIdx(this.cursor)
        return
      case 'lanes':
        return parseLanes(this.cursor, this.vector)
      case 'v128':
        return void parseVector(this.cursor, this.vector)
      case 'blocktype':
        this.x = this.context.types.parseBlockType(this.cursor)
        return
      case 'heaptype':
        this.x = parseHeapType(this.cursor, this.context.types.space)
        return
      case 'reftype':
      case 'nullreftype':
        this.x = parseRefType(this.cursor, this.context.types.space)
        return
      case 'castop':
        return this.parseCast()
      case 'u32':
        this.y = this.cursor.readU32()
        return
      case 'labels':
        return this.parseLabels()
      case 'catches':
        return this.parseCatches()
      case 'onclauses':
        return this.parseOnClauses()
      case 'valtypes':
        return this.parseAnnotation()
      case 'i32':
        this.x = parseI32Const(this.cursor)
        return
      case 'f32':
        this.x = parseF32Const(this.cursor)
        return
      case 'i64':
        return this.setBits(parseI64Const(this.cursor))
      case 'f64':
        return this.setBits(parseF64Const(this.cursor))
      default:
        this.x = this.parseIndex(kind)
    }
  }

  private setBits({ lo, hi }: Bits64): void {
    this.lo = lo
    this.hi = hi
  }

  /** An index; of a table or memory it is 0 where none is written. */
  private parseIndex(kind: IndexKind): number {
    const { context, cursor } = this
    switch (kind) {
      case 'labelidx':
        return this.labels.resolve(cursor)
      case 'localidx':
        return context.locals.resolve(cursor)
      case 'globalidx':
        return context.globals.resolve(cursor)
      case 'funcidx':
        return context.funcs.resolve(cursor)
      case 'typeidx':
        return context.types.space.resolve(cursor)
      case 'elemidx':
        return context.elems.resolve(cursor)
      case 'dataidx':
        return context.datas.resolve(cursor)
      case 'fieldidx':
        return context.types.fieldSpace(this.x).resolve(cursor)
      case 'tagidx':
        return context.tags.resolve(cursor)
      case 'tableidx':
        return cursor.atIndex() ? context.tables.resolve(cursor) : 0
      case 'memidx':
        return cursor.atIndex() ? context.memories.resolve(cursor) : 0
    }
  }

  /** One or two indices, and the clauses behind them. */
  private parseBeforeClauses([first, second]: readonly ImmediateKind[]): void {
    this.x = this.parseIndex(first as IndexKind)
    if (isIndexKind(second!)) this.y = this.parseIndex(second)
    this.parseOnClauses()
  }

  private parseTwo(first: ImmediateKind, second: ImmediateKind, row: Instruction): void {
    if (first === 'typeidx' && second !== 'tableidx') {
      this.x = this.parseIndex(first)
      this.y = isIndexKind(second) ? this.parseIndex(second) : this.cursor.readU32()
      return
    }
    if (isIndexKind(first) && isIndexKind(second)) return this.parseTwoIndices(first, second)
    if (first !== 'memarg') {
      this.parseOne(first, row)
      return this.parseOne(second, row)
    }
    // An access to one lane. A number with neither a memarg nor a number behind it is the lane, not the memory.
    this.x = this.atMemoryBeforeLane() ? this.parseIndex('memidx') : 0
    this.parseMemarg(row)
    this.parseOne(second, row)
  }

  private atMemoryBeforeLane(): boolean {
    const { tokens, pos, kind } = this.cursor
    if (kind === ID) return true
    const next = tokens.kind(pos + 1)
    if (kind !== NAT || next !== KEYWORD) return kind === NAT && next === NAT
    const word = tokens.atomText(pos + 1)
    return assignedNat(word, 'offset') !== undefined || assignedNat(word, 'align') !== undefined
  }

  /** In binary order `first` comes first. */
  private parseTwoIndices(first: IndexKind, second: IndexKind): void {
    const { cursor } = this
    if (first === second) {
      // Target and source are written both or not at all.
      const written = cursor.atIndex()
      this.x = this.parseIndex(first)
      if (written && !cursor.atIndex()) throw cursor.unexpected()
      this.y = this.parseIndex(second)
    } else if (first === 'typeidx') {
      this.y = this.parseIndex(second)
      this.x = this.context.types.parseTypeUse(cursor)
    } else {
      // The table or memory comes first, and only one index means that it is left out.
      const start = cursor.pos
      cursor.pos++
      const both = cursor.atIndex()
      cursor.pos = start
      this.y = both ? this.parseIndex(second) : 0
      this.x = this.parseIndex(first)
    }
  }

  /** The label, and the types before and after the cast. */
  private parseCast(): void {
    const { cursor } = this
    this.x = this.labels.resolve(cursor)
    this.lo = parseRefType(cursor, this.context.types.space)
    this.hi = parseRefType(cursor, this.context.types.space)
  }

  private parseLabels(): void {
    const { cursor, labels, list } = this
    let count = 0
    let last = labels.resolve(cursor)
    while (cursor.atIndex()) {
      list[count++] = last
      last = labels.resolve(cursor)
    }
    this.count = count
    this.x = last
  }

  /** `(on x l)*`, or `switch` in place of the label. */
  private parseOnClauses(): void {
    const { cursor, labels, list, context } = this
    let count = 0
    while (cursor.takeClause('on')) {
      const tag = context.tags.resolve(cursor)
      const isSwitch = cursor.takeWord('switch')
      list[count * CLAUSE_NUMBERS] = isSwitch ? ON_SWITCH : ON_LABEL
      list[count * CLAUSE_NUMBERS + 1] = tag
      list[count * CLAUSE_NUMBERS + 2] = isSwitch ? 0 : labels.resolve(cursor)
      count++
      cursor.expectRight()
    }
    this.count = count
  }

  /** `(catch x l)*` and the like, up to 65,520 or more: what is too much is for the binary format to say. */
  private parseCatches(): void {
    const { cursor, labels, list, context } = this
    let count = 0
    for (;;) {
      const code = CATCHES.findIndex(({ name }) => name === cursor.clause)
      if (code < 0) break
      cursor.pos += 2
      list[count * CLAUSE_NUMBERS] = code
      list[count * CLAUSE_NUMBERS + 1] = CATCHES[code]!.tagged ? context.tags.resolve(cursor) : 0
      list[count * CLAUSE_NUMBERS + 2] = labels.resolve(cursor)
      count++
      cursor.expectRight()
    }
    this.count = count
  }

  /** `(result t*)*` behind an instruction that may say its type. */
  private parseAnnotation(): void {
    const { cursor } = this
    const types: ValType[] = []
    while (cursor.atClause(cursor.words.result)) {
      cursor.pos += 2
      while (cursor.kind !== RIGHT_PAREN) types.push(parseValType(cursor, this.context.types.space))
      cursor.pos++
    }
    this.list = types
    this.count = types.length
  }

  private parseMemarg({ access }: Instruction): void {
    const { cursor } = this
    this.lo = 0
    this.hi = 0
    this.align = 31 - Math.clz32(access?.bytes ?? 1)
    let { word } = cursor
    const offset = word === undefined ? undefined : assignedNat(word, 'offset')
    if (offset !== undefined) {
      const bits = parseU64(offset)
      if (bits === undefined) throw cursor.tokens.error(cursor.pos, 'offset out of range')
      this.setBits(bits)
      cursor.pos++
      word = cursor.word
    }
    const align = word === undefined ? undefined : assignedNat(word, 'align')
    if (align !== undefined) {
      const exponent = exponentOf(parseU64(align))
      if (exponent === undefined) throw cursor.tokens.error(cursor.pos, 'alignment must be a power of two')
      this.align = exponent
      cursor.pos++
    }
  }
}

/** The exponent of a power of two. */
function exponentOf(bits: Bits64 | undefined): number | undefined {
  if (bits === undefined) return undefined
  const { lo, hi } = bits
  if (lo !== 0 && hi === 0 && (lo & (lo - 1)) === 0) return 31 - Math.clz32(lo)
  if (hi !== 0 && lo === 0 && (hi & (hi - 1)) === 0) return 63 - Math.clz32(hi)
  return undefined
}

/** A signed 32-bit integer; the text may also write it unsigned. */
export function parseI32Const(cursor: TokenCursor): number {
  const small = cursor.tokens.smallNat(cursor.pos)
  if (small >= 0) {
    cursor.pos++
    return small
  }
  return parseConst(cursor, parseI32)
}

export function parseI64Const(cursor: TokenCursor): Bits64 {
  return parseConst(cursor, parseI64)
}

/** The bits of an f32. */
export function parseF32Const(cursor: TokenCursor): number {
  return parseConst(cursor, parseF32, true)
}

/** The bits of an f64. */
export function parseF64Const(cursor: TokenCursor): Bits64 {
  return parseConst(cursor, parseF64, true)
}

function parseConst<T>(cursor: TokenCursor, parse: (text: string) => T | undefined, float = false): T {
  const token = cursor.pos
  if (!cursor.atInteger() && !(float && cursor.kind === FLOAT)) throw cursor.unexpected()
  const value = parse(cursor.tokens.text(token))
  if (value === undefined) throw cursor.tokens.error(token, 'constant out of range')
  cursor.pos++
  return value
}
