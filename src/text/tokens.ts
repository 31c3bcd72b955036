// The tokens of a source as a table of numbers, addressed by index: a parser moves back and forth by setting an index.

import type { ModuleError, ModuleErrorKind } from '../errors/module-error.ts'
import { asciiText, type AtomTable } from './atoms.ts'
import type { SourceText } from './source-text.ts'
import { decodeUtf8, scanString, unescapeString } from './string-token.ts'
import { textError } from './text-error.ts'

export const EOF = 0
export const LEFT_PAREN = 1
export const RIGHT_PAREN = 2
export const KEYWORD = 3
/** An identifier, `$name` or `$"name"`. */
export const ID = 4
export const STRING = 5
/** An unsigned integer, decimal or hexadecimal. */
export const NAT = 6
/** A signed integer: there is a `+` or `-`. */
export const INT = 7
/** What is a number but no integer: with a point or exponent, `inf`, `nan`, `nan:0x1`. */
export const FLOAT = 8
/** Characters that are no token of the grammar, such as `0$x` or `"a""b"`: an `unknown operator` wherever it stands. */
export const RESERVED = 9

export type TokenKind =
  | typeof EOF
  | typeof LEFT_PAREN
  | typeof RIGHT_PAREN
  | typeof KEYWORD
  | typeof ID
  | typeof STRING
  | typeof NAT
  | typeof INT
  | typeof FLOAT
  | typeof RESERVED

/** An annotation `(@id …)` that the caller of the lexer asked for. */
export interface Annotation {
  readonly id: string
  /** Byte offsets of `(@` and of the end of the annotation's id. */
  readonly start: number
  readonly idEnd: number
  /** Index of the token that follows the annotation in the table that it was left out of. */
  readonly before: number
  /** What stands between the annotation's id and its closing parenthesis; EOF is at that parenthesis. */
  readonly tokens: TokenTable
}

const QUOTE = 0x22

export class TokenTable {
  readonly source: SourceText
  /** Shared by the tables of a source and of its annotations. */
  readonly atoms: AtomTable
  /** In the order of the source; nested annotations are left out. */
  readonly annotations: Annotation[] = []
  /** Number of tokens; the last one is EOF. */
  count = 0
  private kinds: Uint8Array
  private starts: Uint32Array
  /** Of a keyword or identifier the atom, of every other token the offset of its end. */
  private values: Uint32Array

  constructor(source: SourceText, atoms: AtomTable, capacity: number) {
    this.source = source
    this.atoms = atoms
    this.kinds = new Uint8Array(capacity)
    this.starts = new Uint32Array(capacity)
    this.values = new Uint32Array(capacity)
  }

  push(kind: TokenKind, start: number, value: number): void {
    if (this.count === this.kinds.length) this.grow()
    const token = this.count++
    this.kinds[token] = kind
    this.starts[token] = start
    this.values[token] = value
  }

  clear(): void {
    this.count = 0
  }

  kind(token: number): TokenKind {
    return this.kinds[token] as TokenKind
  }

  /** Byte offset of the token's first character. */
  start(token: number): number {
    return this.starts[token]!
  }

  /** Byte offset after the token's last character. */
  end(token: number): number {
    const kind = this.kinds[token]
    if (kind !== KEYWORD && kind !== ID) return this.values[token]!
    const start = this.starts[token]!
    const length = this.atoms.text(this.values[token]!).length
    if (kind === KEYWORD) return start + length
    return this.source.bytes[start + 1] === QUOTE ? scanString(this.source, start + 1) : start + 1 + length
  }

  /** Of a keyword its text, of an identifier its name without `$` and quotes, as a number. */
  atom(token: number): number {
    return this.values[token]!
  }

  /** Text of a keyword, or name of an identifier. */
  atomText(token: number): string {
    return this.atoms.text(this.values[token]!)
  }

  /** The token as it is spelled. */
  text(token: number): string {
    const kind = this.kinds[token]
    if (kind === KEYWORD) return this.atomText(token)
    const { bytes } = this.source
    if (kind === NAT || kind === INT || kind === FLOAT)
      return asciiText(bytes, this.starts[token]!, this.values[token]!)
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(this.start(token), this.end(token)))
  }

  /** The value of a NAT of at most nine decimal digits, which most are, else -1. Spares making a string. */
  smallNat(token: number): number {
    const start = this.starts[token]!
    const end = this.values[token]!
    if (this.kinds[token] !== NAT || end - start > 9) return -1
    const { bytes } = this.source
    let value = 0
    for (let pos = start; pos < end; pos++) {
      const digit = bytes[pos]! - 0x30
      if (digit < 0 || digit > 9) return -1
      value = value * 10 + digit
    }
    return value
  }

  /** The bytes that a STRING stands for. They may be a view of the source: not to be written to. */
  stringBytes(token: number): Uint8Array {
    return unescapeString(this.source.bytes, this.starts[token]!, this.values[token]!)
  }

  /** The name that a STRING stands for. Throws `malformed UTF-8 encoding`. */
  name(token: number): string {
    const text = decodeUtf8(this.stringBytes(token))
    if (text === undefined) throw this.error(token, 'malformed UTF-8 encoding')
    return text
  }

  /** An error with the place of this token. The message begins with the wording of the specification. */
  error(token: number, message: string, kind: ModuleErrorKind = 'malformed'): ModuleError {
    return textError(this.source, this.start(token), this.end(token), message, kind)
  }

  private grow(): void {
    const capacity = Math.max(2 * this.kinds.length, 16)
    const { kinds, starts, values } = this
    this.kinds = new Uint8Array(capacity)
    this.kinds.set(kinds)
    this.starts = new Uint32Array(capacity)
    this.starts.set(starts)
    this.values = new Uint32Array(capacity)
    this.values.set(values)
  }
}
