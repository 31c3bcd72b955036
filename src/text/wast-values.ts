// Arguments and expected results of the script language, which look like constant instructions and are recognised by their rows.

import type { Instruction } from '../instructions/define.ts'
import { ANY, F32, F64, FUNC, HEAP_TYPES_BY_NAME, I32, I64, type HeapType, type ValType } from '../syntax/types.ts'
import { parseNanPattern } from './number.ts'
import { parseF32Const, parseF64Const, parseI32Const, parseI64Const } from './parse-immediates.ts'
import { parseAbstractHeapType } from './parse-types.ts'
import { parseVector, type NanLane } from './parse-vector.ts'
import type { TokenCursor } from './token-cursor.ts'
import { KEYWORD, LEFT_PAREN, NAT, RIGHT_PAREN } from './tokens.ts'
import type { NanPattern, NumValue, ResultPattern, ScriptValue } from './script.ts'

/** Patterns for references, by the heap type that they are of. */
const REFERENCES: ReadonlyMap<string, HeapType> = new Map([
  ...[...HEAP_TYPES_BY_NAME].map(([name, heap]) => [`ref.${name}`, heap] as const),
  ['ref.host', ANY],
])

/** Those that a number may follow, which makes them values: references of the host. */
const HOST_REFERENCES: ReadonlySet<string> = new Set(['ref.extern', 'ref.host'])

/** `(i32.const 1)`, `(ref.null func)`, `(ref.extern 1)` … */
export function parseScriptValue(cursor: TokenCursor): ScriptValue {
  const start = cursor.pos
  const pattern = parseResultPattern(cursor)
  switch (pattern.kind) {
    case 'num':
    case 'vec':
    case 'null':
    case 'host':
      return pattern
    default:
      throw cursor.unexpected(start + 1)
  }
}

/** An expected result. Alternatives are not nested, so this recurses once at most. */
export function parseResultPattern(cursor: TokenCursor): ResultPattern {
  if (!cursor.takeClause('either')) return parsePlainPattern(cursor)
  const patterns: ResultPattern[] = []
  while (cursor.kind === LEFT_PAREN) patterns.push(parsePlainPattern(cursor))
  cursor.expectRight()
  return { kind: 'either', patterns }
}

function parsePlainPattern(cursor: TokenCursor): ResultPattern {
  cursor.expectLeft()
  const token = cursor.pos
  if (cursor.kind !== KEYWORD) throw cursor.unexpected()
  const word = cursor.tokens.atomText(token)
  const heap = REFERENCES.get(word)
  cursor.pos++
  const pattern =
    heap === undefined
      ? parseConstant(cursor, cursor.words.row(cursor.tokens.atom(token)))
      : parseReference(cursor, word, heap)
  if (pattern === undefined) throw cursor.unexpected(token)
  cursor.expectRight()
  return pattern
}

function parseReference(cursor: TokenCursor, word: string, heap: HeapType): ResultPattern {
  if (cursor.kind !== NAT) return { kind: 'ref', heap }
  if (HOST_REFERENCES.has(word)) return { kind: 'host', heap, number: cursor.readU32() }
  if (heap === FUNC) return { kind: 'ref', heap, index: cursor.readU32() }
  throw cursor.unexpected()
}

/** What follows the keyword of a constant instruction; undefined if it is none that is a value by itself. */
function parseConstant(cursor: TokenCursor, row: Instruction | undefined): ResultPattern | undefined {
  if (row?.constant !== true) return undefined
  switch (row.immediates[0]) {
    case 'i32':
      return { kind: 'num', type: I32, lo: parseI32Const(cursor), hi: 0 }
    case 'i64':
      return number(I64, parseI64Const(cursor))
    case 'f32':
      return parseNan(cursor, F32) ?? { kind: 'num', type: F32, lo: parseF32Const(cursor), hi: 0 }
    case 'f64':
      return parseNan(cursor, F64) ?? number(F64, parseF64Const(cursor))
    case 'v128':
      return parseVectorPattern(cursor)
    case 'heaptype':
      return cursor.kind === RIGHT_PAREN ? { kind: 'any null' } : { kind: 'null', heap: parseAbstractHeapType(cursor) }
    default:
      return undefined
  }
}

/** A vector, or its lanes one by one where some of them are only a class of NaN. */
function parseVectorPattern(cursor: TokenCursor): ResultPattern {
  const vector = new Int32Array(4)
  const nans: NanLane[] = []
  const { lanes, bits } = parseVector(cursor, vector, nans)
  if (nans.length === 0) return { kind: 'vec', words: [...vector] }
  const patterns: (NumValue | NanPattern)[] = []
  for (let lane = 0; lane < lanes; lane++) {
    const value =
      bits === 64
        ? number(F64, { lo: vector[2 * lane]!, hi: vector[2 * lane + 1]! })
        : number(F32, { lo: vector[lane]!, hi: 0 })
    patterns.push(value)
  }
  for (const { lane, type, nan } of nans) patterns[lane] = { kind: 'nan', type, nan }
  return { kind: 'lanes', lanes: patterns }
}

function number(type: ValType, { lo, hi }: Pick<NumValue, 'lo' | 'hi'>): NumValue {
  return { kind: 'num', type, lo, hi }
}

function parseNan(cursor: TokenCursor, type: ValType): ResultPattern | undefined {
  const nan = cursor.word === undefined ? undefined : parseNanPattern(cursor.word)
  if (nan === undefined) return undefined
  cursor.pos++
  return { kind: 'nan', type, nan }
}
