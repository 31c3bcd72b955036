// Element and data segments, on their own and inside a table or memory.
// https://webassembly.github.io/spec/core/text/modules.html#element-segments

import { impliedElemType, type Code, type Data, type Elem, type SegmentMode } from '../syntax/module.ts'
import { FUNC, FUNCTION, heapTypeOf, type AddrType, type RefType } from '../syntax/types.ts'
import type { IndexSpace } from './index-space.ts'
import type { ModuleContext } from './parse-context.ts'
import type { InstructionParser } from './parse-instr.ts'
import { atRefType, parseRefType } from './parse-types.ts'
import { LEFT_PAREN, RIGHT_PAREN } from './tokens.ts'

type Items = Pick<Elem, 'type' | 'items'>

export class SegmentParser {
  private readonly context: ModuleContext
  private readonly instructions: InstructionParser

  constructor(context: ModuleContext, instructions: InstructionParser) {
    this.context = context
    this.instructions = instructions
  }

  /** From behind the segment's identifier up to its closing parenthesis, as are the others. */
  parseElem(): Elem {
    const { cursor, tables } = this.context
    if (cursor.takeWord('declare')) return { mode: { kind: 'declarative' }, ...this.parseItems(false) }
    const isActive = cursor.atIndex() || (cursor.kind === LEFT_PAREN && !atRefType(cursor))
    if (!isActive) return { mode: { kind: 'passive' }, ...this.parseItems(false) }
    const target = this.parseTarget('table', tables)
    const offset = this.parseOffset()
    const items = this.parseItems(!target.explicit)
    return { mode: activeElem(target, offset, items), ...items }
  }

  parseData(): Data {
    const { cursor, memories } = this.context
    if (cursor.kind !== LEFT_PAREN && !cursor.atIndex())
      return { mode: { kind: 'passive' }, bytes: cursor.readStrings() }
    const mode = active(this.parseTarget('memory', memories), this.parseOffset())
    return { mode, bytes: cursor.readStrings() }
  }

  /** `(elem …)` inside a table: it begins at offset 0 and has the type of the table, but for functions that may go to any table of functions. */
  parseInlineElem(tableIdx: number, addrType: AddrType, type: RefType): Elem {
    const { cursor } = this.context
    cursor.expectClause('elem')
    const items = cursor.kind === LEFT_PAREN ? { type, items: this.parseExprs() } : this.parseInlineFuncs(type)
    cursor.expectRight()
    return { mode: activeElem({ index: tableIdx, explicit: false }, this.context.zero(addrType), items), ...items }
  }

  /** `(data …)` inside a memory. */
  parseInlineData(memIdx: number, addrType: AddrType): Data {
    const { cursor } = this.context
    cursor.expectClause('data')
    const bytes = cursor.readStrings()
    cursor.expectRight()
    return { mode: active({ index: memIdx, explicit: false }, this.context.zero(addrType)), bytes }
  }

  /** `(table x)` or `(memory x)`, which Wasm 1.0 wrote as `x` alone; without it the segment goes to number 0. */
  private parseTarget(word: string, space: IndexSpace): Target {
    const { cursor } = this.context
    if (cursor.atIndex()) return { index: space.resolve(cursor), explicit: false }
    if (!cursor.takeClause(word)) return { index: 0, explicit: false }
    const index = space.resolve(cursor)
    cursor.expectRight()
    return { index, explicit: true }
  }

  /** `(offset expr)`, or one folded instruction. */
  private parseOffset(): Code {
    return this.parseExpr('offset')
  }

  private parseExpr(word: string): Code {
    const { cursor, writer } = this.context
    const start = writer.length
    if (cursor.takeClause(word)) {
      this.instructions.parseSequence()
      cursor.expectRight()
    } else this.instructions.parseFolded()
    return this.context.codeSince(start)
  }

  /** `bare`: the function indices may stand without `func`. */
  private parseItems(bare: boolean): Items {
    const { cursor } = this.context
    if (cursor.takeWord('func')) return this.parseFuncs()
    if (atRefType(cursor)) return { type: parseRefType(cursor, this.context.types.space), items: this.parseExprs() }
    if (bare && (cursor.atIndex() || cursor.kind === RIGHT_PAREN)) return this.parseFuncs()
    throw cursor.unexpected()
  }

  private parseFuncs(): Items {
    const { cursor, funcs } = this.context
    const indices: number[] = []
    while (cursor.atIndex()) indices.push(funcs.resolve(cursor))
    if (cursor.kind !== RIGHT_PAREN) throw cursor.unexpected()
    return { type: FUNCTION, items: Uint32Array.from(indices) }
  }

  private parseInlineFuncs(type: RefType): Items {
    return heapTypeOf(type) === FUNC ? this.parseFuncs() : { type, items: this.parseFuncExprs() }
  }

  /** Functions as expressions, which may have a type of their own. */
  private parseFuncExprs(): Code[] {
    const { cursor } = this.context
    const exprs: Code[] = []
    while (cursor.atIndex()) exprs.push(this.context.funcExpr(this.context.funcs.resolve(cursor)))
    return exprs
  }

  private parseExprs(): Code[] {
    const exprs: Code[] = []
    while (this.context.cursor.kind === LEFT_PAREN) exprs.push(this.parseExpr('item'))
    return exprs
  }
}

/** Where an active segment goes, and whether the clause that says so is there: then the binary format spells it, too. */
interface Target {
  readonly index: number
  readonly explicit: boolean
}

function active({ index, explicit }: Target, offset: Code): SegmentMode {
  return { kind: 'active', index, offset, explicit: explicit || index !== 0 }
}

/** Only the binary forms with an explicit index can name a type. */
function activeElem({ index, explicit }: Target, offset: Code, { type, items }: Items): SegmentMode {
  return active({ index, explicit: explicit || type !== impliedElemType(items) }, offset)
}
