// What the host gives for a module's imports, as a recording has it. Host functions are replaced by others that are recorded.

import { UsageError } from '../errors/heddle-error.ts'
import { FuncInstance, type HostCode } from '../runtime/func.ts'
import type { ExternVal } from '../runtime/instance.ts'
import { Memory } from '../runtime/memory.ts'
import type { Store } from '../runtime/store.ts'
import { Table } from '../runtime/table.ts'
import { Tag } from '../runtime/tag.ts'
import type { Ref } from '../runtime/value.ts'
import type { RecordedImport, RecordedValue } from '../snapshot/recording-data.ts'
import { partsOf } from './host-writes.ts'
import type { RecordedThings } from './recorded-things.ts'

/** The code of the recorded function with that number, which does what `host` does. */
type Wrap = (number: number, host: HostCode) => HostCode

export class RecordedImports {
  private readonly store: Store
  private readonly things: RecordedThings
  private readonly wrap: Wrap
  /** Host functions by the ones that stand for them. */
  private readonly wrappers = new WeakMap<FuncInstance, FuncInstance>()

  constructor(store: Store, things: RecordedThings, wrap: Wrap) {
    this.store = store
    this.things = things
    this.wrap = wrap
  }

  /** What the recording has for it, and what the instance gets. */
  take(extern: ExternVal): { readonly data: RecordedImport; readonly value: ExternVal } {
    const { things } = this
    if (extern instanceof FuncInstance) return this.importFunc(extern)
    if (extern instanceof Memory) {
      if (!things.memories.add(extern)) return known('memory', things.memories.find(extern)!, extern)
      this.requireStore(extern.store, 'memory')
      if (extern.type.shared) throw new UsageError('an imported shared memory cannot be recorded', 'RECORD_FOREIGN')
      const { limits } = extern.type
      const max = limits.max === undefined ? undefined : Number(limits.max)
      return { data: { kind: 'memory', pages: extern.pages, max, parts: partsOf(extern.bytes) }, value: extern }
    }
    if (extern instanceof Table) {
      if (!things.tables.add(extern)) return known('table', things.tables.find(extern)!, extern)
      this.requireStore(extern.store, 'table')
      const max = extern.type.limits.max === undefined ? undefined : Number(extern.type.limits.max)
      return { data: { kind: 'table', max, runs: this.runsOf(extern.elems) }, value: extern }
    }
    if (extern instanceof Tag) {
      if (!things.tags.add(extern)) return known('tag', things.tags.find(extern)!, extern)
      return { data: { kind: 'tag' }, value: extern }
    }
    if (!things.globals.add(extern)) return known('global', things.globals.find(extern)!, extern)
    return { data: { kind: 'global', value: things.incoming(extern.get()) }, value: extern }
  }

  private requireStore(store: Store | undefined, what: string): void {
    if (store === this.store) return
    throw new UsageError(
      `an imported ${what} belongs to another store: make it in the one that is recorded`,
      'RECORD_FOREIGN',
    )
  }

  /** Host functions are wrapped; those of the recorded instances are themselves. */
  private importFunc(func: FuncInstance): { readonly data: RecordedImport; readonly value: FuncInstance } {
    const { things } = this
    const isNew = func.host !== undefined && things.hosts.find(func) === undefined && !this.wrappers.has(func)
    const value =
      func.host === undefined || things.hosts.find(func) !== undefined ? func : this.wrapper(func, func.host)
    return { data: { kind: 'func', value: isNew ? undefined : things.funcName(value) }, value }
  }

  private wrapper(func: FuncInstance, host: HostCode): FuncInstance {
    let wrapper = this.wrappers.get(func)
    if (wrapper === undefined) {
      const number = this.things.hosts.items.length
      wrapper = FuncInstance.fromHost(func.canonical, this.wrap(number, host), func.name)
      this.things.hosts.add(wrapper)
      this.wrappers.set(func, wrapper)
    }
    return wrapper
  }

  private runsOf(elems: readonly Ref[]): (readonly [number, RecordedValue])[] {
    const runs: (readonly [number, RecordedValue])[] = []
    for (let from = 0; from < elems.length;) {
      let to = from + 1
      while (to < elems.length && Object.is(elems[to], elems[from])) to++
      runs.push([to - from, this.things.incomingRef(elems[from])])
      from = to
    }
    return runs
  }
}

function known(
  of: 'memory' | 'table' | 'global' | 'tag',
  id: number,
  value: ExternVal,
): { readonly data: RecordedImport; readonly value: ExternVal } {
  return { data: { kind: 'known', of, id }, value }
}
