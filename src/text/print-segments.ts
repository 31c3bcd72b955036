// Element and data segments, and custom sections: whatever is a list of entries or of bytes.
// https://webassembly.github.io/spec/core/text/modules.html#element-segments

import { InstructionReader } from '../instructions/instruction-reader.ts'
import type { Code, CustomSection, Data, Elem, Module, SegmentMode } from '../syntax/module.ts'
import type { FoldedPrinter } from './print-folded.ts'
import type { ModuleIds } from './module-ids.ts'
import type { IdSpace } from './print-ids.ts'
import type { PrintOutput } from './print-output.ts'
import { escapeBytes, printName } from './print-string.ts'
import { placeableSection } from './section-names.ts'
import type { TypePrinter } from './print-types.ts'

/** Bytes that one string token holds: long data goes over several lines, which the grammar joins. */
const BYTES_PER_LINE = 64

export class SegmentPrinter {
  private readonly module: Module
  private readonly ids: ModuleIds
  private readonly types: TypePrinter
  private readonly exprs: FoldedPrinter
  private readonly output: PrintOutput

  constructor(module: Module, ids: ModuleIds, types: TypePrinter, exprs: FoldedPrinter, output: PrintOutput) {
    this.module = module
    this.ids = ids
    this.types = types
    this.exprs = exprs
    this.output = output
  }

  printElem(elem: Elem, elemIdx: number): void {
    const { output, ids } = this
    output.newLine(1)
    output.write(`(elem ${ids.elems.binding(elemIdx)}`)
    this.printMode(elem.mode, 'table', ids.tables)
    if (elem.items instanceof Uint32Array) {
      output.write(' func')
      for (const funcIdx of elem.items) output.write(` ${ids.funcs.use(funcIdx)}`)
    } else {
      output.write(` ${this.types.valType(elem.type)}`)
      for (const item of elem.items) this.printExpr(item, 'item')
    }
    output.close(1)
  }

  printData(data: Data, dataIdx: number): void {
    const { output, ids } = this
    output.newLine(1)
    output.write(`(data ${ids.datas.binding(dataIdx)}`)
    this.printMode(data.mode, 'memory', ids.memories)
    if (data.bytes.length === 0) output.write(' ""')
    this.printBytes(data.bytes)
    output.close(1)
  }

  /** https://webassembly.github.io/spec/core/appendix/custom.html#custom-annotations */
  printCustom({ name, bytes, after }: CustomSection): void {
    const { output } = this
    const section = placeableSection(this.module, after)
    const place = section === undefined ? '(before first)' : `(after ${section})`
    output.newLine(1)
    output.write(`(@custom ${printName(name)} ${place}`)
    this.printBytes(bytes)
    output.close(1)
  }

  /** The index stands there where the binary format spells it, though it be 0. */
  private printMode(mode: SegmentMode, keyword: 'table' | 'memory', space: IdSpace): void {
    if (mode.kind === 'declarative') this.output.write(' declare')
    if (mode.kind !== 'active') return
    if (mode.explicit || mode.index !== 0) this.output.write(` (${keyword} ${space.use(mode.index)})`)
    this.printExpr(mode.offset, 'offset')
  }

  private printExpr(code: Code, keyword: string): void {
    this.exprs.printExpr(InstructionReader.of(code), keyword)
  }

  private printBytes(bytes: Uint8Array): void {
    const { output } = this
    for (let start = 0; start < bytes.length; start += BYTES_PER_LINE) {
      if (bytes.length > BYTES_PER_LINE) output.newLine(2)
      else output.write(' ')
      output.write(`"${escapeBytes(bytes.subarray(start, start + BYTES_PER_LINE))}"`)
    }
  }
}
