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
const QUESTIONS: readonly Kind[] = ['ask', 'wait', 'notify']
const CALLS_OUT: readonly Kind[] = ['host-call', ...QUESTIONS]
const ENDS: readonly Kind[] = ['done', 'trap', 'fuel', 'awaiting', 'interrupt']

const ALLOWED: Readonly<Record<Place['kind'], readonly Kind[]>> = {
  outside: ACTS,
  'host-call': [...ACTS, 'return', 'throw', 'promise'],
  question: [...EFFECTS, 'answer', 'throw'],
  call: [...CALLS_OUT, 'done', 'trap', 'interrupt'],
  run: [...CALLS_OUT, ...ENDS],
}

/** What an event means for the place where one is. */
const MOVES = {
  call: ['call'],
  start: ['start'],
  resume: ['resume'],
  'host-call': ['host-call'],
  charge: ['charge'],
  question: QUESTIONS,
  return: ['return', 'throw', 'promise', 'answer'],
  end: ENDS,
} as const satisfies Readonly<Record<string, readonly Kind[]>>

interface Traits {
  readonly kind: Kind
  readonly move: keyof typeof MOVES | undefined
  readonly isAboutARun: boolean
  readonly countsFuel: boolean
  readonly isFromOutside: boolean
  readonly allowedIn: ReadonlySet<Place['kind']>
}

/** By the numbers of the events: looked up for every one. */
const TRAITS: readonly Traits[] = EVENT_KINDS.map((kind) => {
  const moves = Object.entries(MOVES) as (readonly [keyof typeof MOVES, readonly Kind[]])[]
  const places = Object.entries(ALLOWED) as (readonly [Place['kind'], readonly Kind[]])[]
  return {
    kind,
    move: moves.find(([, kinds]) => kinds.includes(kind))?.[0],
    isAboutARun: ['resume', 'settle', 'reject', 'abort', 'charge'].includes(kind),
    countsFuel: kind === 'host-call' || ENDS.includes(kind),
    isFromOutside: kind === 'interrupt' || !(CALLS_OUT.includes(kind) || ENDS.includes(kind)),
    allowedIn: new Set(places.flatMap(([place, kinds]) => (kinds.includes(kind) ? [place] : []))),
  }
})

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
      const traits = TRAITS[reader.peekByte()]
      reader.references = traits?.isFromOutside === true ? this.returning : undefined
      skip(recordedEvent, reader)
      if (traits?.allowedIn.has(this.place.kind) !== true) {
        throw reader.malformed(`event ${this.count}, ${String(traits?.kind)}, is out of place`, pos)
      }
      const end = reader.pos
      reader.pos = pos + 1
      this.move(traits, pos)
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
  private move({ move, isAboutARun, countsFuel }: Traits, pos: number): void {
    const { places, reader, count: event } = this
    const { account } = this.place
    const run = isAboutARun ? this.checkRun(reader.readU32(), pos) : account
    if (countsFuel) this.spend(signedCount.read(reader), pos)
    switch (move) {
      case 'call':
      case 'host-call':
      case 'question':
        places.push({ kind: move, account, event })
        break
      case 'resume':
        places.push({ kind: 'run', account: run, event })
        break
      case 'start':
        this.runs.push(0)
        break
      case 'charge':
        this.runs[run!]! += signedCount.read(reader)
        break
      case 'return':
        places.pop()
        break
      case 'end':
        this.endStretch()
        break
      case undefined:
    }
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
