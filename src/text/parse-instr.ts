// Instruction sequences, flat and folded in any mix, from tokens straight to packed code. Nesting lives on a stack of our own, so a
// million nested blocks or operands don't recurse. An operator that stands in front of its operands waits, encoded, until they are
// written.
// https://webassembly.github.io/spec/core/text/instructions.html

import type { BranchHint } from '../instructions/branch-hints.ts'
import type { Instruction } from '../instructions/define.ts'
import { InstructionWriter } from '../instructions/instruction-writer.ts'
import type { HintAnnotations } from './hint-annotations.ts'
import { LabelStack, parseLabel, type Label } from './label-stack.ts'
import type { ModuleContext } from './parse-context.ts'
import { ImmediateParser } from './parse-immediates.ts'
import type { TokenCursor } from './token-cursor.ts'
import { KEYWORD, LEFT_PAREN, RIGHT_PAREN } from './tokens.ts'
import { ELSE, END } from './words.ts'

// What is open. Numbers, because a body may open a million.
/** `block … end` */
const FLAT = 0
/** `if … else? … end` before its `else` */
const FLAT_IF = 1
/** `(op …` among its operands */
const OPERANDS = 2
/** `(block …` */
const FOLDED = 3
/** `(if …` among the operands of its condition */
const CONDITION = 4
/** `(if … (then …` */
const THEN = 5
/** `(if … (then …) (else …` */
const OTHERWISE = 6

export class InstructionParser {
  readonly labels: LabelStack = new LabelStack()
  /** Where hints for branches are taken from: set while a function's body is parsed. */
  hints: HintAnnotations | undefined
  /** Those of the last body, with offsets in all of the code. */
  hinted: BranchHint[] = []
  private readonly context: ModuleContext
  private readonly cursor: TokenCursor
  private readonly writer: InstructionWriter
  private readonly immediates: ImmediateParser
  /** The operators that wait for their operands; the innermost is last. */
  private readonly waiting = new InstructionWriter()
  private readonly frames: number[] = []
  /** For OPERANDS and CONDITION: where in `waiting` the operator begins. */
  private readonly starts: number[] = []
  /** For the same: its token. */
  private readonly operators: number[] = []
  /** For the same: its hint. */
  private readonly operatorHints: (boolean | undefined)[] = []
  /** For CONDITION: the label that comes into scope with `then`. */
  private readonly pendingLabels: Label[] = []

  constructor(context: ModuleContext) {
    this.context = context
    this.cursor = context.cursor
    this.writer = context.writer
    this.immediates = new ImmediateParser(context, this.labels)
  }

  /** Writes the instructions up to a closing parenthesis, which is left, and an `end` behind them. */
  parseSequence(): void {
    this.labels.reset()
    if (this.hinted.length > 0) this.hinted = []
    this.run(false)
    this.mark(this.cursor.pos)
    this.writer.writeOpcode(END)
  }

  /** Writes a single folded instruction and an `end` behind it. */
  parseFolded(): void {
    this.labels.reset()
    if (this.cursor.kind !== LEFT_PAREN) throw this.cursor.unexpected()
    this.run(true)
    this.writer.writeOpcode(END)
  }

  private run(single: boolean): void {
    const { cursor, frames } = this
    const { tokens } = cursor
    for (;;) {
      const kind = tokens.kind(cursor.pos)
      if (kind === LEFT_PAREN) this.openFolded()
      else if (kind === RIGHT_PAREN) {
        if (frames.length === 0) return
        this.closeFolded()
      } else if (kind === KEYWORD) this.parseFlat()
      else throw cursor.unexpected()
      if (single && frames.length === 0) return
    }
  }

  private parseFlat(): void {
    const { cursor, frames, writer } = this
    const row = this.rowAt(cursor.pos)
    const top = frames.at(-1)
    const token = cursor.pos
    if (top === OPERANDS || top === CONDITION) throw cursor.unexpected()
    if (row.structure === undefined) {
      this.begin(token, token)
      cursor.pos++
      return this.immediates.parse(row, writer)
    }
    if (row.structure === 'open') {
      this.begin(token, token)
      cursor.pos++
      const label = parseLabel(cursor, this.context.annotations)
      this.immediates.parse(row, writer)
      this.labels.push(label)
      frames.push(row.admitsElse ? FLAT_IF : FLAT)
      return
    }
    if (top !== FLAT_IF && !(top === FLAT && row === END)) throw cursor.unexpected()
    this.mark(token)
    cursor.pos++
    this.labels.checkRepeated(cursor)
    writer.writeOpcode(row)
    frames.pop()
    if (row === ELSE) frames.push(FLAT)
    else this.labels.pop()
  }

  private openFolded(): void {
    const { cursor, frames, waiting } = this
    const { tokens } = cursor
    const start = cursor.pos
    if (frames.at(-1) === CONDITION && cursor.atClause(cursor.words.thenClause)) return this.openThen()
    const row = this.rowAt(start + 1)
    if (row.structure !== undefined) return this.openBlock(row)
    cursor.pos = start + 2
    // With no more than one token before its end it has no operands, and need not wait.
    const isShort =
      tokens.kind(start + 2) === RIGHT_PAREN ||
      (tokens.kind(start + 2) !== LEFT_PAREN && tokens.kind(start + 3) === RIGHT_PAREN)
    if (isShort) {
      this.begin(start, start + 1)
      this.immediates.parse(row, this.writer)
      return cursor.expectRight()
    }
    frames.push(OPERANDS)
    this.wait(start + 1)
    this.immediates.parse(row, waiting)
    this.expectParenthesis()
  }

  private openBlock(row: Instruction): void {
    const { cursor, frames, waiting } = this
    const token = cursor.pos + 1
    if (row.structure !== 'open') throw cursor.unexpected(token)
    cursor.pos += 2
    const label = parseLabel(cursor, this.context.annotations)
    if (row.admitsElse) {
      frames.push(CONDITION)
      this.wait(token)
      this.pendingLabels.push(label)
      this.immediates.parse(row, waiting)
      return this.expectParenthesis()
    }
    frames.push(FOLDED)
    this.begin(token - 1, token)
    this.immediates.parse(row, this.writer)
    this.labels.push(label)
  }

  /** Behind an operator stand only folded instructions and its closing parenthesis. */
  private expectParenthesis(): void {
    const { kind } = this.cursor
    if (kind !== LEFT_PAREN && kind !== RIGHT_PAREN) throw this.cursor.unexpected()
  }

  private openThen(): void {
    this.cursor.pos += 2
    this.writeWaiting()
    this.labels.push(this.pendingLabels.pop()!)
    this.frames[this.frames.length - 1] = THEN
  }

  private closeFolded(): void {
    const { cursor, frames } = this
    switch (frames.at(-1)) {
      case OPERANDS:
        cursor.pos++
        frames.pop()
        return this.writeWaiting()
      case FOLDED:
        cursor.pos++
        return this.closeBlock()
      case THEN:
        cursor.pos++
        if (!cursor.atClause(cursor.words.elseClause)) {
          cursor.expectRight()
          return this.closeBlock()
        }
        cursor.pos += 2
        this.mark(cursor.pos - 1)
        this.writer.writeOpcode(ELSE)
        frames[frames.length - 1] = OTHERWISE
        return
      case OTHERWISE:
        cursor.pos++
        cursor.expectRight()
        return this.closeBlock()
      default:
        // A flat block that isn't ended, or an `if` without `then`.
        throw cursor.unexpected()
    }
  }

  private closeBlock(): void {
    this.mark(this.cursor.pos - 1)
    this.writer.writeOpcode(END)
    this.labels.pop()
    this.frames.pop()
  }

  /** Notes, where notes are taken, that what is written next comes from that token. */
  private mark(token: number): void {
    this.cursor.marks?.push(this.writer.length, token)
  }

  /** What is written next is an instruction: it begins with the token `first`, which may be a parenthesis before its own. */
  private begin(first: number, token: number): void {
    this.mark(token)
    if (this.hints !== undefined) this.hint(this.hints.take(first))
  }

  private hint(likely: boolean | undefined): void {
    if (likely !== undefined) this.hinted.push({ offset: this.writer.length, likely })
  }

  /** The operator that is written next to `waiting` comes from that token, behind its parenthesis. */
  private wait(token: number): void {
    this.starts.push(this.waiting.length)
    this.operators.push(token)
    this.operatorHints.push(this.hints?.take(token - 1))
  }

  /** Moves the innermost waiting operator to the code. */
  private writeWaiting(): void {
    const { waiting } = this
    const start = this.starts.pop()!
    this.mark(this.operators.pop()!)
    this.hint(this.operatorHints.pop())
    this.writer.writeBytes(waiting.view().subarray(start))
    waiting.length = start
  }

  private rowAt(token: number): Instruction {
    const { tokens, words } = this.cursor
    const row = tokens.kind(token) === KEYWORD ? words.row(tokens.atom(token)) : undefined
    if (row === undefined) throw this.cursor.unexpected(token)
    return row
  }
}
