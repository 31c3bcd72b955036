// A position in a token table, with the moves and the errors that all parsers of the text format share.

import type { ModuleError } from '../errors/module-error.ts'
import { nameText } from '../errors/quote.ts'
import { sizeOfHalves, type Size } from '../syntax/types.ts'
import type { Marks } from './locate.ts'
import { parseU64, parseUnsigned } from './number.ts'
import { EOF, ID, INT, KEYWORD, LEFT_PAREN, NAT, RESERVED, RIGHT_PAREN, STRING } from './tokens.ts'
import type { TokenKind, TokenTable } from './tokens.ts'
import { isKnownWord, Words } from './words.ts'

export class TokenCursor {
  readonly tokens: TokenTable
  readonly words: Words
  /** Index of the next token. */
  pos: number
  /** Where notes are taken of which code comes from which token; undefined where they aren't. */
  marks: Marks | undefined

  constructor(tokens: TokenTable, pos = 0, words: Words = new Words(tokens.atoms)) {
    this.tokens = tokens
    this.words = words
    this.pos = pos
  }

  get kind(): TokenKind {
    return this.tokens.kind(this.pos)
  }

  /** Text of the next token, if it is a keyword. */
  get word(): string | undefined {
    return this.kind === KEYWORD ? this.tokens.atomText(this.pos) : undefined
  }

  /** Text of the keyword after the next token, if that is a left parenthesis. */
  get clause(): string | undefined {
    const { tokens, pos } = this
    return tokens.kind(pos) === LEFT_PAREN && tokens.kind(pos + 1) === KEYWORD ? tokens.atomText(pos + 1) : undefined
  }

  /** Whether a parenthesis and that keyword come next. */
  atClause(word: number): boolean {
    const { tokens, pos } = this
    return tokens.kind(pos) === LEFT_PAREN && tokens.kind(pos + 1) === KEYWORD && tokens.atom(pos + 1) === word
  }

  atWord(word: number): boolean {
    return this.tokens.kind(this.pos) === KEYWORD && this.tokens.atom(this.pos) === word
  }

  /** Whether an index comes next, as a number or by name. */
  atIndex(): boolean {
    const { kind } = this
    return kind === NAT || kind === ID
  }

  takeWord(word: string): boolean {
    if (this.word !== word) return false
    this.pos++
    return true
  }

  takeClause(word: string): boolean {
    if (this.clause !== word) return false
    this.pos += 2
    return true
  }

  /** The atom of the identifier that comes next, or -1 where there is none. */
  takeId(): number {
    return this.kind === ID ? this.tokens.atom(this.pos++) : -1
  }

  expectWord(word: string): void {
    if (!this.takeWord(word)) throw this.unexpected()
  }

  expectLeft(): void {
    this.expect(LEFT_PAREN)
  }

  expectRight(): void {
    this.expect(RIGHT_PAREN)
  }

  expectClause(word: string): void {
    this.expectLeft()
    this.expectWord(word)
  }

  readName(): string {
    const token = this.pos
    this.expect(STRING)
    return this.tokens.name(token)
  }

  /** The bytes of any number of strings, joined. A copy. */
  readStrings(): Uint8Array {
    const first = this.pos
    let length = 0
    for (; this.kind === STRING; this.pos++) length += this.tokens.stringBytes(this.pos).length
    const bytes = new Uint8Array(length)
    let end = 0
    for (let token = first; token < this.pos; token++) {
      const part = this.tokens.stringBytes(token)
      bytes.set(part, end)
      end += part.length
    }
    return bytes
  }

  readU32(): number {
    const token = this.pos
    const small = this.tokens.smallNat(token)
    this.expect(NAT)
    const value = small >= 0 ? small : parseUnsigned(this.tokens.text(token), 32)
    if (value === undefined) throw this.tokens.error(token, 'i32 constant out of range')
    return value
  }

  readU64(): Size {
    const token = this.pos
    const small = this.tokens.smallNat(token)
    this.expect(NAT)
    if (small >= 0) return small
    const value = parseU64(this.tokens.text(token))
    if (value === undefined) throw this.tokens.error(token, 'i64 constant out of range')
    return sizeOfHalves(value.lo, value.hi)
  }

  /** Goes behind the parenthesis that closes the one at the cursor. */
  skipGroup(): void {
    const { tokens } = this
    const start = this.pos
    let depth = 0
    let token = start
    do {
      const kind = tokens.kind(token)
      if (kind === LEFT_PAREN) depth++
      else if (kind === RIGHT_PAREN) depth--
      else if (kind === EOF) throw tokens.error(token, 'unexpected token: the text ends inside a parenthesis')
      token++
    } while (depth > 0)
    this.pos = token
  }

  /** What is wrong with a token that the grammar doesn't admit in its place. */
  unexpected(token: number = this.pos): ModuleError {
    const { tokens } = this
    const kind = tokens.kind(token)
    if (kind === LEFT_PAREN && this.isForeign(token + 1)) return this.unexpected(token + 1)
    if (kind === EOF) return tokens.error(token, 'unexpected token: the text ends here')
    if (kind === RESERVED) return tokens.error(token, `unknown operator ${nameText(tokens.text(token))}`)
    if (kind !== KEYWORD) return tokens.error(token, 'unexpected token')
    const word = tokens.atomText(token)
    return tokens.error(token, isKnownWord(word) ? 'unexpected token' : `unknown operator ${nameText(word)}`)
  }

  /** Whether a token is none of this grammar's, so that it is wrong in any place. */
  isForeign(token: number): boolean {
    const { tokens } = this
    const kind = tokens.kind(token)
    return kind === RESERVED || (kind === KEYWORD && !isKnownWord(tokens.atomText(token)))
  }

  /** An identifier as the text writes it. */
  idText(atom: number): string {
    return `$${nameText(this.tokens.atoms.text(atom))}`
  }

  /** Whether an integer or natural number comes next. */
  atInteger(): boolean {
    const { kind } = this
    return kind === NAT || kind === INT
  }

  private expect(kind: TokenKind): void {
    if (this.kind !== kind) throw this.unexpected()
    this.pos++
  }
}
