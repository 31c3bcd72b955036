// A global: a view of the words in which its instance keeps its numeric globals, so that tiers reach them by index; a reference apart.

import { isRefType, type GlobalType } from '../syntax/types.ts'
import type { Value } from './value.ts'
import type { Ref } from './value.ts'

/** Words of one global in an instance's `globalWords`: room for a v128. */
export const GLOBAL_WORDS = 4

export class Global {
  readonly type: GlobalType
  readonly words: Int32Array
  readonly offset: number
  ref: Ref = null

  constructor(type: GlobalType, words: Int32Array = new Int32Array(GLOBAL_WORDS), offset = 0) {
    this.type = type
    this.words = words
    this.offset = offset
  }

  get(): Value {
    return {
      type: this.type.type,
      lo: this.words[this.offset]!,
      hi: this.words[this.offset + 1]!,
      ref: this.ref,
    }
  }

  /** The value's type is the caller's business. */
  set(value: Value): void {
    if (isRefType(this.type.type)) this.ref = value.ref
    else {
      this.words[this.offset] = value.lo
      this.words[this.offset + 1] = value.hi
    }
  }
}
