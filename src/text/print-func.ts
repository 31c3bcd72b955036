// A function definition: its header with named parameters, its locals, and its body in one of the two forms.
// https://webassembly.github.io/spec/core/text/modules.html#functions

import { ModuleError } from '../errors/module-error.ts'
import type { BranchHintMap } from '../instructions/branch-hints.ts'
import { InstructionReader } from '../instructions/instruction-reader.ts'
import { readValType } from '../instructions/type-codes.ts'
import { MODULE_LIMITS } from '../syntax/limits.ts'
import { funcTypeAt, type Func, type Module } from '../syntax/module.ts'
import type { Names } from '../syntax/names.ts'
import type { ExternType, FuncType, ValType } from '../syntax/types.ts'
import { printFlat } from './print-code.ts'
import type { FoldedPrinter } from './print-folded.ts'
import type { ModuleIds } from './module-ids.ts'
import { IdSpace } from './print-ids.ts'
import { NO_HINTS, type InstructionPrinter } from './print-instr.ts'
import type { PrintOutput } from './print-output.ts'
import { joinWords, type TypePrinter } from './print-types.ts'

const BODY_LEVEL = 2

export class FuncPrinter {
  private readonly module: Module
  private readonly names: Names
  private readonly hints: BranchHintMap
  private readonly ids: ModuleIds
  private readonly types: TypePrinter
  private readonly printer: InstructionPrinter
  /** Absent where code is to be printed flat. */
  private readonly folded: FoldedPrinter | undefined
  private readonly output: PrintOutput

  constructor(
    module: Module,
    names: Names,
    hints: BranchHintMap,
    ids: ModuleIds,
    types: TypePrinter,
    printer: InstructionPrinter,
    folded: FoldedPrinter | undefined,
    output: PrintOutput,
  ) {
    this.module = module
    this.names = names
    this.hints = hints
    this.ids = ids
    this.types = types
    this.printer = printer
    this.folded = folded
    this.output = output
  }

  /** `(func $f (;0;) (type 0))`, with the parameters where they have names. */
  printImported({ typeIdx, exact }: Extract<ExternType, { readonly kind: 'func' }>, funcIdx: number): string {
    const type = funcTypeAt(this.module, typeIdx)
    const localNames = this.names.locals?.get(funcIdx)
    const ids = new IdSpace(localNames, type?.params.length ?? 0)
    const isNamed = type?.params.some((_, i) => ids.isNamed(i)) === true
    const use = this.typeUse(typeIdx, isNamed ? type : undefined, ids)
    return `(func ${this.ids.funcs.binding(funcIdx)} ${exact === true ? `(exact ${use})` : use})`
  }

  /** Parameters and results stand beside the type's index where `type` is there. */
  private typeUse(typeIdx: number, type: FuncType | undefined, ids: IdSpace): string {
    return joinWords([
      `(type ${this.ids.types.use(typeIdx)})`,
      this.declare('param', type?.params ?? [], 0, ids),
      this.types.list('result', type?.results ?? []),
    ])
  }

  print(func: Func, funcIdx: number): void {
    const { output, printer, names } = this
    const type = funcTypeAt(this.module, func.typeIdx)
    const params = type?.params ?? []
    const reader = InstructionReader.of(func.code)
    const locals = readLocals(reader, params.length)
    const localNames = names.locals?.get(funcIdx)
    const ids = new IdSpace(localNames, params.length + locals.length)
    output.newLine(1)
    output.write(`(func ${this.ids.funcs.binding(funcIdx)} ${this.typeUse(func.typeIdx, type, ids)}`)
    if (locals.length > 0) {
      output.newLine(BODY_LEVEL)
      output.write(this.declare('local', locals, params.length, ids))
    }
    printer.locals = ids
    printer.hints = placed(this.hints.get(funcIdx), func.code.start)
    const labelNames = names.labels?.get(funcIdx)
    if (this.folded === undefined) printFlat(reader, printer, output, BODY_LEVEL, labelNames)
    else this.folded.print(reader, type, { kind: 'lines', level: BODY_LEVEL }, labelNames)
    printer.hints = NO_HINTS
    output.newLine(1)
    output.close(1)
  }

  /** `(param $a i32) (param i64 i64)`: those without a name share parentheses. `first` is the index of the first one. */
  private declare(keyword: 'param' | 'local', all: readonly ValType[], first: number, ids: IdSpace): string {
    const { types } = this
    const groups: string[] = []
    let unnamed: ValType[] = []
    all.forEach((type, i) => {
      if (!ids.isNamed(first + i)) {
        unnamed.push(type)
        return
      }
      groups.push(types.list(keyword, unnamed), `(${keyword} ${ids.namePart(first + i)} ${types.valType(type)})`)
      unnamed = []
    })
    groups.push(types.list(keyword, unnamed))
    return joinWords(groups)
  }
}

/** From offsets in the body to offsets in its buffer. */
function placed(hints: ReadonlyMap<number, boolean> | undefined, start: number): ReadonlyMap<number, boolean> {
  return hints === undefined ? NO_HINTS : new Map([...hints].map(([offset, likely]) => [offset + start, likely]))
}

/** One after another, as text has no way to count them. Throws `limit` for more than any engine takes. */
function readLocals(reader: InstructionReader, params: number): ValType[] {
  const locals: ValType[] = []
  const start = reader.pos
  const groups = reader.readU32()
  for (let i = 0; i < groups; i++) {
    const count = reader.readU32()
    const type = readValType(reader)
    if (params + locals.length + count > MODULE_LIMITS.locals) {
      throw new ModuleError('limit', 'too many locals', { offset: start })
    }
    for (let j = 0; j < count; j++) locals.push(type)
  }
  return locals
}
