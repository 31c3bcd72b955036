// What the validator knows of the frames of a module's functions: the types of locals and operands at an instruction. For modules that are
// valid; nothing is judged here.

import { MODULE_LIMITS, type ModuleLimits } from '../syntax/limits.ts'
import { funcTypeOf, type IndexSpaces, type Module } from '../syntax/module.ts'
import type { ModuleTypes } from './canonical-types.ts'
import { CodeValidator, type FrameTypes } from './code.ts'

/** It was valid under whatever limits it was checked. */
const NO_LIMITS = Object.fromEntries(
  Object.keys(MODULE_LIMITS).map((limit) => [limit, Infinity]),
) as unknown as ModuleLimits

export class FrameTyping {
  private readonly module: Module
  private readonly spaces: IndexSpaces
  private readonly code: CodeValidator

  /** Precondition: the module is valid. */
  constructor(module: Module, spaces: IndexSpaces, types: ModuleTypes) {
    this.module = module
    this.spaces = spaces
    const refs = new Uint8Array(spaces.funcs.length).fill(1)
    this.code = new CodeValidator({ module, spaces, types, limits: NO_LIMITS, disabled: new Set(), refs })
  }

  /** At the instruction at an offset in the module of the body of a function; undefined where none begins there that can be reached. */
  at(funcIdx: number, offset: number): FrameTypes | undefined {
    const { typeIdx, code } = this.module.funcs[funcIdx - this.spaces.importedFuncs]!
    return this.code.typesAt(code, funcTypeOf(this.module, typeIdx), offset)
  }
}
