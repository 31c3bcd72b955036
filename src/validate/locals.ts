// The locals of one function: its parameters and what its body declares. A declaration of four bytes may stand for 50,000 locals, so
// no more are spelled out than the body has bytes; the others are found among the declared runs.
// https://webassembly.github.io/spec/core/binary/modules.html#code-section

import { readValType } from '../instructions/type-codes.ts'
import type { ByteReader } from '../syntax/byte-reader.ts'
import type { ModuleLimits } from '../syntax/limits.ts'
import type { ValType } from '../syntax/types.ts'
import { overLimit } from './errors.ts'

export class Locals {
  count = 0
  /** The types of the first `spelled` locals. */
  private types: Int32Array = new Int32Array(64)
  private spelled = 0
  private params: readonly ValType[] = []
  /** Runs of declared locals of one type: the index behind the last one, and the type. */
  private readonly runEnds: number[] = []
  private readonly runTypes: ValType[] = []
  private runs = 0

  /** Reads a body's declarations; the reader is left at its first instruction. */
  read(reader: ByteReader, params: readonly ValType[], limits: ModuleLimits): void {
    const bytes = reader.end - reader.pos
    this.params = params
    this.count = params.length
    this.runs = 0
    const runs = reader.readU32()
    for (let i = 0; i < runs; i++) {
      const start = reader.pos
      this.count += reader.readU32()
      if (this.count - params.length > 0xffff_ffff) throw reader.malformed('too many locals', start)
      this.runTypes[i] = readValType(reader)
      this.runEnds[i] = this.count
      this.runs = i + 1
    }
    if (this.count > limits.locals) throw overLimit(this.count, 'locals', limits.locals)
    this.spell(Math.min(this.count, bytes))
  }

  /** The types that the body's declarations name, one for each of its runs. */
  declared(): readonly ValType[] {
    return this.runTypes.slice(0, this.runs)
  }

  /** The type of a local below `count`. */
  typeOf(x: number): ValType {
    return x < this.spelled ? this.types[x]! : this.find(x)
  }

  private spell(count: number): void {
    if (count > this.types.length) this.types = new Int32Array(Math.max(count, this.types.length * 2))
    const { types, params } = this
    let next = Math.min(count, params.length)
    for (let i = 0; i < next; i++) types[i] = params[i]!
    for (let run = 0; next < count; run++) {
      const end = Math.min(count, this.runEnds[run]!)
      types.fill(this.runTypes[run]!, next, end)
      next = end
    }
    this.spelled = count
  }

  private find(x: number): ValType {
    if (x < this.params.length) return this.params[x]!
    let low = 0
    let high = this.runs - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (x < this.runEnds[middle]!) high = middle
      else low = middle + 1
    }
    return this.runTypes[low]!
  }
}
