// WAT to a module, in two passes over the tokens: the first names what the fields define, the second parses them.
// https://webassembly.github.io/spec/core/text/modules.html

import type { ModulePlace } from '../errors/module-error.ts'
import { encodeBranchHints, type FuncHints } from '../instructions/branch-hints.ts'
import type { InstructionWriter } from '../instructions/instruction-writer.ts'
import { writeValType } from '../instructions/type-codes.ts'
import type {
  Code,
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
import type { IndirectNameMap, Names, NameMap } from '../syntax/names.ts'
import { pageSizeOf, type ExternKind, type ExternType, type MemoryType, type ValType } from '../syntax/types.ts'
import { MODULE_ANNOTATIONS } from './annotations.ts'
import type { IndexSpace } from './index-space.ts'
import { lexText } from './lexer.ts'
import { placeOf, type Marks } from './locate.ts'
import { ModuleContext } from './parse-context.ts'
import { declareFields, externKind } from './parse-declarations.ts'
import { InstructionParser } from './parse-instr.ts'
import { SegmentParser } from './parse-segments.ts'
import {
  atRefType,
  parseAddrType,
  parseGlobalType,
  parseMemoryType,
  parseRefType,
  parseTableType,
  parseTypedNames,
  parsePageSize,
} from './parse-types.ts'
import { SourceText } from './source-text.ts'
import { TokenCursor } from './token-cursor.ts'
import { EOF, ID, LEFT_PAREN, RIGHT_PAREN, STRING, type TokenTable } from './tokens.ts'

export interface ParseOptions {
  /** How errors call the source, usually a file's name. */
  readonly name?: string | undefined
}

/** Parses `(module …)`, or module fields alone. Only the form is checked. Throws a ModuleError of kind `malformed`. */
export function parseModule(text: string | Uint8Array, options: ParseOptions = {}): Module {
  const source = new SourceText(text, options.name)
  const parse = (marks?: Marks): { module: Module; tokens: TokenTable } => {
    const tokens = lexText(source, { annotations: MODULE_ANNOTATIONS })
    const cursor = new TokenCursor(tokens)
    cursor.marks = marks
    const isBare = cursor.clause !== 'module'
    const module = isBare ? parseFields(cursor, tokens.count - 1) : parseModuleGroup(cursor)
    if (cursor.kind !== EOF) throw cursor.unexpected()
    return { module, tokens }
  }
  const locate = (offset: number): ModulePlace | undefined => {
    const marks: Marks = []
    return placeOf(marks, offset, source, parse(marks).tokens)
  }
  return Object.defineProperty(parse().module, 'locate', { value: locate })
}

/** Parses `(module …)` at the cursor and goes behind it. */
export function parseModuleGroup(cursor: TokenCursor): Module {
  const start = cursor.pos
  cursor.skipGroup()
  const end = cursor.pos - 1
  cursor.pos = start
  cursor.expectClause('module')
  const module = parseFields(cursor, end)
  cursor.expectRight()
  return module
}

/** Parses what stands in a module: its identifier, if it has one, and its fields, up to the token `end`. */
export function parseFields(cursor: TokenCursor, end: number): Module {
  return new ModuleParser(cursor, end).parse()
}

class ModuleParser {
  private readonly end: number
  private readonly cursor: TokenCursor
  private readonly context: ModuleContext
  private readonly instructions: InstructionParser
  private readonly segments: SegmentParser
  private readonly imports: Import[] = []
  private readonly importGroups: ImportGroup[] = []
  private readonly funcs: Func[] = []
  private readonly tables: Table[] = []
  private readonly memories: MemoryType[] = []
  private readonly globals: Global[] = []
  private readonly tags: Tag[] = []
  private readonly exports: Export[] = []
  private readonly elems: Elem[] = []
  private readonly datas: Data[] = []
  private start: number | undefined
  /** Index of the next thing of each kind, imports included. */
  private readonly next: Record<ExternKind, number> = { func: 0, table: 0, memory: 0, global: 0, tag: 0 }
  private readonly localNames = new Map<number, NameMap>()
  private readonly labelNames = new Map<number, NameMap>()
  private readonly branchHints: FuncHints[] = []

  constructor(cursor: TokenCursor, end: number) {
    this.cursor = cursor
    this.end = end
    this.context = new ModuleContext(cursor, end)
    this.instructions = new InstructionParser(this.context)
    this.segments = new SegmentParser(this.context, this.instructions)
  }

  parse(): Module {
    const { context, cursor } = this
    const { annotations } = context
    const id = cursor.takeId()
    const moduleName = annotations.takeName(cursor.pos, 'module') ?? (id < 0 ? undefined : cursor.tokens.atoms.text(id))
    const fields = declareFields(context, this.end)
    for (const field of fields) {
      cursor.pos = field
      this.parseField()
      cursor.expectRight()
    }
    cursor.pos = this.end
    annotations.finishNames()
    annotations.hints.finish()
    const hints = this.branchHints.length === 0 ? undefined : encodeBranchHints(this.branchHints)
    const customs = annotations.readCustoms(fields, this.end, hints)
    context.finishCode()
    const names = this.names(moduleName)
    return {
      types: context.types.types,
      subtypes: context.types.subtypes,
      ...(context.types.descriptors.size === 0 ? {} : { descriptors: context.types.descriptors }),
      recGroups: context.types.recGroups,
      imports: this.imports,
      ...(this.importGroups.length === 0 ? {} : { importGroups: this.importGroups }),
      funcs: this.funcs,
      tables: this.tables,
      memories: this.memories,
      globals: this.globals,
      tags: this.tags,
      exports: this.exports,
      ...(this.start === undefined ? {} : { start: this.start }),
      elems: this.elems,
      datas: this.datas,
      customs,
      spareSections: [],
      ...(names === undefined ? {} : { names }),
    }
  }

  /** From its parenthesis up to the closing one, which is left. */
  private parseField(): void {
    const { cursor, segments } = this
    cursor.expectLeft()
    switch (cursor.word) {
      case 'type':
      case 'rec':
        return this.skipType()
      case 'import':
        return this.parseImport()
      case 'func':
        return this.parseFunc()
      case 'table':
        return this.parseTable()
      case 'memory':
        return this.parseMemory()
      case 'global':
        return this.parseGlobal()
      case 'tag':
        return this.parseTag()
      case 'export':
        return this.parseExport()
      case 'start':
        return this.parseStart()
      case 'elem':
        this.skipKeyword()
        return void this.elems.push(segments.parseElem())
      case 'data':
        this.skipKeyword()
        return void this.datas.push(segments.parseData())
      default:
        throw cursor.unexpected()
    }
  }

  /** Types are complete after the first pass. */
  private skipType(): void {
    this.cursor.pos--
    this.cursor.skipGroup()
    this.cursor.pos--
  }

  /** The keyword and the identifier behind it, which the first pass has read. */
  private skipKeyword(): void {
    this.cursor.pos++
    this.cursor.takeId()
  }

  private parseImport(): void {
    const { cursor } = this
    cursor.pos++
    const module = cursor.readName()
    if (cursor.kind !== STRING) return this.parseImportGroup(module)
    this.parseNamedImport(module, cursor.readName())
  }

  private parseNamedImport(module: string, name: string): void {
    const kind = this.openExternType()
    this.cursor.takeId()
    this.addImport(module, name, kind)
    this.cursor.expectRight()
  }

  /** Passes the parenthesis and the keyword that open the type of an import; gives the kind. */
  private openExternType(): ExternKind {
    const { cursor } = this
    cursor.expectLeft()
    const kind = externKind(cursor.word)
    if (kind === undefined) throw cursor.unexpected()
    cursor.pos++
    return kind
  }

  /** `(import "m" (item "f" (func)) …)` or `(import "m" (item "f") … (func))`, behind the name of the module. */
  private parseImportGroup(module: string): void {
    const { cursor, imports } = this
    const start = imports.length
    const names: string[] = []
    while (cursor.takeClause('item')) {
      const name = cursor.readName()
      if (cursor.kind === RIGHT_PAREN && imports.length === start) names.push(name)
      else if (names.length === 0) this.parseNamedImport(module, name)
      cursor.expectRight()
    }
    const isShared = names.length > 0 || (imports.length === start && cursor.kind === LEFT_PAREN)
    const type = isShared ? this.parseSharedType(names.length) : undefined
    if (type !== undefined) for (const name of names) imports.push({ module, name, type })
    const count = imports.length - start
    this.importGroups.push(type === undefined ? { module, start, count } : { module, start, count, type })
  }

  /** The type of so many imports, none of which can have an identifier. */
  private parseSharedType(count: number): ExternType {
    const { cursor } = this
    const kind = this.openExternType()
    if (cursor.kind === ID) throw cursor.tokens.error(cursor.pos, 'identifier not allowed')
    const type = this.parseExternType(kind)
    cursor.expectRight()
    this.next[kind] += count
    return type
  }

  /** Reads the type of an import, of which everything else is known. */
  private addImport(module: string, name: string, kind: ExternKind): void {
    const index = this.next[kind]++
    this.imports.push({ module, name, type: this.parseExternType(kind) })
    if (kind === 'func') this.keepLocalNames(index)
  }

  private parseExternType(kind: ExternKind): ExternType {
    const { context, cursor } = this
    const { space } = context.types
    switch (kind) {
      case 'func':
        return context.types.parseExactTypeUse(cursor, this.openLocals())
      case 'table':
        return { kind, type: parseTableType(cursor, space) }
      case 'memory':
        return { kind, type: parseMemoryType(cursor) }
      case 'global':
        return { kind, type: parseGlobalType(cursor, space) }
      case 'tag':
        return { kind, typeIdx: context.types.parseTypeUse(cursor, () => void cursor.takeId()) }
    }
  }

  /** Passes the keyword, the identifier and inline exports. Gives true for an inline import, which it parses. */
  private parseInlineImport(kind: ExternKind): boolean {
    const { cursor } = this
    this.skipKeyword()
    while (cursor.takeClause('export')) {
      this.exports.push({ name: cursor.readName(), kind, index: this.next[kind] })
      cursor.expectRight()
    }
    if (!cursor.takeClause('import')) return false
    const module = cursor.readName()
    const name = cursor.readName()
    cursor.expectRight()
    this.addImport(module, name, kind)
    return true
  }

  private parseFunc(): void {
    const field = this.cursor.pos - 1
    if (this.parseInlineImport('func')) return
    const { context, cursor } = this
    const { types, writer } = context
    const funcIdx = this.next.func++
    const bind = this.openLocals()
    const { locals } = context
    const typeIdx = types.parseTypeUse(cursor, bind)
    // Parameters that only the type spells have no identifiers.
    locals.bindAnonymous(types.paramCount(typeIdx) - locals.count)
    const localTypes: ValType[] = []
    while (cursor.atClause(cursor.words.local)) {
      cursor.pos += 2
      parseTypedNames(cursor, types.space, localTypes, bind)
    }
    const start = writer.length
    writeLocals(writer, localTypes)
    this.parseBody(funcIdx, field, start)
    this.funcs.push({ typeIdx, code: context.codeSince(start) })
    this.keepLocalNames(funcIdx)
    const { names } = this.instructions.labels
    if (names.size > 0) this.labelNames.set(funcIdx, names)
    context.closeLocals()
  }

  private keepLocalNames(funcIdx: number): void {
    const { names } = this.context.locals
    if (names.size > 0) this.localNames.set(funcIdx, names)
  }

  /** The instructions of a function with the hints among them, which are told by their distance from `start`. */
  private parseBody(funcIdx: number, field: number, start: number): void {
    const { instructions, cursor } = this
    const { hints } = this.context.annotations
    hints.enter(field)
    instructions.hints = hints
    instructions.parseSequence()
    instructions.hints = undefined
    hints.leave(cursor.pos)
    const { hinted } = instructions
    if (hinted.length === 0) return
    this.branchHints.push({ funcIdx, hints: hinted.map(({ offset, likely }) => ({ offset: offset - start, likely })) })
  }

  /** Begins the locals of a function; gives what binds the next of them. */
  private openLocals(): () => void {
    const { context, cursor } = this
    context.closeLocals()
    const { locals, annotations } = context
    return () => void locals.bind(cursor, annotations)
  }

  private parseTable(): void {
    if (this.parseInlineImport('table')) return
    const { context, cursor } = this
    const { space } = context.types
    const tableIdx = this.next.table++
    const start = cursor.pos
    const addrType = parseAddrType(cursor)
    if (atRefType(cursor)) {
      const elem = parseRefType(cursor, space)
      const segment = this.segments.parseInlineElem(tableIdx, addrType, elem)
      const size = segment.items.length
      this.elems.push(segment)
      this.tables.push({ type: { addrType, limits: { min: size, max: size }, elem } })
      return
    }
    cursor.pos = start
    const type = parseTableType(cursor, space)
    this.tables.push(cursor.kind === RIGHT_PAREN ? { type } : { type, init: this.parseExpr() })
  }

  private parseMemory(): void {
    if (this.parseInlineImport('memory')) return
    const { cursor } = this
    const memIdx = this.next.memory++
    const start = cursor.pos
    const addrType = parseAddrType(cursor)
    const pageSizeLog2 = parsePageSize(cursor)
    if (cursor.clause === 'data') {
      const segment = this.segments.parseInlineData(memIdx, addrType)
      const empty = { addrType, limits: { min: 0 }, shared: false }
      const type = pageSizeLog2 === undefined ? empty : { ...empty, pageSizeLog2 }
      const pages = Math.ceil(segment.bytes.length / pageSizeOf(type))
      this.datas.push(segment)
      this.memories.push({ ...type, limits: { min: pages, max: pages } })
      return
    }
    cursor.pos = start
    this.memories.push(parseMemoryType(cursor))
  }

  private parseGlobal(): void {
    if (this.parseInlineImport('global')) return
    const { context, cursor } = this
    this.next.global++
    const type = parseGlobalType(cursor, context.types.space)
    this.globals.push({ type, init: this.parseExpr() })
  }

  private parseExpr(): Code {
    const start = this.context.writer.length
    this.instructions.parseSequence()
    return this.context.codeSince(start)
  }

  private parseTag(): void {
    if (this.parseInlineImport('tag')) return
    const { context, cursor } = this
    this.next.tag++
    this.tags.push({ typeIdx: context.types.parseTypeUse(cursor, () => void cursor.takeId()) })
  }

  private parseExport(): void {
    const { context, cursor } = this
    cursor.pos++
    const name = cursor.readName()
    cursor.expectLeft()
    const kind = externKind(cursor.word)
    if (kind === undefined) throw cursor.unexpected()
    cursor.pos++
    this.exports.push({ name, kind, index: context.space(kind).resolve(cursor) })
    cursor.expectRight()
  }

  private parseStart(): void {
    const { context, cursor } = this
    if (this.start !== undefined) throw cursor.tokens.error(cursor.pos, 'multiple start sections')
    cursor.pos++
    this.start = context.funcs.resolve(cursor)
  }

  private names(module: string | undefined): Names | undefined {
    const { types, funcs, tables, memories, globals, elems, datas, tags } = this.context
    const names: { -readonly [key in keyof Names]: Names[key] } = {}
    if (module !== undefined) names.module = module
    if (funcs.names.size > 0) names.funcs = funcs.names
    if (this.localNames.size > 0) names.locals = this.localNames
    if (this.labelNames.size > 0) names.labels = this.labelNames
    if (types.space.names.size > 0) names.types = types.space.names
    if (tables.names.size > 0) names.tables = tables.names
    if (memories.names.size > 0) names.memories = memories.names
    if (globals.names.size > 0) names.globals = globals.names
    if (elems.names.size > 0) names.elems = elems.names
    if (datas.names.size > 0) names.datas = datas.names
    if (types.fields.size > 0) names.fields = namesOf(types.fields)
    if (tags.names.size > 0) names.tags = tags.names
    return Object.keys(names).length === 0 ? undefined : names
  }
}

function namesOf(spaces: ReadonlyMap<number, IndexSpace>): IndirectNameMap {
  return new Map([...spaces].map(([index, { names }]) => [index, names]))
}

/** The vector of locals in front of a body: runs of one type. */
function writeLocals(writer: InstructionWriter, types: readonly ValType[]): void {
  let runs = 0
  for (let i = 0; i < types.length; i++) if (types[i] !== types[i - 1]) runs++
  writer.writeU32(runs)
  for (let i = 0; i < types.length;) {
    const first = i
    const type = types[i]!
    while (types[i] === type) i++
    writer.writeU32(i - first)
    writeValType(writer, type)
  }
}
