// `heddle stats`: what a module consists of, in numbers. Counting is here; how it is laid out for people, in stats-text.ts.

import { decodeModule } from '../../binary/decode-module.ts'
import { decodeNames } from '../../binary/decode-names.ts'
import { CUSTOM_SECTION, DATA_COUNT_SECTION, START_SECTION } from '../../binary/sections.ts'
import type { Instruction } from '../../instructions/define.ts'
import { InstructionReader } from '../../instructions/instruction-reader.ts'
import { INSTRUCTIONS, proposalOf } from '../../instructions/table.ts'
import { readValType } from '../../instructions/type-codes.ts'
import { ByteReader } from '../../syntax/byte-reader.ts'
import type { Code, Module } from '../../syntax/module.ts'
import { EXTERN_KINDS, type ExternKind } from '../../syntax/types.ts'
import { validateModule } from '../../validate/module.ts'
import { requiredProposals } from '../../validate/proposals.ts'
import { sectionRanges, type SectionRange } from '../objdump/section-ranges.ts'

export interface StatsOptions {
  /** How many of the largest functions are told; 10 if absent. */
  readonly top?: number | undefined
}

export interface SectionStats {
  /** `Type`, `Code` …; `Custom` for every custom one. */
  readonly title: string
  /** Of a custom section. */
  readonly name?: string | undefined
  /** With its header. */
  readonly bytes: number
  /** Of a section that is a list. */
  readonly entries?: number | undefined
}

export type KindCounts = Readonly<Record<ExternKind, number>>

export interface ImportStats extends KindCounts {
  readonly module: string
}

export interface InstructionCount {
  /** The instruction's, in the text format; or the proposal's. */
  readonly name: string
  readonly count: number
}

export interface FunctionStats {
  readonly index: number
  readonly name?: string | undefined
  /** Of the body, with its locals. */
  readonly bytes: number
  readonly instructions: number
}

/** Why a module needs a proposal: the first thing that does. */
export interface ProposalNeed {
  readonly name: string
  readonly what: string
  readonly within?: string | undefined
}

export interface ModuleStats {
  readonly bytes: number
  readonly name?: string | undefined
  /** In the order of the module. */
  readonly sections: readonly SectionStats[]
  readonly types: number
  readonly imported: KindCounts
  readonly defined: KindCounts
  readonly exported: KindCounts
  readonly elems: number
  readonly datas: number
  /** By the name of the module that they come from. */
  readonly imports: readonly ImportStats[]
  /** Those of function bodies; the most frequent first. */
  readonly instructions: {
    readonly total: number
    readonly byName: readonly InstructionCount[]
    readonly byProposal: readonly InstructionCount[]
  }
  readonly proposals: readonly ProposalNeed[]
  readonly largestFunctions: readonly FunctionStats[]
}

/** Throws a ModuleError where the bytes are no valid module. */
export function moduleStats(bytes: Uint8Array, { top = 10 }: StatsOptions = {}): ModuleStats {
  const module = decodeModule(bytes)
  validateModule(module, { disabled: new Set() })
  const names = decodeNames(module)
  const imported = countKinds(module.imports.map(({ type }) => type.kind))
  const { instructions, functions } = countCode(module)
  return {
    bytes: bytes.length,
    name: names.module,
    sections: sectionStats(bytes),
    types: module.types.length,
    imported,
    defined: {
      func: module.funcs.length,
      table: module.tables.length,
      memory: module.memories.length,
      global: module.globals.length,
      tag: module.tags.length,
    },
    exported: countKinds(module.exports.map(({ kind }) => kind)),
    elems: module.elems.length,
    datas: module.datas.length,
    imports: importStats(module),
    instructions,
    proposals: [...requiredProposals(module)].map(([name, { what, place }]) => ({ name, what, within: place.within })),
    largestFunctions: functions
      .sort((a, b) => b.bytes - a.bytes || a.position - b.position)
      .slice(0, top)
      .map(({ position, ...sizes }) => {
        const index = imported.func + position
        return { index, name: names.funcs?.get(index), ...sizes }
      }),
  }
}

function countKinds(kinds: readonly ExternKind[]): Record<ExternKind, number> {
  const counts = Object.fromEntries(EXTERN_KINDS.map((kind) => [kind, 0])) as Record<ExternKind, number>
  for (const kind of kinds) counts[kind]++
  return counts
}

function sectionStats(bytes: Uint8Array): SectionStats[] {
  const sections: SectionStats[] = []
  let start = 8
  for (const range of sectionRanges(bytes)) {
    const name = range.id === CUSTOM_SECTION ? range.name : undefined
    sections.push({ title: range.title, name, bytes: range.end - start, entries: entriesOf(bytes, range) })
    start = range.end
  }
  return sections
}

/** The sections that are no list. */
const NO_LISTS: ReadonlySet<number> = new Set([CUSTOM_SECTION, START_SECTION, DATA_COUNT_SECTION])

function entriesOf(bytes: Uint8Array, { id, start, end }: SectionRange): number | undefined {
  return NO_LISTS.has(id) ? undefined : new ByteReader(bytes, start, end).readU32()
}

function importStats({ imports }: Module): ImportStats[] {
  const modules = new Map<string, ExternKind[]>()
  for (const { module, type } of imports) {
    const kinds = modules.get(module)
    if (kinds === undefined) modules.set(module, [type.kind])
    else kinds.push(type.kind)
  }
  return [...modules].map(([module, kinds]) => ({ module, ...countKinds(kinds) }))
}

interface CountedCode {
  readonly instructions: ModuleStats['instructions']
  readonly functions: { readonly position: number; readonly bytes: number; readonly instructions: number }[]
}

function countCode({ funcs }: Module): CountedCode {
  const counts = new Map<Instruction, number>()
  const functions = funcs.map(({ code }, position) => {
    const instructions = countInstructions(code, counts)
    return { position, bytes: code.end - code.start, instructions }
  })
  const byName = new Map<string, number>()
  const byProposal = new Map<string, number>()
  // In the order of the table, so that what is equally frequent has one order.
  for (const row of INSTRUCTIONS) {
    const count = counts.get(row)
    if (count === undefined) continue
    byName.set(row.name, (byName.get(row.name) ?? 0) + count)
    const proposal = proposalOf(row).name
    byProposal.set(proposal, (byProposal.get(proposal) ?? 0) + count)
  }
  const total = functions.reduce((sum, { instructions }) => sum + instructions, 0)
  return { functions, instructions: { total, byName: frequent(byName), byProposal: frequent(byProposal) } }
}

/** Adds them to `counts`, and gives how many they are. */
function countInstructions(code: Code, counts: Map<Instruction, number>): number {
  const reader = InstructionReader.of(code)
  for (let runs = reader.readU32(); runs > 0; runs--) {
    reader.readU32()
    readValType(reader)
  }
  let total = 0
  for (; reader.pos < reader.end; total++) {
    const row = reader.next()
    counts.set(row, (counts.get(row) ?? 0) + 1)
  }
  return total
}

function frequent(counts: ReadonlyMap<string, number>): InstructionCount[] {
  return [...counts].map(([name, count]) => ({ name, count })).sort((a, b) => b.count - a.count)
}
