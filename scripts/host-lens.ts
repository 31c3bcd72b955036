// Calls of the host's WebAssembly with every bit of floats and vectors: a small module between JavaScript and the function, which takes and
// gives them as integers. JavaScript alone sees no vectors, and of a NaN only that it is one.

import { numberValue, vectorValue, type Value } from '../src/runtime/value.ts'
import { F32, F64, I32, I64, V128, type ValType } from '../src/syntax/types.ts'
import type { ResultPattern, ScriptValue } from '../src/text/script.ts'
import { moduleOf, section, sized, u32, vector, type Piece } from '../test/unit/binary/module-bytes.ts'
import { host } from './host-webassembly.ts'

type Bits = number | bigint
type Carried = (...bits: Bits[]) => Bits | readonly Bits[]

const TYPE_CODES: ReadonlyMap<ValType, number> = new Map([
  [I32, 0x7f],
  [I64, 0x7e],
  [F32, 0x7d],
  [F64, 0x7c],
  [V128, 0x7b],
])

/** The integers that carry a value. */
const CARRIERS: ReadonlyMap<ValType, readonly ValType[]> = new Map([
  [I32, [I32]],
  [I64, [I64]],
  [F32, [I32]],
  [F64, [I64]],
  [V128, [I64, I64]],
])

const [LOCAL_GET, LOCAL_SET, GLOBAL_GET, CALL, END] = [0x20, 0x21, 0x23, 0x10, 0x0b] as const
const F32_REINTERPRET = 0xbe
const F64_REINTERPRET = 0xbf
const I32_REINTERPRET = 0xbc
const I64_REINTERPRET = 0xbd
const I64X2_SPLAT: Piece = [0xfd, 0x12]
const I64X2_EXTRACT_LANE: Piece = [0xfd, 0x1d]
const I64X2_REPLACE_LANE: Piece = [0xfd, 0x1e]

/** The type of a number or vector that is given or expected; undefined for references. */
export function typeOf(value: ScriptValue | ResultPattern): ValType | undefined {
  switch (value.kind) {
    case 'num':
    case 'nan':
      return value.type
    case 'vec':
    case 'lanes':
      return V128
    case 'either':
      return value.patterns[0] === undefined ? undefined : typeOf(value.patterns[0])
    default:
      return undefined
  }
}

/** Whether JavaScript shows all of a value of the type. */
export function isOpaque(type: ValType): boolean {
  return type === F32 || type === F64 || type === V128
}

const lenses = new WeakMap<object, Map<string, Carried>>()

/** Calls a function of exactly these types. Throws the host's LinkError where it has others. */
export function callThroughLens(
  func: object,
  params: readonly ValType[],
  args: readonly ScriptValue[],
  results: readonly ValType[],
): Value[] {
  const known = lenses.get(func) ?? new Map<string, Carried>()
  lenses.set(func, known)
  const key = `${params.join(' ')}>${results.join(' ')}`
  const lens = known.get(key) ?? makeLens(func, callingModule(params, results))
  known.set(key, lens)
  return valuesOf(results, lens(...args.flatMap(bitsOf)))
}

/** The value of a global of that type. */
export function readThroughLens(global: object, type: ValType): Value[] {
  const read = (mutable: boolean): Value[] => valuesOf([type], makeLens(global, readingModule(type, mutable))())
  try {
    return read(false)
  } catch (error) {
    if (error instanceof host.LinkError) return read(true)
    throw error
  }
}

function makeLens(of: object, bytes: Uint8Array): Carried {
  return new host.Instance(new host.Module(bytes), { '': { of } }).exports['lens'] as Carried
}

function funcType(params: readonly ValType[], results: readonly ValType[]): Piece {
  return [0x60, vector(...params.map(codeOf)), vector(...results.map(codeOf))]
}

function codeOf(type: ValType): number {
  return TYPE_CODES.get(type)!
}

function carriersOf(types: readonly ValType[]): ValType[] {
  return types.flatMap((type) => CARRIERS.get(type)!)
}

/** The function is function 0 and has type 0, the lens is function 1 and has type 1. */
function callingModule(params: readonly ValType[], results: readonly ValType[]): Uint8Array {
  const carriers = carriersOf(params)
  let local = 0
  const load = (): Piece => [LOCAL_GET, u32(local++)]
  const args = params.map((type): Piece => [load(), fromBits(type, load)])
  const given = results.map((_, i) => u32(carriers.length + i))
  return moduleOf(
    section(1, vector(funcType(params, results), funcType(carriers, carriersOf(results)))),
    section(2, vector([sized(''), sized('of'), 0, 0])),
    section(3, vector(1)),
    section(7, vector([sized('lens'), 0, 1])),
    section(
      10,
      vector(
        sized(
          vector(...results.map((type) => [1, codeOf(type)])),
          ...args,
          [CALL, 0],
          ...given.toReversed().map((index) => [LOCAL_SET, index]),
          ...results.map((type, i) => toBits(type, [LOCAL_GET, given[i]!])),
          END,
        ),
      ),
    ),
  )
}

function readingModule(type: ValType, mutable: boolean): Uint8Array {
  return moduleOf(
    section(1, vector(funcType([], carriersOf([type])))),
    section(2, vector([sized(''), sized('of'), 3, codeOf(type), mutable ? 1 : 0])),
    section(3, vector(0)),
    section(7, vector([sized('lens'), 0, 0])),
    section(10, vector(sized(0, toBits(type, [GLOBAL_GET, 0]), END))),
  )
}

/** Behind the first integer. */
function fromBits(type: ValType, load: () => Piece): Piece {
  if (type === F32) return F32_REINTERPRET
  if (type === F64) return F64_REINTERPRET
  return type === V128 ? [I64X2_SPLAT, load(), I64X2_REPLACE_LANE, 1] : []
}

function toBits(type: ValType, get: Piece): Piece {
  if (type === F32) return [get, I32_REINTERPRET]
  if (type === F64) return [get, I64_REINTERPRET]
  return type === V128 ? [get, I64X2_EXTRACT_LANE, 0, get, I64X2_EXTRACT_LANE, 1] : get
}

function bitsOf(value: ScriptValue): Bits[] {
  if (value.kind === 'vec') return [0, 2].map((at) => wide(value.words[at]!, value.words[at + 1]!))
  if (value.kind !== 'num') return []
  return [value.type === I32 || value.type === F32 ? value.lo : wide(value.lo, value.hi)]
}

function wide(lo: number, hi: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo >>> 0)
}

function valuesOf(types: readonly ValType[], given: Bits | readonly Bits[] | undefined): Value[] {
  const bits = Array.isArray(given) ? (given as Bits[]) : [given as Bits]
  let at = 0
  const words = (): readonly [lo: number, hi: number] => {
    const each = bits[at++]!
    return typeof each === 'number'
      ? [each, 0]
      : [Number(BigInt.asIntN(32, each)), Number(BigInt.asIntN(32, each >> 32n))]
  }
  return types.map((type) => (type === V128 ? vectorValue([...words(), ...words()]) : numberValue(type, ...words())))
}
