// What an overlay knows of one folder, whoever holds it: its part in the upper layer, and how much of the lower one shows through.
// Renamed folders are copied up whole, so a folder that shows the lower layer stands there under the same path.

import type { DirectoryNode } from './virtual-node.ts'

export class MergedFolder {
  parent: MergedFolder | undefined
  name: string
  /** Its changes; there once it has some. */
  upper: DirectoryNode | undefined
  /** Whether names of the folder below count, but for those in `removed`. */
  showsLower: boolean
  /** Names of the lower layer that are no more; there may be new things of these names in the upper one. */
  readonly removed: Set<string> = new Set<string>()
  /** It has no name any more. */
  isGone = false
  readonly #folders = new Map<string, MergedFolder>()

  constructor(parent: MergedFolder | undefined, name: string, upper: DirectoryNode | undefined, showsLower: boolean) {
    this.parent = parent
    this.name = name
    this.upper = upper
    this.showsLower = showsLower
  }

  /** The folder of that name, which there has to be. */
  child(name: string): MergedFolder {
    let child = this.#folders.get(name)
    if (child === undefined) {
      const node = this.upper?.entries.get(name)
      const upper = node?.type === 'directory' ? node : undefined
      child = new MergedFolder(this, name, upper, this.showsLower && !this.removed.has(name))
      this.#folders.set(name, child)
    }
    return child
  }

  /** The folder of that name is removed. */
  drop(name: string): void {
    const child = this.#folders.get(name)
    if (child === undefined) return
    child.isGone = true
    child.showsLower = false
    this.#folders.delete(name)
  }

  move(name: string, to: MergedFolder, toName: string): void {
    const child = this.child(name)
    this.#folders.delete(name)
    to.#folders.set(toName, child)
    child.parent = to
    child.name = toName
  }

  isInside(ancestor: MergedFolder): boolean {
    for (const folder of this.#upwards()) if (folder === ancestor) return true
    return false
  }

  get names(): readonly string[] {
    const names: string[] = []
    for (const { name, parent } of this.#upwards()) if (parent !== undefined) names.push(name)
    return names.reverse()
  }

  /** Itself, and those inside it that are known. */
  *known(): Generator<MergedFolder> {
    const pending: MergedFolder[] = [this]
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      yield next
      pending.push(...next.#folders.values())
    }
  }

  /** Itself, its parent, and so on. */
  *#upwards(): Generator<MergedFolder> {
    yield this
    for (let at = this.parent; at !== undefined; at = at.parent) yield at
  }
}
