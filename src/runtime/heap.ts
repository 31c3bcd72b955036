// Objects of the garbage-collected heap, as far as a store counts them. The host's collector frees them; what a store allows is counted
// here, in bytes that do not depend on when that happens: allocations are summed, and where the sum reaches the limit, what the store's
// instances and stacks still reach is counted anew. So equal programs fail at the same allocation on every host.

import { Trap } from '../errors/trap.ts'
import type { Ref } from './value.ts'

/** An object with references of its own. `references` names all of them, for whoever walks the heap. */
export abstract class HeapObject {
  /** About what the host takes for it. */
  abstract readonly byteSize: number
  /** The walk that last came by: cheaper than a set of millions of objects. */
  #lastWalk = 0
  abstract references(): Iterable<Ref>

  /** Whether a reference is one, asked so that it can't be noticed: `instanceof` calls a handler of the host's where it is a Proxy. */
  static is(ref: Ref): ref is HeapObject {
    return typeof ref === 'object' && ref !== null && #lastWalk in ref
  }

  /** Notes that a walk comes by; false where it has been here. */
  meet(walk: number): boolean {
    if (this.#lastWalk === walk) return false
    this.#lastWalk = walk
    return true
  }
}

/** Who holds references to objects: an instance, a run that is parked. */
export interface RootSource {
  references: () => Iterable<Ref>
}

/** The references on the stacks of all runs; set by the tier that has such. */
let stackReferences: () => Iterable<Ref> = () => []

export function setStackReferences(references: () => Iterable<Ref>): void {
  stackReferences = references
}

let walks = 0

/** A heap that is fuller than this after counting anew is full: else a program at the limit would be counted at every allocation. */
const FULL = 15 / 16

export class Heap {
  readonly limit: number
  /** Bytes allocated since the last count, and those that it found. */
  used = 0
  private sources: WeakRef<RootSource>[] = []
  private nextPruning = 64

  constructor(limit: number) {
    this.limit = limit
  }

  /** What the source references counts as in use as long as it lives. */
  addSource(source: RootSource): void {
    if (this.sources.length >= this.nextPruning) {
      this.sources = this.sources.filter((each) => each.deref() !== undefined)
      this.nextPruning = Math.max(64, this.sources.length * 2)
    }
    this.sources.push(new WeakRef(source))
  }

  /** Whether there is room for `bytes` more only if counting anew finds some. That takes a step for each object that is there. */
  mustCountFor(bytes: number): boolean {
    return this.used + bytes > this.limit
  }

  /** Counts `bytes` more; false where that is too much. */
  allocate(bytes: number): boolean {
    if (!this.mustCountFor(bytes)) {
      this.used += bytes
      return true
    }
    this.used = this.count()
    if (this.used + bytes > this.limit * FULL) return false
    this.used += bytes
    return true
  }

  /** For an allocation that is too much. */
  exhausted(): Trap {
    return new Trap('HEAP_EXHAUSTED', `${this.limit} bytes are allowed`)
  }

  /** Counts `bytes` more; throws where that is too much. */
  claim(bytes: number): void {
    if (!this.allocate(bytes)) throw this.exhausted()
  }

  /** Every object that can be reached from the sources and the stacks, each once. One walk at a time, in the whole process. */
  *objects(): Generator<HeapObject, void> {
    const walk = ++walks
    const waiting: HeapObject[] = []
    const visit = (references: Iterable<Ref>): void => {
      for (const ref of references) {
        if (HeapObject.is(ref) && ref.meet(walk)) waiting.push(ref)
      }
    }
    visit(stackReferences())
    for (const source of this.sources) visit(source.deref()?.references() ?? [])
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      yield next
      visit(next.references())
    }
  }

  private count(): number {
    let bytes = 0
    for (const { byteSize } of this.objects()) bytes += byteSize
    return bytes
  }
}
