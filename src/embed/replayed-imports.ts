// What stands for a module's imports at replay: what is known already, and new things like those that the host gave.

import { RecordingError } from '../errors/recording-error.ts'
import { FuncInstance, type HostCode } from '../runtime/func.ts'
import { Global } from '../runtime/global.ts'
import type { CompiledModule, ExternVal } from '../runtime/instance.ts'
import { linkImports } from '../runtime/link.ts'
import { Memory } from '../runtime/memory.ts'
import type { Store } from '../runtime/store.ts'
import { Table } from '../runtime/table.ts'
import { Tag } from '../runtime/tag.ts'
import type { RecordedImport } from '../snapshot/recording-data.ts'
import type { Import } from '../syntax/module.ts'
import type { ExternKind } from '../syntax/types.ts'
import type { ClosedExternType } from '../validate/matching.ts'
import { outside } from './replayed-changes.ts'
import type { RecordedKind, RecordedThings } from './recorded-things.ts'

const MAX_TABLE = 10_000_000

interface Surroundings {
  readonly things: RecordedThings
  readonly store: Store
  /** Of the host function with that number. */
  readonly hostCode: (number: number) => HostCode
}

/** Throws a LinkError where they do not match. */
export function replayedImports(
  compiled: CompiledModule,
  imports: readonly RecordedImport[],
  surroundings: Surroundings,
): ExternVal[] {
  const { things } = surroundings
  const { length } = compiled.module.imports
  if (imports.length !== length) {
    throw new RecordingError(`the recording has ${imports.length} imports for a module of ${length}`)
  }
  let next = 0
  return linkImports(compiled, (request, type) => {
    const data = imports[next++]!
    if (data.kind === 'known') return thingsOf(things, data.of).at(data.id)
    if (data.kind === 'func' && data.value !== undefined) return things.func(data.value)
    const made = make(data, request, type, surroundings)
    if (made === undefined) {
      throw new RecordingError(`the recording gives a ${data.kind} for the import of a ${type.kind}`)
    }
    thingsOf(things, data.kind).add(made)
    return made
  })
}

function thingsOf(things: RecordedThings, kind: ExternKind): RecordedKind<ExternVal> {
  const lists = {
    func: things.hosts,
    memory: things.memories,
    table: things.tables,
    global: things.globals,
    tag: things.tags,
  }
  return lists[kind]
}

/** Undefined where it is of another kind than the import. */
function make(
  data: RecordedImport,
  { module, name }: Import,
  type: ClosedExternType,
  { things, store, hostCode }: Surroundings,
): ExternVal | undefined {
  if (data.kind === 'func' && type.kind === 'func') {
    return FuncInstance.fromHost(type.type, hostCode(things.hosts.items.length), `${module}.${name}`)
  }
  if (data.kind === 'memory' && type.kind === 'memory') {
    const memory = Memory.allocate({ ...type.type, limits: { min: data.pages, max: data.max } }, store)
    for (const { address, bytes } of data.parts) {
      if (!memory.contains(address, bytes.length)) throw outside('memory')
      memory.bytes.set(bytes, address)
      memory.wrote(address, bytes.length)
    }
    return memory
  }
  if (data.kind === 'table' && type.kind === 'table') {
    const size = data.runs.reduce((sum, [count]) => sum + count, 0)
    if (size > MAX_TABLE) throw outside('table')
    const table = Table.allocate({ ...type.type, limits: { min: size, max: data.max } }, store, null)
    let at = 0
    for (const [count, value] of data.runs) {
      table.elems.fill(things.value(value, type.type.elem).ref, at, at + count)
      at += count
    }
    return table
  }
  if (data.kind === 'global' && type.kind === 'global') {
    const global = new Global(type.type)
    global.set(things.value(data.value, type.type.type))
    return global
  }
  return data.kind === 'tag' && type.kind === 'tag' ? new Tag(type.type) : undefined
}
