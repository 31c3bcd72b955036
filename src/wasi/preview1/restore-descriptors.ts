// Descriptors from their saved form: handles of restored files, of the streams, and of the host's files, which are opened again by
// their names. None has rights that opening it could not have given.

import { ALL_RIGHTS, DIRECTORY_RIGHTS, FILE_RIGHTS, INPUT_RIGHTS, OUTPUT_RIGHTS } from './fd-table.ts'
import type { Descriptor } from './fd-table.ts'
import type { FileSystem } from './file-system.ts'
import { isName } from './path-resolution.ts'
import { preopenName } from './preopen.ts'
import { reopen } from './reopen.ts'
import { invalid } from './restore-storage.ts'
import type { HandleType, SavedDescriptor, SavedHandle, SavedHostHandle, StreamName } from './saved-state.ts'
import type { StandardStreams } from './standard-streams.ts'
import { FDFLAGS } from './types.ts'
import { VirtualDirectory } from './virtual-directory.ts'
import { VirtualFileSystem } from './virtual-file-system.ts'
import { VirtualFile } from './virtual-file.ts'
import type { Mount, VirtualNode } from './virtual-node.ts'

export interface RestoredFolder {
  readonly name: string
  /** undefined: one of the host's that is not granted, which matters where something in it is open. */
  readonly fileSystem: FileSystem | undefined
  /** What a virtual one holds, by the numbers of the state. */
  readonly virtual: { readonly mount: Mount; readonly nodes: readonly VirtualNode[] } | undefined
}

type Opened = Pick<Descriptor, 'handle' | 'folder' | 'names'>

/** What a saved handle stands for, before it is opened. */
interface Found {
  readonly kind: StreamName | HandleType
  readonly isRoot: boolean
  readonly open: (rights: number) => Opened
}

const ALL_FLAGS = Object.values(FDFLAGS).reduce((all, bit) => all | bit, 0)

const MOST_RIGHTS: Readonly<Record<Found['kind'], number>> = {
  stdin: INPUT_RIGHTS,
  stdout: OUTPUT_RIGHTS,
  stderr: OUTPUT_RIGHTS,
  file: FILE_RIGHTS,
  directory: DIRECTORY_RIGHTS,
}

export class DescriptorRestorer {
  readonly descriptors: Map<number, Descriptor> = new Map<number, Descriptor>()
  readonly #folders: readonly RestoredFolder[]
  readonly #streams: StandardStreams
  readonly #openStreams = new Set<StreamName>()
  readonly #openNodes = new Set<VirtualNode>()

  constructor(folders: readonly RestoredFolder[], streams: StandardStreams) {
    this.#folders = folders
    this.#streams = streams
  }

  add({ fd, rights, inheriting, flags, position, preopen, listing, handle }: SavedDescriptor): void {
    if (fd > 0xffffffff || this.descriptors.has(fd)) throw invalid(`there can't be a descriptor ${fd}`)
    const { kind, isRoot, open } = this.#find(handle)
    const isDirectory = kind === 'directory'
    if (
      exceeds(rights, MOST_RIGHTS[kind]) ||
      exceeds(inheriting, isDirectory ? ALL_RIGHTS : 0) ||
      exceeds(flags, ALL_FLAGS)
    ) {
      throw invalid(`the descriptor ${fd} has rights or flags that nothing gives`)
    }
    if ((preopen && !isRoot) || (listing !== undefined && !isDirectory)) throw invalid(`${fd} is no such folder`)
    const opened = open(rights)
    this.descriptors.set(fd, {
      ...opened,
      rights,
      inheriting,
      flags,
      position,
      ...(preopen && { preopen: preopenName(opened.folder ?? '') }),
      ...(listing !== undefined && { listing }),
    })
  }

  /** Files without a name are there for who has them open. */
  checkAllReached(): void {
    for (const { virtual } of this.#folders) {
      const lost = virtual?.nodes.some((node) => node.nlink === 0 && !this.#openNodes.has(node))
      if (lost === true) throw invalid('a file has no name, and nobody has it open')
    }
  }

  /** For when the rest failed. */
  close(): void {
    for (const { handle } of this.descriptors.values()) if (handle.kind !== 'stream') handle.close()
  }

  #find(handle: SavedHandle): Found {
    switch (handle.kind) {
      case 'stream':
        return this.#findStream(handle.stream)
      case 'virtual':
        return this.#findNode(this.#folderOf(handle), handle.node)
      case 'host':
        return findHostFile(this.#folderOf(handle), handle)
    }
  }

  #folderOf({ folder: number }: { readonly folder: number }): RestoredFolder {
    const folder = this.#folders[number]
    if (folder === undefined) throw invalid('a descriptor is of no folder')
    return folder
  }

  #findStream(kind: StreamName): Found {
    if (this.#openStreams.has(kind)) throw invalid(`${kind} is open twice`)
    this.#openStreams.add(kind)
    return { kind, isRoot: false, open: () => ({ handle: this.#streams.of(kind) }) }
  }

  #findNode({ name, virtual }: RestoredFolder, number: number): Found {
    const node = virtual?.nodes[number]
    if (virtual === undefined || node === undefined || node.type === 'link') {
      throw invalid(`a descriptor is of nothing that could be open in ${name}`)
    }
    const { mount } = virtual
    this.#openNodes.add(node)
    return {
      kind: node.type,
      isRoot: node === mount.root,
      open: () => ({
        handle: node.type === 'file' ? new VirtualFile(node, mount) : new VirtualDirectory(node, mount),
        folder: name,
      }),
    }
  }
}

/** `rights` of more than 32 bits have bits that none has. */
function exceeds(bits: number, most: number): boolean {
  return bits > 0xffffffff || (bits & ~most) !== 0
}

function findHostFile({ name, fileSystem, virtual }: RestoredFolder, handle: SavedHostHandle): Found {
  const { type: kind, names, content } = handle
  if (virtual !== undefined || !names.every(isName)) throw invalid(`a descriptor is of no file in ${name}`)
  if (fileSystem === undefined)
    throw invalid(`the guest has files of the host open: a folder ${name} has to be granted`)
  return {
    kind,
    isRoot: kind === 'directory' && names.length === 0,
    open: (rights) => ({
      handle: reopen(fileSystem, name, { kind, names, rights, content }),
      folder: name,
      ...(!(fileSystem instanceof VirtualFileSystem) && { names }),
    }),
  }
}
