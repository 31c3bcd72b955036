// The definitions of types: what they refer to exists, and who claims to be a subtype of another is one.
// https://webassembly.github.io/spec/core/valid/types.html#recursive-types

import { ModuleError } from '../errors/module-error.ts'
import { forEachTypeUse } from '../syntax/types.ts'
import type { DescriptorClauses, Subtyping } from '../syntax/types.ts'
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
      for (let x = start; x < end; x++) this.within(x, () => this.checkReferences(x, start, end))
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

  /** A type may refer to those before it and to those of its group; descriptors and what they describe are of one group. */
  private checkReferences(x: number, start: number, end: number): void {
    const { types, subtypes, descriptors } = this.context.module
    const type = types[x]!
    const clauses = descriptors?.get(x)
    if (clauses !== undefined) this.checkDescriptors(x, clauses, (other) => other >= start && other < end)
    forEachTypeUse(type, (used) => {
      if (used >= end) throw unknown('type', used)
    })
    if (type.kind === 'cont' && types[type.typeIdx]?.kind !== 'func') {
      throw invalid(`non-function type ${type.typeIdx} in a continuation type`)
    }
    for (const used of subtypes.get(x)?.supertypes ?? []) if (used >= x) throw unknown('type', used)
  }

  /** https://github.com/WebAssembly/custom-descriptors/blob/main/proposals/custom-descriptors/Overview.md#custom-descriptor-definitions */
  private checkDescriptors(
    x: number,
    { describes, descriptor }: DescriptorClauses,
    isInGroup: (typeIdx: number) => boolean,
  ): void {
    const { types, descriptors } = this.context.module
    if (describes !== undefined) {
      if (!isInGroup(describes)) throw invalid(`described type is outside rec group: type ${describes}`)
      if (descriptors?.get(describes)?.descriptor !== x) {
        throw invalid(`described type is not described by descriptor: type ${describes}`)
      }
      if (describes >= x) throw invalid(`forward use of described type ${describes}`)
    }
    if (descriptor !== undefined) {
      if (!isInGroup(descriptor)) throw invalid(`descriptor type is outside rec group: type ${descriptor}`)
      if (descriptors?.get(descriptor)?.describes !== x) {
        throw invalid(`type is not described by its descriptor, type ${descriptor}`)
      }
    }
    // The words say which clause the type has, the wrong way round as the official scripts have them.
    if (types[x]!.kind !== 'struct') {
      throw invalid(`${descriptor === undefined ? 'described' : 'descriptor'} type must be a struct`)
    }
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
    this.checkClausesMatch(x, above)
    if (!matchesCompType(module.types[x]!, module.types[above]!, types)) throw mismatch(x, above)
  }

  /** Only a descriptor's subtype is a descriptor; a subtype may have a descriptor where its supertype has none, but not the other way round. */
  private checkClausesMatch(x: number, above: number): void {
    const { module, types } = this.context
    const { descriptors } = module
    if (descriptors === undefined) return
    const { describes, descriptor } = descriptors.get(x) ?? NO_CLAUSES
    const { describes: describedAbove, descriptor: descriptorAbove } = descriptors.get(above) ?? NO_CLAUSES
    const isSubtype = (sub: number, supertype: number): boolean =>
      types.canonical(sub).isSubtypeOf(types.canonical(supertype))
    if (describes === undefined || describedAbove === undefined) {
      if (describes !== describedAbove) throw mismatch(x, above)
    } else if (!isSubtype(describes, describedAbove)) {
      throw invalid(`described type ${describes} does not match ${describedAbove}`)
    }
    if (descriptorAbove === undefined) return
    if (descriptor === undefined) throw mismatch(x, above)
    if (!isSubtype(descriptor, descriptorAbove)) {
      throw invalid(`descriptor type ${descriptor} does not match ${descriptorAbove}`)
    }
  }
}

const NO_CLAUSES: DescriptorClauses = {}

function mismatch(x: number, above: number): ModuleError {
  return invalid(`sub type ${x} does not match super type ${above}`)
}
