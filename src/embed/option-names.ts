// Options that would do nothing: whoever misspells a limit must not believe that it holds.

import { UsageError } from '../errors/heddle-error.ts'
import { listed, quoted } from '../errors/quote.ts'
import { nearest } from './nearest.ts'

/** Throws a UsageError for what is no object, and for an option that the method hasn't got. */
export function checkOptions(options: unknown, names: readonly string[], method: string): void {
  const known = listed(names, (name) => name, ', ')
  if (typeof options !== 'object' || options === null) {
    throw new UsageError(`${method} takes an object with options (${known}), not ${quoted(String(options))}`)
  }
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue
    const guess = nearest(name, names)
    throw new UsageError(
      `${method} has no option ${quoted(name)}${guess === undefined ? '.' : `; did you mean ${quoted(guess)}?`} It has ${known}`,
    )
  }
}
