// Constant expressions: the initial values of globals and tables, and the offsets and items of segments. Which instructions may stand
// in one is told by their rows. They are checked before all bodies, and what functions they mention is noted for those.
// https://webassembly.github.io/spec/core/valid/instructions.html#constant-expressions

import type { Code } from '../syntax/module.ts'
import type { ValType } from '../syntax/types.ts'
import type { Admission, CodeValidator } from './code.ts'
import type { Context } from './context.ts'
import { invalid, unknown } from './errors.ts'

export class ConstExprs {
  private readonly context: Context
  private readonly validator: CodeValidator
  private readonly admit: Admission
  private globals = 0

  constructor(context: Context, validator: CodeValidator) {
    this.context = context
    this.validator = validator
    this.admit = (row, { x }) => {
      if (row.constant !== true && row.structure !== 'end') throw invalid('constant expression required')
      // What a constant instruction has besides is the index of a type, which its rule checks.
      if (row.immediates[0] === 'globalidx') this.admitGlobal(x)
      else if (row.immediates[0] === 'funcidx') markReferenced(this.context, x)
    }
  }

  /** `globals`: how many the expression may see, from the first. */
  check(code: Code, type: ValType, globals: number): void {
    this.globals = globals
    this.validator.checkExpr(code, type, this.admit)
  }

  private admitGlobal(x: number): void {
    if (x >= this.globals) throw unknown('global', x)
    if (this.context.spaces.globals[x]!.mutable) throw invalid('constant expression required: the global is mutable')
  }
}

/** Adds a function to C.refs. One that does not exist is reported where it is used. */
export function markReferenced({ refs }: Context, funcIdx: number): void {
  if (funcIdx < refs.length) refs[funcIdx] = 1
}
