// One instruction with its immediates as text. Which immediates an instruction has, and in which order the binary format has them,
// is told by its row; the abbreviations of the text format and its own order are here. Layout and folding are left to others.
// https://webassembly.github.io/spec/core/text/instructions.html

import { BRANCH_HINT } from '../instructions/branch-hints.ts'
import type { Instruction } from '../instructions/define.ts'
import { CATCHES, CLAUSE_NUMBERS, ON_SWITCH } from '../instructions/immediates.ts'
import type { ImmediateKind, Immediates } from '../instructions/immediates.ts'
import type { Module } from '../syntax/module.ts'
import type { ModuleIds } from './module-ids.ts'
import { NO_IDS, type IdSpace } from './print-ids.ts'
import { LabelScope } from './print-labels.ts'
import { printF32, printF64, printI64, printU64, printVector } from './print-number.ts'
import { BlockTypePrinter, type TypePrinter } from './print-types.ts'

/** Offsets to nothing. */
export const NO_HINTS: ReadonlyMap<number, boolean> = new Map()

export class InstructionPrinter {
  readonly labels: LabelScope = new LabelScope()
  /** Identifiers of the locals of the function that is being printed. */
  locals: IdSpace = NO_IDS
  /** Hints of the function that is being printed, by the offsets of instructions in its buffer. */
  hints: ReadonlyMap<number, boolean> = NO_HINTS
  private readonly ids: ModuleIds
  private readonly types: TypePrinter
  private readonly blockTypes: BlockTypePrinter

  constructor(module: Module, ids: ModuleIds, types: TypePrinter) {
    this.ids = ids
    this.types = types
    this.blockTypes = new BlockTypePrinter(module, types)
  }

  /** What stands before the instruction at an offset: its hint, or nothing. */
  annotation(offset: number): string {
    if (this.hints.size === 0) return ''
    const likely = this.hints.get(offset)
    return likely === undefined ? '' : `(@${BRANCH_HINT} "\\0${likely ? 1 : 0}") `
  }

  /** Without the label that a structured instruction may bind. */
  print(row: Instruction, im: Immediates): string {
    const [first, second] = row.immediates
    if (first === undefined) return row.name
    if (row.immediates.includes('onclauses')) return row.name + this.beforeClauses(row, im) + this.onClauses(im)
    return row.name + (second === undefined ? this.single(first, row, im) : this.pair(first, second, row, im))
  }

  /** A structured instruction: its label goes between its name and its type. */
  printOpen(row: Instruction, im: Immediates, id: string | undefined): string {
    const clauses = row.immediates.includes('catches') ? this.catches(im) : ''
    return row.name + (id === undefined ? '' : ` ${id}`) + this.blockTypes.print(im.x) + clauses
  }

  /** Everything that is printed here begins with a space, unless it is nothing. */
  private single(kind: ImmediateKind, row: Instruction, im: Immediates): string {
    switch (kind) {
      case 'localidx':
        return ` ${this.locals.use(im.x)}`
      case 'i32':
        return ` ${im.x}`
      case 'memarg':
        return this.memarg(row, im)
      case 'labelidx':
        return ` ${this.labels.use(im.x)}`
      case 'blocktype':
        return this.blockTypes.print(im.x)
      case 'i64':
        return ` ${printI64(im.lo, im.hi)}`
      case 'f32':
        return ` ${printF32(im.x)}`
      case 'f64':
        return ` ${printF64(im.lo, im.hi)}`
      case 'heaptype':
        return ` ${this.types.heapType(im.x)}`
      case 'reftype':
      case 'nullreftype':
        return ` ${this.types.valType(im.x)}`
      case 'castop':
        return ` ${this.labels.use(im.x)} ${this.types.valType(im.lo)} ${this.types.valType(im.hi)}`
      case 'labels':
        return this.branchTargets(im)
      case 'catches':
        return this.catches(im)
      case 'valtypes':
        return im.count === 0 ? ' (result)' : ` ${this.types.list('result', im.list.slice(0, im.count))}`
      case 'memidx':
        return this.defaulted(kind, im.x)
      case 'reserved':
        return ''
      case 'laneidx':
        return ` ${im.y}`
      case 'lanes':
        return ` ${new Uint8Array(im.vector.buffer, im.vector.byteOffset, 16).join(' ')}`
      case 'v128':
        return ` ${printVector(im.vector)}`
      // A table's index may be left out, too, but wat2wasm insists on it.
      default:
        return ` ${this.index(kind, im.x)}`
    }
  }

  private pair(first: ImmediateKind, second: ImmediateKind, row: Instruction, im: Immediates): string {
    if (first === 'memarg') return this.memarg(row, im) + this.single(second, row, im)
    if (second === 'fieldidx') return ` ${this.index(first, im.x)} ${this.ids.fields(im.x).use(im.y)}`
    if (first === 'typeidx' && second !== 'tableidx') return ` ${this.index(first, im.x)} ${this.index(second, im.y)}`
    // Copying: both indices stand there or neither.
    if (first === second)
      return im.x === 0 && im.y === 0 ? '' : ` ${this.index(first, im.x)} ${this.index(second, im.y)}`
    // The text format has the table or memory first, and may leave it out; the binary format has it last.
    const place = this.defaulted(second, im.y)
    return first === 'typeidx' ? `${place} (type ${this.ids.types.use(im.x)})` : `${place} ${this.index(first, im.x)}`
  }

  private defaulted(kind: ImmediateKind, x: number): string {
    return x === 0 ? '' : ` ${this.index(kind, x)}`
  }

  private index(kind: ImmediateKind, x: number): string {
    switch (kind) {
      case 'funcidx':
        return this.ids.funcs.use(x)
      case 'globalidx':
        return this.ids.globals.use(x)
      case 'typeidx':
        return this.ids.types.use(x)
      case 'tableidx':
        return this.ids.tables.use(x)
      case 'memidx':
        return this.ids.memories.use(x)
      case 'elemidx':
        return this.ids.elems.use(x)
      case 'dataidx':
        return this.ids.datas.use(x)
      case 'tagidx':
        return this.ids.tags.use(x)
      default:
        return String(x)
    }
  }

  /** The offset is left out where it is zero, the alignment where it is natural. */
  private memarg(row: Instruction, im: Immediates): string {
    const memory = this.defaulted('memidx', im.x)
    const offset = im.hi === 0 ? im.lo >>> 0 : printU64(im.lo, im.hi)
    const align = 2 ** im.align === row.access?.bytes ? '' : ` align=${1n << BigInt(im.align)}`
    return offset === 0 ? memory + align : `${memory} offset=${offset}${align}`
  }

  private beforeClauses({ immediates: [first, second] }: Instruction, im: Immediates): string {
    const index = ` ${this.index(first!, im.x)}`
    return second === 'onclauses' ? index : `${index} ${this.index(second!, im.y)}`
  }

  private onClauses({ list, count }: Immediates): string {
    let text = ''
    for (let i = 0; i < count * CLAUSE_NUMBERS; i += CLAUSE_NUMBERS) {
      const target = list[i] === ON_SWITCH ? 'switch' : this.labels.use(list[i + 2]!)
      text += ` (on ${this.ids.tags.use(list[i + 1]!)} ${target})`
    }
    return text
  }

  private catches({ list, count }: Immediates): string {
    let text = ''
    for (let i = 0; i < count * CLAUSE_NUMBERS; i += CLAUSE_NUMBERS) {
      const { name, tagged } = CATCHES[list[i]!]!
      const tag = tagged ? ` ${this.ids.tags.use(list[i + 1]!)}` : ''
      text += ` (${name}${tag} ${this.labels.use(list[i + 2]!)})`
    }
    return text
  }

  private branchTargets(im: Immediates): string {
    let text = ''
    for (let i = 0; i < im.count; i++) text += ` ${this.labels.use(im.list[i]!)}`
    return `${text} ${this.labels.use(im.x)}`
  }
}
