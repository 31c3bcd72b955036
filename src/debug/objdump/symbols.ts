// What a dump must know of a module before it prints any of it: names for indices, where index spaces begin, and how many
// parameters functions have. Gathered from whatever can be read; what can't is met again, and told, where it is printed.

import { readName } from '../../binary/read-vector.ts'
import { readImportEntry } from '../../binary/decode-imports.ts'
import { TypeDefinitions, readExternKind, readRecType } from '../../binary/decode-types.ts'
import {
  CUSTOM_SECTION,
  EXPORT_SECTION,
  FUNCTION_SECTION,
  IMPORT_SECTION,
  NAME_SECTION,
  TYPE_SECTION,
} from '../../binary/sections.ts'
import { ModuleError } from '../../errors/module-error.ts'
import { ByteReader } from '../../syntax/byte-reader.ts'
import { MODULE_LIMITS } from '../../syntax/limits.ts'
import type { Import } from '../../syntax/module.ts'
import type { ExternKind } from '../../syntax/types.ts'
import { nameEntries } from './name-entries.ts'
import { sectionRanges, type SectionRange } from './section-ranges.ts'

/** The spaces of indices for which names are shown. */
type ShownSpace = 'types' | 'funcs' | 'tables' | 'globals' | 'datas' | 'tags'

export class Symbols {
  moduleName: string | undefined = undefined
  /** Imports of each kind: definitions count on from there. */
  readonly imported: Record<ExternKind, number> = { func: 0, table: 0, memory: 0, global: 0, tag: 0 }
  private readonly names: Record<ShownSpace, Map<number, string>> = {
    types: new Map(),
    funcs: new Map(),
    tables: new Map(),
    globals: new Map(),
    datas: new Map(),
    tags: new Map(),
  }
  /** By function, and by type. */
  private readonly locals = new Map<number, Map<number, string>>()
  private readonly fields = new Map<number, Map<number, string>>()
  private readonly definitions = new TypeDefinitions()
  private readonly typeIndices: number[] = []

  /** ` <name>`, or nothing. */
  tag(space: ShownSpace, index: number): string {
    return tagOf(this.names[space].get(index))
  }

  localTag(funcIdx: number, localIdx: number): string {
    return tagOf(this.locals.get(funcIdx)?.get(localIdx))
  }

  fieldTag(typeIdx: number, fieldIdx: number): string {
    return tagOf(this.fields.get(typeIdx)?.get(fieldIdx))
  }

  paramCount(funcIdx: number): number {
    const type = this.definitions.types[this.typeIndices[funcIdx] ?? -1]
    return type?.kind === 'func' ? type.params.length : 0
  }

  static gather(bytes: Uint8Array): Symbols {
    const symbols = new Symbols()
    ignoringFaults(() => {
      for (const range of sectionRanges(bytes)) ignoringFaults(() => symbols.readSection(bytes, range))
    })
    return symbols
  }

  private readSection(bytes: Uint8Array, range: SectionRange): void {
    const reader = new ByteReader(bytes, range.contents, range.end)
    switch (range.id) {
      case TYPE_SECTION:
        return repeat(reader, () => readRecType(reader, this.definitions, MODULE_LIMITS))
      case IMPORT_SECTION:
        return repeat(reader, () => this.readImport(reader))
      case FUNCTION_SECTION:
        return repeat(reader, () => {
          this.typeIndices.push(reader.readU32())
        })
      case EXPORT_SECTION:
        return repeat(reader, () => this.readExport(reader))
      case CUSTOM_SECTION:
        if (range.name === NAME_SECTION) this.readNames(bytes, range)
    }
  }

  private readImport(reader: ByteReader): void {
    for (const each of readImportEntry(reader, MODULE_LIMITS).imports) this.addImport(each)
  }

  private addImport({ module, name: field, type }: Import): void {
    const name = `${module}.${field}`
    const index = this.imported[type.kind]++
    if (type.kind === 'func') this.typeIndices.push(type.typeIdx)
    if (type.kind !== 'memory') this.names[`${type.kind}s`].set(index, name)
  }

  private readExport(reader: ByteReader): void {
    const name = readName(reader)
    const kind = readExternKind(reader, 'export')
    const index = reader.readU32()
    if (kind === 'func' || kind === 'global') this.names[`${kind}s`].set(index, name)
  }

  /** They stand behind everything else, and win over the names of imports and exports. */
  private readNames(bytes: Uint8Array, range: SectionRange): void {
    for (const { space, outer, index, name } of nameEntries(bytes, range.contents, range.end)) {
      if (space === 'module') this.moduleName = name
      else if (space === 'locals' || space === 'fields') nameInner(this[space], outer, index, name)
      else if (space in this.names) this.names[space as ShownSpace].set(index, name)
    }
  }
}

function nameInner(maps: Map<number, Map<number, string>>, outer: number, index: number, name: string): void {
  const map = maps.get(outer) ?? new Map<number, string>()
  maps.set(outer, map)
  map.set(index, name)
}

function tagOf(name: string | undefined): string {
  return name === undefined || name === '' ? '' : ` <${visible(name)}>`
}

const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}]/gu

/** A name with escapes for what would break the line that it stands in, steer a terminal or reorder text. */
export function visible(name: string): string {
  return name.replace(INVISIBLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
}

/** Reads a vector. */
function repeat(reader: ByteReader, readEntry: () => void): void {
  const count = reader.readU32()
  for (let i = 0; i < count; i++) readEntry()
}

function ignoringFaults(read: () => void): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error
  }
}
