// Constant expressions as a dump shows them: one instruction by its value, several as a list.

import type { Instruction } from '../../instructions/define.ts'
import { InstructionReader } from '../../instructions/instruction-reader.ts'
import type { Code } from '../../syntax/module.ts'
import { refType, valTypeName } from '../../syntax/types.ts'
import { InstructionText, unsigned } from './instruction-text.ts'
import type { Symbols } from './symbols.ts'

/** Reads to behind the `end` that closes the expression. */
export function readInit(reader: InstructionReader): Code {
  const start = reader.pos
  for (let depth = 1; depth > 0;) {
    const { structure } = reader.next()
    if (structure === 'open') depth++
    else if (structure === 'end') depth--
  }
  return { bytes: reader.bytes, start, end: reader.pos }
}

/** ` - init i32=5`. Offsets of segments are unsigned. */
export function initText(code: Code, symbols: Symbols, isOffset: boolean): string {
  const single = singleInstruction(code)
  if (single !== undefined) return ` - init ${valueText(single.row, single.reader, symbols, isOffset)}`
  return ` - init (${instructionTexts(code, symbols).join(', ')})`
}

/** What an element of a segment is: `func[3] <f>`, `ref.null funcref`, or the expression. */
export function elementText(code: Code, symbols: Symbols): string {
  const single = singleInstruction(code)
  if (single?.row.immediates[0] === 'funcidx') return funcText(single.reader.x, symbols)
  if (single?.row.immediates[0] === 'heaptype') {
    return `${single.row.name} ${valTypeName(refType(true, single.reader.x))}`
  }
  return instructionTexts(code, symbols).join(', ')
}

export function funcText(funcIdx: number, symbols: Symbols): string {
  return `func[${funcIdx}]${symbols.tag('funcs', funcIdx)}`
}

/** The address at which the segment begins, where it is one constant; else 0. */
export function constantOffset(code: Code): number {
  const single = singleInstruction(code)
  const kind = single?.row.immediates[0]
  if (single === undefined) return 0
  if (kind === 'i32') return single.reader.x >>> 0
  return kind === 'i64' ? Number(unsigned(single.reader)) : 0
}

interface Single {
  readonly row: Instruction
  /** Its fields hold the immediates. */
  readonly reader: InstructionReader
}

function singleInstruction(code: Code): Single | undefined {
  const reader = InstructionReader.of(code)
  const row = reader.next()
  // Behind it there is one byte more, the `end`.
  return reader.pos === code.end - 1 ? { row, reader } : undefined
}

function valueText(row: Instruction, reader: InstructionReader, symbols: Symbols, isOffset: boolean): string {
  const [kind] = row.immediates
  switch (kind) {
    case 'i32':
      return `i32=${isOffset ? reader.x >>> 0 : reader.x}`
    case 'i64':
      return `i64=${isOffset ? unsigned(reader) : BigInt.asIntN(64, unsigned(reader))}`
    case 'f32':
    case 'f64':
    case 'v128':
      return instructionText(row, reader, symbols).replace(/^\S+ /, `${kind}=`)
    case 'globalidx':
      return `global=${reader.x}${symbols.tag('globals', reader.x)}`
    case 'funcidx':
      return `${row.name}:${reader.x}${symbols.tag('funcs', reader.x)}`
    case 'heaptype':
      return 'null'
    default:
      return `(${instructionText(row, reader, symbols)})`
  }
}

function instructionTexts(code: Code, symbols: Symbols): string[] {
  const reader = InstructionReader.of(code)
  const texts: string[] = []
  for (let row = reader.next(); reader.pos < code.end; row = reader.next()) {
    texts.push(instructionText(row, reader, symbols))
  }
  return texts
}

/** Other than in a disassembly, i32 constants are signed. */
function instructionText(row: Instruction, reader: InstructionReader, symbols: Symbols): string {
  return row.immediates[0] === 'i32' ? `${row.name} ${reader.x}` : new InstructionText(symbols).print(row, reader)
}
