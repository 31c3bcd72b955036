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
/** `try … end` before its handlers, and behind the first that is for one tag */
const FLAT_TRY = 7
const FLAT_HANDLERS = 8
/** `(try …` before its `do`, behind it, behind a handler for one tag, and where nothing else may come */
const TRY = 9
const TRIED = 10
const HANDLERS = 11
const LAST_HANDLER = 12
/** Likewise, and its `delegate` has ended the block */
const DELEGATED = 13
/** `(do …`, `(catch …`, `(catch_all …` */
const CLAUSE = 14

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
    if (top === OPERANDS || top === CONDITION || isBetweenClauses(top)) throw cursor.unexpected()
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
      frames.push(row.admitsElse ? FLAT_IF : row.admitsHandlers ? FLAT_TRY : FLAT)
      return
    }
    if (row.handler !== undefined) return this.parseFlatHandler(row)
    if (top !== FLAT_IF && !(row === END && isFlat(top))) throw cursor.unexpected()
    this.mark(token)
    cursor.pos++
    this.labels.checkRepeated(cursor)
    writer.writeOpcode(row)
    frames.pop()
    if (row === ELSE) frames.push(FLAT)
    else this.labels.pop()
  }

  private parseFlatHandler(row: Instruction): void {
    const { cursor, frames } = this
    const top = frames.at(-1)
    if (top !== FLAT_TRY && (top !== FLAT_HANDLERS || row.handler === 'delegate')) throw cursor.unexpected()
    this.mark(cursor.pos)
    cursor.pos++
    frames.pop()
    if (row.handler === 'delegate') this.labels.pop()
    else frames.push(row.handler === 'tag' ? FLAT_HANDLERS : FLAT)
    this.immediates.parse(row, this.writer)
  }

  private openFolded(): void {
    const { cursor, frames, waiting } = this
    const { tokens } = cursor
    const start = cursor.pos
    if (frames.at(-1) === CONDITION && cursor.atClause(cursor.words.thenClause)) return this.openThen()
    if (isBetweenClauses(frames.at(-1))) return this.openClause()
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
    frames.push(row.admitsHandlers ? TRY : FOLDED)
    this.begin(token - 1, token)
    this.immediates.parse(row, this.writer)
    this.labels.push(label)
  }

  /** `(do …)` of a `(try …)`, its handlers, or `(delegate l)`. */
  private openClause(): void {
    const { cursor, frames } = this
    const state = frames.at(-1)
    const token = cursor.pos + 1
    if (state === TRY) {
      if (!cursor.takeClause('do')) throw cursor.unexpected(token)
      frames[frames.length - 1] = TRIED
      frames.push(CLAUSE)
      return
    }
    const row = this.rowAt(token)
    const mayFollow = state === TRIED || (state === HANDLERS && row.handler !== 'delegate')
    if (row.handler === undefined || !mayFollow) throw cursor.unexpected(token)
    cursor.pos += 2
    this.mark(token)
    if (row.handler === 'delegate') this.labels.pop()
    this.immediates.parse(row, this.writer)
    if (row.handler === 'delegate') {
      frames[frames.length - 1] = DELEGATED
      return cursor.expectRight()
    }
    frames[frames.length - 1] = row.handler === 'tag' ? HANDLERS : LAST_HANDLER
    frames.push(CLAUSE)
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
      case TRIED:
      case HANDLERS:
      case LAST_HANDLER:
        cursor.pos++
        return this.closeBlock()
      case DELEGATED:
      case CLAUSE:
        cursor.pos++
        frames.pop()
        return
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

/** Whether a flat block is open. */
function isFlat(frame: number | undefined): boolean {
  return frame === FLAT || frame === FLAT_IF || frame === FLAT_TRY || frame === FLAT_HANDLERS
}

/** Whether a `(try …` is open, and none of its clauses. */
function isBetweenClauses(frame: number | undefined): boolean {
  return frame !== undefined && frame >= TRY && frame <= DELEGATED
}
