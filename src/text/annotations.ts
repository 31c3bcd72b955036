// The annotations that mean something to a module: `(@name "…")` gives a name that no identifier could be, `(@custom "…" …)` a
// custom section. Each is looked for where it may stand; what is left over is misplaced. Branch hints are in hint-annotations.ts.
// https://webassembly.github.io/spec/core/appendix/custom.html

import type { ModuleError } from '../errors/module-error.ts'
import { BRANCH_HINT } from '../instructions/branch-hints.ts'
import type { CustomSection } from '../syntax/module.ts'
import { HintAnnotations } from './hint-annotations.ts'
import { SECTIONS } from './section-names.ts'
import { decodeUtf8 } from './string-token.ts'
import { textError } from './text-error.ts'
import { TokenCursor } from './token-cursor.ts'
import { EOF, LEFT_PAREN, STRING, type Annotation, type TokenTable } from './tokens.ts'
import type { Words } from './words.ts'

const NAME = 'name'
const CUSTOM = 'custom'

/** The annotations to ask the lexer for. */
export const MODULE_ANNOTATIONS: ReadonlySet<string> = new Set([NAME, CUSTOM, BRANCH_HINT])

/** A gap between two sections. Sections that say `after` stand in it in front of those that say `before`. */
interface Place {
  /** The number of sections in front of the gap. */
  readonly gap: number
  readonly side: 'after' | 'before'
}

const BEFORE_CODE: Place = { gap: SECTIONS.findIndex(({ name }) => name === 'code'), side: 'before' }

export class ModuleAnnotations {
  readonly hints: HintAnnotations
  /** By the token that follows. */
  private readonly names = new Map<number, Annotation[]>()
  private readonly customs: Annotation[] = []
  private readonly words: Words

  /** Those between two tokens of a module: `from` is the first after its keyword, `to` is its closing parenthesis. */
  constructor(tokens: TokenTable, words: Words, from: number, to: number) {
    this.words = words
    const hints: Annotation[] = []
    for (const annotation of tokens.annotations) {
      const { id, before } = annotation
      if (before < from || before > to) continue
      if (id === CUSTOM) this.customs.push(annotation)
      else if (id === BRANCH_HINT) hints.push(annotation)
      else if (id === NAME) this.names.set(before, [...(this.names.get(before) ?? []), annotation])
    }
    this.hints = new HintAnnotations(hints)
  }

  /** The name that is given right before a token; `what` is being named. */
  takeName(token: number, what: string): string | undefined {
    if (this.names.size === 0) return undefined
    const found = this.names.get(token)
    if (found === undefined) return undefined
    this.names.delete(token)
    const [annotation, second] = found
    if (second !== undefined) throw complain(second, `@name annotation: multiple ${what}`)
    return annotation === undefined ? undefined : readName(annotation)
  }

  /** Refuses the names that nothing took. */
  finishNames(): void {
    for (const [annotation] of this.names.values()) {
      if (annotation !== undefined) throw complain(annotation, 'misplaced @name annotation')
    }
  }

  /**
   * The custom sections in their order in the binary format. One may stand before the token of a field, and at the end of the module.
   * `branchHints` is the content of their section, which stands right before the code.
   */
  readCustoms(fields: readonly number[], end: number, branchHints: Uint8Array | undefined): CustomSection[] {
    if (this.customs.length === 0 && branchHints === undefined) return []
    const places = new Set([...fields, end])
    const found = this.customs.map((annotation) => {
      if (!places.has(annotation.before)) throw complain(annotation, 'misplaced @custom annotation')
      return readCustom(annotation, this.words)
    })
    if (branchHints !== undefined) found.push({ name: BRANCH_HINT, bytes: branchHints, place: BEFORE_CODE })
    const rank = ({ gap, side }: Place): number => 2 * gap + (side === 'before' ? 1 : 0)
    return found
      .sort((a, b) => rank(a.place) - rank(b.place))
      .map(({ name, bytes, place }) => ({ name, bytes, after: SECTIONS[place.gap - 1]?.id ?? 0 }))
  }
}

function complain({ tokens, start, idEnd }: Annotation, message: string): ModuleError {
  return textError(tokens.source, start, idEnd, message)
}

function readName(annotation: Annotation): string {
  const { tokens } = annotation
  if (tokens.kind(0) !== STRING || tokens.kind(1) !== EOF) {
    throw complain(annotation, '@name annotation: unexpected token')
  }
  return readUtf8(tokens, 0, '@name')
}

function readUtf8(tokens: TokenTable, token: number, annotation: string): string {
  const text = decodeUtf8(tokens.stringBytes(token))
  if (text === undefined) throw tokens.error(token, `${annotation} annotation: malformed UTF-8 encoding`)
  return text
}

function readCustom(
  annotation: Annotation,
  words: Words,
): { readonly name: string; readonly bytes: Uint8Array; readonly place: Place } {
  const { tokens } = annotation
  if (tokens.kind(0) !== STRING) throw complain(annotation, '@custom annotation: missing section name')
  const name = readUtf8(tokens, 0, '@custom')
  const cursor = new TokenCursor(tokens, 1, words)
  const place = cursor.kind === LEFT_PAREN ? readPlace(cursor) : { gap: SECTIONS.length, side: 'after' as const }
  const bytes = cursor.readStrings()
  if (cursor.kind !== EOF) throw tokens.error(cursor.pos, '@custom annotation: unexpected token')
  return { name, bytes, place }
}

/** `(before type)`, `(after last)` … https://webassembly.github.io/spec/core/appendix/custom.html#custom-annotation */
function readPlace(cursor: TokenCursor): Place {
  const { tokens } = cursor
  const start = cursor.pos
  const side = cursor.clause
  if (side !== 'before' && side !== 'after') throw tokens.error(start, '@custom annotation: malformed placement')
  cursor.pos += 2
  const section = cursor.word
  const index = SECTIONS.findIndex(({ name }) => name === section)
  let gap = side === 'before' ? index : index + 1
  if (side === 'before' && section === 'first') gap = 0
  else if (side === 'after' && section === 'last') gap = SECTIONS.length
  else if (index < 0) throw tokens.error(cursor.pos, '@custom annotation: malformed section kind')
  cursor.pos++
  cursor.expectRight()
  return { gap, side }
}
