// Folding: which instructions become operands of which. As operands stand before their instruction in flat code, an instruction
// with all that is folded into it is a stretch of the code, and a tree over the whole of it is one number per instruction.
// https://webassembly.github.io/spec/core/text/instructions.html#folded-instructions

import type { InstructionReader } from '../instructions/instruction-reader.ts'
import type { FuncType } from '../syntax/types.ts'
import type { ArityCounter } from './arity.ts'

/** Grows by doubling, and is kept from one function to the next. */
class IntList {
  private items = new Int32Array(64)
  length = 0

  at(index: number): number {
    return this.items[index]!
  }

  set(index: number, value: number): void {
    this.items[index] = value
  }

  push(value: number): void {
    if (this.length === this.items.length) {
      const grown = new Int32Array(this.length * 2)
      grown.set(this.items)
      this.items = grown
    }
    this.items[this.length++] = value
  }

  pop(): number {
    return this.items[--this.length]!
  }
}

/**
 * The instructions of one function or expression, numbered in the order of the code, without the final `end`. A node is known by the
 * number of its last instruction: of a plain instruction itself, of a block its `end`.
 *
 *     first(n) … operands … header(n) … body … alternative(n) … body … n          where n is the end of a block
 *     first(n) … operands … n                                                      where it isn't; header(n) is -1 then
 */
export class Folding {
  private readonly counter: ArityCounter
  private readonly offsets = new IntList()
  private readonly firsts = new IntList()
  private readonly headers = new IntList()
  private readonly alternatives = new IntList()
  /** Position of a header among all headers, as labels are counted; 0 for what is no header. */
  private readonly positions = new IntList()
  // While folding: nodes that may still become operands, with the number of values that each leaves, and the open blocks.
  private readonly nodes = new IntList()
  private readonly values = new IntList()
  private readonly openHeaders = new IntList()
  private readonly openAlternatives = new IntList()
  /** For each open block: how many nodes stood outside of it. */
  private readonly floors = new IntList()

  constructor(counter: ArityCounter) {
    this.counter = counter
  }

  /** Reads code up to its final `end`. Precondition: blocks are nested well. */
  fold(reader: InstructionReader, type: FuncType | undefined): void {
    this.clear()
    this.counter.enter(type)
    let position = 0
    for (;;) {
      const row = reader.next()
      const { structure } = row
      if (structure === 'end' && this.openHeaders.length === 0) return
      const number = this.offsets.length
      this.counter.count(row, reader)
      this.offsets.push(reader.start)
      this.headers.push(-1)
      this.alternatives.push(-1)
      this.positions.push(structure === 'open' ? position++ : 0)
      // The folded form has a place for the operands of an `if`, but for those of no other block.
      this.firsts.push(structure === undefined || row.admitsElse === true ? this.takeOperands(number) : number)
      if (structure === 'open') this.openBlock(number)
      else if (structure === 'else') this.alternate(number)
      else if (structure === 'end') this.closeBlock(number)
      else this.pushNode(number)
    }
  }

  get count(): number {
    return this.offsets.length
  }

  offset(instruction: number): number {
    return this.offsets.at(instruction)
  }

  first(node: number): number {
    return this.firsts.at(node)
  }

  header(node: number): number {
    return this.headers.at(node)
  }

  /** The last that continues a block, an `else` or a handler, or -1; of such a one, the one before it. */
  alternative(node: number): number {
    return this.alternatives.at(node)
  }

  labelPosition(header: number): number {
    return this.positions.at(header)
  }

  private clear(): void {
    for (const list of [this.offsets, this.firsts, this.headers, this.alternatives, this.positions]) list.length = 0
    for (const list of [this.nodes, this.values, this.openHeaders, this.openAlternatives, this.floors]) list.length = 0
  }

  /** Takes as many nodes before the instruction as give no more than its operands; gives the first instruction of them. */
  private takeOperands(number: number): number {
    const { nodes, values } = this
    const floor = this.floors.length === 0 ? 0 : this.floors.at(this.floors.length - 1)
    let needed = this.counter.popped
    let first = number
    while (needed > 0 && nodes.length > floor) {
      const given = values.at(values.length - 1)
      if (given === 0 || given > needed) break
      needed -= given
      values.pop()
      first = this.firsts.at(nodes.pop())
    }
    return first
  }

  private pushNode(number: number): void {
    this.nodes.push(number)
    this.values.push(this.counter.pushed)
  }

  private openBlock(header: number): void {
    this.openHeaders.push(header)
    this.openAlternatives.push(-1)
    this.floors.push(this.nodes.length)
  }

  private alternate(number: number): void {
    const open = this.openAlternatives.length - 1
    this.alternatives.set(number, this.openAlternatives.at(open))
    this.openAlternatives.set(open, number)
    this.dropNodes()
  }

  private closeBlock(number: number): void {
    this.dropNodes()
    this.floors.pop()
    const header = this.openHeaders.pop()
    this.headers.set(number, header)
    this.alternatives.set(number, this.openAlternatives.pop())
    this.firsts.set(number, this.firsts.at(header))
    this.pushNode(number)
  }

  /** What is left in a block when it ends is its body, and no operand of anything outside. */
  private dropNodes(): void {
    const floor = this.floors.at(this.floors.length - 1)
    this.nodes.length = floor
    this.values.length = floor
  }
}
