// What the parsers of a module share: the cursor, the index spaces, and the buffer that all code goes into.

import type { Instruction } from '../instructions/define.ts'
import { InstructionWriter } from '../instructions/instruction-writer.ts'
import { INSTRUCTIONS } from '../instructions/table.ts'
import type { Code } from '../syntax/module.ts'
import type { AddrType, ExternKind } from '../syntax/types.ts'
import { ModuleAnnotations } from './annotations.ts'
import { IndexSpace } from './index-space.ts'
import type { TokenCursor } from './token-cursor.ts'
import { TypeTable } from './type-table.ts'
import { END } from './words.ts'

/** Its `bytes` are set when the buffer is complete. */
interface PendingCode extends Code {
  bytes: Uint8Array
}

/** The instructions that give a constant address. */
const CONSTS: Readonly<Record<AddrType, Instruction>> = {
  i32: INSTRUCTIONS.find(({ immediates }) => immediates[0] === 'i32')!,
  i64: INSTRUCTIONS.find(({ immediates }) => immediates[0] === 'i64')!,
}

const REF_FUNC = INSTRUCTIONS.find(({ immediates, constant }) => constant === true && immediates[0] === 'funcidx')!

const NO_BYTES = new Uint8Array(0)

export class ModuleContext {
  readonly cursor: TokenCursor
  readonly annotations: ModuleAnnotations
  readonly types: TypeTable = new TypeTable()
  readonly funcs: IndexSpace = new IndexSpace('func', 'function')
  readonly tables: IndexSpace = new IndexSpace('table')
  readonly memories: IndexSpace = new IndexSpace('memory')
  readonly globals: IndexSpace = new IndexSpace('global')
  readonly tags: IndexSpace = new IndexSpace('tag')
  readonly elems: IndexSpace = new IndexSpace('elem', 'elem segment')
  readonly datas: IndexSpace = new IndexSpace('data', 'data segment')
  /** Of the function that is being parsed; empty elsewhere. */
  locals: IndexSpace = new IndexSpace('local')
  readonly writer: InstructionWriter
  private readonly codes: PendingCode[] = []

  /** `end`: the token behind the module's last field. */
  constructor(cursor: TokenCursor, end: number) {
    this.cursor = cursor
    this.annotations = new ModuleAnnotations(cursor.tokens, cursor.words, cursor.pos, end)
    const bytesOfText = cursor.tokens.start(end) - cursor.tokens.start(cursor.pos)
    this.writer = new InstructionWriter(Math.max(bytesOfText >>> 3, 64))
  }

  /** The space that an import or export of a kind refers to. */
  space(kind: ExternKind): IndexSpace {
    switch (kind) {
      case 'func':
        return this.funcs
      case 'table':
        return this.tables
      case 'memory':
        return this.memories
      case 'global':
        return this.globals
      case 'tag':
        return this.tags
    }
  }

  /** The offset that is meant where a table or memory holds its first segment. */
  zero(addrType: AddrType): Code {
    const { writer } = this
    const start = writer.length
    writer.writeOpcode(CONSTS[addrType])
    // Zero is one byte in either width.
    writer.writeS32(0)
    writer.writeOpcode(END)
    return this.codeSince(start)
  }

  /** A reference to a function. */
  funcExpr(funcIdx: number): Code {
    const { writer } = this
    const start = writer.length
    writer.writeOpcode(REF_FUNC)
    writer.writeU32(funcIdx)
    writer.writeOpcode(END)
    return this.codeSince(start)
  }

  /** Forgets the locals of a function. */
  closeLocals(): void {
    if (this.locals.count > 0) this.locals = new IndexSpace('local')
  }

  /** What was written since `start`, as code. */
  codeSince(start: number): Code {
    const code: PendingCode = { bytes: NO_BYTES, start, end: this.writer.length }
    this.codes.push(code)
    return code
  }

  /** Gives all code its buffer. Nothing may be written afterwards. */
  finishCode(): void {
    const bytes = this.writer.toBytes()
    for (const code of this.codes) code.bytes = bytes
  }
}
