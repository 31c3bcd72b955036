// The errors that a dump meets on its way. They are part of its text, where they were met; the first one is also what the caller gets.

import type { HeddleError } from '../../errors/heddle-error.ts'

export class DumpReport {
  first: HeddleError | undefined = undefined

  /** The line that tells it. */
  note(error: HeddleError): string {
    this.first ??= error
    return `error: ${error.message}\n`
  }
}
