// What stands around the instances of a snapshot, told as a module of types and imports: the types of objects, and everything that no
// instance of the snapshot defines. A module, since that has a format, and rules by which it can be checked.

import type { Import, Module } from '../syntax/module.ts'
import type { ExternKind, ExternType } from '../syntax/types.ts'
import { OutsideTypes } from './outside-types.ts'

export class Surroundings {
  readonly types: OutsideTypes = new OutsideTypes()
  private readonly imports: Import[] = []
  private readonly counts: Record<ExternKind, number> = { func: 0, table: 0, memory: 0, global: 0, tag: 0 }

  /** The index of a new import in the space of its kind. Only functions need names. */
  add(type: ExternType, module = '', name = ''): number {
    this.imports.push({ module, name, type })
    return this.counts[type.kind]++
  }

  toModule(): Module {
    const { types, subtypes, descriptors, recGroups } = this.types
    return { ...NOTHING, types, subtypes, descriptors, recGroups, imports: this.imports }
  }
}

const NOTHING: Omit<Module, 'types' | 'subtypes' | 'recGroups' | 'imports'> = {
  funcs: [],
  tables: [],
  memories: [],
  globals: [],
  tags: [],
  exports: [],
  elems: [],
  datas: [],
  customs: [],
  spareSections: [],
}
