// Decodes a module from its bytes: the header, the sections and their order. Malformed input is told with the specification's wording
// and its offset; what the module means is left to the validator, and what the name section says to decode-names.ts.
// https://webassembly.github.io/spec/core/binary/modules.html

import { ModuleError } from '../errors/module-error.ts'
import { InstructionReader } from '../instructions/instruction-reader.ts'
import { UNEXPECTED_END } from '../syntax/byte-reader.ts'
import { MODULE_LIMITS, type ModuleLimits } from '../syntax/limits.ts'
import type {
  CustomSection,
  Data,
  Elem,
  Export,
  Func,
  Global,
  Import,
  ImportGroup,
  Module,
  Table,
  Tag,
} from '../syntax/module.ts'
import type { ExternKind, MemoryType } from '../syntax/types.ts'
import { CodeDecoder } from './decode-code.ts'
import { readImportEntry, type ImportEntry } from './decode-imports.ts'
import { readData, readElem } from './decode-segments.ts'
import {
  readExternKind,
  readGlobalType,
  readMemoryType,
  TypeDefinitions,
  readRecType,
  readTableType,
  readTag,
} from './decode-types.ts'
import { isOverrun, overLimit, readCount, readLength, readName, readSized } from './read-vector.ts'
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
  SECTION_ORDER,
  START_SECTION,
  TABLE_SECTION,
  TABLE_WITH_INIT,
  TAG_SECTION,
  TYPE_SECTION,
  VERSION,
} from './sections.ts'

export interface DecodeOptions {
  readonly limits?: ModuleLimits | undefined
}

/**
 * The module keeps `bytes`: its code, data segments and custom sections are stretches of it. They must not change as long as the
 * module is in use; copy them first where somebody else could write to them. Throws ModuleError of every kind but `invalid`
 * (a type index beyond 2^30 is the exception).
 */
export function decodeModule(bytes: Uint8Array, options: DecodeOptions = {}): Module {
  const limits = options.limits ?? MODULE_LIMITS
  try {
    return new ModuleDecoder(bytes, limits, true).decode()
  } catch (error) {
    throw error instanceof ModuleError && isOverrun(error) ? reworded(error, bytes, limits) : error
  }
}

/**
 * The specification's interpreter reads on behind the end of a section or body and compares sizes afterwards, so its wording for
 * one that is cut short depends on what it finds there. So does this one: with the verdict settled, it reads like that for the words.
 */
function reworded(error: ModuleError, bytes: Uint8Array, limits: ModuleLimits): unknown {
  try {
    new ModuleDecoder(bytes, limits, false).decode()
  } catch (other) {
    if (!(other instanceof ModuleError)) return other
    if (other.kind === 'malformed') return new ModuleError('malformed', other.reason, error.place)
  }
  return error
}

class ModuleDecoder {
  private readonly limits: ModuleLimits
  private readonly bounded: boolean
  private readonly reader: InstructionReader
  private readonly code: CodeDecoder
  private readonly definitions = new TypeDefinitions()
  private readonly imports: Import[] = []
  private readonly importGroups: ImportGroup[] = []
  /** From the function section, until the code section gives the bodies. */
  private typeIndices = new Uint32Array(0)
  private readonly funcs: Func[] = []
  private readonly tables: Table[] = []
  private readonly memories: MemoryType[] = []
  private readonly globals: Global[] = []
  private readonly tags: Tag[] = []
  private readonly exports: Export[] = []
  private start: number | undefined
  private readonly elems: Elem[] = []
  private dataCount: number | undefined
  /** Whether a function's code names a data segment. */
  private needsDataCount = false
  private readonly datas: Data[] = []
  private readonly customs: CustomSection[] = []
  private readonly spareSections: number[] = []

  /** `bounded`: see `readSized`. */
  constructor(bytes: Uint8Array, limits: ModuleLimits, bounded: boolean) {
    if (bytes.length > limits.moduleBytes) throw overLimit('bytes', bytes.length, limits.moduleBytes, 0)
    this.limits = limits
    this.bounded = bounded
    this.reader = new InstructionReader(bytes)
    this.reader.maxLabels = limits.brTableTargets
    this.code = new CodeDecoder(this.reader, limits, bounded)
  }

  decode(): Module {
    const { reader } = this
    this.readHeader()
    let last = 0
    while (reader.pos < reader.end) {
      const id = this.readSectionId(last)
      const size = readLength(reader)
      const end = reader.pos + size
      readSized(reader, size, this.bounded, () => {
        if (id === CUSTOM_SECTION) this.readCustom(last, end)
        else this.readSection(id)
      })
      if (id !== CUSTOM_SECTION) last = id
    }
    this.checkLengths()
    return this.finish()
  }

  private readHeader(): void {
    const { reader } = this
    if (reader.readFixed32() !== MAGIC) throw reader.malformed('magic header not detected', 0)
    if (reader.readFixed32() !== VERSION) throw reader.malformed('unknown binary version', 4)
  }

  /** `last` is the id of the last section that was not a custom one. */
  private readSectionId(last: number): number {
    const { reader } = this
    const start = reader.pos
    const id = reader.readByte()
    if (id === CUSTOM_SECTION) return id
    const place = SECTION_ORDER.indexOf(id)
    if (place < 0) throw reader.malformed('malformed section id', start)
    if (place <= SECTION_ORDER.indexOf(last)) throw reader.malformed('unexpected content after last section', start)
    return id
  }

  private readCustom(after: number, end: number): void {
    const { reader } = this
    const name = readName(reader)
    if (reader.pos > end) throw reader.malformed(UNEXPECTED_END, end)
    this.customs.push({ name, bytes: reader.readBytes(end - reader.pos), after })
  }

  private readSection(id: number): void {
    const { reader, limits, code } = this
    switch (id) {
      case TYPE_SECTION:
        return this.readTypes()
      case IMPORT_SECTION:
        return this.readImports()
      case FUNCTION_SECTION:
        return this.readFunctions()
      case TABLE_SECTION:
        this.readVector(id, this.tables, limits.tables, 'tables', () => this.readTable())
        return this.checkWithImports('table', this.tables.length, limits.tables)
      case MEMORY_SECTION:
        this.readVector(id, this.memories, limits.memories, 'memories', () => readMemoryType(reader))
        return this.checkWithImports('memory', this.memories.length, limits.memories)
      case TAG_SECTION:
        return this.readVector(id, this.tags, limits.tags, 'tags', () => readTag(reader))
      case GLOBAL_SECTION:
        return this.readVector(id, this.globals, limits.globals, 'globals', () => this.readGlobal())
      case EXPORT_SECTION:
        return this.readVector(id, this.exports, limits.exports, 'exports', () => this.readExport())
      case START_SECTION:
        this.start = reader.readU32()
        return
      case ELEMENT_SECTION:
        return this.readVector(id, this.elems, limits.elems, 'element segments', () => readElem(reader, code, limits))
      case DATA_COUNT_SECTION:
        return this.readDataCount()
      case CODE_SECTION:
        return this.readBodies()
      case DATA_SECTION:
        return this.readVector(id, this.datas, limits.datas, 'data segments', () => readData(reader, code))
    }
  }

  private readTypes(): void {
    const { reader, limits, definitions } = this
    const count = readCount(reader, limits.types, 'types')
    if (count === 0) this.spareSections.push(TYPE_SECTION)
    for (let i = 0; i < count; i++) readRecType(reader, definitions, limits)
  }

  private readVector<T>(id: number, into: T[], limit: number, what: string, readEntry: () => T): void {
    const count = readCount(this.reader, limit, what)
    if (count === 0) this.spareSections.push(id)
    for (let i = 0; i < count; i++) into.push(readEntry())
  }

  private readImports(): void {
    const { reader, limits } = this
    const start = reader.pos
    const entries = readCount(reader, limits.imports, 'imports')
    if (entries === 0) this.spareSections.push(IMPORT_SECTION)
    for (let i = 0; i < entries; i++) this.addImports(readImportEntry(reader, limits), start)
    this.checkWithImports('table', 0, limits.tables)
    this.checkWithImports('memory', 0, limits.memories)
  }

  private addImports({ imports, group }: ImportEntry, offset: number): void {
    const { limits } = this
    const start = this.imports.length
    const count = imports.length
    if (start + count > limits.imports) throw overLimit('imports', start + count, limits.imports, offset)
    for (const each of imports) this.imports.push(each)
    if (group !== undefined) this.importGroups.push({ ...group, start, count })
  }

  private checkWithImports(kind: ExternKind, defined: number, limit: number): void {
    const count = this.importedCount(kind) + defined
    if (count > limit) throw overLimit(`definitions and imports of kind ${kind}`, count, limit, this.reader.pos)
  }

  private importedCount(kind: ExternKind): number {
    return this.imports.reduce((count, { type }) => count + (type.kind === kind ? 1 : 0), 0)
  }

  private readFunctions(): void {
    const { reader } = this
    const count = readCount(reader, this.limits.funcs, 'functions')
    if (count === 0) this.spareSections.push(FUNCTION_SECTION)
    this.typeIndices = new Uint32Array(count)
    for (let i = 0; i < count; i++) this.typeIndices[i] = reader.readU32()
  }

  private readTable(): Table {
    const { reader } = this
    if (reader.peekByte() !== TABLE_WITH_INIT) return { type: readTableType(reader) }
    reader.pos++
    const start = reader.pos
    if (reader.readByte() !== 0) throw reader.malformed('malformed table', start)
    return { type: readTableType(reader), init: this.code.readExpr() }
  }

  private readGlobal(): Global {
    return { type: readGlobalType(this.reader), init: this.code.readExpr() }
  }

  private readExport(): Export {
    const { reader } = this
    return { name: readName(reader), kind: readExternKind(reader, 'export'), index: reader.readU32() }
  }

  private readDataCount(): void {
    const start = this.reader.pos
    this.dataCount = this.reader.readU32()
    if (this.dataCount > this.limits.datas) throw overLimit('data segments', this.dataCount, this.limits.datas, start)
  }

  private readBodies(): void {
    const { reader, code, funcs, typeIndices } = this
    const { types } = this.definitions
    const count = readCount(reader, this.limits.funcs, 'functions')
    if (count === 0) this.spareSections.push(CODE_SECTION)
    code.dataIdxOffset = undefined
    try {
      for (let i = 0; i < count; i++) {
        // Whether there are as many types as bodies is told when the module has ended, in the specification's order.
        const typeIdx = typeIndices[i] ?? 0
        const type = types[typeIdx]
        funcs.push({ typeIdx, code: code.readBody(type?.kind === 'func' ? type.params.length : 0) })
      }
    } catch (error) {
      if (!(error instanceof ModuleError)) throw error
      throw error.at({ within: `func ${this.importedCount('func') + funcs.length}` })
    }
    this.needsDataCount = code.dataIdxOffset !== undefined
    if (this.needsDataCount && this.dataCount === undefined) {
      throw reader.malformed('data count section required', code.dataIdxOffset)
    }
  }

  private checkLengths(): void {
    const { reader, dataCount, datas } = this
    if (this.funcs.length !== this.typeIndices.length) {
      throw reader.malformed('function and code section have inconsistent lengths')
    }
    if (dataCount !== undefined && dataCount !== datas.length) {
      throw reader.malformed('data count and data section have inconsistent lengths')
    }
    if (dataCount !== undefined && !this.needsDataCount) this.spareSections.push(DATA_COUNT_SECTION)
  }

  private finish(): Module {
    const { imports, funcs, tables, memories, tags, globals, exports, start, elems, datas, customs } = this
    const { spareSections } = this
    const { types, subtypes, descriptors, recGroups } = this.definitions
    const sections = { imports, funcs, tables, memories, globals, tags, exports, elems, datas }
    const definitions = { types, subtypes, recGroups, ...sections }
    return {
      ...definitions,
      ...(descriptors.size === 0 ? {} : { descriptors }),
      ...(this.importGroups.length === 0 ? {} : { importGroups: this.importGroups }),
      ...(start === undefined ? {} : { start }),
      customs,
      spareSections,
    }
  }
}
