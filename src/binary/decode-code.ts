// Decodes code: finds the ends of expressions and function bodies by walking every instruction, and checks their form on the way:
// opcodes, immediates, and nesting. Nothing is kept but offsets; what the code means is the validator's.
// https://webassembly.github.io/spec/core/binary/modules.html#code-section

import { ModuleError } from '../errors/module-error.ts'
import type { Instruction } from '../instructions/define.ts'
import type { InstructionReader } from '../instructions/instruction-reader.ts'
import { INSTRUCTIONS } from '../instructions/table.ts'
import { readValType } from '../instructions/type-codes.ts'
import { UNEXPECTED_END } from '../syntax/byte-reader.ts'
import type { ModuleLimits } from '../syntax/limits.ts'
import type { Code } from '../syntax/module.ts'
import { overLimit, readCount, readLength } from './read-vector.ts'

const END_EXPECTED = 'END opcode expected'
const SIZE_MISMATCH = 'section size mismatch'

const NEEDS_DATA_COUNT: ReadonlySet<Instruction> = new Set(
  INSTRUCTIONS.filter(({ immediates }) => immediates.includes('dataidx')),
)

export class CodeDecoder {
  private readonly reader: InstructionReader
  private readonly limits: ModuleLimits
  /** Of every open block: 1 where an `else` may follow. Kept from one expression to the next. */
  private blocks = new Uint8Array(256)
  /** Whether code was met that names a data segment, and where it was met first. */
  dataIdxOffset: number | undefined

  constructor(reader: InstructionReader, limits: ModuleLimits) {
    this.reader = reader
    this.limits = limits
  }

  /** A constant expression, as far as its form goes: any instructions up to the final `end`. */
  readExpr(): Code {
    const { reader } = this
    const start = reader.pos
    this.walkExpr()
    return { bytes: reader.bytes, start, end: reader.pos }
  }

  /** An entry of the code section. `params` counts the function's parameters, which share the limit of its locals. */
  readBody(params: number): Code {
    const { reader, limits } = this
    const sectionEnd = reader.end
    const size = readLength(reader)
    const start = reader.pos
    const end = start + size
    if (size > limits.bodyBytes) throw overLimit('bytes in a function body', size, limits.bodyBytes, start)
    reader.end = end
    try {
      this.skipLocals(params)
      this.walkExpr()
    } catch (error) {
      throw this.overrun(error, sectionEnd)
    }
    reader.end = sectionEnd
    if (reader.pos !== end) throw reader.malformed(SIZE_MISMATCH)
    return { bytes: reader.bytes, start, end }
  }

  /**
   * The specification's interpreter reads on behind the end of a body, so its wording for a body that is cut short depends on
   * what it finds there: another body, another section, or the end of the module.
   */
  private overrun(error: unknown, sectionEnd: number): unknown {
    if (!(error instanceof ModuleError) || error.reason !== UNEXPECTED_END) return error
    const { end, bytes } = this.reader
    if (end < sectionEnd) return new ModuleError('malformed', END_EXPECTED, error.place)
    if (end < bytes.length) return new ModuleError('malformed', SIZE_MISMATCH, error.place)
    return error
  }

  private skipLocals(params: number): void {
    const { reader, limits } = this
    const start = reader.pos
    const groups = readCount(reader, Infinity, 'groups of locals')
    let locals = 0
    for (let i = 0; i < groups; i++) {
      locals += reader.readU32()
      readValType(reader)
    }
    if (locals > 0xffff_ffff) throw reader.malformed('too many locals', start)
    if (locals + params > limits.locals) throw overLimit('locals', locals + params, limits.locals, start)
  }

  /** Walks to behind the `end` that closes the expression. A million nested blocks are a million bytes here. */
  private walkExpr(): void {
    const { reader } = this
    let { blocks } = this
    let depth = 0
    for (;;) {
      const row = reader.next()
      if (row.structure === undefined) {
        if (row.opcode > 0xff && NEEDS_DATA_COUNT.has(row)) this.dataIdxOffset ??= reader.start
      } else if (row.structure === 'open') {
        if (depth === blocks.length) blocks = this.growBlocks()
        blocks[depth++] = row.admitsElse === true ? 1 : 0
      } else if (row.structure === 'end') {
        if (depth-- === 0) return
      } else {
        if (depth === 0 || blocks[depth - 1] === 0) throw reader.malformed(END_EXPECTED, reader.start)
        blocks[depth - 1] = 0
      }
    }
  }

  private growBlocks(): Uint8Array {
    const grown = new Uint8Array(this.blocks.length * 2)
    grown.set(this.blocks)
    this.blocks = grown
    return grown
  }
}
