// Options that would do nothing: whoever misspells a limit must not believe that it holds.

import { UsageError } from './heddle-error.ts'
import { quoted } from './quote.ts'
import { didYouMean } from './nearest.ts'

/** The names of all options of a type: one too few does not compile. */
export function optionNames<T>(names: Readonly<Record<keyof T, true>>): readonly string[] {
  return Object.keys(names)
}

/** Throws a UsageError for what is no object, and for an option that the method hasn't got. */
export function checkOptions(options: unknown, names: readonly string[], method: string): void {
  if (typeof options !== 'object' || options === null) {
    throw new UsageError(`${method} takes an object with options (${names.join(', ')}), not ${quoted(String(options))}`)
  }
  for (const name in options) {
    if (names.includes(name)) continue
    const meant = didYouMean(name, names)
    throw new UsageError(
      `${method} has no option ${quoted(name)}${meant === '' ? '.' : meant} It has ${names.join(', ')}`,
    )
  }
}
