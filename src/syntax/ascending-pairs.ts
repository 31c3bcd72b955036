// Flat lists of pairs, ascending by their first numbers: maps from stretches of one thing to places in another.

/** The second number of the last pair whose first is at most `key`; undefined where there is none. */
export function valueAt(pairs: readonly number[], key: number): number | undefined {
  let low = 0
  let high = pairs.length / 2
  while (low < high) {
    const middle = (low + high) >>> 1
    if (pairs[middle * 2]! <= key) low = middle + 1
    else high = middle
  }
  return low === 0 ? undefined : pairs[low * 2 - 1]
}
