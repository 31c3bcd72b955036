// `-x` for element and data segments, entry by entry.
// https://webassembly.github.io/spec/core/binary/modules.html#element-section

import { EXPLICIT_INDEX, EXPRESSIONS, NOT_ACTIVE } from '../../binary/sections.ts'
import type { InstructionReader } from '../../instructions/instruction-reader.ts'
import { readRefType } from '../../instructions/type-codes.ts'
import type { Code } from '../../syntax/module.ts'
import { hexDump } from './hex-dump.ts'
import { constantOffset, elementText, funcText, initText, readInit } from './init-expr.ts'
import type { Symbols } from './symbols.ts'

export function* elemDetails(reader: InstructionReader, index: number, symbols: Symbols): Generator<string, void> {
  const start = reader.pos
  const flags = reader.readU32()
  if (flags > 7) throw reader.malformed('malformed elements segment kind', start)
  const { target, offset } = readMode(reader, flags)
  if (flags & (NOT_ACTIVE | EXPLICIT_INDEX)) readElemType(reader, flags)
  const count = reader.readU32()
  const init = offset === undefined ? '' : initText(offset, symbols, true)
  yield ` - segment[${index}] flags=${flags} table=${target} count=${count}${init}\n`
  const base = offset === undefined ? 0 : constantOffset(offset)
  for (let i = 0; i < count; i++) {
    const element = flags & EXPRESSIONS ? elementText(readInit(reader), symbols) : funcText(reader.readU32(), symbols)
    yield `  - elem[${base + i}] = ${element}\n`
  }
}

export function* dataDetails(reader: InstructionReader, index: number, symbols: Symbols): Generator<string, void> {
  const start = reader.pos
  const flags = reader.readU32()
  if (flags > EXPLICIT_INDEX) throw reader.malformed('malformed data segment kind', start)
  const { target, offset } = readMode(reader, flags)
  const bytes = reader.readBytes(reader.readU32())
  const place =
    offset === undefined
      ? ` passive size=${bytes.length}`
      : ` memory=${target} size=${bytes.length}${initText(offset, symbols, true)}`
  yield ` - segment[${index}]${symbols.tag('datas', index)}${place}\n`
  yield* hexDump(bytes, offset === undefined ? 0 : constantOffset(offset), '  - ')
}

interface Mode {
  /** The table or memory; 0 where there is none. */
  readonly target: number
  /** Of active segments. */
  readonly offset: Code | undefined
}

function readMode(reader: InstructionReader, flags: number): Mode {
  if (flags & NOT_ACTIVE) return { target: 0, offset: undefined }
  const target = flags & EXPLICIT_INDEX ? reader.readU32() : 0
  return { target, offset: readInit(reader) }
}

function readElemType(reader: InstructionReader, flags: number): void {
  if (flags & EXPRESSIONS) {
    readRefType(reader)
    return
  }
  const start = reader.pos
  if (reader.readByte() !== 0) throw reader.malformed('malformed element kind', start)
}
