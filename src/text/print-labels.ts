// The labels that are in scope while code is printed, and how a branch spells the one that it means.
// https://webassembly.github.io/spec/core/text/instructions.html#labels

import { printId, wellFormed } from './print-string.ts'

export class LabelScope {
  /** Identifiers of the open blocks, outermost first; undefined where there is none. */
  private readonly ids: (string | undefined)[] = []
  /** For each open block the one that its identifier stood for outside of it. */
  private readonly shadowed: (number | undefined)[] = []
  /** The open block that an identifier stands for. */
  private readonly innermost: Map<string, number> = new Map()

  /** Number of open blocks. The body of the function counts as none. */
  get depth(): number {
    return this.ids.length
  }

  open(id: string | undefined): void {
    const block = this.ids.length
    this.ids.push(id)
    if (id === undefined) {
      this.shadowed.push(undefined)
      return
    }
    this.shadowed.push(this.innermost.get(id))
    this.innermost.set(id, block)
  }

  close(): void {
    const id = this.ids.pop()
    const outer = this.shadowed.pop()
    if (id === undefined) return
    if (outer === undefined) this.innermost.delete(id)
    else this.innermost.set(id, outer)
  }

  /** `$name` where that means the block `labelIdx` levels out, else `0 (;@3;)` with the number that the block's comment shows. */
  use(labelIdx: number): string {
    const block = this.ids.length - 1 - labelIdx
    const id = this.ids[block]
    if (id !== undefined && this.innermost.get(id) === block) return id
    return block < -1 ? String(labelIdx) : `${labelIdx} (;@${block + 1};)`
  }
}

/** The identifier for a label's name; none for the empty name, which nothing could spell. */
export function labelId(name: string | undefined): string | undefined {
  return name === undefined || name === '' ? undefined : printId(wellFormed(name))
}
