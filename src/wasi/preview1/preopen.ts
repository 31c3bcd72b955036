// Folders that a guest is given: the descriptors that it has of them, and the names that it is told.

import { encodeArgument } from './args.ts'
import { ALL_RIGHTS, DIRECTORY_RIGHTS } from './fd-table.ts'
import type { Descriptor } from './fd-table.ts'
import type { FileSystem } from './file-system.ts'
import { VirtualFileSystem } from './virtual-file-system.ts'

export function preopenDescriptor(name: string, fileSystem: FileSystem): Descriptor {
  return {
    handle: fileSystem.openRoot(),
    rights: DIRECTORY_RIGHTS,
    inheriting: ALL_RIGHTS,
    flags: 0,
    position: 0,
    preopen: preopenName(name),
    folder: name,
    ...(!(fileSystem instanceof VirtualFileSystem) && { names: [] }),
  }
}

/** As the guest gets it. */
export function preopenName(folder: string): Uint8Array {
  return encodeArgument(folder).subarray(0, -1)
}
