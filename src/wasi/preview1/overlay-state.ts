// What the state of a guest has of an overlay: its upper layer, what was removed of the lower one, and which of its files were copied.
// The bytes may come from anybody: they are judged as those of virtual file systems are. docs/wasi-state.md

import { count, flag, list, record, text, u64 } from '../../syntax/codec.ts'
import type { Codec } from '../../syntax/codec.ts'
import type { LayersState, OverlayLayers } from './overlay-layers.ts'
import { isName } from './path-resolution.ts'
import { invalid, restoreStorage } from './restore-storage.ts'
import { NodeNumbers } from './save.ts'
import { storage } from './saved-state.ts'
import type { SavedStorage } from './saved-state.ts'
import { decode, encode } from './state-bytes.ts'
import { storageOptions } from './virtual-file-system.ts'
import type { VirtualFileSystemOptions } from './virtual-file-system.ts'
import type { Mount } from './virtual-node.ts'

interface SavedOverlay {
  readonly upper: SavedStorage
  readonly removed: readonly string[]
  readonly copies: readonly SavedCopy[]
  readonly hidden: readonly { readonly key: string; readonly names: number }[]
  readonly isRootChanged: boolean
}

/** Of a folder the key is empty. */
interface SavedCopy {
  readonly node: number
  readonly ino: bigint
  readonly key: string
  readonly names: number
}

const overlay: Codec<SavedOverlay> = record<SavedOverlay>({
  upper: storage,
  removed: list(text),
  copies: list(record<SavedCopy>({ node: count, ino: u64, key: text, names: count })),
  hidden: list(record<SavedOverlay['hidden'][number]>({ key: text, names: count })),
  isRootChanged: flag,
})

export function saveOverlay(layers: OverlayLayers, removed: readonly string[]): Uint8Array {
  const { origins, hidden, isRootChanged } = layers.state
  const numbers = new NodeNumbers(layers.storage, layers.mount.root)
  const copies = origins.map(([node, { ino, key, nlink }]) => ({ node: numbers.of(node), ino, key, names: nlink }))
  return encode(overlay, {
    upper: numbers.save(),
    removed,
    copies,
    hidden: hidden.map(([key, names]) => ({ key, names })),
    isRootChanged,
  })
}

interface RestoredOverlay {
  readonly mount: Mount
  readonly removed: readonly string[]
  readonly state: LayersState
}

export function restoreOverlay(bytes: Uint8Array, options: VirtualFileSystemOptions): RestoredOverlay {
  const saved = decode(overlay, bytes, 'the state of an overlay')
  const { storage: restored, root, nodes } = restoreStorage(saved.upper, storageOptions(options))
  for (const path of saved.removed) {
    const [first, ...names] = path.split('/')
    if (first !== '' || names.length === 0 || !names.every(isName)) throw invalid('an overlay lacks an impossible name')
  }
  const copied = new Set<number>()
  const origins = saved.copies.map(({ node: number, ino, key, names: nlink }) => {
    const node = nodes[number]
    if (node === undefined || copied.has(number)) throw invalid('an overlay has a copy of nothing, or two of one file')
    if ((node.type === 'directory') !== (key === ''))
      throw invalid('an overlay has a folder that is the copy of a file')
    copied.add(number)
    return [node, { ino, key, nlink }] as const
  })
  const lost = nodes.some((node, number) => node.nlink === 0 && !copied.has(number))
  if (lost) throw invalid('an overlay has a file without a name that nothing reaches')
  return {
    mount: { storage: restored, root, readOnly: options.access === 'ro' },
    removed: saved.removed,
    state: { origins, hidden: saved.hidden.map(({ key, names }) => [key, names]), isRootChanged: saved.isRootChanged },
  }
}
