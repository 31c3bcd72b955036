// Definitions of types as the module spells them: with `sub` and `rec` where it has them, and the identifiers of fields.
// https://webassembly.github.io/spec/core/text/types.html#recursive-types

import type { Module } from '../syntax/module.ts'
import type { CompType, DescriptorClauses, FieldType, Subtyping } from '../syntax/types.ts'
import type { ModuleIds } from './module-ids.ts'
import type { PrintOutput } from './print-output.ts'
import { joinWords, type TypePrinter } from './print-types.ts'

export class TypeDefinitionPrinter {
  private readonly module: Module
  private readonly ids: ModuleIds
  private readonly types: TypePrinter
  private readonly output: PrintOutput

  constructor(module: Module, ids: ModuleIds, types: TypePrinter, output: PrintOutput) {
    this.module = module
    this.ids = ids
    this.types = types
    this.output = output
  }

  /** Each prints one type, or what stands around a group, when it is called. */
  *definitions(): Generator<() => void, void> {
    const { types, recGroups } = this.module
    let next = 0
    for (const { start, count } of recGroups) {
      for (; next < start; next++) yield this.definition(next, 1)
      yield () => this.line(1, '(rec')
      for (const end = start + count; next < end; next++) yield this.definition(next, 2)
      yield () => this.line(1, ')')
    }
    for (; next < types.length; next++) yield this.definition(next, 1)
  }

  private definition(typeIdx: number, level: number): () => void {
    const { ids, module } = this
    return () => {
      const clauses = this.clauses(module.descriptors?.get(typeIdx) ?? {})
      const type = joinWords([...clauses, this.compType(module.types[typeIdx]!, typeIdx)])
      this.line(level, `(type ${ids.types.binding(typeIdx)} ${this.subType(module.subtypes.get(typeIdx), type)})`)
    }
  }

  private line(level: number, text: string): void {
    this.output.newLine(level)
    this.output.write(text)
  }

  private subType(subtyping: Subtyping | undefined, type: string): string {
    if (subtyping === undefined) return type
    const supertypes = subtyping.supertypes.map((typeIdx) => this.ids.types.use(typeIdx))
    return `${joinWords(['(sub', subtyping.final ? 'final' : '', ...supertypes, type])})`
  }

  private clauses({ describes, descriptor }: DescriptorClauses): string[] {
    const { types } = this.ids
    return [
      describes === undefined ? '' : `(describes ${types.use(describes)})`,
      descriptor === undefined ? '' : `(descriptor ${types.use(descriptor)})`,
    ]
  }

  private compType(type: CompType, typeIdx: number): string {
    switch (type.kind) {
      case 'func':
        return `${joinWords(['(func', this.types.funcType(type)])})`
      case 'struct':
        return `${joinWords(['(struct', ...this.fields(type.fields, typeIdx)])})`
      case 'array':
        return `(array ${this.types.fieldType(type.elem)})`
      case 'cont':
        return `(cont ${this.ids.types.use(type.typeIdx)})`
    }
  }

  private fields(fields: readonly FieldType[], typeIdx: number): string[] {
    const ids = this.ids.fields(typeIdx)
    return fields.map((field, i) => `${joinWords(['(field', ids.namePart(i), this.types.fieldType(field)])})`)
  }
}
