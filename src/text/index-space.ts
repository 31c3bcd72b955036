// An index space under construction: how many things it has, and which identifiers stand for which.

import type { ModuleAnnotations } from './annotations.ts'
import type { TokenCursor } from './token-cursor.ts'
import { ID } from './tokens.ts'

export class IndexSpace {
  /** What errors call one of its members when it is defined twice … */
  readonly kind: string
  /** … and when there is none. */
  readonly longKind: string
  count: number = 0
  /** Names for people: from identifiers, or from annotations. */
  readonly names: Map<number, string> = new Map()
  private readonly byAtom = new Map<number, number>()

  constructor(kind: string, longKind: string = kind) {
    this.kind = kind
    this.longKind = longKind
  }

  /** Gives the next index to what is defined at the cursor, after its keyword; passes its identifier, if there is one. */
  bind(cursor: TokenCursor, annotations: ModuleAnnotations): number {
    const token = cursor.pos
    const atom = cursor.takeId()
    const index = this.count++
    if (atom >= 0) {
      if (this.byAtom.has(atom)) throw cursor.tokens.error(token, `duplicate ${this.kind} ${cursor.idText(atom)}`)
      this.byAtom.set(atom, index)
      this.names.set(index, cursor.tokens.atoms.text(atom))
    }
    const name = annotations.takeName(cursor.pos, this.longKind)
    if (name !== undefined) this.names.set(index, name)
    return index
  }

  /** Counts something that has no identifier. */
  bindAnonymous(count = 1): void {
    this.count += count
  }

  /** Reads an index. A number is not checked: whether it exists is a matter of validation. */
  resolve(cursor: TokenCursor): number {
    if (cursor.kind !== ID) return cursor.readU32()
    const atom = cursor.tokens.atom(cursor.pos)
    const index = this.byAtom.get(atom)
    if (index === undefined) throw cursor.tokens.error(cursor.pos, `unknown ${this.longKind} ${cursor.idText(atom)}`)
    cursor.pos++
    return index
  }
}
