// What is wrong with the content of a snapshot that is well-formed: it does not fit the modules, or itself.

import { SnapshotError } from '../errors/snapshot-error.ts'

export function invalid(reason: string): SnapshotError {
  return new SnapshotError(reason)
}

/** The entry at a position that the snapshot names. `what` is what the list has. */
export function entryAt<T>(list: ArrayLike<T>, position: number, what: string): T {
  const entry = position < list.length ? list[position] : undefined
  if (entry === undefined) throw invalid(`unknown ${what} ${position}`)
  return entry
}
