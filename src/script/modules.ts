// Modules of a script: from the text, bytes or quoted text that it holds to a valid module, in the two steps that its assertions tell
// apart.

import { decodeModule } from '../binary/decode-module.ts'
import { decodeNames } from '../binary/decode-names.ts'
import { customSectionFaults } from '../embed/custom-sections.ts'
import { CompiledModule } from '../runtime/instance.ts'
import { MODULE_LIMITS, type ModuleLimits } from '../syntax/limits.ts'
import type { Module } from '../syntax/module.ts'
import type { Names } from '../syntax/names.ts'
import { parseModule } from '../text/parse-module.ts'
import type { ScriptModule } from '../text/script.ts'
import { validateModule } from '../validate/module.ts'
import { refuseProposals } from '../validate/proposals.ts'

/** A definition that is never instantiated may declare a table or memory larger than one that can be made. */
export const DEFINITION_LIMITS: ModuleLimits = { ...MODULE_LIMITS, tableSize: 2 ** 64, memory64Pages: 2 ** 48 }

/** Names of proposals that are off. */
type Disabled = ReadonlySet<string>

/** The module, if it is well-formed in the language that is on; else a ModuleError. */
export function readModule(module: ScriptModule, disabled: Disabled): Module {
  const syntax = syntaxOf(module)
  if (disabled.size > 0) refuseProposals(syntax, disabled)
  return syntax
}

/** The module, if it is well-formed and valid; else a ModuleError. */
export function compileModule(
  module: ScriptModule,
  disabled: Disabled,
  limits: ModuleLimits = MODULE_LIMITS,
): CompiledModule {
  const syntax = syntaxOf(module)
  const { isOptionalCode } = validateModule(syntax, { limits, disabled })
  if (disabled.size > 0) refuseProposals(syntax, disabled, isOptionalCode)
  let names: Names | undefined
  return new CompiledModule(syntax, () => (names ??= decodeNames(syntax)))
}

function syntaxOf(module: ScriptModule): Module {
  switch (module.form) {
    case 'text':
      return module.module
    case 'faulty text':
      throw module.error
    case 'binary':
      return decodeModule(module.bytes)
    case 'quote':
      return parseModule(module.text)
  }
}

/** Throws what is wrong with a module's custom sections, if it is of that kind; or with the module itself. */
export function checkCustomSections(module: ScriptModule, kind: string, disabled: Disabled): void {
  const syntax = readModule(module, disabled)
  if (kind === 'invalid') validateModule(syntax, { disabled })
  const fault = customSectionFaults(syntax).find((each) => each.kind === kind)
  if (fault !== undefined) throw fault
}
