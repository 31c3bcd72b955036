// The lexer of the text format: a source becomes a table of tokens, in one pass and without recursion. White space and comments
// go; annotations go too, but for those that the caller asks for. It doesn't know which keywords exist.
// https://webassembly.github.io/spec/core/text/lexical.html

import type { ModuleError } from '../errors/module-error.ts'
import { asciiText, AtomTable } from './atoms.ts'
import { classifyNumber } from './number-token.ts'
import type { SourceText } from './source-text.ts'
import { codePointName, decodeUtf8, scanString, scanUtf8Char, unescapeString } from './string-token.ts'
import { textError } from './text-error.ts'
import {
  EOF,
  FLOAT,
  ID,
  KEYWORD,
  LEFT_PAREN,
  RESERVED,
  RIGHT_PAREN,
  STRING,
  TokenTable,
  type Annotation,
} from './tokens.ts'

interface LexOptions {
  /** Ids of the annotations to keep, e.g. `custom`, `name`, `metadata.code.branch_hint`. */
  readonly annotations?: ReadonlySet<string>
}

/** Throws a malformed ModuleError for what is no sequence of tokens. What is `RESERVED` is left for the parser to refuse. */
export function lexText(source: SourceText, options: LexOptions = {}): TokenTable {
  return new Lexer(source, options.annotations ?? new Set()).run()
}

const LF = 0x0a
const CR = 0x0d
const QUOTE = 0x22
const DOLLAR = 0x24
const LEFT = 0x28
const RIGHT = 0x29
const SEMICOLON = 0x3b
const AT = 0x40
const LOWER_A = 0x61
const LOWER_I = 0x69
const LOWER_N = 0x6e
const LOWER_Z = 0x7a

// What a byte can begin: 0 illegal, 1 white space, 2 idchar, 3 `(`, 4 `)`, 5 a string, 6 `;`, 7 other punctuation, 8 not ASCII.
const IDCHAR = 2
const BYTE_CLASSES = makeByteClasses()

function makeByteClasses(): Uint8Array {
  const classes = new Uint8Array(256).fill(IDCHAR, 0x21, 0x7f).fill(8, 0x80)
  const exceptions: readonly (readonly [characters: string, byteClass: number])[] = [
    [' \t\n\r', 1],
    ['(', 3],
    [')', 4],
    ['"', 5],
    [';', 6],
    [',[]{}', 7],
  ]
  for (const [characters, byteClass] of exceptions) {
    for (const character of characters) classes[character.charCodeAt(0)] = byteClass
  }
  return classes
}

/** What follows the `@` of a possible annotation: its id, or why there is none. */
type AnnotationId =
  | { readonly id: string; readonly end: number }
  | { readonly id: undefined; readonly end: number; readonly fault: string }

class Lexer {
  private readonly source: SourceText
  private readonly bytes: Uint8Array
  private readonly kept: ReadonlySet<string>
  private readonly atoms: AtomTable
  private readonly tokens: TokenTable
  /** Takes the tokens of annotations that nobody asked for. */
  private readonly dropped: TokenTable
  /** Where tokens go at present. */
  private out: TokenTable
  /** Open parentheses inside the outermost open annotation, its own included; 0 outside annotations. */
  private depth = 0
  /** The depth at which a nested annotation, which is dropped, began; 0 if there is none. */
  private nestedDepth = 0
  private annotation: Annotation | undefined
  private annotationStart = 0

  constructor(source: SourceText, kept: ReadonlySet<string>) {
    this.source = source
    this.bytes = source.bytes
    this.kept = kept
    this.atoms = new AtomTable(source.bytes.length)
    this.tokens = new TokenTable(source, this.atoms, (source.bytes.length >>> 3) + 16)
    this.dropped = new TokenTable(source, this.atoms, 16)
    this.out = this.tokens
  }

  run(): TokenTable {
    const { bytes } = this
    const end = bytes.length
    let pos = 0
    while (pos < end) {
      // Literals, because V8 jumps to a case by table only if they are.
      switch (BYTE_CLASSES[bytes[pos]!]) {
        case 1:
          pos++
          break
        case 2:
          pos = this.lexWord(pos)
          break
        case 3:
          pos = this.lexLeftParen(pos)
          break
        case 4:
          this.lexRightParen(pos++)
          break
        case 5:
          pos = this.lexString(pos)
          break
        case 6:
          if (bytes[pos + 1] === SEMICOLON) pos = this.skipLineComment(pos)
          else this.out.push(RESERVED, pos, ++pos)
          break
        case 7:
          this.out.push(RESERVED, pos, ++pos)
          break
        default:
          throw this.illegalCharacter(pos)
      }
    }
    if (this.depth > 0) throw this.error(this.annotationStart, this.annotationStart + 2, 'unclosed annotation')
    this.tokens.push(EOF, end, end)
    return this.tokens
  }

  /** A token that begins with an idchar: keyword, identifier, number, or a reserved one. */
  private lexWord(start: number): number {
    const { bytes } = this
    const length = bytes.length
    let pos = start
    let hash = 0x811c9dc5
    while (pos < length) {
      const byte = bytes[pos]!
      if (BYTE_CLASSES[byte] !== IDCHAR) break
      hash = Math.imul(hash ^ byte, 0x01000193)
      pos++
    }
    const first = bytes[start]!
    if (pos < length && bytes[pos] === QUOTE) {
      return first === DOLLAR && pos === start + 1 ? this.lexQuotedId(start) : this.lexReserved(start, pos)
    }
    if (first >= LOWER_A && first <= LOWER_Z) {
      if (this.mayBeFloat(start, pos) && classifyNumber(bytes, start, pos) === FLOAT) this.out.push(FLOAT, start, pos)
      else this.out.push(KEYWORD, start, this.atoms.internAscii(bytes, start, pos, hash))
    } else if (first === DOLLAR) {
      if (pos === start + 1) throw this.error(start, pos, 'empty identifier')
      this.out.push(ID, start, this.atoms.internAscii(bytes, start + 1, pos, hash))
    } else {
      this.out.push(classifyNumber(bytes, start, pos), start, pos)
    }
    return pos
  }

  /** Cheap, since it is asked of every keyword: may the word be `inf`, `nan` or `nan:0x…`? */
  private mayBeFloat(start: number, end: number): boolean {
    const first = this.bytes[start]
    return first === LOWER_N || (first === LOWER_I && end - start === 3)
  }

  private lexString(start: number): number {
    const end = scanString(this.source, start)
    if (this.continuesWord(end)) return this.lexReserved(start, end)
    this.out.push(STRING, start, end)
    return end
  }

  private lexQuotedId(start: number): number {
    const end = scanString(this.source, start + 1, 'empty identifier')
    if (this.continuesWord(end)) return this.lexReserved(start, end)
    const name = unescapeString(this.bytes, start + 1, end)
    if (name.length === 0) throw this.error(start, end, 'empty identifier')
    const text = decodeUtf8(name)
    if (text === undefined) throw this.error(start, end, 'malformed UTF-8 encoding')
    this.out.push(ID, start, this.atoms.intern(text))
    return end
  }

  /** Idchars and strings without a space between them are one reserved token, and as long as can be. */
  private lexReserved(start: number, from: number): number {
    let pos = from
    while (this.continuesWord(pos)) pos = this.bytes[pos] === QUOTE ? scanString(this.source, pos) : pos + 1
    this.out.push(RESERVED, start, pos)
    return pos
  }

  private continuesWord(pos: number): boolean {
    return pos < this.bytes.length && (this.bytes[pos] === QUOTE || BYTE_CLASSES[this.bytes[pos]!] === IDCHAR)
  }

  private lexLeftParen(start: number): number {
    const next = this.bytes[start + 1]
    if (next === SEMICOLON) return this.skipBlockComment(start)
    if (next === AT) {
      const end = this.openAnnotation(start)
      if (end !== undefined) return end
    }
    if (this.depth > 0) this.depth++
    this.out.push(LEFT_PAREN, start, start + 1)
    return start + 1
  }

  private lexRightParen(start: number): void {
    if (this.depth === 0) {
      this.out.push(RIGHT_PAREN, start, start + 1)
      return
    }
    this.depth--
    if (this.depth === 0) {
      this.closeAnnotation(start)
    } else if (this.depth < this.nestedDepth) {
      this.nestedDepth = 0
      this.out = this.annotation?.tokens ?? this.dropped
    } else {
      this.out.push(RIGHT_PAREN, start, start + 1)
    }
  }

  /** The offset after the annotation's id; undefined if, inside an annotation, the parenthesis is just that. */
  private openAnnotation(start: number): number | undefined {
    const found = this.readAnnotationId(start + 2)
    if (this.depth > 0) {
      if (found.id === undefined) return undefined
      this.depth++
      if (this.nestedDepth === 0) {
        this.nestedDepth = this.depth
        this.out = this.dropped
      }
      return found.end
    }
    if (found.id === undefined) throw this.error(start, found.end, found.fault)
    this.depth = 1
    this.annotationStart = start
    this.annotation = undefined
    if (this.kept.has(found.id)) {
      const tokens = new TokenTable(this.source, this.atoms, 4)
      this.annotation = { id: found.id, start, idEnd: found.end, before: this.tokens.count, tokens }
    }
    this.out = this.annotation?.tokens ?? this.dropped
    return found.end
  }

  private closeAnnotation(end: number): void {
    if (this.annotation !== undefined) {
      this.annotation.tokens.push(EOF, end, end)
      this.tokens.annotations.push(this.annotation)
    }
    this.dropped.clear()
    this.out = this.tokens
  }

  private readAnnotationId(start: number): AnnotationId {
    const { bytes } = this
    let end = start
    while (end < bytes.length && BYTE_CLASSES[bytes[end]!] === IDCHAR) end++
    if (end > start) return { id: asciiText(bytes, start, end), end }
    if (bytes[start] !== QUOTE) return { id: undefined, end, fault: 'empty annotation id' }
    end = scanString(this.source, start, 'empty annotation id')
    const id = decodeUtf8(unescapeString(bytes, start, end))
    if (id === undefined) return { id, end, fault: 'malformed UTF-8 encoding' }
    if (id === '') return { id: undefined, end, fault: 'empty annotation id' }
    return { id, end }
  }

  private skipLineComment(start: number): number {
    const { bytes } = this
    let pos = start + 2
    while (pos < bytes.length) {
      const byte = bytes[pos]!
      if (byte === LF || byte === CR) break
      pos = byte < 0x80 ? pos + 1 : scanUtf8Char(this.source, pos)
    }
    return pos
  }

  private skipBlockComment(start: number): number {
    const { bytes } = this
    const end = bytes.length
    let depth = 1
    let pos = start + 2
    while (pos < end) {
      const byte = bytes[pos]!
      if (byte === SEMICOLON && bytes[pos + 1] === RIGHT) {
        pos += 2
        if (--depth === 0) return pos
      } else if (byte === LEFT && bytes[pos + 1] === SEMICOLON) {
        pos += 2
        depth++
      } else {
        pos = byte < 0x80 ? pos + 1 : scanUtf8Char(this.source, pos)
      }
    }
    throw this.error(start, start + 2, 'unclosed comment')
  }

  private illegalCharacter(start: number): ModuleError {
    const { bytes } = this
    const end = bytes[start]! < 0x80 ? start + 1 : scanUtf8Char(this.source, start)
    const codePoint = decodeUtf8(bytes.subarray(start, end))?.codePointAt(0) ?? 0
    return this.error(start, end, `illegal character: ${codePointName(codePoint)}`)
  }

  private error(start: number, end: number, message: string): ModuleError {
    return textError(this.source, start, end, message)
  }
}
