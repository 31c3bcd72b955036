// Encodes the import section, groups as groups: the counterpart of decode-imports.ts.

import type { ByteWriter } from '../syntax/byte-writer.ts'
import type { Import, ImportGroup, Module } from '../syntax/module.ts'
import { writeExternType } from './encode-types.ts'
import { IMPORTS_OF_MODULE, IMPORTS_OF_TYPE } from './sections.ts'
import { writeName, writeVector } from './write-section.ts'

/** The number of entries: a group is one. */
function countImportEntries({ imports, importGroups = [] }: Module): number {
  return importGroups.reduce((entries, { count }) => entries + 1 - count, imports.length)
}

/** The vector of entries. Precondition: groups ascend and don't overlap. */
export function writeImports(writer: ByteWriter, module: Module): void {
  const { imports, importGroups = [] } = module
  writer.writeU32(countImportEntries(module))
  let next = 0
  for (const group of importGroups) {
    for (; next < group.start; next++) writeImport(writer, imports[next]!)
    next += group.count
    writeGroup(writer, group, imports.slice(group.start, next))
  }
  for (; next < imports.length; next++) writeImport(writer, imports[next]!)
}

function writeImport(writer: ByteWriter, { module, name, type }: Import): void {
  writeName(writer, module)
  writeName(writer, name)
  writeExternType(writer, type)
}

function writeGroup(writer: ByteWriter, { module, type: shared }: ImportGroup, imports: readonly Import[]): void {
  writeName(writer, module)
  writeName(writer, '')
  writer.writeByte(shared === undefined ? IMPORTS_OF_MODULE : IMPORTS_OF_TYPE)
  if (shared !== undefined) writeExternType(writer, shared)
  writeVector(writer, imports, ({ name, type }) => {
    writeName(writer, name)
    if (shared === undefined) writeExternType(writer, type)
  })
}
