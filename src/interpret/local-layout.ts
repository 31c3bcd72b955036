// Where a function's locals lie in its frame, and which of them have to be zero at the beginning: in fast code, one that is always
// assigned before it is read is left as it is.

import type { FuncType, ValType } from '../syntax/types.ts'
import { slotWords } from './slots.ts'

export class LocalLayout {
  readonly params: number
  readonly types: ValType[] = []
  readonly slots: number[] = []
  /** The address behind the last local. */
  words = 0
  private readonly assigned = new Set<number>()
  private firstZeroed = Infinity
  private lastZeroed = -1

  constructor(type: FuncType) {
    this.params = type.params.length
    for (const param of type.params) this.declare(param)
  }

  declare(type: ValType): void {
    this.types.push(type)
    this.slots.push(this.words)
    this.words += slotWords(type)
  }

  /** Where the declared locals begin: behind the parameters. */
  get declaredAt(): number {
    return this.slots[this.params] ?? this.words
  }

  noteRead(x: number): void {
    if (x >= this.params && !this.assigned.has(x)) this.needZero(x)
  }

  /** `once`: outside of all blocks, where code runs in order and only once. */
  noteAssignment(x: number, once: boolean): void {
    if (x < this.params || this.assigned.has(x)) return
    if (once) this.assigned.add(x)
    else this.needZero(x)
  }

  private needZero(x: number): void {
    if (x < this.firstZeroed) this.firstZeroed = x
    if (x > this.lastZeroed) this.lastZeroed = x
  }

  /** The stretch that has to be zero; undefined where nothing has to. */
  zeroed(): { readonly slot: number; readonly words: number } | undefined {
    if (this.lastZeroed < 0) return undefined
    const slot = this.slots[this.firstZeroed]!
    return { slot, words: this.slots[this.lastZeroed]! + slotWords(this.types[this.lastZeroed]!) - slot }
  }
}
