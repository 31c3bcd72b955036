// The copy of a whole folder of an overlay's lower layer, which is made before it gets another name: all of it, or where it doesn't fit
// nothing.

import { WasiError } from './errno.ts'
import type { Directory, DirectoryEntry, FileStat } from './file-system.ts'
import type { MergedFolder } from './overlay-folder.ts'
import type { Level, OverlayLayers } from './overlay-layers.ts'
import { wait } from './waiting.ts'
import type { Waiting } from './waiting.ts'

/** What is done with each, from the outside in; `leave` from the inside out. */
interface Visitor {
  readonly enter: (folder: MergedFolder, stat: FileStat) => void
  /** What the lower layer has, and is no folder. */
  readonly file: (level: Level, name: string) => Waiting<void>
  readonly leave: (folder: MergedFolder) => void
}

/** Afterwards the folder and those in it are of the upper layer alone. Closes `below`. */
export function* copyTree(layers: OverlayLayers, folder: MergedFolder, below: Directory | undefined): Waiting<void> {
  if (below === undefined || !folder.showsLower) {
    below?.close()
    folder.showsLower = false
    return
  }
  yield* checkFits(layers, folder, yield* wait(below.reopen()))
  yield* walk(folder, below, {
    enter(entered, stat) {
      if (entered.upper === undefined) layers.copyFolder(entered, stat)
      else layers.keepIno(entered.upper, stat.ino)
    },
    *file(level, name) {
      const found = yield* layers.find(level, name)
      if (found !== undefined && found.kind !== 'folder') yield* layers.nodeOf(level, name, found)
    },
    leave(left) {
      left.showsLower = false
      left.removed.clear()
    },
  })
}

function* checkFits(layers: OverlayLayers, folder: MergedFolder, below: Directory): Waiting<void> {
  let bytes = 0
  let entries = 0
  yield* walk(folder, below, {
    enter(entered) {
      if (entered.upper === undefined) entries++
    },
    *file(level, name) {
      const found = yield* layers.find(level, name)
      if (found?.kind === 'lower') bytes += Number(found.stat.size)
      if (level.folder.upper?.entries.has(name) !== true) entries++
    },
    leave() {},
  })
  if (bytes > layers.storage.freeBytes || entries > layers.storage.freeEntries) throw new WasiError('nospc')
}

interface Frame extends Level {
  readonly below: Directory
  readonly entries: readonly DirectoryEntry[]
  next: number
}

/** Through what shows of the lower layer; not by recursion, since folders may be deep. Closes all that it opens, and `top`. */
function* walk(folder: MergedFolder, top: Directory, visitor: Visitor): Waiting<void> {
  const frames: Frame[] = []
  try {
    visitor.enter(folder, yield* wait(top.stat()))
    frames.push({ folder, below: top, entries: yield* wait(top.list()), next: 0 })
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      const entry = frame.entries[frame.next++]
      if (entry === undefined) {
        visitor.leave(frame.folder)
        frames.pop()?.below.close()
      } else if (!frame.folder.removed.has(entry.name)) {
        const inner = yield* visit(frame, entry, visitor)
        if (inner !== undefined) frames.push(inner)
      }
    }
  } finally {
    if (frames.length === 0) top.close()
    for (const { below } of frames) below.close()
  }
}

function* visit(frame: Frame, { name, filetype }: DirectoryEntry, visitor: Visitor): Waiting<Frame | undefined> {
  const node = frame.folder.upper?.entries.get(name)
  if (node !== undefined && node.type !== 'directory') return undefined
  if (filetype !== 'directory') {
    if (node === undefined) yield* visitor.file(frame, name)
    return undefined
  }
  const step = yield* wait(frame.below.step(name))
  if (step.type !== 'directory') return undefined
  const folder = frame.folder.child(name)
  try {
    visitor.enter(folder, yield* wait(step.directory.stat()))
    return { folder, below: step.directory, entries: yield* wait(step.directory.list()), next: 0 }
  } catch (error) {
    step.directory.close()
    throw error
  }
}
