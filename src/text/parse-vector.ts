// Vector literals and lanes: `i32x4 1 2 3 4`, the sixteen lanes of a shuffle, a lane index.
// https://webassembly.github.io/spec/core/text/instructions.html#vector-instructions

import { F32, F64, type ValType } from '../syntax/types.ts'
import { parseF32, parseF64, parseI64, parseInteger, parseNanPattern, parseUnsigned } from './number.ts'
import type { TokenCursor } from './token-cursor.ts'
import { FLOAT, INT, NAT } from './tokens.ts'
import { VECTOR_SHAPES, type VectorShape } from './words.ts'

/** A lane that is no value but a class of NaN, as scripts expect it. */
export interface NanLane {
  readonly lane: number
  readonly type: ValType
  readonly nan: 'canonical' | 'arithmetic'
}

/**
 * Reads a shape and its lanes into the four words of `vector`. Where scripts admit NaN patterns as lanes, `nans` takes them, and
 * their bits are zero. Gives the shape.
 */
export function parseVector(cursor: TokenCursor, vector: Int32Array, nans?: NanLane[]): VectorShape {
  const shape = VECTOR_SHAPES.get(cursor.word ?? '')
  if (shape === undefined) throw cursor.unexpected()
  const start = cursor.pos++
  const count = countLanes(cursor, nans !== undefined)
  if (cursor.isForeign(cursor.pos + count)) throw cursor.unexpected(cursor.pos + count)
  if (count !== shape.lanes) throw cursor.tokens.error(start, 'wrong number of lane literals')
  vector.fill(0)
  const view = new DataView(vector.buffer, vector.byteOffset, 16)
  for (let lane = 0; lane < shape.lanes; lane++) {
    const nan = cursor.word === undefined ? undefined : parseNanPattern(cursor.word)
    if (nan === undefined) writeLane(cursor, view, lane, shape)
    else if (shape.float) nans?.push({ lane, type: shape.bits === 32 ? F32 : F64, nan })
    else throw cursor.unexpected()
    cursor.pos++
  }
  return shape
}

function countLanes(cursor: TokenCursor, patterns: boolean): number {
  const { tokens, pos } = cursor
  let count = 0
  for (;;) {
    const kind = tokens.kind(pos + count)
    const isNumber = kind === NAT || kind === INT || kind === FLOAT
    if (!isNumber && !(patterns && parseNanPattern(tokens.text(pos + count)) !== undefined)) return count
    count++
  }
}

function writeLane(cursor: TokenCursor, view: DataView, lane: number, { bits, float }: VectorShape): void {
  const { tokens, pos } = cursor
  if (!float && tokens.kind(pos) === FLOAT) throw cursor.unexpected()
  const text = tokens.text(pos)
  const offset = (lane * bits) / 8
  if (bits === 64) {
    const value = float ? parseF64(text) : parseI64(text)
    if (value === undefined) throw tokens.error(pos, 'constant out of range')
    view.setInt32(offset, value.lo, true)
    view.setInt32(offset + 4, value.hi, true)
    return
  }
  const value = float ? parseF32(text) : parseInteger(text, bits)
  if (value === undefined) throw tokens.error(pos, 'constant out of range')
  if (bits === 8) view.setInt8(offset, value)
  else if (bits === 16) view.setInt16(offset, value, true)
  else view.setInt32(offset, value, true)
}

/** Reads sixteen lane indices into the bytes of `vector`. */
export function parseLanes(cursor: TokenCursor, vector: Int32Array): void {
  if (countLanes(cursor, false) !== 16) throw cursor.tokens.error(cursor.pos, 'invalid lane length')
  const bytes = new Uint8Array(vector.buffer, vector.byteOffset, 16)
  for (let i = 0; i < 16; i++) {
    const isNat = cursor.kind === NAT
    const lane = isNat ? parseUnsigned(cursor.tokens.text(cursor.pos), 8) : undefined
    if (lane === undefined) throw cursor.tokens.error(cursor.pos, 'i8 constant out of range')
    bytes[i] = lane
    cursor.pos++
  }
}

export function parseLaneIdx(cursor: TokenCursor): number {
  if (cursor.kind !== NAT) throw cursor.unexpected()
  const lane = parseUnsigned(cursor.tokens.text(cursor.pos), 8)
  if (lane === undefined) throw cursor.tokens.error(cursor.pos, 'i8 constant out of range')
  cursor.pos++
  return lane
}
