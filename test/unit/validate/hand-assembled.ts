// Modules for tests, put together by hand: instructions from one line of text each, modules from their parts, and an encoder that
// shares nothing with src/binary, so that the host's WebAssembly can be asked about the same module.

import { ByteWriter } from '../../../src/syntax/byte-writer.ts'
import { funcTypeOf } from '../../../src/syntax/module.ts'
import type { Code, Elem, Export, Global, Import, Module, SegmentMode } from '../../../src/syntax/module.ts'
import { EMPTY_BLOCK, EXTERN_KINDS, HEAP_TYPES_BY_NAME, VAL_TYPES_BY_NAME } from '../../../src/syntax/types.ts'
import type { FuncType, GlobalType, Limits, ValType } from '../../../src/syntax/types.ts'
import type { Instruction } from '../../../src/instructions/define.ts'
import { parseSignature } from '../../../src/instructions/define.ts'
import { isIndexKind, type Immediates } from '../../../src/instructions/immediates.ts'
import { InstructionWriter } from '../../../src/instructions/instruction-writer.ts'
import { INSTRUCTIONS } from '../../../src/instructions/table.ts'
import { writeValType } from '../../../src/instructions/type-codes.ts'

export const NO_IMMEDIATES: Immediates = {
  x: 0,
  y: 0,
  align: 0,
  lo: 0,
  hi: 0,
  list: [],
  count: 0,
  vector: new Int32Array(4),
}

/** The words behind an instruction's name, in binary order; a memarg is its alignment's exponent, offset and memory; 16 bytes are 4 words. */
export function immediatesOf(row: Instruction, words: readonly string[]): Immediates {
  const [first = '0', second = '0', third = '0'] = words
  const numbers = words.map(Number)
  const [kind] = row.immediates
  if (kind === undefined) return NO_IMMEDIATES
  if (isIndexKind(kind)) return { ...NO_IMMEDIATES, x: Number(first), y: Number(second) }
  switch (kind) {
    case 'memarg':
      return { ...NO_IMMEDIATES, align: Number(first), lo: Number(second), x: Number(third), y: numbers[3] ?? 0 }
    case 'laneidx':
      return { ...NO_IMMEDIATES, y: Number(first) }
    case 'v128':
    case 'lanes':
      return { ...NO_IMMEDIATES, vector: Int32Array.from(numbers) }
    case 'blocktype':
      return { ...NO_IMMEDIATES, x: first === '0' && words.length === 0 ? EMPTY_BLOCK : blockType(first) }
    case 'heaptype':
      return { ...NO_IMMEDIATES, x: HEAP_TYPES_BY_NAME.get(first)! }
    case 'labels':
      return { ...NO_IMMEDIATES, list: numbers.slice(0, -1), count: numbers.length - 1, x: numbers.at(-1)! }
    case 'valtypes':
      return { ...NO_IMMEDIATES, list: words.map((word) => VAL_TYPES_BY_NAME.get(word)!), count: words.length }
    default:
      return { ...NO_IMMEDIATES, x: Number(first), lo: Number(first) }
  }
}

function blockType(word: string): number {
  return VAL_TYPES_BY_NAME.get(word) ?? Number(word)
}

/** Code from lines like `i32.const 1`; the final `end` is added. */
export function code(...lines: readonly string[]): Code {
  return codeOf((writer) => {
    for (const line of [...lines, 'end']) writeLine(writer, line)
  })
}

/** A body whose locals are given as `count type` pairs: `body(['2 i32'], 'local.get 1', 'drop')`. */
export function body(locals: readonly string[], ...lines: readonly string[]): Code {
  return codeOf((writer) => {
    writer.writeU32(locals.length)
    for (const run of locals) {
      const [count, type] = run.split(' ')
      writer.writeU32(Number(count))
      writeValType(writer, VAL_TYPES_BY_NAME.get(type!)!)
    }
    for (const line of [...lines, 'end']) writeLine(writer, line)
  })
}

export function codeOf(write: (writer: InstructionWriter) => void): Code {
  const writer = new InstructionWriter()
  write(writer)
  return { bytes: writer.toBytes(), start: 0, end: writer.length }
}

export function writeLine(writer: InstructionWriter, line: string): void {
  const [name, ...words] = line.split(' ')
  // `select` with types is the annotated form of the same name.
  const row = INSTRUCTIONS.find((each) => each.name === name && (words.length > 0 || each.immediates[0] !== 'valtypes'))
  const annotated = INSTRUCTIONS.find((each) => each.name === name && each.immediates[0] === 'valtypes')
  const chosen = words.length > 0 ? (annotated ?? row) : row
  if (chosen === undefined) throw new Error(`no such instruction: ${line}`)
  writer.write(chosen, immediatesOf(chosen, words))
}

export function funcType(text: string): FuncType {
  return { kind: 'func', ...parseSignature(text) }
}

const EMPTY_MODULE: Module = {
  types: [],
  subtypes: new Map(),
  recGroups: [],
  tags: [],
  imports: [],
  funcs: [],
  tables: [],
  memories: [],
  globals: [],
  exports: [],
  elems: [],
  datas: [],
  customs: [],
  spareSections: [],
}

export function moduleOf(parts: Partial<Module>): Module {
  return { ...EMPTY_MODULE, ...parts }
}

/** A module of one function with the type, the locals and the instructions. */
export function moduleWith(type: string, ...lines: readonly string[]): Module {
  return moduleOf({ types: [funcType(type)], funcs: [{ typeIdx: 0, code: body([], ...lines) }] })
}

/** The binary format of what the tests here use; element segments with items by index or by expression, all flags. */
export function encode(module: Module): Uint8Array {
  const { exports } = module
  const out = new ByteWriter()
  out.writeBytes(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
  const section = (id: number, count: number, write: (writer: ByteWriter) => void): void => {
    if (count === 0) return
    const content = new ByteWriter()
    content.writeU32(count)
    write(content)
    out.writeByte(id)
    out.writeU32(content.length)
    out.writeBytes(content.view())
  }
  section(1, module.types.length, (w) => module.types.forEach((_, x) => writeFuncType(w, funcTypeOf(module, x))))
  section(2, module.imports.length, (w) => module.imports.forEach((each) => writeImport(w, each)))
  section(3, module.funcs.length, (w) => module.funcs.forEach(({ typeIdx }) => w.writeU32(typeIdx)))
  section(4, module.tables.length, (w) => module.tables.forEach(({ type }) => writeTable(w, type.elem, type.limits)))
  section(5, module.memories.length, (w) => module.memories.forEach(({ limits }) => writeLimits(w, limits)))
  section(6, module.globals.length, (w) => module.globals.forEach((each) => writeGlobal(w, each)))
  section(7, exports.length, (w) => exports.forEach((each) => writeExport(w, each)))
  if (module.start !== undefined) {
    const start = new ByteWriter()
    start.writeU32(module.start)
    out.writeBytes(Uint8Array.of(8, start.length))
    out.writeBytes(start.view())
  }
  section(9, module.elems.length, (w) => module.elems.forEach((each) => writeElem(w, each)))
  section(12, module.datas.length, () => {})
  section(10, module.funcs.length, (w) => module.funcs.forEach((each) => writeSized(w, bytesOf(each.code))))
  section(11, module.datas.length, (w) => {
    for (const { mode, bytes } of module.datas) {
      writeMode(w, mode, mode.kind === 'passive' ? 1 : 2)
      writeSized(w, bytes)
    }
  })
  return out.toBytes()
}

function bytesOf({ bytes, start, end }: Code): Uint8Array {
  return bytes.subarray(start, end)
}

function writeSized(w: ByteWriter, bytes: Uint8Array): void {
  w.writeU32(bytes.length)
  w.writeBytes(bytes)
}

function writeName(w: ByteWriter, name: string): void {
  writeSized(w, new TextEncoder().encode(name))
}

function writeTypes(w: ByteWriter, types: readonly ValType[]): void {
  w.writeU32(types.length)
  for (const type of types) writeValType(w, type)
}

function writeFuncType(w: ByteWriter, { params, results }: FuncType): void {
  w.writeByte(0x60)
  writeTypes(w, params)
  writeTypes(w, results)
}

function writeLimits(w: ByteWriter, { min, max }: Limits): void {
  w.writeByte(max === undefined ? 0 : 1)
  w.writeU32(Number(min))
  if (max !== undefined) w.writeU32(Number(max))
}

function writeTable(w: ByteWriter, elem: ValType, limits: Limits): void {
  writeValType(w, elem)
  writeLimits(w, limits)
}

function writeGlobalType(w: ByteWriter, { type, mutable }: GlobalType): void {
  writeValType(w, type)
  w.writeByte(mutable ? 1 : 0)
}

function writeGlobal(w: ByteWriter, { type, init }: Global): void {
  writeGlobalType(w, type)
  w.writeBytes(bytesOf(init))
}

function writeImport(w: ByteWriter, { module, name, type }: Import): void {
  writeName(w, module)
  writeName(w, name)
  w.writeByte(EXTERN_KINDS.indexOf(type.kind))
  if (type.kind === 'func') w.writeU32(type.typeIdx)
  else if (type.kind === 'table') writeTable(w, type.type.elem, type.type.limits)
  else if (type.kind === 'memory') writeLimits(w, type.type.limits)
  else if (type.kind === 'global') writeGlobalType(w, type.type)
  else throw new Error('no tags here')
}

function writeExport(w: ByteWriter, { name, kind, index }: Export): void {
  writeName(w, name)
  w.writeByte(EXTERN_KINDS.indexOf(kind))
  w.writeU32(index)
}

function writeElem(w: ByteWriter, { type, mode, items }: Elem): void {
  const byIndex = items instanceof Uint32Array
  const flags = mode.kind === 'passive' ? 1 : mode.kind === 'declarative' ? 3 : 2
  writeMode(w, mode, flags | (byIndex ? 0 : 4))
  if (byIndex) w.writeByte(0)
  else writeValType(w, type)
  w.writeU32(items.length)
  for (const item of items) {
    if (typeof item === 'number') w.writeU32(item)
    else w.writeBytes(bytesOf(item))
  }
}

function writeMode(w: ByteWriter, mode: SegmentMode, flags: number): void {
  w.writeU32(flags)
  if (mode.kind !== 'active') return
  w.writeU32(mode.index)
  w.writeBytes(bytesOf(mode.offset))
}

const { WebAssembly } = globalThis as unknown as { WebAssembly: { validate: (bytes: Uint8Array) => boolean } }

/** Whether the host's own WebAssembly takes the module. */
export function hostAccepts(module: Module): boolean {
  return WebAssembly.validate(encode(module))
}
