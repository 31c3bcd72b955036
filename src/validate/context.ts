// The context C of validation: what a module's code may refer to, resolved once. Locals, labels and results belong to one body and
// are kept in code.ts.
// https://webassembly.github.io/spec/core/valid/conventions.html#contexts

import type { ModuleLimits } from '../syntax/limits.ts'
import { ModuleTypes } from './canonical-types.ts'
import { indexSpaces, type IndexSpaces, type Module } from '../syntax/module.ts'

export interface Context {
  readonly module: Module
  readonly spaces: IndexSpaces
  readonly types: ModuleTypes
  readonly limits: ModuleLimits
  /** Proposals that are off: rules that they change are as they were. */
  readonly disabled: ReadonlySet<string>
  /** C.refs, by function: 1 where something outside of the bodies mentions it, so that they may too. Filled while that is checked. */
  readonly refs: Uint8Array
}

export function contextOf(module: Module, limits: ModuleLimits, disabled: ReadonlySet<string>): Context {
  const spaces = indexSpaces(module)
  return { module, spaces, types: new ModuleTypes(module), limits, disabled, refs: new Uint8Array(spaces.funcs.length) }
}
