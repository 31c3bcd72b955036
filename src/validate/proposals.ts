// Which proposals a module needs, for engines in which some are switched off. Instructions know theirs; what a proposal added
// besides instructions, and the encodings that it opened, are told here. Only asked where something is off.

import { UsageError } from '../errors/heddle-error.ts'
import { ModuleError, type ModulePlace } from '../errors/module-error.ts'
import { quoted } from '../errors/quote.ts'
import type { Instruction } from '../instructions/define.ts'
import { InstructionReader } from '../instructions/instruction-reader.ts'
import { PROPOSALS } from '../instructions/proposals.ts'
import { instructionByName, proposalOf } from '../instructions/table.ts'
import { readValType } from '../instructions/type-codes.ts'
import {
  funcTypeAt,
  impliedElemType,
  indexSpaces,
  type Code,
  type Elem,
  type Module,
  type SegmentMode,
} from '../syntax/module.ts'
import { CONT, EMPTY_BLOCK, EXN, EXTERN, FUNC, FUNCREF, NOCONT, NOEXN, V128 } from '../syntax/types.ts'
import {
  heapTypeName,
  heapTypeOf,
  isExact,
  isNullable,
  isPacked,
  isRefType,
  resultTypeName,
  valTypeName,
} from '../syntax/types.ts'
import type { CompType, ExternType, FieldType, HeapType, ValType } from '../syntax/types.ts'
import { definitionName } from './errors.ts'

/** Proposals switched on and off, by name. What is not named is as it is by default. */
export type Features = Readonly<Record<string, boolean>>

/** The proposals that can be switched: the names of their repositories. */
export const FEATURE_NAMES: readonly string[] = PROPOSALS.map(({ name }) => name).filter((name) => name !== 'mvp')

/** Those of them that are off unless switched on; all of WebAssembly 3.0 is on. */
export const OPTIONAL_FEATURES: readonly string[] = PROPOSALS.filter(({ on }) => !on).map(({ name }) => name)

/** Where a module needs a proposal first, and what for. */
interface Requirement {
  /** The subject of a sentence: an instruction's name, `a passive segment` … */
  readonly what: string
  readonly place: ModulePlace
}

/** The proposals that are off. Throws a UsageError for a name that is none. */
export function disabledProposals(features: Features = {}): ReadonlySet<string> {
  if (Array.isArray(features)) throw new UsageError('features are an object, such as { threads: true }, not a list')
  for (const name of Object.keys(features)) {
    if (FEATURE_NAMES.includes(name)) continue
    throw new UsageError(`unknown feature ${quoted(name)}: there are ${FEATURE_NAMES.join(', ')}`)
  }
  return new Set(PROPOSALS.filter(({ name, on }) => !(features[name] ?? on)).map(({ name }) => name))
}

/**
 * Throws a ModuleError of kind `unsupported` where a module that is well-formed, valid or not, needs one of the proposals. Validation tells
 * whether its code may need one that is off by default: where not, and no other is off, the code is not read again.
 */
export function refuseProposals(module: Module, disabled: ReadonlySet<string>, isOptionalCode = true): void {
  const inCode = isOptionalCode || PROPOSALS.some(({ name, on }) => on && disabled.has(name))
  for (const [proposal, { what, place }] of requiredProposals(module, disabled, inCode)) {
    if (!disabled.has(proposal)) continue
    const remedy = `enable it with features: { '${proposal}': true }`
    throw new ModuleError('unsupported', `${what} needs the proposal "${proposal}", which is switched off: ${remedy}`, {
      ...place,
      proposal,
    })
  }
}

/** The proposals that a well-formed module needs, of those that are of interest, in the order in which it first does; `inCode`: whether to search
 * segments and bodies. */
export function requiredProposals(
  module: Module,
  wanted: ReadonlySet<string> = ALL_PROPOSALS,
  inCode = true,
): ReadonlyMap<string, Requirement> {
  const search = new Search(module)
  search.encoding()
  if (PROPOSALS.every(({ name, encodingOnly }) => encodingOnly === true || !wanted.has(name))) return search.found
  search.definitions()
  if (!inCode) return search.found
  search.segments()
  search.bodies()
  return search.found
}

const ALL_PROPOSALS: ReadonlySet<string> = new Set(PROPOSALS.map(({ name }) => name))

/** Instructions that a proposal admitted to constant expressions → its name. */
const CONSTANTS: ReadonlyMap<Instruction, string> = new Map(
  PROPOSALS.flatMap(({ name, constants = [] }) =>
    constants.map((constant) => [instructionByName(constant)!, name] as const),
  ),
)

/** The proposals of abstract heap types; those that are not listed came with gc. */
const HEAP_TYPES: ReadonlyMap<HeapType, string> = new Map([
  [FUNC, 'reference-types'],
  [EXTERN, 'reference-types'],
  [EXN, 'exception-handling'],
  [NOEXN, 'exception-handling'],
  [CONT, 'stack-switching'],
  [NOCONT, 'stack-switching'],
])

/** The section that bulk memory brought; a decoded module tells of it only where nothing needs it. */
const DATA_COUNT_SECTION = 12

class Search {
  readonly found: Map<string, Requirement> = new Map()
  private readonly module: Module
  private readonly importedGlobals: number

  constructor(module: Module) {
    this.module = module
    this.importedGlobals = module.imports.filter(({ type }) => type.kind === 'global').length
  }

  encoding(): void {
    const [group] = this.module.importGroups ?? []
    if (group !== undefined) this.need('compact-import-section', `a group of imports from ${quoted(group.module)}`, {})
  }

  definitions(): void {
    const { module } = this
    const { tables, memories, globals, tags, importedTables, importedMemories } = indexSpaces(module)
    this.types()
    for (const { module: from, name, type } of module.imports) {
      this.importType(type, { within: `import ${quoted(from)} ${quoted(name)}` })
    }
    if (tables.length > 1) this.need('reference-types', 'more than one table', {})
    tables.forEach(({ elem }, x) => {
      if (elem !== FUNCREF) this.valType(elem, { within: definitionName(module, 'table', x) })
    })
    module.tables.forEach(({ init }, x) => {
      if (init === undefined) return
      const within = definitionName(module, 'table', importedTables + x)
      this.need('function-references', 'a table with an initial value', { within })
      this.constExpr(init, within)
    })
    if (tags.length > 0) this.need('exception-handling', 'a tag', {})
    tags.forEach((typeIdx, x) => {
      const results = funcTypeAt(module, typeIdx)?.results ?? []
      if (results.length === 0) return
      const within = definitionName(module, 'tag', x)
      this.need('stack-switching', `non-empty tag result type ${resultTypeName(results)}`, { within })
    })
    tables.forEach(({ addrType }, x) => {
      if (addrType === 'i64') this.need('memory64', 'a 64-bit table', { within: definitionName(module, 'table', x) })
    })
    memories.slice(importedMemories).forEach(({ shared }, x) => {
      if (shared) this.sharedMemory({ within: definitionName(module, 'memory', importedMemories + x) })
    })
    if (memories.length > 1) this.need('multi-memory', 'more than one memory', {})
    memories.forEach(({ addrType, pageSizeLog2 }, x) => {
      const place = { within: definitionName(module, 'memory', x) }
      if (addrType === 'i64') this.need('memory64', 'a 64-bit memory', place)
      if (pageSizeLog2 !== undefined) this.need('custom-page-sizes', 'a memory that spells its page size', place)
    })
    module.globals.forEach(({ type, init }, x) => {
      const within = definitionName(module, 'global', this.importedGlobals + x)
      this.valType(type.type, { within })
      this.constExpr(init, within)
    })
    for (const { name, kind, index } of module.exports) {
      if (kind !== 'global' || globals[index]?.mutable !== true) continue
      this.need('mutable-global', 'an exported mutable global', { within: `export ${quoted(name)}` })
    }
    if (module.spareSections.includes(DATA_COUNT_SECTION)) {
      this.need('bulk-memory-operations', 'a data count section', {})
    }
  }

  private types(): void {
    const { module } = this
    if (module.recGroups.length > 0) this.need('gc', 'a recursion group', {})
    module.types.forEach((type, x) => {
      const place = { within: definitionName(module, 'type', x) }
      if (module.subtypes.has(x)) this.need('gc', 'a type that spells its supertypes', place)
      if (module.descriptors?.has(x) === true) {
        this.need('custom-descriptors', 'a type with a descriptor or of descriptors', place)
      }
      this.compType(type, place)
    })
  }

  private compType(type: CompType, place: ModulePlace): void {
    switch (type.kind) {
      case 'func': {
        const { params, results } = type
        for (const each of [...params, ...results]) this.valType(each, place)
        if (results.length > 1) this.need('multi-value', `a function type with ${results.length} results`, place)
        return
      }
      case 'struct':
        this.need('gc', 'a struct type', place)
        return type.fields.forEach((field) => this.fieldType(field, place))
      case 'array':
        this.need('gc', 'an array type', place)
        return this.fieldType(type.elem, place)
      case 'cont':
        return this.need('stack-switching', 'a continuation type', place)
    }
  }

  private fieldType({ type }: FieldType, place: ModulePlace): void {
    if (!isPacked(type)) this.valType(type, place)
  }

  segments(): void {
    const { module } = this
    module.elems.forEach((elem, x) => this.elem(elem, definitionName(module, 'elem', x)))
    module.datas.forEach(({ mode }, x) => {
      const within = definitionName(module, 'data', x)
      this.segmentMode(mode, 'multi-memory', within)
      if (mode.kind === 'active' && mode.explicit) {
        this.need('bulk-memory-operations', 'a data segment that spells its memory', { within })
      }
    })
  }

  bodies(): void {
    const { module } = this
    const imported = module.imports.filter(({ type }) => type.kind === 'func').length
    module.funcs.forEach(({ code }, i) => {
      const within = definitionName(module, 'func', imported + i)
      const reader = readerOf(code)
      for (let runs = reader.readU32(); runs > 0; runs--) {
        reader.readU32()
        this.valType(readValType(reader), { within })
      }
      while (reader.pos < reader.end) this.instruction(reader.next(), reader, within)
    })
  }

  private need(proposal: string, what: string, place: ModulePlace): void {
    if (!this.found.has(proposal)) this.found.set(proposal, { what, place })
  }

  private valType(type: ValType, place: ModulePlace): void {
    if (type === V128) this.need('simd', `the type ${valTypeName(type)}`, place)
    if (!isRefType(type)) return
    const heap = heapTypeOf(type)
    this.heapType(heap, valTypeName(type), place)
    if (heap < 0 && !isNullable(type)) this.need('function-references', `the type ${valTypeName(type)}`, place)
  }

  /** `name`: the type by which it is spelled. */
  private heapType(heap: HeapType, name: string, place: ModulePlace): void {
    const proposal = heap >= 0 ? 'function-references' : (HEAP_TYPES.get(heap) ?? 'gc')
    this.need(proposal, `the type ${name}`, place)
    if (isExact(heap)) this.need('custom-descriptors', `the type ${name}`, place)
  }

  private sharedMemory(place: ModulePlace): void {
    this.need('threads', 'a shared memory', place)
  }

  private importType(type: ExternType, place: ModulePlace): void {
    if (type.kind === 'func' && type.exact === true) this.need('custom-descriptors', 'an exact function import', place)
    if (type.kind === 'memory' && type.type.shared) this.sharedMemory(place)
    if (type.kind !== 'global') return
    this.valType(type.type.type, place)
    if (type.type.mutable) this.need('mutable-global', 'an imported mutable global', place)
  }

  private elem({ type, mode, items }: Elem, within: string): void {
    if (type !== impliedElemType(items)) this.valType(type, { within })
    this.segmentMode(mode, 'reference-types', within)
    if (mode.kind === 'declarative') this.need('reference-types', 'a declarative segment', { within })
    if (mode.kind === 'active' && mode.explicit) {
      this.need('reference-types', 'an element segment that spells its table', { within })
    }
    if (items instanceof Uint32Array) return
    this.need('bulk-memory-operations', 'an element segment of expressions', { within })
    for (const item of items) this.constExpr(item, within)
  }

  /** `several`: the proposal that has more than one of what the segment goes to. */
  private segmentMode(mode: SegmentMode, several: string, within: string): void {
    if (mode.kind === 'passive') this.need('bulk-memory-operations', 'a passive segment', { within })
    if (mode.kind !== 'active') return
    if (mode.index > 0) this.need(several, `a segment for index ${mode.index}`, { within })
    this.constExpr(mode.offset, within)
  }

  private constExpr(code: Code, within: string): void {
    const reader = readerOf(code)
    while (reader.pos < reader.end) {
      const row = reader.next()
      const extension = CONSTANTS.get(row)
      if (extension !== undefined) {
        const place = { within, offset: reader.start, instruction: row.name }
        this.need(extension, `${row.name} in a constant expression`, place)
      }
      if (row.immediates[0] === 'globalidx' && reader.x >= this.importedGlobals) {
        const place = { within, offset: reader.start, instruction: row.name }
        this.need('gc', `${row.name} of a global that is not imported, in a constant expression,`, place)
      }
      this.instruction(row, reader, within)
    }
  }

  private instruction(row: Instruction, reader: InstructionReader, within: string): void {
    const { name } = proposalOf(row)
    if (name === 'mvp' && row.immediates.length === 0) return
    const place = { within, offset: reader.start, instruction: row.name }
    if (name !== 'mvp') this.need(name, row.name, place)
    for (const kind of row.immediates) {
      if (kind === 'blocktype') this.blockType(reader.x, place)
      else if (kind === 'heaptype') this.heapType(reader.x, heapTypeName(reader.x), place)
      else if (kind === 'reftype' || kind === 'nullreftype') this.valType(reader.x, place)
      else if (kind === 'castop') for (const type of [reader.lo, reader.hi]) this.valType(type, place)
      else if (kind === 'valtypes') for (const type of reader.list.slice(0, reader.count)) this.valType(type, place)
      else if (kind === 'memarg' && spellsMemory(row, reader)) this.need('multi-memory', 'a memory index', place)
    }
    this.lastIndices(row, reader, place)
  }

  /** A type index could not be spelled before there were blocks with parameters and several results. */
  private blockType(type: number, place: ModulePlace): void {
    if (type >= 0 && !isRefType(type)) this.need('multi-value', 'a block type that is a type index', place)
    else if (type !== EMPTY_BLOCK) this.valType(type, place)
  }

  /** Indices of memories and tables, which stand last, were zero bytes until there could be more than one. */
  private lastIndices({ immediates }: Instruction, reader: InstructionReader, place: ModulePlace): void {
    const kind = immediates.at(-1)
    if (kind !== 'memidx' && kind !== 'tableidx') return
    const count = immediates.filter((each) => each === kind).length
    const { bytes, pos } = reader
    const before = pos - count
    const areZeroBytes = bytes.subarray(before, pos).every((byte) => byte === 0) && bytes[before - 1]! < 0x80
    if (areZeroBytes) return
    if (kind === 'memidx') this.need('multi-memory', 'a memory index', place)
    else this.need('reference-types', 'a table index', place)
  }
}

function readerOf(code: Code): InstructionReader {
  const reader = InstructionReader.of(code)
  // The module is valid, under whatever limit it was checked.
  return reader
}

/** Whether the alignment, which follows the opcode, has the bit that says that a memory index follows it. */
function spellsMemory({ opcode }: Instruction, { bytes, start }: InstructionReader): boolean {
  let alignment = start + 1
  if (opcode > 0xff) while (bytes[alignment++]! >= 0x80);
  return (bytes[alignment]! & 0x40) !== 0
}
