// The dialects of preview 1 as data: under which module name a guest imports the functions, which of them exist, and how the values lie
// that differ from one to the other. State is shared: one instance may import from both.

import { FUNCTION_NAMES, functionType } from './functions.ts'
import type { FunctionName, PointerType } from './functions.ts'
import { RIGHT_NAMES, TYPES, record } from './types.ts'
import type { WasiTypes } from './types.ts'

export interface Dialect<Name extends FunctionName = FunctionName> {
  /** The name of the module that a guest imports from. */
  readonly module: string
  /** Their parameters and results go by the same names in each dialect. */
  readonly functions: readonly Name[]
  readonly types: WasiTypes
}

export const PREVIEW1: Dialect = { module: 'wasi_snapshot_preview1', functions: FUNCTION_NAMES, types: TYPES }

type UnstableName = Exclude<FunctionName, 'sock_accept'>

/**
 * Preview 0, as C and Rust compilers of 2019 have it.
 * https://github.com/WebAssembly/WASI/blob/ac40bfe3/legacy/preview0/witx/typenames.witx
 */
export const UNSTABLE: Dialect<UnstableName> = {
  module: 'wasi_unstable',
  functions: FUNCTION_NAMES.filter((name): name is UnstableName => name !== 'sock_accept'),
  types: {
    ...TYPES,
    whence: { kind: 'enum', size: 1, names: ['cur', 'end', 'set'] },
    linkcount: { kind: 'int', size: 4 },
    rights: { kind: 'flags', size: 8, names: RIGHT_NAMES.filter((name) => name !== 'sock_accept'), lenient: true },
    subscription_clock: record(
      ['identifier', 'userdata'],
      ['id', 'clockid'],
      ['timeout', 'timestamp'],
      ['precision', 'timestamp'],
      ['flags', 'subclockflags'],
    ),
  },
}

export const DIALECTS: readonly Dialect[] = [PREVIEW1, UNSTABLE]

/** Undefined for a module that has nothing to do with WASI preview 1. */
export function dialectOf(module: string): Dialect | undefined {
  return DIALECTS.find((dialect) => dialect.module === module)
}

export interface CoreType {
  readonly params: readonly ('i32' | 'i64')[]
  readonly results: readonly 'i32'[]
}

/** The type of the function as a core WebAssembly import, or undefined when the dialect has no such function. */
export function coreType(name: string, { functions, types }: Dialect = PREVIEW1): CoreType | undefined {
  if (!functions.some((each) => each === name)) return undefined
  const { params, results, noreturn } = functionType(name as FunctionName)
  return {
    params: [...params.flatMap(([, type]) => coreParams(type, types)), ...results.map(() => 'i32' as const)],
    results: noreturn === true ? [] : ['i32'],
  }
}

function coreParams(name: string | PointerType, types: WasiTypes): readonly ('i32' | 'i64')[] {
  if (typeof name !== 'string') return ['i32']
  const type = types[name]
  if (type === undefined) throw new Error(`the table of WASI types lacks ${name}`)
  if (type.kind === 'string' || type.kind === 'list') return ['i32', 'i32']
  return 'size' in type && type.size === 8 ? ['i64'] : ['i32']
}
