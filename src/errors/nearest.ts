// Finds the name that was probably meant.

import { quoted } from './quote.ts'

/** Names that are longer are not compared: it takes the product of the lengths. */
const MAX_LENGTH = 200

/** The candidate with the smallest edit distance, if it is small enough to be a slip of the pen. */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  if (name.length > MAX_LENGTH) return undefined
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - name.length) >= bestDistance) continue
    const distance = editDistance(name, candidate)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `; did you mean "name"?` for the end of a message, where there is such a candidate; else nothing. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const guess = nearest(name, candidates)
  return guess === undefined ? '' : `; did you mean ${quoted(guess)}?`
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const substitution = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(substitution, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
