// From what a guest has to data: docs/wasi-state.md. The way back, which trusts nobody, is restore.ts.

import { HeddleError } from '../../errors/heddle-error.ts'
import { isOnFileSystem } from './fd-table.ts'
import type { Descriptor, Handle } from './fd-table.ts'
import type { Directory, FileSystem, OpenFile } from './file-system.ts'
import type { Guest } from './implementation.ts'
import { savedContent } from './reopen.ts'
import { STREAM_NAMES, encodeState } from './saved-state.ts'
import type { SavedDescriptor, SavedFolder, SavedHandle, SavedNode, SavedStorage } from './saved-state.ts'
import type { StandardStreams } from './standard-streams.ts'
import type { VirtualDirectory } from './virtual-directory.ts'
import { VirtualFileSystem } from './virtual-file-system.ts'
import type { VirtualFile } from './virtual-file.ts'
import type { Mount, Storage, VirtualNode } from './virtual-node.ts'

interface Saved extends Pick<Guest, 'program' | 'table' | 'clock' | 'readings' | 'random'> {
  readonly streams: StandardStreams
  readonly folders: ReadonlyMap<string, FileSystem>
}

export function saveState({ program, table, clock, readings, random, streams, folders }: Saved): Uint8Array {
  const files = new FileNumbers(folders)
  // They come first, for they name files that nothing else does.
  const descriptors = Array.from(table.entries(), ([fd, descriptor]) => saveDescriptor(fd, descriptor, streams, files))
  return encodeState({
    args: program.args.map(withoutNul),
    environ: program.environ.map(withoutNul),
    exit: program.exit && { code: program.exit.exitCode, signal: program.exit.signal },
    ...streams.save(),
    readings: readings.save(),
    clock: clock.save?.(),
    random: random?.save?.(),
    storages: files.saveStorages(),
    folders: files.saveFolders(),
    descriptors,
  })
}

function withoutNul(argument: Uint8Array): Uint8Array {
  return argument.subarray(0, -1)
}

function saveDescriptor(
  fd: number,
  descriptor: Descriptor,
  streams: StandardStreams,
  files: FileNumbers,
): SavedDescriptor {
  const { rights, inheriting, flags, position, preopen, listing } = descriptor
  return {
    fd,
    rights,
    inheriting,
    flags,
    position,
    preopen: preopen !== undefined,
    listing,
    handle: saveHandle(fd, descriptor, streams, files),
  }
}

function saveHandle(fd: number, descriptor: Descriptor, streams: StandardStreams, files: FileNumbers): SavedHandle {
  const { handle } = descriptor
  if (handle.kind === 'stream') return saveStream(handle, streams)
  if (isOnFileSystem(handle)) return files.saveHandle(handle, descriptor)
  throw new HeddleError(
    'SNAPSHOT_PROVIDER',
    `the descriptor ${fd} is an open socket, and whoever is at its other end can't be saved`,
  )
}

function saveStream(handle: Handle, streams: StandardStreams): SavedHandle {
  const stream = STREAM_NAMES.find((name) => streams.of(name) === handle)
  if (stream === undefined) throw new TypeError('a stream is none of the three')
  return { kind: 'stream', stream }
}

/** Numbers for folders, and for the nodes behind them: those with a name in the order of a walk, then those that are only open. */
class FileNumbers {
  readonly #folders: ReadonlyMap<string, FileSystem>
  readonly #storages = new Map<Storage, NodeNumbers>()

  constructor(folders: ReadonlyMap<string, FileSystem>) {
    this.#folders = folders
  }

  #nodesOf({ storage, root }: Mount): NodeNumbers {
    let nodes = this.#storages.get(storage)
    if (nodes === undefined) {
      nodes = new NodeNumbers(storage, root)
      this.#storages.set(storage, nodes)
    }
    return nodes
  }

  saveHandle(handle: Directory | OpenFile, { folder = '', names }: Descriptor): SavedHandle {
    const index = [...this.#folders.keys()].indexOf(folder)
    if (names !== undefined) {
      const content = savedContent(this.#folders.get(folder) as FileSystem, folder, names, handle)
      return { kind: 'host', folder: index, type: handle.kind, names, content }
    }
    const { mount } = this.#folders.get(folder) as VirtualFileSystem
    const { node } = handle as VirtualFile | VirtualDirectory
    return { kind: 'virtual', folder: index, node: this.#nodesOf(mount).of(node) }
  }

  saveFolders(): readonly SavedFolder[] {
    return Array.from(this.#folders, ([name, fileSystem]) => {
      if (!(fileSystem instanceof VirtualFileSystem)) {
        return { name, storage: undefined, readOnly: false, own: fileSystem.save?.() }
      }
      const { storage, readOnly } = fileSystem.mount
      return { name, storage: [...this.#storages.keys()].indexOf(storage), readOnly, own: undefined }
    })
  }

  saveStorages(): readonly SavedStorage[] {
    for (const fileSystem of this.#folders.values()) {
      if (fileSystem instanceof VirtualFileSystem) this.#nodesOf(fileSystem.mount)
    }
    return Array.from(this.#storages.values(), (nodes) => nodes.save())
  }
}

/** The nodes of one virtual file system. */
export class NodeNumbers {
  readonly #storage: Storage
  readonly #numbers = new Map<VirtualNode, number>()

  constructor(storage: Storage, root: VirtualNode) {
    this.#storage = storage
    this.of(root)
    // A map that grows is gone through to its end: level by level, so that a folder's number is greater than its parent's.
    for (const node of this.#numbers.keys()) {
      if (node.type === 'directory') for (const child of node.entries.values()) this.of(child)
    }
  }

  of(node: VirtualNode): number {
    const number = this.#numbers.get(node) ?? this.#numbers.size
    this.#numbers.set(node, number)
    return number
  }

  save(): SavedStorage {
    const { dev, use } = this.#storage
    return {
      dev,
      nextIno: use.nextIno,
      // What a guest removed of a tree that it was given is not credited.
      bytes: Math.max(0, use.bytes),
      entries: Math.max(0, use.entries),
      nodes: Array.from(this.#numbers.keys(), (node) => this.#saveNode(node)),
    }
  }

  #saveNode(node: VirtualNode): SavedNode {
    const { ino, mode, atim, mtim, ctim } = node
    const attributes = { ino, mode: mode >>> 0, atim, mtim, ctim }
    switch (node.type) {
      case 'file':
        return { kind: 'file', ...attributes, content: node.bytes.subarray(0, node.size) }
      case 'link':
        return { kind: 'link', ...attributes, target: node.target }
      case 'directory': {
        const entries = Array.from(node.entries, ([name, child]) => ({ name, node: this.of(child) }))
        return { kind: 'directory', ...attributes, entries }
      }
    }
  }
}
