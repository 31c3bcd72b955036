// What the host did to memories, tables and globals, done again.

import { RecordingError } from '../errors/recording-error.ts'
import type { Input } from '../snapshot/recording-data.ts'
import type { RecordedThings } from './recorded-things.ts'

/** Throws where the event is none of these, or can't be. */
export function changeThing(things: RecordedThings, event: Input): void {
  switch (event.kind) {
    case 'grow':
      return mustGrow(things.memories.at(event.memory).grow(event.delta), 'memory')
    case 'grow-table': {
      const table = things.tables.at(event.table)
      return mustGrow(table.grow(event.delta, things.value(event.value, table.type.elem).ref), 'table')
    }
    case 'write': {
      const { address, bytes } = event
      const memory = things.memories.at(event.memory)
      if (!memory.contains(address, bytes.length)) throw outside('memory')
      memory.bytes.set(bytes, address)
      return memory.wrote(address, bytes.length)
    }
    case 'set-element': {
      const { elems, type } = things.tables.at(event.table)
      if (event.index >= elems.length) throw outside('table')
      elems[event.index] = things.value(event.value, type.elem).ref
      return
    }
    case 'set-global': {
      const global = things.globals.at(event.global)
      if (!global.type.mutable) throw new RecordingError('the recording sets a global that is immutable')
      return global.set(things.value(event.value, global.type.type))
    }
    default:
      throw new RecordingError(`the recording has "${event.kind}" where it cannot be`)
  }
}

function mustGrow(result: number, what: string): void {
  if (result < 0) throw new RecordingError(`the recording grows a ${what} further than it can grow`)
}

export function outside(what: string): RecordingError {
  return new RecordingError(`the recording has changed a ${what} where there is none of it`)
}
