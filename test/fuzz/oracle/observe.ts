// What a module comes to, as lines of text: one for the instantiation, one for each call with what it logged, one for each thing that
// can be looked at afterwards. Two engines agree where the lines do.

import { createHash } from 'node:crypto'
import type { Session } from './session.ts'

/** One side of the comparison. */
export interface Observed {
  /** Throws what instantiation ends in. */
  readonly instantiate: () => void
  /** Calls an export and says how that went. */
  readonly call: (name: string, args: readonly string[]) => string
  readonly takeLog: () => string
  readonly memory: (name: string) => Uint8Array
  readonly table: (name: string) => { readonly length: number; readonly get: (index: number) => string }
  readonly global: (name: string) => string
  /** The kind of trap, or what else was thrown. */
  readonly spellError: (error: unknown) => string
}

const PAGE = 65_536
const ZEROS = new Uint8Array(PAGE)
const MAX_ELEMENTS = 100

export function observe({ calls, visible }: Session, side: Observed): string[] {
  const lines: string[] = []
  const note = (what: string, outcome: string): void => {
    const log = side.takeLog()
    lines.push(`${what}: ${outcome}${log === '' ? '' : ` after ${log}`}`)
  }
  try {
    side.instantiate()
    note('instantiate', 'done')
  } catch (error) {
    note('instantiate', side.spellError(error))
    return lines
  }
  for (const { name, args } of calls) note(`${name}(${args.join(' ')})`, side.call(name, args))
  for (const name of visible.memories) note(name, spellMemory(side.memory(name)))
  for (const name of visible.tables) {
    const table = side.table(name)
    const elements = Array.from({ length: Math.min(table.length, MAX_ELEMENTS) }, (_, i) => table.get(i))
    note(name, `${table.length} elements, ${elements.join(' ')}`)
  }
  for (const name of visible.globals) note(name, side.global(name))
  return lines
}

/** The number of pages, and the digests of those that are not zero. */
function spellMemory(bytes: Uint8Array): string {
  const digests: string[] = []
  for (let at = 0; at < bytes.length; at += PAGE) {
    const page = bytes.subarray(at, at + PAGE)
    if (Buffer.compare(page, ZEROS) === 0) continue
    digests.push(`${at / PAGE}=${createHash('sha256').update(page).digest('hex').slice(0, 16)}`)
  }
  return [`${bytes.length / PAGE} pages`, ...digests].join(' ')
}
