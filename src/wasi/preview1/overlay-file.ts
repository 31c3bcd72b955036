// An open file of an overlay: one of the lower layer until somebody changes it, its copy in the upper one from then on.

import type { FileStat, FileTimes, OpenFile } from './file-system.ts'
import type { MergedFolder } from './overlay-folder.ts'
import type { OverlayLayers, Reader } from './overlay-layers.ts'
import { VirtualFile } from './virtual-file.ts'
import type { FileNode } from './virtual-node.ts'
import { wait } from './waiting.ts'
import type { Awaitable } from './waiting.ts'

/** Where the file of the lower layer is. */
interface LowerFile {
  readonly file: OpenFile
  readonly folder: MergedFolder
  readonly name: string
  readonly stat: FileStat
  readonly key: string
}

export class OverlayFile implements OpenFile, Reader {
  readonly kind = 'file'
  readonly #layers: OverlayLayers
  #upper: VirtualFile | undefined
  #lower: LowerFile | undefined

  constructor(layers: OverlayLayers, source: FileNode | LowerFile) {
    this.#layers = layers
    if ('type' in source) this.#upper = new VirtualFile(source, layers.mount)
    else {
      this.#lower = source
      layers.addReader(source.key, this)
    }
  }

  adopt(copy: FileNode): void {
    this.#upper = new VirtualFile(copy, this.#layers.mount)
    this.#lower?.file.close()
    this.#lower = undefined
  }

  close(): void {
    this.#upper?.close()
    if (this.#lower === undefined) return
    this.#layers.removeReader(this.#lower.key, this)
    this.#lower.file.close()
    this.#lower = undefined
  }

  stat(): Awaitable<FileStat> {
    if (this.#upper !== undefined) return this.#layers.statOf(this.#upper.node)
    const { file, key } = this.#lower as LowerFile
    const layers = this.#layers
    return layers.exclusive(function* () {
      return layers.statOfLower(yield* wait(file.stat()), key)
    })
  }

  read(position: number, length: number): Awaitable<Uint8Array> {
    return (this.#upper ?? (this.#lower as LowerFile).file).read(position, length)
  }

  setTimes(times: FileTimes): Awaitable<void> {
    return this.#change((file) => file.setTimes(times))
  }

  write(position: number, bytes: Uint8Array): Awaitable<number> {
    // The guest's memory may be another one when the copy is made.
    const kept = this.#upper === undefined ? bytes.slice() : bytes
    return this.#change((file) => file.write(position, kept))
  }

  append(bytes: Uint8Array): Awaitable<number> {
    const kept = this.#upper === undefined ? bytes.slice() : bytes
    return this.#change((file) => file.append(kept))
  }

  setSize(size: number): Awaitable<void> {
    return this.#change((file) => file.setSize(size))
  }

  allocate(offset: number, length: number): Awaitable<void> {
    return this.#change((file) => file.allocate(offset, length))
  }

  sync(): void {
    // Changes are in memory.
  }

  #change<T>(change: (file: VirtualFile) => T): Awaitable<T> {
    if (this.#upper !== undefined) return change(this.#upper)
    return this.#layers.exclusive(() => this.#copyAndChange(change))
  }

  *#copyAndChange<T>(change: (file: VirtualFile) => T): Generator<Promise<unknown>, T, unknown> {
    const lower = this.#lower
    // Copying makes this file, too, go on with the copy.
    if (lower !== undefined) yield* this.#layers.copyFile(lower.file, lower)
    return change(this.#upper as VirtualFile)
  }
}
