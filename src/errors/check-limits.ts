// Limits as embedders give them: a mistake must not mean "no limit".

import { UsageError } from './heddle-error.ts'
import { quoted } from './quote.ts'

/** Throws where a name is not among `known`, or a value is no number that is zero or more. `what` begins the message. */
export function checkLimits(given: object, known: readonly string[], what: string): void {
  for (const [name, value] of Object.entries(given) as [string, unknown][]) {
    if (!known.includes(name)) {
      throw new UsageError(`${what} have no limit ${quoted(name)}; there are ${known.join(', ')}`)
    }
    if (value !== undefined && !(typeof value === 'number' && value >= 0)) {
      throw new UsageError(
        `the limit ${name} must be a number that is not negative, not ${typeof value === 'number' ? value : `a ${typeof value}`}`,
      )
    }
  }
}
