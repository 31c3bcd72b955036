// `-d`: the bodies of the code section, each instruction with its offset and its bytes.

import { ModuleError } from '../../errors/module-error.ts'
import type { Instruction } from '../../instructions/define.ts'
import { InstructionReader } from '../../instructions/instruction-reader.ts'
import { readValType } from '../../instructions/type-codes.ts'
import { valTypeName } from '../../syntax/types.ts'
import type { DumpReport } from './dump-report.ts'
import { hexByte, hexOffset } from './hex-dump.ts'
import { InstructionText } from './instruction-text.ts'
import type { SectionRange } from './section-ranges.ts'
import type { Symbols } from './symbols.ts'

const BYTES_PER_ROW = 9

/** Past this depth lines move no further to the right, so that deep nesting costs no more than its length. */
const MAX_INDENTED_LEVELS = 100

/** A body that can't be read to its end is left where it fails; the next one begins where its size says. */
export function* disassemble(
  bytes: Uint8Array,
  range: SectionRange,
  symbols: Symbols,
  report: DumpReport,
): Generator<string, void> {
  const reader = new InstructionReader(bytes, range.start, range.end)
  const disassembler = new Disassembler(reader, symbols, report)
  const count = reader.readU32()
  for (let i = 0; i < count; i++) {
    const size = reader.readU32()
    const end = reader.pos + size
    if (end > range.end) throw reader.malformed('unexpected end', range.end)
    yield* disassembler.body(symbols.imported.func + i, end)
    reader.pos = end
    reader.end = range.end
  }
}

class Disassembler {
  private readonly reader: InstructionReader
  private readonly symbols: Symbols
  private readonly report: DumpReport
  private readonly text: InstructionText
  private depth = 0

  constructor(reader: InstructionReader, symbols: Symbols, report: DumpReport) {
    this.reader = reader
    this.symbols = symbols
    this.report = report
    this.text = new InstructionText(symbols)
  }

  *body(funcIdx: number, end: number): Generator<string, void> {
    const { reader } = this
    this.text.funcIdx = funcIdx
    this.depth = 0
    reader.end = end
    let lines = `${hexOffset(reader.pos, 6)} func[${funcIdx}]${this.symbols.tag('funcs', funcIdx)}:\n`
    try {
      let locals = this.symbols.paramCount(funcIdx)
      const groups = reader.readU32()
      for (let i = 0; i < groups; i++) {
        const start = reader.pos
        const count = reader.readU32()
        const type = readValType(reader)
        lines += this.rows(start, `local[${localRange(locals, count)}] type=${valTypeName(type)}`)
        locals += count
      }
      while (reader.pos < end) {
        lines += this.instruction(reader.next())
        if (lines.length > 16_384) {
          yield lines
          lines = ''
        }
      }
    } catch (error) {
      if (!(error instanceof ModuleError)) throw error
      lines += this.report.note(error)
    }
    yield lines
  }

  private instruction(row: Instruction): string {
    const { reader } = this
    if (row.structure === 'end' && this.depth > 0) this.depth--
    const level = row.structure === 'else' ? this.depth - 1 : this.depth
    if (row.structure === 'open') this.depth++
    const indent = '  '.repeat(Math.max(0, Math.min(level, MAX_INDENTED_LEVELS)))
    return this.rows(reader.start, indent + this.text.print(row, reader))
  }

  /** From `start` to where the reader stands: the text is in the first row, bytes go on in the next ones. */
  private rows(start: number, text: string): string {
    const { bytes, pos: end } = this.reader
    let rows = ''
    for (let row = start; row < end; row += BYTES_PER_ROW) {
      let hex = ''
      for (let i = row; i < row + BYTES_PER_ROW; i++) hex += i < end ? ` ${hexByte(bytes[i]!)}` : '   '
      rows += ` ${hexOffset(row, 6)}:${hex} | ${row === start ? text : ''}\n`
    }
    return rows
  }
}

function localRange(first: number, count: number): string {
  if (count === 0) return 'none'
  return count === 1 ? String(first) : `${first}..${first + count - 1}`
}
