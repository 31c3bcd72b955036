// A global: a view of the words in which its instance keeps its numeric globals, so that tiers reach them by index; a reference apart.

import { V128, isRefType, type GlobalType } from '../syntax/types.ts'
import { namedTypes, type CanonicalType } from '../validate/canonical-types.ts'
import type { Ref, Value } from './value.ts'

/** Words of one global in an instance's `globalWords`: room for a v128. */
export const GLOBAL_WORDS = 4

export class Global {
  /** Closed. */
  readonly type: GlobalType
  /** Keeps what the type names. */
  readonly namedTypes: readonly CanonicalType[]
  readonly words: Int32Array
  readonly offset: number
  ref: Ref = null
  /** Told before the host sets the value. */
  observer: ((value: Value) => void) | undefined

  constructor(type: GlobalType, words: Int32Array = new Int32Array(GLOBAL_WORDS), offset = 0) {
    this.type = type
    this.namedTypes = namedTypes([type.type])
    this.words = words
    this.offset = offset
  }

  get(): Value {
    const { words, offset, ref } = this
    const { type } = this.type
    const upper = type === V128 ? { lo: words[offset + 2]!, hi: words[offset + 3]! } : undefined
    return { type, lo: words[offset]!, hi: words[offset + 1]!, ref, upper }
  }

  /** The value's type is the caller's business. */
  set(value: Value): void {
    if (isRefType(this.type.type)) this.ref = value.ref
    else {
      const { lo, hi, upper } = value
      this.words.set([lo, hi, upper?.lo ?? 0, upper?.hi ?? 0], this.offset)
    }
  }
}
