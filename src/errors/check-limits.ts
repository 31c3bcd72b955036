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

/** The defaults with what was given in their place; what is undefined was not given. Throws as `checkLimits` does. */
export function limitsWith<T extends object>(defaults: T, given: Partial<T> | undefined, what: string): T {
  checkLimits(given ?? {}, Object.keys(defaults), what)
  const set = Object.entries(given ?? {}).filter(([, value]) => value !== undefined)
  return { ...defaults, ...Object.fromEntries(set) }
}
