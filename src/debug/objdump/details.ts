// `-x`: what each section holds, an entry a line. Entries are printed while they are read, so that those before a fault are seen.

import {
  readExternKind,
  readGlobalType,
  readMemoryType,
  TypeDefinitions,
  readRecType,
  readTableType,
  readTag,
} from '../../binary/decode-types.ts'
import { readImportEntry } from '../../binary/decode-imports.ts'
import { readName } from '../../binary/read-vector.ts'
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
  MEMORY_SECTION,
  START_SECTION,
  TABLE_SECTION,
  TABLE_WITH_INIT,
  TAG_SECTION,
  TYPE_SECTION,
} from '../../binary/sections.ts'
import { InstructionReader } from '../../instructions/instruction-reader.ts'
import { MODULE_LIMITS } from '../../syntax/limits.ts'
import { pageSizeOf, spellStorageType, valTypeName } from '../../syntax/types.ts'
import type {
  AddrType,
  CompType,
  DescriptorClauses,
  ExternKind,
  ExternType,
  FieldType,
  FuncType,
} from '../../syntax/types.ts'
import type { GlobalType, Limits, MemoryType, Subtyping, TableType } from '../../syntax/types.ts'
import { customDetails } from './custom-details.ts'
import { initText, readInit } from './init-expr.ts'
import type { SectionRange } from './section-ranges.ts'
import { dataDetails, elemDetails } from './segment-details.ts'
import { visible, type Symbols } from './symbols.ts'

/** Throws where the contents of the section are malformed. */
export function* sectionDetails(bytes: Uint8Array, range: SectionRange, symbols: Symbols): Generator<string, void> {
  yield range.title
  const reader = new InstructionReader(bytes, range.contents, range.end)
  const entry = entryPrinter(range.id, reader, symbols)
  if (entry === undefined) {
    yield ':\n'
    yield* plainDetails(bytes, range, reader, symbols)
    return
  }
  const count = reader.readU32()
  yield `[${count}]:\n`
  for (let i = 0; i < count; i++) yield* entry(i)
  if (reader.pos !== range.end) throw reader.malformed('section size mismatch')
}

/** Sections that are no vector. */
function* plainDetails(
  bytes: Uint8Array,
  range: SectionRange,
  reader: InstructionReader,
  symbols: Symbols,
): Generator<string, void> {
  if (range.id === START_SECTION) {
    const funcIdx = reader.readU32()
    yield ` - start function: ${funcIdx}${symbols.tag('funcs', funcIdx)}\n`
  } else if (range.id === DATA_COUNT_SECTION) yield ` - data count: ${reader.readU32()}\n`
  else if (range.id === CUSTOM_SECTION) yield* customDetails(bytes, range, symbols)
}

/** Prints the entry at a position of the section. */
type EntryPrinter = (position: number) => Iterable<string>

/** Undefined where the section is no vector, or is not known. */
function entryPrinter(id: number, reader: InstructionReader, symbols: Symbols): EntryPrinter | undefined {
  const { imported } = symbols
  switch (id) {
    case TYPE_SECTION:
      return typePrinter(reader, symbols)
    case IMPORT_SECTION:
      return importPrinter(reader, symbols)
    case FUNCTION_SECTION:
      return (i) => [funcText(imported.func + i, reader.readU32(), symbols)]
    case TABLE_SECTION:
      return (i) => {
        const index = imported.table + i
        return [` - table[${index}] ${tableText(reader, symbols)}${symbols.tag('tables', index)}\n`]
      }
    case MEMORY_SECTION:
      return (i) => [` - memory[${imported.memory + i}] ${memoryTypeText(readMemoryType(reader))}\n`]
    case TAG_SECTION:
      return (i) => {
        const index = imported.tag + i
        return [` - tag[${index}] sig=${readTag(reader).typeIdx}${symbols.tag('tags', index)}\n`]
      }
    case GLOBAL_SECTION:
      return (i) => {
        const index = imported.global + i
        const type = globalTypeText(readGlobalType(reader))
        const init = initText(readInit(reader), symbols, false)
        return [` - global[${index}] ${type}${symbols.tag('globals', index)}${init}\n`]
      }
    case EXPORT_SECTION:
      return () => [exportText(reader, symbols)]
    case ELEMENT_SECTION:
      return (i) => elemDetails(reader, i, symbols)
    case CODE_SECTION:
      return (i) => [bodyText(reader, imported.func + i, symbols)]
    case DATA_SECTION:
      return (i) => dataDetails(reader, i, symbols)
    default:
      return undefined
  }
}

/** An entry of the type section may define any number of types. */
function typePrinter(reader: InstructionReader, symbols: Symbols): EntryPrinter {
  const definitions = new TypeDefinitions()
  const { types, subtypes, descriptors, recGroups } = definitions
  return function* () {
    const [first, groups] = [types.length, recGroups.length]
    readRecType(reader, definitions, MODULE_LIMITS)
    const group = recGroups[groups]
    if (group !== undefined) yield ` - rec group of ${group.count}:\n`
    for (let i = first; i < types.length; i++) {
      const prefix = subtypingText(subtypes.get(i)) + clausesText(descriptors.get(i))
      yield ` - type[${i}] ${prefix}${compTypeText(types[i]!, i, symbols)}\n`
    }
  }
}

function subtypingText(subtyping: Subtyping | undefined): string {
  if (subtyping === undefined) return ''
  return `sub ${subtyping.final ? 'final ' : ''}${subtyping.supertypes.map((x) => `${x} `).join('')}`
}

function clausesText({ describes, descriptor }: DescriptorClauses = {}): string {
  const described = describes === undefined ? '' : `describes ${describes} `
  return described + (descriptor === undefined ? '' : `descriptor ${descriptor} `)
}

function compTypeText(type: CompType, typeIdx: number, symbols: Symbols): string {
  switch (type.kind) {
    case 'func':
      return funcTypeText(type)
    case 'struct':
      return `struct {${type.fields.map((field, i) => fieldText(field) + symbols.fieldTag(typeIdx, i)).join(', ')}}`
    case 'array':
      return `array [${fieldText(type.elem)}]`
    case 'cont':
      return `cont ${type.typeIdx}`
  }
}

function fieldText({ type, mutable }: FieldType): string {
  return `${mutable ? 'mut ' : ''}${spellStorageType(type, String)}`
}

function tableText(reader: InstructionReader, symbols: Symbols): string {
  if (reader.peekByte() !== TABLE_WITH_INIT) return tableTypeText(readTableType(reader))
  reader.pos += 2
  const type = tableTypeText(readTableType(reader))
  return `${type}${initText(readInit(reader), symbols, false)}`
}

function importPrinter(reader: InstructionReader, symbols: Symbols): EntryPrinter {
  const next: Record<ExternKind, number> = { func: 0, table: 0, memory: 0, global: 0, tag: 0 }
  return () => {
    const { imports, group } = readImportEntry(reader, MODULE_LIMITS)
    const lines = imports.map(({ module, name, type }) => {
      const index = next[type.kind]++
      const what = `${type.kind}[${index}] ${externTypeText(type, index, symbols)}`
      return ` - ${what} <- ${visible(module)}.${visible(name)}\n`
    })
    if (group === undefined) return lines
    const shared = group.type === undefined ? '' : ' of one type'
    return [` - group of ${imports.length}${shared} <- ${visible(group.module)}\n`, ...lines.map((line) => ` ${line}`)]
  }
}

function externTypeText(type: ExternType, index: number, symbols: Symbols): string {
  switch (type.kind) {
    case 'func':
      return `${type.exact === true ? 'exact ' : ''}sig=${type.typeIdx}${symbols.tag('funcs', index)}`
    case 'table':
      return tableTypeText(type.type)
    case 'memory':
      return memoryTypeText(type.type)
    case 'global':
      return globalTypeText(type.type)
    case 'tag':
      return `sig=${type.typeIdx}${symbols.tag('tags', index)}`
  }
}

function exportText(reader: InstructionReader, symbols: Symbols): string {
  const name = visible(readName(reader))
  const kind = readExternKind(reader, 'export')
  const index = reader.readU32()
  const tag = kind === 'func' ? symbols.tag('funcs', index) : ''
  return ` - ${kind}[${index}]${tag} -> "${name}"\n`
}

function funcText(index: number, typeIdx: number, symbols: Symbols): string {
  return ` - func[${index}] sig=${typeIdx}${symbols.tag('funcs', index)}\n`
}

function bodyText(reader: InstructionReader, index: number, symbols: Symbols): string {
  const size = reader.readU32()
  reader.readBytes(size)
  return ` - func[${index}] size=${size}${symbols.tag('funcs', index)}\n`
}

function funcTypeText({ params, results }: FuncType): string {
  const list = params.map(valTypeName).join(', ')
  return `(${list}) -> ${resultsText(results.map(valTypeName))}`
}

function resultsText(results: readonly string[]): string {
  if (results.length === 0) return 'nil'
  return results.length === 1 ? results[0]! : `(${results.join(', ')})`
}

function tableTypeText({ elem, limits, addrType }: TableType): string {
  return `type=${valTypeName(elem)} ${limitsText(limits)}${addrTypeText(addrType)}`
}

function memoryTypeText(type: MemoryType): string {
  const { limits, shared, addrType, pageSizeLog2 } = type
  const pageSize = pageSizeLog2 === undefined ? '' : ` (pagesize ${BigInt(pageSizeOf(type))})`
  return `pages: ${limitsText(limits)}${shared ? ' shared' : ''}${addrTypeText(addrType)}${pageSize}`
}

function addrTypeText(addrType: AddrType): string {
  return addrType === 'i64' ? ' i64' : ''
}

function globalTypeText({ type, mutable }: GlobalType): string {
  return `${valTypeName(type)} mutable=${mutable ? 1 : 0}`
}

function limitsText({ min, max }: Limits): string {
  return `initial=${min}${max === undefined ? '' : ` max=${max}`}`
}
