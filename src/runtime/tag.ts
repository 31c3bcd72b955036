// A tag: an identity for exceptions (or suspensions), with the closed type of what they carry.

import type { FuncType } from '../syntax/types.ts'
import type { CanonicalType } from '../validate/canonical-types.ts'

export class Tag {
  readonly canonical: CanonicalType

  constructor(canonical: CanonicalType) {
    this.canonical = canonical
  }

  /** The parameters are the values that it carries. */
  get type(): FuncType {
    return this.canonical.comp as FuncType
  }
}
