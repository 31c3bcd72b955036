// Identifiers for one index space: names as they are, made unique where they aren't, else the index itself.
// https://webassembly.github.io/spec/core/text/values.html#identifiers

import type { NameMap } from '../syntax/names.ts'
import { printId, printName, wellFormed } from './print-string.ts'

export class IdSpace {
  /** By index; holes where there is no name. */
  private readonly ids: (string | undefined)[] = []
  /** Names that their identifier doesn't tell: duplicates and the empty name. */
  private readonly untold: Map<number, string> = new Map()

  /** Names of indices from `count` on name nothing, and are left out. */
  constructor(names: NameMap | undefined, count: number) {
    if (names === undefined) return
    const taken = new Set<string>()
    const duplicates: [index: number, name: string][] = []
    for (const [index, raw] of names) {
      if (index >= count) continue
      const name = wellFormed(raw)
      if (name === '') this.untold.set(index, name)
      else if (taken.has(name)) duplicates.push([index, name])
      else {
        taken.add(name)
        this.ids[index] = printId(name)
      }
    }
    for (const [index, name] of duplicates) this.disambiguate(index, name, taken)
  }

  /**
   * The candidates of different indices differ, so that every name can stand in the way of one duplicate only: the time is
   * linear in the names.
   */
  private disambiguate(index: number, name: string, taken: Set<string>): void {
    let candidate = `${name}#${index}`
    while (taken.has(candidate)) candidate += '#'
    taken.add(candidate)
    this.ids[index] = printId(candidate)
    this.untold.set(index, name)
  }

  /** The identifier, if there is one. */
  id(index: number): string | undefined {
    return this.ids[index]
  }

  /** As a use spells it: `$name` or `3`. */
  use(index: number): string {
    return this.ids[index] ?? String(index)
  }

  /** As the definition spells it: `$name (;3;)`, with the name as an annotation where the identifier had to differ from it. */
  binding(index: number): string {
    const named = this.namePart(index)
    return named === '' ? `(;${index};)` : `${named} (;${index};)`
  }

  /** `$name` with its annotation, or nothing. */
  namePart(index: number): string {
    const id = this.ids[index]
    const name = this.untold.get(index)
    if (name === undefined) return id ?? ''
    const annotation = `(@name ${printName(name)})`
    return id === undefined ? annotation : `${id} ${annotation}`
  }

  /** Whether the definition says more than its index. */
  isNamed(index: number): boolean {
    return this.ids[index] !== undefined || this.untold.has(index)
  }
}

/** Nothing in it has a name. */
export const NO_IDS: IdSpace = new IdSpace(undefined, 0)
