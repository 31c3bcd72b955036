// Which words are numbers of the text format, and of which kind. What they amount to is the business of number.ts.
// https://webassembly.github.io/spec/core/text/values.html#integers

import { FLOAT, INT, NAT, RESERVED } from './tokens.ts'

const PLUS = 0x2b
const MINUS = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const UNDERSCORE = 0x5f
const LOWER_E = 0x65
const LOWER_I = 0x69
const LOWER_N = 0x6e
const LOWER_P = 0x70
const LOWER_X = 0x78

type NumberKind = typeof NAT | typeof INT | typeof FLOAT | typeof RESERVED

/** RESERVED if the bytes from `start` to `end` are no number. */
export function classifyNumber(bytes: Uint8Array, start: number, end: number): NumberKind {
  const signed = isSign(bytes[start])
  let pos = signed ? start + 1 : start
  if (pos >= end) return RESERVED
  if (bytes[pos] === LOWER_I || bytes[pos] === LOWER_N) return classifyInfOrNan(bytes, pos, end)

  const hex = isHexPrefix(bytes, pos, end)
  pos = skipDigits(bytes, hex ? pos + 2 : pos, end, hex)
  if (pos < 0) return RESERVED
  if (pos === end) return signed ? INT : NAT
  if (bytes[pos] === DOT) {
    pos++
    const fraction = skipDigits(bytes, pos, end, hex)
    if (fraction >= 0) pos = fraction
  }
  if (pos < end && (bytes[pos]! | 0x20) === (hex ? LOWER_P : LOWER_E)) {
    pos++
    if (pos < end && isSign(bytes[pos])) pos++
    pos = skipDigits(bytes, pos, end, false)
  }
  return pos === end ? FLOAT : RESERVED
}

/** `inf`, `nan` or `nan:0x` with digits, the sign already passed. */
function classifyInfOrNan(bytes: Uint8Array, start: number, end: number): NumberKind {
  if (end - start < 3) return RESERVED
  const word = String.fromCharCode(bytes[start]!, bytes[start + 1]!, bytes[start + 2]!)
  if (end - start === 3) return word === 'inf' || word === 'nan' ? FLOAT : RESERVED
  const isPayload = word === 'nan' && bytes[start + 3] === 0x3a && isHexPrefix(bytes, start + 4, end)
  return isPayload && skipDigits(bytes, start + 6, end, true) === end ? FLOAT : RESERVED
}

function isHexPrefix(bytes: Uint8Array, pos: number, end: number): boolean {
  return pos + 2 <= end && bytes[pos] === ZERO && bytes[pos + 1] === LOWER_X
}

/** The offset after the digits, between two of which there may be an underscore; -1 if there is none at `start`. */
function skipDigits(bytes: Uint8Array, start: number, end: number, hex: boolean): number {
  let pos = start
  if (pos >= end || !isDigit(bytes[pos]!, hex)) return -1
  for (pos++; pos < end; pos++) {
    if (isDigit(bytes[pos]!, hex)) continue
    if (bytes[pos] !== UNDERSCORE || pos + 1 >= end || !isDigit(bytes[pos + 1]!, hex)) break
  }
  return pos
}

function isDigit(byte: number, hex: boolean): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (hex && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}

function isSign(byte: number | undefined): boolean {
  return byte === PLUS || byte === MINUS
}
