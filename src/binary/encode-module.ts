// Encodes a module. Everything but code is in shortest form, and code is copied as it is, so that decoding and encoding a module
// whose sections are in shortest form gives the same bytes.
// https://webassembly.github.io/spec/core/binary/modules.html

import { ByteWriter } from '../syntax/byte-writer.ts'
import type { CustomSection, Func, Global, Export, Module, Table } from '../syntax/module.ts'
import { namesData } from './decode-code.ts'
import { writeImports } from './encode-imports.ts'
import { encodeNames } from './encode-names.ts'
import { writeData, writeElem } from './encode-segments.ts'
import {
  writeExternKind,
  writeGlobalType,
  writeMemoryType,
  writeTableType,
  writeTag,
  writeTypes,
} from './encode-types.ts'
import {
  CODE_SECTION,
  CUSTOM_SECTION,
  DATA_COUNT_SECTION,
  DATA_SECTION,
  ELEMENT_SECTION,
  EXPORT_SECTION,
  FUNCTION_SECTION,
  GLOBAL_SECTION,
  IMPORT_SECTION,
  MAGIC,
  MEMORY_SECTION,
  NAME_SECTION,
  SECTION_ORDER,
  START_SECTION,
  TABLE_SECTION,
  TABLE_WITH_INIT,
  TAG_SECTION,
  TYPE_SECTION,
  VERSION,
} from './sections.ts'
import { codeBytes, writeName, writeSection, writeSized, writeVector } from './write-section.ts'

export interface EncodeOptions {
  /** Whether to write a name section from `module.names`, where the module has none. */
  readonly names?: boolean | undefined
}

/** The module is not checked: what is invalid is encoded as it stands. */
export function encodeModule(module: Module, options: EncodeOptions = {}): Uint8Array {
  const writer = new ByteWriter(64 * 1024)
  writer.writeFixed32(MAGIC)
  writer.writeFixed32(VERSION)
  writeCustoms(writer, module.customs, 0)
  for (const id of SECTION_ORDER) {
    const writeContent = sectionWriter(module, id)
    if (writeContent !== undefined) writeSection(writer, id, writeContent)
    writeCustoms(writer, module.customs, id)
  }
  const { names } = module
  const hasNameSection = module.customs.some(({ name }) => name === NAME_SECTION)
  if (options.names === true && names !== undefined && !hasNameSection) {
    writeCustom(writer, { name: NAME_SECTION, bytes: encodeNames(names) })
  }
  return writer.toBytes()
}

function writeCustoms(writer: ByteWriter, customs: readonly CustomSection[], after: number): void {
  for (const custom of customs) if (custom.after === after) writeCustom(writer, custom)
}

function writeCustom(writer: ByteWriter, { name, bytes }: Omit<CustomSection, 'after'>): void {
  writeSection(writer, CUSTOM_SECTION, (content) => {
    writeName(content, name)
    content.writeBytes(bytes)
  })
}

type ContentWriter = (writer: ByteWriter) => void

/** Undefined where the module has nothing for the section and doesn't spell it either. */
function sectionWriter(module: Module, id: number): ContentWriter | undefined {
  const { start, datas } = module
  if (id === START_SECTION) return start === undefined ? undefined : (writer) => writer.writeU32(start)
  const spelled = module.spareSections.includes(id)
  if (id === DATA_COUNT_SECTION) {
    return spelled || module.funcs.some(({ code }) => namesData(code))
      ? (writer) => writer.writeU32(datas.length)
      : undefined
  }
  const [entries, writeContent] = vectorSection(module, id)
  return spelled || entries > 0 ? writeContent : undefined
}

/** The number of entries, and what writes them. */
function vectorSection(module: Module, id: number): readonly [number, ContentWriter] {
  const {
    types,
    recGroups,
    imports,
    importGroups = [],
    funcs,
    tables,
    memories,
    tags,
    globals,
    exports,
    elems,
    datas,
  } = module
  switch (id) {
    case TYPE_SECTION:
      return [types.length + recGroups.length, (writer) => writeTypes(writer, module)]
    case IMPORT_SECTION:
      return [imports.length + importGroups.length, (writer) => writeImports(writer, module)]
    case FUNCTION_SECTION:
      return vector(funcs, (writer, { typeIdx }) => writer.writeU32(typeIdx))
    case TABLE_SECTION:
      return vector(tables, writeTable)
    case MEMORY_SECTION:
      return vector(memories, writeMemoryType)
    case TAG_SECTION:
      return vector(tags, writeTag)
    case GLOBAL_SECTION:
      return vector(globals, writeGlobal)
    case EXPORT_SECTION:
      return vector(exports, writeExport)
    case ELEMENT_SECTION:
      return vector(elems, writeElem)
    case CODE_SECTION:
      return vector(funcs, writeBody)
    case DATA_SECTION:
      return vector(datas, writeData)
    default:
      return [0, () => undefined]
  }
}

function vector<T>(
  entries: readonly T[],
  writeEntry: (writer: ByteWriter, entry: T) => void,
): readonly [number, ContentWriter] {
  return [entries.length, (writer) => writeVector(writer, entries, (entry) => writeEntry(writer, entry))]
}

function writeTable(writer: ByteWriter, { type, init }: Table): void {
  if (init !== undefined) {
    writer.writeByte(TABLE_WITH_INIT)
    writer.writeByte(0)
  }
  writeTableType(writer, type)
  if (init !== undefined) writer.writeBytes(codeBytes(init))
}

function writeGlobal(writer: ByteWriter, { type, init }: Global): void {
  writeGlobalType(writer, type)
  writer.writeBytes(codeBytes(init))
}

function writeExport(writer: ByteWriter, { name, kind, index }: Export): void {
  writeName(writer, name)
  writeExternKind(writer, kind)
  writer.writeU32(index)
}

function writeBody(writer: ByteWriter, { code }: Func): void {
  writeSized(writer, codeBytes(code))
}
