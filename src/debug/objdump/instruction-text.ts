// Instructions as a dump shows them: immediates in the order of the binary format, names behind indices.

import type { Instruction } from '../../instructions/define.ts'
import { CATCHES, CLAUSE_NUMBERS, ON_SWITCH } from '../../instructions/immediates.ts'
import { toUnsignedBigInt } from '../../numeric/i64.ts'
import type { ImmediateKind, Immediates } from '../../instructions/immediates.ts'
import { EMPTY_BLOCK, spellHeapType, spellValType, type BlockType, type ValType } from '../../syntax/types.ts'
import { printHexF32, printHexF64 } from './hex-float.ts'
import type { Symbols } from './symbols.ts'

export class InstructionText {
  private readonly symbols: Symbols
  /** Whose locals are meant. */
  funcIdx = 0

  constructor(symbols: Symbols) {
    this.symbols = symbols
  }

  print(row: Instruction, im: Immediates): string {
    const [first, second] = row.immediates
    if (first === undefined) return row.name
    if (row.immediates.includes('onclauses')) return `${row.name} ${this.resumption(row, im)}`
    const text = second === undefined ? this.single(first, im) : this.pair(first, second, im)
    return text === '' ? row.name : `${row.name} ${text}`
  }

  private pair(first: ImmediateKind, second: ImmediateKind, im: Immediates): string {
    const { x, y } = im
    if (first === 'memarg') return `${this.single(first, im)} ${y}`
    if (first === 'typeidx' && second !== 'tableidx')
      return `${this.typeName(x)} ${second === 'fieldidx' ? `${y}${this.symbols.fieldTag(x, y)}` : this.index(second, y)}`
    if (first === 'blocktype') return [this.single(first, im), this.single(second, im)].filter(Boolean).join(' ')
    if (first !== 'typeidx') return `${x} ${y}${this.tag(first, x)}`
    const { symbols } = this
    return `${y}${symbols.tag('tables', y)} (type ${x}${symbols.tag('types', x)})`
  }

  private single(kind: ImmediateKind, im: Immediates): string {
    switch (kind) {
      case 'memarg':
        return `${im.align} ${im.x === 0 ? '' : `${im.x} `}${unsigned(im)}`
      case 'reserved':
        return '0'
      case 'laneidx':
        return String(im.y)
      case 'v128':
      case 'lanes':
        return Array.from(im.vector, hexWord).join(' ')
      case 'blocktype':
        return this.blockType(im.x)
      case 'heaptype':
        return spellHeapType(im.x, this.typeName)
      case 'reftype':
      case 'nullreftype':
        return this.valType(im.x)
      case 'castop':
        return `${im.x} ${this.valType(im.lo)} ${this.valType(im.hi)}`
      case 'labels':
        return [...im.list.slice(0, im.count), im.x].join(' ')
      case 'catches':
        return this.catches(im)
      case 'valtypes':
        return im.list
          .slice(0, im.count)
          .map((type) => this.valType(type))
          .join(' ')
      case 'i32':
        return String(im.x >>> 0)
      case 'i64':
        return String(BigInt.asIntN(64, unsigned(im)))
      case 'f32':
        return printHexF32(im.x)
      case 'f64':
        return printHexF64(im.lo, im.hi)
      default:
        return this.index(kind, im.x)
    }
  }

  private index(kind: ImmediateKind, x: number): string {
    return `${x}${this.tag(kind, x)}`
  }

  private readonly typeName = (typeIdx: number): string => this.index('typeidx', typeIdx)

  private valType(type: ValType): string {
    return spellValType(type, this.typeName)
  }

  private blockType(type: BlockType): string {
    if (type === EMPTY_BLOCK) return ''
    return type >= 0 && type < 2 ** 30 ? `type[${type}]` : this.valType(type)
  }

  private resumption({ immediates }: Instruction, im: Immediates): string {
    const indices = [this.index('typeidx', im.x), ...(immediates[1] === 'tagidx' ? [this.index('tagidx', im.y)] : [])]
    const clauses = clausesOf(im).map(
      ([code, tag, label]) => `(on ${this.index('tagidx', tag)} ${code === ON_SWITCH ? 'switch' : String(label)})`,
    )
    return [...indices, ...clauses].join(' ')
  }

  private catches(im: Immediates): string {
    return clausesOf(im)
      .map(([code, tag, label]) => {
        const { name, tagged } = CATCHES[code]!
        return tagged ? `(${name} ${this.index('tagidx', tag)} ${label})` : `(${name} ${label})`
      })
      .join(' ')
  }

  private tag(kind: ImmediateKind, x: number): string {
    switch (kind) {
      case 'funcidx':
        return this.symbols.tag('funcs', x)
      case 'globalidx':
        return this.symbols.tag('globals', x)
      case 'typeidx':
        return this.symbols.tag('types', x)
      case 'dataidx':
        return this.symbols.tag('datas', x)
      case 'tagidx':
        return this.symbols.tag('tags', x)
      case 'localidx':
        return this.symbols.localTag(this.funcIdx, x)
      default:
        return ''
    }
  }
}

export function unsigned({ lo, hi }: Immediates): bigint {
  return toUnsignedBigInt(lo, hi)
}

function hexWord(word: number): string {
  return `0x${(word >>> 0).toString(16).padStart(8, '0')}`
}

/** The clauses in the list. */
function clausesOf({ list, count }: Immediates): (readonly [code: number, tag: number, label: number])[] {
  return Array.from({ length: count }, (_, i) => {
    const at = i * CLAUSE_NUMBERS
    return [list[at]!, list[at + 1]!, list[at + 2]!]
  })
}
