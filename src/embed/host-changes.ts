// What the host does to memories, tables and globals while wasm does not run, as events. Memories are looked through where that is needed;
// tables and globals say what is set; growth is seen by the size.

import type { Memory } from '../runtime/memory.ts'
import type { Ref, Value } from '../runtime/value.ts'
import type { RecordedEvent } from '../snapshot/recording-data.ts'
import { HostWrites } from './host-writes.ts'
import type { RecordedThings } from './recorded-things.ts'

export class HostChanges {
  private readonly things: RecordedThings
  private readonly emit: (event: RecordedEvent) => void
  private readonly isHostsTurn: () => boolean
  private readonly writes: HostWrites[] = []
  private readonly tableLengths: number[] = []
  private watchedGlobals = 0
  /** To tables and globals, in order. */
  private readonly changes: RecordedEvent[] = []

  constructor(things: RecordedThings, emit: (event: RecordedEvent) => void, isHostsTurn: () => boolean) {
    this.things = things
    this.emit = emit
    this.isHostsTurn = isHostsTurn
  }

  /** Begins to look at memories, tables and globals that are new. */
  watch(): void {
    const { memories, tables, globals } = this.things
    for (const memory of memories.items.slice(this.writes.length)) {
      const writes = new HostWrites(memory)
      this.writes.push(writes)
      // Views may have been taken before.
      if (memory.observer === undefined && this.isForeign(memory)) writes.handedOut(memory, 0, memory.byteLength)
      memory.observer = writes
    }
    for (const table of tables.items.slice(this.tableLengths.length)) {
      const number = this.tableLengths.push(table.elems.length) - 1
      table.observer = (index, ref) => this.setElement(number, index, ref)
    }
    for (const global of globals.items.slice(this.watchedGlobals)) {
      const number = this.watchedGlobals++
      global.observer = (value) => this.setGlobal(number, value)
    }
  }

  /** Whether no instance has defined it. */
  private isForeign(memory: Memory): boolean {
    return this.things.instances.items.every(
      ({ memories, compiled }) => memories.indexOf(memory) < compiled.spaces.importedMemories,
    )
  }

  private setElement(table: number, index: number, ref: Ref): void {
    if (!this.isHostsTurn()) return
    this.noteGrowth(table)
    this.changes.push({ kind: 'set-element', table, index, value: this.things.incomingRef(ref) })
  }

  private setGlobal(global: number, value: Value): void {
    if (!this.isHostsTurn()) return
    this.changes.push({ kind: 'set-global', global, value: this.things.incoming(value) })
  }

  private noteGrowth(table: number): void {
    const { elems } = this.things.tables.items[table]!
    const from = this.tableLengths[table]!
    if (elems.length === from) return
    this.tableLengths[table] = elems.length
    const first = elems[from]
    const value = this.things.incomingRef(first)
    this.changes.push({ kind: 'grow-table', table, delta: elems.length - from, value })
    for (let index = from + 1; index < elems.length; index++) {
      const ref = elems[index]
      if (!Object.is(ref, first)) {
        this.changes.push({ kind: 'set-element', table, index, value: this.things.incomingRef(ref) })
      }
    }
  }

  /** Notes what the host has changed before wasm goes on, or something else is noted. */
  collect(): void {
    for (const [memory, writes] of this.writes.entries()) {
      const delta = writes.takeGrowth()
      if (delta > 0) this.emit({ kind: 'grow', memory, delta })
      for (const part of writes.takeWrites()) this.emit({ kind: 'write', memory, ...part })
    }
    for (let table = 0; table < this.tableLengths.length; table++) this.noteGrowth(table)
    if (this.changes.length > 0) for (const change of this.changes.splice(0)) this.emit(change)
  }

  /** Wasm has run: what is there now is not the host's doing. */
  begin(): void {
    for (const writes of this.writes) writes.begin()
    for (const [table, { elems }] of this.things.tables.items.entries()) this.tableLengths[table] = elems.length
  }
}
