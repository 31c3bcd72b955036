// The words of a function while it is lowered. Knows whether the last operation's result can still be sent elsewhere, and whether that
// operation is a condition which a branch could absorb: both end with the next operation, and at a label.

import { HeddleError } from '../errors/heddle-error.ts'
import type { RowForms } from './ops.ts'

export class CodeBuffer {
  private readonly maxWords: number
  words: Int32Array = new Int32Array(1024)
  /** Words written so far. */
  position = 0
  /** The opcodes that were written. */
  readonly opcodes: Set<number> = new Set()
  /** Positions of words that hold a target. */
  readonly targets: number[] = []
  /** Position of the last operation, where its result's slot (its first word) can still be another one; else −1. */
  redirectable = -1
  /** Position of the last operation, where it is a condition; else −1. */
  condition = -1
  /** The forms of that condition's row. */
  conditionForms: RowForms | undefined

  constructor(maxWords: number) {
    this.maxWords = maxWords
  }

  private room(count: number): void {
    if (this.position + count <= this.words.length) return
    if (this.position + count > this.maxWords) {
      throw new HeddleError(
        'CODE_QUOTA',
        'the module would need too much code for its size: it moves very many results at its branches',
      )
    }
    const grown = new Int32Array(Math.max(this.words.length * 2, this.position + count))
    grown.set(this.words)
    this.words = grown
  }

  /** Appends an operation and gives its position. */
  emit(opcode: number, a?: number, b?: number, c?: number, d?: number, e?: number): number {
    this.room(6)
    const { position, words } = this
    words[this.position++] = opcode
    this.opcodes.add(opcode)
    if (a !== undefined) words[this.position++] = a
    if (b !== undefined) words[this.position++] = b
    if (c !== undefined) words[this.position++] = c
    if (d !== undefined) words[this.position++] = d
    if (e !== undefined) words[this.position++] = e
    this.seal()
    return position
  }

  /** Appends one word to the last operation, e.g. a target of br_table. */
  emitWord(word: number): number {
    this.room(1)
    this.words[this.position] = word
    return this.position++
  }

  emitWords(words: Iterable<number>): void {
    for (const word of words) this.emitWord(word)
  }

  /** What was written last stays as it is. */
  seal(): void {
    this.redirectable = -1
    this.condition = -1
  }

  /** The word at `at` is a target, known now or later. */
  markTarget(at: number, target: number): void {
    this.targets.push(at)
    this.words[at] = target
  }

  /** Points the words at the current position, where a label is. */
  bindHere(exits: readonly number[]): void {
    for (const at of exits) this.words[at] = this.position
    this.seal()
  }

  /** Sends the last operation's result to another slot, if it went to `from` and nothing stands in the way. */
  redirect(from: number, to: number): boolean {
    const { redirectable } = this
    if (redirectable < 0 || this.words[redirectable + 1] !== from) return false
    this.words[redirectable + 1] = to
    this.seal()
    return true
  }

  /** Takes the last operation back, and gives its operands: the words behind the result's slot. */
  takeBack(position: number): Int32Array {
    const operands = this.words.slice(position + 2, this.position)
    this.position = position
    return operands
  }
}
