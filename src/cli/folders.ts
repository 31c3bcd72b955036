// `--dir`, `--mapdir`, `--tmpfs`: what the guest finds of folders.

import {
  OverlayFileSystem,
  VirtualFileSystem,
  type FileSystem,
  type Tree,
  type TreeEntry,
  type VirtualFileSystemOptions,
} from '../wasi.ts'
import { loadFolder } from '../node/index.ts'
import type { Arguments } from './arguments.ts'
import { QUIET } from './command.ts'
import { CliError, fileError } from './failure.ts'
import { checkTarOutputs, readTarFile, tarMappings } from './tar-files.ts'
import { DETERMINISTIC, DIR, MAPDIR, TMPFS } from './run-options.ts'

interface Folders {
  readonly preopens: Readonly<Record<string, FileSystem>>
  /** For those who want to know more. */
  readonly notes: readonly string[]
}

/** Loads what was asked for. A folder is a read-only copy: the guest's attempts to write answer EROFS. */
export function openFolders(args: Arguments): Folders {
  const preopens: Record<string, FileSystem> = {}
  const notes: string[] = []
  const isDeterministic = args.has(DETERMINISTIC)
  const now = isDeterministic ? (): bigint => 0n : (): bigint => BigInt(Date.now()) * 1_000_000n
  const open = (guest: string, make: () => FileSystem): void => {
    if (Object.hasOwn(preopens, guest)) throw new CliError(`two folders are called ${guest}`)
    preopens[guest] = make()
  }
  for (const { host, guest, isOverlay } of [...args.all(DIR).map(parseDir), ...args.all(MAPDIR).map(parseMapdir)]) {
    open(guest, () => {
      const { tree, files, bytes, skipped } = load(host)
      notes.push(`${guest} is a read-only copy of ${host}: ${files} files, ${bytes} bytes`)
      if (skipped.length > 0) notes.push(`left out, because they can't be read: ${skipped.join(', ')}`)
      const dev = BigInt(Object.keys(preopens).length + 1)
      const folder = new VirtualFileSystem(isDeterministic ? withoutTimes(tree) : tree, { access: 'ro', now, dev })
      return isOverlay ? overlayOver(folder, { now, dev }) : folder
    })
  }
  for (const guest of args.all(TMPFS)) {
    open(guest, () => new VirtualFileSystem({}, { now, dev: BigInt(Object.keys(preopens).length + 1) }))
  }
  for (const { file, guest } of tarMappings(args)) {
    const dev = BigInt(Object.keys(preopens).length + 1)
    open(guest, () => new VirtualFileSystem(readTarFile(file, args.has(QUIET)), { now, dev }))
  }
  checkTarOutputs(args, preopens)
  return { preopens, notes }
}

/** What the guest changes is kept in memory. */
function overlayOver(lower: FileSystem, options: VirtualFileSystemOptions): OverlayFileSystem {
  return new OverlayFileSystem({ lower, upper: new VirtualFileSystem({}, options) })
}

/** When files were changed is another matter on every machine. */
function withoutTimes(tree: Tree): Tree {
  const entries = Object.entries(tree).map(([path, entry]): [string, TreeEntry] => {
    if (typeof entry !== 'object' || !('type' in entry) || entry.type === 'hard-link') return [path, entry]
    return [path, { ...entry, atim: 0n, mtim: 0n }]
  })
  return Object.fromEntries(entries)
}

function load(host: string): ReturnType<typeof loadFolder> {
  try {
    return loadFolder(host)
  } catch (error) {
    const { message } = fileError(`--dir ${host}`, error)
    throw new CliError(message)
  }
}

interface Mapping {
  readonly isOverlay: boolean
  readonly host: string
  readonly guest: string
}

/** `HOST`, `HOST::GUEST`, or as docker writes it `HOST:GUEST`; `:ro` behind it says what is so anyway, `:overlay` keeps changes in memory. */
function parseDir(text: string): Mapping {
  if (text.endsWith(':rw'))
    throw new CliError(`--dir ${text}: folders are read-only copies; --tmpfs GUEST can be written`)
  const { folder, isOverlay } = parseMode(text)
  const [, host = folder, guest = folder] =
    /^(.+?)::(.+)$/s.exec(folder) ?? /^([^:]{2,}|\.):([^:\\]+)$/s.exec(folder) ?? []
  return { host, guest, isOverlay }
}

/** The other way round, as the engines have it that know this option. */
function parseMapdir(text: string): Mapping {
  const { folder, isOverlay } = parseMode(text)
  const [, guest, host] = /^(.+?)::?(.+)$/s.exec(folder) ?? []
  if (guest === undefined || host === undefined) throw new CliError(`--mapdir takes GUEST::HOST, not "${text}"`)
  return { host, guest, isOverlay }
}

function parseMode(text: string): { readonly folder: string; readonly isOverlay: boolean } {
  const [, folder = text, mode] = /^(.+):(ro|overlay)$/s.exec(text) ?? []
  return { folder, isOverlay: mode === 'overlay' }
}
