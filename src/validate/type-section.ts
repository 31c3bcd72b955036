// The definitions of types: what they refer to exists, and who claims to be a subtype of another is one.
// https://webassembly.github.io/spec/core/valid/types.html#recursive-types

import { ModuleError } from '../errors/module-error.ts'
import { forEachTypeUse } from '../syntax/types.ts'
import type { Subtyping } from '../syntax/types.ts'
import { recGroupOf } from '../syntax/module.ts'
import type { Context } from './context.ts'
import { definitionName, invalid, overLimit, unknown } from './errors.ts'
import { matchesCompType } from './matching.ts'

export class TypeSection {
  private readonly context: Context
  /** Supertypes above each type that has any. */
  private readonly depths: Map<number, number> = new Map()

  constructor(context: Context) {
    this.context = context
  }

  /** References and depths first: subtyping compares definitions, which may name any type of their group, with all that is above it. */
  check(): void {
    const { module } = this.context
    for (let start = 0; start < module.types.length;) {
      const [, end] = recGroupOf(module, start)
      for (let x = start; x < end; x++) this.within(x, () => this.checkReferences(x, end))
      for (let x = start; x < end; x++) this.within(x, () => this.checkDepth(x))
      for (let x = start; x < end; x++) {
        const subtyping = module.subtypes.get(x)
        if (subtyping !== undefined) this.within(x, () => this.checkSupertypes(x, subtyping))
      }
      start = end
    }
  }

  private within(x: number, check: () => void): void {
    try {
      check()
    } catch (error) {
      if (!(error instanceof ModuleError)) throw error
      throw error.at({ within: definitionName(this.context.module, 'type', x) })
    }
  }

  /** A type may refer to those before it and to those of its group. */
  private checkReferences(x: number, end: number): void {
    const { types, subtypes } = this.context.module
    const type = types[x]!
    forEachTypeUse(type, (used) => {
      if (used >= end) throw unknown('type', used)
    })
    if (type.kind === 'cont' && types[type.typeIdx]?.kind !== 'func') {
      throw invalid(`non-function type ${type.typeIdx} in a continuation type`)
    }
    for (const used of subtypes.get(x)?.supertypes ?? []) if (used >= x) throw unknown('type', used)
  }

  private checkDepth(x: number): void {
    const { module, limits } = this.context
    const above = module.subtypes.get(x)?.supertypes[0]
    if (above === undefined) return
    const depth = (this.depths.get(above) ?? 0) + 1
    if (depth > limits.subtypeDepth) throw overLimit(depth, `supertypes above type ${x}`, limits.subtypeDepth)
    this.depths.set(x, depth)
  }

  /** https://webassembly.github.io/spec/core/valid/types.html#sub-types */
  private checkSupertypes(x: number, { supertypes }: Subtyping): void {
    const { module, types } = this.context
    const above = supertypes[0]
    if (above === undefined) return
    if (supertypes.length > 1) throw invalid(`sub type ${x} has ${supertypes.length} supertypes, more than one`)
    if (module.subtypes.get(above)?.final !== false)
      throw invalid(`sub type ${x} cannot extend type ${above}, which is final`)
    if (!matchesCompType(module.types[x]!, module.types[above]!, types)) {
      throw invalid(`sub type ${x} does not match super type ${above}`)
    }
  }
}
