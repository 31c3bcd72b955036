// What a random module consists of besides its code: types, imports, tables, memory, globals and segments. The code is generated
// against it.

import { EXTERNREF, F32, F64, FUNCREF, I32, I64, V128 } from '../../src/syntax/types.ts'
import type { AddrType, FuncType, ValType } from '../../src/syntax/types.ts'
import type { Random } from './random.ts'

export interface FuncShape {
  readonly typeIdx: number
  readonly type: FuncType
  /** Whether the host calls it: then it has no v128 in its type. */
  readonly exported: boolean
}

export interface GlobalShape {
  readonly type: ValType
  readonly mutable: boolean
}

export interface ModuleShape {
  readonly types: readonly FuncType[]
  /** Imports first. */
  readonly funcs: readonly FuncShape[]
  /** The first one is the fuel of the module itself: what loops and calls count down. */
  readonly globals: readonly GlobalShape[]
  /** The address type of each memory. */
  readonly memories: readonly AddrType[]
  /** The functions in the first table, from its beginning. */
  readonly items: readonly number[]
  /** Element types; each table has `TABLE_SIZE` elements at first. */
  readonly tables: readonly ValType[]
  /** Types that locals, blocks and calls may have. */
  readonly valTypes: readonly ValType[]
}

export const TABLE_SIZE = 12
export const TABLE_MAX = 20
export const MEMORY_MAX = 3
/** One for each memory that there may be, and as many passive ones. */
export const DATA_SEGMENTS = 6
export const ELEM_SEGMENTS = 2
export const FUEL = 300

/** The host's functions, in this order. `back` calls `f${IMPORTS.length}` of the instance that calls it. */
export const IMPORTS: readonly { readonly name: string; readonly type: FuncType }[] = [
  { name: 'log', type: funcType([I32, I64, F32, F64], []) },
  { name: 'mix', type: funcType([I32, I64], [I32]) },
  { name: 'pair', type: funcType([I64], [F64, I64]) },
  { name: 'back', type: funcType([I32], [I32]) },
  { name: 'keep', type: funcType([EXTERNREF], [EXTERNREF]) },
]

export const NUMBERS: readonly ValType[] = [I32, I64, F32, F64]

export function funcType(params: readonly ValType[], results: readonly ValType[]): FuncType {
  return { kind: 'func', params, results }
}

/** What modules may have besides what every engine has. */
export interface GenerateOptions {
  /** Vectors. */
  readonly simd: boolean
  /** Memories after the first. */
  readonly multiMemory?: boolean | undefined
  /** Memories with addresses of 64 bits. */
  readonly memory64?: boolean | undefined
  /** Arithmetic in constant expressions. */
  readonly extendedConst?: boolean | undefined
}

export function drawShape(random: Random, { simd, multiMemory, memory64 }: GenerateOptions): ModuleShape {
  const plain = [...NUMBERS, ...NUMBERS, ...NUMBERS, ...NUMBERS, FUNCREF, EXTERNREF]
  const valTypes = simd ? [...plain, V128, V128, V128, V128] : plain
  const types: FuncType[] = IMPORTS.map(({ type }) => type)
  const draw = (from: readonly ValType[], most: number): ValType[] =>
    random.list(random.below(most + 1), () => random.pick(from))
  const results = (from: readonly ValType[]): ValType[] => (random.chance(0.5) ? [random.pick(from)] : draw(from, 4))
  for (let i = 0; i < 5; i++) types.push(funcType(draw(plain, 4), results(plain)))
  for (let i = 0; i < 3; i++) types.push(funcType(draw(valTypes, 3), results(valTypes)))
  types.push(funcType([I32], []), funcType([], [I32, I64]))
  const funcs: FuncShape[] = IMPORTS.map(({ type }, typeIdx) => ({ typeIdx, type, exported: false }))
  const back = IMPORTS.findIndex(({ name }) => name === 'back')
  funcs.push({ typeIdx: back, type: types[back]!, exported: true })
  for (let i = random.between(1, 5); i > 0; i--) {
    const typeIdx = random.below(types.length)
    const type = types[typeIdx]!
    funcs.push({ typeIdx, type, exported: ![...type.params, ...type.results].includes(V128) })
  }
  const globals = [
    { type: I32, mutable: true },
    ...NUMBERS.map((type) => ({ type, mutable: true })),
    ...valTypes.slice(-4).map((type) => ({ type, mutable: true })),
    { type: I64, mutable: false },
  ]
  const tables = random.chance(0.9) ? [FUNCREF, EXTERNREF] : [FUNCREF]
  const items = random.list(TABLE_SIZE - 2, () => random.below(funcs.length))
  const count = random.chance(0.95) ? (multiMemory === true ? random.between(1, 3) : 1) : 0
  const memories = random.list(count, (): AddrType => (memory64 === true && random.chance(0.4) ? 'i64' : 'i32'))
  return { types, funcs, globals, items, memories, tables, valTypes }
}
