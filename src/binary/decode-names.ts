// Decodes the name section, extended names included. Names are decoration, so this never fails: an entry that makes no sense is
// passed over, and where the bytes stop making sense a subsection ends. Index spaces and quotas bound what is kept.
// https://webassembly.github.io/spec/core/appendix/custom.html#name-section

import { ModuleError } from '../errors/module-error.ts'
import { ByteReader } from '../syntax/byte-reader.ts'
import { MODULE_LIMITS } from '../syntax/limits.ts'
import type { Module } from '../syntax/module.ts'
import type { NameMap, Names } from '../syntax/names.ts'
import type { ExternKind } from '../syntax/types.ts'
import { decodeUtf8 } from './read-vector.ts'
import { NAME_SECTION, NAME_SUBSECTIONS } from './sections.ts'

interface NameQuotas {
  /** Names of a module that are kept; V8's maps hold 2^24 entries at most. */
  readonly names: number
  /** Bytes of one name; a longer one is passed over. */
  readonly nameBytes: number
}

export const NAME_QUOTAS: NameQuotas = { names: 4_000_000, nameBytes: 100_000 }

/** `Names` under construction. */
type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** The names that came with the module, else those of its name section. */
export function decodeNames(module: Module, quotas: NameQuotas = NAME_QUOTAS): Names {
  if (module.names !== undefined) return module.names
  const section = module.customs.find(({ name }) => name === NAME_SECTION)
  return section === undefined ? {} : new NameDecoder(module, section.bytes, quotas).decode()
}

class NameDecoder {
  private readonly module: Module
  private readonly reader: ByteReader
  private readonly quotas: NameQuotas
  private readonly names: Mutable<Names> = {}
  private kept = 0

  constructor(module: Module, bytes: Uint8Array, quotas: NameQuotas) {
    this.module = module
    this.reader = new ByteReader(bytes)
    this.quotas = quotas
  }

  decode(): Names {
    const { reader } = this
    const sectionEnd = reader.end
    this.untilMalformed(() => {
      while (reader.pos < sectionEnd) {
        const id = reader.readByte()
        const size = reader.readU32()
        const next = Math.min(reader.pos + size, sectionEnd)
        reader.end = next
        this.untilMalformed(() => this.readSubsection(id))
        reader.pos = next
        reader.end = sectionEnd
      }
    })
    return this.names
  }

  /** What was read before the bytes stopped making sense is kept. */
  private untilMalformed(read: () => void): void {
    try {
      read()
    } catch (error) {
      if (!(error instanceof ModuleError)) throw error
    }
  }

  /** Where a subsection stands twice, the first counts. */
  private readSubsection(id: number): void {
    const { names, module } = this
    switch (id) {
      case NAME_SUBSECTIONS.module:
        names.module ??= this.readName()
        return
      case NAME_SUBSECTIONS.funcs:
        return this.readMap('funcs', this.total('func', module.funcs.length))
      case NAME_SUBSECTIONS.locals:
        return this.readIndirectMap('locals', this.total('func', module.funcs.length), MODULE_LIMITS.locals)
      case NAME_SUBSECTIONS.labels:
        return this.readIndirectMap('labels', this.total('func', module.funcs.length), MODULE_LIMITS.bodyBytes)
      case NAME_SUBSECTIONS.types:
        return this.readMap('types', module.types.length)
      case NAME_SUBSECTIONS.tables:
        return this.readMap('tables', this.total('table', module.tables.length))
      case NAME_SUBSECTIONS.memories:
        return this.readMap('memories', this.total('memory', module.memories.length))
      case NAME_SUBSECTIONS.globals:
        return this.readMap('globals', this.total('global', module.globals.length))
      case NAME_SUBSECTIONS.elems:
        return this.readMap('elems', module.elems.length)
      case NAME_SUBSECTIONS.datas:
        return this.readMap('datas', module.datas.length)
      case NAME_SUBSECTIONS.fields:
        return this.readIndirectMap('fields', module.types.length, MODULE_LIMITS.fields)
      case NAME_SUBSECTIONS.tags:
        return this.readMap('tags', this.total('tag', module.tags.length))
    }
  }

  /** The size of an index space. */
  private total(kind: ExternKind, defined: number): number {
    return this.module.imports.reduce((count, { type }) => count + (type.kind === kind ? 1 : 0), defined)
  }

  private readMap(space: Exclude<keyof Names, 'module' | 'locals' | 'labels' | 'fields'>, size: number): void {
    if (this.names[space] !== undefined) return
    const map = new Map<number, string>()
    this.names[space] = map
    this.fillMap(map, size)
  }

  /** `owners`: the size of the index space of the functions or types that have a map each. */
  private readIndirectMap(space: 'locals' | 'labels' | 'fields', owners: number, size: number): void {
    if (this.names[space] !== undefined) return
    const maps = new Map<number, NameMap>()
    this.names[space] = maps
    const count = this.reader.readU32()
    for (let i = 0; i < count && this.kept < this.quotas.names; i++) {
      const owner = this.reader.readU32()
      const map = new Map<number, string>()
      // A map that breaks off still counts, so it is entered first.
      if (owner < owners && !maps.has(owner)) {
        maps.set(owner, map)
        this.kept++
      }
      this.fillMap(map, size)
    }
  }

  /** Of several names for one index the first counts. */
  private fillMap(map: Map<number, string>, size: number): void {
    const count = this.reader.readU32()
    for (let i = 0; i < count && this.kept < this.quotas.names; i++) {
      const index = this.reader.readU32()
      const name = this.readName()
      if (name === undefined || index >= size || map.has(index)) continue
      map.set(index, name)
      this.kept++
    }
  }

  /** Undefined where it is too long or not UTF-8. */
  private readName(): string | undefined {
    const bytes = this.reader.readBytes(this.reader.readU32())
    return bytes.length > this.quotas.nameBytes ? undefined : decodeUtf8(bytes)
  }
}
