// Branch hints: whether a conditional branch is likely, told in a custom section of its own. Like all custom sections it changes nothing
// about what a module means, and no module is refused for it; tools read it, text has annotations for it.
// https://webassembly.github.io/spec/metadata/code/binary.html#branch-hints

import { ModuleError, type ModulePlace } from '../errors/module-error.ts'
import { ByteReader } from '../syntax/byte-reader.ts'
import { ByteWriter } from '../syntax/byte-writer.ts'
import type { Code, CustomSection, Module } from '../syntax/module.ts'
import { InstructionReader } from './instruction-reader.ts'
import { readValType } from './type-codes.ts'

/** The name of the section; with an `@` before it, that of the annotation. */
export const BRANCH_HINT = 'metadata.code.branch_hint'

export interface BranchHint {
  /** Of the instruction, from the first byte of the body, which is that of the vector of locals. */
  readonly offset: number
  readonly likely: boolean
}

/** The hints of one function, as the section lists them. */
export interface FuncHints {
  readonly funcIdx: number
  readonly hints: readonly BranchHint[]
}

const CODE_SECTION = 10
const DATA_SECTION = 11

/** Throws what is malformed about the content of the section. */
export function decodeBranchHints(bytes: Uint8Array): FuncHints[] {
  const reader = new ByteReader(bytes)
  const funcs: FuncHints[] = []
  for (let left = reader.readU32(); left > 0; left--) {
    const funcIdx = reader.readU32()
    const hints: BranchHint[] = []
    for (let count = reader.readU32(); count > 0; count--) hints.push(readHint(reader))
    funcs.push({ funcIdx, hints })
  }
  if (reader.pos < reader.end) throw malformed('unexpected content after the last function')
  return funcs
}

function readHint(reader: ByteReader): BranchHint {
  const offset = reader.readU32()
  if (reader.readU32() !== 1) throw malformed('a hint is one byte')
  const value = reader.readByte()
  if (value > 1) throw malformed('invalid hint value')
  return { offset, likely: value === 1 }
}

function malformed(reason: string): ModuleError {
  return new ModuleError('malformed', `@${BRANCH_HINT} section: ${reason}`)
}

/** Precondition: functions and offsets ascend. */
export function encodeBranchHints(funcs: readonly FuncHints[]): Uint8Array {
  const writer = new ByteWriter()
  writer.writeU32(funcs.length)
  for (const { funcIdx, hints } of funcs) {
    writer.writeU32(funcIdx)
    writer.writeU32(hints.length)
    for (const { offset, likely } of hints) {
      writer.writeU32(offset)
      writer.writeU32(1)
      writer.writeByte(likely ? 1 : 0)
    }
  }
  return writer.toBytes()
}

/**
 * The hints of a module, in order and each for a conditional branch. Throws a ModuleError of kind `malformed` where its section can't
 * be read, and `invalid` where it says what it may not.
 */
export function branchHints(module: Module): readonly FuncHints[] {
  const [section, second] = module.customs.filter(({ name }) => name === BRANCH_HINT)
  if (section === undefined) return []
  if (second !== undefined) throw malformed('multiple sections')
  if (isBehindCode(section)) throw malformed('misplaced behind the code section')
  const funcs = decodeBranchHints(section.bytes)
  const imported = module.imports.reduce((count, { type }) => count + (type.kind === 'func' ? 1 : 0), 0)
  let last = -1
  for (const { funcIdx, hints } of funcs) {
    const func = module.funcs[funcIdx - imported]
    const within = `func ${funcIdx}`
    if (func === undefined) throw invalid(`invalid function index ${funcIdx}`)
    if (funcIdx <= last) throw invalid('invalid order', { within })
    last = funcIdx
    checkTargets(func.code, hints, within)
  }
  return funcs
}

function isBehindCode({ after }: CustomSection): boolean {
  return after === CODE_SECTION || after === DATA_SECTION
}

function checkTargets(code: Code, hints: readonly BranchHint[], within: string): void {
  const reader = InstructionReader.of(code)
  for (let runs = reader.readU32(); runs > 0; runs--) {
    reader.readU32()
    readValType(reader)
  }
  let last = -1
  for (const { offset } of hints) {
    const target = code.start + offset
    const place = { within, offset: target }
    if (offset <= last) throw invalid('invalid order', place)
    last = offset
    while (reader.pos < target && reader.pos < reader.end) reader.next()
    if (reader.pos !== target || reader.pos >= reader.end) throw invalid(`invalid offset ${offset}`, { within })
    const row = reader.next()
    if (row.hintable !== true) throw invalid('invalid target', { ...place, instruction: row.name })
  }
}

function invalid(reason: string, place: ModulePlace = {}): ModuleError {
  return new ModuleError('invalid', `@${BRANCH_HINT} annotation: ${reason}`, place)
}

/** By function, then by offset: whether the branch is likely. */
export type BranchHintMap = ReadonlyMap<number, ReadonlyMap<number, boolean>>

/**
 * For printing as annotations. Nothing where the section can't be relied on, or where annotations couldn't tell all of it: then it is one
 * custom section among others.
 */
export function printableBranchHints(module: Module): BranchHintMap {
  try {
    const funcs = branchHints(module)
    if (funcs.some(({ hints }) => hints.length === 0)) return new Map()
    return new Map(
      funcs.map(({ funcIdx, hints }) => [funcIdx, new Map(hints.map(({ offset, likely }) => [offset, likely]))]),
    )
  } catch (error) {
    if (error instanceof ModuleError) return new Map()
    throw error
  }
}
