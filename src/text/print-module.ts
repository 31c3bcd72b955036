// Prints a module as text that parses back to the same module: the fields in the order of the binary format's sections, every index
// and type spelled as the binary format spells it. What the text has no form for gets lost: sections that are there though empty, a
// data count that nothing needs, locals grouped otherwise than by their types.
// https://webassembly.github.io/spec/core/text/modules.html

import { BRANCH_HINT, printableBranchHints, type BranchHintMap } from '../instructions/branch-hints.ts'
import { InstructionReader } from '../instructions/instruction-reader.ts'
import {
  indexSpaces,
  type Code,
  type Export,
  type Import,
  type ImportGroup,
  type IndexSpaces,
  type Module,
} from '../syntax/module.ts'
import type { Names } from '../syntax/names.ts'
import { memoryTypeName, type ExternKind, type ExternType } from '../syntax/types.ts'
import { ArityCounter } from './arity.ts'
import { Folding } from './fold.ts'
import { moduleIds, type ModuleIds } from './module-ids.ts'
import { FoldedPrinter } from './print-folded.ts'
import { FuncPrinter } from './print-func.ts'
import { IdSpace } from './print-ids.ts'
import { InstructionPrinter } from './print-instr.ts'
import { MAX_TEXT_LENGTH, PrintOutput, textTooLong } from './print-output.ts'
import { SegmentPrinter } from './print-segments.ts'
import { printName } from './print-string.ts'
import { TypeDefinitionPrinter } from './print-type-definitions.ts'
import { TypePrinter } from './print-types.ts'

export interface PrintOptions {
  /**
   * What identifiers are made of; those that the module has from its text, if absent. A custom section `name` is left out where
   * there are any, else it is printed like every other custom section.
   */
  readonly names?: Names | undefined
  /** Operands inside the parentheses of their instruction. */
  readonly folded?: boolean | undefined
  /** Spaces per level; 2 if absent. */
  readonly indent?: number | undefined
}

/**
 * Precondition: code is nested well, as decoder and parser see to. The module needn't be valid. Throws a ModuleError of kind
 * `limit` where the text would be longer than a string can be.
 */
export function printModule(module: Module, options: PrintOptions = {}): string {
  const chunks: string[] = []
  let length = 0
  for (const chunk of printModuleChunks(module, options)) {
    length += chunk.length
    if (length > MAX_TEXT_LENGTH) throw textTooLong()
    chunks.push(chunk)
  }
  return chunks.join('')
}

/** The same in pieces of some 64 KiB (one function or segment may be a longer one), for texts of any length. */
export function* printModuleChunks(module: Module, options: PrintOptions = {}): Generator<string, void> {
  const output = new PrintOutput(options.indent ?? 2)
  for (const printField of new ModulePrinter(module, options, output).fields()) {
    printField()
    if (output.length >= CHUNK_LENGTH) yield output.take()
  }
  yield output.take()
}

const CHUNK_LENGTH = 65_536

type PrintField = () => void

class ModulePrinter {
  private readonly module: Module
  private readonly names: Names
  private readonly hints: BranchHintMap
  private readonly spaces: IndexSpaces
  private readonly ids: ModuleIds
  private readonly output: PrintOutput
  private readonly types: TypePrinter
  private readonly funcs: FuncPrinter
  private readonly exprs: FoldedPrinter
  private readonly segments: SegmentPrinter

  constructor(module: Module, options: PrintOptions, output: PrintOutput) {
    const names = options.names ?? module.names ?? {}
    this.module = module
    this.names = names
    this.hints = printableBranchHints(module)
    this.spaces = indexSpaces(module)
    this.ids = moduleIds(module, names, this.spaces)
    this.output = output
    this.types = new TypePrinter(this.ids.types)
    const instructions = new InstructionPrinter(module, this.ids, this.types)
    this.exprs = new FoldedPrinter(instructions, new Folding(new ArityCounter(module, this.spaces)), output)
    const folded = options.folded === true ? this.exprs : undefined
    this.funcs = new FuncPrinter(module, names, this.hints, this.ids, this.types, instructions, folded, output)
    this.segments = new SegmentPrinter(module, this.ids, this.types, this.exprs, output)
  }

  /** Each prints one field when it is called. */
  *fields(): Generator<PrintField, void> {
    const { module, spaces, segments, funcs } = this
    yield () => this.printHead()
    yield* new TypeDefinitionPrinter(module, this.ids, this.types, this.output).definitions()
    yield* this.imports()
    for (let i = 0; i < module.tables.length; i++) yield () => this.printTable(i)
    for (let i = 0; i < module.memories.length; i++) yield () => this.printMemory(i)
    for (let i = 0; i < module.tags.length; i++) yield () => this.printTag(i)
    for (let i = 0; i < module.globals.length; i++) yield () => this.printGlobal(i)
    for (const entry of this.module.exports) yield () => this.printExport(entry)
    yield () => this.printStart()
    for (const [i, elem] of module.elems.entries()) yield () => segments.printElem(elem, i)
    for (const [i, func] of module.funcs.entries()) yield () => funcs.print(func, spaces.importedFuncs + i)
    for (const [i, data] of module.datas.entries()) yield () => segments.printData(data, i)
    const named = Object.values(this.names).some((names) => names !== undefined)
    const told = new Set([...(named ? ['name'] : []), ...(this.hints.size > 0 ? [BRANCH_HINT] : [])])
    const customs = module.customs.filter(({ name }) => !told.has(name))
    for (const custom of customs) yield () => segments.printCustom(custom)
    yield () => this.printTail()
  }

  private field(text: string): void {
    this.output.newLine(1)
    this.output.write(text)
  }

  private printHead(): void {
    const { module: name } = this.names
    const part = new IdSpace(name === undefined ? undefined : new Map([[0, name]]), 1).namePart(0)
    this.output.write(part === '' ? '(module' : `(module ${part}`)
  }

  private printTail(): void {
    if (!this.output.isOneLine) this.output.newLine(0)
    this.output.write(')\n')
  }

  private *imports(): Generator<PrintField, void> {
    const { imports, importGroups = [] } = this.module
    const next: Record<ExternKind, number> = { func: 0, table: 0, memory: 0, global: 0, tag: 0 }
    let position = 0
    const single =
      (imported: Import): PrintField =>
      () =>
        this.printImport(imported, next[imported.type.kind]++)
    for (const group of importGroups) {
      while (position < group.start) yield single(imports[position++]!)
      position += group.count
      yield () => this.printImportGroup(group, next)
    }
    while (position < imports.length) yield single(imports[position++]!)
  }

  private printImport({ module, name, type }: Import, index: number): void {
    this.field(`(import ${printName(module)} ${printName(name)} ${this.importType(type, index)})`)
  }

  private importType(type: ExternType, index: number): string {
    if (type.kind === 'func') return this.funcs.printImported(type, index)
    return `(${type.kind} ${this.space(type.kind).binding(index)} ${this.types.externType(type)})`
  }

  /** A type that is spelled once leaves no place for names: where there are any, it stands beside each of them. */
  private printImportGroup({ module, start, count, type }: ImportGroup, next: Record<ExternKind, number>): void {
    const { output } = this
    const items = this.module.imports.slice(start, start + count)
    const first = type === undefined ? 0 : next[type.kind]
    const isNamed = type !== undefined && items.some((_, i) => this.space(type.kind).isNamed(first + i))
    this.field(`(import ${printName(module)}`)
    for (const item of items) {
      const { kind } = item.type
      const index = next[kind]++
      output.newLine(2)
      const of = type === undefined || isNamed ? this.importType(item.type, index) : `(;${kind} ${index};)`
      output.write(`(item ${printName(item.name)} ${of})`)
    }
    if (type !== undefined && !isNamed) {
      output.newLine(2)
      output.write(`(${type.kind} ${this.types.externType(type)})`)
    }
    output.close(1)
  }

  private printTable(position: number): void {
    const { type, init } = this.module.tables[position]!
    const binding = this.ids.tables.binding(this.spaces.importedTables + position)
    this.field(`(table ${binding} ${this.types.tableType(type)}`)
    if (init !== undefined) this.printInit(init)
    this.output.close(1)
  }

  private printMemory(position: number): void {
    const binding = this.ids.memories.binding(this.spaces.importedMemories + position)
    this.field(`(memory ${binding} ${memoryTypeName(this.module.memories[position]!)})`)
  }

  private printTag(position: number): void {
    const { typeIdx } = this.module.tags[position]!
    const binding = this.ids.tags.binding(this.spaces.importedTags + position)
    this.field(`(tag ${binding} (type ${this.ids.types.use(typeIdx)}))`)
  }

  private printGlobal(position: number): void {
    const { type, init } = this.module.globals[position]!
    const binding = this.ids.globals.binding(this.spaces.importedGlobals + position)
    this.field(`(global ${binding} ${this.types.globalType(type)}`)
    this.printInit(init)
    this.output.close(1)
  }

  private printInit(code: Code): void {
    this.exprs.print(InstructionReader.of(code), undefined, { kind: 'inline' })
  }

  private printExport({ name, kind, index }: Export): void {
    this.field(`(export ${printName(name)} (${kind} ${this.space(kind).use(index)}))`)
  }

  private printStart(): void {
    const { start } = this.module
    if (start !== undefined) this.field(`(start ${this.ids.funcs.use(start)})`)
  }

  private space(kind: ExternKind): IdSpace {
    const { funcs, tables, memories, globals, tags } = this.ids
    return { func: funcs, table: tables, memory: memories, global: globals, tag: tags }[kind]
  }
}
