// What is wrong with a state that was saved: it does not fit the modules that it belongs to.

import { HeddleError } from './heddle-error.ts'

/** A saved run, continuation or instance that no run of its modules can have come to. */
export class SnapshotError extends HeddleError {
  override readonly name: string = 'SnapshotError'

  constructor(reason: string) {
    super('SNAPSHOT_INVALID', `invalid snapshot: ${reason}`)
  }
}
