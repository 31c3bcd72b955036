// Modules for tests as plain data, with the parts that a test leaves out empty, and code from bytes.

import type { Code, Module } from '../../../src/syntax/module.ts'

const EMPTY: Module = {
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
  return { ...EMPTY, ...parts }
}

export function codeOf(...bytes: readonly number[]): Code {
  return { bytes: Uint8Array.from(bytes), start: 0, end: bytes.length }
}

/** A module of one function without parameters, results and locals. `instructions` go without the final `end`. */
export function moduleOfBody(instructions: readonly number[], parts: Partial<Module> = {}): Module {
  return moduleOf({
    types: [{ kind: 'func', params: [], results: [] }],
    funcs: [{ typeIdx: 0, code: codeOf(0, ...instructions, 0x0b) }],
    ...parts,
  })
}
