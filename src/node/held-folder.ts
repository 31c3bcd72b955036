// How a folder of this machine is held so that a name in it, and nothing else, can be named to the system: Node has no openat. Two
// ways are behind this: descriptors (descriptor-folder.ts), and paths that are verified (path-folder.ts). What WASI asks of a
// folder is left to host-directory.ts, which uses nothing but this.

import type { BigIntStats } from 'node:fs'

/** What stands behind a name, held. Whoever asked closes it; links and others hold nothing. */
export type Found =
  | { readonly type: 'directory'; readonly folder: HeldFolder }
  | FoundFile
  | { readonly type: 'link' }
  /** A device, a FIFO, a socket: it is not opened, for that alone can have effects, or block. */
  | { readonly type: 'other' }

interface FoundFile {
  readonly type: 'file'
  /** This very file, with flags of open(2) that neither create nor truncate. */
  readonly open: (flags: number) => OpenedFile
  readonly close: () => void
}

export interface OpenedFile {
  readonly fd: number
  /** Opens it once more; missing where only its path could be opened once more. */
  readonly openAgain?: (flags: number) => number
}

/** Failures are the system's errors, and WasiErrors. A name is one component, as file-system.ts has it. */
export interface HeldFolder {
  /** Calls `use` with a path by which the system finds the name in this folder, the last component being all that it looks up. */
  at<T>(name: string, use: (path: string) => T): T
  /** … by which it finds the folder itself; behind it and a slash, the names in it. */
  itself<T>(use: (path: string) => T): T
  stat(): BigIntStats
  find(name: string): Found
  /** EEXIST where there is anything. */
  createFile(name: string, flags: number): OpenedFile
  removeDirectory(name: string): void
  /** `to` is held the same way. */
  rename(name: string, to: HeldFolder, toName: string): void
  /** Held once more. */
  again(): HeldFolder
  close(): void
}

/** One of the ways. */
export interface FolderHolder {
  /** Follows links: it is the embedder who names the folder. Throws the system's errors. */
  hold(path: string): HeldFolder
}
