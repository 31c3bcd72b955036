// Is it a valid module? The rules of definitions and how they fit together; what stands inside of bodies is checked by code.ts.
// Throws at the first thing that is wrong and changes nothing.
// https://webassembly.github.io/spec/core/valid/modules.html

import { ModuleError } from '../errors/module-error.ts'
import { quoted } from '../errors/quote.ts'
import { MODULE_LIMITS, type ModuleLimits } from '../syntax/limits.ts'
import type { Elem, Export, Module, SegmentMode, Tag } from '../syntax/module.ts'
import type { AddrType, ExternType, FuncType, TableType } from '../syntax/types.ts'
import { FUNCTION, funcTypeName, isDefaultable, valTypeName } from '../syntax/types.ts'
import { CodeValidator } from './code.ts'
import { ConstExprs, markReferenced } from './const-expr.ts'
import { contextOf, type Context } from './context.ts'
import { definitionName, invalid, unknown, type DefinitionKind } from './errors.ts'
import { memoryFault, tableFault } from './limits.ts'
import { checkModuleLimits } from './module-limits.ts'
import { disabledProposals } from './proposals.ts'
import { TypeSection } from './type-section.ts'

interface ValidationOptions {
  /** The limits of the JS API unless others are given. */
  readonly limits?: ModuleLimits | undefined
  /** Names of proposals that are off, those that are off by default unless told. A module may still need them: `refuseProposals` looks for that. */
  readonly disabled?: ReadonlySet<string> | undefined
}

/** What is learned of a module while it is checked. */
interface ValidationFacts {
  /** Whether its code needs a proposal that is off by default, so that it is worth looking for which. */
  readonly isOptionalCode: boolean
}

/** Throws a ModuleError of kind `invalid`, or `limit` where the module is larger than the limits allow. */
export function validateModule(module: Module, options: ValidationOptions = {}): ValidationFacts {
  const { limits = MODULE_LIMITS, disabled = disabledProposals() } = options
  return new ModuleValidator(module, limits, disabled).check()
}

class ModuleValidator {
  private readonly module: Module
  private readonly context: Context
  private readonly code: CodeValidator
  private readonly constExprs: ConstExprs

  constructor(module: Module, limits: ModuleLimits, disabled: ReadonlySet<string>) {
    this.module = module
    this.context = contextOf(module, limits, disabled)
    this.code = new CodeValidator(this.context)
    this.constExprs = new ConstExprs(this.context, this.code)
  }

  check(): ValidationFacts {
    const { module, context } = this
    new TypeSection(context).check()
    for (const each of module.imports) {
      locate(
        () => `import ${quoted(each.module)} ${quoted(each.name)}`,
        () => this.checkExternType(each.type),
      )
    }
    module.funcs.forEach(({ typeIdx }, i) =>
      this.within('func', context.spaces.importedFuncs + i, () => void this.funcType(typeIdx)),
    )
    module.tags.forEach((tag, i) => this.within('tag', context.spaces.importedTags + i, () => this.checkTag(tag)))
    this.checkTables()
    module.memories.forEach((type, i) =>
      this.within('memory', context.spaces.importedMemories + i, () => checkLimits(memoryFault(type))),
    )
    checkModuleLimits(context)
    this.checkGlobals()
    module.elems.forEach((elem, x) => this.within('elem', x, () => this.checkElem(elem)))
    module.datas.forEach(({ mode }, x) => this.within('data', x, () => this.checkData(mode)))
    this.checkStart()
    this.checkExports()
    this.checkBodies()
    return { isOptionalCode: this.code.metOptional }
  }

  private within(kind: DefinitionKind, index: number, check: () => void): void {
    locate(() => definitionName(this.module, kind, index), check)
  }

  private funcType(typeIdx: number): FuncType {
    return this.code.type(typeIdx)
  }

  private checkExternType(type: ExternType): void {
    switch (type.kind) {
      case 'func':
        return void this.funcType(type.typeIdx)
      case 'tag':
        return this.checkTag(type)
      case 'table':
        return this.checkTableType(type.type)
      case 'memory':
        return checkLimits(memoryFault(type.type))
      case 'global':
        return void this.code.valType(type.type.type)
    }
  }

  /** That a tag has results is a matter of proposals. https://webassembly.github.io/spec/core/valid/types.html#tag-types */
  private checkTag({ typeIdx }: Tag): void {
    this.funcType(typeIdx)
  }

  private checkTableType(type: TableType): void {
    checkLimits(tableFault(type))
    this.code.valType(type.elem)
  }

  /** A table's initial value sees imported globals only: tables are made before the module's own. */
  private checkTables(): void {
    const { importedTables, importedGlobals } = this.context.spaces
    this.module.tables.forEach(({ type, init }, i) =>
      this.within('table', importedTables + i, () => {
        this.checkTableType(type)
        if (init === undefined && !isDefaultable(type.elem)) {
          throw invalid(`type mismatch: a table of ${valTypeName(type.elem)} needs an initial value`)
        }
        if (init !== undefined) this.constExprs.check(init, type.elem, importedGlobals)
      }),
    )
  }

  /** A global's initial value sees the globals before it. */
  private checkGlobals(): void {
    const { importedGlobals } = this.context.spaces
    this.module.globals.forEach(({ type, init }, i) =>
      this.within('global', importedGlobals + i, () => {
        this.code.valType(type.type)
        this.constExprs.check(init, type.type, importedGlobals + i)
      }),
    )
  }

  /** https://webassembly.github.io/spec/core/valid/modules.html#element-segments */
  private checkElem({ type, mode, items }: Elem): void {
    const { context, code } = this
    code.valType(type)
    if (mode.kind === 'active') {
      const table = code.table(mode.index)
      code.matches(type, table.elem)
      this.checkOffset(mode, table.addrType)
    }
    if (items instanceof Uint32Array) {
      code.matches(FUNCTION, type)
      for (const funcIdx of items) {
        if (funcIdx >= context.spaces.funcs.length) throw unknown('function', funcIdx)
        markReferenced(context, funcIdx)
      }
    } else {
      for (const item of items) this.constExprs.check(item, type, context.spaces.globals.length)
    }
  }

  /** https://webassembly.github.io/spec/core/valid/modules.html#data-segments */
  private checkData(mode: SegmentMode): void {
    if (mode.kind === 'active') this.checkOffset(mode, this.code.memory(mode.index).addrType)
  }

  private checkOffset({ offset }: Extract<SegmentMode, { readonly kind: 'active' }>, addrType: AddrType): void {
    this.constExprs.check(offset, this.code.addr(addrType), this.context.spaces.globals.length)
  }

  /** https://webassembly.github.io/spec/core/valid/modules.html#start-function */
  private checkStart(): void {
    const { start } = this.module
    if (start === undefined) return
    const type = this.code.func(start)
    if (type.params.length > 0 || type.results.length > 0) {
      const name = definitionName(this.module, 'func', start)
      throw invalid(`start function: ${name} has type ${funcTypeName(type)}, not [] -> []`)
    }
  }

  private checkExports(): void {
    const names = new Set<string>()
    for (const each of this.module.exports) {
      locate(
        () => `export ${quoted(each.name)}`,
        () => this.checkExported(each),
      )
      if (names.has(each.name)) throw invalid(`duplicate export name ${quoted(each.name)}`)
      names.add(each.name)
    }
  }

  private checkExported({ kind, index }: Export): void {
    const { code, context } = this
    switch (kind) {
      case 'func':
        code.func(index)
        return markReferenced(context, index)
      case 'table':
        return void code.table(index)
      case 'memory':
        return void code.memory(index)
      case 'global':
        return void code.global(index)
      case 'tag':
        return void code.tag(index)
    }
  }

  private checkBodies(): void {
    const { module, code } = this
    const { importedFuncs } = this.context.spaces
    let i = 0
    locate(
      () => definitionName(module, 'func', importedFuncs + i),
      () => {
        for (; i < module.funcs.length; i++) {
          const func = module.funcs[i]!
          code.checkBody(func.code, this.funcType(func.typeIdx))
        }
      },
    )
  }
}

/** Runs a check, and tells errors in it where they are. */
function locate(name: () => string, check: () => void): void {
  try {
    check()
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error
    throw error.at({ within: name() })
  }
}

function checkLimits(fault: string | undefined): void {
  if (fault !== undefined) throw invalid(fault)
}
