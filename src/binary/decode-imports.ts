// Decodes the entries of the import section: an import by itself, or a group that spells the name of its module once, and perhaps its type.
// https://webassembly.github.io/compact-import-section/core/binary/modules.html#import-section

import type { ByteReader } from '../syntax/byte-reader.ts'
import type { ModuleLimits } from '../syntax/limits.ts'
import type { Import, ImportGroup } from '../syntax/module.ts'
import { readExternType } from './decode-types.ts'
import { readCount, readName } from './read-vector.ts'
import { IMPORTS_OF_MODULE, IMPORTS_OF_TYPE } from './sections.ts'

export interface ImportEntry {
  readonly imports: readonly Import[]
  /** Undefined where the import stands by itself. */
  readonly group?: Pick<ImportGroup, 'module' | 'type'> | undefined
}

export function readImportEntry(reader: ByteReader, limits: ModuleLimits): ImportEntry {
  const module = readName(reader)
  const name = readName(reader)
  if (name === '') {
    // Where the kind of an import would stand; the bytes are no kinds.
    const form = reader.peekByte()
    if (form === IMPORTS_OF_MODULE || form === IMPORTS_OF_TYPE) {
      reader.pos++
      return form === IMPORTS_OF_MODULE
        ? readTypedItems(reader, module, limits)
        : readNamedItems(reader, module, limits)
    }
  }
  return { imports: [{ module, name, type: readExternType(reader) }] }
}

function readTypedItems(reader: ByteReader, module: string, limits: ModuleLimits): ImportEntry {
  const imports: Import[] = []
  const count = readCount(reader, limits.imports, 'imports')
  for (let i = 0; i < count; i++) imports.push({ module, name: readName(reader), type: readExternType(reader) })
  return { imports, group: { module } }
}

function readNamedItems(reader: ByteReader, module: string, limits: ModuleLimits): ImportEntry {
  const type = readExternType(reader)
  const imports: Import[] = []
  const count = readCount(reader, limits.imports, 'imports')
  for (let i = 0; i < count; i++) imports.push({ module, name: readName(reader), type })
  return { imports, group: { module, type } }
}
