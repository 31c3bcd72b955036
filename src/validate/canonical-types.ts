// Canonical types: two definitions are one type if their recursion groups are equal up to the indices of their modules. A canonical type
// stands for all of them, across modules and stores, for as long as anybody holds it. In its own definition, and in every type that has
// left its module (of tables, globals, tags and functions in a store), type indices are ids of canonical types: such a type is closed.
// https://webassembly.github.io/spec/core/valid/conventions.html#rolling-and-unrolling

import { HeddleError, InternalError } from '../errors/heddle-error.ts'
import { recGroupOf, type Module } from '../syntax/module.ts'
import { forEachTypeUse, heapTypeOf, isExact, isNullable, isRefType, mapTypeUse, mapTypeUses } from '../syntax/types.ts'
import { typeIdxOf } from '../syntax/types.ts'
import type { CompType, DescriptorClauses, FieldType, FuncType, HeapType, Subtyping, ValType } from '../syntax/types.ts'

/** The definition with ids for type indices is `comp`. */
export class CanonicalType {
  readonly id: number
  readonly comp: CompType
  readonly final: boolean
  readonly supertype: CanonicalType | undefined
  /** Supertypes above it. */
  readonly depth: number
  /** What it says about descriptors, by ids. */
  readonly clauses: DescriptorClauses
  /** Keeps the types alive that `comp` names by their ids. */
  readonly group: CanonicalGroup

  constructor(
    id: number,
    { comp, final, supertype, clauses }: Omit<CanonicalType, 'id' | 'depth' | 'group' | 'isSubtypeOf'>,
    group: CanonicalGroup,
  ) {
    this.id = id
    this.comp = comp
    this.final = final
    this.supertype = supertype
    this.depth = supertype === undefined ? 0 : supertype.depth + 1
    this.clauses = clauses
    this.group = group
  }

  /** Whether every value of this type is one of the other. Takes as many steps as there are types between them: validation admits 63. */
  isSubtypeOf(other: CanonicalType): boolean {
    return this.ancestorAt(other.depth) === other
  }

  private ancestorAt(depth: number): CanonicalType | undefined {
    return this.depth <= depth ? this : this.supertype?.ancestorAt(depth)
  }
}

/** A recursion group. */
export interface CanonicalGroup {
  readonly types: CanonicalType[]
  /** What its types refer to outside of it. */
  readonly references: ReadonlySet<CanonicalType>
}

/** What heap types with type indices, exact or not, may be asked for; whose indices they are is what its implementations differ in. */
export interface TypeSpace {
  kindOf: (heap: HeapType) => CompType['kind']
  canonical: (heap: HeapType) => CanonicalType
}

// What nobody holds is forgotten: a host that goes through many modules does not keep the types of all of them.
const groups = new Map<string, WeakRef<CanonicalGroup>>()
const types = new Map<number, WeakRef<CanonicalType>>()
const unheld = new FinalizationRegistry<{ readonly key: string; readonly first: number; readonly count: number }>(
  ({ key, first, count }) => {
    if (groups.get(key)?.deref() === undefined) groups.delete(key)
    for (let i = 0; i < count; i++) types.delete(first + i)
  },
)
let nextId = 0

/** The type with that id. Precondition: somebody holds it. */
export function canonicalById(id: number): CanonicalType {
  const type = types.get(id)?.deref()
  if (type === undefined) throw new InternalError(`no canonical type has the id ${id}`)
  return type
}

/** Type indices are ids of canonical types. */
export const CLOSED: TypeSpace = {
  kindOf: (heap) => canonicalById(typeIdxOf(heap)).comp.kind,
  canonical: (heap) => canonicalById(typeIdxOf(heap)),
}

/** The canonical type of a closed function type by itself: final, without supertype. */
export function canonicalFuncType(type: FuncType): CanonicalType {
  return canonicalGroup([{ comp: type, final: true, supertype: -1 }], Infinity, canonicalById).types[0]!
}

/** The canonical types that a closed type names: who keeps the type keeps these. */
export function namedTypes(types: readonly ValType[]): readonly CanonicalType[] {
  return types.flatMap((t) => (isRefType(t) && heapTypeOf(t) >= 0 ? [CLOSED.canonical(heapTypeOf(t))] : []))
}

type TypeDefinitions = Pick<Module, 'types' | 'subtypes' | 'descriptors' | 'recGroups'>

/** The types of one module, made canonical when they are asked for: a module may have a million. Precondition: they are valid. */
export class ModuleTypes implements TypeSpace {
  private readonly module: TypeDefinitions
  private readonly known: (CanonicalType | undefined)[] = []

  constructor(module: TypeDefinitions) {
    this.module = module
  }

  kindOf(heap: HeapType): CompType['kind'] {
    return this.module.types[typeIdxOf(heap)]!.kind
  }

  canonical(heap: HeapType): CanonicalType {
    const typeIdx = typeIdxOf(heap)
    return this.known[typeIdx] ?? this.resolve(typeIdx)
  }

  /** A type of the module that may be kept outside of it. */
  close(type: ValType): ValType {
    return mapTypeUse(type, this.idOf)
  }

  closeDefinition<T extends CompType>(type: T): T {
    return mapTypeUses(type, this.idOf)
  }

  private readonly idOf = (typeIdx: number): number => this.canonical(typeIdx).id

  /** Groups refer to groups before them, a million deep if need be: those come first. */
  private resolve(typeIdx: number): CanonicalType {
    const { module, known } = this
    const waiting = [typeIdx]
    while (waiting.length > 0) {
      const next = waiting[waiting.length - 1]!
      const [start, end] = recGroupOf(module, next)
      const before = waiting.length
      for (let i = start; i < end && known[start] === undefined; i++) {
        this.forEachReference(i, (used) => {
          if (used < start && known[used] === undefined) waiting.push(used)
        })
      }
      if (waiting.length > before) continue
      waiting.pop()
      if (known[start] === undefined) this.define(start, end)
    }
    return known[typeIdx]!
  }

  private forEachReference(typeIdx: number, visit: (typeIdx: number) => void): void {
    forEachTypeUse(this.module.types[typeIdx]!, visit)
    this.module.subtypes.get(typeIdx)?.supertypes.forEach(visit)
  }

  private define(start: number, end: number): void {
    const { module, known } = this
    const definitions: Definition[] = []
    for (let i = start; i < end; i++) {
      const { final, supertypes } = module.subtypes.get(i) ?? PLAIN
      const clauses = module.descriptors?.get(i)
      definitions.push({ comp: module.types[i]!, final, supertype: supertypes[0] ?? -1, clauses })
    }
    const { types: made } = canonicalGroup(definitions, start, (typeIdx) => known[typeIdx]!)
    for (const [i, type] of made.entries()) known[start + i] = type
  }
}

const PLAIN: Subtyping = { final: true, supertypes: [] }

interface Definition {
  readonly comp: CompType
  readonly final: boolean
  /** −1 for none. */
  readonly supertype: number
  /** They name types of the same group. */
  readonly clauses?: DescriptorClauses | undefined
}

/** The one group that has these definitions. Type indices from `start` on are in it; `outside` gives the others. */
function canonicalGroup(
  definitions: readonly Definition[],
  start: number,
  outside: (typeIdx: number) => CanonicalType,
): CanonicalGroup {
  const name = (typeIdx: number): string => (typeIdx < start ? `#${outside(typeIdx).id}` : `.${typeIdx - start}`)
  const key = definitions.map((definition) => keyOf(definition, name)).join(';')
  const known = groups.get(key)?.deref()
  if (known !== undefined) return known

  const references = new Set<CanonicalType>()
  const made: CanonicalType[] = []
  const group: CanonicalGroup = { types: made, references }
  const first = nextId
  nextId += definitions.length
  if (nextId > MAX_ID) throw new HeddleError('TYPE_QUOTA', 'this process has seen too many different types')
  const idOf = (typeIdx: number): number => {
    if (typeIdx >= start) return first + typeIdx - start
    const type = outside(typeIdx)
    references.add(type)
    return type.id
  }
  for (const [i, { comp, final, supertype, clauses }] of definitions.entries()) {
    const above = supertype < 0 ? undefined : supertype < start ? outside(supertype) : made[supertype - start]
    const closed = {
      comp: mapTypeUses(comp, idOf),
      final,
      supertype: above,
      clauses: mapClauses(clauses ?? NO_CLAUSES, idOf),
    }
    const type = new CanonicalType(first + i, closed, group)
    made.push(type)
    types.set(type.id, new WeakRef(type))
  }
  groups.set(key, new WeakRef(group))
  unheld.register(group, { key, first, count: definitions.length })
  return group
}

/** The clauses with every type index replaced. */
export function mapClauses(clauses: DescriptorClauses, map: (typeIdx: number) => number): DescriptorClauses {
  const { describes, descriptor } = clauses
  if (describes === undefined && descriptor === undefined) return NO_CLAUSES
  return {
    describes: describes === undefined ? undefined : map(describes),
    descriptor: descriptor === undefined ? undefined : map(descriptor),
  }
}

const NO_CLAUSES: DescriptorClauses = {}

/** Ids share the bits of a heap type, of which one says that it is exact. */
const MAX_ID = 2 ** 27

/** Equal for equal definitions, and different for others. */
function keyOf({ comp, final, supertype, clauses = {} }: Definition, name: (typeIdx: number) => string): string {
  const above = supertype < 0 ? '' : name(supertype)
  const { describes, descriptor } = clauses
  const described = describes === undefined ? '' : `<${name(describes)}`
  const describing = descriptor === undefined ? '' : `|${name(descriptor)}`
  return `${final ? '' : '*'}${above}${described}${describing}${compKey(comp, name)}`
}

function compKey(comp: CompType, name: (typeIdx: number) => string): string {
  const refKey = (t: ValType): string => {
    const heap = heapTypeOf(t)
    return `${isNullable(t) ? '?' : '!'}${isExact(heap) ? '=' : ''}${name(typeIdxOf(heap))}`
  }
  const typeKey = (t: ValType): string => (isRefType(t) && heapTypeOf(t) >= 0 ? refKey(t) : String(t))
  const fieldKey = ({ type, mutable }: FieldType): string => (mutable ? `~${typeKey(type)}` : typeKey(type))
  switch (comp.kind) {
    case 'func':
      return `${comp.params.map(typeKey).join()}>${comp.results.map(typeKey).join()}`
    case 'struct':
      return `{${comp.fields.map(fieldKey).join()}}`
    case 'array':
      return `[${fieldKey(comp.elem)}]`
    case 'cont':
      return `^${name(comp.typeIdx)}`
  }
}
