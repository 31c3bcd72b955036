// Encodes element and data segments, each in the shortest of the forms that can hold it: the counterpart of decode-segments.ts.
// https://webassembly.github.io/spec/core/binary/modules.html#element-section

import { InternalError } from '../errors/heddle-error.ts'
import { writeValType } from '../instructions/type-codes.ts'
import type { ByteWriter } from '../syntax/byte-writer.ts'
import { impliedElemType, type Data, type Elem, type SegmentMode } from '../syntax/module.ts'
import { EXPLICIT_INDEX, EXPRESSIONS, NOT_ACTIVE } from './sections.ts'
import { codeBytes, writeSized } from './write-section.ts'

export function writeElem(writer: ByteWriter, { type, mode, items }: Elem): void {
  const expressions = items instanceof Uint32Array ? 0 : EXPRESSIONS
  const flags = modeFlags(mode, type !== impliedElemType(items)) | expressions
  writer.writeU32(flags)
  writeActive(writer, mode, flags)
  if ((flags & (NOT_ACTIVE | EXPLICIT_INDEX)) !== 0) {
    if (expressions === 0) writer.writeByte(0)
    else writeValType(writer, type)
  }
  writer.writeU32(items.length)
  if (items instanceof Uint32Array) for (const funcIdx of items) writer.writeU32(funcIdx)
  else for (const expr of items) writer.writeBytes(codeBytes(expr))
}

export function writeData(writer: ByteWriter, { mode, bytes }: Data): void {
  if (mode.kind === 'declarative') throw new InternalError('a declarative data segment')
  const flags = modeFlags(mode, false)
  writer.writeU32(flags)
  writeActive(writer, mode, flags)
  writeSized(writer, bytes)
}

/** `typed`: only the forms with an explicit index can name the segment's type. */
function modeFlags(mode: SegmentMode, typed: boolean): number {
  switch (mode.kind) {
    case 'passive':
      return NOT_ACTIVE
    case 'declarative':
      return NOT_ACTIVE | EXPLICIT_INDEX
    case 'active':
      return mode.explicit || mode.index !== 0 || typed ? EXPLICIT_INDEX : 0
  }
}

function writeActive(writer: ByteWriter, mode: SegmentMode, flags: number): void {
  if (mode.kind !== 'active') return
  if (flags & EXPLICIT_INDEX) writer.writeU32(mode.index)
  writer.writeBytes(codeBytes(mode.offset))
}
