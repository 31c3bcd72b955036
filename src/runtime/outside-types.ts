// Types as they are told outside of a process: canonical types become the type section of a module, which makes the same canonical types
// of it anywhere.

import { forEachTypeUse, mapTypeUse, mapTypeUses } from '../syntax/types.ts'
import type { CompType, DescriptorClauses, RecGroup, Subtyping, ValType } from '../syntax/types.ts'
import { canonicalById, mapClauses, type CanonicalGroup, type CanonicalType } from '../validate/canonical-types.ts'

export class OutsideTypes {
  readonly types: CompType[] = []
  readonly subtypes: Map<number, Subtyping> = new Map()
  readonly descriptors: Map<number, DescriptorClauses> = new Map()
  readonly recGroups: RecGroup[] = []
  private readonly indices: Map<CanonicalType, number> = new Map()

  /** The index of the type, with which everything that it names is there, too. */
  typeIdx(type: CanonicalType): number {
    if (!this.indices.has(type)) this.addWithReferences(type.group)
    return this.indices.get(type)!
  }

  /** The same type with type indices for the ids of canonical types. */
  open(type: ValType): ValType {
    return mapTypeUse(type, this.indexOfId)
  }

  private readonly indexOfId = (id: number): number => this.typeIdx(canonicalById(id))

  /** Groups refer to groups before them, a million deep if need be: those come first. */
  private addWithReferences(group: CanonicalGroup): void {
    const waiting = [group]
    while (waiting.length > 0) {
      const next = waiting.at(-1)!
      const before = waiting.length
      for (const used of referencesOf(next)) {
        if (used.group !== next && !this.indices.has(used)) waiting.push(used.group)
      }
      if (waiting.length > before) continue
      waiting.pop()
      if (!this.indices.has(next.types[0]!)) this.add(next)
    }
  }

  private add({ types }: CanonicalGroup): void {
    const start = this.types.length
    if (types.length > 1) this.recGroups.push({ start, count: types.length })
    for (const [i, type] of types.entries()) this.indices.set(type, start + i)
    for (const { comp, final, supertype, clauses } of types) {
      const typeIdx = this.types.length
      this.types.push(mapTypeUses(comp, this.indexOfId))
      if (!final || supertype !== undefined) {
        const supertypes = supertype === undefined ? [] : [this.typeIdx(supertype)]
        this.subtypes.set(typeIdx, { final, supertypes })
      }
      const { describes, descriptor } = clauses
      if (describes !== undefined || descriptor !== undefined) {
        this.descriptors.set(typeIdx, mapClauses(clauses, this.indexOfId))
      }
    }
  }
}

/** What the types of a group refer to, and those of the group itself among it. */
function referencesOf({ types }: CanonicalGroup): Set<CanonicalType> {
  const found = new Set<CanonicalType>()
  for (const { comp, supertype } of types) {
    if (supertype !== undefined) found.add(supertype)
    forEachTypeUse(comp, (id) => found.add(canonicalById(id)))
  }
  return found
}
