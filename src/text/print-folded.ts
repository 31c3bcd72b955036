// Code in the folded form: each operand inside the parentheses of its instruction. Works off a list of what is still to be printed, so
// that nothing recurses, however deep expressions are nested.
// https://webassembly.github.io/spec/core/text/instructions.html#folded-instructions

import type { Instruction } from '../instructions/define.ts'
import type { InstructionReader } from '../instructions/instruction-reader.ts'
import type { NameMap } from '../syntax/names.ts'
import type { FuncType } from '../syntax/types.ts'
import type { Folding } from './fold.ts'
import type { InstructionPrinter } from './print-instr.ts'
import { labelId } from './print-labels.ts'
import type { PrintOutput } from './print-output.ts'

// What is to be printed: a node by its number, or one of these.
const CLOSE = -1
const CLOSE_BLOCK = -2
const THEN = -3
const ELSE = -4
const DO = -5
/** From here on downward: what continues or ends a block, by its number. */
const CLAUSE = -6

/** Where code stands: in lines of its own, or inside a line, as constant expressions do. */
type FoldedLayout = { readonly kind: 'lines'; readonly level: number } | { readonly kind: 'inline' }

export class FoldedPrinter {
  private readonly printer: InstructionPrinter
  private readonly folding: Folding
  private readonly output: PrintOutput
  /** The next to be printed is the last. */
  private readonly pending: number[] = []
  /** Labels of blocks whose operands are being printed, which the label doesn't reach. */
  private readonly waitingLabels: (string | undefined)[] = []
  private layout: FoldedLayout = { kind: 'inline' }
  private level = 0

  constructor(printer: InstructionPrinter, folding: Folding, output: PrintOutput) {
    this.printer = printer
    this.folding = folding
    this.output = output
  }

  /**
   * Prints from the reader's position to the final `end`. In an inline layout every node has a space before it. Precondition:
   * blocks are nested well.
   */
  print(reader: InstructionReader, type: FuncType | undefined, layout: FoldedLayout, labelNames?: NameMap): void {
    this.folding.fold(reader, type)
    this.printNodes(reader, layout, labelNames)
  }

  /** A constant expression, with a space before it: `keyword` stands around it where it isn't one folded instruction. */
  printExpr(reader: InstructionReader, keyword: string): void {
    const { folding, output } = this
    folding.fold(reader, undefined)
    const bare = folding.count > 0 && folding.first(folding.count - 1) === 0
    if (!bare) output.write(` (${keyword}`)
    this.printNodes(reader, { kind: 'inline' }, undefined)
    if (!bare) output.close(0)
  }

  private printNodes(reader: InstructionReader, layout: FoldedLayout, labelNames: NameMap | undefined): void {
    const { pending, folding } = this
    this.layout = layout
    this.level = layout.kind === 'lines' ? layout.level : 0
    this.pend(0, folding.count - 1)
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next >= 0) this.printNode(next, reader, labelNames)
      else if (next === THEN) this.openThen()
      else if (next === ELSE) this.open('(else')
      else if (next === DO) this.open('(do')
      else if (next <= CLAUSE) this.openClause(CLAUSE - next, reader)
      else this.close(next === CLOSE_BLOCK)
    }
  }

  private printNode(node: number, reader: InstructionReader, labelNames: NameMap | undefined): void {
    const { folding, printer } = this
    const header = folding.header(node)
    const instruction = header < 0 ? node : header
    reader.pos = folding.offset(instruction)
    const row = reader.next()
    const annotation = printer.annotation(reader.start)
    if (header < 0) {
      this.open(`${annotation}(${printer.print(row, reader)}`)
      this.pending.push(CLOSE)
      this.pend(folding.first(node), node - 1)
      return
    }
    const id = labelId(labelNames?.get(folding.labelPosition(header)))
    this.open(`${annotation}(${printer.printOpen(row, reader, id)}`)
    if (this.layout.kind === 'lines') this.output.lineComment(`label = @${printer.labels.depth + 1}`)
    this.pendBlock(node, row, id)
  }

  private pendBlock(node: number, row: Instruction, id: string | undefined): void {
    const { folding, pending, printer } = this
    const header = folding.header(node)
    if (row.admitsHandlers === true) {
      printer.labels.open(id)
      return this.pendClauses(node)
    }
    pending.push(CLOSE_BLOCK)
    if (row.admitsElse !== true) {
      printer.labels.open(id)
      this.pend(header + 1, node - 1)
      return
    }
    this.waitingLabels.push(id)
    const alternative = folding.alternative(node)
    if (alternative >= 0) {
      pending.push(CLOSE)
      this.pend(alternative + 1, node - 1)
      pending.push(ELSE)
    }
    pending.push(CLOSE)
    this.pend(header + 1, (alternative < 0 ? node : alternative) - 1)
    pending.push(THEN)
    this.pend(folding.first(node), header - 1)
  }

  /** The clauses of a `(try …`, the last one first. Its end is one where it delegates. */
  private pendClauses(node: number): void {
    const { folding, pending } = this
    pending.push(CLOSE, CLAUSE - node)
    let end = node
    for (let clause = folding.alternative(node); clause >= 0; clause = folding.alternative(clause)) {
      pending.push(CLOSE)
      this.pend(clause + 1, end - 1)
      pending.push(CLAUSE - clause)
      end = clause
    }
    pending.push(CLOSE)
    this.pend(folding.header(node) + 1, end - 1)
    pending.push(DO)
  }

  /** A handler; or the end of the block, behind which its label is out of scope. */
  private openClause(instruction: number, reader: InstructionReader): void {
    const { printer } = this
    reader.pos = this.folding.offset(instruction)
    const row = reader.next()
    if (row.structure === 'else') return this.open(`(${printer.print(row, reader)}`)
    printer.labels.close()
    if (row.handler === undefined) return
    this.open(`(${printer.print(row, reader)}`)
    this.close(false)
  }

  /** The nodes that lie side by side from one instruction to another, so that the first is printed first. */
  private pend(from: number, to: number): void {
    for (let node = to; node >= from; node = this.folding.first(node) - 1) this.pending.push(node)
  }

  private openThen(): void {
    this.printer.labels.open(this.waitingLabels.pop())
    this.open('(then')
  }

  private open(text: string): void {
    if (this.layout.kind === 'inline') this.output.write(` ${text}`)
    else {
      this.output.newLine(this.level)
      this.output.write(text)
    }
    this.level++
  }

  private close(isBlock: boolean): void {
    this.level--
    if (isBlock) this.printer.labels.close()
    this.output.close(this.level)
  }
}
