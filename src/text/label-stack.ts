// The labels around an instruction of the text format: from identifiers to relative depths, in constant time however deep.

import type { ModuleAnnotations } from './annotations.ts'
import type { TokenCursor } from './token-cursor.ts'
import { ID } from './tokens.ts'

/** The label of a block: its identifier's atom, or -1, and its name for people. */
export interface Label {
  readonly atom: number
  readonly name: string | undefined
}

const UNNAMED: Label = { atom: -1, name: undefined }

/** Reads the label that may follow the keyword of a block. */
export function parseLabel(cursor: TokenCursor, annotations: ModuleAnnotations): Label {
  const atom = cursor.takeId()
  const name = annotations.takeName(cursor.pos, 'label')
  if (atom < 0 && name === undefined) return UNNAMED
  return { atom, name: name ?? cursor.tokens.atoms.text(atom) }
}

export class LabelStack {
  /** By position of the block in the body. */
  names: Map<number, string> = new Map()
  private readonly atoms: number[] = []
  /** Depth of the label that each one hides, or -1. */
  private readonly hidden: number[] = []
  /** Atom → depth of the innermost label of that name. */
  private readonly innermost = new Map<number, number>()
  private blocks = 0

  /** For the next body; all blocks of the last one are closed. */
  reset(): void {
    this.blocks = 0
    if (this.names.size > 0) this.names = new Map()
  }

  push({ atom, name }: Label): void {
    if (name !== undefined) this.names.set(this.blocks, name)
    this.blocks++
    const depth = this.atoms.push(atom) - 1
    this.hidden.push(atom < 0 ? -1 : (this.innermost.get(atom) ?? -1))
    if (atom >= 0) this.innermost.set(atom, depth)
  }

  pop(): void {
    const atom = this.atoms.pop() ?? -1
    const hidden = this.hidden.pop() ?? -1
    if (atom < 0) return
    if (hidden < 0) this.innermost.delete(atom)
    else this.innermost.set(atom, hidden)
  }

  /** Reads a label index: a number, or a name that is turned into its depth, counted from the inside. */
  resolve(cursor: TokenCursor): number {
    if (cursor.kind !== ID) return cursor.readU32()
    const atom = cursor.tokens.atom(cursor.pos)
    const depth = this.innermost.get(atom)
    if (depth === undefined) throw cursor.tokens.error(cursor.pos, `unknown label ${cursor.idText(atom)}`)
    cursor.pos++
    return this.atoms.length - 1 - depth
  }

  /** Reads the label that may be repeated after the keyword that ends or continues the innermost block. */
  checkRepeated(cursor: TokenCursor): void {
    if (cursor.kind !== ID) return
    if (cursor.tokens.atom(cursor.pos) !== this.atoms.at(-1)) {
      throw cursor.tokens.error(cursor.pos, 'mismatching label')
    }
    cursor.pos++
  }
}
