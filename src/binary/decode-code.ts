// Decodes code: finds the ends of expressions and function bodies by walking every instruction, and checks their form on the way:
// opcodes, immediates, and nesting. Nothing is kept but offsets; what the code means is the validator's.
// https://webassembly.github.io/spec/core/binary/modules.html#code-section

import type { Instruction } from '../instructions/define.ts'
import { InstructionReader } from '../instructions/instruction-reader.ts'
import { INSTRUCTIONS } from '../instructions/table.ts'
import { readValType } from '../instructions/type-codes.ts'
import type { ByteReader } from '../syntax/byte-reader.ts'
import type { ModuleLimits } from '../syntax/limits.ts'
import type { Code } from '../syntax/module.ts'
import { overLimit, readCount, readLength, readSized } from './read-vector.ts'

const END_EXPECTED = 'END opcode expected'

// What may continue a block, besides its end: an `else`; handlers, or a `delegate` that ends it; further handlers.
const NOTHING = 0
const ELSE = 1
const TRY = 2
const HANDLERS = 3

function continues({ handler }: Instruction, block: number): boolean {
  if (handler === undefined) return block === ELSE
  return block === TRY || (block === HANDLERS && handler !== 'delegate')
}

const NEEDS_DATA_COUNT: ReadonlySet<Instruction> = new Set(
  INSTRUCTIONS.filter(({ immediates }) => immediates.includes('dataidx')),
)
const DATA_PREFIXES: readonly number[] = [...new Set(Array.from(NEEDS_DATA_COUNT, ({ opcode }) => opcode >>> 16))]

/** Reads over the vector of locals that opens a body; gives their number. */
export function skipLocals(reader: ByteReader): number {
  const groups = readCount(reader, Infinity, 'groups of locals')
  let locals = 0
  for (let i = 0; i < groups; i++) {
    locals += reader.readU32()
    readValType(reader)
  }
  return locals
}

/** Whether a function body names a data segment, so that its module needs a data count section. */
export function namesData(body: Code): boolean {
  const bytes = body.bytes.subarray(body.start, body.end)
  if (!DATA_PREFIXES.some((prefix) => bytes.includes(prefix))) return false
  const reader = InstructionReader.of(body)
  skipLocals(reader)
  while (reader.pos < reader.end) if (NEEDS_DATA_COUNT.has(reader.next())) return true
  return false
}

export class CodeDecoder {
  private readonly reader: InstructionReader
  private readonly limits: ModuleLimits
  private readonly bounded: boolean
  /** Of every open block what may continue it. Kept from one expression to the next. */
  private blocks = new Uint8Array(256)
  /** Where code that names a data segment was met first; undefined where it was not. */
  dataIdxOffset: number | undefined = undefined

  /** `bounded`: see `readSized`. */
  constructor(reader: InstructionReader, limits: ModuleLimits, bounded: boolean) {
    this.reader = reader
    this.limits = limits
    this.bounded = bounded
  }

  /** A constant expression, as far as its form goes: any instructions up to the final `end`. */
  readExpr(): Code {
    const { reader } = this
    const start = reader.pos
    this.walkExpr()
    return { bytes: reader.bytes, start, end: reader.pos }
  }

  /** An entry of the code section. `params` counts the function's parameters, which share the limit of its locals. */
  readBody(params: number): Code {
    const { reader, limits } = this
    const size = readLength(reader)
    const start = reader.pos
    if (size > limits.bodyBytes) throw overLimit('bytes in a function body', size, limits.bodyBytes, start)
    readSized(reader, size, this.bounded, () => {
      this.checkLocals(params)
      this.walkExpr()
    })
    return { bytes: reader.bytes, start, end: reader.pos }
  }

  private checkLocals(params: number): void {
    const { reader, limits } = this
    const start = reader.pos
    const locals = skipLocals(reader)
    if (locals > 0xffff_ffff) throw reader.malformed('too many locals', start)
    if (locals + params > limits.locals) throw overLimit('locals', locals + params, limits.locals, start)
  }

  /** Walks to behind the `end` that closes the expression. A million nested blocks are a million bytes here. */
  private walkExpr(): void {
    const { reader } = this
    let { blocks } = this
    let depth = 0
    for (;;) {
      const row = reader.next()
      if (row.structure === undefined) {
        if (row.opcode > 0xff && NEEDS_DATA_COUNT.has(row)) this.dataIdxOffset ??= reader.start
      } else if (row.structure === 'open') {
        if (depth === blocks.length) blocks = this.growBlocks()
        blocks[depth++] = row.admitsElse === true ? ELSE : row.admitsHandlers === true ? TRY : NOTHING
      } else if (row.structure === 'end' && row.handler === undefined) {
        if (depth-- === 0) return
      } else {
        const block = depth === 0 ? NOTHING : blocks[depth - 1]!
        if (!continues(row, block)) throw reader.malformed(END_EXPECTED, reader.start)
        if (row.structure === 'end') depth--
        else blocks[depth - 1] = row.handler === 'tag' ? HANDLERS : NOTHING
      }
    }
  }

  private growBlocks(): Uint8Array<ArrayBuffer> {
    const grown = new Uint8Array(this.blocks.length * 2)
    grown.set(this.blocks)
    this.blocks = grown
    return grown
  }
}
