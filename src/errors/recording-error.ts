// What can be wrong with a recording that is read: it is not of these modules, or makes no sense for them, or the replay goes another way.

import { HeddleError } from './heddle-error.ts'

/** A recording that doesn't fit what it is replayed with. Its bytes are whole. */
export class RecordingError extends HeddleError {
  override readonly name: string = 'RecordingError'

  constructor(message: string) {
    super('RECORDING_MISMATCH', message)
  }
}

/** The replay left the path of the recording. Nothing was executed after that. */
export class DivergenceError extends HeddleError {
  override readonly name: string = 'DivergenceError'
  /** Of the event, from 0 on. */
  readonly index: number
  /** What the recording has there, and what came instead. */
  readonly expected: string
  readonly actual: string

  constructor(index: number, expected: string, actual: string) {
    super('REPLAY_DIVERGED', `the replay diverges at event ${index}: expected ${expected}, but there came ${actual}`)
    this.index = index
    this.expected = expected
    this.actual = actual
  }
}
