// `--tar` and `--tar-out`: folders for the guest from tar files, and what the guest left of a folder as one. Both may be compressed
// by gzip: that is known by their first bytes when they are read, by their names when they are written.

import { gunzipSync, gzipSync } from 'node:zlib'
import { HeddleError, type RunResult } from '../index.ts'
import {
  OverlayFileSystem,
  VirtualFileSystem,
  readTar,
  writeTar,
  type FileSystem,
  type OverlayChanges,
  type Tree,
  type TreeEntry,
} from '../wasi.ts'
import type { Arguments } from './arguments.ts'
import { QUIET } from './command.ts'
import { CliError, EXIT_MODULE } from './failure.ts'
import { displayName, readFile } from './module-file.ts'
import { note } from './report.ts'
import { RESUME, TAR, TAR_OUT } from './run-options.ts'
import { checkWritable, writeWhole } from './snapshot-file.ts'

interface TarMapping {
  readonly file: string
  readonly guest: string
}

export function tarMappings(args: Arguments): readonly TarMapping[] {
  return args.all(TAR).map(parseMapping)
}

/** `FILE` stands for the root. */
function parseMapping(text: string): TarMapping {
  const [, file = text, guest = '/'] = /^(.+?)::(.+)$/s.exec(text) ?? []
  return { file, guest }
}

/** What an archive has that a guest can't is told, and left out. */
export function readTarFile(file: string, isQuiet: boolean): Tree {
  const bytes = inflated(file, readFile(file))
  const skipped: string[] = []
  try {
    const tree = readTar(bytes, { onSkipped: (path, kind) => skipped.push(`${path} (${kind})`) })
    const more = skipped.length > SKIPPED_SHOWN ? `, and ${skipped.length - SKIPPED_SHOWN} more` : ''
    if (skipped.length > 0 && !isQuiet) {
      note(`left out of ${displayName(file)}: ${skipped.slice(0, SKIPPED_SHOWN).join(', ')}${more}`)
    }
    return tree
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error
    throw new CliError(`${TAR.name} ${displayName(file)}: ${error.message}`, EXIT_MODULE, { cause: error })
  }
}

const SKIPPED_SHOWN = 3

/** As much as a file may be that is no archive. */
const MAX_TAR_BYTES = 2 ** 31

function inflated(file: string, bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_TAR_BYTES })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'ERR_BUFFER_TOO_LARGE' ? `more than ${MAX_TAR_BYTES} bytes when it is decompressed` : message
    throw new CliError(`${TAR.name} ${displayName(file)}: ${why}`, EXIT_MODULE, { cause: error })
  }
}

/** At the start, so that no run is for nothing. Which folders a snapshot has is known later. */
export function checkTarOutputs(args: Arguments, folders: Readonly<Record<string, FileSystem>>): void {
  if (args.has(RESUME)) return
  for (const text of args.all(TAR_OUT)) {
    const { file, guest } = parseMapping(text)
    treeAfter(text, guest, new Map(Object.entries(folders)))
    checkWritable(file)
  }
}

/** Writes the folders as they are after the run, however that has ended. */
export function writeTarOutputs(args: Arguments, { fileSystems }: RunResult): void {
  for (const text of args.all(TAR_OUT)) {
    const { file, guest } = parseMapping(text)
    const bytes = writeTar(treeAfter(text, guest, fileSystems)())
    writeWhole(file, /gz$/i.test(file) ? gzipSync(bytes) : bytes)
    if (!args.has(QUIET)) note(`${guest} is in ${file}`)
  }
}

function treeAfter(text: string, guest: string, folders: ReadonlyMap<string, FileSystem>): () => Tree {
  const fileSystem = folders.get(guest)
  if (fileSystem instanceof VirtualFileSystem) return () => fileSystem.toTree()
  if (fileSystem instanceof OverlayFileSystem) return () => layerOf(fileSystem.changes())
  const why =
    fileSystem === undefined ? `the guest has no folder ${guest}` : `${guest} is a folder of this machine already`
  throw new CliError(
    `${TAR_OUT.name} ${text}: ${why}; folders of ${TAR.name}, --tmpfs and --dir …:overlay can be written so`,
  )
}

/**
 * Of an overlay only the changes, with marks for what was removed as layers of container images have them.
 * https://github.com/opencontainers/image-spec/blob/v1.1.0/layer.md#whiteouts
 */
function layerOf({ removed, tree }: OverlayChanges): Tree {
  const marks = removed.flatMap((path): [string, TreeEntry][] => {
    const entry = tree[path]
    if (entry === undefined) return [[path.replace(/[^/]+$/, '.wh.$&'), '']]
    const isFolder = typeof entry === 'object' && 'type' in entry && entry.type === 'directory'
    return isFolder ? [[`${path}/.wh..wh..opq`, '']] : []
  })
  return { ...tree, ...Object.fromEntries(marks) }
}
