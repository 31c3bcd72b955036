// Things in the order in which they were met, each with its position.

export class Numbered<T> {
  readonly items: T[] = []
  private readonly positions: Map<T, number> = new Map()

  /** The position of the thing, which is added where it is new. */
  positionOf(item: T): number {
    let position = this.positions.get(item)
    if (position === undefined) {
      position = this.items.length
      this.items.push(item)
      this.positions.set(item, position)
    }
    return position
  }

  /** Undefined where it was not met. */
  find(item: T): number | undefined {
    return this.positions.get(item)
  }
}
