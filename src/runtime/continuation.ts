// Continuations: computations that have not begun, or have stopped at a suspension, as data. What a stretch of a stack is made of is the
// tier's business; here it is only something that has a size and references.
// https://github.com/WebAssembly/stack-switching/blob/main/proposals/stack-switching/Explainer.md

import type { CanonicalType } from '../validate/canonical-types.ts'
import type { FuncInstance } from './func.ts'
import { HeapObject } from './heap.ts'
import type { Ref, Value } from './value.ts'

/** A stretch of a tier's stack that was taken off it. */
export interface StackStretch {
  readonly byteSize: number
  references: () => Iterable<Ref>
}

/** What a continuation will do when it is resumed. */
export interface Computation {
  /** A function to be called, or frames to go on with. */
  readonly from: { readonly func: FuncInstance } | { readonly stretch: StackStretch }
  /** The arguments that it has already. */
  readonly bound: readonly Value[]
}

export class ContinuationInstance extends HeapObject {
  readonly type: CanonicalType
  /** Undefined once it has been resumed or bound: a continuation can be used once. */
  computation: Computation | undefined

  constructor(type: CanonicalType, computation: Computation | undefined) {
    super()
    this.type = type
    this.computation = computation
  }

  get byteSize(): number {
    const { computation } = this
    if (computation === undefined) return EMPTY_BYTES
    const { from, bound } = computation
    return EMPTY_BYTES + 64 * bound.length + ('stretch' in from ? from.stretch.byteSize : 0)
  }

  *references(): Iterable<Ref> {
    const { computation } = this
    if (computation === undefined) return
    const { from, bound } = computation
    for (const { ref } of bound) yield ref
    if ('stretch' in from) yield* from.stretch.references()
    else yield from.func
  }
}

const EMPTY_BYTES = 96
