// Decodes the name section, extended names included. Names are decoration, so this never fails: an entry that makes no sense is
// passed over, and where the bytes stop making sense a subsection ends. Index spaces and quotas bound what is kept.
// https://webassembly.github.io/spec/core/appendix/custom.html#name-section

import { ModuleError } from '../errors/module-error.ts'
import { ByteReader } from '../syntax/byte-reader.ts'
import type { Module } from '../syntax/module.ts'
import type { IndirectSpace, NameMap, NamedSpace, Names } from '../syntax/names.ts'
import { innerLimit, isIndirect, nameSpaceOf, nameSpaceSize } from './name-spaces.ts'
import { decodeUtf8 } from './read-vector.ts'
import { NAME_SECTION } from './sections.ts'

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
    const space = nameSpaceOf(id)
    if (space === undefined || this.names[space] !== undefined) return
    if (space === 'module') this.names.module = this.readName()
    else if (isIndirect(space)) this.readIndirectMap(space)
    else this.readMap(space)
  }

  private readMap(space: NamedSpace): void {
    const map = new Map<number, string>()
    this.names[space] = map
    this.fillMap(map, nameSpaceSize(this.module, space))
  }

  private readIndirectMap(space: IndirectSpace): void {
    const outer = nameSpaceSize(this.module, space)
    const maps = new Map<number, NameMap>()
    this.names[space] = maps
    const count = this.reader.readU32()
    for (let i = 0; i < count && this.kept < this.quotas.names; i++) {
      const index = this.reader.readU32()
      const map = new Map<number, string>()
      // A map that breaks off still counts, so it is entered first.
      if (index < outer && !maps.has(index)) {
        maps.set(index, map)
        this.kept++
      }
      this.fillMap(map, innerLimit(space))
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
