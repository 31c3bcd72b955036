// The events of a recording, one after another: read, and checked for their order. Outside, wasm is called; inside, it calls out, or ends;
// the two lie in one another as calls do. What the events mean is not checked here.

import { signedCount, skip } from '../syntax/codec.ts'
import type { RecordedEvent } from './recording-data.ts'
import { EVENT_KINDS, RecordingReader, recordedEvent } from './recording-file.ts'

type Kind = RecordedEvent['kind']

/** Where one is: with the host, at its top level or in a function that wasm has called; or in wasm. */
interface Place {
  readonly kind: 'outside' | 'host-call' | 'question' | 'call' | 'run'
  /** The run whose fuel is counted there: a call's is that of the run whose host function makes it. */
  readonly account: number | undefined
  /** The event that has led here. */
  readonly event: number
}

const EFFECTS: readonly Kind[] = ['charge', 'grow', 'write', 'grow-table', 'set-element', 'set-global', 'output']
const ACTS: readonly Kind[] = [
  ...EFFECTS,
  'instantiate',
  'call',
  'start',
  'resume',
  'settle',
  'reject',
  'abort',
  'outcome',
]
const QUESTIONS: ReadonlySet<Kind> = new Set(['ask', 'wait', 'notify'])
const CALLS_OUT: readonly Kind[] = ['host-call', ...QUESTIONS]
const RETURNS: ReadonlySet<Kind> = new Set(['return', 'throw', 'promise', 'answer'])
const ENDS: ReadonlySet<Kind> = new Set(['done', 'trap', 'fuel', 'awaiting', 'interrupt'])
const OUTPUTS: ReadonlySet<Kind> = new Set([...CALLS_OUT, 'done', 'trap', 'fuel', 'awaiting'])
const COUNTS_FUEL: ReadonlySet<Kind> = new Set(['host-call', ...ENDS])
const ABOUT_A_RUN: ReadonlySet<Kind> = new Set(['resume', 'settle', 'reject', 'abort', 'charge'])

const ALLOWED: Readonly<Record<Place['kind'], ReadonlySet<Kind>>> = {
  outside: new Set(ACTS),
  'host-call': new Set([...ACTS, 'return', 'throw', 'promise']),
  question: new Set([...EFFECTS, 'answer', 'throw']),
  call: new Set([...CALLS_OUT, 'done', 'trap', 'interrupt']),
  run: new Set([...CALLS_OUT, 'done', 'trap', 'interrupt', 'fuel', 'awaiting']),
}

export interface EventIndex {
  readonly count: number
  /** It was taken while wasm was running: it ends in the middle. */
  readonly isOpen: boolean
  /** What a run has used at the end of a stretch, or of a call that counts for it, by the number of the event that begins that. */
  readonly fuelAtEnd: ReadonlyMap<number, number>
  /** The references that left wasm, and are handed in again later. */
  readonly returning: ReadonlySet<number>
}

/** Reads all of them. Throws where one is damaged, or can't be where it is; a recording may end anywhere. */
export function indexEvents(events: Uint8Array): EventIndex {
  return new Indexer(events).index()
}

class Indexer implements EventIndex {
  count = 0
  readonly fuelAtEnd: Map<number, number> = new Map()
  readonly returning: Set<number> = new Set()
  private readonly reader: RecordingReader
  private readonly places: Place[] = []
  /** What each has used. */
  private readonly runs: number[] = []

  constructor(events: Uint8Array) {
    this.reader = new RecordingReader(events)
  }

  index(): EventIndex {
    const { reader } = this
    for (; reader.pos < reader.end; this.count++) {
      const { pos } = reader
      const kind = EVENT_KINDS[reader.peekByte()]
      const isCause = kind !== undefined && !OUTPUTS.has(kind)
      reader.references = isCause ? this.returning : undefined
      skip(recordedEvent, reader)
      if (kind === undefined || !ALLOWED[this.place.kind].has(kind)) {
        throw reader.malformed(`event ${this.count}, ${String(kind)}, is out of place`, pos)
      }
      const end = reader.pos
      reader.pos = pos + 1
      this.move(kind, pos)
      reader.pos = end
    }
    return this
  }

  get isOpen(): boolean {
    return this.places.length > 0
  }

  private get place(): Place {
    return this.places.at(-1) ?? OUTSIDE
  }

  /** The reader stands at the first field, which is that of a run or of fuel where an event has such. */
  private move(kind: Kind, pos: number): void {
    const { places, reader, count: event } = this
    const { account } = this.place
    const run = ABOUT_A_RUN.has(kind) ? this.checkRun(reader.readU32(), pos) : account
    if (COUNTS_FUEL.has(kind)) this.spend(signedCount.read(reader), pos)
    if (kind === 'charge') this.runs[run!]! += signedCount.read(reader)
    else if (kind === 'call') places.push({ kind: 'call', account, event })
    else if (kind === 'resume') places.push({ kind: 'run', account: run, event })
    else if (kind === 'start') this.runs.push(0)
    else if (kind === 'host-call') places.push({ kind: 'host-call', account, event })
    else if (QUESTIONS.has(kind)) places.push({ kind: 'question', account, event })
    else if (RETURNS.has(kind)) places.pop()
    else if (ENDS.has(kind)) this.endStretch()
  }

  private checkRun(run: number, pos: number): number {
    if (run < this.runs.length) return run
    throw this.reader.malformed(`event ${this.count} is about run ${run} of ${this.runs.length}`, pos)
  }

  private spend(fuel: number, pos: number): void {
    const { account } = this.place
    if (account !== undefined) this.runs[account]! += fuel
    else if (fuel !== 0) {
      throw this.reader.malformed(`event ${this.count} counts fuel where none is counted`, pos)
    }
  }

  private endStretch(): void {
    const { account, event } = this.place
    if (account !== undefined) this.fuelAtEnd.set(event, this.runs[account]!)
    this.places.pop()
  }
}

const OUTSIDE: Place = { kind: 'outside', account: undefined, event: -1 }
