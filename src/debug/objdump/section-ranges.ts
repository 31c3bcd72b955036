// Where the sections of a binary module lie: headers only, contents unread, so that a module with a broken section can be looked at
// all the same.
// https://webassembly.github.io/spec/core/binary/modules.html#sections

import { readName } from '../../binary/read-vector.ts'
import { CUSTOM_SECTION, MAGIC, VERSION } from '../../binary/sections.ts'
import { ModuleError } from '../../errors/module-error.ts'
import { ByteReader } from '../../syntax/byte-reader.ts'

export interface SectionRange {
  readonly id: number
  /** `Type`, `Code` …; `Custom` for every custom one. */
  readonly title: string
  /** By which `-j` finds it: the title, or the name of a custom section. */
  readonly name: string
  /** Of the payload, which begins with the name in a custom section. */
  readonly start: number
  /** Where the payload goes on behind that name; `start` in all others. */
  readonly contents: number
  readonly end: number
  /** Why the name of a custom section can't be read. */
  readonly fault?: ModuleError | undefined
}

// prettier-ignore
const TITLES = [
  'Custom', 'Type', 'Import', 'Function', 'Table', 'Memory', 'Global', 'Export', 'Start', 'Elem', 'Code', 'Data', 'DataCount', 'Tag',
]

/** Throws where the header of the module or of a section is malformed; what stands before it was given by then. */
export function* sectionRanges(bytes: Uint8Array): Generator<SectionRange, void> {
  const reader = new ByteReader(bytes)
  if (reader.readFixed32() !== MAGIC) throw reader.malformed('magic header not detected', 0)
  if (reader.readFixed32() !== VERSION) throw reader.malformed('unknown binary version', 4)
  while (reader.pos < bytes.length) {
    const idOffset = reader.pos
    const id = reader.readByte()
    const size = reader.readU32()
    const start = reader.pos
    const end = start + size
    if (end > bytes.length) throw reader.malformed('length out of bounds', idOffset + 1)
    const title = TITLES[id] ?? `Unknown (${id})`
    yield id === CUSTOM_SECTION
      ? customRange(bytes, start, end)
      : { id, title, name: title, start, contents: start, end }
    reader.pos = end
  }
}

function customRange(bytes: Uint8Array, start: number, end: number): SectionRange {
  const reader = new ByteReader(bytes, start, end)
  const range = { id: CUSTOM_SECTION, title: 'Custom', name: '', start, contents: start, end }
  try {
    return { ...range, name: readName(reader), contents: reader.pos }
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error
    return { ...range, fault: error }
  }
}
