// The operand stack of the validation algorithm: value types in a typed array that grows by doubling. It knows nothing of frames;
// what may be popped is decided in code.ts, which reads and writes the fields directly where it matters.
// https://webassembly.github.io/spec/core/appendix/algorithm.html#data-structures

import type { ValType } from '../syntax/types.ts'

export class OperandStack {
  /** The first `height` entries are meant. */
  types: Int32Array = new Int32Array(256)
  height = 0

  push(type: ValType): void {
    const { height } = this
    if (height === this.types.length) this.reserve(1)
    this.types[height] = type
    this.height = height + 1
  }

  pushAll(types: readonly ValType[]): void {
    this.reserve(types.length)
    const { height } = this
    for (let i = 0; i < types.length; i++) this.types[height + i] = types[i]!
    this.height = height + types.length
  }

  /** The topmost types, at most `count`, and none from below `base`. */
  top(count: number, base: number): Int32Array {
    return this.types.slice(Math.max(base, this.height - count), this.height)
  }

  private reserve(extra: number): void {
    const needed = this.height + extra
    if (needed <= this.types.length) return
    const grown = new Int32Array(Math.max(needed, this.types.length * 2))
    grown.set(this.types)
    this.types = grown
  }
}
