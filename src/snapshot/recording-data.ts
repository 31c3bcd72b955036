// What a recording holds, as plain data: the things that came from outside into the instances of one store, in order, and what the instances
// did between them, to be compared. Things of the store are told by their number in the order in which they were met.

import type { SavedModule } from './recording-file.ts'

/** A value that crosses the border. A reference is named, never copied, but for the primitives of JavaScript, and for exceptions that the host made. */
export type RecordedValue =
  | { readonly kind: 'i32' | 'f32'; readonly lo: number }
  | { readonly kind: 'i64' | 'f64'; readonly lo: number; readonly hi: number }
  | { readonly kind: 'v128'; readonly words: readonly number[] }
  | { readonly kind: 'null' | 'undefined' | 'true' | 'false' }
  /** Of JavaScript; an i31 is one, too. */
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'bigint' | 'string'; readonly text: string }
  /** A function of a module. */
  | { readonly kind: 'func'; readonly instance: number; readonly funcIdx: number }
  /** A host function that was imported. */
  | { readonly kind: 'host'; readonly func: number }
  /** A structure, an array, an exception, a continuation that has left wasm before; or whatever the host has handed in. */
  | { readonly kind: 'ref' | 'object'; readonly id: number }
  /** A reference that never left by a call: the host has found it there. */
  | { readonly kind: 'element'; readonly table: number; readonly index: number }
  | { readonly kind: 'global'; readonly global: number }
  /** One that the host made. */
  | { readonly kind: 'exception'; readonly tag: RecordedTag; readonly values: readonly RecordedValue[] }

/** A tag by its number, or one of the host's that nobody imports: by the types of its values, as in `syntax`. */
export type RecordedTag = { readonly tag: number } | { readonly types: readonly number[] }

/** What was thrown, or what ended a run. */
export type RecordedThrow =
  | { readonly kind: 'trap'; readonly code: string; readonly detail: string }
  /** Another error of Heddle's; `exitCode` where it was the end of a program. */
  | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly exitCode: number | undefined }
  | { readonly kind: 'exception'; readonly tag: RecordedTag; readonly values: readonly RecordedValue[] }
  /** Whatever else a host function threw; the texts are for people. */
  | { readonly kind: 'thrown'; readonly value: RecordedValue; readonly name: string; readonly message: string }

/** What stands for an import: a thing with a number, or a new one of the host's, which gets the next number. */
export type RecordedImport =
  | { readonly kind: 'func'; readonly value: RecordedValue | undefined }
  | { readonly kind: 'known'; readonly of: 'memory' | 'table' | 'global' | 'tag'; readonly id: number }
  | {
      readonly kind: 'memory'
      readonly pages: number
      readonly max: number | undefined
      readonly parts: readonly MemoryPart[]
    }
  /** Elements in runs of the same. */
  | {
      readonly kind: 'table'
      readonly max: number | undefined
      readonly runs: readonly (readonly [count: number, value: RecordedValue])[]
    }
  | { readonly kind: 'global'; readonly value: RecordedValue }
  | { readonly kind: 'tag' }

export interface MemoryPart {
  readonly address: number
  readonly bytes: Uint8Array
}

/** From outside: it is done again at replay. */
export type Input =
  | {
      readonly kind: 'instantiate'
      readonly module: number
      readonly imports: readonly RecordedImport[]
      readonly ok: boolean
    }
  /** A call that can't be stopped. Its end follows when everything in between has. */
  | { readonly kind: 'call'; readonly func: RecordedValue; readonly args: readonly RecordedValue[] }
  | { readonly kind: 'start'; readonly func: RecordedValue; readonly args: readonly RecordedValue[] }
  /** A stretch of a run, likewise. */
  | { readonly kind: 'resume'; readonly run: number }
  | { readonly kind: 'settle'; readonly run: number; readonly values: readonly RecordedValue[] }
  | { readonly kind: 'reject'; readonly run: number; readonly thrown: RecordedThrow }
  | { readonly kind: 'abort'; readonly run: number }
  | { readonly kind: 'charge'; readonly run: number; readonly fuel: number }
  | { readonly kind: 'grow'; readonly memory: number; readonly delta: number }
  | { readonly kind: 'write'; readonly memory: number; readonly address: number; readonly bytes: Uint8Array }
  | { readonly kind: 'grow-table'; readonly table: number; readonly delta: number; readonly value: RecordedValue }
  | { readonly kind: 'set-element'; readonly table: number; readonly index: number; readonly value: RecordedValue }
  | { readonly kind: 'set-global'; readonly global: number; readonly value: RecordedValue }
  /** What the program printed. Undefined bytes are those that the list of buffers in the arguments shows. */
  | { readonly kind: 'output'; readonly stream: number; readonly count: number; readonly bytes: Uint8Array | undefined }
  /** How the whole ended, as whoever drove it reports. */
  | { readonly kind: 'outcome'; readonly thrown: RecordedThrow | undefined }
  /** How a host function ended. */
  | { readonly kind: 'return'; readonly values: readonly RecordedValue[] }
  | { readonly kind: 'throw'; readonly thrown: RecordedThrow }
  | { readonly kind: 'promise' }
  /** To a question: of the limiter 0 or 1, of a wait its result, or −1 where it suspends the run; of a notification how many were woken. */
  | { readonly kind: 'answer'; readonly answer: number }
  /** A call or a stretch was ended by somebody who looks at it from outside: a deadline. */
  | { readonly kind: 'interrupt'; readonly thrown: RecordedThrow; readonly fuel: number }

/** From wasm: compared at replay. `fuel` is what the run has used since the last event that counted its fuel; calls that host functions make count for it, others use none. */
type Output =
  | {
      readonly kind: 'host-call'
      readonly func: number
      readonly args: readonly RecordedValue[]
      readonly fuel: number
    }
  | { readonly kind: 'ask'; readonly what: 'memory' | 'table'; readonly current: number; readonly desired: number }
  | {
      readonly kind: 'wait'
      readonly memory: number
      readonly address: number
      readonly bytes: number
      readonly expected: bigint
      readonly timeout: bigint
    }
  | { readonly kind: 'notify'; readonly memory: number; readonly address: number; readonly count: number }
  /** How a call or a stretch ended. */
  | { readonly kind: 'done'; readonly values: readonly RecordedValue[]; readonly fuel: number }
  | { readonly kind: 'trap'; readonly thrown: RecordedThrow; readonly fuel: number }
  | { readonly kind: 'fuel'; readonly fuel: number }
  | { readonly kind: 'awaiting'; readonly fuel: number }

export type RecordedEvent = Input | Output

export interface RecordingHeader {
  /** Of the cost table of fuel. */
  readonly costVersion: number
  /** Of the store, by name. */
  readonly limits: Readonly<Record<string, number>>
  /** Whether somebody was asked before a memory or table grew. */
  readonly hasLimiter: boolean
  readonly modules: readonly SavedModule[]
}
