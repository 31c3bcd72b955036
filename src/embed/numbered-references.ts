// References by the number under which a recording speaks of them.

import type { Ref } from '../runtime/value.ts'

/** Keeps nothing alive that nobody will ask for: `isKept` says which numbers will be. */
export class NumberedReferences {
  private readonly numbers = new WeakMap<object, number>()
  private readonly symbols = new Map<symbol, number>()
  private readonly kept = new Map<number, Ref>()
  private readonly isKept: (number: number) => boolean
  count = 0

  constructor(isKept: (number: number) => boolean) {
    this.isKept = isKept
  }

  numberOf(ref: object | symbol): number | undefined {
    return typeof ref === 'symbol' ? this.symbols.get(ref) : this.numbers.get(ref)
  }

  add(ref: object | symbol): number {
    const number = this.count++
    if (typeof ref === 'symbol') this.symbols.set(ref, number)
    else this.numbers.set(ref, number)
    if (this.isKept(number)) this.kept.set(number, ref)
    return number
  }

  at(number: number): Ref {
    return this.kept.get(number)
  }
}
