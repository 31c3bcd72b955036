// What a host function threw or rejected with, where that is no Error.

import { HeddleError } from './heddle-error.ts'
import { shortened } from './quote.ts'

/** A host function threw something that is no Error: it is the `cause`. */
export class HostThrow extends HeddleError {
  override readonly name: string = 'HostThrow'

  constructor(cause: unknown) {
    super('HOST_THROW', `a host function threw ${shortened(describe(cause))}`, { cause })
  }
}

/** Not everything can be made a string: an object without a prototype cannot. */
function describe(cause: unknown): string {
  try {
    return String(cause)
  } catch {
    return typeof cause
  }
}
