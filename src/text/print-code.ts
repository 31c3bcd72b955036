// Code in the flat form, an instruction a line. Nothing here recurses, however deep blocks are nested.
// https://webassembly.github.io/spec/core/text/instructions.html

import type { InstructionReader } from '../instructions/instruction-reader.ts'
import type { NameMap } from '../syntax/names.ts'
import type { InstructionPrinter } from './print-instr.ts'
import { labelId } from './print-labels.ts'
import type { PrintOutput } from './print-output.ts'

/**
 * Prints from the reader's position to the final `end`, which the text format leaves out. `level` is that of the outermost
 * instructions. Precondition: blocks are nested well, as decoder and parser see to.
 */
export function printFlat(
  reader: InstructionReader,
  printer: InstructionPrinter,
  output: PrintOutput,
  level: number,
  labelNames: NameMap | undefined,
): void {
  const { labels } = printer
  let position = 0
  for (;;) {
    const row = reader.next()
    switch (row.structure) {
      case undefined:
        output.newLine(level + labels.depth)
        output.write(printer.annotation(reader.start) + printer.print(row, reader))
        break
      case 'open': {
        const id = labelId(labelNames?.get(position++))
        output.newLine(level + labels.depth)
        output.write(printer.annotation(reader.start) + printer.printOpen(row, reader, id))
        labels.open(id)
        output.lineComment(`label = @${labels.depth}`)
        break
      }
      case 'else':
        output.newLine(level + labels.depth - 1)
        output.write(printer.print(row, reader))
        break
      case 'end':
        if (labels.depth === 0) return
        labels.close()
        output.newLine(level + labels.depth)
        output.write(printer.print(row, reader))
        break
    }
  }
}
