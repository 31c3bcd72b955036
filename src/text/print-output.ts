// Collects the printer's text in pieces, so that a large module is never one string that is appended to: memory and time stay linear.

import { ModuleError } from '../errors/module-error.ts'

/** Past this many levels text moves no further to the right, else a million nested blocks would print a trillion spaces. */
const MAX_INDENTED_LEVELS = 40

/** Length at which the string that is being built becomes a piece. */
const PIECE_LENGTH = 8192

/** The longest string of V8. */
export const MAX_TEXT_LENGTH: number = 2 ** 29 - 24

export class PrintOutput {
  private readonly lineStarts: readonly string[]
  private pieces: string[] = []
  private current = ''
  /** Characters in `pieces`. */
  length = 0
  /** Whether all of the text is one line still. */
  isOneLine = true
  /** The text ends in a `;;` comment: what follows must stand on a new line. */
  private inComment = false

  constructor(indent: number) {
    this.lineStarts = Array.from({ length: MAX_INDENTED_LEVELS + 1 }, (_, level) => `\n${' '.repeat(level * indent)}`)
  }

  /** Precondition: the text has no line comment before it on its line, see `lineComment`. */
  write(text: string): void {
    this.current += text
    if (this.current.length >= PIECE_LENGTH) this.cut()
  }

  newLine(level: number): void {
    this.inComment = false
    this.isOneLine = false
    this.current += this.lineStarts[Math.min(level, MAX_INDENTED_LEVELS)]!
  }

  lineComment(text: string): void {
    this.write(` ;; ${text}`)
    this.inComment = true
  }

  /** A closing parenthesis right behind what it closes, but not inside a comment. */
  close(level: number): void {
    if (this.inComment) this.newLine(level)
    this.write(')')
  }

  /** What was written since the last call. */
  take(): string {
    this.cut()
    const text = this.pieces.join('')
    this.pieces = []
    this.length = 0
    return text
  }

  private cut(): void {
    this.pieces.push(this.current)
    this.length += this.current.length
    this.current = ''
    if (this.length > MAX_TEXT_LENGTH) throw textTooLong()
  }
}

export function textTooLong(): ModuleError {
  return new ModuleError('limit', `text of more than ${MAX_TEXT_LENGTH} characters`)
}
