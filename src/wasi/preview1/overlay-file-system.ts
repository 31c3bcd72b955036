// Two file systems as one: what is read comes from the lower one, which never changes; what is written goes to the upper one, in memory
// and under its quota. What changed can be read back.

import { checkOptions, optionNames } from '../../errors/check-options.ts'
import { UsageError } from '../../errors/heddle-error.ts'
import type { FileSystem } from './file-system.ts'
import { OverlayDirectory } from './overlay-directory.ts'
import { OverlayLayers } from './overlay-layers.ts'
import { restoreOverlay, saveOverlay } from './overlay-state.ts'
import type { Tree } from './tree.ts'
import { VirtualFileSystem } from './virtual-file-system.ts'

export interface OverlayOptions {
  /** Only read from. Whoever else changes it while the overlay is used is seen or not. */
  readonly lower: FileSystem
  /** By default an empty one. */
  readonly upper?: VirtualFileSystem
  /** Paths of the lower one that are not to be seen, as `removed` gave them. */
  readonly removed?: Iterable<string>
}

const OVERLAY_OPTIONS = optionNames<OverlayOptions>({ lower: true, upper: true, removed: true })

/** How the overlay differs from its lower file system: what is removed there comes first, then the tree is laid over it. */
export interface OverlayChanges {
  readonly removed: readonly string[]
  readonly tree: Tree
}

export class OverlayFileSystem implements FileSystem {
  readonly lower: FileSystem
  readonly upper: VirtualFileSystem
  readonly #layers: OverlayLayers

  constructor(options: OverlayOptions) {
    checkOptions(options, OVERLAY_OPTIONS, 'an OverlayFileSystem')
    const { lower, upper = new VirtualFileSystem(), removed = [] } = options
    if (
      typeof (lower as Partial<FileSystem> | undefined)?.openRoot !== 'function' ||
      !(upper instanceof VirtualFileSystem)
    )
      throw new UsageError(
        'an overlay needs a file system as lower, and as upper, where it has one, a VirtualFileSystem',
      )
    this.lower = lower
    this.upper = upper
    this.#layers = new OverlayLayers(lower, upper.mount)
    for (const path of removed) {
      const names = path.split('/').filter((name) => name !== '')
      const name = names.pop()
      if (name === undefined) throw new UsageError('the root of an overlay cannot be removed')
      names.reduce((folder, next) => folder.child(next), this.#layers.root).removed.add(name)
    }
  }

  openRoot(): OverlayDirectory {
    return new OverlayDirectory(this.#layers, this.#layers.root, this.lower.openRoot())
  }

  /** The upper layer and what was removed; the lower one has to be there where it goes on. */
  save(): Uint8Array {
    return saveOverlay(this.#layers, this.removed)
  }

  /** Over the same lower file system, with the quota and the clock of this one's upper one. */
  restored(saved: Uint8Array): OverlayFileSystem {
    const { lower } = this
    const { options } = this.upper
    const { mount, removed, state } = restoreOverlay(saved, options)
    const overlay = new OverlayFileSystem({ lower, upper: VirtualFileSystem.of(mount, options), removed })
    overlay.#layers.restore(state)
    return overlay
  }

  /**
   * The paths of the lower file system that were removed, or replaced by something of another content: a folder that is here and in the upper
   * tree is a new one, which shows nothing of the old.
   */
  get removed(): readonly string[] {
    const paths: string[] = []
    for (const folder of this.#layers.root.known()) {
      for (const name of folder.removed) paths.push(`/${[...folder.names, name].join('/')}`)
    }
    return paths.sort()
  }

  changes(): OverlayChanges {
    return { removed: this.removed, tree: this.upper.toTree() }
  }
}
