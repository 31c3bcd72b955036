// Free stretches of the code heap, by address; the next fit is taken.

export interface Stretch {
  readonly start: number
  readonly end: number
}

export class CodeAllocator {
  private free: Stretch[]
  /** Where the last search ended: searching on from there keeps allocation quick when there are many stretches. */
  private cursor = 0

  constructor(start: number, end: number) {
    this.free = [{ start, end }]
  }

  /** The address of `length` free words, which are no longer free; undefined where there is no such stretch. */
  take(length: number): number | undefined {
    const { free } = this
    for (let tried = 0; tried < free.length; tried++) {
      const index = (this.cursor + tried) % free.length
      const { start, end } = free[index]!
      if (end - start < length) continue
      if (end - start === length) free.splice(index, 1)
      else free[index] = { start: start + length, end }
      this.cursor = index < free.length ? index : 0
      return start
    }
    return undefined
  }

  /** Gives stretches back, joined with their free neighbours. One pass over all, however many they are. */
  give(stretches: readonly Stretch[]): void {
    const sorted = [...this.free, ...stretches].sort((a, b) => a.start - b.start)
    const joined: Stretch[] = []
    for (const stretch of sorted) {
      const last = joined.at(-1)
      if (last?.end === stretch.start) joined[joined.length - 1] = { start: last.start, end: stretch.end }
      else joined.push(stretch)
    }
    this.free = joined
    this.cursor = 0
  }

  /** Words that are free. */
  get available(): number {
    return this.free.reduce((sum, { start, end }) => sum + end - start, 0)
  }
}
