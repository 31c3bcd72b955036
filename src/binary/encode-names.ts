// Encodes names as the content of a name section: the counterpart of decode-names.ts. What has no name takes no room.
// https://webassembly.github.io/spec/core/appendix/custom.html#name-section

import { ByteWriter } from '../syntax/byte-writer.ts'
import type { IndirectNameMap, NameMap, Names } from '../syntax/names.ts'
import { NAME_SUBSECTIONS } from './sections.ts'
import { writeName, writeSection, writeVector } from './write-section.ts'

export function encodeNames(names: Names): Uint8Array {
  const writer = new ByteWriter()
  const { module } = names
  if (module !== undefined) writeSection(writer, NAME_SUBSECTIONS.module, (content) => writeName(content, module))
  writeMapSection(writer, NAME_SUBSECTIONS.funcs, names.funcs)
  writeIndirectSection(writer, NAME_SUBSECTIONS.locals, names.locals)
  writeIndirectSection(writer, NAME_SUBSECTIONS.labels, names.labels)
  writeMapSection(writer, NAME_SUBSECTIONS.types, names.types)
  writeMapSection(writer, NAME_SUBSECTIONS.tables, names.tables)
  writeMapSection(writer, NAME_SUBSECTIONS.memories, names.memories)
  writeMapSection(writer, NAME_SUBSECTIONS.globals, names.globals)
  writeMapSection(writer, NAME_SUBSECTIONS.elems, names.elems)
  writeMapSection(writer, NAME_SUBSECTIONS.datas, names.datas)
  writeIndirectSection(writer, NAME_SUBSECTIONS.fields, names.fields)
  writeMapSection(writer, NAME_SUBSECTIONS.tags, names.tags)
  return writer.toBytes()
}

function writeMapSection(writer: ByteWriter, id: number, map: NameMap | undefined): void {
  if (map !== undefined && map.size > 0) writeSection(writer, id, (content) => writeMap(content, map))
}

function writeIndirectSection(writer: ByteWriter, id: number, maps: IndirectNameMap | undefined): void {
  const named = sorted(maps ?? new Map<number, NameMap>()).filter(([, map]) => map.size > 0)
  if (named.length === 0) return
  writeSection(writer, id, (content) => {
    writeVector(content, named, ([index, map]) => {
      content.writeU32(index)
      writeMap(content, map)
    })
  })
}

function writeMap(writer: ByteWriter, map: NameMap): void {
  writeVector(writer, sorted(map), ([index, name]) => {
    writer.writeU32(index)
    writeName(writer, name)
  })
}

/** Name maps stand in the order of their indices. */
function sorted<T>(map: ReadonlyMap<number, T>): [number, T][] {
  return [...map].sort(([a], [b]) => a - b)
}
